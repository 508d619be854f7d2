"""Polls the feeds that are due and adds their entries as articles, politely: robots.txt, pauses, backing off."""

import logging
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from corpus.article import Article, Draft, article_id
from corpus.documents import Limits, read_fetched
from corpus.documents.dates import read_date
from corpus.errors import (
    CitelineError,
    Conflict,
    FetchFailed,
    ForbiddenAddress,
    InvalidInput,
    NotAFeed,
    ReaderFailed,
    StorageProblem,
    UnreadableDocument,
)
from corpus.events import log_event
from corpus.feeds.parser import read_feed
from corpus.feeds.repository import TEXT_SIGNATURE, StoredEntry, Subscription, SubscriptionRepository
from corpus.fetching.client import Fetcher, Validators, read_page, site_of
from corpus.fetching.robots import MAX_CRAWL_DELAY, Robots
from corpus.ingest.library import Library
from corpus.isolation.worker import INLINE, Worker

log = logging.getLogger(__name__)
DAY = 86_400.0
_RETRIES = (600.0, 3600.0, 6 * 3600.0, DAY)  # seconds until a page that failed once, twice, ... is tried again
_FIRST_RETRY = 60.0  # of a feed
_CHECK_SECONDS = 2.0
_MAX_CHECK_SECONDS = 60.0
_STOP_SECONDS = 0.8
MIN_WORDS = 8  # of an entry's own text that stands for a page
_MUCH_MORE = 2  # times as long as another text
_WORD = re.compile(r"\w{4,}")


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
        worker: Worker = INLINE,
    ) -> None:
        self._subscriptions, self._library = subscriptions, library
        self._fetcher, self._limits = fetcher, limits
        self._worker, self._robots = worker, Robots(fetcher, worker)
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
            read = partial(read_feed, url=page.url, content_type=page.content_type)
            found = None if page.unchanged else self._worker.run(read, page.data, f"the feed {page.url}")
            new = self._subscriptions.record_success(feed.id, found, page.validators)
        except InvalidInput as error:
            wait = max(jittered(backed_off(interval, feed.failures + 1)), _retry_after(error))
            self._subscriptions.record_failure(feed.id, str(error), wait)
            return FeedOutcome(feed.url, problem=str(error), is_feed=not isinstance(error, NotAFeed))
        except CitelineError:  # of this machine: nothing is wrong with the feed
            with suppress(StorageProblem):
                self._subscriptions.start_poll(feed.id, jittered(_FIRST_RETRY))
            raise
        return FeedOutcome(feed.url, new, None if found is None else len(found.entries))

    def _add_entry(self, entry: StoredEntry) -> Iterator[EntryOutcome]:
        """Add the article of an entry; yield nothing where its link is stored already, or the poller stops."""
        name = next(text for text in (entry.link, entry.title, entry.key) if text is not None)
        try:
            text = self._own_text(entry)
            link = None if text is not None and self._subscriptions.shares_link(entry) else entry.link
            origin = None if link is None else self._subscriptions.find_origin(entry)
            if origin is not None:
                self._subscriptions.mark_done(entry, origin)
            elif link is None:
                yield EntryOutcome(name, self._add_text(entry, text))
            elif self._wait_for_host(link):
                yield EntryOutcome(name, self._add_page(entry, link, text))
        except InvalidInput as error:
            yield self._record_failure(entry, name, error)
        except CitelineError:
            raise
        except Exception as error:  # a bug must not stop the other entries
            log.exception("%s can't be read.", name)
            problem = UnreadableDocument(f"{name} can't be read: {type(error).__name__}.")
            yield self._record_failure(entry, name, problem)

    def _record_failure(self, entry: StoredEntry, name: str, error: InvalidInput) -> EntryOutcome:
        """Record a failed entry, to be tried again if the failure may be temporary."""
        may_pass = isinstance(error, FetchFailed | UnreadableDocument) and not isinstance(error, ForbiddenAddress)
        retries = may_pass and entry.link is not None and entry.tries < len(_RETRIES)
        wait = _retry_wait(entry, error) if retries else None
        self._subscriptions.record_entry_failure(entry, str(error), wait)
        return EntryOutcome(name, problem=str(error))

    def _own_text(self, entry: StoredEntry) -> Draft | None:
        """Return the text that an entry itself has, with its link as its address; None where it has no words."""
        if entry.content is None:
            return None
        kind = "text/html" if entry.html else "text/plain"
        read = partial(read_fetched, url=_name(entry), content_type=f"{kind}; charset=utf-8", limits=self._limits)
        try:
            found = self._worker.run(read, entry.content.encode("utf-8", "replace"), _name(entry))
        except UnreadableDocument as error:
            if isinstance(error, ReaderFailed) and entry.link is None:
                raise
            return None
        source = None if entry.link is None else site_of(entry.link)
        return Draft(found.text, url=entry.link, source=source, language=found.language, blocks=found.blocks)

    def _add_text(self, entry: StoredEntry, text: Draft | None) -> str | None:
        """Add an entry's own text and return the title, None where a user deleted it before."""
        if text is None:
            raise UnreadableDocument(f"{_name(entry)} has neither a link nor content.")
        title = self._put(entry, text, entry.own_origin, _signature(text))
        self._subscriptions.mark_done(entry, entry.own_origin)
        return title

    def _add_page(self, entry: StoredEntry, link: str, text: Draft | None) -> str | None:
        """Add the page of an entry and return the title, None where a user deleted it or added it before.

        The entry's own text is added where the page can't be read, has much less text, or is about something else,
        unless an article with more text is there. A page that may be there later is tried again.
        """
        origin, has_text = f"url:{link}", text is not None and len(text.text.split()) >= MIN_WORDS
        is_shorter = text is not None and self._subscriptions.has_fuller_article(entry, origin, len(text.text))
        try:
            draft = read_page(link, self._fetcher, self._limits, self._worker)
        except InvalidInput as error:
            if text is None or not has_text or is_shorter:
                raise
            title = self._put(entry, text, origin, _signature(text))
            if _is_temporary(error) and entry.tries < len(_RETRIES):
                problem = f"{error} The text in the feed is used meanwhile."
                self._subscriptions.record_entry_failure(entry, problem, _retry_wait(entry, error))
                self._subscriptions.set_origin(entry, origin)
            else:
                self._subscriptions.mark_done(entry, origin)
            return title
        signature = None
        is_cut = self._subscriptions.has_fuller_article(entry, origin, len(draft.text))
        if text is not None and has_text and not _is_page_of(draft.text, text.text, is_cut):
            if is_shorter:
                raise UnreadableDocument(f"{link} does not show what the feed says. Its article stays as it was.")
            signature = _signature(text)
            dates = {name: getattr(draft, name) for name in ("published", "published_is_guess", "updated")}
            draft = replace(text, **dates)
        origin = f"url:{Article.from_draft(draft).url}"
        title = self._put(entry, draft, origin, signature)
        self._subscriptions.mark_done(entry, origin)
        return title

    def _put(self, entry: StoredEntry, draft: Draft, origin: str, signature: str | None = None) -> str | None:
        """Store the article of an entry in place of its former one; return its title.

        None where a user deleted it, or added that of the origin. A former one that the user or another entry added
        stays. The title and date that the feed gives go before those of the page, which may be guessed.
        """
        former = [each for each in (entry.origin, origin) if each is not None]
        feed = self._subscriptions.url_of(entry)
        if feed is None or any(self._subscriptions.was_deleted(each) for each in former):
            return None
        if entry.title is not None and entry.title.strip():
            draft = replace(draft, title=entry.title)
        if (published := read_date(entry.published)) is not None:
            draft = replace(draft, published=published, published_is_guess=False)
        if (updated := read_date(entry.updated)) is not None:
            draft = replace(draft, updated=updated)
            if draft.published is None:
                draft = replace(draft, published=updated, published_is_guess=True)
        is_shorter = signature is not None and self._subscriptions.has_fuller_article(entry, origin, len(draft.text))
        moves = entry.origin not in {None, origin} and self._subscriptions.owns_article(entry) and not is_shorter
        title = None
        if not self._subscriptions.is_by_hand(origin):
            if moves:
                self._library.rename_origin(str(entry.origin), origin)
            title = self._library.add_draft(draft, origin, signature, feed).article.title
        if moves:  # it is there still where its new name was taken
            self._library.drop_origin(str(entry.origin))
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


def _name(entry: StoredEntry) -> str:
    return f"The entry {(entry.title if entry.title is not None else entry.key)[:100]!r}"


def _signature(text: Draft) -> str:
    """Return the signature of an article that is an entry's own text."""
    return f"{TEXT_SIGNATURE}{article_id(text.text)}"


def _is_page_of(page: str, text: str, is_cut: bool) -> bool:
    """Return whether a page has what an entry's own text says, and not a summary of it or a request to sign in.

    A long page may say it in other words, unless it `is_cut`: it had more text before.
    """
    if len(text) > _MUCH_MORE * len(page):
        return False
    words = set(_WORD.findall(text.lower()))
    is_long = len(page) > _MUCH_MORE * len(text) and not is_cut
    return is_long or 2 * len(words & set(_WORD.findall(page.lower()))) >= len(words)


def _is_temporary(error: InvalidInput) -> bool:
    """Return whether a page may be there later: its server is down or busy."""
    if not isinstance(error, FetchFailed) or isinstance(error, ForbiddenAddress):
        return False
    return error.status is None or error.status >= 500 or error.status == 429


def _retry_wait(entry: StoredEntry, error: InvalidInput) -> float:
    """Return the seconds until an entry that failed is tried again."""
    return max(jittered(_RETRIES[entry.tries]), _retry_after(error))


def _retry_after(error: InvalidInput) -> float:
    """Return the seconds that a server asks to wait, 0 where it does not."""
    return error.retry_after if isinstance(error, FetchFailed) else 0.0
