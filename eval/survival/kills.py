"""Kills the service at random moments while it is used, starts it again, and looks whether all is there."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import click

from corpus.errors import CitelineError
from corpus.text.sentences import split
from eval.service_process import PATIENCE, Client, Server
from eval.survival.clients import Writer, ask, compare
from eval.survival.ledger import Known, Ledger
from index.maintenance.consistency import check_state
from index.state_folder import StateFolder

SLOTS = 12  # articles of a client: about as many are there at a time
ASKED = 8  # articles that are asked for after a restart, and as many that were deleted at some time
_STARTING = 0.15  # the share of kills while the service starts
_CHANGES = 25  # at most so many changes come before a kill
_MOMENT = 0.1  # and at most so many seconds after the last of them
_PAUSE = 0.02


@dataclass(slots=True)
class Tally:
    """What happened: kills, and how many of them while the service started, and while it was building the index."""

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


class Kills:
    """One state folder, and the services that live and die on it."""

    def __init__(self, folder: Path, clients: int, seed: int, flags: tuple[str, ...] = ()) -> None:
        self._state = folder / "state"
        self._articles = folder / "articles"
        self._articles.mkdir(parents=True, exist_ok=True)
        self._clients = clients
        self._flags = flags
        self._rng = random.Random(seed)
        self._ledger = Ledger.of(clients * SLOTS)
        self._tally = Tally()
        self._start_seconds = 1.0

    def run(self, times: int, report: Callable[[int], None] = lambda kills: None) -> Tally:
        """Kill the service so many times, look at what the last one left, and return what happened."""
        while self._tally.kills < times:
            self._live(self._start_and_die if self._rng.random() < _STARTING else self._work_and_die)
            report(self._tally.kills)
        self._live(self._look)
        tally, told = self._tally, self._ledger.acknowledged
        tally.adds, tally.changes, tally.deletes = told["add"], told["change"], told["delete"]
        tally.lost, tally.problems = self._ledger.lost, tuple(self._ledger.problems)
        return tally

    def _live(self, life: Callable[[Server], None]) -> None:
        server = Server(self._state, self._articles, *self._flags)
        server.start()
        try:
            life(server)
            logged = warnings(server.said())
        finally:
            server.end()
        for line in logged:
            self._ledger.wrong(line)

    def _start_and_die(self, server: Server) -> None:
        time.sleep(self._rng.uniform(0, self._start_seconds))
        self._kill(server)
        self._tally.starting += 1

    def _work_and_die(self, server: Server) -> None:
        server.await_ready()
        self._start_seconds = server.start_seconds
        self._look(server)
        over = Event()
        with ThreadPoolExecutor(self._clients) as pool, ExitStack() as held:
            held.callback(over.set)  # the pool waits for the writers, whatever happens
            clients = [held.enter_context(closing(server.client())) for _ in range(self._clients)]
            working = [pool.submit(writer.run, over) for writer in self._writers(clients)]
            self._await_changes(self._rng.randint(1, _CHANGES))
            time.sleep(self._rng.uniform(0, _MOMENT))
            self._kill(server)
            over.set()
            for done in working:
                done.result()
        self._tally.under_way += sum(slot.changing for slot in self._ledger.slots)

    def _writers(self, clients: Sequence[Client]) -> Iterator[Writer]:
        for number, client in enumerate(clients):
            slots = self._ledger.slots[number * SLOTS : (number + 1) * SLOTS]
            yield Writer(client, slots, self._ledger, random.Random(self._rng.random()))

    def _await_changes(self, count: int) -> None:
        if not self._ledger.wait_until_sent(self._ledger.sent + count, PATIENCE):
            self._ledger.wrong(f"The service took in fewer than {count} changes in {PATIENCE} s.")

    def _kill(self, server: Server) -> None:
        server.kill()
        self._tally.kills += 1
        self._tally.building += any(StateFolder(self._state).index.glob("unfinished-*"))

    def _look(self, server: Server) -> None:
        """Look whether all is there, before the service has caught up and after it has."""
        server.await_ready()
        with closing(server.client()) as client:
            gone = self._ledger.gone
            for known in [*gone[-ASKED:], *self._some(gone)]:
                ask(client, self._ledger, known)
            compare(client, self._ledger)
            self._tally.generations = catch_up(client)
            for known in self._some([slot.kept for slot in self._ledger.slots if slot.kept is not None]):
                if not ask(client, self._ledger, known):
                    self._ledger.wrong(f"The article {known.id} is not found by {known.question!r}.")
        for problem in checked(self._state):
            self._ledger.wrong(problem)

    def _some(self, of: list[Known]) -> list[Known]:
        return self._rng.sample(of, min(ASKED, len(of)))


def catch_up(client: Client) -> int:
    """Return the number of the generation that has all articles; raises ClickException where it does not come."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        index = client.call("GET", "/index")
        running = index["job"] is not None and index["job"]["state"] == "running"
        if not index["pending"] and not running and index["generation"] is not None:
            return int(index["generation"])
        time.sleep(_PAUSE)
    raise click.ClickException(f"The service did not catch up with its articles in {PATIENCE} s: {index}")


def warnings(log: str) -> list[str]:
    """Return what a service warned of: nothing that happens here is any reason to."""
    return [f"The service logged: {line}" for line in log.splitlines() if " WARNING " in line or " ERROR " in line]


def checked(state: Path) -> list[str]:
    """Return what `app.py check` finds wrong with a state folder that has caught up."""
    try:
        found = check_state(StateFolder(state), split)
    except CitelineError as error:
        return [f"The check failed: {error}"]
    pending = [f"{found.pending} articles are pending, but the service said none is."] if found.pending else []
    return [*found.problems, *pending]
