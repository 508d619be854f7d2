"""Measure how questions fare beside attacks on the server: `python -m benchmarks.pressure --questions FILE`.

A server process with a token answers the questions of a set (FILE; its articles are in `articles` beside it), which
several clients ask at once: first alone, then beside each attack. A client that is refused (503) asks again. Attackers
and clients are threads of this process, which takes processor time from the server, too.

With `--minutes`, the clients ask, read, add and delete for so long beside all attacks at once, which a process of low
priority makes, and what was acknowledged is looked up at the end.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice, product
from multiprocessing import get_context
from pathlib import Path
from string import ascii_lowercase
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np

from benchmarks.serving import format_mib
from cli.runner import print_note
from eval.service_process import Server
from eval.user_questions import read_user_questions

HALF_OPEN, UPLOADERS, CROWD = 520, 12, 50
LIKE_WORDS = 60_000
_CROWD_PAUSE = 30.0
_ATTACKER = ("127.0.0.2", 0)  # another address of this machine, where it is Linux
_TOKEN = "a token of sixteen"
_RETRY_SECONDS = 0.2
_SETTLE_SECONDS = 40  # in which the server closes what attackers have left open
_NEVER = threading.Event()
_MEBIBYTE = b"x" * 2**20


@dataclass(frozen=True, slots=True)
class PressureResult:
    """What clients saw beside an attack.

    p50, p95, max: milliseconds from sending a question to its reply. refused: how often a question was refused before.
    health_ms: the longest /healthz. memory: the most of the server, in MiB.
    """

    attack: str
    p50: float
    p95: float
    max: float
    refused: int
    health_ms: float
    memory: float | None


def half_open(port: int, stop: threading.Event) -> None:
    """Hold many connections that have begun a request, and open each again that is closed."""
    with ExitStack() as stack:
        held: list[socket.socket] = []
        while not stop.is_set():
            if len(held) >= HALF_OPEN:
                time.sleep(0.05)
                held = [one for one in held if not _is_closed(one)]
                continue
            with suppress(OSError):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5, _ATTACKER))
                connection.sendall(b"POST /ask HTTP/1.1\r\nHost: local")
                held.append(connection)


def anonymous_uploads(port: int, stop: threading.Event) -> None:
    """Send documents of 16 MiB without a token, one after the other."""
    _send_bodies(port, stop, "/articles", b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n')


def unknown_keys(port: int, stop: threading.Event) -> None:
    """Send questions of 16 MiB, one after the other."""
    _send_bodies(port, stop, "/ask", b'{"question": "who?"')


def slow_bodies(port: int, stop: threading.Event) -> None:
    """Hold many requests whose bodies come in byte by byte."""
    with ExitStack() as stack:
        held = []
        for _ in range(HALF_OPEN // 4):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5, _ATTACKER))
            connection.sendall(b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n")
            held.append(connection)
        while not stop.wait(1):
            for connection in held:
                with suppress(OSError):
                    connection.sendall(b" ")


def abandoned_questions(port: int, stop: threading.Event) -> None:
    """Ask and hang up at once, without end."""
    body = json.dumps({"question": "who said that the road was closed?"}).encode()
    head = b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    while not stop.wait(0.01):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5, _ATTACKER) as connection:
            connection.sendall(head % len(body) + body)


def crowds(port: int, stop: threading.Event) -> None:
    """Ask 50 questions at the same moment, twice a minute."""
    while True:
        with ThreadPoolExecutor(CROWD) as pool:
            list(pool.map(lambda number: _ask(port, f"who said at {number} that the road was closed?"), range(CROWD)))
        if stop.wait(_CROWD_PAUSE):
            return


def misspelt_questions(port: int, stop: threading.Event) -> None:
    """Ask questions of misspelt words, one after the other; the library has many words alike them."""
    for pair in cycle(product(ascii_lowercase, repeat=2)):
        if stop.wait(0.5):
            return
        _ask(port, "where did " + " ".join(f"zo{letter}rv{''.join(pair)}qst" for letter in "klmnpqrstuwx"))


def batches(port: int, stop: threading.Event) -> None:
    """Read the replies of batches of questions, and hang up in the end."""
    body = json.dumps({"questions": [f"who said that road {number} was closed?" for number in range(1000)]})
    while not stop.is_set():
        with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("POST", "/ask/batch", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            while not stop.is_set() and response.readline():
                pass


ATTACKS: dict[str, tuple[Callable[[int, threading.Event], None], int]] = {
    "half-open connections": (half_open, 1),
    "anonymous uploads": (anonymous_uploads, UPLOADERS),
    "16 MiB of keys to /ask": (unknown_keys, 4),
    "slow bodies": (slow_bodies, 1),
    "abandoned questions": (abandoned_questions, 2),
    "50 questions at once": (crowds, 1),
    "misspelt questions": (misspelt_questions, 1),
    "a batch of questions": (batches, 1),
}


def measure(server: Server, questions: Sequence[str], clients: int) -> list[PressureResult]:
    """Ask all questions, alone and beside each attack."""
    results = []
    for name, (attack, attackers) in {"none": (half_open, 0), **ATTACKS}.items():
        print_note(f"asking {len(questions)} questions beside: {name}")
        with _watched(server) as seen, _attacked(server.port, attack, attackers):
            times, refused = ask_together(server, questions, clients)
        p50, p95, longest = np.percentile(times, [50, 95, 100]).tolist()
        memory = max(seen.memory, default=None)
        results.append(PressureResult(name, p50, p95, longest, refused, max(seen.health_ms), memory))
    return results


def ask_together(server: Server, questions: Sequence[str], clients: int) -> tuple[list[float], int]:
    """Ask all questions; return the milliseconds of each, and how often one was refused."""

    def ask_all(part: Sequence[str]) -> tuple[list[float], int]:
        times, refused = [], 0
        for question in part:
            status = 503
            while status == 503:
                start = time.perf_counter()
                with closing(server.client()) as client:
                    status, _ = client.request("POST", "/ask", {"question": question})
                if status == 503:
                    refused += 1
                    time.sleep(_RETRY_SECONDS)
            times.append(1000 * (time.perf_counter() - start))
        return times, refused

    with ThreadPoolExecutor(clients) as pool:
        parts = list(pool.map(ask_all, [questions[number::clients] for number in range(clients)]))
    return [each for times, _ in parts for each in times], sum(refused for _, refused in parts)


@dataclass(frozen=True, slots=True)
class Resources:
    """What a server takes: MiB, threads, and open files and connections."""

    memory: float | None
    threads: int | None
    descriptors: int | None

    @classmethod
    def of(cls, server: Server) -> "Resources":
        """Return what a server takes now."""
        return cls(server.memory(), server.threads(), server.descriptors())


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What mixed clients saw, alone and beside all attacks at once.

    quiet, attacked: the milliseconds of the questions' median and 95th percentile. requests: how many of the second
    part were answered. refused: how often one was refused before. failed: other errors. lost: acknowledged changes that
    are not there at the end. health_ms: the longest /healthz beside the attacks.
    """

    minutes: float
    quiet: tuple[float, float]
    attacked: tuple[float, float]
    requests: int
    refused: int
    failed: tuple[str, ...]
    changes: int
    lost: int
    health_ms: float
    before: Resources
    most_memory: float | None
    after: Resources


class MixedClients:
    """Clients that ask, read, add and delete in turn, and remember what was acknowledged."""

    def __init__(self, port: int, questions: Sequence[str]) -> None:
        self._port, self._questions = port, questions
        self.added: dict[str, str] = {}  # texts by id
        self.deleted: list[str] = []
        self.asked_ms: list[float] = []
        self.requests = self.refused = 0
        self.failed: list[str] = []
        self._lock = threading.Lock()

    def run(self, seconds: float, clients: int) -> tuple[float, float]:
        """Have the clients work for so long; return the median and the 95th percentile of the questions."""
        self.asked_ms = []
        until = time.monotonic() + seconds
        roles = [self._ask] * 6 + [self._read, self._write]
        with _threads([partial(roles[number % len(roles)], until, number) for number in range(clients)], _NEVER):
            pass
        median, p95 = np.percentile(self.asked_ms, [50, 95]).tolist()
        return median, p95

    def lost(self) -> int:
        """Return how many acknowledged changes are not there."""
        kept = {one: text for one, text in self.added.items() if one not in self.deleted}
        wrong = [one for one, text in kept.items() if self._call("GET", f"/articles/{one}")[1].get("text") != text]
        return len(wrong) + sum(self._call("GET", f"/articles/{one}")[0] != 404 for one in self.deleted)

    def _ask(self, until: float, number: int) -> None:
        for question in islice(cycle(self._questions), number, None):
            if time.monotonic() > until:
                return
            start = time.perf_counter()
            self._call("POST", "/ask", {"question": question})
            self.asked_ms.append(1000 * (time.perf_counter() - start))

    def _read(self, until: float, number: int) -> None:
        for path in cycle(["/articles?per_page=50", "/index", "/suggest?q=wh", "/sources", "/feeds"]):
            if time.monotonic() > until:
                return
            self._call("GET", path)
            time.sleep(0.1)

    def _write(self, until: float, number: int) -> None:
        while time.monotonic() < until:
            text = f"Boat {uuid.uuid4().hex} left the northern pier at noon with eleven crates of oats."
            status, reply = self._call("POST", "/articles", {"text": text})
            if status == 201:
                self.added[reply["id"]] = text
            if len(self.added) % 3 == 0 and self.added:
                oldest = next((one for one in self.added if one not in self.deleted), None)
                if oldest is not None and self._call("DELETE", f"/articles/{oldest}")[0] == 204:
                    self.deleted.append(oldest)
            time.sleep(1)

    def _call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and JSON of the reply to a request, which is made again while it is refused."""
        while True:
            try:
                status, reply = _call(self._port, method, path, body)
            except (OSError, HTTPException) as error:
                with self._lock:
                    self.failed.append(f"{method} {path}: {error!r}")
                return 0, {}
            with self._lock:
                self.requests += status != 503
                self.refused += status == 503
                if status >= 400 and status not in {404, 503}:
                    self.failed.append(f"{method} {path}: {status}")
            if status != 503:
                return status, reply
            time.sleep(_RETRY_SECONDS)


def measure_load(server: Server, questions: Sequence[str], clients: int, minutes: float) -> LoadResult:
    """Have mixed clients work alone for a tenth of the minutes, then for all of them beside all attacks at once."""
    mixed = MixedClients(server.port, questions)
    mixed.run(10, clients)  # caches, threads and memory come with the first requests
    quiet = mixed.run(6 * minutes, clients)
    before, answered, refused = Resources.of(server), mixed.requests, mixed.refused
    context = get_context("spawn")
    stop = context.Event()
    attackers = context.Process(target=_attack, args=(server.port, stop), daemon=True)
    with _watched(server) as seen:
        attackers.start()
        attacked = mixed.run(60 * minutes, clients)
        stop.set()
        attackers.join()
    requests, refused = mixed.requests - answered, mixed.refused - refused
    mixed.run(_SETTLE_SECONDS, 1)
    after = Resources.of(server)
    return LoadResult(
        minutes=minutes,
        quiet=quiet,
        attacked=attacked,
        requests=requests,
        refused=refused,
        failed=tuple(mixed.failed),
        changes=len(mixed.added) + len(mixed.deleted),
        lost=mixed.lost(),
        health_ms=max(seen.health_ms),
        before=before,
        most_memory=max(seen.memory, default=None),
        after=after,
    )


def _attack(port: int, stop: threading.Event) -> None:
    """Make all attacks at once until `stop`, at a low priority, as if from another machine."""
    if hasattr(os, "nice"):
        os.nice(15)
    tasks = [partial(attack, port, stop) for attack, attackers in ATTACKS.values() for _ in range(attackers)]
    with _threads(tasks, threading.Event()):
        stop.wait()


class _Watch:
    def __init__(self) -> None:
        self.health_ms: list[float] = [0.0]
        self.memory: list[float] = []


@contextmanager
def _watched(server: Server) -> Iterator[_Watch]:
    """Ask every tenth of a second whether the server is alive, and how much memory it takes."""
    watch, stop = _Watch(), threading.Event()

    def run() -> None:
        while not stop.wait(0.1):
            start = time.perf_counter()
            client = server.client()
            client.call("GET", "/healthz")
            client.close()
            watch.health_ms.append(1000 * (time.perf_counter() - start))
            memory = server.memory()
            watch.memory += [] if memory is None else [memory]

    with _threads([run], stop):
        yield watch


@contextmanager
def _attacked(port: int, attack: Callable[[int, threading.Event], None], attackers: int) -> Iterator[None]:
    stop = threading.Event()
    with _threads([lambda: attack(port, stop)] * attackers, stop):
        yield


@contextmanager
def _threads(tasks: Sequence[Callable[[], None]], stop: threading.Event) -> Iterator[None]:
    threads = [threading.Thread(target=task, daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _call(
    port: int, method: str, path: str, body: object = None, source: tuple[str, int] | None = None
) -> tuple[int, Any]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60, source_address=source)) as connection:
        headers = {"Authorization": f"Bearer {_TOKEN}"} | ({} if body is None else {"Content-Type": "application/json"})
        connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
        response = connection.getresponse()
        text = response.read()
    return response.status, json.loads(text) if text else None


def _ask(port: int, question: str) -> None:
    with suppress(OSError, HTTPException):
        _call(port, "POST", "/ask", {"question": question}, _ATTACKER)


def add_like_words(port: int) -> None:
    """Add articles with many words alike, all of which a misspelt one may be."""
    alike = ["zorvest" + "".join(end) for end in islice(product(ascii_lowercase, repeat=4), LIKE_WORDS)]
    lines = [f"{' '.join(alike[at : at + 20])}." for at in range(0, len(alike), 20)]
    status, _ = _call(port, "POST", "/articles", {"text": "\n".join(lines), "title": "Words alike"})
    if status != 201:
        raise click.ClickException(f"The article of words alike was answered by {status}.")
    while _call(port, "GET", "/index")[1]["pending"]:
        time.sleep(0.5)


def _send_bodies(port: int, stop: threading.Event, path: str, beginning: bytes) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {16 * len(_MEBIBYTE)}\r\n\r\n"
    ).encode()
    while not stop.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5, _ATTACKER) as connection:
            connection.sendall(head + beginning)
            for _ in range(16):
                if stop.is_set():
                    return
                connection.sendall(_MEBIBYTE)


def _is_closed(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _table(results: Sequence[PressureResult]) -> str:
    quiet = results[0].p95
    names = ("p50", "p95", "max", "p95 / quiet", "refused", "/healthz max", "memory")
    lines = [f"{'beside':24}" + "".join(f"{name:>13}" for name in names)]
    for one in results:
        times = [f"{value:.0f} ms" for value in (one.p50, one.p95, one.max)]
        others = [f"{one.p95 / quiet:.2f}", str(one.refused), f"{one.health_ms:.0f} ms", format_mib(one.memory)]
        lines.append(f"{one.attack:24}" + "".join(f"{value:>13}" for value in [*times, *others]))
    return "\n".join(lines)


def _describe(load: LoadResult) -> str:
    def resources(one: Resources) -> str:
        return f"{format_mib(one.memory)}, {one.threads} threads, {one.descriptors} files and connections"

    lines = [
        f"questions alone          p50 {load.quiet[0]:.0f} ms, p95 {load.quiet[1]:.0f} ms",
        f"beside all attacks       p50 {load.attacked[0]:.0f} ms, p95 {load.attacked[1]:.0f} ms "
        f"({load.attacked[1] / load.quiet[1]:.2f} of the quiet one)",
        f"requests                 {load.requests} in {load.minutes:g} minutes, {load.refused} refused before",
        f"failed                   {len(load.failed)} {'; '.join(load.failed[:5])}",
        f"changes                  {load.changes} acknowledged, {load.lost} lost",
        f"/healthz                 {load.health_ms:.0f} ms at most",
        f"before                   {resources(load.before)}",
        f"most beside the attacks  {format_mib(load.most_memory)}",
        f"after                    {resources(load.after)}",
    ]
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--questions", "file", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--clients", type=click.IntRange(min=1), default=8, show_default=True, help="How many at once.")
@click.option("--rounds", type=click.IntRange(min=1), default=2, show_default=True, help="How often each is asked.")
@click.option("--minutes", type=click.FloatRange(min=0), help="Mixed clients for so long, beside all attacks at once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(file: Path, clients: int, rounds: int, minutes: float | None, as_json: bool) -> None:
    """Measure and print the figures."""
    questions = [one.question for one in read_user_questions(file)] * rounds
    articles = file.parent / "articles"
    with (
        TemporaryDirectory(prefix="citeline-pressure-") as folder,
        Server(Path(folder), articles, token=_TOKEN) as server,
    ):
        add_like_words(server.port)
        ask_together(server, questions[:50], 1)
        if minutes:
            load = measure_load(server, questions, clients, minutes)
            click.echo(json.dumps(asdict(load)) if as_json else _describe(load))
            return
        results = measure(server, questions, clients)
    click.echo(json.dumps([asdict(one) for one in results]) if as_json else _table(results))


if __name__ == "__main__":
    main()
