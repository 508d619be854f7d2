"""Uses the service for a while as many do at once: questions while articles come, change and go."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from eval.service_process import Client, Server
from eval.survival.clients import BROKEN, Writer, ask, compare
from eval.survival.kills import SLOTS, catch_up, checked, warnings
from eval.survival.ledger import Ledger

WRITERS = 2
_PAUSE = 0.1  # seconds between two changes of a writer
_SAMPLES = 300  # of memory, over the whole time
_WARM_UP = 1 / 3  # the share of the time after which memory is to be flat
_JUDGED = 60.0  # seconds after warming up from which on a growth says something
# What memory may grow by, in MiB and as a share: it goes up and down by that with the articles that are there.
_GROWTH, _SHARE = 8.0, 0.03
Samples = Sequence[tuple[float, float]]  # seconds since the start, and the resident set in MiB


@dataclass(frozen=True, slots=True)
class Memory:
    """The resident set in MiB after warming up and in the end, and what a line through all in between rises by.

    `slope` is in MiB a minute, `grown` over the whole time, `flat` None where the time was too short to tell.
    """

    start: float
    end: float
    slope: float
    grown: float
    flat: bool | None


@dataclass(frozen=True, slots=True)
class Soaked:
    """What happened. Milliseconds are from sending a question to having the reply."""

    seconds: float
    clients: int
    questions: int
    per_second: float
    p50: float
    p95: float
    max: float
    adds: int
    changes: int
    deletes: int
    generation: int
    memory: Memory | None
    problems: tuple[str, ...]


class Asker:
    """Asks of what is there and of what is gone, one question after the other."""

    def __init__(self, client: Client, ledger: Ledger, rng: random.Random) -> None:
        self.taken: list[float] = []
        self._client = client
        self._ledger = ledger
        self._rng = rng

    def run(self, over: Event) -> None:
        """Go on until it is over; a connection that breaks before that is a problem."""
        try:
            while not over.is_set():
                self.step()
        except BROKEN as error:
            self._ledger.wrong(f"A connection broke for no reason: {error!r}.")

    def step(self) -> None:
        """Ask one question, of an article that is there or, one time in four, of one that is gone."""
        known = self._ledger.latest_gone(self._rng) if self._rng.random() < 0.25 else None
        if known is None:
            known = self._rng.choice(self._ledger.slots).kept
        if known is not None:
            begun = time.perf_counter()
            ask(self._client, self._ledger, known)
            self.taken.append(1000 * (time.perf_counter() - begun))


def soak(
    folder: Path,
    seconds: float,
    clients: int,
    seed: int,
    flags: Sequence[str] = (),
    report: Callable[[int], None] = lambda done: None,
) -> Soaked:
    """Use a service of its own for so many seconds, and return what happened; `report` hears the seconds."""
    ledger = Ledger.of(WRITERS * SLOTS)
    (folder / "articles").mkdir()
    with Server(folder / "state", folder / "articles", *flags) as server:
        taken, memory = _use(server, ledger, clients, random.Random(seed), lambda: _sample(server, seconds, report))
        with closing(server.client()) as client:
            generation = catch_up(client)
            compare(client, ledger)
        problems = [*ledger.problems, *checked(folder / "state"), *warnings(server.said())]
    if memory is not None and memory.flat is False:
        problems.append(f"Memory grew by {memory.grown:.0f} MiB after warming up.")
    p50, p95, most = np.percentile(taken or [0.0], [50, 95, 100]).tolist()
    told = ledger.acknowledged
    return Soaked(
        seconds=seconds,
        clients=clients,
        questions=len(taken),
        per_second=len(taken) / seconds,
        p50=p50,
        p95=p95,
        max=most,
        adds=told["add"],
        changes=told["change"],
        deletes=told["delete"],
        generation=generation,
        memory=memory,
        problems=tuple(problems),
    )


def _use(
    server: Server, ledger: Ledger, clients: int, rng: random.Random, sample: Callable[[], Samples]
) -> tuple[list[float], Memory | None]:
    """Use a server while `sample` runs; return the milliseconds of all questions, and how memory went."""
    over = Event()
    with ThreadPoolExecutor(WRITERS + clients) as pool, ExitStack() as held:
        held.callback(over.set)  # the pool waits for the clients, whatever happens
        opened = [held.enter_context(closing(server.client())) for _ in range(WRITERS + clients)]
        writers = [
            Writer(client, ledger.slots[number::WRITERS], ledger, random.Random(rng.random()))
            for number, client in enumerate(opened[:WRITERS])
        ]
        for writer in writers:
            writer.fill()
        catch_up(opened[0])
        askers = [Asker(client, ledger, random.Random(rng.random())) for client in opened[WRITERS:]]
        working = [pool.submit(writer.run, over, _PAUSE) for writer in writers]
        working += [pool.submit(asker.run, over) for asker in askers]
        memory = judged(sample())
        over.set()
        for done in working:
            done.result()
    return [milliseconds for asker in askers for milliseconds in asker.taken], memory


def _sample(server: Server, seconds: float, report: Callable[[int], None]) -> Samples:
    """Return the memory that a server has, again and again for so many seconds."""
    begun, found = time.perf_counter(), list[tuple[float, float]]()
    while (passed := time.perf_counter() - begun) < seconds:
        memory = server.memory()
        if memory is not None:
            found.append((passed, memory))
        report(int(passed))
        time.sleep(seconds / _SAMPLES)
    return found


def judged(sampled: Samples) -> Memory | None:
    """Return how memory went after warming up, None where it is not known."""
    kept = [(passed, size) for passed, size in sampled if passed >= _WARM_UP * sampled[-1][0]]
    if len(kept) < 2:
        return None
    times, sizes = np.array(kept).T
    slope, base = np.polyfit(times, sizes, 1)
    lasted = times[-1] - times[0]
    start, grown = float(base + slope * times[0]), float(slope * lasted)
    flat = None if lasted < _JUDGED else grown <= max(_GROWTH, _SHARE * start)
    return Memory(float(sizes[0]), float(sizes[-1]), 60 * float(slope), grown, flat)
