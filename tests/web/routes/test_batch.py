"""POST /ask/batch: replies line by line."""

import json
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from qa.batch.questions import MAX_QUESTIONS
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes
from tests.web.test_api import add, is_problem
from web.request_body import CSV, JSON_LINES
from web.routes.precedence import Precedence


def lines(response: Any) -> list[dict[str, Any]]:
    assert (200, JSON_LINES) == (response.status_code, response.mimetype), response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_replies_come_in_order_and_a_failure_is_a_line(client: CheckedClient) -> None:
    questions = ["When does the ferry leave?", " ", "q" * 1001, "When does the bridge reopen?"]
    found = lines(client.post("/ask/batch", json={"questions": questions, "top_k": 1}))
    assert [(number, question) for number, question in enumerate(questions, 1)] == [
        (one["number"], one["question"]) for one in found
    ]
    assert [True, False, False, True] == [one["reply"] is not None for one in found]
    assert [False, True, True, False] == [one["problem"] is not None for one in found]
    alone = client.post("/ask", json={"question": questions[0], "top_k": 1}).json
    assert alone is not None
    assert alone["answers"] == found[0]["reply"]["answers"]


def test_questions_may_come_as_csv_with_options_in_the_query_string(client: CheckedClient) -> None:
    old = add(client, text="The ferry left at two.", published="2020-01-01", source="Gazette")
    data = b"id;question\n1;When did the ferry leave?\n2;\n3;Who?\n"
    query = {"top_k": "1", "source": ["gazette"]}
    found = lines(client.post("/ask/batch", data=data, content_type=CSV, query_string=query))
    assert ["When did the ferry leave?", "Who?"] == [one["question"] for one in found]
    assert {old["id"]} == {one["article"]["id"] for one in found[0]["reply"]["answers"]}


def test_options_may_stand_in_the_query_string_and_those_of_the_body_go_before(client: CheckedClient) -> None:
    asked = {"json": {"questions": ["When does the ferry leave?"], "top_k": 2}, "query_string": {"top_k": "1"}}
    assert 2 == len(lines(client.post("/ask/batch", **asked))[0]["reply"]["answers"])
    del asked["json"]["top_k"]
    assert 1 == len(lines(client.post("/ask/batch", **asked))[0]["reply"]["answers"])


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"json": {"questions": []}}, 422, "questions"),
        ({"json": {"questions": ["Who?"] * (MAX_QUESTIONS + 1)}}, 422, "questions"),
        ({"json": {"questions": ["Who?"], "conversation_id": "x"}}, 422, "conversation_id"),
        ({"json": {"questions": ["Who?"], "source": "Nowhere"}}, 422, "Nowhere"),
        ({"json": {"questions": ["Who?"]}, "query_string": {"top_k": "0"}}, 422, "top_k"),
        ({"data": b"name\nWho?", "content_type": CSV}, 422, "column"),
        ({"data": b"question\n" + b"Who?\n" * (MAX_QUESTIONS + 1), "content_type": CSV}, 422, "1,001"),
        ({"data": b"question\n\xff\n", "content_type": CSV}, 400, "UTF-8"),
        ({"data": b"Who?", "content_type": "text/plain"}, 415, "JSON"),
    ],
)
def test_a_bad_request_is_refused_as_a_whole(
    client: CheckedClient, request_: dict[str, Any], status: int, words: str
) -> None:
    assert is_problem(client.post("/ask/batch", **request_), status, words)


def test_no_more_batches_run_than_leave_threads_for_others(make_app: MakeApp) -> None:
    client = make_app(server_threads=2).test_client()
    body = {"questions": ["When does the ferry leave?"] * 3}
    with client.post("/ask/batch", json=body, buffered=False) as running:
        assert 200 == running.status_code
        assert is_problem(client.post("/ask/batch", json=body), 503, "Too many")
        assert 200 == client.post("/ask", json={"question": "When does the ferry leave?"}).status_code
    assert 3 == len(lines(client.post("/ask/batch", json=body)))


def test_who_hangs_up_stops_the_work(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    qa, asked = app.extensions["citeline"].qa, []
    ask = type(qa).ask
    monkeypatch.setattr(
        type(qa), "ask", lambda self, question, *more: asked.append(question) or ask(self, question, *more)
    )
    body = {"questions": [f"When does ferry {number} leave?" for number in range(100)]}
    app.test_client_class = FlaskClient  # the checked one reads all
    with app.test_client().post("/ask/batch", json=body, buffered=False) as response:
        next(iter(response.response))
    assert len(asked) < 5


def test_a_batch_gives_way_to_questions_that_run() -> None:
    turns, done = Precedence(), threading.Event()
    turns.begin()
    waiting = threading.Thread(target=lambda: (turns.give_way(30), done.set()))
    waiting.start()
    assert not done.wait(0.1)
    turns.end()
    assert comes(done.is_set)
    waiting.join()
    turns.begin()
    turns.give_way(0.01)  # but not for ever
