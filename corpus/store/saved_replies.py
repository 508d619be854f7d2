"""Replies that have an address of their own: what was answered, to what, and when."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from corpus.errors import NotFound
from corpus.store.database import Database
from corpus.store.former_ids import DELETED, ERASABLE, TEXTS

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
_OF_DELETED = f"SELECT reply FROM saved_reply_articles WHERE {DELETED}"
_ERASABLE = f"SELECT reply FROM saved_reply_articles WHERE {ERASABLE}"
_IN_CONVERSATION = """
SELECT * FROM saved_replies
WHERE request LIKE '%"conversation%' OR reply LIKE '%"kept_from_conversation": ["%'
"""
_BATCH = 2_000  # answers of conversations that are sought at once


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
        """Keep a reply of /ask to a request; the oldest replies beyond MAX_SAVED are deleted.

        The request is kept without its conversation_id, by which who reads it could continue the conversation.
        """
        request = _without_id(request)
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
        return SavedReply(row["id"], row["asked_at"], _without_id(json.loads(row["request"])), json.loads(row["reply"]))


def replies_without_source(db: sqlite3.Connection) -> list[int]:
    """Return the numbers of the replies whose conversation has words that no article has now.

    Of a former answer only the words are known, not the article that they were quoted from.
    """
    words = {row["number"]: _words_of_conversation(row) for row in db.execute(_IN_CONVERSATION)}
    missing = set[str]()
    words_of_all = list({one for each in words.values() for one in each})
    for first in range(0, len(words_of_all), _BATCH):
        sought = set(words_of_all[first : first + _BATCH])
        for (text,) in db.execute(TEXTS):
            folded = _folded(text)
            sought = {one for one in sought if one not in folded}
            if not sought:
                break
        missing |= sought
    return [number for number, each in words.items() if not missing.isdisjoint(each)]


def forget_replies(db: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Delete the replies that name articles which can't be restored, and those of some numbers."""
    db.execute(f"DELETE FROM saved_replies WHERE number IN ({_ERASABLE})")
    db.executemany("DELETE FROM saved_replies WHERE number = ?", [(number,) for number in numbers])


def _without_id(request: JSON) -> JSON:
    return {name: value for name, value in request.items() if name != "conversation_id"}


def _words_of_conversation(row: sqlite3.Row) -> set[str]:
    """Return what a saved reply holds of former answers, and of what its question was understood by."""
    request, reply = json.loads(row["request"]), json.loads(row["reply"])
    turns = request.get("conversation", ())
    answers = {_folded(turn["answer"]) for turn in turns if turn.get("answer")}
    asked = _folded(" ".join((request["question"], *(turn["question"] for turn in turns))))
    kept = {_folded(one) for one in (reply.get("understood") or {}).get("kept_from_conversation", ())}
    return answers | {one for one in kept if one not in asked}


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


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
