import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.errors import FetchFailed, ForbiddenAddress, InvalidInput, NotFound
from corpus.feeds.feed import Entry, Feed
from corpus.feeds.repository import StoredEntry, SubscriptionRepository
from corpus.fetching.client import Validators
from corpus.store.article_store import ArticleStore
from corpus.store.database import has_schema
from corpus.store.schema import SCHEMA
from tests.old_stores import SCHEMA_1
from tests.waiting import Clock

URL = "http://news.example/feed.xml"
FEED = Feed("Harbour", (Entry("2", "http://news.example/2", "New"), Entry("1", "http://news.example/1", "Old")))


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000.0)


@pytest.fixture
def feeds(store: ArticleStore, clock: Callable[[], float]) -> SubscriptionRepository:
    return SubscriptionRepository(store.database, clock)


def due(feeds: SubscriptionRepository) -> StoredEntry:
    entry = feeds.due_entry()
    assert entry is not None
    return entry


@pytest.fixture
def entry(feeds: SubscriptionRepository) -> StoredEntry:
    """The older of the two entries of a subscribed feed."""
    feed, _ = feeds.add(URL)
    feeds.record_success(feed.id, FEED, Validators())
    return due(feeds)


def test_an_upgraded_store_gets_feeds_and_keeps_its_articles(tmp_path: Path) -> None:
    stored = Article.from_draft(Draft("The ferry leaves at noon."))
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as db:
        db.executescript(SCHEMA_1)
        db.execute(
            "INSERT INTO meta VALUES ('store_id', 'abc'), ('last_number', 7), ('revision', 9), ('followed', 'x')"
        )
        values = (7, stored.id, stored.text, stored.title, "2022-01-13T00:00:00+00:00", len(stored.text))
        db.execute(
            "INSERT INTO articles (number, id, text, title, added_at, characters) VALUES (?, ?, ?, ?, ?, ?)", values
        )
        db.execute("INSERT INTO origins VALUES ('file:///a.txt', ?, 'mark', NULL, NULL)", (stored.id,))
        db.execute("INSERT INTO origins VALUES ('file:///b.txt', NULL, 'mark', NULL, 'gone')")
        db.commit()
    assert not has_schema(tmp_path / "old.sqlite", SCHEMA)
    for _ in range(2):  # also when it is opened again
        with closing(ArticleStore.open(tmp_path / "old.sqlite")) as store:
            assert (stored.text, "abc", "x") == (store.get(stored.id).text, store.store_id, store.synced_prefix)
            assert ["mark", "mark"] == [origin.signature for origin in store.origins("file:")]
            assert ["gone"] == [origin.deleted_id for origin in store.origins() if origin.deleted]
            SubscriptionRepository(store.database).add(URL)
            assert [URL] == [feed.url for feed in SubscriptionRepository(store.database).list()]
    assert has_schema(tmp_path / "old.sqlite", SCHEMA)  # else its backup would be refused


def test_a_new_feed_is_due_at_once_and_added_once(feeds: SubscriptionRepository) -> None:
    changes: list[bool] = []
    feeds.on_change = lambda: changes.append(True)
    first, second = feeds.add(f"{URL}#top"), feeds.add(URL, 120)
    assert ((URL, True), (URL, False)) == ((first[0].url, first[1]), (second[0].url, second[1]))
    assert (None, 120.0, [True, True]) == (first[0].interval, second[0].interval, changes)
    assert first[0].id == getattr(feeds.due_feed(), "id", None)


@pytest.mark.parametrize(
    ("url", "interval", "error"),
    [
        ("file:///etc/passwd", None, ForbiddenAddress),
        ("feed", None, ForbiddenAddress),
        ("http://user:secret@news.example/", None, FetchFailed),
        ("http://\ud800.example/", None, FetchFailed),
        (URL, 59.0, InvalidInput),
        (URL, float("nan"), InvalidInput),
        (URL, float("inf"), InvalidInput),
    ],
)
def test_bad_urls_and_intervals_are_refused(
    feeds: SubscriptionRepository, url: str, interval: float | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        feeds.add(url, interval)
    assert [] == feeds.list()


def test_a_feed_is_found_and_removed_by_url_or_id(feeds: SubscriptionRepository) -> None:
    feed, _ = feeds.add(URL)
    assert feed == feeds.get(URL)
    assert feed == feeds.remove(feed.id)
    feeds.add(URL)
    feeds.remove(URL)
    with pytest.raises(NotFound, match=r"no feed 'http://news\.example"):
        feeds.remove(URL)


def test_an_entry_is_stored_once_and_the_oldest_comes_first(feeds: SubscriptionRepository) -> None:
    feed, _ = feeds.add(URL)
    assert [2, 0] == [feeds.record_success(feed.id, FEED, Validators('"1"', "then")) for _ in range(2)]
    assert "1" == due(feeds).key
    stored = feeds.get(URL)
    assert ("Harbour", '"1"', "then") == (stored.title, stored.etag, stored.modified)
    assert (2, 2) == (stored.entries, stored.pending)


def test_entries_of_a_feed_removed_meanwhile_are_dropped(feeds: SubscriptionRepository) -> None:
    feed, _ = feeds.add(URL)
    feeds.remove(feed.id)
    assert 0 == feeds.record_success(feed.id, FEED, Validators())
    assert feeds.due_entry() is None


def test_failures_count_from_the_first_until_a_success(feeds: SubscriptionRepository, clock: Clock) -> None:
    feed, _ = feeds.add(URL)
    began = clock.now
    for wait in (100.0, 200.0):
        feeds.record_failure(feed.id, "It is down.", wait)
        clock.now += wait
    stored = feeds.get(URL)
    assert (2, began, "It is down.") == (stored.failures, stored.failing_since, stored.problem)
    feeds.record_success(feed.id, None, Validators())
    stored = feeds.get(URL)
    assert (0, None, None, clock.now) == (stored.failures, stored.failing_since, stored.problem, stored.succeeded_at)


def test_a_feed_that_is_being_polled_is_not_due(feeds: SubscriptionRepository, clock: Clock) -> None:
    feed, _ = feeds.add(URL)
    feeds.start_poll(feed.id, 3600)
    assert feeds.due_feed() is None
    clock.now += 3600
    assert feeds.due_feed() is not None


def test_a_clock_that_goes_back_lengthens_no_wait(feeds: SubscriptionRepository, clock: Clock) -> None:
    feed, _ = feeds.add(URL)
    feeds.record_success(feed.id, FEED, Validators())
    feeds.start_poll(feed.id, 3600)
    clock.now -= 10 * 365 * 86_400
    feeds.correct_times()
    assert (None, clock.now + 3600) == (feeds.due_feed(), feeds.get(URL).next_at)
    assert feeds.due_entry() is not None
    clock.now += 3600
    assert feeds.due_feed() is not None


def test_a_failed_entry_has_its_reason(feeds: SubscriptionRepository, entry: StoredEntry, clock: Clock) -> None:
    feeds.record_entry_failure(entry, "It is down.", 600)
    assert "2" == due(feeds).key
    feeds.record_entry_failure(due(feeds), "It has gone.", None)
    assert feeds.due_entry() is None
    clock.now += 600
    assert (1, "1") == (due(feeds).tries, due(feeds).key)
    assert ["It has gone.", "It is down."] == [each.problem for each in feeds.failures(entry.feed_id)]
    assert (1, 1) == (feeds.get(URL).pending, feeds.get(URL).failed)


def test_an_origin_names_its_feed_even_after_removal(
    feeds: SubscriptionRepository, entry: StoredEntry, store: ArticleStore
) -> None:
    store.put(Article.from_draft(Draft("The ferry leaves.", url=entry.link)), f"url:{entry.link}", feed=URL)
    feeds.mark_done(entry, f"url:{entry.link}")
    assert 1 == feeds.get(URL).articles
    feeds.remove(URL)
    assert [(f"url:{entry.link}", URL)] == [(origin.name, origin.feed) for origin in store.origins()]


def test_a_known_link_and_its_deletion_are_found(
    feeds: SubscriptionRepository, entry: StoredEntry, store: ArticleStore
) -> None:
    origin = f"url:{entry.link}"
    assert feeds.find_origin(entry) is None
    stored = store.put(Article.from_draft(Draft("The ferry leaves.", url=entry.link)), origin).article
    assert origin == feeds.find_origin(entry)  # added by hand
    feeds.mark_done(entry, origin)
    assert (origin, False) == (feeds.find_origin(entry), feeds.was_deleted(origin))
    store.delete(stored.id)
    assert (origin, True, 0) == (feeds.find_origin(entry), feeds.was_deleted(origin), feeds.get(URL).articles)


def test_many_feeds_are_added_at_once_and_bad_ones_reported(feeds: SubscriptionRepository) -> None:
    called: list[int] = []
    feeds.add(URL)
    feeds.on_change = lambda: called.append(1)
    found = feeds.add_all([URL, "http://other.example/feed", f"{URL}#part", "ftp://news.example/"])
    assert (1, 1) == found[:2]
    assert "ftp://news.example/" in found[2][0]
    assert [URL, "http://other.example/feed"] == [feed.url for feed in feeds.list()]
    assert [1] == called


def test_one_feed_is_made_due_and_the_others_are_not(feeds: SubscriptionRepository, clock: Clock) -> None:
    one, _ = feeds.add(URL)
    other, _ = feeds.add("http://other.example/feed")
    for feed in (one, other):
        feeds.start_poll(feed.id, 3600)
        feeds.record_success(feed.id, FEED if feed is one else None, Validators())
    feeds.record_entry_failure(due(feeds), "It answered 500.", 600)
    clock.now += 1
    polled = feeds.poll(URL)
    assert (clock.now, 2, 1) == (polled.next_at, polled.pending, polled.waiting)
    assert one.id == getattr(feeds.due_feed(), "id", None)
    assert clock.now + 3599 == feeds.get(other.id).next_at
    with pytest.raises(NotFound):
        feeds.poll("nothing")
