"""Lists of articles, deleting several, and restoring them."""

import pytest

from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.web.test_api import is_problem


def test_articles_are_deleted_restored_and_answer_again(client: CheckedClient) -> None:
    question = {"question": "When does the ferry leave?"}
    articles = client.get("/articles").json["articles"]
    ids = [article["id"] for article in articles]
    assert {"ids": ids} == client.post("/articles/delete", json={"ids": [*ids, "0" * 16]}).json
    assert not client.post("/ask", json=question).json["answered"]
    deleted = client.get("/articles/deleted?per_page=1").json
    assert (len(ids), 1) == (deleted["total"], len(deleted["articles"]))
    assert deleted["articles"][0]["title"] in {article["title"] for article in articles}
    assert {"ids": ids} == client.post("/articles/restore", json={"ids": ids}).json
    client.application.extensions["citeline"].indexer.wait(30)
    assert client.post("/ask", json=question).json["answered"]
    assert articles == client.get("/articles").json["articles"]
    audited = {(entry["action"], entry["target"]) for entry in client.get("/audit").json["entries"]}
    assert {("delete", " ".join(ids)), ("restore", " ".join(ids))} <= audited


def test_the_list_is_sorted_filtered_and_searched(client: CheckedClient) -> None:
    added = client.post(
        "/articles?wait=true", json={"text": "A kiosk sells tea.", "title": "Aa", "source": "Gazette", "tags": ["tea"]}
    ).json
    (found,) = client.get("/articles?q=kiosk&text=true&tag=tea&source=gazette&state=ready").json["articles"]
    assert (added["id"], "ready", None) == (found["id"], found["state"], found["problem"])
    assert 0 == client.get("/articles?q=kiosk").json["total"]
    assert "Aa" == client.get("/articles?sort=title").json["articles"][0]["title"]
    assert "Aa" == client.get("/articles?sort=title&order=descending").json["articles"][-1]["title"]
    assert {"tags": [{"name": "tea", "articles": 1}]} == client.get("/tags").json


@pytest.mark.parametrize(
    "query", ["sort=size", "order=up", "state=gone", "source=Courier", "published_from=soon", "tag="]
)
def test_a_bad_list_is_refused(client: CheckedClient, query: str) -> None:
    assert is_problem(client.get(f"/articles?{query}"), 422, query.partition("=")[0])


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": ["a"] * 501}, {"ids": [1]}, {"ids": "a"}, {"ids": ["a"], "x": 1}]
)
def test_bad_ids_are_refused(client: CheckedClient, body: dict[str, object]) -> None:
    for path in ("/articles/delete", "/articles/restore"):
        assert is_problem(client.post(path, json=body), 422, "x" if "x" in body else "ids")


def test_what_was_deleted_is_shown_to_those_who_may_write(make_app: MakeApp) -> None:
    client = make_app(token="0123456789abcdef").test_client()
    assert 401 == client.get("/articles/deleted").status_code
    assert 401 == client.post("/articles/restore", json={"ids": ["a"]}).status_code
    assert 200 == client.get("/articles/deleted", headers={"Authorization": "Bearer 0123456789abcdef"}).status_code
