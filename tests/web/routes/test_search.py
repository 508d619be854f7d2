"""POST /search: sentences without reading."""

from flask import Flask

from tests.api_client import CheckedClient
from tests.web.test_api import add, is_problem


def test_the_closest_sentences_come_with_score_article_and_place(client: CheckedClient) -> None:
    found = client.post("/search", json={"question": "When does the ferry leave?", "top_k": 2}).json
    assert found is not None
    assert 2 == len(found["sentences"])
    best, second = found["sentences"]
    article = client.get(f"/articles/{best['article']['id']}").json
    assert article is not None
    assert "The ferry leaves at noon from the northern pier." == best["text"]
    assert article["text"][best["start"] : best["end"]] == best["text"]
    assert best["text"] in best["context"]["text"]
    assert best["score"] >= second["score"]


def test_every_filter_of_asking_is_one_of_searching(client: CheckedClient) -> None:
    old = add(client, text="The ferry left at two.", published="2020-01-01", source="Gazette", language="en")
    add(client, text="The ferry left at three.", published="2021-01-01", source="Herald", language="de")
    for filters in (
        {"published_to": "2020-06-01"},
        {"as_of": "2020-06-01"},
        {"source": "gazette"},
        {"language": "en", "published_from": "2019-01-01"},
        {"article": old["id"]},
    ):
        found = client.post("/search", json={"question": "When did the ferry leave?", **filters}).json
        assert found is not None
        assert {old["id"]} == {one["article"]["id"] for one in found["sentences"]}, filters


def test_a_bad_request_is_refused(client: CheckedClient) -> None:
    assert is_problem(client.post("/search", json={"question": " "}), 422, "empty")
    assert is_problem(client.post("/search", json={"question": "Who?", "top_k": 101}), 422, "at most 100")
    assert is_problem(client.post("/search", json={"question": "Who?", "timeline": True}), 422, "timeline")
    assert is_problem(client.post("/search", json={"question": "Who?", "source": "Nowhere"}), 422, "Nowhere")


def test_no_token_is_needed(app: Flask) -> None:
    schema = app.test_client().get("/openapi.json").json["paths"]["/search"]["post"]
    assert {} in schema["security"]  # none, unless reading is protected
