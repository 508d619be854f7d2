"""Kill the service at random moments while it is used, start it again, and check that nothing is lost."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import click

from corpus.errors import CitelineError
from corpus.text.sentences import split
from eval.service_process import TIMEOUT, Client, Server
from eval.survival.clients import ChangingClient, ask, compare_articles
from eval.survival.ledger import KnownArticle, Ledger
from index.maintenance.consistency import check_state
from index.state_folder import StateFolder

SLOTS = 12  # of a client: about as many articles as it has at a time
ASKED = 8  # articles that are asked about after a restart, and as many deleted ones
_START_SHARE = 0.15  # of the kills happen while the service starts
_MAX_CHANGES = 25  # before a kill
_MAX_DELAY = 0.1  # seconds from the last change to a kill
_PAUSE = 0.02


@dataclass(slots=True)
class KillCounts:
    """The counts of a run: kills, those while the service started or built the index, and acknowledged changes."""

    kills: int = 0
    starting: int = 0
    building: int = 0
    under_way: int = 0
    adds: int = 0
    changes: int = 0
    deletes: int = 0
    generations: int = 0
    lost: int = 0
    problems: tuple[str, ...] = ()


class ServiceKills:
    """A run of services on one state folder, each killed at a random moment."""

    def __init__(self, folder: Path, clients: int, seed: int, flags: tuple[str, ...] = ()) -> None:
        self._state = folder / "state"
        self._articles = folder / "articles"
        self._articles.mkdir(parents=True, exist_ok=True)
        self._clients = clients
        self._flags = flags
        self._rng = random.Random(seed)
        self._ledger = Ledger.of(clients * SLOTS)
        self._counts = KillCounts()
        self._start_seconds = 1.0

    def run(self, times: int, report: Callable[[int], None] = lambda kills: None) -> KillCounts:
        """Kill the service so many times, check the final state, and return the counts."""
        while self._counts.kills < times:
            starting = self._rng.random() < _START_SHARE
            self._with_server(self._kill_while_starting if starting else self._kill_while_working)
            report(self._counts.kills)
        self._with_server(self._verify)
        counts, acknowledged = self._counts, self._ledger.acknowledged
        counts.adds, counts.changes = acknowledged["add"], acknowledged["change"]
        counts.deletes = acknowledged["delete"]
        counts.lost, counts.problems = self._ledger.lost, tuple(self._ledger.problems)
        return counts

    def _with_server(self, use: Callable[[Server], None]) -> None:
        server = Server(self._state, self._articles, *self._flags)
        server.start()
        try:
            use(server)
            logged = logged_warnings(server.output())
        finally:
            server.end()
        for line in logged:
            self._ledger.add_problem(line)

    def _kill_while_starting(self, server: Server) -> None:
        time.sleep(self._rng.uniform(0, self._start_seconds))
        self._kill(server)
        self._counts.starting += 1

    def _kill_while_working(self, server: Server) -> None:
        server.await_ready()
        self._start_seconds = server.start_seconds
        self._verify(server)
        over = Event()
        with ThreadPoolExecutor(self._clients) as pool, ExitStack() as stack:
            stack.callback(over.set)  # the pool waits for the clients, also after an error
            clients = [stack.enter_context(closing(server.client())) for _ in range(self._clients)]
            futures = []
            for number, client in enumerate(clients):
                slots = self._ledger.slots[number * SLOTS : (number + 1) * SLOTS]
                changing = ChangingClient(client, slots, self._ledger, random.Random(self._rng.random()))
                futures.append(pool.submit(changing.run, over))
            count = self._rng.randint(1, _MAX_CHANGES)
            if not self._ledger.wait_until_sent(self._ledger.sent + count, TIMEOUT):
                self._ledger.add_problem(f"The service accepted fewer than {count} changes in {TIMEOUT} s.")
            time.sleep(self._rng.uniform(0, _MAX_DELAY))
            self._kill(server)
            over.set()
            for future in futures:
                future.result()
        self._counts.under_way += sum(slot.changing for slot in self._ledger.slots)

    def _kill(self, server: Server) -> None:
        server.kill()
        self._counts.kills += 1
        self._counts.building += any(StateFolder(self._state).index.glob("unfinished-*"))

    def _verify(self, server: Server) -> None:
        """Compare the service with the ledger, before and after its index is up to date."""
        server.await_ready()
        with closing(server.client()) as client:
            removed = self._ledger.removed
            for known in [*removed[-ASKED:], *self._sample(removed)]:
                ask(client, self._ledger, known)
            compare_articles(client, self._ledger)
            self._counts.generations = wait_until_indexed(client)
            for known in self._sample([slot.current for slot in self._ledger.slots if slot.current is not None]):
                if not ask(client, self._ledger, known):
                    self._ledger.add_problem(f"The article {known.id} is not found by {known.question!r}.")
        for problem in check_problems(self._state):
            self._ledger.add_problem(problem)

    def _sample(self, articles: list[KnownArticle]) -> list[KnownArticle]:
        return self._rng.sample(articles, min(ASKED, len(articles)))


def wait_until_indexed(client: Client) -> int:
    """Wait until the index has all articles; return its generation. Raises ClickException after TIMEOUT."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        index = client.call("GET", "/index")
        running = index["job"] is not None and index["job"]["state"] == "running"
        if not index["pending"] and not running and index["generation"] is not None:
            return int(index["generation"])
        time.sleep(_PAUSE)
    raise click.ClickException(f"The service did not catch up with its articles in {TIMEOUT} s: {index}")


def logged_warnings(log: str) -> list[str]:
    """Return the warnings and errors in a log, each of which is a problem."""
    return [f"The service logged: {line}" for line in log.splitlines() if " WARNING " in line or " ERROR " in line]


def check_problems(state: Path) -> list[str]:
    """Return the problems that `app.py check` finds in a state folder whose index is up to date."""
    try:
        found = check_state(StateFolder(state), split)
    except CitelineError as error:
        return [f"The check failed: {error}"]
    pending = [f"{found.pending} articles are pending, but the service said none is."] if found.pending else []
    return [*found.problems, *pending]
