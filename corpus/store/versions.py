"""Former versions of articles: what an article said until its file, page or feed entry changed.

A version answers only questions as of its time, and for timelines; it keeps the id that the article had then. From when
on a version is valid is told by its own dates, or else by when it was first seen.
"""

import sqlite3
import time
from datetime import datetime

from corpus.article import parse_published
from corpus.text.unicode import replace_surrogates

MAX_VERSIONS = 20  # of an article
DEFAULT_DAYS = 365  # that a version is kept
FIRST_VERSION = 1 << 38  # added to the number that the article had, so that no article has it
VERSIONS = """
CREATE TABLE versions (
    number INTEGER PRIMARY KEY,        -- that of the article then, and FIRST_VERSION
    id TEXT NOT NULL UNIQUE REFERENCES former_ids (id) ON DELETE CASCADE,
    valid_from REAL NOT NULL, valid_until REAL NOT NULL, replaced_at REAL NOT NULL,  -- in seconds since 1970
    published_first REAL, published_last REAL,
    source TEXT, language TEXT, story TEXT NOT NULL, title TEXT NOT NULL, url TEXT, published TEXT,
    published_is_guess INTEGER NOT NULL, updated TEXT, effective TEXT, replaces TEXT, tags TEXT, added_at TEXT NOT NULL,
    text TEXT NOT NULL, blocks BLOB
);
CREATE INDEX versions_by_time ON versions (valid_from, valid_until, id);
CREATE INDEX versions_by_story ON versions (story);
CREATE INDEX versions_by_age ON versions (replaced_at);
"""
_COPIED = (
    "published_first, published_last, source, language, story, title, url, published, published_is_guess, updated, "
    "effective, replaces, tags, added_at, text, blocks"
)
_KEEP = f"""
INSERT INTO versions (number, id, valid_from, valid_until, replaced_at, {_COPIED})
SELECT number + {FIRST_VERSION}, id, ?, ?, ?, {_COPIED} FROM articles WHERE id = ?
"""
_DROP_OLDEST = """
DELETE FROM versions WHERE number IN (
    SELECT number FROM versions JOIN former_ids USING (id) WHERE article_id = ?
    ORDER BY valid_until DESC LIMIT -1 OFFSET ?
)
"""
_NEVER = 1e12  # in the place of `replaced_at`, where the content is dropped already
_NEWER = """
SELECT 1 FROM former_ids AS own JOIN former_ids AS other USING (article_id)
JOIN versions AS newer ON newer.id = other.id
WHERE own.id = versions.id AND newer.valid_until > versions.valid_until
"""
_EMPTY_LAST = f"""
UPDATE versions SET replaced_at = ?, text = '', title = '', story = '', source = NULL, language = NULL, url = NULL,
    published = NULL, updated = NULL, effective = NULL, replaces = NULL, tags = NULL, blocks = NULL
WHERE replaced_at <= ? AND NOT EXISTS ({_NEWER})
"""
_DELETE_EMPTY = f"DELETE FROM versions WHERE replaced_at = {_NEVER} AND EXISTS ({_NEWER})"
_OF_ARTICLE = "FROM versions JOIN former_ids USING (id) WHERE article_id = ?"

# SQL for when an article of the table `articles` came, or the first version of it that is kept.
ARRIVED = """coalesce((
    SELECT min(versions.added_at) FROM former_ids CROSS JOIN versions USING (id)
    WHERE former_ids.article_id = articles.id
), articles.added_at)"""


def keep_version(db: sqlite3.Connection, former: str, article_id: str, days: int) -> None:
    """Keep an article as a former version of the one that has replaced it, both of which are stored yet.

    The id of the former one leads to that of the other already. Versions beyond MAX_VERSIONS, and those that were
    replaced more than `days` ago, are dropped.
    """
    now = time.time()
    (old_date, old_seen), (new_date, new_seen) = (_begin(db, one) for one in (former, article_id))
    since = db.execute(f"SELECT max(valid_until) {_OF_ARTICLE}", (article_id,)).fetchone()[0]
    if since is None:
        since = old_seen if old_date is None else old_date
    is_dated = new_date is not None and new_date > max(since, old_date or since)
    until = new_date if is_dated and new_date is not None else max(new_seen, since)
    db.execute(_KEEP, (since, until, now, former))
    db.execute(_DROP_OLDEST, (article_id, MAX_VERSIONS))
    drop_versions(db, days)


def drop_versions(db: sqlite3.Connection, days: int) -> int:
    """Drop the versions that were replaced more than so many days ago, and return how many; 0 drops all.

    Of the last version of an article the times stay, without its content: until then the present text said nothing.
    """
    limit = time.time() - days * 86_400.0
    emptied = db.execute(_EMPTY_LAST, (_NEVER, limit)).rowcount
    deleted = db.execute("DELETE FROM versions WHERE replaced_at <= ?", (limit,)).rowcount
    db.execute(_DELETE_EMPTY)
    return emptied + deleted


def replaced_since(db: sqlite3.Connection, moment: float) -> list[int]:
    """Return the numbers of the articles whose text has replaced another one since a moment."""
    select = """
    SELECT DISTINCT articles.number
    FROM versions JOIN former_ids USING (id) JOIN articles ON articles.id = former_ids.article_id
    WHERE valid_until > ?
    """
    return [row[0] for row in db.execute(select, (moment,))]


def said_since(db: sqlite3.Connection, article_id: str, words: str) -> float | None:
    """Return since when an article, or its former versions, has said some words; None without former versions."""
    key = replace_surrogates(article_id)
    row = db.execute("SELECT article_id FROM former_ids WHERE id = ?", (key,)).fetchone()
    current = key if row is None else row[0]
    select = f"SELECT min(CASE WHEN instr(text, ?) THEN valid_from END), max(valid_until) {_OF_ARTICLE}"
    first, last = db.execute(select, (words, current)).fetchone()
    since: float | None = last if first is None else first
    return since


def has_version_without(db: sqlite3.Connection, article_id: str, words: str) -> bool:
    """Return whether a former version of an article, or of the one that has replaced it, lacks some words."""
    key = replace_surrogates(article_id)
    row = db.execute("SELECT article_id FROM former_ids WHERE id = ?", (key,)).fetchone()
    current = key if row is None else row[0]
    select = f"SELECT 1 {_OF_ARTICLE} AND text <> '' AND NOT instr(text, ?) LIMIT 1"
    return db.execute(select, (current, words)).fetchone() is not None


def _begin(db: sqlite3.Connection, article_id: str) -> tuple[float | None, float]:
    """Return when an article was published or updated, None where it doesn't say, and when it was first seen."""
    row = db.execute("SELECT published, updated, added_at FROM articles WHERE id = ?", (article_id,)).fetchone()
    dates = [parse_published(row[name]).first for name in ("published", "updated") if row[name] is not None]
    return max(dates, default=None), datetime.fromisoformat(row["added_at"]).timestamp()
