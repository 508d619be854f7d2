"""The ids of replaced articles: each leads to the article that its origin has now. Which ids are of deleted ones."""

import sqlite3

FORMER_IDS = """
CREATE TABLE former_ids (
    id TEXT PRIMARY KEY,               -- of an article that another one of the same origin has replaced
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE  -- the one that has replaced it by now
) WITHOUT ROWID;
CREATE INDEX former_ids_by_article ON former_ids (article_id);
"""

# SQL for a row of a table with `article_id`: no article has that id now, or had it before.
DELETED = "article_id NOT IN (SELECT id FROM articles) AND article_id NOT IN (SELECT id FROM former_ids)"
# The same for articles that can't be restored either, so that what belongs to them can be erased.
ERASABLE = f"""
{DELETED} AND article_id NOT IN (
    SELECT article_id FROM deleted_articles
    UNION ALL SELECT value FROM deleted_values WHERE of_table = 'former_ids' AND of_column = 'id'
)
"""
# The titles and texts of all articles, also of former versions and of those that can be restored.
TEXTS = """
SELECT title || char(10) || text FROM articles UNION ALL SELECT title || char(10) || text FROM versions
UNION ALL SELECT value FROM deleted_values WHERE of_table IN ('articles', 'versions') AND of_column IN ('title', 'text')
"""


def replaced_since(article_id: str, number: str) -> str:
    """Return SQL for whether an article, by its id, was replaced by one with a higher number than another one."""
    return f"""EXISTS (
        SELECT 1 FROM former_ids JOIN articles ON articles.id = former_ids.article_id
        WHERE former_ids.id = {article_id} AND articles.number > {number}
    )"""


def successor_of(db: sqlite3.Connection, article_id: str) -> str | None:
    """Return the id of the article that has replaced another one, None where none has."""
    row = db.execute("SELECT article_id FROM former_ids WHERE id = ?", (article_id,)).fetchone()
    return None if row is None else row[0]


def lead_to(db: sqlite3.Connection, article_id: str, successor: str) -> None:
    """Let the id of an article, and all that lead to it, lead to its successor from now on."""
    db.execute("UPDATE former_ids SET article_id = ? WHERE article_id = ?", (successor, article_id))
    db.execute("INSERT INTO former_ids VALUES (?, ?)", (article_id, successor))
