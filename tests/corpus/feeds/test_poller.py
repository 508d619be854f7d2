import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from filelock import FileLock

from corpus.article import Draft
from corpus.documents import Limits
from corpus.errors import ArticleReplaced, Conflict, StorageProblem, WorkerProblem
from corpus.feeds import repository
from corpus.feeds.parser import read_feed
from corpus.feeds.poller import DAY, EntryOutcome, FeedOutcome, Poller, backed_off, jittered
from corpus.feeds.repository import SubscriptionRepository
from corpus.fetching.client import Fetcher, Validators
from corpus.ingest.library import Library
from corpus.isolation.process import ProcessWorker
from corpus.isolation.worker import INLINE, Worker
from corpus.store.article_store import ArticleStore
from tests.waiting import comes
from tests.web_server import Answer, Site, answer

HOUR = 3600.0


class Place:
    """A web site, a store and a poller, whose clock a test sets."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site, self.now = folder, Site(), 1_700_000_000.0
        self.store = ArticleStore.open(folder / "articles.sqlite")
        self.feeds = SubscriptionRepository(self.store.database, lambda: self.now, allow_private=True)
        self.poller = self.another()

    def another(
        self, allow_private: bool = True, timeout: float = 5, pause: float = 0, worker: Worker = INLINE
    ) -> Poller:
        fetcher = Fetcher(timeout, 1_000_000, allow_private=allow_private)
        library = Library(self.store, fetcher, Limits())
        return Poller(self.feeds, library, fetcher, Limits(), self.folder / "feeds.lock", HOUR, pause, worker)

    def feed(self, path: str, *items: str, **headers: str) -> str:
        body = f'<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'
        self.site.answers[path] = answer(body.encode(), "application/rss+xml", **headers)
        return self.site.url(path)

    def page(self, path: str, words: str, head: str = "") -> str:
        body = f"<html><head>{head}</head><body><article><p>{words}</p></article></body></html>"
        self.site.answers[path] = answer(body.encode())
        return self.site.url(path)

    def poll(self, poller: Poller | None = None) -> list[str | None]:
        """Poll all feeds now; return the problem of each feed and entry."""
        return [found.problem for found in (self.poller if poller is None else poller).poll_all()]

    def tick(self) -> list[str | None]:
        """Poll what is due, as the thread does; return the problem of each feed and entry."""
        self.feeds.correct_times()
        return [found.problem for found in self.poller._poll_due()]

    def asked(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.site.asked)

    def titles(self) -> list[str]:
        return [article.title for article in self.store.page(0, 100)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with closing(made.store), closing(made.site):
        yield made


def item(link: str = "", guid: str = "", title: str = "", more: str = "") -> str:
    parts = {"link": link, "guid": guid, "title": title}
    return f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in parts.items() if value)}{more}</item>"


def test_polling_one_feed_adds_its_entries_only(place: Place) -> None:
    page, other = place.page("/a", "The ferry leaves at noon."), place.page("/b", "High tide is at six.")
    place.feeds.add(place.feed("/other", item(other, "1")))
    feed, _ = place.feeds.add(place.feed("/feed", item(page, "1"), item("", "2", "Empty")))
    polled, empty, taken = place.poller.poll_feed(feed)
    assert FeedOutcome(feed.url, new=2, entries=2) == polled
    assert "neither a link nor content" in str(empty.problem)
    assert (EntryOutcome, None) == (type(taken), taken.problem)
    assert (0, 0, 1) == (place.asked("/other"), place.asked("/b"), place.asked("/a"))
    assert [FeedOutcome(feed.url, new=0, entries=2)] == list(place.poller.poll_feed(feed))
    assert place.poller.active_feed is None


def test_no_feed_and_a_failing_feed_are_different_outcomes(place: Place) -> None:
    place.site.answers |= {"/page": answer(b"<html></html>"), "/down": answer(status=503)}
    place.site.answers["/broken"] = answer(b"<rss version='2.0'><channel></b>", "text/xml")
    found = {path: place.feeds.add(place.site.url(path))[0] for path in ("/page", "/down", "/broken")}
    polled = [outcome for feed in found.values() for outcome in place.poller.poll_feed(feed)]
    assert [False, True, True] == [each.is_feed for each in polled if isinstance(each, FeedOutcome)]
    assert None not in [each.problem for each in polled]


DATED = "<title>Ferry</title><meta property='article:published_time' content='2020-05-04'>"


@pytest.mark.parametrize(
    ("written", "title", "published"),
    [
        (("Other", "<pubDate>13 January 2022</pubDate>"), "Other", "2022-01-13"),  # the page's may be guessed
        ((" ", "<pubDate>soon</pubDate>"), "Ferry", "2020-05-04"),
        (("Other",), "Other", "2020-05-04"),
    ],
)
def test_entries_become_articles_of_their_pages_with_the_title_and_date_of_the_feed(
    place: Place, written: tuple[str, ...], title: str, published: str
) -> None:
    page = place.page("/ferry", "The ferry leaves at noon.", DATED)
    place.feeds.add(place.feed("/feed", item(page, "1", *written)))
    assert [None, None] == place.poll()
    (listed,) = place.store.page(0, 10)
    assert (title, page, "127.0.0.1") == (listed.title, listed.url, listed.source)
    assert published == str(listed.published)[:10]
    assert "The ferry leaves at noon." in place.store.get(listed.id).text
    assert [place.site.url("/feed")] == [origin.feed for origin in place.store.origins("url:")]


def test_a_known_entry_is_not_fetched_again(place: Place) -> None:
    page = place.page("/a", "The ferry leaves at noon.")
    place.feeds.add(place.feed("/feed", item(page, "1")))
    place.poll()
    place.feed("/feed", item(page, "another id"), item(page, "1"))
    place.poll()
    assert (2, 1) == (place.asked("/feed"), place.asked("/a"))
    assert 1 == place.feeds.list()[0].articles


def test_the_same_link_in_two_feeds_is_one_article(place: Place) -> None:
    page = place.page("/a", "The ferry leaves at noon.")
    place.feeds.add(place.feed("/feed", item(page, "1")))
    place.feeds.add(place.feed("/feed2", item(f"{page}#part", "x")))
    place.poll()
    assert (1, 1) == (place.asked("/a"), place.store.count())
    assert [1, 1] == [feed.articles for feed in place.feeds.list()]


def test_a_deleted_article_is_not_added_again(place: Place) -> None:
    canonical = f'<link rel="canonical" href="{place.site.url("/real")}">'
    page = place.page("/a", "The ferry leaves at noon.", canonical)
    place.feeds.add(place.feed("/feed", item(page, "1")))
    place.poll()
    place.store.delete(place.store.page(0, 1)[0].id)
    alias = place.page("/b", "The ferry leaves at noon.", canonical)
    place.feeds.add(place.feed("/feed2", item(page, "x"), item(alias, "y")))
    assert [None] * 3 == place.poll()  # two feeds and the alias
    assert 0 == place.store.count()


@pytest.mark.parametrize("by_link", [True, False])
def test_a_deleted_article_is_not_added_after_subscribing_anew(place: Place, by_link: bool) -> None:
    page = place.page("/a", "The ferry leaves at noon.")
    content = "<description>High tide is at six.</description>"
    url = place.feed("/feed", item(page, "1") if by_link else item("", "1", "Tides", content))
    place.feeds.add(url)
    place.poll()
    deleted = place.store.get(place.store.page(0, 1)[0].id)
    place.store.delete(deleted.id)
    place.feeds.remove(url)
    place.feeds.add(url)
    place.poll()
    assert (0, 1) == (place.store.count(), place.feeds.list()[0].entries)
    library = Library(place.store, Fetcher(), Limits())
    library.add_draft(Draft(deleted.text, deleted.title, deleted.url))  # by hand it comes back, and stays
    place.feeds.remove(url)
    place.feeds.add(url)
    place.poll()
    assert (1, int(by_link)) == (place.store.count(), place.feeds.list()[0].articles)


def remembered(place: Place) -> int:
    with place.store.database.reading() as db:
        return int(db.execute("SELECT count(*) FROM entries").fetchone()[0])


def test_entries_that_a_feed_does_not_list_any_more_are_forgotten(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MAX_REMEMBERED", 3)
    pages = [place.page(f"/{number}", f"Ferry number {number} leaves at noon.") for number in range(10)]
    listed = {number: item(url, str(number), f"Ferry {number}") for number, url in enumerate(pages)}
    place.feeds.add(place.feed("/feed", listed[0], listed[1]))
    assert [None] * 3 == place.poll()
    for number in range(2, 10):
        place.feed("/feed", listed[number], listed[number - 1])
        assert not any(place.poll())
        assert remembered(place) <= 2 + 3
    assert 10 == place.store.count()


@pytest.mark.parametrize("canonical", ["", "/canonical"])
def test_a_deleted_article_stays_deleted_while_the_feed_lists_it_and_after_it_was_forgotten(
    place: Place, monkeypatch: pytest.MonkeyPatch, canonical: str
) -> None:
    monkeypatch.setattr(repository, "MAX_REMEMBERED", 0)
    head = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    page = item(place.page("/page", "The ferry leaves at noon.", head), "page", "Ferry")
    text = item("", "text", "Tram", "<description>The tram leaves at noon from the pier.</description>")
    place.feeds.add(place.feed("/feed", page, text))
    place.poll()
    for article in place.store.page(0, 9):
        place.store.delete(article.id)
    other = item(place.page("/other", "High tide is at six."), "other", "Tide")
    for items in ([page, text], [other], [page, text, other], [other], [text, page]):
        place.feed("/feed", *items)
        place.poll()
        assert set(place.titles()) <= {"Tide"}
    assert 2 == remembered(place)


def test_a_feed_does_not_add_what_was_deleted_by_hand(place: Place) -> None:
    page = place.page("/a", "The ferry leaves at noon.")
    library = Library(place.store, Fetcher(5, allow_private=True), Limits())
    library.remove(library.add_url(page).article.id)
    place.feeds.add(place.feed("/feed", item(page, "1")))
    place.poll()
    assert (0, 1) == (place.store.count(), place.asked("/a"))


def test_removing_a_feed_keeps_its_articles(place: Place) -> None:
    place.feeds.add(place.feed("/feed", item(place.page("/a", "The ferry leaves at noon."), "1")))
    place.poll()
    place.feeds.remove(place.site.url("/feed"))
    assert (1, []) == (place.store.count(), place.poll())


def test_an_entry_without_a_link_is_added_by_its_content(place: Place) -> None:
    content = "<description>&lt;p&gt;High tide is at six.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description>"
    place.feeds.add(place.feed("/feed", item("", "1", "Tides", content), item("", "2", "Nothing")))
    assert [None, "The entry 'Nothing' has neither a link nor content.", None] == place.poll()  # the oldest first
    (listed,) = place.store.page(0, 10)
    assert ("Tides", None, "High tide is at six.") == (listed.title, listed.url, place.store.get(listed.id).text)
    assert (1, 1, 0) == (place.feeds.list()[0].articles, place.feeds.list()[0].failed, place.feeds.list()[0].pending)


def test_a_bug_of_a_reader_is_told_of_an_entry_without_a_link(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.documents.html.reader.find_blocks", None)
    place.feeds.add(place.feed("/feed", item("", "1", "Tides", description("&lt;p&gt;High tide is at six.&lt;/p&gt;"))))
    assert "The entry 'Tides' can't be read, by an error of Citeline and not of the file" in str(place.poll()[1])


def test_a_failing_page_is_retried_a_few_times(place: Place) -> None:
    place.site.answers["/a"] = answer(b"down", status=500)
    place.feeds.add(place.feed("/feed", item(place.site.url("/a"), "1")), 300 * 24 * HOUR)
    waits = []
    for tries in range(1, 6):
        place.tick()
        assert tries == place.asked("/a")
        with place.store.database.reading() as db:
            waits.append(db.execute("SELECT wait FROM entries").fetchone()[0])
        place.now += waits[-1] - 1
        place.tick()
        assert tries == place.asked("/a"), "it was tried too early"
        place.now += 2
    assert waits == [*sorted(waits[:4]), 0]
    assert 600 <= waits[0] <= 660
    place.now += 100 * DAY
    place.tick()
    assert (5, 1) == (place.asked("/a"), place.feeds.list()[0].failed)
    (failure,) = place.feeds.failures(place.feeds.list()[0].id)
    assert "answers 500 Internal Server Error" in str(failure.problem)


def test_a_page_that_recovers_is_added(place: Place) -> None:
    place.site.answers["/a"] = answer(b"down", status=503, Retry_After="7200")
    place.feeds.add(place.feed("/feed", item(place.site.url("/a"), "1")), 300 * 24 * HOUR)
    place.tick()
    place.page("/a", "The ferry leaves at noon.")
    place.now += 7199
    place.tick()
    assert 0 == place.store.count()
    place.now += 2
    place.tick()
    assert (1, []) == (place.store.count(), place.feeds.failures(place.feeds.list()[0].id))


def test_feeds_are_requested_with_their_validators(place: Place) -> None:
    def respond(request: BaseHTTPRequestHandler) -> None:
        known = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
        if known == ('"v1"', "Thu, 13 Jan 2022 10:00:00 GMT"):
            return answer(status=304)(request)
        body = b'<rss version="2.0"><channel><title>News</title></channel></rss>'
        headers = {"ETag": '"v1"', "Last_Modified": "Thu, 13 Jan 2022 10:00:00 GMT"}
        return answer(body, "text/xml", **headers)(request)

    place.site.answers["/feed"] = respond
    place.feeds.add(place.site.url("/feed"))
    for _ in range(3):
        assert [None] == place.poll()
    feed = place.feeds.list()[0]
    assert ("News", '"v1"', 0) == (feed.title, feed.etag, feed.failures)
    assert [False, True, True] == ["If-None-Match" in headers for _, headers in place.site.asked]


def test_a_feed_is_polled_once_an_interval_despite_restarts(place: Place) -> None:
    place.feeds.add(place.feed("/feed"))
    place.feeds.add(place.feed("/often"), 60)
    place.tick()
    place.poller = place.another()
    place.now += 70
    place.tick()
    assert (1, 2) == (place.asked("/feed"), place.asked("/often"))
    place.now += HOUR * 1.1
    place.tick()
    assert 2 == place.asked("/feed")


@pytest.mark.parametrize("broken", ["worker", "disk"])
def test_a_feed_that_this_machine_can_not_read_now_is_polled_again_soon(place: Place, broken: str) -> None:
    place.feeds.add(place.feed("/feed", item("", "1", "Ferry")))
    with closing(ProcessWorker()) as worker:
        place.poller = place.another(worker=worker)
    if broken == "disk":
        place.poller = place.another()
        with place.store.database.writing() as db:
            refuse = "BEGIN SELECT RAISE(FAIL, 'disk full'); END"
            db.execute(f"CREATE TEMP TRIGGER full BEFORE INSERT ON entries {refuse}")
    with pytest.raises(WorkerProblem if broken == "worker" else StorageProblem):
        place.tick()
    with place.store.database.writing() as db:
        db.execute("DROP TRIGGER IF EXISTS full")
    place.poller = place.another()
    assert [] == place.tick()
    place.now += 70
    assert place.tick()[0] is None
    assert 0 == place.feeds.list()[0].failures


def test_a_clock_that_goes_back_neither_stops_nor_hurries_feeds(place: Place) -> None:
    place.feeds.add(place.feed("/feed"))
    place.tick()
    place.now -= 1000 * DAY
    place.tick()
    assert 1 == place.asked("/feed")
    place.now += HOUR * 1.1
    place.tick()
    assert 2 == place.asked("/feed")


def test_a_failing_feed_is_polled_ever_less_often(place: Place) -> None:
    place.site.answers["/feed"] = answer(b"", status=500)
    place.feeds.add(place.site.url("/feed"))
    waits = []
    for _ in range(13):
        (problem,) = place.tick()
        assert "answers 500" in str(problem)
        waits.append(place.feeds.list()[0].next_at - place.now)
        place.now += waits[-1]
    minutes = [*(2**failures for failures in range(11)), 24 * 60, 24 * 60]
    for expected, wait in zip(minutes, waits, strict=True):
        assert expected * 60 <= wait <= expected * 66
    place.feed("/feed")
    assert [None] == place.tick()
    assert place.feeds.list()[0].next_at - place.now <= 1.1 * HOUR


def test_retry_after_is_honoured(place: Place) -> None:
    place.site.answers["/feed"] = answer(b"", status=429, Retry_After="100000")
    place.site.answers["/moved"] = answer(b"", status=302, Location="/feed")
    place.feeds.add(place.site.url("/feed"))
    place.feeds.add(place.site.url("/moved"))
    place.tick()
    assert [100_000, 100_000] == [feed.next_at - place.now for feed in place.feeds.list()]


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"<html><body>No feed.</body></html>", "text/html", "is not an RSS, Atom or JSON feed"),
        (b"\0\1\2", "application/rss+xml", "binary data"),
        (b"", "application/rss+xml", "is not an RSS, Atom or JSON feed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><rss><channel>&b;</channel></rss>', "text/xml", "declares entities"),
        (b"<rss>" + b" " * 1_000_000, "text/xml", "larger than the limit"),
    ],
)
def test_unreadable_pages_fail_with_a_reason(place: Place, body: bytes, content_type: str, problem: str) -> None:
    place.site.answers["/feed"] = answer(body, content_type)
    place.feeds.add(place.site.url("/feed"))
    place.poll()
    feed = place.feeds.list()[0]
    assert problem in str(feed.problem)
    assert (1, place.now) == (feed.failures, feed.failing_since)


def test_an_endless_response_fails(place: Place) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        answer(b"<rss>", "text/xml")(request)
        while True:
            request.wfile.write(b" ")
            time.sleep(0.05)

    place.site.answers["/feed"] = drip
    place.feeds.add(place.site.url("/feed"))
    (problem,) = place.poll(place.another(timeout=0.5))
    assert "didn't answer in full within 0.5 seconds" in str(problem)


def test_disallowed_pages_are_fetched_only_by_hand(place: Place) -> None:
    page, private = place.page("/a", "The ferry leaves at noon."), place.page("/private/b", "High tide is at six.")
    place.site.answers["/robots.txt"] = answer(b"User-agent: *\nDisallow: /private/\nDisallow: /feed\n", "text/plain")
    place.feeds.add(place.feed("/feed", item(page, "1"), item(private, "2")))  # the feed is one that a person named
    first, refused, last = place.poll()
    assert (None, True, None) == (first, f"{private} is not fetched: the robots.txt" in str(refused), last)
    assert (0, 1, 1) == (place.asked("/private/b"), place.asked("/robots.txt"), place.feeds.list()[0].failed)
    Library(place.store, Fetcher(5, allow_private=True), Limits()).add_url(private)
    assert 2 == place.store.count()


@pytest.mark.parametrize(("rules", "pause"), [(b"User-agent: *\nCrawl-delay: 1\n", 0.0), (b"", 1.0)])
def test_pages_of_one_host_are_fetched_a_pause_or_crawl_delay_apart(place: Place, rules: bytes, pause: float) -> None:
    place.site.answers["/robots.txt"] = answer(rules, "text/plain")
    pages = [place.page(f"/{number}", f"Ferry {number} leaves at noon.") for number in range(2)]
    moments: list[float] = []

    def respond(request: BaseHTTPRequestHandler, original: Answer) -> None:
        moments.append(time.monotonic())
        original(request)

    for path in ("/0", "/1"):
        place.site.answers[path] = partial(respond, original=place.site.answers[path])
    place.feeds.add(place.feed("/feed", *(item(page, page) for page in pages)))
    place.poll(place.another(pause=pause))
    assert moments[1] - moments[0] >= 0.9


def test_private_addresses_are_refused_to_feeds_and_entries(place: Place) -> None:
    url = place.feed("/feed", item(place.page("/a", "The ferry leaves."), "1"))
    place.feeds.add(url)
    (problem,) = place.poll(place.another(allow_private=False))
    assert "private network" in str(problem)
    assert [] == place.site.asked
    place.feeds.record_success(
        place.feeds.list()[0].id, read_feed(Fetcher(5, allow_private=True).fetch(url).data, url), Validators()
    )
    with place.store.database.writing() as db:
        db.execute("UPDATE feeds SET next_at = next_at + 1e9, wait = 2e9")
    guarded = place.another(allow_private=False)
    assert [True] == ["private network" in str(found.problem) for found in guarded._poll_due()]
    assert (1, 0) == (place.feeds.list()[0].failed, place.asked("/a"))


def test_one_poller_at_a_time_over_all_processes(place: Place) -> None:
    place.feeds.add(place.feed("/feed"))
    with FileLock(place.folder / "feeds.lock"), pytest.raises(Conflict, match="polled by another process"):
        list(place.another().poll_all(patience=0.1))
    assert 0 == place.asked("/feed")
    assert [None] == place.poll()


def test_two_pollers_in_the_background_take_each_entry_once(place: Place) -> None:
    pages = [place.page(f"/{number}", f"Ferry {number} leaves at noon.") for number in range(5)]
    place.feeds.add(place.feed("/feed", *(item(page, page) for page in pages)))
    pollers = [place.another(), place.another()]
    for poller in pollers:
        poller.start()
    assert comes(lambda: place.store.count() == 5)
    for poller in pollers:
        poller.stop()
    assert [1] * 6 == [place.asked(path) for path in ("/feed", "/0", "/1", "/2", "/3", "/4")]


def test_a_new_feed_wakes_the_poller_which_stops_at_once(place: Place) -> None:
    poller = place.another()
    place.feeds.on_change = poller.wake
    poller.start()
    place.feeds.add(place.feed("/feed"))
    assert comes(lambda: place.asked("/feed") == 1)
    begun = time.monotonic()
    poller.stop()
    assert time.monotonic() - begun < 20, "it would sleep until the next poll"
    assert comes(lambda: "feeds" not in [thread.name for thread in threading.enumerate()])


@pytest.mark.parametrize(
    ("failures", "interval", "minutes"),
    [
        *((1, HOUR, 1), (2, HOUR, 2), (6, HOUR, 32), (11, HOUR, 1024), (12, HOUR, 1440), (5000, HOUR, 1440)),
        *((1, 3 * DAY, 1), (50, 3 * DAY, 3 * 1440)),  # a longer interval is the bound
    ],
)
def test_backing_off_doubles_from_a_minute_to_a_day(failures: int, interval: float, minutes: int) -> None:
    assert minutes * 60.0 == backed_off(interval, failures)


def test_jitter_only_adds() -> None:
    found = {jittered(100) for _ in range(100)}
    assert 100 <= min(found) < max(found) <= 110


LONG = "The harbour master Pello Varga counts the boats at six each morning. " * 3


def description(words: str) -> str:
    return f"<description>{words}</description>"


def texts(place: Place) -> list[str]:
    return sorted(article.text for article, _ in place.store.each())


SHELL = answer(b"<html><body><noscript>You need to enable JavaScript to run this app.</noscript></body></html>")
SOUND = answer(b"ID3" + b"\0" * 100, "audio/mpeg")


@pytest.mark.parametrize(
    "page", [answer(status=403), answer(status=404), SHELL, SOUND], ids=["403", "404", "shell", "sound"]
)
def test_the_text_in_the_feed_stands_for_a_page_that_cannot_be_read(place: Place, page: Answer) -> None:
    place.site.answers["/a"] = page
    url = place.site.url("/a")
    place.feeds.add(place.feed("/feed", item(url, "1", "Boats", description(f"&lt;p&gt;{LONG}&lt;/p&gt;"))))
    assert [None, None] == place.poll()
    ((article, by_url),) = place.store.each()
    assert (LONG.strip(), "Boats", url, True) == (article.text, article.title, article.url, by_url)
    assert [None] == place.poll()  # done
    place.site.answers["/b"] = page
    place.feed("/feed", item(place.site.url("/b"), "2", "Tide", description("Read more.")))
    assert place.poll()[1] is not None  # such words stand for no page
    assert 1 == place.store.count()


def test_a_page_that_is_down_is_tried_again_and_replaces_the_text_in_the_feed(place: Place) -> None:
    place.site.answers["/a"] = answer(status=503)
    place.feeds.add(place.feed("/feed", item(place.site.url("/a"), "1", "Boats", description(LONG))))
    assert [None, None] == place.poll()
    assert [LONG.strip()] == texts(place)
    (failed,) = place.feeds.failures(place.feeds.list()[0].id)
    assert "answers 503 Service Unavailable. The text in the feed is used meanwhile." in str(failed.problem)
    place.page("/a", f"{LONG} He has done so since 1987.")
    place.now += 900
    assert [None] == place.tick()
    assert ["since 1987" in text for text in texts(place)] == [True]
    assert [] == place.feeds.failures(place.feeds.list()[0].id)


WALL = "We and our partners store and read information on a device. Accept all or reject all to go on to the site. " * 2


@pytest.mark.parametrize("words", ["Sign in to read the boats.", WALL])
def test_a_page_without_the_text_of_its_entry_is_not_the_article(place: Place, words: str) -> None:
    page = place.page("/a", words, DATED)
    place.feeds.add(place.feed("/feed", item(page, "1", "Boats", description(LONG))))
    place.poll()
    assert [LONG.strip()] == texts(place)
    assert "2020-05-04" == place.store.page(0, 1)[0].published


BOATS = "The harbour master Pello Varga counts the boats at six each morning."
FULL = " ".join(
    f"{BOATS} On day {day} there were {30 + day} of them, and the tide was high at noon." for day in range(9)
)
SUMMARY = "The harbour master counts the boats each morning and writes down how many there are."


@pytest.mark.parametrize(
    ("kind", "by_hand"),
    [*((kind, False) for kind in ("403", "503", "shell", "wall", "long wall")), ("403", True), ("long wall", True)],
)
def test_a_summary_in_a_feed_replaces_no_full_article(place: Place, kind: str, by_hand: bool) -> None:
    page = place.page("/a", FULL)
    library = Library(place.store, Fetcher(5, allow_private=True), Limits())
    feed = place.feed("/feed", item(page, "1", "Boats", description(SUMMARY)))
    if by_hand:
        library.add_draft(Draft(FULL, "My boats", page))
    place.feeds.add(feed)
    place.poll()
    before = [(article.text, article.title) for article, _ in place.store.each()]
    assert ([FULL], by_hand) == (texts(place), before[0][1] == "My boats")
    answers = {"403": answer(status=403), "503": answer(status=503), "shell": SHELL}
    if kind in answers:
        place.site.answers["/a"] = answers[kind]
    else:
        place.page("/a", "Sign in to read on." if kind == "wall" else WALL)
    place.feed("/feed", item(page, "1", "The boats", description(f"{SUMMARY} Updated.")))
    place.poll()
    assert before == [(article.text, article.title) for article, _ in place.store.each()]
    assert by_hand == ([] == place.feeds.failures(place.feeds.list()[0].id))
    place.page("/a", f"{FULL} Updated.")
    place.now += 900
    place.tick()
    assert [FULL if by_hand else f"{FULL} Updated."] == texts(place)


def test_a_page_that_a_user_added_meanwhile_is_not_replaced(place: Place) -> None:
    canonical = f'<link rel="canonical" href="{place.site.url("/real")}">'
    place.site.answers["/a"] = answer(status=503)
    place.feeds.add(place.feed("/feed", item(place.site.url("/a"), "1", "Boats", description(LONG))))
    place.poll()
    place.page("/a", f"{LONG} He has done so since 1987.", canonical)
    library = Library(place.store, Fetcher(5, allow_private=True), Limits())
    library.add_draft(Draft(FULL, "My boats", place.site.url("/real")))
    place.now += 900
    assert [None] == place.tick()
    assert ["My boats"] == place.titles()  # the text of the feed has done its duty
    place.feed("/feed", item(place.site.url("/a"), "1", "Boats, again", description(LONG)))
    place.poll()
    assert ["My boats"] == place.titles()


def test_a_shorter_text_of_the_feed_replaces_its_own_former_one(place: Place) -> None:
    place.site.answers["/a"] = answer(status=403)
    for number, text in enumerate((FULL, LONG)):
        url = place.feed("/feed", item(place.site.url("/a"), "1", f"Boats {number}", description(text)))
        place.feeds.add(url)
        assert [None, None] == place.poll()
    assert [LONG.strip()] == texts(place)


def test_an_entry_that_comes_to_share_its_link_leaves_the_page_that_it_added(place: Place) -> None:
    page = place.page("/", FULL)
    place.feeds.add(place.feed("/feed", item(page, "1", "Boats", description(SUMMARY))))
    place.poll()
    entries = (item(page, str(number), f"Boats {number}", description(f"{SUMMARY} {number}")) for number in (1, 2))
    place.feed("/feed", *entries)
    place.poll()
    assert [FULL, f"{SUMMARY} 1", f"{SUMMARY} 2"] == sorted(texts(place), key=len, reverse=True)


def test_entries_that_share_a_link_are_articles_of_their_own_text(place: Place) -> None:
    page = place.page("/", "The offers of the week.")
    shirts = [
        f"The shirt of {name} was drawn by hand and costs {price} crowns." for name, price in (("A", 1), ("B", 2))
    ]
    place.feeds.add(place.feed("/feed", *(item(page, "", text[:14], description(text)) for text in shirts)))
    assert [None] * 3 == place.poll()
    assert shirts == texts(place)
    assert {page} == {article.url for article, _ in place.store.each()}
    third = "The shirt of C was drawn by hand and costs 13 crowns."
    place.feed("/feed", item(page, "3", "Shirt C", description(third)))
    place.poll()
    assert [*shirts, third] == texts(place)


def test_an_entry_that_has_changed_replaces_its_article(place: Place) -> None:
    place.feeds.add(place.feed("/feed", item("", "fee", "Fee", description("The fee is 10 crowns a night."))))
    place.poll()
    place.feed("/feed", item("", "fee", "Fee", description("The fee is 20 crowns a night.")))
    assert [None, None] == place.poll()
    assert ["The fee is 20 crowns a night."] == texts(place)
    assert [None] == place.poll()
    place.store.delete(place.store.page(0, 1)[0].id)
    place.feed("/feed", item("", "fee", "Fee", description("The fee is 30 crowns a night.")))
    place.poll()
    assert [] == texts(place)  # a user deleted it


def test_the_page_of_an_entry_that_has_changed_is_fetched_again(place: Place) -> None:
    page = place.page("/a", "The fee is 10 crowns a night.")
    place.feeds.add(place.feed("/feed", item(page, "fee", "Fee", "<pubDate>13 January 2022</pubDate>")))
    place.poll()
    place.page("/a", "The fee is 20 crowns a night.")
    place.poll()
    assert 1 == place.asked("/a")
    place.feed("/feed", item(page, "fee", "Fee", "<pubDate>14 January 2022</pubDate>"))
    assert [None, None] == place.poll()
    assert ["The fee is 20 crowns a night."] == texts(place)
    assert "2022-01-14" == str(place.store.page(0, 1)[0].published)[:10]


def test_an_edit_survives_a_change_of_the_entry_and_of_its_link(place: Place) -> None:
    library = Library(place.store, Fetcher(5, allow_private=True), Limits())
    place.feeds.add(place.feed("/feed", item("", "fee", "Fee", description("The fee is 10 crowns a night."))))
    place.poll()
    before = library.edit(place.store.page(0, 1)[0].id, {"title": "Mooring", "source": "Port"})
    place.feed("/feed", item("", "fee", "Fee", description("The fee is 20 crowns a night.")))
    place.poll()
    page = place.page("/a", "The fee is 30 crowns a night, and for members 25.")
    place.feed("/feed", item(page, "fee", "Fees"))
    assert [None, None] == place.poll()
    ((article, by_url),) = place.store.each()
    assert "for members 25" in article.text
    assert ("Mooring", "Port", page, True) == (article.title, article.source, article.url, by_url)
    with pytest.raises(ArticleReplaced) as error:
        place.store.get(before.id)
    assert article.id == error.value.article_id


def test_an_entry_says_when_its_page_was_updated(place: Place) -> None:
    entry = f"<entry><id>1</id><title>Fee</title><link href='{place.page('/a', 'The fee is 10 crowns.')}'/>"
    times = "<published>2022-01-13T08:00:00Z</published><updated>2022-01-14T10:00:00Z</updated>"
    body = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title>{entry}{times}</entry></feed>"
    place.site.answers["/feed"] = answer(body.encode(), "application/atom+xml")
    place.feeds.add(place.site.url("/feed"))
    assert [None, None] == place.poll()
    (found,) = place.store.page(0, 9)
    assert ("2022-01-13T08:00:00+00:00", "2022-01-14T10:00:00+00:00") == (found.published, found.updated)


def test_an_entry_with_another_link_leaves_only_the_page_that_it_added(place: Place) -> None:
    former, mine, new = (place.page(f"/{name}", f"The page of {name}.") for name in ("former", "mine", "new"))
    Library(place.store, Fetcher(5, allow_private=True), Limits()).add_url(mine)
    place.feeds.add(place.feed("/feed", item(former, "1", "Ferry"), item(mine, "2", "Boats")))
    place.poll()
    place.feed("/feed", item(new, "1", "Ferry"), item(new, "2", "Boats"))
    place.poll()
    assert {mine, new} == {article.url for article, _ in place.store.each()}


def test_entries_of_a_former_version_are_not_added_again(place: Place) -> None:
    page = place.page("/a", "The ferry leaves at noon.")
    place.feeds.add(place.feed("/feed", item(page, "1", "Ferry")))
    place.poll()
    with place.store.database.writing() as db:
        db.execute("UPDATE entries SET digest = NULL")
    assert [None] == place.poll()
    place.feed("/feed", item(page, "1", "The ferry"))
    assert [None, None] == place.poll()
    assert ["The ferry"] == place.titles()
