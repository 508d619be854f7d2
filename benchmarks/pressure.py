"""Measure how questions fare beside attacks on the server: `python -m benchmarks.pressure --questions FILE`.

A server process with a token answers the questions of a set (FILE; its articles are in `articles` beside it), which
several clients ask at once: first alone, then beside each attack. A client that is refused (503) asks again. Attackers
and clients are threads of this process, which takes processor time from the server, too.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from benchmarks.serving import format_mib
from cli.runner import print_note
from eval.service_process import Server
from eval.user_questions import read_user_questions

HALF_OPEN, UPLOADERS = 520, 12
_RETRY_SECONDS = 0.2
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
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
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
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
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
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(head % len(body) + body)


ATTACKS: dict[str, tuple[Callable[[int, threading.Event], None], int]] = {
    "half-open connections": (half_open, 1),
    "anonymous uploads": (anonymous_uploads, UPLOADERS),
    "16 MiB of keys to /ask": (unknown_keys, 4),
    "slow bodies": (slow_bodies, 1),
    "abandoned questions": (abandoned_questions, 2),
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


def _send_bodies(port: int, stop: threading.Event, path: str, beginning: bytes) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {16 * len(_MEBIBYTE)}\r\n\r\n"
    ).encode()
    while not stop.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
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


@click.command(help=__doc__)
@click.option("--questions", "file", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--clients", type=click.IntRange(min=1), default=8, show_default=True, help="How many at once.")
@click.option("--rounds", type=click.IntRange(min=1), default=2, show_default=True, help="How often each is asked.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(file: Path, clients: int, rounds: int, as_json: bool) -> None:
    """Measure and print the figures."""
    questions = [one.question for one in read_user_questions(file)] * rounds
    articles, token = file.parent / "articles", "a token of sixteen"
    with (
        TemporaryDirectory(prefix="citeline-pressure-") as folder,
        Server(Path(folder), articles, token=token) as server,
    ):
        ask_together(server, questions[:50], 1)
        results = measure(server, questions, clients)
    click.echo(json.dumps([asdict(one) for one in results]) if as_json else _table(results))


if __name__ == "__main__":
    main()
