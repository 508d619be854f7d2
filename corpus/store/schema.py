"""The tables of the article store, and articles to rows of them and back."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from corpus.article import Article, parse_published
from corpus.errors import InvalidArticle, NotFound, StorageProblem
from corpus.store.change_log import CHANGES, NOTE_CHANGES
from corpus.store.duplicates import CLUSTERS, bands, cluster_of, remember, shingles
from corpus.text.unicode import replace_surrogates

SCHEMA_VERSION = 4
_FEEDS = """
CREATE TABLE feeds (
    id TEXT PRIMARY KEY, url TEXT NOT NULL UNIQUE, title TEXT, interval REAL, added_at REAL NOT NULL,
    etag TEXT, modified TEXT,          -- of the last answer that was read
    polled_at REAL, succeeded_at REAL, -- times are seconds since 1970
    next_at REAL NOT NULL, wait REAL NOT NULL,  -- when it is due, and how long before that this was decided
    failures INTEGER NOT NULL DEFAULT 0, failing_since REAL, problem TEXT
);
CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    feed_id TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    key TEXT NOT NULL,                 -- by which the feed tells its entries apart
    link TEXT, title TEXT, published TEXT, content TEXT, html INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',  -- pending, done, failed
    origin TEXT,                       -- that of the article it became, which a user may have deleted since
    tries INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, wait REAL NOT NULL, problem TEXT,
    UNIQUE (feed_id, key)
);
CREATE INDEX entries_by_link ON entries (link);
CREATE INDEX entries_by_origin ON entries (origin);
CREATE INDEX entries_by_state ON entries (state, next_at);
"""
SCHEMA = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,        -- new whenever anything about the article changes; never used twice
    id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL, title TEXT NOT NULL, url TEXT, source TEXT, language TEXT,
    published TEXT, published_first REAL, published_last REAL,
    added_at TEXT NOT NULL, characters INTEGER NOT NULL,
    story TEXT NOT NULL DEFAULT ''     -- that of its copies, or its own id; '' until it is decided
);
CREATE INDEX articles_by_age ON articles (added_at DESC, id);
CREATE TABLE origins (
    origin TEXT PRIMARY KEY,           -- file:/path, url:https://..., text:<id>
    article_id TEXT REFERENCES articles (id) ON DELETE SET NULL,
    signature TEXT,                    -- changes when the origin changes
    problem TEXT,                      -- why there is no article
    deleted_id TEXT,                   -- the article from here that a user deleted
    feed TEXT                          -- the url of the feed that told of it
);
CREATE INDEX origins_by_article ON origins (article_id);
"""
    + _FEEDS
    + CLUSTERS
    + CHANGES
)
UPGRADES = {
    1: "ALTER TABLE origins ADD COLUMN feed TEXT;\n" + _FEEDS,
    2: "ALTER TABLE articles ADD COLUMN story TEXT NOT NULL DEFAULT '';\n" + CLUSTERS,
    3: NOTE_CHANGES,
}
OUT_OF_REACH = """
INSERT INTO origins (origin, problem) VALUES (?, ?) ON CONFLICT (origin)
DO UPDATE SET problem = excluded.problem, signature = CASE WHEN article_id IS NULL THEN NULL ELSE signature END
WHERE article_id IS NOT NULL OR problem IS NOT NULL
"""
# From a beginning on, up to it with a byte behind that no text has: by the index, not by looking at all.
BEGINNING = "SELECT * FROM origins WHERE origin >= ?1 AND origin < ?1 || CAST(x'ff' AS TEXT) ORDER BY origin"
FIELDS = ("id", "cluster", "title", "url", "published", "source", "language", "added_at")
COLUMNS = ", ".join(FIELDS).replace("cluster", "story AS cluster")
# Oldest first: whoever adds them again in this order lists them in the order that they have here.
EACH = f"""
SELECT text, {COLUMNS}, EXISTS (
    SELECT 1 FROM origins WHERE origin = 'url:' || articles.url AND article_id = articles.id
) AS by_url FROM articles ORDER BY added_at, id DESC
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article came from, and what became of it.

    No article and no problem means that a user deleted it; both, that the origin can't be looked at for now.
    """

    origin: str
    article_id: str | None
    signature: str | None
    problem: str | None
    deleted_id: str | None = None
    feed: str | None = None

    @property
    def deleted(self) -> bool:
        """Whether a user deleted what came from here."""
        return self.article_id is None and self.problem is None


def find(db: sqlite3.Connection, article_id: str) -> Article | None:
    """Return an article, None where it is not there."""
    row = db.execute(f"SELECT text, {COLUMNS} FROM articles WHERE id = ?", (article_id,)).fetchone()
    return None if row is None else to_article(row)


def to_article(row: sqlite3.Row) -> Article:
    """Return the article of a row with text and COLUMNS; raises StorageProblem where its text is not what was kept."""
    try:
        return Article(row["text"], **{name: row[name] for name in FIELDS})
    except InvalidArticle as error:
        raise StorageProblem(
            f"The article {row['id']} is damaged in the article store. Delete it and add it again."
        ) from error


def keep(
    db: sqlite3.Connection, article: Article, origin: str, signature: str | None = None
) -> tuple[Article, bool, bool]:
    """Keep an article that came from origin, in place of what came from it before.

    Tells whether it is a new one, and whether it is in place of another, or has another title, date and so on.
    """
    kept, before = find(db, article.id), article_of(db, origin)
    created, changed = kept is None, before not in {None, article.id}
    if kept is None:
        kept = insert(db, replace(article, added_at=_now()))
    elif before == article.id and _decides(db, origin, kept):
        was, kept = kept, update(db, kept, article)
        changed = was != kept
    set_origin(db, origin, article.id, signature, None)
    if before != article.id:
        let_go(db, before)
    return kept, created, changed


def unchanged(db: sqlite3.Connection, articles: Iterable[tuple[Article, str]]) -> list[Article] | None:
    """Return articles with their origins as they are kept; None where keeping them would change anything."""
    found: list[Article] = []
    for article, origin in articles:
        kept = find(db, article.id) if article_of(db, origin) == article.id else None
        if kept is None or (_decides(db, origin, kept) and as_kept(article, kept) != kept):
            return None
        found.append(kept)
    return found


def insert(db: sqlite3.Connection, article: Article) -> Article:
    """Keep a new article, which gets the cluster of a copy that is there or its own."""
    found = shingles(article.text)
    keys = bands(found)
    new = replace(article, cluster=cluster_of(db, article.id, found, keys))
    values = _values(db, new)
    db.execute(
        "INSERT INTO articles VALUES (:number, :id, :text, :title, :url, :source, :language, "
        ":published, :first, :last, :added_at, :characters, :cluster)",
        values,
    )
    remember(db, values["number"], keys)
    return new


def as_kept(article: Article, kept: Article) -> Article:
    """Return an article with what the store said of the one with its text that is kept.

    A page that tells no date keeps the one that it has: a feed told it.
    """
    same_page = article.url is not None and article.url == kept.url
    published = kept.published if article.published is None and same_page else article.published
    return replace(article, added_at=kept.added_at, cluster=kept.cluster, published=published)


def update(db: sqlite3.Connection, kept: Article, new: Article) -> Article:
    """Give a kept article the title, date and so on of another with its text; it gets a new number if they differ."""
    changed = as_kept(new, kept)
    if changed != kept:
        db.execute(
            "UPDATE articles SET number = :number, title = :title, url = :url, source = :source, "
            "language = :language, published = :published, published_first = :first, published_last = :last "
            "WHERE id = :id",
            _values(db, changed),
        )
    return changed


def set_origin(
    db: sqlite3.Connection, origin: str, article_id: str | None, signature: str | None, problem: str | None
) -> None:
    """Remember what became of an origin."""
    db.execute(
        "INSERT OR REPLACE INTO origins (origin, article_id, signature, problem) VALUES (?, ?, ?, ?)",
        (origin, article_id, signature, problem),
    )


def let_go(db: sqlite3.Connection, article_id: str | None) -> bool:
    """Delete an article that an origin no longer gives, if none gives it; tell whether it is gone."""
    # What the lost origin said of it (a title, a date) holds no longer: the others are to be looked at again.
    if db.execute("UPDATE origins SET signature = NULL WHERE article_id = ?", (article_id,)).rowcount:
        return False
    return db.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount > 0


def note(db: sqlite3.Connection, origin: str, signature: str | None, problem: str) -> None:
    """Remember why an origin gives no article; without a signature, what it gave before stays."""
    if signature is None:
        db.execute(OUT_OF_REACH, (origin, problem))
        return
    before = article_of(db, origin)
    set_origin(db, origin, None, signature, problem)
    let_go(db, before)


def forget(db: sqlite3.Connection, article_id: str) -> None:
    """Delete an article; its files, addresses and feeds stay known as deleted ones. Raises NotFound."""
    key = (replace_surrogates(article_id),)
    # What a person typed or uploaded comes back by no feed and no folder, and needs no memory of the deletion.
    db.execute("DELETE FROM origins WHERE article_id = ? AND origin LIKE 'text:%' AND feed IS NULL", key)
    db.execute("UPDATE origins SET problem = NULL, deleted_id = article_id WHERE article_id = ?", key)
    if not db.execute("DELETE FROM articles WHERE id = ?", key).rowcount:
        raise NotFound(f"There is no article with the id {article_id[:40]!r}.")


def article_of(db: sqlite3.Connection, origin: str) -> str | None:
    """Return the id of the article that an origin gives."""
    row = db.execute("SELECT article_id FROM origins WHERE origin = ?", (origin,)).fetchone()
    return None if row is None else row[0]


def where(
    published_from: str | None, published_to: str | None, source: str | None, cluster: str | None = None
) -> tuple[str, list[float | str]]:
    """Return the SQL, and the values in it, that lets through what ArticleFilter says; raises InvalidArticle."""
    clauses: list[str] = [] if cluster is None else ["story = ?"]
    values: list[float | str] = [] if cluster is None else [replace_surrogates(cluster)]
    if published_from is not None:
        clauses.append("published_last >= ?")
        values.append(parse_published(published_from).first)
    if published_to is not None:
        clauses.append("published_first <= ?")
        values.append(parse_published(published_to).last)
    if source is not None:
        clauses.append("source = ?")
        values.append(replace_surrogates(source))
    return f" WHERE {' AND '.join(clauses)}" if clauses else "", values


def _decides(db: sqlite3.Connection, origin: str, kept: Article) -> bool:
    """Tell whether title, date and so on of a kept article follow an origin that gives it."""
    if origin.startswith("text:"):
        return False
    # The same text of two addresses: it keeps to the one it has, as long as that one gives it.
    own = f"url:{kept.url}"
    return not origin.startswith("url:") or origin == own or article_of(db, own) != kept.id


def _values(db: sqlite3.Connection, article: Article) -> dict[str, Any]:
    number = db.execute("UPDATE meta SET value = value + 1 WHERE key = 'last_number' RETURNING value").fetchone()[0]
    when = None if article.published is None else parse_published(article.published)
    fields = {name: getattr(article, name) for name in ("text", *FIELDS)}
    return fields | {
        "number": number,
        "first": None if when is None else when.first,
        "last": None if when is None else when.last,
        "characters": len(article.text),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
