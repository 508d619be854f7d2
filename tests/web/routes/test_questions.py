"""Kept questions over HTTP: which are kept, what answers them since, and who may keep and delete."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes

MUSEUM = "When does the museum open?"


@pytest.fixture
def client(make_app: MakeApp) -> CheckedClient:
    """A service that answers what shares most words with a sentence: the threshold decides."""
    client = make_app(threshold=0.5).test_client()
    assert isinstance(client, CheckedClient)
    return client


def groups(client: CheckedClient, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/questions", query_string=query).json["groups"]
    return found


def ask(client: CheckedClient, question: str, **fields: object) -> dict[str, Any]:
    reply: dict[str, Any] = client.post("/ask", json={"question": question, **fields}).json
    return reply


def judged(client: CheckedClient, verdict: str = "up", **fields: object) -> str:
    (best, *_) = ask(client, "The ferry leaves at noon from the northern pier")["answers"]
    body = {"question": "When?", "verdict": verdict, "article": best["article"]["id"]}
    response = client.post("/feedback", json={**body, "start": best["start"], "end": best["end"], **fields})
    assert 201 == response.status_code, response.text
    found: str = response.json["id"]
    return found


def test_a_question_without_an_answer_is_kept_with_its_filters(client: CheckedClient) -> None:
    assert not ask(client, MUSEUM, published_from="2020-01-01", undated="include")["answered"]
    ask(client, MUSEUM, published_from="2020-01-01", undated="include")
    (group,) = groups(client)
    (only,) = group["questions"]
    assert (2, MUSEUM, "unanswered", None) == (only["times"], only["question"], only["kind"], only["answered_since"])
    assert {"name": "published_from", "value": "2020-01-01"} in only["filters"]


def test_an_answer_does_not_wait_for_the_store_to_be_writable(client: CheckedClient, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state" / "articles.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not ask(client, MUSEUM)["answered"]
        other.execute("ROLLBACK")
    assert [MUSEUM] == [group["questions"][0]["question"] for group in groups(client)]


@pytest.mark.parametrize("question", ["Hello", "How many articles are there?", "ferry leaves noon northern pier"])
def test_what_needs_no_answer_or_has_one_is_not_kept(client: CheckedClient, question: str) -> None:
    ask(client, question)
    assert [] == groups(client)


def test_an_article_that_arrives_later_answers_it(client: CheckedClient) -> None:
    ask(client, MUSEUM)
    client.post("/articles?wait=true", json={"text": "Cats sleep all day long."})
    text = "When does the museum open today, it does."
    article = client.post("/articles?wait=true", json={"text": text}).json["id"]
    assert comes(lambda: groups(client)[0]["questions"][0]["answered_since"] is not None)
    answer = groups(client)[0]["questions"][0]["answer"]
    assert (article, text) == (answer["article"], answer["text"])
    client.delete(f"/articles/{article}")
    assert groups(client)[0]["questions"][0]["answer"] is None


def test_feedback_has_the_words_of_the_answer_and_can_be_changed(client: CheckedClient) -> None:
    former = judged(client)
    judged(client, "down", reason=" It leaves at one. ", replaces=former)
    (group,) = groups(client)
    (only,) = group["questions"]
    assert ("down", "It leaves at one.") == (only["kind"], only["reason"])
    assert "noon" in only["answer"]["text"]
    assert [] == groups(client, kind="up")
    assert [group] == groups(client, kind="down")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"article": "0" * 16}, 404),
        ({"end": 1_000}, 422),
        ({"start": 5, "end": 5}, 422),
        ({"verdict": "so so"}, 422),
        ({"question": " "}, 422),
    ],
)
def test_feedback_on_what_no_article_says_is_refused(
    client: CheckedClient, fields: dict[str, object], status: int
) -> None:
    article = client.get("/articles").json["articles"][0]["id"]
    body = {"question": "When?", "verdict": "up", "article": article, "start": 0, "end": 5}
    assert status == client.post("/feedback", json=body | fields).status_code
    assert [] == groups(client)


def test_feedback_is_on_the_words_of_an_answer_not_on_a_whole_article(client: CheckedClient) -> None:
    article = client.post("/articles", json={"text": "So it is, they say. " * 200}).json["id"]
    body = {"question": "When?", "verdict": "up", "article": article, "start": 0}
    assert 201 == client.post("/feedback", json=body | {"end": 2_000}).status_code
    refused = client.post("/feedback", json=body | {"end": 2_001})
    assert (422, True) == (refused.status_code, "2,000 characters" in refused.text)


def test_the_list_has_pages_and_can_be_cleared(client: CheckedClient) -> None:
    for question in (MUSEUM, "Who painted the blue cats?", "Why do pigeons sing?"):
        ask(client, question)
    page = client.get("/questions?page=2&per_page=2").json
    assert (True, 3, 1) == (page["kept"], page["total"], len(page["groups"]))
    one = page["groups"][0]["questions"][0]["id"]
    assert 204 == client.delete(f"/questions/{one}").status_code
    assert 404 == client.delete(f"/questions/{one}").status_code
    assert 2 == len(groups(client))
    assert 204 == client.delete("/questions").status_code
    assert [] == groups(client)


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, True),
        ({"hosts": ("notes.example",), "token": "correct horse battery"}, False),
        ({"keep_questions": "never"}, False),
        ({"hosts": ("notes.example",), "token": "correct horse battery", "keep_questions": "always"}, True),
    ],
)
def test_questions_are_kept_where_only_this_machine_is_served(
    make_app: MakeApp, settings: dict[str, Any], kept: bool
) -> None:
    client = make_app(threshold=0.5, **settings).test_client()
    ask(client, MUSEUM)  # type: ignore[arg-type]
    header = {"Authorization": f"Bearer {settings['token']}"} if "token" in settings else {}
    assert (401 if header else 200) == client.get("/questions").status_code == client.get("/open-questions").status_code
    found = client.get("/questions", headers=header).json
    assert (kept, int(kept)) == (found["kept"], found["total"])
    article = client.get("/articles").json["articles"][0]["id"]
    body = {"question": "When?", "verdict": "up", "article": article, "start": 0, "end": 5}
    assert (201 if kept else 409) == client.post("/feedback", json=body).status_code
