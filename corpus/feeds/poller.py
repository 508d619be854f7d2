"""Polls feeds politely, and makes articles of their entries: when, how often, and what becomes of failures."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from corpus.article import Article, Draft
from corpus.documents import Limits
from corpus.documents.dates import read_date
from corpus.errors import (
    CitelineError,
    Conflict,
    FetchFailed,
    ForbiddenAddress,
    InvalidInput,
    NotAFeed,
    StorageProblem,
    UnreadableDocument,
)
from corpus.events import log_event
from corpus.feeds.parser import Feed, read_feed
from corpus.feeds.repository import StoredEntry, Subscription, SubscriptionRepository
from corpus.fetching.backoff import DAY, backed_off, jittered, retry_after
from corpus.fetching.client import FetchedPage, Fetcher, Validators, read_page
from corpus.fetching.robots import MAX_PAUSE, Robots
from corpus.ingest.library import Library

log = logging.getLogger(__name__)
_RETRIES = (600.0, 3600.0, 6 * 3600.0, DAY)  # seconds until a page that failed once, twice, ... is tried again
_LOOK_SECONDS = 2.0
_LONGEST_PAUSE = 60.0
_STOP_SECONDS = 0.8


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """What a poll of one feed found: how many entries, and how many new ones; or the reason why it failed.

    `entries` is None where the feed has not changed since the last poll. `is_feed` is false for something else.
    """

    url: str
    new: int = 0
    entries: int | None = None
    problem: str | None = None
    is_feed: bool = True


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """What became of one entry: the title of the article it gave, None where it gave no new one; or a problem."""

    name: str
    title: str | None = None
    problem: str | None = None


class Poller:
    """Polls the feeds that are due, one process at a time, in a thread of its own or now.

    `interval` is in seconds; two pages of one host are fetched at least `pause` seconds apart, or what the host asks.
    """

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        library: Library,
        fetcher: Fetcher,
        limits: Limits,
        lock: Path,
        interval: float,
        pause: float = 1.0,
    ) -> None:
        self._subscriptions, self._library = subscriptions, library
        self._fetcher, self._limits = fetcher, limits
        self._robots = Robots(fetcher)
        self._lock = FileLock(lock, thread_local=False)
        self.interval, self._pause = interval, pause
        self.active_feed: str | None = None  # the id of the feed that is being polled, or has an entry fetched
        self._asked: dict[str, float] = {}
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="feeds", daemon=True)

    def start(self) -> None:
        """Start to poll whatever falls due."""
        self._thread.start()

    def stop(self) -> None:
        """Stop soon; an entry that is being fetched is left for the next start."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def wake(self) -> None:
        """Tell that there may be something to poll."""
        self._wake.set()

    def poll_all(self, patience: float = 10.0) -> Iterator[FeedOutcome | EntryOutcome]:
        """Poll all feeds now, due or not, yielding what became of each and of their entries.

        Raises Conflict where another process is polling for longer than `patience` seconds.
        """
        with self._alone(patience):
            self._subscriptions.make_all_due()
            yield from self._due()

    def poll_feed(self, feed: Subscription, patience: float = 10.0) -> Iterator[FeedOutcome | EntryOutcome]:
        """Poll one feed now, due or not, yielding what became of it and then of its entries. Raises Conflict."""
        with self._alone(patience):
            self.active_feed = feed.id
            yield self._poll(feed)
            while (entry := self._subscriptions.due_entry(feed.id)) is not None:
                yield from self._taken(entry)

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        try:
            held = self._lock.acquire(timeout=patience)
        except Timeout as error:
            raise Conflict("The feeds are being polled by another process.") from error
        except OSError as error:
            raise StorageProblem(f"The lock {self._lock.lock_file} can't be taken: {error.strerror}.") from error
        try:
            yield
        finally:
            self.active_feed = None
            held.lock.release()

    def _loop(self) -> None:
        pause = _LOOK_SECONDS
        while not self._stop.is_set():
            try:
                self._look()
                pause = _LOOK_SECONDS
            except Conflict:  # another process polls; its turn
                pause = _LOOK_SECONDS
            except Exception as error:  # whatever it was, there is a next time
                if self._stop.is_set():
                    return
                log.warning("Feeds can't be polled. %s", error, exc_info=not isinstance(error, CitelineError))
                pause = min(2 * pause, _LONGEST_PAUSE)
            self._wake.wait(pause)
            self._wake.clear()

    def _look(self) -> None:
        self._subscriptions.correct_times()
        if self._subscriptions.due_feed() is None and self._subscriptions.due_entry() is None:
            return
        with self._alone(0):
            for outcome in self._due():
                _tell(outcome)

    def _due(self) -> Iterator[FeedOutcome | EntryOutcome]:
        """Do what is due, until nothing is; feeds come before entries, of which there may be many."""
        while not self._stop.is_set():
            feed = self._subscriptions.due_feed()
            entry = self._subscriptions.due_entry() if feed is None else None
            self.active_feed = feed.id if feed is not None else entry.feed_id if entry is not None else None
            if feed is not None:
                yield self._poll(feed)
            elif entry is not None:
                yield from self._taken(entry)
            else:
                return

    def _taken(self, entry: StoredEntry) -> Iterator[EntryOutcome]:
        outcome = self._take(entry)
        if outcome is not None:
            yield outcome

    def _poll(self, feed: Subscription) -> FeedOutcome:
        interval = self.interval if feed.interval is None else feed.interval
        self._subscriptions.start_poll(feed.id, jittered(interval))
        try:
            page = self._fetcher.fetch(feed.url, seen=Validators(feed.etag, feed.modified))
            found = self._read(page)
            new = self._subscriptions.record_success(feed.id, found, page.validators)
        except InvalidInput as error:
            wait = jittered(backed_off(interval, feed.failures + 1))
            self._subscriptions.record_failure(feed.id, str(error), max(wait, _asked_for(error)))
            return FeedOutcome(feed.url, problem=str(error), is_feed=not isinstance(error, NotAFeed))
        return FeedOutcome(feed.url, new, None if found is None else len(found.entries))

    def _read(self, page: FetchedPage) -> Feed | None:
        return None if page.unchanged else read_feed(page.data, page.url, page.content_type)

    def _take(self, entry: StoredEntry) -> EntryOutcome | None:
        """Make an article of an entry; None where there was nothing to fetch, or we are to stop."""
        origin = self._subscriptions.find_origin(entry)
        if origin is not None:
            self._subscriptions.mark_done(entry, origin)
            return None
        name = next(text for text in (entry.link, entry.title, entry.key) if text is not None)
        try:
            if entry.link is not None and not self._may_ask(entry.link):
                return None
            return EntryOutcome(name, self._keep(entry))
        except InvalidInput as error:
            return self._put_off(entry, name, error)
        except CitelineError:
            raise
        except Exception as error:  # one page that a parser stumbles over must not keep out all others
            log.exception("%s can't be read.", name)
            return self._put_off(entry, name, UnreadableDocument(f"{name} can't be read: {type(error).__name__}."))

    def _put_off(self, entry: StoredEntry, name: str, error: InvalidInput) -> EntryOutcome:
        passing = isinstance(error, FetchFailed | UnreadableDocument) and not isinstance(error, ForbiddenAddress)
        again = passing and entry.link is not None and entry.tries < len(_RETRIES)
        wait = max(jittered(_RETRIES[entry.tries]), _asked_for(error)) if again else None
        self._subscriptions.record_entry_failure(entry, str(error), wait)
        return EntryOutcome(name, problem=str(error))

    def _keep(self, entry: StoredEntry) -> str | None:
        """Add the article of an entry and return its title, None where a user deleted it before."""
        draft = self._draft(entry)
        article = Article.from_draft(draft)
        origin = f"text:{article.id}" if article.url is None else f"url:{article.url}"
        title = None if self._subscriptions.was_deleted(origin) else self._library.add_draft(draft).article.title
        self._subscriptions.mark_done(entry, origin)
        return title

    def _draft(self, entry: StoredEntry) -> Draft:
        draft = self._content(entry) if entry.link is None else read_page(entry.link, self._fetcher, self._limits)
        return replace(
            draft,
            title=entry.title if draft.title is None else draft.title,
            published=read_date(entry.published) if draft.published is None else draft.published,
        )

    def _content(self, entry: StoredEntry) -> Draft:
        name = f"The entry {(entry.title if entry.title is not None else entry.key)[:100]!r}"
        if entry.content is None:
            raise UnreadableDocument(f"{name} has neither a link nor content.")
        from corpus.documents.html import body_text  # noqa: PLC0415 - a third of a second, for such entries alone

        text = body_text(entry.content, self._limits, name) if entry.html else entry.content
        self._limits.check_text(len(text), name)
        return Draft(text=text)

    def _may_ask(self, url: str) -> bool:
        """Wait until a host may be asked again; return whether we are not to stop meanwhile. Raises FetchFailed."""
        pause = max(self._pause, self._robots.pause(url))
        host, now = urlsplit(url).netloc.lower(), time.monotonic()
        self._asked = {one: moment for one, moment in self._asked.items() if moment > now - MAX_PAUSE}
        stopped = host in self._asked and self._stop.wait(max(0.0, self._asked[host] + pause - now))
        self._asked[host] = time.monotonic()
        return not stopped


def _tell(outcome: FeedOutcome | EntryOutcome) -> None:
    """Log what became of a feed or of an entry."""
    what = {"url": outcome.url} if isinstance(outcome, FeedOutcome) else {"name": outcome.name}
    kind = "feed" if isinstance(outcome, FeedOutcome) else "entry"
    if outcome.problem is not None:
        log_event(log, logging.WARNING, f"{kind}_failed", outcome.problem, problem=outcome.problem, **what)
    elif isinstance(outcome, FeedOutcome):
        log_event(log, logging.INFO, "feed_polled", new=outcome.new, **what)
    else:
        log_event(log, logging.INFO, "entry_taken", title=outcome.title, **what)


def _asked_for(error: InvalidInput) -> float:
    return retry_after(error.retry_after, time.time()) if isinstance(error, FetchFailed) else 0.0
