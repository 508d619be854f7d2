import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.test_corpus_fetch import Site, answer
from tests.test_web_api import ask, is_problem, titles

PAGE = b"<html><head><title>Tides</title></head><body><article><p>High tide is at six.</p></article></body></html>"


@pytest.fixture
def site() -> Iterator[Site]:
    with closing(Site()) as made:
        items = f"<item><link>{made.url('/tides')}</link></item><item><link>{made.url('/gone')}</link></item>"
        feed = f'<rss version="2.0"><channel><title>Harbour</title>{items}</channel></rss>'
        made.answers |= {"/feed": answer(feed.encode(), "text/xml"), "/tides": answer(PAGE)}
        made.answers["/gone"] = answer(status=410)
        yield made


def test_a_feed_that_is_added_is_polled_and_its_articles_answer(make_app: MakeApp, site: Site) -> None:
    client = make_app(allow_private_urls=True).test_client()
    assert isinstance(client, CheckedClient)
    added = client.post("/feeds", json={"url": site.url("/feed")})
    assert (201, 3600) == (added.status_code, added.json["interval"])
    end = time.monotonic() + 20
    while not (found := client.get("/feeds").json["feeds"][0])["problems"] or not found["articles"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert ("Harbour", 2, 1, 1) == (found["title"], found["entries"], found["articles"], found["pending"])
    assert None is found["problem"] is found["failing_since"]
    (problem,) = found["problems"]
    assert problem["name"] == site.url("/gone")
    assert "410" in problem["problem"]
    client.application.extensions["citeline"].indexer.wait(20)
    assert "Tides" in titles(ask(client, "When is high tide?"))
    assert 204 == client.delete(f"/feeds/{found['id']}").status_code
    assert [] == client.get("/feeds").json["feeds"]
    assert "Tides" in titles(ask(client, "When is high tide?"))


def test_a_feed_that_fails_says_since_when_and_why(make_app: MakeApp, site: Site) -> None:
    client = make_app().test_client()  # which fetches nothing from this machine
    client.post("/feeds", json={"url": site.url("/feed")})
    end = time.monotonic() + 20
    while (found := client.get("/feeds").json["feeds"][0])["problem"] is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "private network" in found["problem"]
    assert found["failing_since"] == found["polled_at"]
    assert [] == site.asked


def test_the_same_feed_again_is_the_one_that_is_there(client: CheckedClient) -> None:
    first = client.post("/feeds", json={"url": "http://127.0.0.1:9/feed"})
    again = client.post("/feeds", json={"url": "http://127.0.0.1:9/feed", "interval": 120})
    assert (201, 200) == (first.status_code, again.status_code)
    assert (first.json["id"], 120) == (again.json["id"], again.json["interval"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"url": "ftp://a.example/"}, "must begin with http"),
        ({"url": "http://a.example/", "interval": 59}, "interval"),
        ({"url": "http://a.example/", "more": 1}, "more"),
        ({}, "url"),
    ],
)
def test_what_can_not_be_followed_is_refused(client: CheckedClient, body: dict[str, object], words: str) -> None:
    assert is_problem(client.post("/feeds", json=body), 422, words)
    assert [] == client.get("/feeds").json["feeds"]


def test_a_feed_that_is_not_there_can_not_be_removed(client: CheckedClient) -> None:
    assert is_problem(client.delete("/feeds/nothing"), 404, "no feed 'nothing'")


def test_changes_need_the_token_and_reading_does_not(make_app: MakeApp) -> None:
    client = make_app(token="secret").test_client()
    assert is_problem(client.post("/feeds", json={"url": "http://a.example/"}), 401)
    assert is_problem(client.delete("/feeds/a"), 401)
    assert 200 == client.get("/feeds").status_code
