"""One SQLite file, opened the way Citeline needs it: WAL, durable, a connection a thread, errors of our own."""

import os
import re
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from corpus.errors import Conflict, DamagedFile, OtherVersion, StorageProblem

_ADVICE = {
    sqlite3.SQLITE_FULL: "Make room on the disk, then try again; what was kept before is safe",
    sqlite3.SQLITE_IOERR: "The disk may be full (SQLite does not always say so) or fail; look at it, then try again",
    sqlite3.SQLITE_READONLY: "Citeline needs to write to the file and to its folder",
    sqlite3.SQLITE_CANTOPEN: "It must be a file that Citeline may read and write, in a folder that it may write to",
    sqlite3.SQLITE_NOTADB: "Move the file away, or choose another state folder",
    sqlite3.SQLITE_CORRUPT: "Put back a copy of the file, or choose another state folder",
    sqlite3.SQLITE_BUSY: "Another process has been writing to it for too long; try again",
}
_UNUSABLE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_SPARE = "Delete the file: what it holds is made again"


class Database:
    """A SQLite file with the tables of `schema`, made where it is missing.

    `upgrades` has the statements that turn a file of some version into one of the next; what is in it stays.
    `what` names it in messages; one that is `spare` can be thrown away, since what it holds is made again. Raises
    OtherVersion for a file of another `version`, StorageProblem for one that can't be used. Safe for many threads and
    processes: readers see the last commit, writers wait for each other.
    """

    def __init__(
        self,
        path: Path,
        what: str,
        version: int,
        schema: str,
        spare: bool = False,
        upgrades: Mapping[int, str] | None = None,
    ) -> None:
        self.path = path
        self._what = what
        self._advice = _ADVICE | dict.fromkeys(_UNUSABLE, _SPARE) if spare else _ADVICE
        self._other_version = _SPARE if spare else "Start the version that wrote it, or choose another state folder"
        self._local = threading.local()
        self._connections: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        with self._wrapped():
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.writing() as db:
                self._prepare(db, version, schema, {} if upgrades is None else upgrades)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's connection; raises StorageProblem."""
        with self._wrapped():
            yield self._connection()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's connection inside a transaction: all of it is kept, or nothing. Raises StorageProblem."""
        with self._wrapped():
            db = self._writable()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's connection, for which the file stays as it is now, whoever writes. Raises StorageProblem.

        What the thread reads by `reading` meanwhile is of that state, too; it must not write.
        """
        with self._wrapped():
            db = self._connection()
            db.execute("BEGIN")
            try:
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # it begins with what is read first
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def damage(self) -> list[str]:
        """Return what SQLite finds wrong with the file, a line each; raises StorageProblem where it can't be opened."""
        with self.reading() as db:
            try:
                found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(20)")]
            except sqlite3.DatabaseError as error:  # too damaged to go on looking
                return [str(error)]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Let go of the file, for good: whoever still wants to read or write gets a StorageProblem."""
        with self._lock:
            self._closed = True
            for held in list(self._connections):
                held.connection.close()
            self._local = threading.local()

    def _prepare(self, db: sqlite3.Connection, version: int, schema: str, upgrades: Mapping[int, str]) -> None:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found == version:
            return
        if 0 < found < version and all(step in upgrades for step in range(found, version)):
            for step in range(found, version):
                for statement in _statements(upgrades[step]):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {version}")
            return
        if found != 0:
            raise OtherVersion(
                f"The {self._what} {self.path} was written by another version of Citeline (format {found}, this one "
                f"reads {version}). {self._other_version}."
            )
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise StorageProblem(
                f"The {self._what} {self.path} is a database of another program. Choose another state folder."
            )
        for statement in _statements(schema):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")

    def _writable(self) -> sqlite3.Connection:
        """Return this thread's connection, made anew where the file could only be read when it was made.

        SQLite opens such a file for reading, and the connection goes on refusing to write when the file may be written.
        """
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None and not held.writable and os.access(self.path, os.W_OK):
            self._local.held = None
        return self._connection()

    def _connection(self) -> sqlite3.Connection:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            held = _Held(self._connect(), os.access(self.path, os.W_OK))
            with self._lock:
                if self._closed:
                    raise StorageProblem(f"The {self._what} {self.path} is closed already.")
                self._connections.add(held)
                self._local.held = held
        return held.connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            _switch_to_wal(connection)
            # FULL: what was acknowledged survives a power cut, not only a kill.
            connection.executescript("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _wrapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            kind = DamagedFile if _code(error) in _UNUSABLE else StorageProblem
            raise kind(f"The {self._what} {self.path} can't be used: {self._told(error)}.") from error

    def _told(self, error: Exception) -> str:
        reason = str(error)
        if isinstance(error, OSError) and error.strerror is not None:
            reason = error.strerror.lower()
        advice = self._advice.get(_code(error))
        return reason if advice is None else f"{reason}. {advice}"


class _Held:
    """Holds the connection of a thread and closes it with the thread: by itself, it waits for the garbage collector.

    `writable` tells whether the file could be written to when the connection was made.
    """

    def __init__(self, connection: sqlite3.Connection, writable: bool) -> None:
        self.connection = connection
        self.writable = writable

    def __del__(self) -> None:
        self.connection.close()


def _code(error: Exception) -> int:
    """Return SQLite's code of an error, 0 where it has none: extended ones refine what is in their lowest byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _statements(script: str) -> Iterator[str]:
    # executescript() would end the transaction; complete_statement() knows triggers and comments.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _switch_to_wal(db: sqlite3.Connection, patience: float = 10.0) -> None:
    # Two processes that open a new file at once can collide here, and SQLite's own timeout does not cover it.
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


_COMMENT = re.compile(r"--[^\n]*")


def copy_database(source: Database, target: Path) -> None:
    """Write a database as it is now to a new file, while others read and write it. Raises StorageProblem."""
    with source.reading() as db:
        try:
            with closing(sqlite3.connect(target)) as into:
                db.backup(into)
                into.execute("PRAGMA journal_mode = DELETE")  # all of it in one file
        except sqlite3.Error as error:
            raise StorageProblem(f"{source.path} can't be copied to {target}: {error}.") from error


def has_schema(path: Path, schema: str) -> bool:
    """Return whether a file has just the tables and triggers of a schema."""
    with closing(sqlite3.connect(":memory:")) as wanted, closing(sqlite3.connect(path)) as found:
        wanted.executescript(schema)
        return _dump_statements(wanted) == _dump_statements(found)


@contextmanager
def open_exclusively(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a file that nobody else has open, nor can use meanwhile; made where it is missing.

    Raises Conflict where another process has it open, StorageProblem where it is damaged.
    """
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as db:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = DELETE")  # refused while anyone else has it open in WAL mode
            db.executescript("BEGIN EXCLUSIVE; COMMIT;")  # a lock that is kept until the end
            yield db
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise Conflict(f"{path} is in use. Stop the service that uses it, then try again.") from error
        raise StorageProblem(f"{path} can't be written: {error}.") from error
    except sqlite3.Error as error:
        raise StorageProblem(f"{path} can't be replaced: {error}. Move it away, then try again.") from error


def replace_contents(db: sqlite3.Connection, source: Path) -> None:
    """Replace the contents of a database by those of a file: all of them or none."""
    with closing(sqlite3.connect(source)) as other:
        other.backup(db)


def _dump_statements(db: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Return what a database is made of, without comments and layout: an upgrade lays it out in another way."""
    rows = db.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2")
    return [(kind, name, table, _plain(sql)) for kind, name, table, sql in rows]


def _plain(sql: str) -> str:
    words = " ".join(_COMMENT.sub("", sql).split())
    return re.sub(r" ?([(),]) ?", r"\1", words)
