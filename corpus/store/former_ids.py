"""The ids of replaced articles: each leads to the article that its origin has now."""

import sqlite3

FORMER_IDS = """
CREATE TABLE former_ids (
    id TEXT PRIMARY KEY,               -- of an article that another one of the same origin has replaced
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE  -- the one that has replaced it by now
) WITHOUT ROWID;
CREATE INDEX former_ids_by_article ON former_ids (article_id);
"""


def successor_of(db: sqlite3.Connection, article_id: str) -> str | None:
    """Return the id of the article that has replaced another one, None where none has."""
    row = db.execute("SELECT article_id FROM former_ids WHERE id = ?", (article_id,)).fetchone()
    return None if row is None else row[0]


def lead_to(db: sqlite3.Connection, article_id: str, successor: str) -> None:
    """Let the id of an article, and all that lead to it, lead to its successor from now on."""
    db.execute("UPDATE former_ids SET article_id = ? WHERE article_id = ?", (successor, article_id))
    db.execute("INSERT INTO former_ids VALUES (?, ?)", (article_id, successor))
