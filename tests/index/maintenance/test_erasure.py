"""What is deleted is in no file of the state folder once it is erased."""

import io
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import close_app
from corpus.article import Draft
from corpus.questions.watches import WatchedAnswer, WatchRepository
from index.maintenance.erasure import Eraser
from tests.conftest import FERRY, MakeApp
from tests.waiting import comes

SECRET = (b"Quillbert", b"quillbert", b"zanzibarite", b"Zanzibarite", b"obsidianform")
TEXT = (
    "Mayor Quillbert hid the zanzibarite below the old mill. Nobody knows why Quillbert did so in obsidianform rooms."
)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


def files_with_secrets(state: Path) -> set[str]:
    return {
        path.relative_to(state).as_posix()
        for path in state.rglob("*")
        if path.is_file() and any(word in path.read_bytes() for word in SECRET)
    }


def eraser_of(app: Flask) -> Eraser:
    eraser: Eraser = app.extensions["citeline"].eraser
    return eraser


def ferry_of(client: FlaskClient) -> str:
    article_id: str = client.get("/articles?q=ferry").json["articles"][0]["id"]
    return article_id


def add_everywhere(app: Flask, client: FlaskClient) -> list[str]:
    """Add articles with the secret words: an upload, a page that then changes, and one that is in feed entries."""
    library = app.extensions["citeline"].library
    upload = {"file": (io.BytesIO(f"# The mill\n\n{TEXT}".encode()), "mill-of-quillbert.md")}
    response = client.post("/articles?wait=true", data=upload, content_type="multipart/form-data")
    address = "https://town.example/mill"
    library.add_draft(Draft(text=f"{TEXT} So it was.", title="Quillbert before", url=address))
    library.add_draft(Draft(text=f"{TEXT} So it is.", title="Quillbert now", url=address))
    page = client.get("/articles?q=Quillbert").json["articles"][0]["id"]
    app.extensions["citeline"].indexer.wait(30)
    asked = {"question": "What did Mayor Quillbert hide?"}
    reply = client.post("/ask", json=asked).json
    assert reply["answered"]
    assert client.post("/replies", json=asked).status_code in {200, 201}
    # The first reply quotes another article; only what went before is from one that will be deleted.
    turn = {"question": "Who hid it?", "answer": "Mayor Quillbert"}
    for asked in (
        {"question": "When does the ferry leave?", "conversation": [turn]},
        {"question": "When does the ferry leave him?", "conversation": [turn]},
    ):
        assert client.post("/replies", json=asked | {"article": ferry_of(client)}).status_code == 201
    app.extensions["citeline"].suggestions.catch_up("Quill")
    best = reply["answers"][0]
    feedback = {"question": asked["question"], "verdict": "down", "reason": "It was no zanzibarite, says Quillbert."}
    span = {"article": best["article"]["id"], "start": best["start"], "end": best["end"]}
    assert client.post("/feedback", json=feedback | span).status_code == 201
    # No article answers it, but the closest passages are of these.
    unanswered = {"question": "Why has Quillbert never married?", "top_k": 1}
    found = app.extensions["citeline"].qa.ask(**unanswered)
    app.extensions["citeline"].questions.note(replace(found, answers=()))
    assert len(client.get("/questions").json["groups"]) >= 2
    watched = client.post("/watches", json={"question": "What did the mayor hide?"}).json["id"]
    watches = WatchRepository(app.extensions["citeline.runtime"].store.database)
    (watch,) = watches.all()
    payload = {"data": {"watch": watched, "answers": [best]}}
    answer = WatchedAnswer("zanzibarite", frozenset({best["article"]["id"]}))
    watches.set_answer(watch, watch.checked + 1, answer, payload)
    assert watches.events(9)
    with app.extensions["citeline.runtime"].store.database.writing() as db:
        db.execute(
            "INSERT INTO feeds (id, url, added_at, next_at, wait) VALUES ('f', 'https://town.example/feed', 0, 1e12, 0)"
        )
        db.execute(
            "INSERT INTO entries (feed_id, key, link, title, html, state, origin, next_at, wait) "
            "VALUES ('f', '1', ?, 'Quillbert and the mill', 0, 'done', ?, 0, 0)",
            (address, f"url:{address}"),
        )
    return [response.json["id"], page]


def test_erased_words_are_in_no_file_while_the_service_runs(app: Flask, tmp_path: Path) -> None:
    client, state = app.test_client(), tmp_path / "state"
    ids = add_everywhere(app, client)
    assert {"articles.sqlite"} <= {name.partition("-")[0] for name in files_with_secrets(state)}
    for article_id in ids:
        assert 204 == client.delete(f"/articles/{article_id}").status_code
    app.extensions["citeline"].indexer.wait(30)
    assert files_with_secrets(state)  # deleting alone leaves traces
    eraser_of(app).erase()
    assert set() == files_with_secrets(state)
    assert client.post("/ask", json={"question": "When does the ferry leave?"}).json["answered"]
    for name in ("articles", "embeddings", "suggestions"):
        with closing(sqlite3.connect(state / f"{name}.sqlite")) as db:
            assert [("ok",)] == db.execute("PRAGMA integrity_check").fetchall()


def test_a_saved_conversation_stays_as_long_as_its_answers_are_in_an_article(app: Flask) -> None:
    client = app.test_client()
    ids = add_everywhere(app, client)
    turns = [{"question": "When does the ferry leave?", "answer": FERRY.partition(".")[0]}, {"question": "Why?"}]
    kept = client.post("/replies", json={"question": "And then?", "conversation": turns, "article": ferry_of(client)})
    for article_id in ids:
        client.delete(f"/articles/{article_id}")
    eraser_of(app).erase()
    assert 200 == client.get(f"/replies/{kept.json['id']}").status_code


def test_only_what_is_live_stays_in_the_cache_and_the_index(app: Flask, tmp_path: Path) -> None:
    client, state = app.test_client(), tmp_path / "state"
    count = "SELECT count(*) FROM vectors"
    with closing(sqlite3.connect(state / "embeddings.sqlite")) as cache:
        before = cache.execute(count).fetchone()
        add_everywhere(app, client)
        assert cache.execute(count).fetchone() > before
        for words in ("mill", "Quillbert"):
            for one in client.get(f"/articles?q={words}").json["articles"]:
                client.delete(f"/articles/{one['id']}")
        eraser_of(app).erase()
        assert before == cache.execute(count).fetchone()
    assert 1 == len([*(state / "index").glob("gen-*")])
    assert 2 == client.get("/index").json["articles"]
    assert FERRY.partition(".")[0] in client.post("/ask", json={"question": "When does the ferry leave?"}).text


def test_it_is_due_some_days_after_the_first_deletion(make_app: MakeApp) -> None:
    app = make_app(purge_days=0)
    client = app.test_client()
    assert not eraser_of(app).is_due()
    article_id = client.get("/articles").json["articles"][0]["id"]
    client.delete(f"/articles/{article_id}")
    assert eraser_of(app).is_due()
    eraser_of(app).erase()
    assert not eraser_of(app).is_due()


def test_it_is_due_once_a_day_at_most(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(purge_days=0)
    client = app.test_client()
    ids = [one["id"] for one in client.get("/articles").json["articles"]]
    client.delete(f"/articles/{ids[0]}")
    eraser_of(app).erase()
    client.delete(f"/articles/{ids[1]}")
    now = time.time()
    for hours, is_due in ((23, False), (25, True)):
        monkeypatch.setattr("index.maintenance.erasure.time.time", lambda moment=now + hours * 3600: moment)
        assert is_due is eraser_of(app).is_due()


def test_an_unexpected_error_does_not_end_the_thread(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("index.maintenance.erasure._CHECK_SECONDS", 0.001)
    monkeypatch.setattr("corpus.background.RETRY_SECONDS", 0.001)
    citeline = app.extensions["citeline.runtime"]
    eraser, asked = Eraser(citeline.store, citeline.indexer, citeline.embeddings, lambda: None, 7), []

    def fail() -> None:
        asked.append(1)
        raise KeyError("a bug")

    monkeypatch.setattr(citeline.store, "deleted_since", fail)
    eraser.start()
    assert comes(lambda: len(asked) > 2)
    eraser.stop()
    assert "can't be erased yet" in caplog.text


def test_the_service_erases_what_is_due_when_it_starts(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(purge_days=1)
    client = app.test_client()
    for article_id in add_everywhere(app, client):
        client.delete(f"/articles/{article_id}")
    app.extensions["citeline"].indexer.wait(30)
    close_app(app)
    assert files_with_secrets(tmp_path / "state")
    app = make_app(purge_days=0)
    assert comes(lambda: not eraser_of(app).is_due())
    assert set() == files_with_secrets(tmp_path / "state")


def test_by_default_it_is_due_after_a_week(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    client.delete(f"/articles/{client.get('/articles').json['articles'][0]['id']}")
    assert not eraser_of(app).is_due()
    since = app.extensions["citeline.runtime"].store.deleted_since()
    for days, is_due in ((6.9, False), (7.1, True)):
        monkeypatch.setattr("index.maintenance.erasure.time.time", lambda moment=since + days * 86_400: moment)
        assert is_due is eraser_of(app).is_due()
