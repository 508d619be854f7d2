"""Copies of a SQLite file that others use, and a file's replacement by such a copy."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from corpus.database import Database
from corpus.errors import Conflict, StorageProblem

_COMMENT = re.compile(r"--[^\n]*")


def copy(source: Database, target: Path) -> None:
    """Write source as it is now to a new file, while others read and write it. Raises StorageProblem."""
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
        return _statements(wanted) == _statements(found)


@contextmanager
def alone(path: Path) -> Iterator[sqlite3.Connection]:
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


def fill(db: sqlite3.Connection, source: Path) -> None:
    """Replace what is in a database by what is in a file, all of it or nothing."""
    with closing(sqlite3.connect(source)) as other:
        other.backup(db)


def _statements(db: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Return what a database is made of, without comments and layout: an upgrade lays it out in another way."""
    rows = db.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2")
    return [(kind, name, table, _plain(sql)) for kind, name, table, sql in rows]


def _plain(sql: str) -> str:
    words = " ".join(_COMMENT.sub("", sql).split())
    return re.sub(r" ?([(),]) ?", r"\1", words)
