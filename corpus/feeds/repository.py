"""The subscribed feeds and their entries, in the database of the article store."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from corpus.article import article_id
from corpus.errors import InvalidInput, NotFound
from corpus.feeds.feed import Feed
from corpus.fetching.client import Validators, check_url
from corpus.fetching.ssrf import check_host
from corpus.store.database import Database
from corpus.text.unicode import replace_surrogates

MIN_INTERVAL = 60.0
MAX_INTERVAL = 366 * 86_400.0
_SHOWN_FAILURES = 20
MAX_REMEMBERED = 1_000  # entries of a feed that it does not list any more
TEXT_SIGNATURE = "text of the feed "  # begins the signature of an article that is an entry's own text


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscribed feed and its state. Times are seconds since 1970; `interval` None stands for the default interval.

    Of its entries, `waiting` were never tried, `pending` are these and those that are tried again.
    """

    id: str
    url: str
    title: str | None
    interval: float | None
    added_at: float
    etag: str | None
    modified: str | None
    polled_at: float | None
    succeeded_at: float | None
    next_at: float
    wait: float
    failures: int
    failing_since: float | None
    problem: str | None
    entries: int = 0
    pending: int = 0
    waiting: int = 0
    failed: int = 0
    articles: int = 0


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry of a feed; `tries` is the number of failed attempts to add its article.

    `origin` is that of the article it gave before it changed, or that its text gives until its page can be read.
    """

    number: int
    feed_id: str
    key: str
    link: str | None
    title: str | None
    published: str | None
    updated: str | None
    content: str | None
    html: bool
    origin: str | None
    tries: int
    problem: str | None

    @property
    def own_origin(self) -> str:
        """The origin of an article that is made of the entry's own text, and not of its page."""
        return f"entry:{self.feed_id}:{self.key}"


_FEED = ", ".join(f"feeds.{each.name}" for each in fields(Subscription)[:14])
_ENTRY = ", ".join(each.name for each in fields(StoredEntry))
_LIST = f"""
SELECT {_FEED}, count(entries.number) AS entries, coalesce(sum(entries.state = 'pending'), 0) AS pending,
    coalesce(sum(entries.state = 'pending' AND entries.problem IS NULL), 0) AS waiting,
    coalesce(sum(entries.state = 'failed'), 0) AS failed, count(DISTINCT origins.article_id) AS articles
FROM feeds LEFT JOIN entries ON entries.feed_id = feeds.id LEFT JOIN origins ON origins.origin = entries.origin
WHERE :one IS NULL OR :one IN (feeds.id, feeds.url) GROUP BY feeds.id ORDER BY feeds.added_at, feeds.url
"""
# An entry whose digest is not known yet only gets one: a former version of Citeline stored it.
_STORE_ENTRY = """
INSERT INTO entries (feed_id, key, link, title, published, updated, content, html, digest, next_at, wait)
VALUES (:feed_id, :key, :link, :title, :published, :updated, :content, :html, :digest, :now, 0)
ON CONFLICT (feed_id, key) DO UPDATE SET link = excluded.link, title = excluded.title, published = excluded.published,
    updated = excluded.updated, content = excluded.content, html = excluded.html, digest = excluded.digest,
    state = 'pending', tries = 0, problem = NULL, next_at = excluded.next_at, wait = 0
WHERE digest != excluded.digest
"""
# Those that wait for their article stay, and so do those of stores of former versions whose origin is gone, which alone
# tell that a user deleted the article.
_FORGET_ENTRIES = """
DELETE FROM entries WHERE number IN (
    SELECT number FROM entries WHERE feed_id = :feed_id AND state != 'pending'
        AND key NOT IN (SELECT value FROM json_each(:listed))
        AND (state = 'failed' OR EXISTS (SELECT 1 FROM origins WHERE origins.origin = entries.origin))
    ORDER BY number DESC LIMIT -1 OFFSET :kept
)
"""


class SubscriptionRepository:
    """The subscribed feeds. Safe for threads and processes; every method raises StorageProblem.

    `on_change` is called when a feed becomes due; `clock` returns seconds since 1970. Unless `allow_private`, a feed
    whose host is localhost or a private address is refused.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time, allow_private: bool = False) -> None:
        self._reading, self._writing = database.reading, database.writing
        self._clock, self._allow_private = clock, allow_private
        self.on_change: Callable[[], None] = lambda: None

    def add(self, url: str, interval: float | None = None) -> tuple[Subscription, bool]:
        """Subscribe to a feed, due at once, or set the interval of a known one; return it and whether it is new.

        Raises InvalidInput for a bad or forbidden url, or an interval (in seconds) that is out of bounds.
        """
        url = self._normalize(url)
        if interval is not None and not MIN_INTERVAL <= interval <= MAX_INTERVAL:
            raise InvalidInput(f"A feed is polled at most every {MIN_INTERVAL:g} seconds, and at least once a year.")
        with self._writing() as db:
            new = _insert_feed(db, url, interval, self._clock())
            if interval is not None:
                db.execute("UPDATE feeds SET interval = ? WHERE url = ?", (interval, url))
        self.on_change()
        return self.get(article_id(url)), new

    def add_all(self, urls: Iterable[str]) -> tuple[int, int, Sequence[str]]:
        """Subscribe to many feeds; return how many are new, how many were known, and the problems of bad urls."""
        valid, problems = dict[str, None](), []
        for url in urls:
            try:
                valid[self._normalize(url)] = None
            except InvalidInput as error:
                problems.append(str(error))
        now = self._clock()
        with self._writing() as db:
            new = sum(_insert_feed(db, url, None, now) for url in valid)
        self.on_change()
        return new, len(valid) - new, problems

    def get(self, feed_id: str) -> Subscription:
        """Return a feed by its id or url; raises NotFound."""
        with self._reading() as db:
            row = db.execute(_LIST, {"one": replace_surrogates(feed_id)}).fetchone()
        if row is None:
            raise NotFound(f"There is no feed {replace_surrogates(feed_id)[:200]!r}.")
        return Subscription(**dict(row))

    def list(self) -> Sequence[Subscription]:
        """Return all feeds, in the order in which they were added."""
        with self._reading() as db:
            return [Subscription(**dict(row)) for row in db.execute(_LIST, {"one": None})]

    def counts(self) -> tuple[int, int]:
        """Return how many feeds are well, and of how many the last poll failed; raises StorageProblem."""
        with self._reading() as db:
            total, failing = db.execute("SELECT count(*), count(problem) FROM feeds").fetchone()
        return total - failing, failing

    def poll(self, feed_id: str) -> Subscription:
        """Make a feed, by its id or url, and its pending entries due now; raises NotFound."""
        feed, now = self.get(feed_id), self._clock()
        with self._writing() as db:
            db.execute("UPDATE feeds SET next_at = min(next_at, ?) WHERE id = ?", (now, feed.id))
            db.execute(
                "UPDATE entries SET next_at = min(next_at, ?) WHERE feed_id = ? AND state = 'pending'", (now, feed.id)
            )
        self.on_change()
        return self.get(feed.id)

    def remove(self, feed_id: str) -> Subscription:
        """Unsubscribe from a feed, by its id or url; its articles stay. Raises NotFound."""
        feed = self.get(feed_id)
        with self._writing() as db:
            db.execute("DELETE FROM feeds WHERE id = ?", (feed.id,))
        return feed

    def failures(self, feed_id: str) -> Sequence[StoredEntry]:
        """Return the latest _SHOWN_FAILURES entries of a feed whose article could not be added."""
        with self._reading() as db:
            rows = db.execute(
                f"SELECT {_ENTRY} FROM entries WHERE feed_id = ? AND problem IS NOT NULL ORDER BY number DESC LIMIT ?",
                (feed_id, _SHOWN_FAILURES),
            )
            return [StoredEntry(**dict(row)) for row in rows]

    def due_feed(self) -> Subscription | None:
        """Return the feed that has been due longest, None where none is."""
        with self._reading() as db:
            row = db.execute(
                f"SELECT {_FEED} FROM feeds WHERE next_at <= ? ORDER BY next_at LIMIT 1", (self._clock(),)
            ).fetchone()
        return None if row is None else Subscription(**dict(row))

    def due_entry(self, feed_id: str | None = None) -> StoredEntry | None:
        """Return the first due entry of one feed or of all, None where none is."""
        with self._reading() as db:
            row = db.execute(
                f"SELECT {_ENTRY} FROM entries WHERE state = 'pending' AND next_at <= :now "
                "AND (:feed IS NULL OR feed_id = :feed) ORDER BY number LIMIT 1",
                {"now": self._clock(), "feed": feed_id},
            ).fetchone()
        return None if row is None else StoredEntry(**dict(row))

    def correct_times(self) -> None:
        """Shorten waits that have become longer than scheduled, since the clock was set back."""
        now = self._clock()
        for table in ("feeds", "entries"):
            with self._reading() as db:
                wrong = db.execute(f"SELECT 1 FROM {table} WHERE next_at > ? + wait + 1 LIMIT 1", (now,)).fetchone()
            if wrong is not None:
                with self._writing() as db:
                    db.execute(f"UPDATE {table} SET next_at = ? + wait WHERE next_at > ? + wait", (now, now))

    def make_all_due(self) -> None:
        """Make every feed and every pending entry due now."""
        with self._writing() as db:
            db.execute("UPDATE feeds SET next_at = min(next_at, ?)", (self._clock(),))
            db.execute("UPDATE entries SET next_at = min(next_at, ?) WHERE state = 'pending'", (self._clock(),))
        self.on_change()

    def start_poll(self, feed_id: str, wait: float) -> None:
        """Schedule the next poll in `wait` seconds before this one, which may crash the process."""
        now = self._clock()
        with self._writing() as db:
            db.execute(
                "UPDATE feeds SET polled_at = ?, next_at = ?, wait = ? WHERE id = ?", (now, now + wait, wait, feed_id)
            )

    def record_success(self, feed_id: str, feed: Feed | None, validators: Validators) -> int:
        """Store the entries of a polled feed (None: it has not changed); return how many are new.

        Entries that have changed are pending again. Of those that the feed does not list any more, the newest
        MAX_REMEMBERED are kept; the others are forgotten, but not which of their articles a user deleted.
        """
        now = self._clock()
        with self._writing() as db:
            db.execute(
                "UPDATE feeds SET succeeded_at = ?, failures = 0, failing_since = NULL, problem = NULL, "
                "etag = ?, modified = ? WHERE id = ?",
                (now, validators.etag, validators.modified, feed_id),
            )
            if feed is None or not db.execute("SELECT 1 FROM feeds WHERE id = ?", (feed_id,)).fetchone():
                return 0  # unchanged, or unsubscribed meanwhile
            db.execute("UPDATE feeds SET title = ? WHERE id = ?", (feed.title, feed_id))
            # Oldest first, so that the newest article is added last.
            rows = [asdict(entry) | {"feed_id": feed_id, "now": now} for entry in reversed(feed.entries)]
            counted = "SELECT count(*) FROM entries WHERE feed_id = ?"
            before = db.execute(counted, (feed_id,)).fetchone()[0]
            db.executemany(_STORE_ENTRY, rows)
            db.executemany(
                "UPDATE entries SET digest = :digest WHERE feed_id = :feed_id AND key = :key AND digest IS NULL", rows
            )
            new = int(db.execute(counted, (feed_id,)).fetchone()[0] - before)
            listed = json.dumps([entry.key for entry in feed.entries])
            db.execute(_FORGET_ENTRIES, {"feed_id": feed_id, "listed": listed, "kept": MAX_REMEMBERED})
            return new

    def record_failure(self, feed_id: str, problem: str, wait: float) -> None:
        """Store why a poll failed, and try again in `wait` seconds."""
        now = self._clock()
        with self._writing() as db:
            db.execute(
                "UPDATE feeds SET failures = failures + 1, failing_since = coalesce(failing_since, ?), problem = ?, "
                "next_at = ?, wait = ? WHERE id = ?",
                (now, problem, now + wait, wait, feed_id),
            )

    def find_origin(self, entry: StoredEntry) -> str | None:
        """Return the origin of an entry's link that was added before, by a feed or by a user, even if deleted since.

        None for an entry that has changed since its own article was added; a page that a user added is not fetched
        again.
        """
        if entry.link is None:
            return None
        if entry.origin is not None:
            return f"url:{entry.link}" if self.is_by_hand(f"url:{entry.link}") else None
        with self._reading() as db:
            row = db.execute(
                "SELECT origin FROM entries WHERE link = ? AND state = 'done' "
                "UNION SELECT origin FROM origins WHERE origin = 'url:' || ? "
                "AND (article_id IS NOT NULL OR deleted_id IS NOT NULL) LIMIT 1",
                (entry.link, entry.link),
            ).fetchone()
        return None if row is None else str(row[0])

    def shares_link(self, entry: StoredEntry) -> bool:
        """Return whether entries of the same feed with other titles have the same link, which is no page of theirs."""
        with self._reading() as db:
            row = db.execute(
                "SELECT 1 FROM entries WHERE feed_id = ? AND link = ? AND number != ? AND title IS NOT ? LIMIT 1",
                (entry.feed_id, entry.link, entry.number, entry.title),
            ).fetchone()
        return row is not None

    def was_deleted(self, origin: str) -> bool:
        """Return whether a user deleted the article of an origin.

        Stores of former versions deleted the origin, too, and kept only the entry.
        """
        with self._reading() as db:
            row = db.execute(
                "SELECT 1 FROM origins WHERE origin = ?1 AND article_id IS NULL AND deleted_id IS NOT NULL "
                "UNION SELECT 1 FROM entries WHERE origin = ?1 AND state = 'done' "
                "AND NOT EXISTS (SELECT 1 FROM origins WHERE origins.origin = entries.origin)",
                (origin,),
            ).fetchone()
        return row is not None

    def is_by_hand(self, origin: str) -> bool:
        """Return whether a user, and no feed, added the article of an origin."""
        with self._reading() as db:
            sql = "SELECT 1 FROM origins WHERE origin = ? AND article_id IS NOT NULL AND feed IS NULL"
            return db.execute(sql, (origin,)).fetchone() is not None

    def has_fuller_article(self, entry: StoredEntry, origin: str, characters: int) -> bool:
        """Return whether an entry or an origin has an article of more characters that is no text of a feed."""
        with self._reading() as db:
            row = db.execute(
                "SELECT 1 FROM origins JOIN articles ON id = article_id WHERE origin IN (?, ?) AND characters > ? "
                "AND origin NOT LIKE 'entry:%' AND coalesce(signature, '') NOT LIKE ? || '%'",
                (entry.origin, origin, characters, TEXT_SIGNATURE),
            ).fetchone()
        return row is not None

    def url_of(self, entry: StoredEntry) -> str | None:
        """Return the url of the feed of an entry, None where it was removed meanwhile."""
        with self._reading() as db:
            row = db.execute("SELECT url FROM feeds WHERE id = ?", (entry.feed_id,)).fetchone()
        return None if row is None else str(row[0])

    def mark_done(self, entry: StoredEntry, origin: str) -> None:
        """Store that the article of an entry is that of an origin."""
        with self._writing() as db:
            db.execute(
                "UPDATE entries SET state = 'done', content = NULL, problem = NULL, origin = ? WHERE number = ?",
                (origin, entry.number),
            )

    def set_origin(self, entry: StoredEntry, origin: str) -> None:
        """Store the origin of the article that an entry has until its page can be read."""
        with self._writing() as db:
            db.execute("UPDATE entries SET origin = ? WHERE number = ?", (origin, entry.number))

    def owns_article(self, entry: StoredEntry) -> bool:
        """Return whether the article of an entry came from its feed, and is of no other entry."""
        with self._reading() as db:
            row = db.execute(
                "SELECT 1 FROM origins WHERE origin = ?1 AND feed = (SELECT url FROM feeds WHERE id = ?2) "
                "AND NOT EXISTS (SELECT 1 FROM entries WHERE origin = ?1 AND number != ?3)",
                (entry.origin, entry.feed_id, entry.number),
            ).fetchone()
        return row is not None

    def record_entry_failure(self, entry: StoredEntry, problem: str, wait: float | None) -> None:
        """Store why the article of an entry was not added, and try again in `wait` seconds, never for None."""
        now, seconds = self._clock(), 0.0 if wait is None else wait
        with self._writing() as db:
            db.execute(
                "UPDATE entries SET state = ?, tries = tries + 1, problem = ?, next_at = ?, wait = ? WHERE number = ?",
                ("failed" if wait is None else "pending", problem, now + seconds, seconds, entry.number),
            )

    def _normalize(self, url: str) -> str:
        """Return the canonical form of a feed's url; raises InvalidInput."""
        target = check_url(replace_surrogates(url))
        if not self._allow_private:
            check_host(target.host)
        return str(target)


def _insert_feed(db: sqlite3.Connection, url: str, interval: float | None, now: float) -> bool:
    """Insert a feed that is due at once; return whether it is new."""
    return (
        db.execute(
            "INSERT OR IGNORE INTO feeds (id, url, interval, added_at, next_at, wait) VALUES (?, ?, ?, ?, ?, 0)",
            (article_id(url), url, interval, now, now),
        ).rowcount
        > 0
    )
