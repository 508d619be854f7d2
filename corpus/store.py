"""Where articles are kept: one SQLite file, the only source of truth."""

import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from corpus.article import Article, parse_published
from corpus.database import Database
from corpus.errors import NotFound

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,        -- new whenever anything about the article changes; never used twice
    id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL, title TEXT NOT NULL, url TEXT, source TEXT, language TEXT,
    published TEXT, published_first REAL, published_last REAL,
    added_at TEXT NOT NULL, characters INTEGER NOT NULL
);
CREATE INDEX articles_by_age ON articles (added_at DESC, number DESC);
CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
CREATE TRIGGER article_changed AFTER UPDATE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
CREATE TRIGGER article_deleted AFTER DELETE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
CREATE TABLE origins (
    origin TEXT PRIMARY KEY,           -- file:/path, url:https://..., text:<id>
    article_id TEXT REFERENCES articles (id) ON DELETE SET NULL,
    signature TEXT,                    -- changes when the origin changes
    problem TEXT                       -- why there is no article
);
CREATE INDEX origins_by_article ON origins (article_id);
"""
_FIELDS = "id, title, url, published, source, language, added_at"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article came from, and what became of it: no article and no problem means that a user deleted it."""

    origin: str
    article_id: str | None
    signature: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What `put` did: the article as it is kept, and whether it is a new one."""

    article: Article
    created: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as a list shows it: all but its text."""

    id: str
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


class ArticleStore(Protocol):
    """Keeps articles. The library writes through it; builder and service read. All of it is thread-safe.

    Every method raises StorageProblem where the disk is full, read-only or broken.
    """

    def put(self, article: Article, origin: str, signature: str | None = None) -> Stored:
        """Keep an article that came from origin, replacing what came from it before."""
        ...

    def get(self, article_id: str) -> Article:
        """Return one article; raises NotFound."""
        ...

    def by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Return those of the numbered articles that are still there."""
        ...

    def numbers(self, only: ArticleFilter | None = None) -> list[int]:
        """Return the numbers of all articles, or of those that a filter lets through, ascending."""
        ...

    def page(self, offset: int, limit: int) -> list[Listed]:
        """Return a slice of the articles, newest first."""
        ...

    def count(self) -> int:
        """Return how many articles there are."""
        ...

    def delete(self, article_id: str) -> None:
        """Forget an article; its origins stay known as deleted ones. Raises NotFound."""
        ...

    def origins(self, prefix: str = "") -> Iterator[Origin]:
        """Yield the origins that start with prefix."""
        ...

    def drop_origin(self, origin: str) -> None:
        """Forget an origin, and its article if it has no other."""
        ...

    def note_problem(self, origin: str, signature: str | None, problem: str) -> None:
        """Remember why an origin gives no article; an article that it gave before goes."""
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
        self._db = Database(path, "article store", SCHEMA_VERSION, _SCHEMA)
        self._reading, self._writing, self.close = self._db.reading, self._db.writing, self._db.close
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO meta VALUES ('store_id', ?), ('last_number', 0), ('revision', 0)",
                (uuid.uuid4().hex,),
            )

    @property
    def store_id(self) -> str:
        """A name of this store that no other store has."""
        return str(self._meta("store_id"))

    @property
    def revision(self) -> int:
        """A number that grows whenever an article is added, changed or deleted, by whomever."""
        return int(self._meta("revision"))

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
            kept = _find(db, article.id)
            before = db.execute("SELECT article_id FROM origins WHERE origin = ?", (origin,)).fetchone()
            created = kept is None
            if kept is None:
                kept = _insert(db, replace(article, added_at=_now()))
            elif before is not None and before[0] == article.id and not origin.startswith("text:"):
                kept = _update(db, kept, article)
            _set_origin(db, Origin(origin, article.id, signature, None))
            if before is not None and before[0] not in (None, article.id):
                _delete_orphan(db, before[0])
        return Stored(kept, created)

    def get(self, article_id: str) -> Article:
        """Return one article; raises NotFound."""
        with self._reading() as db:
            article = _find(db, article_id)
        if article is None:
            raise NotFound(f"There is no article with the id {article_id[:40]!r}.")
        return article

    def by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Return those of the numbered articles that are still there."""
        with self._reading() as db:
            marks = ",".join("?" * len(numbers))
            rows = db.execute(f"SELECT number, text, {_FIELDS} FROM articles WHERE number IN ({marks})", list(numbers))
            return {row["number"]: _article(row) for row in rows}

    def numbers(self, only: ArticleFilter | None = None) -> list[int]:
        """Return the numbers of all articles, or of those that a filter lets through, ascending."""
        where, values = _where(only)
        with self._reading() as db:
            return [row[0] for row in db.execute(f"SELECT number FROM articles{where} ORDER BY number", values)]

    def page(self, offset: int, limit: int) -> list[Listed]:
        """Return a slice of the articles, newest first."""
        with self._reading() as db:
            rows = db.execute(
                f"SELECT {_FIELDS}, characters FROM articles ORDER BY added_at DESC, number DESC LIMIT ? OFFSET ?",
                (limit, offset),
            )
            return [Listed(**dict(row)) for row in rows]

    def count(self) -> int:
        """Return how many articles there are."""
        with self._reading() as db:
            return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])

    def delete(self, article_id: str) -> None:
        """Forget an article; its origins stay known as deleted ones. Raises NotFound."""
        with self._writing() as db:
            if not db.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount:
                raise NotFound(f"There is no article with the id {article_id[:40]!r}.")
            # Only a file is looked at again by itself; the others need no memory of the deletion.
            db.execute("DELETE FROM origins WHERE article_id IS NULL AND problem IS NULL AND origin NOT LIKE 'file:%'")

    def origins(self, prefix: str = "") -> Iterator[Origin]:
        """Yield the origins that start with prefix."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT origin, article_id, signature, problem FROM origins WHERE substr(origin, 1, ?) = ? ORDER BY 1",
                (len(prefix), prefix),
            ).fetchall()
        yield from (Origin(**dict(row)) for row in rows)

    def drop_origin(self, origin: str) -> None:
        """Forget an origin, and its article if it has no other."""
        with self._writing() as db:
            row = db.execute("DELETE FROM origins WHERE origin = ? RETURNING article_id", (origin,)).fetchone()
            if row is not None and row[0] is not None:
                _delete_orphan(db, row[0])

    def note_problem(self, origin: str, signature: str | None, problem: str) -> None:
        """Remember why an origin gives no article; an article that it gave before goes."""
        with self._writing() as db:
            before = db.execute("SELECT article_id FROM origins WHERE origin = ?", (origin,)).fetchone()
            _set_origin(db, Origin(origin, None, signature, problem))
            if before is not None and before[0] is not None:
                _delete_orphan(db, before[0])


def _find(db: sqlite3.Connection, article_id: str) -> Article | None:
    row = db.execute(f"SELECT text, {_FIELDS} FROM articles WHERE id = ?", (article_id,)).fetchone()
    return None if row is None else _article(row)


def _article(row: sqlite3.Row) -> Article:
    return Article(**{key: row[key] for key in row.keys() if key != "number"})  # noqa: SIM118 - a Row iterates values


def _insert(db: sqlite3.Connection, article: Article) -> Article:
    db.execute(
        "INSERT INTO articles VALUES (:number, :id, :text, :title, :url, :source, :language, "
        ":published, :first, :last, :added_at, :characters)",
        _values(db, article),
    )
    return article


def _update(db: sqlite3.Connection, kept: Article, new: Article) -> Article:
    changed = replace(new, added_at=kept.added_at)
    if changed != kept:
        db.execute(
            "UPDATE articles SET number = :number, title = :title, url = :url, source = :source, "
            "language = :language, published = :published, published_first = :first, published_last = :last "
            "WHERE id = :id",
            _values(db, changed),
        )
    return changed


def _values(db: sqlite3.Connection, article: Article) -> dict[str, object]:
    number = db.execute("UPDATE meta SET value = value + 1 WHERE key = 'last_number' RETURNING value").fetchone()[0]
    when = None if article.published is None else parse_published(article.published)
    fields = {name: getattr(article, name) for name in ("text", *_FIELDS.split(", "))}
    return fields | {
        "number": number,
        "first": None if when is None else when.first,
        "last": None if when is None else when.last,
        "characters": len(article.text),
    }


def _set_origin(db: sqlite3.Connection, origin: Origin) -> None:
    db.execute(
        "INSERT OR REPLACE INTO origins (origin, article_id, signature, problem) VALUES (?, ?, ?, ?)",
        (origin.origin, origin.article_id, origin.signature, origin.problem),
    )


def _delete_orphan(db: sqlite3.Connection, article_id: str) -> None:
    db.execute(
        "DELETE FROM articles WHERE id = ? AND NOT EXISTS (SELECT 1 FROM origins WHERE article_id = ?)",
        (article_id, article_id),
    )


def _where(only: ArticleFilter | None) -> tuple[str, list[float | str]]:
    if not only:
        return "", []
    clauses: list[str] = []
    values: list[float | str] = []
    bounds: Iterable[tuple[str, float | str | None]] = (
        ("published_last >= ?", None if only.published_from is None else parse_published(only.published_from).first),
        ("published_first <= ?", None if only.published_to is None else parse_published(only.published_to).last),
        ("source = ?", only.source),
    )
    for clause, value in bounds:
        if value is not None:
            clauses.append(clause)
            values.append(value)
    return " WHERE " + " AND ".join(clauses), values


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
