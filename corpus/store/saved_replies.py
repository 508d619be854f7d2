"""Replies that have an address of their own: what was answered, to what, and when."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from corpus.errors import NotFound
from corpus.store.database import Database

JSON = dict[str, Any]
MAX_SAVED = 10_000  # the oldest beyond are deleted
SAVED_REPLIES = """
CREATE TABLE saved_replies (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, asked_at TEXT NOT NULL,
    request TEXT NOT NULL, reply TEXT NOT NULL  -- in JSON, as /ask takes and gives them
);
CREATE TABLE saved_reply_articles (
    article_id TEXT NOT NULL,
    reply INTEGER NOT NULL REFERENCES saved_replies (number) ON DELETE CASCADE,
    PRIMARY KEY (article_id, reply)
) WITHOUT ROWID;
CREATE INDEX saved_reply_articles_by_reply ON saved_reply_articles (reply);
"""
_INSERT = "INSERT INTO saved_replies (id, asked_at, request, reply) VALUES (?, ?, ?, ?)"
_DELETE_OLDEST = """
DELETE FROM saved_replies
WHERE number <= (SELECT number FROM saved_replies ORDER BY number DESC LIMIT 1 OFFSET ?)
"""
# The replies that name a deleted article. One that has changed since is known under its former id.
_OF_DELETED = """
SELECT reply FROM saved_reply_articles
WHERE article_id NOT IN (SELECT id FROM articles) AND article_id NOT IN (SELECT id FROM former_ids)
"""


@dataclass(frozen=True, slots=True)
class SavedReply:
    """A reply, the request that it answers, and when that was asked (ISO 8601, UTC)."""

    id: str
    asked_at: str
    request: JSON
    reply: JSON


class SavedReplies:
    """Keeps replies under ids that can't be guessed. Safe for threads and processes; methods raise StorageProblem."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._reading, self._writing = database.reading, database.writing
        self._clock = clock

    def save(self, request: JSON, reply: JSON) -> SavedReply:
        """Keep a reply of /ask to a request; the oldest replies beyond MAX_SAVED are deleted."""
        saved = SavedReply(secrets.token_urlsafe(12), self._clock().isoformat(timespec="seconds"), request, reply)
        texts = (json.dumps(one, ensure_ascii=False) for one in (request, reply))
        with self._writing() as db:
            number = db.execute(_INSERT, (saved.id, saved.asked_at, *texts)).lastrowid
            rows = ((article_id, number) for article_id in sorted(set(article_ids(reply))))
            db.executemany("INSERT INTO saved_reply_articles VALUES (?, ?)", rows)
            db.execute(_DELETE_OLDEST, (MAX_SAVED,))
        return saved

    def get(self, reply_id: str) -> SavedReply:
        """Return a reply; raises NotFound, also where an article that it quotes was deleted."""
        with self._reading() as db:
            row = db.execute("SELECT * FROM saved_replies WHERE id = ?", (reply_id,)).fetchone()
            if row is None:
                raise NotFound(f"There is no saved reply {reply_id!r}.")
            if db.execute(f"{_OF_DELETED} AND reply = ? LIMIT 1", (row["number"],)).fetchone() is not None:
                raise NotFound("An article that this reply quotes was deleted.")
        return SavedReply(row["id"], row["asked_at"], json.loads(row["request"]), json.loads(row["reply"]))


def forget_replies(db: sqlite3.Connection) -> None:
    """Delete the replies that name deleted articles."""
    db.execute(f"DELETE FROM saved_replies WHERE number IN ({_OF_DELETED})")


def article_ids(value: object) -> Iterator[str]:
    """Yield the ids of all articles in a part of a reply."""
    if isinstance(value, list):
        for one in value:
            yield from article_ids(one)
    elif isinstance(value, dict):
        if {"id", "title"} <= value.keys():
            yield value["id"]
        for one in value.values():
            yield from article_ids(one)
