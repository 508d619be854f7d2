"""The edits of articles: metadata that a user set, which stays however the origin of an article is read."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from corpus.article import METADATA, Article

EDITS = """
CREATE TABLE edits (
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    field TEXT NOT NULL,               -- of the metadata, such as title
    value TEXT NOT NULL,               -- in JSON; null where the user cleared the field
    PRIMARY KEY (article_id, field)
) WITHOUT ROWID;
"""


def find_edits(db: sqlite3.Connection, article_id: str) -> dict[str, Any]:
    """Return the values of the fields of an article that a user edited."""
    rows = db.execute("SELECT field, value FROM edits WHERE article_id = ?", (article_id,))
    return {row["field"]: json.loads(row["value"]) for row in rows}


def put_edits(db: sqlite3.Connection, article_id: str, edits: Mapping[str, Any]) -> None:
    """Store edits of a stored article, in place of former ones of the same fields."""
    rows = [(article_id, field, json.dumps(value, ensure_ascii=False)) for field, value in edits.items()]
    db.executemany("INSERT OR REPLACE INTO edits VALUES (?, ?, ?)", rows)


def with_edits(article: Article, edits: Mapping[str, Any]) -> Article:
    """Return an article with edited values in place of its own; an edited date is no guess."""
    values = {field: value for field, value in edits.items() if field in METADATA}
    if "tags" in values:
        values["tags"] = tuple(values["tags"])
    is_guess = article.published_is_guess and "published" not in values
    return replace(article, published_is_guess=is_guess, **values)
