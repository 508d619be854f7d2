"""What is left of deleted articles in the store, and since when: it is erased after some time, or on request.

An article that a user deletes is kept aside until then, with all that belongs to it, so that it can be restored.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.questions.kept import QuestionsWithoutSource, forget_questions
from corpus.questions.watches import forget_events
from corpus.store.saved_replies import forget_replies

DELETED_ARTICLES = """
CREATE TABLE deleted_articles (
    article_id TEXT PRIMARY KEY,
    deleted_at REAL NOT NULL,          -- in seconds since 1970
    title TEXT NOT NULL, source TEXT, published TEXT
);
CREATE INDEX deleted_articles_by_time ON deleted_articles (deleted_at DESC, article_id);
CREATE TABLE deleted_values (          -- the rows of the article in other tables, value by value
    article_id TEXT NOT NULL REFERENCES deleted_articles (article_id) ON DELETE CASCADE,
    of_table TEXT NOT NULL, line INTEGER NOT NULL, of_column TEXT NOT NULL, value
);
CREATE INDEX deleted_values_by_article ON deleted_values (article_id);
"""
_SINCE, _ERASED_AT = "deleted_since", "erased_at"
_FORGET_ENTRIES = """
UPDATE entries SET title = NULL, content = NULL
WHERE (title IS NOT NULL OR content IS NOT NULL) AND state <> 'pending' AND origin IN (
    SELECT origin FROM origins WHERE article_id IS NULL AND deleted_id IS NOT NULL
    AND deleted_id NOT IN (SELECT article_id FROM deleted_articles)
)
"""
# The tables with what belongs to an article, in the order in which they are restored.
_OF_ARTICLE = {
    "articles": "id = ?",
    "originals": "article_id = ?",
    "edits": "article_id = ?",
    "former_ids": "article_id = ?",
    "versions": "id IN (SELECT id FROM former_ids WHERE article_id = ?)",
    "origins": "article_id = ?",
}


@dataclass(frozen=True, slots=True)
class DeletedArticle:
    """An article that was deleted, for lists. `deleted_at` is in seconds since 1970."""

    id: str
    deleted_at: float
    title: str
    source: str | None
    published: str | None


def keep_deleted(db: sqlite3.Connection, article_id: str) -> None:
    """Keep an article aside that is about to be deleted, with all that belongs to it."""
    forget_article(db, article_id)
    keep = "INSERT INTO deleted_articles SELECT id, ?, title, source, published FROM articles WHERE id = ?"
    db.execute(keep, (time.time(), article_id))
    for table, condition in _OF_ARTICLE.items():
        rows = db.execute(f"SELECT * FROM {table} WHERE {condition}", (article_id,)).fetchall()
        values = ((article_id, table, line, name, row[name]) for line, row in enumerate(rows) for name in row.keys())  # noqa: SIM118 - a row yields values
        db.executemany("INSERT INTO deleted_values VALUES (?, ?, ?, ?, ?)", values)


def find_deleted(db: sqlite3.Connection, article_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a deleted article by their tables, in the order in which they are restored; {} for none."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    select = "SELECT of_table, line, of_column, value FROM deleted_values WHERE article_id = ? ORDER BY line"
    for row in db.execute(select, (article_id,)):
        found.setdefault(row["of_table"], {}).setdefault(row["line"], {})[row["of_column"]] = row["value"]
    return {table: list(found.get(table, {}).values()) for table in _OF_ARTICLE} if found else {}


def restore_rows(db: sqlite3.Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Store the rows that `find_deleted` returned; what has come in their place meanwhile stays."""
    (article,) = rows["articles"]
    db.execute("DELETE FROM former_ids WHERE id = ?", (article["id"],))
    for table in ("articles", "originals", "edits"):
        for row in rows[table]:
            _insert(db, table, row)
    for row in rows["former_ids"]:
        if db.execute("SELECT 1 FROM articles WHERE id = ?", (row["id"],)).fetchone() is None:
            _insert(db, "former_ids", row)
    for row in rows["versions"]:
        if db.execute("SELECT 1 FROM former_ids WHERE id = ?", (row["id"],)).fetchone() is not None:
            _insert(db, "versions", row)
    for row in rows["origins"]:
        if row["origin"].startswith("text:") and row["feed"] is None:
            _insert(db, "origins", row)
        else:  # it may be a file that is there no more, or has another article by now
            again = (
                "UPDATE origins SET article_id = ?1, problem = ?2, deleted_id = NULL, deleted_digest = NULL "
                "WHERE origin = ?3 AND article_id IS NULL AND deleted_id = ?1"
            )
            db.execute(again, (article["id"], row["problem"], row["origin"]))
    if db.execute("SELECT 1 FROM origins WHERE article_id = ?", (article["id"],)).fetchone() is None:
        own = (f"text:{article['id']}", article["id"])
        db.execute("INSERT OR REPLACE INTO origins (origin, article_id) VALUES (?, ?)", own)


def forget_article(db: sqlite3.Connection, article_id: str) -> None:
    """Forget a deleted article, which is then not to be restored any more."""
    db.execute("DELETE FROM deleted_articles WHERE article_id = ?", (article_id,))


def list_deleted(db: sqlite3.Connection, offset: int, limit: int) -> Iterator[DeletedArticle]:
    """Yield a slice of the articles that can be restored, the one deleted last first."""
    select = "SELECT * FROM deleted_articles ORDER BY deleted_at DESC, article_id LIMIT ? OFFSET ?"
    yield from (DeletedArticle(*row) for row in db.execute(select, (limit, offset)))


def count_deleted(db: sqlite3.Connection) -> int:
    """Return how many articles can be restored."""
    return int(db.execute("SELECT count(*) FROM deleted_articles").fetchone()[0])


def note_deletion(db: sqlite3.Connection) -> None:
    """Note that something was deleted now, unless something before it is still to be erased."""
    db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (_SINCE, time.time()))


def deleted_since(db: sqlite3.Connection) -> float | None:
    """Return when the first article was deleted of which something may be left, in seconds since 1970."""
    return _moment(db, _SINCE)


def erased_at(db: sqlite3.Connection) -> float | None:
    """Return when deleted articles were erased last, in seconds since 1970."""
    return _moment(db, _ERASED_AT)


def forget_articles(db: sqlite3.Connection, until: float) -> None:
    """Forget the articles that were deleted until then, which are then not to be restored any more."""
    db.execute("DELETE FROM deleted_articles WHERE deleted_at <= ?", (until,))


def forget_deleted(db: sqlite3.Connection, replies: Iterable[int], questions: QuestionsWithoutSource) -> None:
    """Delete what replies, questions and feeds say of articles that can't be restored.

    `replies` are the numbers of other replies to delete: `replies_without_source`; `questions` those that
    `questions_without_source` found. Of the feed entries that deleted articles came from, the addresses stay, so that
    they don't return.
    """
    forget_replies(db, replies)
    forget_questions(db, questions)
    forget_events(db)
    db.execute(_FORGET_ENTRIES)


def note_erased(db: sqlite3.Connection, started: float, is_all: bool) -> None:
    """Note that what was deleted before `started` is erased; `is_all` tells that nothing was deleted since.

    Articles that can be restored yet are still to be erased.
    """
    oldest = db.execute("SELECT min(deleted_at) FROM deleted_articles").fetchone()[0]
    since: Sequence[float] = [*([] if is_all else [started]), *([] if oldest is None else [oldest])]
    db.execute("DELETE FROM meta WHERE key = ?", (_SINCE,))
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_ERASED_AT, started))
    if since:
        db.execute("INSERT INTO meta VALUES (?, ?)", (_SINCE, min(since)))


def _moment(db: sqlite3.Connection, key: str) -> float | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else float(row[0])


def _insert(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Insert a row, unless there is one with its key."""
    names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    db.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})", list(row.values()))
