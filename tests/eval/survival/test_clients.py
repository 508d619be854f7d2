import random
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from corpus.store.article_store import ArticleStore
from eval.service_process import Client
from eval.survival import clients
from eval.survival.clients import Writer, ask, compare, listed
from eval.survival.ledger import Known, Ledger
from tests.conftest import MakeApp


@pytest.fixture
def app(make_app: MakeApp, tmp_path: Path) -> Flask:
    """An app without articles."""
    (tmp_path / "none").mkdir()
    return make_app(articles=tmp_path / "none")


@pytest.fixture
def client(app: Flask) -> Iterator[Client]:
    """A client of the app over HTTP."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with closing(Client(server.server_port)) as opened:
        yield opened
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.of(4)


@pytest.fixture
def writer(client: Client, ledger: Ledger) -> Writer:
    writer = Writer(client, ledger.slots, ledger, random.Random(2))
    writer.fill()
    return writer


def store_of(app: Flask) -> ArticleStore:
    store: ArticleStore = app.extensions["citeline.parts"].store
    return store


def first(ledger: Ledger) -> Known:
    known = ledger.slots[0].kept
    assert known is not None
    return known


def test_a_service_that_keeps_its_word_has_nothing_wrong(client: Client, ledger: Ledger, writer: Writer) -> None:
    for _ in range(60):
        writer.step()
    compare(client, ledger)
    assert ([], 0) == (ledger.problems, ledger.lost)
    assert {"add", "change", "delete"} == set(ledger.acknowledged)
    assert {slot.kept.id for slot in ledger.slots if slot.kept is not None} == {one["id"] for one in listed(client)}


def test_an_article_that_is_lost_behind_everyones_back_is_noticed(
    app: Flask, client: Client, ledger: Ledger, writer: Writer
) -> None:
    known = first(ledger)
    store_of(app).delete(known.id)
    compare(client, ledger)
    assert 1 == ledger.lost
    assert [f"{ledger.slots[0].url} has nothing instead of {known.id}."] == ledger.problems


def test_an_article_that_is_not_whole_is_noticed(app: Flask, client: Client, ledger: Ledger, writer: Writer) -> None:
    with store_of(app).database.writing() as db:
        db.execute("UPDATE articles SET title = 'The ferr' WHERE id = ?", (first(ledger).id,))
    compare(client, ledger)
    (problem,) = ledger.problems
    assert problem.startswith(f"The article {first(ledger).id} is not whole: 200 ")


def test_an_article_that_answers_though_it_is_gone_is_noticed(
    app: Flask, client: Client, ledger: Ledger, writer: Writer
) -> None:
    known = first(ledger)
    app.extensions["citeline"].indexer.wait(20)
    assert ask(client, ledger, known)
    ledger.begin(ledger.slots[0], None)
    ledger.acknowledge(ledger.slots[0], "delete")  # which the service has not heard of
    assert ask(client, ledger, known)
    (problem,) = ledger.problems
    assert "but was deleted or replaced before" in problem


def test_what_the_service_refuses_is_noticed(client: Client, ledger: Ledger, writer: Writer) -> None:
    for slot in ledger.slots:  # behind the writer's back: whatever it deletes is not there
        client.call("DELETE", f"/articles/{slot.kept.id if slot.kept else ''}", status=204)
    while not ledger.problems:
        writer.step()
    assert any(problem.startswith("DELETE /articles/") and " by 404" in problem for problem in ledger.problems)


def test_a_connection_that_breaks_is_noticed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_GRACE", 0.0)  # how long whoever ended the service has to say so
    with closing(Client(1)) as nobody:  # where no one listens
        Writer(nobody, ledger.slots, ledger, random.Random(2)).run(Event())
    (problem,) = ledger.problems
    assert "A connection broke for no reason: ConnectionRefusedError" in problem


def test_a_connection_that_breaks_since_the_service_was_ended_is_fine(ledger: Ledger) -> None:
    class Dying(Client):
        def request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
            over.set()
            raise ConnectionResetError

    over = Event()
    with closing(Dying(1)) as dying:
        Writer(dying, ledger.slots, ledger, random.Random(2)).run(over)
    assert [] == ledger.problems
