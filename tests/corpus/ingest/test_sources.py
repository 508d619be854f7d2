from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.documents import Limits
from corpus.errors import FetchFailed
from corpus.feeds.feed import Entry, Feed
from corpus.feeds.repository import StoredEntry, SubscriptionRepository
from corpus.fetching.client import Fetcher, Validators
from corpus.ingest.library import Library
from corpus.ingest.sources import MAX_FAILURES, SourceMonitor, SourcesReport, SourceStatus
from corpus.store.article_store import ArticleStore

NOW = 1_700_000_000.0


class SourcesFixture:
    """A store with an articles folder and feeds, and the monitor of its sources, whose clock a test sets."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.time, self.step = folder / "articles", 0.0, 0.0
        self.folder.mkdir()
        self.store = ArticleStore.open(folder / "articles.sqlite")
        self.library = Library(self.store, Fetcher(), Limits())
        self.feeds = SubscriptionRepository(self.store.database, lambda: NOW)
        self.sources = SourceMonitor(self.store.database, self.library, self.folder, self.clock)

    def clock(self) -> float:
        self.time += self.step
        return self.time

    def report(self, max_number: int = 0) -> SourcesReport:
        return self.sources.report(max_number)

    def of(self, kind: str, max_number: int = 0) -> SourceStatus:
        (found,) = [each for each in self.report(max_number).sources if each.kind == kind]
        return found

    def write(self, name: str, data: bytes) -> Path:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def sync(self) -> None:
        list(self.library.sync_folder(self.folder))

    def feed(self, url: str, *links: str) -> None:
        feed, _ = self.feeds.add(url)
        entries = tuple(Entry(link, link, f"About {link[-1]}", None, None, False) for link in links)
        self.feeds.record_success(feed.id, Feed("Harbour", entries), Validators())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SourcesFixture]:
    made = SourcesFixture(tmp_path)
    with closing(made.store):
        yield made


def test_articles_are_counted_by_source(place: SourcesFixture, tmp_path: Path) -> None:
    place.write("ferry.txt", b"The ferry leaves at noon.")
    place.write("copy.txt", b"The ferry leaves at noon.")
    place.sync()
    (tmp_path / "mill.txt").write_text("The mill grinds oats.")
    place.library.add_file(tmp_path / "mill.txt")
    place.library.add_draft(Draft("The bridge is open."))
    place.library.add_draft(Draft("The tower is tall.", url="http://a.example/tower"))
    place.feed("http://a.example/feed", "http://a.example/1")
    entry = place.feeds.due_entry()
    assert entry is not None
    place.library.add_draft(Draft("The tide is high.", url=entry.link), feed="http://a.example/feed")
    place.feeds.mark_done(entry, f"url:{entry.link}")
    counts = {each.kind: (each.articles, each.pending) for each in place.report(max_number=0).sources}
    assert {"folder": (1, 1), "files": (1, 1), "feeds": (1, 1), "pages": (1, 1), "texts": (1, 1)} == counts
    place.library.add_draft(Draft("The ferry leaves at noon."))  # it counts in both of its sources
    assert (1, 2) == (place.of("folder").articles, place.of("texts").articles)


def test_only_articles_newer_than_the_index_are_pending(place: SourcesFixture) -> None:
    for text in ("One.", "Two.", "Three."):
        place.library.add_draft(Draft(text))
    assert [3, 2, 0] == [place.of("texts", max_number).pending for max_number in (0, 1, 3)]


def test_an_unreadable_file_has_a_reason_and_advice(place: SourcesFixture) -> None:
    place.write("inner/broken.pdf", b"%PDF-1.7 broken")
    place.sync()
    folder = place.of("folder")
    (failure,) = folder.failures
    assert (1, "file", "inner/broken.pdf") == (folder.failed, failure.kind, failure.name)
    assert str(place.folder) not in failure.problem
    assert "Correct a broken file" in failure.advice
    assert [failure] == list(place.report().files)


def test_a_missing_folder_is_one_failure(place: SourcesFixture) -> None:
    place.folder.rmdir()
    (failure,) = place.of("folder").failures
    assert ("folder", str(place.folder)) == (failure.kind, failure.name)
    assert "it is not there" in failure.problem
    assert "articles stay" in failure.advice


def test_all_failures_are_counted_and_the_first_ones_listed(place: SourcesFixture) -> None:
    for number in range(MAX_FAILURES + 5):
        place.write(f"{number:02}.pdf", b"%PDF-1.7 broken")
    place.sync()
    folder = place.of("folder")
    assert (MAX_FAILURES + 5, MAX_FAILURES) == (folder.failed, len(folder.failures))
    assert MAX_FAILURES + 5 == len(place.report().files)


def test_failed_feeds_and_entries_have_a_reason_and_the_time_of_the_next_try(place: SourcesFixture) -> None:
    place.feed("http://a.example/feed", "http://a.example/1", "http://a.example/2", "http://a.example/3")
    gone, _ = place.feeds.add("http://b.example/feed")
    place.feeds.record_failure(gone.id, "It answered 503.", 60)
    first, second = (entry for entry in _entries(place, 2))
    place.feeds.record_entry_failure(first, str(FetchFailed("It answered 500.")), 600)
    place.feeds.record_entry_failure(second, "It answered 410.", None)
    feeds = place.of("feeds")
    assert (1, 3) == (feeds.waiting, feeds.failed)
    found = {each.problem: (each.kind, each.name, each.feed, each.again_at, each.link) for each in feeds.failures}
    assert {
        "It answered 503.": ("feed", "http://b.example/feed", None, NOW + 60, "http://b.example/feed"),
        "It answered 500.": ("entry", str(first.title), "Harbour", NOW + 600, first.link),
        "It answered 410.": ("entry", str(second.title), "Harbour", None, second.link),
    } == found
    advice = {each.problem: each.advice for each in feeds.failures}
    assert "follow its new address" in advice["It answered 503."]
    assert "tried again by itself" in advice["It answered 500."]
    assert "add the page by its address" in advice["It answered 410."]


def _entries(place: SourcesFixture, count: int) -> list[StoredEntry]:
    found = []
    for _ in range(count):
        entry = place.feeds.due_entry()
        assert entry is not None
        place.feeds.record_entry_failure(entry, "for now", 5)
        found.append(entry)
    return found


def test_a_fast_count_is_not_cached(place: SourcesFixture) -> None:
    assert 0 == place.of("texts").articles
    place.store.put(Article.from_draft(Draft("One.")), "text:1")
    assert 1 == place.of("texts").articles


def test_a_slow_count_is_cached_for_twenty_times_as_long(place: SourcesFixture) -> None:
    place.step = 1.0  # a count takes a second by this clock
    assert 0 == place.of("texts").articles
    place.store.put(Article.from_draft(Draft("One.")), "text:1")
    place.step = 0.0
    place.time = 20.5
    assert 0 == place.of("texts").articles
    place.time = 21.5
    assert 1 == place.of("texts").articles
