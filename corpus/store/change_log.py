"""Which articles came and went since the store was in a certain state: told by a log that SQLite's triggers keep.

Whatever changes an article writes the log, in the same transaction, and counts. The log holds one row a revision, so
that a gap shows.
"""

import sqlite3
from dataclasses import dataclass

LOGGED = 10_000  # revisions; who is further behind compares all articles
CHANGES = f"""
CREATE TABLE changes (
    revision INTEGER PRIMARY KEY,      -- which the change led to
    gone INTEGER                       -- the number that is no article's any more, if one is
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


@dataclass(frozen=True, slots=True)
class Changes:
    """What led to a revision, at which there are `count` articles: numbers that are new and ones that are gone.

    Of those that came and went in between, `gone` may have some. Both ascend.
    """

    revision: int
    count: int
    new: tuple[int, ...]
    deleted: tuple[int, ...]


def recount(db: sqlite3.Connection) -> None:
    """Put the count of articles right, should it be wrong: else the log would be believed no more, for good."""
    count = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    db.execute("UPDATE meta SET value = ? WHERE key = 'count' AND value <> ?", (count, count))


def since(db: sqlite3.Connection, revision: int, newest: int) -> Changes | None:
    """Return what has changed since a revision; None where the log does not go back to it.

    Articles with higher numbers than `newest` are new. Call it within a snapshot.
    """
    kept = dict(map(tuple, db.execute("SELECT key, value FROM meta WHERE key IN ('revision', 'count')")))
    now = kept["revision"]
    if not 0 <= now - revision <= LOGGED:
        return None
    noted = db.execute("SELECT gone FROM changes WHERE revision > ? AND revision <= ?", (revision, now)).fetchall()
    if len(noted) != now - revision:
        return None
    new = db.execute("SELECT number FROM articles WHERE number > ? ORDER BY number", (newest,))
    deleted = sorted(row[0] for row in noted if row[0] is not None)
    return Changes(now, kept["count"], tuple(row[0] for row in new), tuple(deleted))
