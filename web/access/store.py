"""The named tokens and the audit log of a state folder, in one SQLite file.

A token is 256 random bits, so its SHA-256 can't be turned back by guessing; a slow hash, which passwords need, would
only cost time at each request.
"""

import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.store.database import Database
from web.access.rights import Right

LOCAL = "local"  # who changes something by a command, or without a token where none is needed
SETTING = "CITELINE_TOKEN"  # the name of the token of the settings
MAX_AUDIT_ENTRIES = 1_000  # of the audit log at once
_PREFIX = "citeline_"  # by which scanners for leaked secrets can find a token
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = {LOCAL, SETTING.lower()}
_VERSION = 1
_SCHEMA = """
CREATE TABLE tokens (
    name TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE,  -- the SHA-256 of the token
    right TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL,  -- ISO 8601, UTC
    who TEXT NOT NULL, action TEXT NOT NULL,
    target TEXT                        -- an id, a name or a count: nothing of an article's text
);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class NamedToken:
    """A token without its secret."""

    name: str
    right: Right
    created_at: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change: when (ISO 8601, UTC), by whom, what was done, and to what."""

    number: int
    at: str
    who: str
    action: str
    target: str | None


class AccessStore:
    """Tokens and audit log. Thread-safe; methods raise StorageProblem.

    The file is made when something is first written, and read at each request: what another process changes holds at
    once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: Database | None = None
        self._lock = threading.Lock()

    def add_token(self, name: str, right: Right) -> str:
        """Make a token and return it; only its hash is stored.

        Raises InvalidInput for a bad name, Conflict for a taken one.
        """
        if not _NAME.fullmatch(name) or name.lower() in _RESERVED:
            raise InvalidInput(
                f"{name[:80]!r} can't name a token: take up to 64 letters, digits, dots, hyphens and underscores, "
                f"and neither {LOCAL!r} nor {SETTING!r}."
            )
        token = _PREFIX + secrets.token_urlsafe(32)
        values = (name, _digest(token), right.label, _now())
        with self._database().writing() as db:
            if not db.execute("INSERT OR IGNORE INTO tokens VALUES (?, ?, ?, ?)", values).rowcount:
                raise Conflict(f"There is a token named {name!r} already. Remove it, or take another name.")
        return token

    def remove_token(self, name: str) -> None:
        """Withdraw a token; raises NotFound."""
        is_known = any(token.name == name for token in self.tokens())
        if is_known:
            with self._database().writing() as db:
                is_known = db.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount > 0
        if not is_known:
            raise NotFound(f"There is no token named {name[:80]!r}.")

    def tokens(self) -> list[NamedToken]:
        """Return all tokens by name."""
        return [token for _, token in self._rows()]

    def find(self, token: str) -> NamedToken | None:
        """Return what is known of a token, None where it is none of the stored ones."""
        digest = _digest(token)
        # All are compared, each in constant time, so that the time tells nothing of them.
        matches = [found for stored, found in self._rows() if hmac.compare_digest(stored, digest)]
        return matches[0] if matches else None

    def record(self, who: str, action: str, target: str | None = None) -> None:
        """Append a change to the audit log."""
        with self._database().writing() as db:
            values = (_now(), who, action, target)
            db.execute("INSERT INTO audit (at, who, action, target) VALUES (?, ?, ?, ?)", values)

    def entries(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return entries of the audit log, newest first: those with a number below `before`, at most `limit`."""
        if not self._exists():
            return []
        select = "SELECT * FROM audit WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?"
        with self._database().reading() as db:
            return [AuditEntry(**dict(row)) for row in db.execute(select, (before, before, limit))]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()

    def _rows(self) -> list[tuple[bytes, NamedToken]]:
        if not self._exists():
            return []
        with self._database().reading() as db:
            rows = db.execute("SELECT * FROM tokens ORDER BY name").fetchall()
        return [
            (bytes(row["digest"]), NamedToken(row["name"], Right[row["right"].upper()], row["created_at"]))
            for row in rows
        ]

    def _exists(self) -> bool:
        return self._opened is not None or self._path.exists()

    def _database(self) -> Database:
        with self._lock:
            if self._opened is None:
                self._opened = Database(self._path, "file of tokens", _VERSION, _SCHEMA)
            return self._opened


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
