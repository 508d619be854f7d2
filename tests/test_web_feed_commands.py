import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.opml import read_opml
from tests.test_app import Command, Place, in_process, refused
from tests.test_corpus_fetch import Site, answer

PAGE = b"<html><head><title>Tides</title></head><body><article><p>High tide is at six.</p></article></body></html>"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    place = Place(tmp_path)
    run: Callable[..., tuple[int, str, str]] = lambda *args: in_process(place, monkeypatch, capsys, *args)  # noqa: E731
    return run


@pytest.fixture
def site() -> Iterator[Site]:
    with closing(Site()) as made:
        feed = f'<rss version="2.0"><channel><title>Harbour</title><item><link>{made.url("/tides")}</link></item>'
        made.answers |= {"/feed": answer(feed.encode(), "text/xml"), "/tides": answer(PAGE)}
        yield made


def test_feeds_are_added_polled_listed_and_removed(command: Command, site: Site) -> None:
    url = site.url("/feed")
    assert command("feeds", "add", url, "--interval", "120")[1].startswith("added ")
    assert command("feeds", "add", url)[1].startswith("unchanged ")
    status, shown, _ = command("feeds", "poll", "--allow-private-urls")
    assert (0, [f"polled     {url}: 1 new", "added      Tides"]) == (status, shown.splitlines())
    (feed,) = json.loads(command("feeds", "list", "--json")[1])["feeds"]
    assert ("Harbour", 1, 1, 120) == (feed["title"], feed["articles"], feed["entries"], feed["interval"])
    assert "articles 1, entries 1" in command("feeds", "list")[1]
    assert "its articles stay (1)" in command("feeds", "remove", url)[1]
    assert "No feed is followed.\n" == command("feeds", "list")[1] == command("feeds", "poll")[1]
    assert 1 == json.loads(command("status", "--json")[1])["articles"]


def test_a_poll_that_fails_says_why_and_ends_with_1(command: Command, site: Site) -> None:
    command("feeds", "add", site.url("/feed"))
    found = command("feeds", "poll")
    assert "private network" in found[1]
    assert refused(found, "1 of 1 could not be had")
    assert "failing since" in command("feeds", "list")[1]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("add", "file:///etc/passwd"), "must begin with http"),
        (("add", "http://a.example/", "--interval", "5"), "60 seconds"),
        (("remove", "http://a.example/"), "no feed"),
        (("import", "nothing.opml"), "nothing.opml can't be read: no such file"),
        (("list", "--feed-interval", "5"), "CITELINE_FEED_INTERVAL"),
    ],
)
def test_what_is_wrong_is_one_line(command: Command, args: tuple[str, ...], words: str) -> None:
    assert refused(command("feeds", *args), words)


def test_a_list_of_feeds_is_imported_and_exported(command: Command, tmp_path: Path) -> None:
    urls = ["http://a.example/", "ftp://b.example/", "http://c.example/?x=1&amp;y"]
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in urls)
    (tmp_path / "feeds.opml").write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    assert refused(command("feeds", "import", str(tmp_path / "feeds.opml")), "1 of 3 could not be added")
    exported = command("feeds", "export")[1]
    assert ["http://a.example/", "http://c.example/?x=1&y"] == read_opml(exported.encode(), "exported")
