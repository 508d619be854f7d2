"""A log of added, changed and deleted articles, written by SQLite triggers in the transaction of each change.

It has one row for each revision, so that a gap in it is detected.
"""

import re
import sqlite3
from dataclasses import dataclass
from typing import Literal, Self

from corpus.errors import CursorExpired, InvalidInput

LOGGED = 50_000  # revisions that are kept; an index that is further behind compares all articles
CHANGES = f"""
CREATE TABLE changes (
    revision INTEGER PRIMARY KEY,      -- after the change
    gone INTEGER                       -- the number of an article that was deleted or got a new number
);
CREATE TRIGGER change_noted AFTER INSERT ON changes BEGIN
    DELETE FROM changes WHERE revision <= NEW.revision - {LOGGED}; END;
CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key IN ('revision', 'count');
    INSERT OR REPLACE INTO changes SELECT value, NULL FROM meta WHERE key = 'revision'; END;
CREATE TRIGGER article_changed AFTER UPDATE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision';
    INSERT OR REPLACE INTO changes SELECT value, NULLIF(OLD.number, NEW.number) FROM meta WHERE key = 'revision'; END;
CREATE TRIGGER article_deleted AFTER DELETE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision';
    UPDATE meta SET value = value - 1 WHERE key = 'count';
    INSERT OR REPLACE INTO changes SELECT value, OLD.number FROM meta WHERE key = 'revision'; END;
"""
NOTE_CHANGES = f"""
DROP TRIGGER article_added;
DROP TRIGGER article_changed;
DROP TRIGGER article_deleted;
INSERT INTO meta SELECT 'count', count(*) FROM articles;
{CHANGES}
"""
# Which article was changed, and how, for those who follow the library.
CHANGED_ARTICLES = f"""
ALTER TABLE changes ADD COLUMN article_id TEXT;  -- NULL where a former version logged it
ALTER TABLE changes ADD COLUMN kind TEXT;        -- added, changed, deleted
DROP TRIGGER IF EXISTS change_noted;
CREATE TRIGGER change_noted AFTER INSERT ON changes BEGIN
    DELETE FROM changes WHERE revision <= NEW.revision - {LOGGED}; END;
DROP TRIGGER IF EXISTS article_added;
DROP TRIGGER IF EXISTS article_changed;
DROP TRIGGER IF EXISTS article_deleted;
CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key IN ('revision', 'count');
    INSERT OR REPLACE INTO changes SELECT value, NULL, NEW.id, 'added' FROM meta WHERE key = 'revision'; END;
CREATE TRIGGER article_changed AFTER UPDATE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision';
    INSERT OR REPLACE INTO changes SELECT value, NULLIF(OLD.number, NEW.number), NEW.id, 'changed' FROM meta
    WHERE key = 'revision'; END;
CREATE TRIGGER article_deleted AFTER DELETE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision';
    UPDATE meta SET value = value - 1 WHERE key = 'count';
    INSERT OR REPLACE INTO changes SELECT value, OLD.number, OLD.id, 'deleted' FROM meta WHERE key = 'revision'; END;
"""
ChangeKind = Literal["added", "changed", "deleted"]
CURSOR = r"([0-9a-f]{8})-([0-9]{1,15})(?:-([0-9]{1,15}))?"  # how a cursor is written
_ALL = "Ask again without a cursor for all articles, and drop those that are not among them."


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a client has followed the changes of a store.

    store: the beginning of the store's id. revision: the last change that it knows. listed: the highest number of an
    article that it knows, while it is given all articles first; None afterwards.
    """

    store: str
    revision: int
    listed: int | None = None

    def __str__(self) -> str:
        """Write the cursor as clients keep it."""
        return "-".join(str(part) for part in (self.store, self.revision, self.listed) if part is not None)

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read a cursor; raises InvalidInput."""
        match = re.fullmatch(CURSOR, written)
        if match is None:
            raise InvalidInput(f"{written[:60]!r} is no cursor. It is the `cursor` of a former reply.").of_field(
                "since"
            )
        store, revision, listed = match.groups()
        return cls(store, int(revision), None if listed is None else int(listed))


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """A change of the article of an id; `replaced_by` is the id of what has replaced a deleted one, if anything has."""

    kind: ChangeKind
    article_id: str
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class ArticleChanges:
    """The numbers of new and deleted articles, ascending, up to a revision at which there are `count` articles.

    `deleted` may contain numbers of articles that were also added in between.
    """

    revision: int
    count: int
    new: tuple[int, ...]
    deleted: tuple[int, ...]


def recount(db: sqlite3.Connection) -> None:
    """Correct the stored count of articles; with a wrong one, every generation would compare all articles."""
    count = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    db.execute("UPDATE meta SET value = ? WHERE key = 'count' AND value <> ?", (count, count))


def changes_since(db: sqlite3.Connection, revision: int, max_number: int) -> ArticleChanges | None:
    """Return the changes since a revision, within a snapshot; None where the log does not go back that far.

    Articles with numbers above `max_number` are new.
    """
    meta = dict(map(tuple, db.execute("SELECT key, value FROM meta WHERE key IN ('revision', 'count')")))
    current = meta["revision"]
    if not 0 <= current - revision <= LOGGED:
        return None
    logged = db.execute("SELECT gone FROM changes WHERE revision > ? AND revision <= ?", (revision, current)).fetchall()
    if len(logged) != current - revision:
        return None
    new = db.execute("SELECT number FROM articles WHERE number > ? ORDER BY number", (max_number,))
    deleted = sorted(row[0] for row in logged if row[0] is not None)
    return ArticleChanges(current, meta["count"], tuple(row[0] for row in new), tuple(deleted))


def start_cursor(db: sqlite3.Connection) -> Cursor:
    """Return the cursor before the first article."""
    meta = dict(map(tuple, db.execute("SELECT key, value FROM meta WHERE key IN ('revision', 'store_id')")))
    return Cursor(meta["store_id"][:8], meta["revision"], 0)


def follow_changes(db: sqlite3.Connection, since: Cursor, limit: int) -> tuple[list[LoggedChange], Cursor, bool]:
    """Return the next changes after a cursor, at most `limit`, the cursor after them, and whether there are more.

    All articles come first, in the order of their last changes, then what has changed since the first of them was
    asked for; a change in between may be told twice. Within a snapshot. Raises CursorExpired.
    """
    now = start_cursor(db)
    if since.store != now.store or since.revision > now.revision:
        raise CursorExpired(f"The cursor {since} is of another library, or of one before it was restored. {_ALL}")
    if since.listed is not None:
        rows = db.execute(
            "SELECT number, id FROM articles WHERE number > ? ORDER BY number LIMIT ?", (since.listed, limit + 1)
        ).fetchall()
        found = [LoggedChange("added", row["id"]) for row in rows[:limit]]
        if len(rows) > limit:
            return found, Cursor(since.store, since.revision, rows[limit - 1]["number"]), True
        return found, Cursor(since.store, since.revision), since.revision < now.revision
    select = """
    SELECT revision, changes.article_id AS id, kind, former_ids.article_id AS replaced_by
    FROM changes LEFT JOIN former_ids ON former_ids.id = changes.article_id AND kind = 'deleted'
    WHERE revision > ? ORDER BY revision LIMIT ?
    """
    rows = db.execute(select, (since.revision, limit)).fetchall()
    expected = min(limit, now.revision - since.revision)
    if len(rows) < expected or any(
        row["revision"] != since.revision + at or row["id"] is None for at, row in enumerate(rows, 1)
    ):
        raise CursorExpired(f"The cursor {since} is too old: the last {LOGGED:,} changes are kept. {_ALL}")
    last = since.revision + len(rows)
    changes = [LoggedChange(row["kind"], row["id"], row["replaced_by"]) for row in rows]
    return changes, Cursor(since.store, last), last < now.revision
