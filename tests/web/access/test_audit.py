"""What the audit log holds of requests: what they changed."""

import json
from typing import Any

from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from web.request_body import JSON_LINES


def entries(client: CheckedClient) -> list[tuple[str, Any]]:
    return [(one["action"], one["target"]) for one in client.get("/audit").json["entries"]]


def bulk(client: CheckedClient, *lines: dict[str, str]) -> None:
    data = "\n".join(map(json.dumps, lines)).encode()
    assert 200 == client.post("/articles/bulk", data=data, headers={"Content-Type": JSON_LINES}).status_code


def test_what_was_there_already_is_no_change(make_app: MakeApp) -> None:
    client = make_app(allow_private_urls=True).test_client()
    article, feed = {"text": "The mill grinds oats."}, {"url": "http://127.0.0.1:9/feed"}
    added = client.post("/articles", json=article).json["id"]
    followed = client.post("/feeds", json=feed).json["id"]
    expected = [("feed add", followed), ("add", added)]
    assert expected == entries(client)
    assert 200 == client.post("/articles", json=article).status_code
    assert 200 == client.post("/feeds", json=feed).status_code
    bulk(client, article)
    assert expected == entries(client)
    assert 200 == client.post("/feeds", json=feed | {"interval": 600}).status_code
    assert [("feed add", followed), *expected] == entries(client)


def test_an_import_says_how_many_it_added(make_app: MakeApp) -> None:
    client = make_app().test_client()
    bulk(client, {"text": ""}, {"title": "Without a text"})
    assert [] == entries(client)
    bulk(client, {"text": "The mill grinds oats."}, {"text": ""}, {"text": "The weir is open."})
    assert [("import", "2 added")] == entries(client)


def test_what_is_stored_but_not_indexed_in_time_is_in_it(make_app: MakeApp) -> None:
    client = make_app().test_client()
    services = client.application.extensions["citeline"]
    held = 0
    while services.wait_slots.acquire(blocking=False):
        held += 1
    added = client.post("/articles?wait=true", json={"text": "The mill grinds oats."})
    (listed,) = client.get("/articles?q=oats").json["articles"]
    edited = client.patch(f"/articles/{listed['id']}?wait=true", json={"title": "Mill"})
    assert [503, 503] == [added.status_code, edited.status_code]
    assert [("edit", listed["id"]), ("add", listed["id"])] == entries(client)
    services.wait_slots.release(held)
    assert 200 == client.patch(f"/articles/{listed['id']}?wait=true", json={"title": "Weir"}).status_code
    assert 3 == len(entries(client)), "a request is recorded twice"
