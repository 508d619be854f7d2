"""Watched questions over HTTP: what is told, to whom, and when."""

from contextlib import closing
from typing import Any

import feedparser  # type: ignore[import-untyped]
import pytest
from flask import Flask
from standardwebhooks import Webhook

from app import close_app
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes
from tests.web_server import Site, answer

MUSEUM = "When does the museum open?"
OPENS = "When does the museum open today, it does at two."
LATER = "When does the museum open? The museum does open at three."
TOKEN = "a-token-of-some-length"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app(threshold=0.5, allow_private_urls=True)


def watch(client: CheckedClient, **fields: object) -> dict[str, Any]:
    response = client.post("/watches", json={"question": MUSEUM, **fields})
    assert 201 == response.status_code, response.text
    found: dict[str, Any] = response.json
    return found


def add(client: CheckedClient, text: str) -> str:
    article_id: str = client.post("/articles?wait=true", json={"text": text}).json["id"]
    return article_id


def entries(client: CheckedClient) -> list[Any]:
    found: list[Any] = feedparser.parse(client.get("/watches.atom").data).entries
    return found


def test_an_article_that_answers_calls_the_webhook_and_is_in_the_feed(client: CheckedClient) -> None:
    with closing(Site()) as site:
        site.answers["/hook"] = answer(status=204)
        made = watch(client, webhook=site.url("/hook"))
        assert made["answer"] is None
        add(client, "Cats sleep all day long.")
        article = add(client, OPENS)
        assert comes(lambda: len(site.posted) == 1)
        headers, body = site.posted[0]
    sent = Webhook(made["secret"]).verify(body, headers)
    assert ("watch.answered", made["id"], None) == (sent["type"], sent["data"]["watch"], sent["data"]["previous"])
    assert (article, OPENS) == (sent["data"]["answers"][0]["article"]["id"], sent["data"]["answers"][0]["text"])
    (entry,) = entries(client)
    assert (MUSEUM, f"msg_{entry.id.removeprefix('urn:uuid:')}") == (entry.title, headers["webhook-id"])
    assert OPENS in entry.content[0].value
    assert client.get(entry.link.removeprefix("http://localhost")).status_code == 200
    assert OPENS == client.get("/watches").json["watches"][0]["answer"]


def test_another_answer_is_a_change_and_the_same_one_is_none(client: CheckedClient, app: Flask) -> None:
    first = add(client, OPENS)
    assert OPENS == watch(client)["answer"]
    add(client, f"{OPENS} Cats sleep.")
    wait_for_check(client, app)
    assert [] == entries(client)
    client.delete(f"/articles/{first}")
    add(client, "When does the museum open tomorrow?")
    assert [] == [one.title for one in entries(client)]


def wait_for_check(client: CheckedClient, app: Flask) -> None:
    """Return when a watched question has been checked in the present index."""
    newest = app.extensions["citeline"].indexer.generation().max_number
    assert comes(lambda: all(one.checked >= newest for one in app.extensions["citeline"].watcher.all()))


def test_a_deleted_answer_is_told_of_no_more_and_its_successor_is_a_change(client: CheckedClient, app: Flask) -> None:
    watch(client)
    first = add(client, OPENS)
    assert comes(lambda: len(entries(client)) == 1)
    client.delete(f"/articles/{first}")
    assert [] == entries(client)
    assert client.get("/watches").json["watches"][0]["answer"] is None
    other = "When does the museum open now, it does at three."
    add(client, other)
    assert comes(lambda: len(entries(client)) == 1)
    assert other in entries(client)[0].content[0].value


def test_after_a_restart_nothing_is_told_again(make_app: MakeApp) -> None:
    with closing(Site()) as site:
        site.answers["/hook"] = answer()
        app = make_app(threshold=0.5, allow_private_urls=True)
        client = app.test_client()
        assert isinstance(client, CheckedClient)
        watch(client, webhook=site.url("/hook"))
        add(client, OPENS)
        assert comes(lambda: len(site.posted) == 1)
        close_app(app)
        again = make_app(threshold=0.5, allow_private_urls=True)
        client = again.test_client()
        assert isinstance(client, CheckedClient)
        add(client, "Cats sleep all day long.")
        wait_for_check(client, again)
        again.extensions["citeline.runtime"].webhooks.send_due()
        assert 1 == len(site.posted)


@pytest.mark.parametrize(
    "webhook", ["http://127.0.0.1/", "http://localhost/x", "http://[::1]/", "ftp://a.example/", "http://xn--a.example/"]
)
def test_a_webhook_on_this_machine_or_without_a_host_is_refused(make_app: MakeApp, webhook: str) -> None:
    client = make_app().test_client()
    response = client.post("/watches", json={"question": MUSEUM, "webhook": webhook})
    assert 422 == response.status_code
    assert "webhook" in response.text
    assert [] == client.get("/watches").json["watches"]


@pytest.mark.parametrize("body", [{"question": " "}, {"question": MUSEUM, "source": "Nobody"}, {}])
def test_a_question_that_cannot_be_asked_cannot_be_watched(client: CheckedClient, body: dict[str, str]) -> None:
    assert 422 == client.post("/watches", json=body).status_code


def test_a_watch_is_removed_with_what_it_told(client: CheckedClient) -> None:
    made = watch(client)
    add(client, OPENS)
    assert comes(lambda: len(entries(client)) == 1)
    assert 204 == client.delete(f"/watches/{made['id']}").status_code
    assert 404 == client.delete(f"/watches/{made['id']}").status_code
    assert ([], []) == (client.get("/watches").json["watches"], entries(client))


def test_only_who_may_write_sees_the_address_of_a_webhook(make_app: MakeApp) -> None:
    client = make_app(token=TOKEN).test_client()
    header = {"Authorization": f"Bearer {TOKEN}"}
    body = {"question": MUSEUM, "webhook": "https://hooks.example/key-123"}
    assert 401 == client.post("/watches", json=body).status_code
    made = client.post("/watches", json=body, headers=header)
    assert made.json["secret"].startswith("whsec_")
    listed = [client.get("/watches", headers=given).json["watches"][0] for given in ({}, header)]
    assert ["https://hooks.example/", "https://hooks.example/key-123"] == [one["webhook"] for one in listed]
    assert "whsec_" not in client.get("/watches", headers=header).text
