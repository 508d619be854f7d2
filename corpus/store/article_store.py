"""What an article store tells and is asked, besides the articles themselves."""

import json
import sqlite3
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from corpus.article import Article
from corpus.errors import NotFound
from corpus.store.change_log import Changes, recount, since
from corpus.store.database import Database
from corpus.store.duplicates import fill
from corpus.store.schema import (
    BEGINNING,
    COLUMNS,
    EACH,
    SCHEMA,
    SCHEMA_VERSION,
    UPGRADES,
    Origin,
    article_of,
    find,
    forget,
    keep,
    let_go,
    note,
    to_article,
    unchanged,
    where,
)
from corpus.text.unicode import replace_surrogates


@dataclass(frozen=True, slots=True)
class Stored:
    """What `put` did: the article as it is kept, whether it is a new one, and whether it changed what was there."""

    article: Article
    created: bool
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as a list shows it: all but its text."""

    id: str
    cluster: str
    title: str
    url: str | None
    published: str | None
    source: str | None
    language: str | None
    added_at: str
    characters: int


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles may answer: bounds are ISO 8601 dates or date-times, both included; None is no bound.

    An article without a date is outside of any bound.
    """

    published_from: str | None = None
    published_to: str | None = None
    source: str | None = None

    def __bool__(self) -> bool:
        return any(bound is not None for bound in (self.published_from, self.published_to, self.source))


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


def list_page(db: sqlite3.Connection, offset: int, limit: int, about: str) -> list[Listed]:
    """Return a slice of the articles whose title or source hold all words of `about`, newest first."""
    sql = f"SELECT {COLUMNS}, characters FROM articles{_where(db, about)} ORDER BY added_at DESC, id LIMIT ? OFFSET ?"
    return [Listed(**dict(row)) for row in db.execute(sql, (limit, offset))]


def count_matching(db: sqlite3.Connection, about: str) -> int:
    """Return how many articles have all words of `about` in title or source."""
    return int(db.execute(f"SELECT count(*) FROM articles{_where(db, about)}").fetchone()[0])


def _where(db: sqlite3.Connection, about: str) -> str:
    """Return the clause that looks for words, if any, by a function of ours: SQLite itself folds only ASCII."""
    words = fold(about).split()
    if not words:
        return ""
    db.create_function("sought", 2, lambda title, source: has_words(words, title, source), deterministic=True)
    return " WHERE sought(title, source)"


__all__ = ["ArticleFilter", "ArticleStore", "Listed", "SqliteStore", "Stored"]


class ArticleStore(Protocol):
    """Keeps articles. The library writes through it; builder and service read. All of it is thread-safe.

    Every method raises StorageProblem where the disk is full, read-only or broken.
    """

    def put(self, article: Article, origin: str, signature: str | None = None) -> Stored:
        """Keep an article that came from origin, replacing what came from it before."""
        ...

    def put_many(self, articles: Sequence[tuple[Article, str]]) -> list[Stored]:
        """Keep articles, each with its origin, as `put` does: all of them, or none."""
        ...

    def each(self) -> Iterator[tuple[Article, bool]]:
        """Yield all articles as they are at one moment, oldest first, and whether each came from its own url."""
        ...

    def get(self, article_id: str) -> Article:
        """Return one article; raises NotFound."""
        ...

    def by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Return those of the numbered articles that are still there."""
        ...

    def numbers(self, filters: ArticleFilter | None = None) -> list[int]:
        """Return the numbers of all articles, or of those that a filter lets through, ascending."""
        ...

    def since(self, revision: int, newest: int) -> Changes | None:
        """Return what has changed since a revision, at which `newest` was the highest number of an article.

        None where that is too long ago to be known. Costs what has changed, not what is there.
        """
        ...

    def by_cluster(self, cluster: str, filters: ArticleFilter | None = None, limit: int = 20) -> dict[int, Article]:
        """Return the numbered articles of a cluster that a filter lets through, oldest first, `limit` at most.

        The oldest is the one that was published first, and of those without a date, which come last, added first.
        """
        ...

    def page(self, offset: int, limit: int, about: str = "") -> list[Listed]:
        """Return a slice of the articles, newest first: of those whose title or source hold all words of `about`."""
        ...

    def count(self, about: str = "") -> int:
        """Return how many articles there are, or how many of those."""
        ...

    def delete(self, article_id: str) -> None:
        """Forget an article; its origins stay known as deleted ones. Raises NotFound."""
        ...

    def origins(self, prefix: str = "") -> Iterator[Origin]:
        """Yield the origins that start with prefix."""
        ...

    def drop_origin(self, origin: str) -> bool:
        """Forget an origin, and its article if it has no other; tell whether an article went."""
        ...

    def note_problem(self, origin: str, signature: str | None, problem: str) -> None:
        """Remember why an origin gives no article; the one that it gave before goes, if it has no other.

        Without a signature, the origin could not be looked at: what it gave before stays, and stays deleted.
        """
        ...

    def rename_origin(self, origin: str, name: str) -> None:
        """Go on to know an origin by another name, which is none yet, such as that of a file that was moved."""
        ...

    def stay_deleted(self, origin: str, signature: str | None) -> None:
        """Remember that an origin has changed, and gives what a user deleted all the same."""
        ...

    @property
    def followed(self) -> str | None:
        """How the origins of the folder that the articles follow begin, None where they follow none."""
        ...

    def follow(self, prefix: str) -> None:
        """Remember how the origins of the folder that the articles follow begin."""
        ...

    @property
    def store_id(self) -> str:
        """A name of this store that no other store has."""
        ...

    @property
    def revision(self) -> int:
        """A number that grows whenever an article is added, changed or deleted, by whomever."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class SqliteStore:
    """An ArticleStore in one SQLite file in WAL mode.

    Raises OtherVersion for a file that another version of Citeline wrote, StorageProblem for one that can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.database = db = Database(path, "article store", SCHEMA_VERSION, SCHEMA, upgrades=UPGRADES)
        self._reading, self._writing, self.close = db.reading, db.writing, db.close
        with db.writing() as connection:
            meta = "('store_id', ?), ('last_number', 0), ('revision', 0), ('count', 0), ('followed', '')"
            connection.execute(f"INSERT OR IGNORE INTO meta VALUES {meta}", (uuid.uuid4().hex,))
            recount(connection)
        fill(db)

    @property
    def store_id(self) -> str:
        """A name of this store that no other store has."""
        return str(self._meta("store_id"))

    @property
    def revision(self) -> int:
        """A number that grows whenever an article is added, changed or deleted, by whomever."""
        return int(self._meta("revision"))

    @property
    def followed(self) -> str | None:
        """How the origins of the folder that the articles follow begin, None where they follow none."""
        return str(self._meta("followed")) or None

    def follow(self, prefix: str) -> None:
        """Remember how the origins of the folder that the articles follow begin."""
        with self._writing() as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'followed'", (prefix,))

    def _meta(self, key: str) -> str | int:
        with self._reading() as db:
            value: str | int = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]
            return value

    def put(self, article: Article, origin: str, signature: str | None = None) -> Stored:
        """Keep an article that came from origin, replacing what came from it before.

        A text that is kept already stays one article. Its title, date and so on follow the origin they came from, if
        that origin is one that can change (a file, a url).
        """
        with self._writing() as db:
            return Stored(*keep(db, article, origin, signature))

    def put_many(self, articles: Sequence[tuple[Article, str]]) -> list[Stored]:
        """Keep articles, each with its origin, as `put` does: all of them, or none."""
        with self._reading() as db:  # what is all there need not wait for the disk, nor for another writer
            if (kept := unchanged(db, articles)) is not None:
                return [Stored(article, created=False) for article in kept]
        with self._writing() as db:
            return [Stored(*keep(db, article, origin)) for article, origin in articles]

    def each(self) -> Iterator[tuple[Article, bool]]:
        """Yield all articles as they are at one moment, oldest first, and whether each came from its own url."""
        with self._reading() as db, closing(db.execute(EACH)) as rows:  # one statement sees one state
            for row in rows:
                yield to_article(row), bool(row["by_url"])

    def get(self, article_id: str) -> Article:
        """Return one article; raises NotFound."""
        with self._reading() as db:
            article = find(db, replace_surrogates(article_id))
        if article is None:
            raise NotFound(f"There is no article with the id {article_id[:40]!r}.")
        return article

    def by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Return those of the numbered articles that are still there."""
        with self._reading() as db:
            rows = db.execute(
                f"SELECT number, text, {COLUMNS} FROM articles WHERE number IN (SELECT value FROM json_each(?))",
                (json.dumps([int(number) for number in numbers]),),
            )
            return {row["number"]: to_article(row) for row in rows}

    def numbers(self, filters: ArticleFilter | None = None) -> list[int]:
        """Return the numbers of all articles, or of those that a filter lets through, ascending."""
        filters = ArticleFilter() if filters is None else filters
        clause, values = where(filters.published_from, filters.published_to, filters.source)
        with self._reading() as db:  # one text is quicker than many rows, and sorting here than by SQLite
            told = db.execute(f"SELECT group_concat(number) FROM articles{clause}", values).fetchone()[0]
        # Of 100,000 numbers, Python makes a list in 55 ms, in which no other thread runs; NumPy in 9.
        numbers: list[int] = np.sort(np.fromstring(told, np.int64, sep=",")).tolist() if told else []
        return numbers

    def since(self, revision: int, newest: int) -> Changes | None:
        """Return what has changed since a revision; None where that is too long ago to be known."""
        with self.database.snapshot() as db:
            return since(db, revision, newest)

    def by_cluster(self, cluster: str, filters: ArticleFilter | None = None, limit: int = 20) -> dict[int, Article]:
        """Return the numbered articles of a cluster that a filter lets through, oldest first, `limit` at most."""
        filters = ArticleFilter() if filters is None else filters
        clause, values = where(filters.published_from, filters.published_to, filters.source, cluster)
        oldest = "published_first IS NULL, published_first, added_at, id DESC"
        select = f"SELECT number, text, {COLUMNS} FROM articles{clause} ORDER BY {oldest} LIMIT ?"
        with self._reading() as db:
            return {row["number"]: to_article(row) for row in db.execute(select, (*values, limit))}

    def page(self, offset: int, limit: int, about: str = "") -> list[Listed]:
        """Return a slice of the articles, newest first: of those whose title or source hold all words of `about`."""
        with self._reading() as db:
            return list_page(db, offset, limit, about)

    def count(self, about: str = "") -> int:
        """Return how many articles there are, or how many of those."""
        with self._reading() as db:
            return count_matching(db, about)

    def delete(self, article_id: str) -> None:
        """Forget an article; its origins stay known as deleted ones. Raises NotFound."""
        with self._writing() as db:
            forget(db, article_id)

    def origins(self, prefix: str = "") -> Iterator[Origin]:
        """Yield the origins that start with prefix."""
        with self._reading() as db:
            rows = db.execute(BEGINNING, (prefix,)).fetchall()
        yield from (Origin(**dict(row)) for row in rows)

    def drop_origin(self, origin: str) -> bool:
        """Forget an origin, and its article if it has no other; tell whether an article went."""
        with self._writing() as db:
            before = article_of(db, origin)
            db.execute("DELETE FROM origins WHERE origin = ?", (origin,))
            return let_go(db, before)

    def note_problem(self, origin: str, signature: str | None, problem: str) -> None:
        """Remember why an origin gives no article."""
        with self._writing() as db:
            note(db, origin, signature, problem)

    def rename_origin(self, origin: str, name: str) -> None:
        """Go on to know an origin by another name, which is none yet, such as that of a file that was moved."""
        with self._writing() as db:
            db.execute("UPDATE OR IGNORE origins SET origin = ? WHERE origin = ?", (name, origin))

    def stay_deleted(self, origin: str, signature: str | None) -> None:
        """Remember that an origin has changed, and gives what a user deleted all the same."""
        with self._writing() as db:
            sql = "UPDATE origins SET signature = ? WHERE origin = ? AND deleted_id IS NOT NULL"
            db.execute(sql, (signature, origin))
