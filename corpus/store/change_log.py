"""A log of added, changed and deleted articles, written by triggers of SQLite.

Whatever changes an article also writes the log, in the same transaction. It has one row for each revision, so that a
gap shows.
"""

import sqlite3
from dataclasses import dataclass

LOGGED = 10_000  # revisions; an index that is further behind compares all articles
CHANGES = f"""
CREATE TABLE changes (
    revision INTEGER PRIMARY KEY,      -- that the change led to
    gone INTEGER                       -- the number of an article that was deleted or got a new one
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
class ArticleChanges:
    """The changes up to a revision, at which there are `count` articles: new and deleted numbers, ascending.

    `deleted` may hold numbers of articles that were added in between as well.
    """

    revision: int
    count: int
    new: tuple[int, ...]
    deleted: tuple[int, ...]


def recount(db: sqlite3.Connection) -> None:
    """Correct the count of articles: a wrong one would make every generation compare all articles, for good."""
    count = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    db.execute("UPDATE meta SET value = ? WHERE key = 'count' AND value <> ?", (count, count))


def changes_since(db: sqlite3.Connection, revision: int, newest: int) -> ArticleChanges | None:
    """Return what has changed since a revision, within a snapshot; None where the log does not go back so far.

    Articles with higher numbers than `newest` are new.
    """
    meta = dict(map(tuple, db.execute("SELECT key, value FROM meta WHERE key IN ('revision', 'count')")))
    now = meta["revision"]
    if not 0 <= now - revision <= LOGGED:
        return None
    logged = db.execute("SELECT gone FROM changes WHERE revision > ? AND revision <= ?", (revision, now)).fetchall()
    if len(logged) != now - revision:
        return None
    new = db.execute("SELECT number FROM articles WHERE number > ? ORDER BY number", (newest,))
    deleted = sorted(row[0] for row in logged if row[0] is not None)
    return ArticleChanges(now, meta["count"], tuple(row[0] for row in new), tuple(deleted))
