import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from corpus.feeds.opml import read_opml
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes
from tests.web.test_api import ask, is_problem, titles
from tests.web_server import Site
from web.serialization import iso_time


def until(client: CheckedClient, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Wait until the one feed is as a test says."""

    def feed() -> dict[str, Any]:
        return dict(client.get("/feeds").json["feeds"][0])

    assert comes(lambda: bool(condition(feed())))
    return feed()


def test_a_feed_that_is_added_is_polled_and_its_articles_answer(make_app: MakeApp, site: Site) -> None:
    client = make_app(allow_private_urls=True).test_client()
    assert isinstance(client, CheckedClient)
    added = client.post("/feeds", json={"url": site.url("/feed")})
    assert (201, 3600) == (added.status_code, added.json["interval"])
    found = until(client, lambda found: found["problems"] and found["articles"])
    assert ("Harbour", 2, 1, 1) == (found["title"], found["entries"], found["articles"], found["pending"])
    assert None is found["problem"] is found["failing_since"]
    (problem,) = found["problems"]
    assert problem["name"] == site.url("/gone")
    assert "410" in problem["problem"]
    client.application.extensions["citeline"].indexer.wait(60)
    assert "Tides" in titles(ask(client, "When is high tide?"))
    assert 204 == client.delete(f"/feeds/{found['id']}").status_code
    assert [] == client.get("/feeds").json["feeds"]
    assert "Tides" in titles(ask(client, "When is high tide?"))


def test_a_failing_feed_has_the_time_and_reason(make_app: MakeApp, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.fetching.transport.resolve", lambda host, port, seconds: ["127.0.0.1"])
    client = make_app().test_client()  # which fetches nothing from this machine
    added = iso_time(time.time())
    client.post("/feeds", json={"url": site.url("/feed").replace("127.0.0.1", "feeds.example")})
    found = until(client, lambda found: found["problem"] is not None)
    assert "private network" in found["problem"]
    assert added <= found["polled_at"] <= found["failing_since"] <= iso_time(time.time())
    assert [] == site.asked


def test_the_same_feed_again_is_the_existing_one(client: CheckedClient) -> None:
    first = client.post("/feeds", json={"url": "http://feeds.invalid/feed"})
    again = client.post("/feeds", json={"url": "http://feeds.invalid/feed", "interval": 120})
    assert (201, 200) == (first.status_code, again.status_code)
    assert (first.json["id"], 120) == (again.json["id"], again.json["interval"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"url": "ftp://a.example/"}, "must begin with http"),
        ({"url": "http://127.0.0.1:9/feed"}, "private network"),
        ({"url": "http://localhost/feed"}, "private network"),
        ({"url": "http://a.example/", "interval": 59}, "interval"),
        ({"url": "http://a.example/", "more": 1}, "more"),
        ({}, "url"),
    ],
)
def test_an_invalid_feed_is_refused(client: CheckedClient, body: dict[str, object], words: str) -> None:
    assert is_problem(client.post("/feeds", json=body), 422, words)
    assert [] == client.get("/feeds").json["feeds"]


def test_an_unknown_feed_is_not_found(client: CheckedClient) -> None:
    for response in (client.delete("/feeds/nothing"), client.post("/feeds/nothing/poll")):
        assert is_problem(response, 404, "no feed 'nothing'")


@pytest.mark.parametrize("path", ["/feeds/{}/poll", "/feeds/poll"])
def test_a_feed_is_polled_on_request(make_app: MakeApp, site: Site, path: str) -> None:
    client = make_app(allow_private_urls=True).test_client()
    assert isinstance(client, CheckedClient)
    feed = client.post("/feeds", json={"url": site.url("/feed")}).json["id"]
    until(client, lambda found: bool(found["entries"]) and not found["running"])

    def requests(address: str) -> int:
        return [asked for asked, _ in site.asked].count(address)

    before = requests("/gone")
    assert 202 == client.post(path.format(feed)).status_code
    found = until(client, lambda found: before < requests("/gone"))
    assert (2, 2) == (requests("/feed"), found["entries"])


def upload(client: CheckedClient, data: bytes, name: str = "feeds.opml") -> TestResponse:
    return client.post("/feeds/import", data={"file": (io.BytesIO(data), name)})


def test_a_list_of_feeds_is_imported_and_exported(client: CheckedClient) -> None:
    client.post("/feeds", json={"url": "http://feeds.invalid/a?x=1&y"})
    urls = ("http://feeds.invalid/a?x=1&amp;y", "http://feeds.invalid/b", "http://10.0.0.7/c")
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in urls)
    came = upload(client, f"<opml><body>{outlines}</body></opml>".encode())
    assert (200, 1, 1) == (came.status_code, came.json["added"], came.json["unchanged"])
    (problem,) = came.json["problems"]
    assert "10.0.0.7 is an address" in problem
    went = client.get("/feeds.opml")
    assert "attachment; filename=feeds.opml" == went.headers["Content-Disposition"]
    assert ["http://feeds.invalid/a?x=1&y", "http://feeds.invalid/b"] == read_opml(went.data, "it")


def test_a_file_that_is_not_opml_is_refused(client: CheckedClient) -> None:
    assert is_problem(upload(client, b"<html></html>", "page.html"), 422, "page.html is not OPML")
    assert is_problem(
        client.post("/feeds/import", data={"other": "x"}, content_type="multipart/form-data"), 422, "file"
    )
    assert is_problem(client.post("/feeds/import", json={"file": "x"}), 422, "file")


def test_changes_need_the_token_and_reading_does_not(make_app: MakeApp) -> None:
    client = make_app(token="a secret of many").test_client()
    assert is_problem(client.post("/feeds", json={"url": "http://a.example/"}), 401)
    assert is_problem(client.delete("/feeds/a"), 401)
    for path in ("/feeds/a/poll", "/feeds/poll", "/feeds/import"):
        assert is_problem(client.post(path), 401)
    assert is_problem(client.get("/feeds.opml"), 401)
    assert 200 == client.get("/feeds").status_code
