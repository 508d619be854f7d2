"""SQLite files in WAL mode: durable, a connection for each thread, errors as StorageProblem."""

import errno
import os
import re
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from corpus.errors import Conflict, DamagedFile, OtherVersion, StorageProblem

_ADVICE = {
    sqlite3.SQLITE_FULL: "Make room on the disk, then try again; what was stored before is safe",
    sqlite3.SQLITE_IOERR: "The disk may be full (SQLite does not always say so) or fail; look at it, then try again",
    sqlite3.SQLITE_READONLY: "Citeline needs to write to the file and to its folder",
    sqlite3.SQLITE_CANTOPEN: "It must be a file that Citeline may read and write, in a folder that it may write to",
    sqlite3.SQLITE_NOTADB: "Move the file away, or choose another state folder",
    sqlite3.SQLITE_CORRUPT: "Put back a copy of the file, or choose another state folder",
    sqlite3.SQLITE_BUSY: "Another process has been writing to it for too long; try again",
}
_CODES = {  # of SQLite, for errors of the system
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EACCES: sqlite3.SQLITE_CANTOPEN,
    errno.EPERM: sqlite3.SQLITE_CANTOPEN,
    errno.EROFS: sqlite3.SQLITE_CANTOPEN,
}
_COMMENT = re.compile(r"--[^\n]*")
_UNUSABLE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_DISPOSABLE = "Delete the file: what it holds is made again"


class Database:
    """A SQLite file with the tables of `schema`, created where it is missing.

    `upgrades` maps a version to the statements that turn a file of it into one of the next version. `name` stands in
    messages; what is in a `disposable` file can be made again. Raises OtherVersion for a file of another `version`,
    StorageProblem for one that can't be used, or that has 0 bytes and so has lost its content. Safe for threads and
    processes: readers see the last commit, writers wait for each other.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        version: int,
        schema: str,
        disposable: bool = False,
        upgrades: Mapping[int, str] | None = None,
    ) -> None:
        self.path = path
        self._name = name
        self._advice = _ADVICE | dict.fromkeys(_UNUSABLE, _DISPOSABLE) if disposable else _ADVICE
        self._version_advice = (
            _DISPOSABLE if disposable else "Start the version that wrote it, or choose another state folder"
        )
        self._local = threading.local()
        self._connections: weakref.WeakSet[_ThreadConnection] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        with self._wrapped():
            path.parent.mkdir(parents=True, exist_ok=True)
            create_file(path)
            if not disposable and path.stat().st_size == 0:
                raise StorageProblem(
                    f"The {name} {path} is empty (0 bytes), so what it held is lost. Restore a backup with --force, or "
                    f"remove the file to begin with an empty {name}."
                )
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
        """Yield this thread's connection inside a transaction, which an exception rolls back. Raises StorageProblem."""
        with self._wrapped():
            held: _ThreadConnection | None = getattr(self._local, "held", None)
            # A connection to a read-only file refuses to write even when the file has become writable.
            if held is not None and not held.writable and os.access(self.path, os.W_OK):
                self._local.held = None
            db = self._connection()
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
        """Yield this thread's connection inside a read transaction: it sees one state, whoever writes.

        `reading` in the same thread sees that state, too; the thread must not write. Raises StorageProblem.
        """
        with self._wrapped():
            db = self._connection()
            db.execute("BEGIN")
            try:
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read begins the snapshot
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def shrink(self) -> None:
        """Give the room of what was deleted back to the disk, where its bytes are until then; raises StorageProblem."""
        with self.reading() as db:
            db.execute("VACUUM")
            if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # "busy", which is no error of SQLite
                raise StorageProblem(f"The {self._name} {self.path} can't be made smaller: another process reads it.")

    def damage(self) -> list[str]:
        """Return what SQLite finds wrong with the file, a line each; raises StorageProblem where it can't be opened."""
        with self.reading() as db:
            try:
                found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(20)")]
            except sqlite3.DatabaseError as error:  # too damaged to go on looking
                return [str(error)]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Close all connections; reading and writing raise StorageProblem from now on."""
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
                f"The {self._name} {self.path} was written by another version of Citeline (format {found}, this one "
                f"reads {version}). {self._version_advice}."
            )
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise StorageProblem(
                f"The {self._name} {self.path} is a database of another program. Choose another state folder."
            )
        for statement in _statements(schema):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection, opened where it has none."""
        held: _ThreadConnection | None = getattr(self._local, "held", None)
        if held is not None:
            return held.connection
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            _switch_to_wal(connection)
            # FULL: what was committed survives a power cut, not only a killed process. What is deleted is overwritten.
            pragmas = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
            connection.executescript(pragmas)
        except BaseException:
            connection.close()
            raise
        held = _ThreadConnection(connection, os.access(self.path, os.W_OK))
        with self._lock:
            if self._closed:
                raise StorageProblem(f"The {self._name} {self.path} is closed already.")
            self._connections.add(held)
            self._local.held = held
        return connection

    @contextmanager
    def _wrapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes refine the primary one in this byte
            reason = str(error)
            if isinstance(error, OSError) and error.strerror is not None:
                reason, code = error.strerror.lower(), _CODES.get(error.errno or 0, 0)
            if code in self._advice:
                reason += f". {self._advice[code]}"
            kind = DamagedFile if code in _UNUSABLE else StorageProblem
            raise kind(f"The {self._name} {self.path} can't be used: {reason}.") from error


class _ThreadConnection:
    """Closes the connection of a thread that ends, which else would wait for the garbage collector.

    `writable` is whether the file was writable when the connection was opened.
    """

    def __init__(self, connection: sqlite3.Connection, writable: bool) -> None:
        self.connection = connection
        self.writable = writable

    def __del__(self) -> None:
        self.connection.close()


def _statements(script: str) -> Iterator[str]:
    # executescript() would end the transaction; complete_statement() knows triggers and comments.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _switch_to_wal(db: sqlite3.Connection, patience: float = 10.0) -> None:
    # Two processes that open a new file at once can collide here, which SQLite's own timeout does not cover.
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def create_file(path: Path) -> None:
    """Create a database file without tables where there is none; it never has 0 bytes, whenever the process ends.

    Raises sqlite3.Error, OSError.
    """
    if path.exists():
        return
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        made = Path(folder) / path.name
        with closing(sqlite3.connect(made)) as db:
            db.execute("PRAGMA journal_mode = WAL")  # writes the header
        with suppress(FileExistsError):  # another process was faster
            os.link(made, path)


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
    """Return whether a file has exactly the tables and triggers of a schema."""
    with closing(sqlite3.connect(":memory:")) as wanted, closing(sqlite3.connect(path)) as found:
        wanted.executescript(schema)
        return _dump_statements(wanted) == _dump_statements(found)


@contextmanager
def open_exclusively(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a file that no other process has open or can use meanwhile; created where it is missing.

    Raises Conflict where another process has it open, StorageProblem where it is damaged.
    """
    try:
        create_file(path)
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as db:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = DELETE")  # fails while another process has it open in WAL mode
            db.executescript("BEGIN EXCLUSIVE; COMMIT;")  # takes a lock that is held until the end
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
    """Return the statements of a database without comments and layout, which differ after an upgrade."""
    rows = db.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2")
    return [(*row[:3], re.sub(r" ?([(),]) ?", r"\1", " ".join(_COMMENT.sub("", row[3]).split()))) for row in rows]
