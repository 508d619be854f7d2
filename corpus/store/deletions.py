"""What is left of deleted articles in the store, and since when: it is erased after some time, or on request."""

import sqlite3
import time

from corpus.store.saved_replies import forget_replies

_SINCE = "deleted_since"
_FORGET_ENTRIES = """
UPDATE entries SET title = NULL, content = NULL
WHERE (title IS NOT NULL OR content IS NOT NULL) AND state <> 'pending' AND origin IN (
    SELECT origin FROM origins WHERE article_id IS NULL AND deleted_id IS NOT NULL
)
"""


def note_deletion(db: sqlite3.Connection) -> None:
    """Note that something was deleted now, unless something before it is still to be erased."""
    db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (_SINCE, time.time()))


def deleted_since(db: sqlite3.Connection) -> float | None:
    """Return when the first article was deleted of which something may be left, in seconds since 1970."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_SINCE,)).fetchone()
    return None if row is None else float(row[0])


def forget_deleted(db: sqlite3.Connection) -> None:
    """Delete the saved replies that quote deleted articles, and title and text of the feed entries that they came from.

    The addresses of entries stay, so that they don't return.
    """
    forget_replies(db)
    db.execute(_FORGET_ENTRIES)


def note_erased(db: sqlite3.Connection, started: float, is_all: bool) -> None:
    """Note that what was deleted before `started` is erased; `is_all` tells that nothing was deleted since."""
    if is_all:
        db.execute("DELETE FROM meta WHERE key = ?", (_SINCE,))
    else:
        db.execute("UPDATE meta SET value = ? WHERE key = ?", (started, _SINCE))
