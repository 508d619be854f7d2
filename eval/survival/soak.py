"""Ask a service by many clients for a while, as articles are added, replaced and deleted."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np

from eval.service_process import Client, Server
from eval.survival.clients import CONNECTION_ERRORS, ChangingClient, ask, compare_articles
from eval.survival.ledger import Ledger
from eval.survival.service_kills import SLOTS, check_problems, logged_warnings, wait_until_indexed

CHANGING_CLIENTS = 2
_PAUSE = 0.1  # seconds between two changes of a client
_SAMPLES = 300  # of memory, over the whole time
_WARM_UP = 1 / 3  # of the time, after which memory should be flat
_MIN_SECONDS = 60.0  # after warming up, below which growth says nothing
# Growth allowed in MiB and as a share: memory varies by as much with the number of articles.
_MAX_GROWTH, _MAX_GROWTH_SHARE = 8.0, 0.03
Samples = Sequence[tuple[float, float]]  # seconds since the start, and the resident set in MiB


@dataclass(frozen=True, slots=True)
class MemoryTrend:
    """The resident set in MiB after warming up and at the end, and the rise of a line fitted in between.

    `slope` is in MiB per minute, `grown` over the whole time; `flat` is None where the time was too short.
    """

    start: float
    end: float
    slope: float
    grown: float
    flat: bool | None


@dataclass(frozen=True, slots=True)
class SoakResult:
    """The counts of a run. Times are milliseconds from sending a question to having the reply."""

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
    memory: MemoryTrend | None
    problems: tuple[str, ...]


class AskingClient:
    """Asks about existing and removed articles, one question after the other."""

    def __init__(self, client: Client, ledger: Ledger, rng: random.Random) -> None:
        self.milliseconds: list[float] = []
        self._client = client
        self._ledger = ledger
        self._rng = rng

    def run(self, over: Event) -> None:
        """Repeat `step` until `over` is set; a connection that breaks before that is a problem."""
        try:
            while not over.is_set():
                self.step()
        except CONNECTION_ERRORS as error:
            self._ledger.add_problem(f"A connection broke for no reason: {error!r}.")

    def step(self) -> None:
        """Ask one question, about a removed article one time in four."""
        known = self._ledger.recently_removed(self._rng) if self._rng.random() < 0.25 else None
        if known is None:
            known = self._rng.choice(self._ledger.slots).current
        if known is not None:
            begun = time.perf_counter()
            ask(self._client, self._ledger, known)
            self.milliseconds.append(1000 * (time.perf_counter() - begun))


def soak(
    folder: Path,
    seconds: float,
    clients: int,
    seed: int,
    flags: Sequence[str] = (),
    report: Callable[[int], None] = lambda done: None,
) -> SoakResult:
    """Use a service for so many seconds and return the counts; `report` gets the seconds passed."""
    ledger = Ledger.of(CHANGING_CLIENTS * SLOTS)
    (folder / "articles").mkdir()
    with Server(folder / "state", folder / "articles", *flags) as server:
        sample = partial(_sample, server, seconds, report)
        milliseconds, memory = _use(server, ledger, clients, random.Random(seed), sample)
        with closing(server.client()) as client:
            generation = wait_until_indexed(client)
            compare_articles(client, ledger)
        problems = [*ledger.problems, *check_problems(folder / "state"), *logged_warnings(server.output())]
    if memory is not None and memory.flat is False:
        problems.append(f"Memory grew by {memory.grown:.0f} MiB after warming up.")
    p50, p95, longest = np.percentile(milliseconds or [0.0], [50, 95, 100]).tolist()
    acknowledged = ledger.acknowledged
    return SoakResult(
        seconds=seconds,
        clients=clients,
        questions=len(milliseconds),
        per_second=len(milliseconds) / seconds,
        p50=p50,
        p95=p95,
        max=longest,
        adds=acknowledged["add"],
        changes=acknowledged["change"],
        deletes=acknowledged["delete"],
        generation=generation,
        memory=memory,
        problems=tuple(problems),
    )


def _use(
    server: Server, ledger: Ledger, clients: int, rng: random.Random, sample: Callable[[], Samples]
) -> tuple[list[float], MemoryTrend | None]:
    """Use a server while `sample` runs; return the milliseconds of all questions, and the trend of memory."""
    over = Event()
    with ThreadPoolExecutor(CHANGING_CLIENTS + clients) as pool, ExitStack() as stack:
        stack.callback(over.set)  # the pool waits for the clients, also after an error
        connections = [stack.enter_context(closing(server.client())) for _ in range(CHANGING_CLIENTS + clients)]
        changing = [
            ChangingClient(client, ledger.slots[number::CHANGING_CLIENTS], ledger, random.Random(rng.random()))
            for number, client in enumerate(connections[:CHANGING_CLIENTS])
        ]
        for client in changing:
            client.fill()
        wait_until_indexed(connections[0])
        asking = [
            AskingClient(client, ledger, random.Random(rng.random())) for client in connections[CHANGING_CLIENTS:]
        ]
        futures = [pool.submit(client.run, over, _PAUSE) for client in changing]
        futures += [pool.submit(client.run, over) for client in asking]
        memory = memory_trend(sample())
        over.set()
        for future in futures:
            future.result()
    return [one for client in asking for one in client.milliseconds], memory


def _sample(server: Server, seconds: float, report: Callable[[int], None]) -> Samples:
    """Return the memory of a server, sampled for so many seconds."""
    begun, samples = time.perf_counter(), list[tuple[float, float]]()
    while (passed := time.perf_counter() - begun) < seconds:
        memory = server.memory()
        if memory is not None:
            samples.append((passed, memory))
        report(int(passed))
        time.sleep(seconds / _SAMPLES)
    return samples


def memory_trend(samples: Samples) -> MemoryTrend | None:
    """Return the trend of memory after warming up, None where memory is not known."""
    warm = [(passed, size) for passed, size in samples if passed >= _WARM_UP * samples[-1][0]]
    if len(warm) < 2:
        return None
    times, sizes = np.array(warm).T
    slope, base = np.polyfit(times, sizes, 1)
    lasted = times[-1] - times[0]
    start, grown = float(base + slope * times[0]), float(slope * lasted)
    flat = None if lasted < _MIN_SECONDS else grown <= max(_MAX_GROWTH, _MAX_GROWTH_SHARE * start)
    return MemoryTrend(float(sizes[0]), float(sizes[-1]), 60 * float(slope), grown, flat)
