"""The list of articles, page by page: all of them, or those that a person looks for."""

import sqlite3
import unicodedata

from corpus.kept import Listed
from corpus.rows import FIELDS


def fold(text: str) -> str:
    """Return text without what a person who looks for it may leave out: case, accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return bare if (again := bare.casefold()) == bare else fold(again)  # "ℌ" is an "H" only now


def has_words(words: list[str], title: str, source: str | None) -> bool:
    """Tell whether title and source of an article hold all of some words, which are folded, or parts of words."""
    told = fold(title if source is None else f"{title}\n{source}")
    return all(word in told for word in words)


def page(db: sqlite3.Connection, offset: int, limit: int, about: str) -> list[Listed]:
    """Return a slice of the articles whose title or source hold all words of `about`, newest first."""
    sql = f"SELECT {FIELDS}, characters FROM articles{_where(db, about)} ORDER BY added_at DESC, id LIMIT ? OFFSET ?"
    return [Listed(**dict(row)) for row in db.execute(sql, (limit, offset))]


def count(db: sqlite3.Connection, about: str) -> int:
    """Return how many articles have all words of `about` in title or source."""
    return int(db.execute(f"SELECT count(*) FROM articles{_where(db, about)}").fetchone()[0])


def _where(db: sqlite3.Connection, about: str) -> str:
    """Return the clause that looks for words, if any, by a function of ours: SQLite itself folds only ASCII."""
    words = fold(about).split()
    if not words:
        return ""
    db.create_function("sought", 2, lambda title, source: has_words(words, title, source), deterministic=True)
    return " WHERE sought(title, source)"
