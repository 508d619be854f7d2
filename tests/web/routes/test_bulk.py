"""POST /articles/bulk: a result for each line."""

import json
from typing import Any

from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.web.test_api import is_problem
from web.request_body import JSON_LINES

HEAD = {"Content-Type": JSON_LINES}


def send(client: CheckedClient, *lines: object) -> list[dict[str, Any]]:
    data = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    response = client.post("/articles/bulk", data=data.encode(), headers=HEAD)
    assert (200, JSON_LINES) == (response.status_code, response.mimetype)
    return [json.loads(line) for line in response.text.splitlines()]


def test_a_bad_line_does_not_stop_the_others(client: CheckedClient) -> None:
    found = send(
        client,
        {"text": "The tram stops at eleven.", "title": "Tram", "tags": ["night"]},
        "",
        "{not JSON",
        {"text": "A text.", "colour": "red"},
        {"text": 7},
        {"title": "Without a text"},
        {"url": "https://example.org/page"},
        {"text": "A text.", "title": "t" * 501},
        "[1]",
        {"text": "The bus leaves at noon."},
    )
    assert [1, 3, 4, 5, 6, 7, 8, 9, 10] == [one["line"] for one in found]
    assert ["added", *["failed"] * 7, "added"] == [one["state"] for one in found]
    words = ["JSON", "colour", "text must be a text", "Give the text", "has no text", "500", "object"]
    assert [] == [
        (word, one["problem"]) for word, one in zip(words, found[1:-1], strict=True) if word not in one["problem"]
    ]
    stored = client.get(f"/articles/{found[0]['id']}").json
    assert stored is not None
    assert ("Tram", ["night"]) == (stored["title"], stored["tags"])


def test_sending_again_changes_nothing(client: CheckedClient) -> None:
    lines = (
        {"text": "The tram stops at eleven.", "url": "https://example.org/tram"},
        {"text": "The bus leaves at noon."},
    )
    first, again = send(client, *lines), send(client, *lines)
    assert ["added"] * 2 == [one["state"] for one in first]
    assert ["unchanged"] * 2 == [one["state"] for one in again]
    assert [one["id"] for one in first] == [one["id"] for one in again]


def test_another_text_of_a_url_replaces_the_former_one(client: CheckedClient) -> None:
    url = "https://example.org/tram"
    (former,), (later,) = (send(client, {"text": f"The tram stops at {hour}.", "url": url}) for hour in ("ten", "two"))
    assert 301 == client.get(f"/articles/{former['id']}").status_code or former["id"] != later["id"]
    listed = client.get("/articles?q=tram").json
    assert listed is not None
    assert 1 == listed["total"]


def test_a_line_of_many_keys_is_refused_before_it_is_parsed(client: CheckedClient) -> None:
    (found,) = send(client, json.dumps({f"key {n}": "" for n in range(2000)}))
    assert "strings" in found["problem"]


def test_another_media_type_is_refused(client: CheckedClient) -> None:
    assert is_problem(client.post("/articles/bulk", json={"text": "A text."}), 415, JSON_LINES)
    assert is_problem(client.post("/articles/bulk", data=b"{}", content_type="text/plain"), 415, JSON_LINES)


def test_the_token_is_needed(make_app: MakeApp) -> None:
    client = make_app(token="a-long-secret-token").test_client()
    assert is_problem(client.post("/articles/bulk", data=b"{}", headers=HEAD), 401)
    response = client.post(
        "/articles/bulk", data=b'{"text": "A text."}', headers={**HEAD, "Authorization": "Bearer a-long-secret-token"}
    )
    assert 200 == response.status_code
