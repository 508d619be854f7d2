"""Two services on one state folder: each answers what the other took in, and either goes on where the other dies."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event

import pytest

from eval.service_process import TIMEOUT, Client, Server
from eval.survival.clients import ChangingClient, ask, compare_articles
from eval.survival.ledger import LONG_ARTICLE, KnownArticle, Ledger, compose_article
from eval.survival.service_kills import check_problems, logged_warnings, wait_until_indexed
from tests.waiting import comes

FLAGS = ("--reader", "sentences", "--wait-seconds", "10")
SLOTS = 6  # of each client


class Pair:
    """Two services on one state folder, and a client of each."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        articles = folder / "articles"
        articles.mkdir()
        self.state = folder / "state"
        self.servers = [held.enter_context(Server(self.state, articles, *FLAGS)) for _ in range(2)]
        self.clients = [held.enter_context(closing(server.client())) for server in self.servers]

    def told(self) -> list[str]:
        return [line for server in self.servers for line in logged_warnings(server.output())]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as held:
        yield Pair(tmp_path, held)


def add(client: Client, known: KnownArticle, wait: bool = True) -> None:
    body = {"text": known.article.text, "title": known.article.title}
    client.call("POST", f"/articles{'?wait=true' if wait else ''}", body, 201)


def answered(client: Client, known: KnownArticle) -> bool:
    return ask(client, Ledger.of(0), known)


@pytest.mark.model
def test_articles_added_or_deleted_at_one_server_are_so_at_the_other(pair: Pair) -> None:
    rng = random.Random(3)
    for turn in range(4):
        here, there = pair.clients if turn % 2 else pair.clients[::-1]
        known = compose_article(turn + 1, None, rng, 3)
        add(here, known)
        assert answered(here, known)
        assert comes(lambda one=known, client=there: answered(client, one))
        there.call("DELETE", f"/articles/{known.id}", status=204)
        assert not answered(here, known)
        assert not answered(there, known)
    for client in pair.clients:
        wait_until_indexed(client)
    assert [] == check_problems(pair.state)
    assert [] == pair.told()


@pytest.mark.model
def test_two_that_are_changed_at_once_agree_and_lose_nothing(pair: Pair) -> None:
    ledger, over = Ledger.of(2 * SLOTS), Event()
    writers = [
        ChangingClient(client, ledger.slots[at * SLOTS : (at + 1) * SLOTS], ledger, random.Random(at))
        for at, client in enumerate(pair.clients)
    ]
    with ThreadPoolExecutor(2) as pool:
        working = [pool.submit(writer.run, over) for writer in writers]
        ledger.wait_until_sent(40, TIMEOUT)
        over.set()
        for done in working:
            done.result()
    for client in pair.clients:
        wait_until_indexed(client)
        compare_articles(client, ledger)
        kept = [slot.current for slot in ledger.slots if slot.current is not None]
        assert comes(lambda client=client, kept=kept: all(answered(client, known) for known in kept))
        for known in ledger.removed:
            ask(client, ledger, known)
    assert [] == ledger.problems
    assert 30 < sum(ledger.acknowledged.values())
    assert [] == check_problems(pair.state)
    assert [] == pair.told()


@pytest.mark.model
def test_where_the_one_that_builds_is_killed_the_other_builds_on(pair: Pair) -> None:
    rng = random.Random(5)
    kept = [compose_article(number + 1, None, rng, LONG_ARTICLE) for number in range(30)]
    for known in kept:
        add(pair.clients[0], known, wait=False)
    building: list[int] = []
    assert comes(lambda: bool(building.extend(at for at, one in enumerate(pair.clients) if builds(one)) or building))
    builder = building[0]
    pair.servers[builder].kill()
    other = pair.clients[1 - builder]
    wait_until_indexed(other)
    assert [] == [known.id for known in kept if not answered(other, known)]
    more = compose_article(99, None, rng, 3)
    add(other, more)
    assert answered(other, more)
    assert len(kept) + 1 == other.call("GET", "/articles")["total"]
    assert [] == check_problems(pair.state)
    assert [] == pair.told()


def builds(client: Client) -> bool:
    """Return whether a server builds: it has the lock, for which the other waits, and embeds."""
    job = client.call("GET", "/index")["job"]
    return job is not None and job["state"] == "running" and job["stage"] not in {"waiting", "splitting"}
