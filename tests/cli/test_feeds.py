import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from corpus.feeds.opml import read_opml
from tests.test_app import Command, Place, in_process, refused
from tests.web_server import TIDES, Site, answer, rss


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    place = Place(tmp_path)
    run: Callable[..., tuple[int, str, str]] = lambda *args: in_process(place, monkeypatch, capsys, *args)  # noqa: E731
    run("rebuild")
    return run


@pytest.fixture
def site() -> Iterator[Site]:
    with closing(Site()) as made:
        made.answers |= {"/feed": rss("Harbour", made.url("/tides")), "/tides": answer(TIDES)}
        yield made


def test_feeds_are_added_polled_listed_and_removed(command: Command, site: Site) -> None:
    url = site.url("/feed")
    status, shown, _ = command("feeds", "add", url, "--interval", "120", "--allow-private-urls")
    added, *rest = shown.splitlines()
    assert (0, True) == (status, added.startswith("added ") and added.endswith(url))
    assert [f"polled     {url}: 1 entry, 1 new", "added      Tides"] == rest
    assert "High tide is at six." in command("ask", "When is high tide?")[1]
    assert command("feeds", "add", url, "--allow-private-urls")[1].startswith("unchanged ")
    assert (0, f"polled     {url}: 1 entry, 0 new\n") == command("feeds", "poll", "--allow-private-urls")[:2]
    (feed,) = json.loads(command("feeds", "list", "--json")[1])["feeds"]
    assert ("Harbour", 1, 1, 120) == (feed["title"], feed["articles"], feed["entries"], feed["interval"])
    assert "articles 1, entries 1" in command("feeds", "list")[1]
    assert "its articles stay (1)" in command("feeds", "remove", url)[1]
    assert "No feeds are followed.\n" == command("feeds", "list")[1] == command("feeds", "poll")[1]
    assert 1 == json.loads(command("status", "--json")[1])["articles"]


def test_an_unreachable_feed_is_still_followed(command: Command, site: Site) -> None:
    site.answers["/down"] = answer(status=503)
    status, shown, error = command("feeds", "add", site.url("/down"), "--allow-private-urls")
    assert (0, "", "added") == (status, error, shown.split()[0])
    assert ["failed", "It"] == [line.split()[0] for line in shown.splitlines()[1:]]
    assert "answers 503 Service Unavailable." in shown
    assert "It is followed, and tried again later." in shown
    assert site.url("/down") in command("feeds", "list")[1]


def test_a_page_that_is_not_a_feed_is_not_followed(command: Command, site: Site) -> None:
    assert refused(
        command("feeds", "add", site.url("/tides"), "--allow-private-urls"), "is not an RSS, Atom or JSON feed"
    )
    assert "No feeds are followed.\n" == command("feeds", "list")[1]


def test_a_feed_that_stops_being_a_feed_is_still_followed(command: Command, site: Site) -> None:
    command("feeds", "add", site.url("/feed"), "--allow-private-urls")
    site.answers["/feed"] = site.answers["/tides"]
    assert "is not an RSS, Atom or JSON feed" in command("feeds", "add", site.url("/feed"), "--allow-private-urls")[1]
    assert site.url("/feed") in command("feeds", "list")[1]


def test_a_feed_added_while_another_process_polls_is_left_to_it(command: Command, site: Site, tmp_path: Path) -> None:
    command("feeds", "list")
    (lock,) = tmp_path.rglob("articles.sqlite")
    with FileLock(lock.with_name("feeds.lock")):
        status, shown, _ = command("feeds", "add", site.url("/feed"), "--allow-private-urls")
    assert (0, ["added", "waiting"]) == (status, [line.split()[0] for line in shown.splitlines()])


def test_a_followed_feed_becomes_due_while_another_process_polls(command: Command, site: Site, tmp_path: Path) -> None:
    def wait() -> float:
        (feed,) = json.loads(command("feeds", "list", "--json")[1])["feeds"]
        return (datetime.fromisoformat(feed["next_at"]) - datetime.now(UTC)).total_seconds()

    command("feeds", "add", site.url("/feed"), "--allow-private-urls")
    assert wait() > 1800
    (store,) = tmp_path.rglob("articles.sqlite")
    with FileLock(store.with_name("feeds.lock")):
        shown = command("feeds", "add", site.url("/feed"), "--allow-private-urls")[1]
    assert ["unchanged", "waiting"] == [line.split()[0] for line in shown.splitlines()]
    assert wait() <= 0


def test_a_failed_poll_is_explained_and_exits_with_1(command: Command, site: Site) -> None:
    feed = site.answers["/feed"]
    site.answers |= {"/feed": answer(status=503), "/down": answer(status=503)}
    for path in ("/feed", "/down"):
        command("feeds", "add", site.url(path), "--allow-private-urls")
    found = command("feeds", "poll")
    assert "private network" in found[1]
    assert refused(found, "2 of 2 feeds could not be fetched")
    site.answers |= {"/feed": feed, "/tides": answer(status=410)}
    failed = command("feeds", "poll", "--allow-private-urls")
    assert refused(failed, "1 of 2 feeds and 1 of 1 entry could not be fetched")
    assert "failing since" in command("feeds", "list")[1]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("add", "file:///etc/passwd"), "must begin with http"),
        (("add", "http://127.0.0.1:9/feed"), "private network"),
        (("add", "http://a.example/", "--interval", "5"), "60 seconds"),
        (("remove", "http://a.example/"), "no feed"),
        (("import", "nothing.opml"), "nothing.opml can't be read: no such file"),
        (("list", "--feed-interval", "5"), "CITELINE_FEED_INTERVAL"),
    ],
)
def test_errors_are_one_line(command: Command, args: tuple[str, ...], words: str) -> None:
    assert refused(command("feeds", *args), words)


def test_a_list_of_feeds_is_imported_and_exported(command: Command, tmp_path: Path) -> None:
    urls = ["http://a.example/", "ftp://b.example/", "http://c.example/?x=1&amp;y"]
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in urls)
    (tmp_path / "feeds.opml").write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    assert refused(command("feeds", "import", str(tmp_path / "feeds.opml")), "1 of 3 feeds could not be added")
    exported = command("feeds", "export")[1]
    assert ["http://a.example/", "http://c.example/?x=1&y"] == read_opml(exported.encode(), "exported")
