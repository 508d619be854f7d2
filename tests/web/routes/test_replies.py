"""Replies with an address of their own."""

from typing import Any

import pytest
from flask import Flask

from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from web.access.rights import Right

QUESTION = "When does the ferry leave?"


def save(client: CheckedClient, **fields: object) -> dict[str, Any]:
    response = client.post("/replies", json={"question": QUESTION, **fields})
    assert 201 == response.status_code, response.text
    saved: dict[str, Any] = response.json
    assert f"/replies/{saved['id']}" == response.headers["Location"]
    return saved


def add(client: CheckedClient, text: str) -> str:
    article_id: str = client.post("/articles?wait=true", json={"text": text}).json["id"]
    return article_id


def test_a_saved_reply_is_what_ask_answered(client: CheckedClient) -> None:
    saved = save(client, top_k=1)
    assert {"question": QUESTION, "top_k": 1} == saved["request"]
    assert saved == client.get(f"/replies/{saved['id']}").json
    asked = client.post("/ask", json=saved["request"]).json
    assert [asked["answers"], asked["generation"]] == [saved["reply"]["answers"], saved["reply"]["generation"]]


def test_its_page_shows_the_question(client: CheckedClient) -> None:
    page = client.get(save(client, question="When does the <b>ferry</b> leave?")["url"])
    assert 200 == page.status_code
    assert "When does the &lt;b&gt;ferry&lt;/b&gt; leave?" in page.text


def test_it_stays_as_it_was_when_the_articles_change(client: CheckedClient) -> None:
    first = add(client, "The cable car of Lumen opens on Friday.")
    saved = save(client, question="When does the cable car of Lumen open?")
    add(client, "The cable car of Lumen was closed for good.")
    assert saved == client.get(f"/replies/{saved['id']}").json
    client.delete(f"/articles/{first}")


def test_it_is_not_shown_once_an_article_that_it_quotes_is_deleted(client: CheckedClient) -> None:
    article = add(client, "The bakery of Tamsel opens on Saturday.")
    saved = save(client, question="When does the bakery of Tamsel open?")
    assert article in str(saved["reply"])
    client.delete(f"/articles/{article}")
    for path in (f"/replies/{saved['id']}", saved["url"]):
        response = client.get(path)
        assert 404 == response.status_code
        assert "Saturday" not in response.text


@pytest.mark.parametrize("path", ["/replies/none", "/a/none", "/replies/%00", "/a/..%2f"])
def test_an_unknown_one_is_not_found(path: str, client: CheckedClient) -> None:
    assert 404 == client.get(path).status_code


def test_a_bad_question_saves_nothing(app: Flask, client: CheckedClient) -> None:
    assert 422 == client.post("/replies", json={"question": " "}).status_code


def test_it_takes_a_conversation_as_large_as_ask_does(client: CheckedClient) -> None:
    turns = [{"question": "Where?", "answer": "\N{SNOWMAN}" * 5_000}] * 20  # 600 KB in ASCII
    assert turns == save(client, conversation=turns)["request"]["conversation"]


def test_who_may_ask_may_open_it(make_app: MakeApp) -> None:
    app = make_app(token="correct horse battery", read="token")
    client, bot = app.test_client(), app.extensions["citeline"].access.add_token("bot", Right.ASK)
    headers = {"Authorization": f"Bearer {bot}"}
    saved = client.post("/replies", json={"question": QUESTION}, headers=headers).json
    for path in (f"/replies/{saved['id']}", saved["url"]):
        assert 200 == client.get(path, headers=headers).status_code
        assert 401 == client.get(path).status_code
    assert 403 == client.get("/articles", headers=headers).status_code


def test_it_tells_nobody_the_id_of_its_conversation(client: CheckedClient, app: Flask) -> None:
    saved = save(client, conversation_id="a-secret")
    assert {"question": QUESTION} == saved["request"]
    database = app.extensions["citeline.runtime"].store.database
    with database.writing() as db:
        db.execute("""UPDATE saved_replies SET request = '{"question": "Who?", "conversation_id": "a-secret"}'""")
    assert {"question": "Who?"} == client.get(f"/replies/{saved['id']}").json["request"]
    assert "a-secret" not in client.get(saved["url"]).text
