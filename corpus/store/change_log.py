"""A log of added, changed and deleted articles, written by SQLite triggers in the transaction of each change.

It has one row for each revision, so that a gap in it is detected.
"""

import sqlite3
from dataclasses import dataclass

LOGGED = 10_000  # revisions that are kept; an index that is further behind compares all articles
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
