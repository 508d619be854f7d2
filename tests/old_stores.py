"""The tables of article stores as former versions made them, to be brought up to date."""

import sqlite3
from contextlib import closing
from pathlib import Path

from corpus.article import article_id

SCHEMA_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL, title TEXT NOT NULL, url TEXT, source TEXT, language TEXT,
    published TEXT, published_first REAL, published_last REAL,
    added_at TEXT NOT NULL, characters INTEGER NOT NULL
);
CREATE INDEX articles_by_age ON articles (added_at DESC, id);
CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
CREATE TRIGGER article_changed AFTER UPDATE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
CREATE TRIGGER article_deleted AFTER DELETE ON articles BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
CREATE TABLE origins (
    origin TEXT PRIMARY KEY, article_id TEXT REFERENCES articles (id) ON DELETE SET NULL,
    signature TEXT, problem TEXT, deleted_id TEXT
);
CREATE INDEX origins_by_article ON origins (article_id);
PRAGMA user_version = 1;
"""
# Feeds came.
SCHEMA_2 = (
    SCHEMA_1
    + """
ALTER TABLE origins ADD COLUMN feed TEXT;
CREATE TABLE feeds (
    id TEXT PRIMARY KEY, url TEXT NOT NULL UNIQUE, title TEXT, interval REAL, added_at REAL NOT NULL,
    etag TEXT, modified TEXT, polled_at REAL, succeeded_at REAL, next_at REAL NOT NULL, wait REAL NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, failing_since REAL, problem TEXT
);
CREATE TABLE entries (
    number INTEGER PRIMARY KEY, feed_id TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE, key TEXT NOT NULL,
    link TEXT, title TEXT, published TEXT, content TEXT, html INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
    origin TEXT, tries INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, wait REAL NOT NULL, problem TEXT,
    UNIQUE (feed_id, key)
);
CREATE INDEX entries_by_link ON entries (link);
CREATE INDEX entries_by_origin ON entries (origin);
CREATE INDEX entries_by_state ON entries (state, next_at);
PRAGMA user_version = 2;
"""
)
# Clusters came.
SCHEMA_3 = (
    SCHEMA_2
    + """
ALTER TABLE articles ADD COLUMN story TEXT NOT NULL DEFAULT '';
CREATE INDEX articles_by_story ON articles (story);
CREATE INDEX articles_without_story ON articles (number) WHERE story = '';
CREATE TABLE bands (
    band INTEGER NOT NULL, number INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE ON UPDATE CASCADE,
    PRIMARY KEY (band, number)
) WITHOUT ROWID;
CREATE INDEX bands_by_article ON bands (number);
PRAGMA user_version = 3;
"""
)


def write_old_store(path: Path, *texts: str) -> None:
    """Write a store with these articles as the version before clusters did."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA_2)
        db.execute("INSERT INTO meta VALUES ('store_id', 'abc'), ('last_number', 3), ('revision', 3), ('followed', '')")
        for number, text in enumerate(texts, start=1):
            values = (number, article_id(text), text, "News", f"2022-01-13T00:00:0{number}+00:00", len(text))
            db.execute(
                "INSERT INTO articles (number, id, text, title, added_at, characters) VALUES (?, ?, ?, ?, ?, ?)", values
            )
        db.commit()
