"""The SQL schema of the article store, and the statements that upgrade former versions of it."""

from corpus.questions.kept import KEPT_QUESTIONS
from corpus.questions.watches import WATCH_ARTICLES, WATCHES
from corpus.store.change_log import CHANGED_ARTICLES, CHANGES, NOTE_CHANGES
from corpus.store.deletions import DELETED_ARTICLES
from corpus.store.duplicates import CLUSTERS
from corpus.store.edits import EDITS
from corpus.store.filters import FILTERED
from corpus.store.former_ids import FORMER_IDS
from corpus.store.listing import LISTED
from corpus.store.originals import ORIGINALS
from corpus.store.replacements import REPLACEMENTS
from corpus.store.saved_replies import SAVED_REPLIES
from corpus.store.versions import VERSIONS

SCHEMA_VERSION = 13
_FEEDS = """
CREATE TABLE feeds (
    id TEXT PRIMARY KEY, url TEXT NOT NULL UNIQUE, title TEXT, interval REAL, added_at REAL NOT NULL,
    etag TEXT, modified TEXT,          -- of the last response that was parsed
    polled_at REAL, succeeded_at REAL, -- times are seconds since 1970
    next_at REAL NOT NULL, wait REAL NOT NULL,  -- when it is due, and the seconds from scheduling it until then
    failures INTEGER NOT NULL DEFAULT 0, failing_since REAL, problem TEXT
);
CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    feed_id TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    key TEXT NOT NULL,                 -- unique among the entries of the feed
    link TEXT, title TEXT, published TEXT, content TEXT, html INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',  -- pending, done, failed
    origin TEXT,                       -- of its article, which a user may have deleted since
    tries INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, wait REAL NOT NULL, problem TEXT,
    UNIQUE (feed_id, key)
);
CREATE INDEX entries_by_link ON entries (link);
CREATE INDEX entries_by_origin ON entries (origin);
CREATE INDEX entries_by_state ON entries (state, next_at);
"""
# The digest changes with the entry; it is NULL where a former version of Citeline stored the entry.
_ENTRY_CHANGES = """
ALTER TABLE entries ADD COLUMN updated TEXT;
ALTER TABLE entries ADD COLUMN digest TEXT;
"""
_MORE_METADATA = """
ALTER TABLE articles ADD COLUMN updated TEXT;
ALTER TABLE articles ADD COLUMN effective TEXT;
ALTER TABLE articles ADD COLUMN replaces TEXT;  -- the id or url of the article that it replaces
ALTER TABLE articles ADD COLUMN tags TEXT;      -- in JSON; NULL for none
"""
SCHEMA = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,        -- a new one at each change of the article; never reused
    id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL, title TEXT NOT NULL, url TEXT, source TEXT, language TEXT,
    published TEXT, published_first REAL, published_last REAL,
    added_at TEXT NOT NULL, characters INTEGER NOT NULL,
    story TEXT NOT NULL DEFAULT '',    -- its near-duplicate cluster: the id of the first article; '' until assigned
    blocks BLOB,                       -- the structure of its document: corpus/blocks.py
    published_is_guess INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX articles_by_age ON articles (added_at DESC, id);
CREATE TABLE origins (
    origin TEXT PRIMARY KEY,           -- file:/path, url:https://..., text:<id>, entry:<feed>:<key>
    article_id TEXT REFERENCES articles (id) ON DELETE SET NULL,
    signature TEXT,                    -- changes when the origin changes
    problem TEXT,                      -- why there is no article
    deleted_id TEXT,                   -- the article from here that a user deleted
    feed TEXT,                         -- the url of the feed that linked to it
    deleted_digest TEXT                -- the SHA-256 of the original of the article that a user deleted
);
CREATE INDEX origins_by_article ON origins (article_id);
"""
    + _FEEDS
    + _ENTRY_CHANGES
    + CLUSTERS
    + CHANGES
    + ORIGINALS
    + FORMER_IDS
    + _MORE_METADATA
    + EDITS
    + REPLACEMENTS
    + FILTERED
    + VERSIONS
    + SAVED_REPLIES
    + CHANGED_ARTICLES
    + DELETED_ARTICLES
    + LISTED
    + KEPT_QUESTIONS
    + WATCHES
    + WATCH_ARTICLES
)
UPGRADES = {  # by the version that they upgrade to the next
    1: "ALTER TABLE origins ADD COLUMN feed TEXT;\n" + _FEEDS,
    2: "ALTER TABLE articles ADD COLUMN story TEXT NOT NULL DEFAULT '';\n" + CLUSTERS,
    3: NOTE_CHANGES,
    4: "ALTER TABLE articles ADD COLUMN blocks BLOB;\n"
    "ALTER TABLE articles ADD COLUMN published_is_guess INTEGER NOT NULL DEFAULT 0;\n"
    "ALTER TABLE origins ADD COLUMN deleted_digest TEXT;\n" + ORIGINALS + FORMER_IDS + _ENTRY_CHANGES,
    5: _MORE_METADATA + EDITS + REPLACEMENTS + FILTERED,
    6: VERSIONS,
    7: SAVED_REPLIES,
    8: CHANGED_ARTICLES,
    9: DELETED_ARTICLES + LISTED,
    10: KEPT_QUESTIONS,
    11: WATCHES,
    12: WATCH_ARTICLES,
}
