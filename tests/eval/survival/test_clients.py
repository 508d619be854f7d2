import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from flask import Flask

from corpus.store.article_store import ArticleStore
from eval.service_process import Client
from eval.survival import clients
from eval.survival.clients import ChangingClient, ask, compare_articles, list_articles
from eval.survival.ledger import KnownArticle, Ledger
from tests.conftest import MakeApp
from tests.web_server import served


@pytest.fixture
def app(make_app: MakeApp, tmp_path: Path) -> Flask:
    """An app without articles."""
    (tmp_path / "none").mkdir()
    return make_app(articles=tmp_path / "none")


@pytest.fixture
def client(app: Flask) -> Iterator[Client]:
    """A client of the app over HTTP."""
    with served(app) as port, closing(Client(port)) as opened:
        yield opened


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.of(4)


@pytest.fixture
def changing(client: Client, ledger: Ledger) -> ChangingClient:
    changing = ChangingClient(client, ledger.slots, ledger, random.Random(2))
    changing.fill()
    return changing


def store_of(app: Flask) -> ArticleStore:
    store: ArticleStore = app.extensions["citeline.runtime"].store
    return store


def first(ledger: Ledger) -> KnownArticle:
    known = ledger.slots[0].current
    assert known is not None
    return known


def test_a_correct_service_has_no_problems(client: Client, ledger: Ledger, changing: ChangingClient) -> None:
    for _ in range(60):
        changing.step()
    compare_articles(client, ledger)
    assert ([], 0) == (ledger.problems, ledger.lost)
    assert {"add", "change", "delete"} == set(ledger.acknowledged)
    acknowledged = {slot.current.id for slot in ledger.slots if slot.current is not None}
    assert acknowledged == {one["id"] for one in list_articles(client)}


def test_a_lost_article_is_reported(app: Flask, client: Client, ledger: Ledger, changing: ChangingClient) -> None:
    known = first(ledger)
    store_of(app).delete(known.id)
    compare_articles(client, ledger)
    assert 1 == ledger.lost
    assert [f"{ledger.slots[0].url} has nothing instead of {known.id}."] == ledger.problems


def test_an_altered_article_is_reported(app: Flask, client: Client, ledger: Ledger, changing: ChangingClient) -> None:
    with store_of(app).database.writing() as db:
        db.execute("UPDATE articles SET title = 'The ferr' WHERE id = ?", (first(ledger).id,))
    compare_articles(client, ledger)
    (problem,) = ledger.problems
    assert problem.startswith(f"The article {first(ledger).id} is not whole: 200 ")


def test_a_removed_article_that_answers_is_reported(
    app: Flask, client: Client, ledger: Ledger, changing: ChangingClient
) -> None:
    known = first(ledger)
    app.extensions["citeline"].indexer.wait(60)
    assert ask(client, ledger, known)
    ledger.begin_change(ledger.slots[0], None)
    ledger.acknowledge(ledger.slots[0], "delete")  # which the service has not heard of
    assert ask(client, ledger, known)
    (problem,) = ledger.problems
    assert "but was deleted or replaced before" in problem


def test_a_refused_request_is_reported(client: Client, ledger: Ledger, changing: ChangingClient) -> None:
    for slot in ledger.slots:  # behind the changing's back: whatever it deletes is not there
        client.call("DELETE", f"/articles/{slot.current.id if slot.current else ''}", status=204)
    while not ledger.problems:
        changing.step()
    assert any(problem.startswith("DELETE /articles/") and " by 404" in problem for problem in ledger.problems)


def test_a_broken_connection_is_reported(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_GRACE", 0.0)  # how long whoever ended the service has to say so
    with closing(Client(1)) as nobody:  # where no one listens
        ChangingClient(nobody, ledger.slots, ledger, random.Random(2)).run(Event())
    (problem,) = ledger.problems
    assert "A connection broke for no reason: ConnectionRefusedError" in problem


def test_a_connection_broken_by_a_kill_is_no_problem(ledger: Ledger) -> None:
    class Dying(Client):
        def request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
            over.set()
            raise ConnectionResetError

    over = Event()
    with closing(Dying(1)) as dying:
        ChangingClient(dying, ledger.slots, ledger, random.Random(2)).run(over)
    assert [] == ledger.problems
