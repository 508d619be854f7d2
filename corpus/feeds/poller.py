"""Polls the feeds that are due and adds their entries as articles, politely: robots.txt, pauses, backing off."""

import logging
import random
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
from corpus.feeds.parser import read_feed
from corpus.feeds.repository import StoredEntry, Subscription, SubscriptionRepository
from corpus.fetching.client import Fetcher, Validators, read_page
from corpus.fetching.robots import MAX_CRAWL_DELAY, Robots
from corpus.ingest.library import Library

log = logging.getLogger(__name__)
DAY = 86_400.0
_RETRIES = (600.0, 3600.0, 6 * 3600.0, DAY)  # seconds until a page that failed once, twice, ... is tried again
_FIRST_RETRY = 60.0  # of a feed
_CHECK_SECONDS = 2.0
_MAX_CHECK_SECONDS = 60.0
_STOP_SECONDS = 0.8


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """The numbers of entries and of new entries that a poll of a feed found, or its problem.

    `entries` is None where the feed has not changed since the last poll. `is_feed` is false where the url has no feed.
    """

    url: str
    new: int = 0
    entries: int | None = None
    problem: str | None = None
    is_feed: bool = True


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """The title of the article added from an entry, None where none was added; or the problem."""

    name: str
    title: str | None = None
    problem: str | None = None


class Poller:
    """Polls the feeds that are due, in a thread or on request; a lock file allows one process at a time.

    `interval` is in seconds. Two pages of a host are fetched at least `pause` seconds apart, or its crawl delay.
    `active_feed` is the id of the feed that is being polled or has an entry fetched, None when idle.
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
        self.active_feed: str | None = None
        self._fetched_at: dict[str, float] = {}  # by host
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="feeds", daemon=True)

    def start(self) -> None:
        """Start the thread that polls feeds as they fall due."""
        self._thread.start()

    def stop(self) -> None:
        """Stop within _STOP_SECONDS; an entry that is still being fetched then is left for the next start."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def wake(self) -> None:
        """Check at once whether a feed or an entry is due."""
        self._wake.set()

    def poll_all(self, patience: float = 10.0) -> Iterator[FeedOutcome | EntryOutcome]:
        """Poll all feeds now, due or not, and yield the outcome of each and of their entries.

        Raises Conflict where another process polls for longer than `patience` seconds, StorageProblem.
        """
        with self._locked(patience):
            self._subscriptions.make_all_due()
            yield from self._poll_due()

    def poll_feed(self, feed: Subscription, patience: float = 10.0) -> Iterator[FeedOutcome | EntryOutcome]:
        """Poll one feed now, due or not, and yield its outcome and then those of its entries.

        Raises Conflict where another process polls for longer than `patience` seconds, StorageProblem.
        """
        with self._locked(patience):
            self.active_feed = feed.id
            yield self._poll(feed)
            while (entry := self._subscriptions.due_entry(feed.id)) is not None:
                yield from self._add_entry(entry)

    @contextmanager
    def _locked(self, patience: float) -> Iterator[None]:
        try:
            lock = self._lock.acquire(timeout=patience)
        except Timeout as error:
            raise Conflict("The feeds are being polled by another process.") from error
        except OSError as error:
            raise StorageProblem(f"The lock {self._lock.lock_file} can't be taken: {error.strerror}.") from error
        try:
            yield
        finally:
            self.active_feed = None
            lock.lock.release()

    def _loop(self) -> None:
        seconds = _CHECK_SECONDS
        while not self._stop.is_set():
            try:
                self._check()
                seconds = _CHECK_SECONDS
            except Conflict:  # another process polls
                seconds = _CHECK_SECONDS
            except Exception as error:  # polling goes on after any error
                if self._stop.is_set():
                    return
                log.warning("Feeds can't be polled. %s", error, exc_info=not isinstance(error, CitelineError))
                seconds = min(2 * seconds, _MAX_CHECK_SECONDS)
            self._wake.wait(seconds)
            self._wake.clear()

    def _check(self) -> None:
        """Poll what is due, and log the outcomes."""
        self._subscriptions.correct_times()
        if self._subscriptions.due_feed() is None and self._subscriptions.due_entry() is None:
            return
        with self._locked(0):
            for outcome in self._poll_due():
                fields = {"url": outcome.url} if isinstance(outcome, FeedOutcome) else {"name": outcome.name}
                if outcome.problem is not None:
                    event = "feed_failed" if isinstance(outcome, FeedOutcome) else "entry_failed"
                    log_event(log, logging.WARNING, event, outcome.problem, problem=outcome.problem, **fields)
                elif isinstance(outcome, FeedOutcome):
                    log_event(log, logging.INFO, "feed_polled", new=outcome.new, **fields)
                else:
                    log_event(log, logging.INFO, "entry_taken", title=outcome.title, **fields)

    def _poll_due(self) -> Iterator[FeedOutcome | EntryOutcome]:
        """Poll feeds and add entries until nothing is due; feeds come first, since there may be many entries."""
        while not self._stop.is_set():
            if (feed := self._subscriptions.due_feed()) is not None:
                self.active_feed = feed.id
                yield self._poll(feed)
            elif (entry := self._subscriptions.due_entry()) is not None:
                self.active_feed = entry.feed_id
                yield from self._add_entry(entry)
            else:
                return

    def _poll(self, feed: Subscription) -> FeedOutcome:
        interval = self.interval if feed.interval is None else feed.interval
        self._subscriptions.start_poll(feed.id, jittered(interval))
        try:
            page = self._fetcher.fetch(feed.url, validators=Validators(feed.etag, feed.modified))
            found = None if page.unchanged else read_feed(page.data, page.url, page.content_type)
            new = self._subscriptions.record_success(feed.id, found, page.validators)
        except InvalidInput as error:
            wait = max(jittered(backed_off(interval, feed.failures + 1)), _retry_after(error))
            self._subscriptions.record_failure(feed.id, str(error), wait)
            return FeedOutcome(feed.url, problem=str(error), is_feed=not isinstance(error, NotAFeed))
        return FeedOutcome(feed.url, new, None if found is None else len(found.entries))

    def _add_entry(self, entry: StoredEntry) -> Iterator[EntryOutcome]:
        """Add the article of an entry; yield nothing where its link is stored already, or the poller stops."""
        origin = self._subscriptions.find_origin(entry)
        if origin is not None:
            self._subscriptions.mark_done(entry, origin)
            return
        name = next(text for text in (entry.link, entry.title, entry.key) if text is not None)
        try:
            if entry.link is None or self._wait_for_host(entry.link):
                yield EntryOutcome(name, self._add_article(entry))
        except InvalidInput as error:
            yield self._record_failure(entry, name, error)
        except CitelineError:
            raise
        except Exception as error:  # a parser's bug must not stop the other entries
            log.exception("%s can't be read.", name)
            problem = UnreadableDocument(f"{name} can't be read: {type(error).__name__}.")
            yield self._record_failure(entry, name, problem)

    def _record_failure(self, entry: StoredEntry, name: str, error: InvalidInput) -> EntryOutcome:
        """Record a failed entry, to be tried again if the failure may be temporary."""
        temporary = isinstance(error, FetchFailed | UnreadableDocument) and not isinstance(error, ForbiddenAddress)
        retry = temporary and entry.link is not None and entry.tries < len(_RETRIES)
        wait = max(jittered(_RETRIES[entry.tries]), _retry_after(error)) if retry else None
        self._subscriptions.record_entry_failure(entry, str(error), wait)
        return EntryOutcome(name, problem=str(error))

    def _add_article(self, entry: StoredEntry) -> str | None:
        """Add the article of an entry and return its title, None where a user deleted it before."""
        name = f"The entry {(entry.title if entry.title is not None else entry.key)[:100]!r}"
        if entry.link is not None:
            draft = read_page(entry.link, self._fetcher, self._limits)
        elif entry.content is None:
            raise UnreadableDocument(f"{name} has neither a link nor content.")
        else:
            from corpus.documents.html import read_fragment  # noqa: PLC0415 - a third of a second, for such entries

            content = entry.content
            draft = read_fragment(content, name, self._limits) if entry.html else Draft(text=content)
            self._limits.check_text(len(draft.text), name)
        draft = replace(
            draft,
            title=entry.title if draft.title is None else draft.title,
            published=read_date(entry.published) if draft.published is None else draft.published,
        )
        article = Article.from_draft(draft)
        origin = f"text:{article.id}" if article.url is None else f"url:{article.url}"
        title = None if self._subscriptions.was_deleted(origin) else self._library.add_draft(draft).article.title
        self._subscriptions.mark_done(entry, origin)
        return title

    def _wait_for_host(self, url: str) -> bool:
        """Wait until a page may be fetched; return False where the poller stops meanwhile. Raises FetchFailed."""
        pause = max(self._pause, self._robots.crawl_delay(url))
        host, now = urlsplit(url).netloc.lower(), time.monotonic()
        self._fetched_at = {name: time_ for name, time_ in self._fetched_at.items() if time_ > now - MAX_CRAWL_DELAY}
        stopped = host in self._fetched_at and self._stop.wait(max(0.0, self._fetched_at[host] + pause - now))
        self._fetched_at[host] = time.monotonic()
        return not stopped


def jittered(seconds: float) -> float:
    """Return the seconds times a random factor from 1 to 1.1, so that feeds added together drift apart."""
    return seconds * random.uniform(1, 1.1)


def backed_off(interval: float, failures: int) -> float:
    """Return the seconds until a feed with this number of failures in a row is polled again.

    A minute, doubled with each further failure, up to a day or to the interval of the feed if that is longer.
    """
    return min(_FIRST_RETRY * 2.0 ** min(failures - 1, 40), max(interval, DAY))


def _retry_after(error: InvalidInput) -> float:
    """Return the seconds that a server asks to wait, 0 where it does not."""
    return error.retry_after if isinstance(error, FetchFailed) else 0.0
