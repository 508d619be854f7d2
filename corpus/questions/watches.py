"""Watched questions, and the events of their answers, which are delivered to webhooks and in a feed."""

import base64
import json
import secrets
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

from corpus.errors import Conflict, NotFound
from corpus.store.database import Database
from corpus.store.former_ids import DELETED, ERASABLE, replaced_since
from corpus.store.saved_replies import article_ids

JSON = dict[str, Any]
EventKind = Literal["answered", "changed"]
MAX_WATCHES = 500
MAX_EVENTS = 1_000  # the oldest beyond are deleted, unless they are still to be sent
MAX_PENDING = 10_000  # of all events, the oldest beyond are deleted, even those
_PAUSE = 60.0  # seconds that the other messages wait for a webhook that has just failed
WATCHES = """
CREATE TABLE watches (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    question TEXT NOT NULL, options TEXT NOT NULL,  -- filters and the like, in JSON
    created_at TEXT NOT NULL,
    webhook TEXT, secret TEXT, problem TEXT,  -- the problem of the last try to deliver
    is_gone INTEGER NOT NULL DEFAULT 0,       -- whether the webhook wants no more
    checked INTEGER NOT NULL,                 -- the highest number of an article when it was last asked
    answer TEXT, article_id TEXT              -- its last answer, and the first article of that
);
CREATE TABLE watch_events (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    watch INTEGER NOT NULL REFERENCES watches (number) ON DELETE CASCADE,
    at TEXT NOT NULL, payload TEXT NOT NULL,  -- in JSON, as it is sent
    tries INTEGER NOT NULL DEFAULT 0,
    next_at REAL                              -- when it is sent next, in seconds since 1970; NULL: not any more
);
CREATE INDEX watch_events_by_watch ON watch_events (watch);
CREATE INDEX watch_events_due ON watch_events (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE watch_event_articles (
    article_id TEXT NOT NULL,
    event INTEGER NOT NULL REFERENCES watch_events (number) ON DELETE CASCADE,
    PRIMARY KEY (article_id, event)
) WITHOUT ROWID;
CREATE INDEX watch_event_articles_by_event ON watch_event_articles (event);
"""
# An overview answers from several articles. Of one that was noted before, '' stands for the others: it is asked anew.
WATCH_ARTICLES = """
CREATE TABLE watch_articles (
    article_id TEXT NOT NULL,                 -- one that the last answer is from
    watch INTEGER NOT NULL REFERENCES watches (number) ON DELETE CASCADE,
    PRIMARY KEY (article_id, watch)
) WITHOUT ROWID;
CREATE INDEX watch_articles_by_watch ON watch_articles (watch);
INSERT INTO watch_articles SELECT article_id, number FROM watches WHERE article_id IS NOT NULL;
INSERT INTO watch_articles SELECT '', number FROM watches WHERE instr(answer, char(10));
ALTER TABLE watches DROP COLUMN article_id;
"""
_OF_DELETED = f"SELECT event FROM watch_event_articles WHERE {DELETED}"
_ERASABLE = f"SELECT event FROM watch_event_articles WHERE {ERASABLE}"
_DELETE_OLDEST = """
DELETE FROM watch_events
WHERE number <= (SELECT number FROM watch_events ORDER BY number DESC LIMIT 1 OFFSET :max_events) AND next_at IS NULL
    OR number <= (SELECT number FROM watch_events ORDER BY number DESC LIMIT 1 OFFSET :max_pending)
"""
_WATCH_OF = "SELECT watch FROM watch_events WHERE id = ?"
_ARTICLES = "FROM watch_articles WHERE watch = watches.number"
_SELECT = f"""
SELECT *, (SELECT json_group_array(article_id) {_ARTICLES}) AS article_ids,
    EXISTS (SELECT 1 {_ARTICLES} AND {DELETED}) AS is_deleted,
    EXISTS (SELECT 1 {_ARTICLES} AND {replaced_since("watch_articles.article_id", "watches.checked")}) AS is_changed
FROM watches
"""


@dataclass(frozen=True, slots=True)
class WatchedAnswer:
    """The words of an answer, and the ids of the articles that they are from."""

    text: str
    article_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Watch:
    """A question that is watched, and what it is asked with; times are ISO 8601, UTC.

    secret: what signs the messages to the webhook. problem: why the last one was not delivered. is_gone: whether the
    webhook has said that it wants no more. checked: the highest number of an article when the question was last asked.
    is_deleted: whether its last answer is from an article that was deleted since; is_stale: that, or it has changed
    since the question was last asked.
    """

    id: str
    question: str
    options: JSON
    created_at: str
    webhook: str | None
    secret: str | None
    problem: str | None
    is_gone: bool
    checked: int
    answer: WatchedAnswer | None
    is_deleted: bool
    is_stale: bool

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """Return the watch of a row."""
        article_ids = frozenset(json.loads(row["article_ids"]))
        answer = None if row["answer"] is None else WatchedAnswer(row["answer"], article_ids)
        names = ("id", "question", "created_at", "webhook", "secret", "problem", "checked")
        fields = {name: row[name] for name in names}
        fields |= {"is_gone": bool(row["is_gone"]), "is_deleted": bool(row["is_deleted"])}
        is_stale = bool(row["is_deleted"] or row["is_changed"])
        return cls(**fields, options=json.loads(row["options"]), answer=answer, is_stale=is_stale)


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """An answer to a watched question that came or changed: the payload is what a webhook gets."""

    id: str
    at: str
    payload: JSON


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message of a watch that is to be sent now: the very same bytes at each try. tries: how often it was before."""

    watch: str
    event: str
    body: str
    webhook: str
    secret: str
    tries: int


class WatchRepository:
    """Keeps watches and events. Safe for threads and processes; methods raise StorageProblem."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._reading, self._writing = database.reading, database.writing
        self._clock = clock

    def add(
        self, question: str, options: JSON, webhook: str | None, checked: int, answer: WatchedAnswer | None
    ) -> Watch:
        """Watch a question from now on, whose present answer is given. Raises Conflict beyond MAX_WATCHES."""
        words = None if answer is None else answer.text
        secret = None if webhook is None else f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
        watch_id = secrets.token_urlsafe(12)
        values = (watch_id, question, json.dumps(options, ensure_ascii=False), self._now(), webhook, secret, checked)
        with self._writing() as db:
            if db.execute("SELECT count(*) FROM watches").fetchone()[0] >= MAX_WATCHES:
                raise Conflict(f"{MAX_WATCHES} questions are watched already. Remove one first.")
            columns = "id, question, options, created_at, webhook, secret, checked, answer"
            insert = f"INSERT INTO watches ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            _put_articles(db, db.execute(insert, (*values, words)).lastrowid, answer)
            return Watch.of(db.execute(f"{_SELECT} WHERE id = ?", (watch_id,)).fetchone())

    def all(self) -> list[Watch]:
        """Return the watches, newest first."""
        with self._reading() as db:
            return [Watch.of(row) for row in db.execute(f"{_SELECT} ORDER BY number DESC")]

    def remove(self, watch_id: str) -> None:
        """Stop watching a question, and delete its events. Raises NotFound."""
        with self._writing() as db:
            if not db.execute("DELETE FROM watches WHERE id = ?", (watch_id,)).rowcount:
                raise NotFound(f"There is no watch {watch_id[:40]!r}.")

    def set_checked(self, watches: Sequence[Watch], checked: int) -> None:
        """Note that the answers of watches are the same in the articles up to a number."""
        if watches:
            with self._writing() as db:
                update = "UPDATE watches SET checked = ? WHERE id = ? AND checked = ?"
                db.executemany(update, [(checked, watch.id, watch.checked) for watch in watches])

    def set_answer(self, watch: Watch, checked: int, answer: WatchedAnswer | None, payload: JSON | None) -> None:
        """Note the answer of a watch, and with a payload the event that is to be told; once, whichever process asks."""
        with self._writing() as db:
            update = "UPDATE watches SET checked = ?, answer = ? WHERE id = ? AND checked = ? AND answer IS ?"
            words, former = (None if one is None else one.text for one in (answer, watch.answer))
            if not db.execute(update, (checked, words, watch.id, watch.checked, former)).rowcount:
                return
            row = db.execute("SELECT number, webhook, is_gone FROM watches WHERE id = ?", (watch.id,)).fetchone()
            _put_articles(db, row["number"], answer)
            if payload is None:
                return
            due = None if row["webhook"] is None or row["is_gone"] else self._clock()
            body = json.dumps(payload, ensure_ascii=False)
            insert = "INSERT INTO watch_events (id, watch, at, payload, next_at) VALUES (?, ?, ?, ?, ?)"
            number = db.execute(insert, (str(uuid.uuid4()), row["number"], self._now(), body, due)).lastrowid
            named = set(article_ids(payload))
            if watch.answer is not None and not watch.is_deleted:  # the payload tells the former answer, too
                named |= watch.answer.article_ids
            db.executemany("INSERT INTO watch_event_articles VALUES (?, ?)", [(one, number) for one in sorted(named)])
            db.execute(_DELETE_OLDEST, {"max_events": MAX_EVENTS, "max_pending": MAX_PENDING})

    def events(self, limit: int) -> list[WatchEvent]:
        """Return the newest events, without those that name deleted articles."""
        select = f"SELECT * FROM watch_events WHERE number NOT IN ({_OF_DELETED}) ORDER BY number DESC LIMIT ?"
        with self._reading() as db:
            rows = db.execute(select, (limit,)).fetchall()
        return [WatchEvent(row["id"], row["at"], json.loads(row["payload"])) for row in rows]

    def due(self, lease: float) -> Iterator[Delivery]:
        """Yield the messages that are to be sent now, each to one caller of all processes for `lease` seconds.

        What would name a deleted article is not sent any more.
        """
        with self._reading() as db:
            select = "SELECT number FROM watch_events WHERE next_at <= ? ORDER BY next_at"
            numbers = [row[0] for row in db.execute(select, (self._clock(),))]
        for number in numbers:
            with self._writing() as db:
                now, drop = self._clock(), "UPDATE watch_events SET next_at = NULL WHERE number = ?"
                db.execute(f"{drop} AND number IN ({_OF_DELETED})", (number,))
                claim = "UPDATE watch_events SET next_at = ? WHERE number = ? AND next_at <= ?"
                if not db.execute(claim, (now + lease, number, now)).rowcount:
                    continue
                select = """
                    SELECT watches.id, watch_events.id, payload, webhook, secret, tries
                    FROM watch_events JOIN watches ON watches.number = watch WHERE watch_events.number = ?
                """
                row = db.execute(select, (number,)).fetchone()
            yield Delivery(*row)

    def set_delivered(self, delivery: Delivery) -> None:
        """Note that a message has arrived."""
        with self._writing() as db:
            db.execute("UPDATE watch_events SET next_at = NULL, tries = tries + 1 WHERE id = ?", (delivery.event,))
            db.execute(f"UPDATE watches SET problem = NULL WHERE number = ({_WATCH_OF})", (delivery.event,))

    def set_failed(self, delivery: Delivery, problem: str, wait: float | None) -> None:
        """Note that a message did not arrive; it is sent again after `wait` seconds, with None not any more.

        The others that are due to the webhook wait, too: a dead one must not delay the messages to all others.
        """
        now = self._clock()
        next_at = None if wait is None else now + wait
        with self._writing() as db:
            update = "UPDATE watch_events SET next_at = ?, tries = tries + 1 WHERE id = ?"
            db.execute(update, (next_at, delivery.event))
            of_webhook = "watch IN (SELECT number FROM watches WHERE webhook = ?)"
            put_off = f"UPDATE watch_events SET next_at = ? WHERE next_at <= ? AND {of_webhook}"
            db.execute(put_off, (now + _PAUSE, now, delivery.webhook))
            db.execute(f"UPDATE watches SET problem = ? WHERE number = ({_WATCH_OF})", (problem, delivery.event))

    def set_gone(self, delivery: Delivery, problem: str) -> None:
        """Note that the webhook of a message wants no more: nothing is sent to it from now on."""
        with self._writing() as db:
            update = f"UPDATE watches SET problem = ?, is_gone = 1 WHERE number = ({_WATCH_OF})"
            db.execute(update, (problem, delivery.event))
            db.execute(f"UPDATE watch_events SET next_at = NULL WHERE watch = ({_WATCH_OF})", (delivery.event,))

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")


def forget_events(db: sqlite3.Connection) -> None:
    """Delete what events and watches quote of articles that can't be restored; the watched questions stay."""
    db.execute(f"DELETE FROM watch_events WHERE number IN ({_ERASABLE})")
    watches = db.execute(f"SELECT DISTINCT watch FROM watch_articles WHERE {ERASABLE}").fetchall()
    db.executemany("UPDATE watches SET answer = NULL WHERE number = ?", watches)
    db.executemany("DELETE FROM watch_articles WHERE watch = ?", watches)


def _put_articles(db: sqlite3.Connection, watch: int | None, answer: WatchedAnswer | None) -> None:
    """Note which articles the answer of a watch, by its number, is from, in place of the former ones."""
    db.execute("DELETE FROM watch_articles WHERE watch = ?", (watch,))
    named = () if answer is None else sorted(answer.article_ids)
    db.executemany("INSERT INTO watch_articles VALUES (?, ?)", [(one, watch) for one in named])
