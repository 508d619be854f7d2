"""POST /verify."""

from tests.api_client import CheckedClient
from tests.web.test_api import is_problem


def test_quotations_come_with_verdict_and_place(client: CheckedClient) -> None:
    text = 'We wrote "the ferry leaves at noon" and “It carries bicycles for nine crowns” and "no such words here".'
    found = client.post("/verify", json={"text": text}).json
    assert found is not None
    exact, altered, missing = found["excerpts"]
    assert ["exact", "altered", "not found"] == [one["verdict"] for one in found["excerpts"]]
    assert text[exact["start"] : exact["end"]] == exact["text"] == "the ferry leaves at noon"
    (match,) = exact["matches"]
    article = client.get(f"/articles/{match['article']['id']}").json
    assert article is not None
    assert "The ferry leaves at noon" == article["text"][match["start"] : match["end"]] == match["text"]
    assert ["nine "] == [one["draft"] for one in altered["differences"] if one["kind"] == "changed"]
    assert [] == missing["matches"]


def test_a_bad_request_is_refused(client: CheckedClient) -> None:
    assert is_problem(client.post("/verify", json={}), 422, "text is missing")
    assert is_problem(client.post("/verify", json={"text": "a" * 1_000_001}), 422, "1,000,000")
    assert is_problem(client.post("/verify", json={"text": '"ab cd" ' * 10_000}), 422, "10,000 quotations")
    assert {"excerpts": []} == client.post("/verify", json={"text": "\U0001f600" * 1_000_000}).json
