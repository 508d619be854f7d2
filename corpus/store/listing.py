"""Lists of articles for people: found by words, filtered, and sorted; and the tags to choose from."""

import sqlite3
from dataclasses import dataclass
from typing import Literal

from corpus.store.filters import ArticleFilter, where_articles
from corpus.store.words import fold, has_words

SortKey = Literal["added", "published", "title", "source"]
ArticleState = Literal["ready", "indexing", "problem"]
_COLUMNS: dict[SortKey, str] = {
    "added": "added_at",
    "published": "published_first",
    "title": "folded(title)",
    "source": "folded(source)",
}
# What lists compare, so that SQLite need not read past the texts.
LISTED = "CREATE INDEX articles_by_title ON articles (title, source, added_at, published_first, id);\n"
_PROBLEM = "(SELECT problem FROM origins WHERE article_id = articles.id AND problem IS NOT NULL LIMIT 1)"
PROBLEM_COLUMN = f"{_PROBLEM} AS problem"
_STATES: dict[ArticleState, str] = {
    "ready": f"number <= ? AND {_PROBLEM} IS NULL",
    "indexing": f"number > ? AND {_PROBLEM} IS NULL",
    "problem": f"{_PROBLEM} IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class ArticleListing:
    """Which articles a list holds, and in which order; where the order leaves two, the one added last comes first.

    words: all are in title and source, with `in_text` also in the text, as parts of words, without case and accents;
    in the text, accents count. tag: as it is written. state: whether an article answers already, or has a file or page
    that can't be read now. indexed: the highest number of an article that answers. Articles without a value to sort by
    come last.
    """

    words: str = ""
    in_text: bool = False
    filters: ArticleFilter | None = None
    tag: str | None = None
    state: ArticleState | None = None
    indexed: int = 0
    sort: SortKey = "added"
    descending: bool = True


def find_listed(db: sqlite3.Connection, listing: ArticleListing) -> list[int]:
    """Return the numbers of the articles of a list, in its order; raises what `where_articles` raises."""
    where, values = where_articles(db, listing.filters)
    clauses = [where.removeprefix(" WHERE ")] if where else []
    if words := listing.words.split():
        _define_search(db, words)
        clauses.append("found_in(title, source)" if not listing.in_text else "found_in(title, source, text)")
    if listing.tag is not None:
        clauses.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE json_each.value = ?)")
        values.append(listing.tag)
    if listing.state is not None:
        clauses.append(_STATES[listing.state])
        values += [listing.indexed] if listing.state != "problem" else []
    db.create_function("folded", 1, lambda text: None if text is None else fold(text), deterministic=True)
    column = _COLUMNS[listing.sort]
    order = f"{column} IS NULL, {column} {'DESC' if listing.descending else 'ASC'}, added_at DESC, id"
    joined = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return [row[0] for row in db.execute(f"SELECT number FROM articles{joined} ORDER BY {order}", values)]


def count_tags(db: sqlite3.Connection) -> dict[str, int]:
    """Return how many articles have each tag, the one with the most first."""
    select = "SELECT json_each.value, count(*) FROM articles, json_each(tags) GROUP BY 1 ORDER BY 2 DESC, 1"
    return {row[0]: row[1] for row in db.execute(select)}


def _define_search(db: sqlite3.Connection, words: list[str]) -> None:
    """Define the SQL function that finds all words in title and source, or in them and the text."""
    typed = [word.lower() for word in words]

    def found_in(title: str, source: str | None, text: str = "") -> bool:
        lower = text.lower()
        missing = [word for word in typed if word not in lower]
        return has_words([part for word in missing for part in fold(word).split()], title, source)

    db.create_function("found_in", 2, found_in, deterministic=True)
    db.create_function("found_in", 3, found_in, deterministic=True)
