"""Read hostile documents as the service does, and print what each costs: `python -m benchmarks.hostile [NAME...]`.

Each goes to a worker process that has read an ordinary document before: how it ended, how many seconds it took, and the
most memory that the worker and this process had meanwhile. With --questions, a service is asked as many questions
quietly, and again while another client uploads the documents one after the other.
"""

import http.client
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from benchmarks.bombs import Bomb, bombs
from benchmarks.serving import ask_all
from cli.runner import print_note
from corpus.documents import read_document
from corpus.errors import CitelineError, InvalidInput
from corpus.isolation.process import ProcessWorker
from eval.service_process import ROOT, TIMEOUT, Server
from eval.user_questions import read_user_questions

MAX_SECONDS, MAX_MIB = 10.0, 500.0
_SAMPLE_SECONDS = 0.01
EVERYDAY = ROOT / "eval" / "everyday"
_BOUNDARY = "hostile-document"


class MemoryPeak:
    """The most memory, in MiB, that this process and the processes of a worker had since `start`."""

    def __init__(self, worker: ProcessWorker) -> None:
        self._worker, self._stop = worker, threading.Event()
        self._own_before = _resident(os.getpid())
        self.worker = self.own = 0.0
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "MemoryPeak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self.worker = max([self.worker, *map(_resident, self._worker.process_ids())])
            self.own = max(self.own, _resident(os.getpid()) - self._own_before)


def _resident(pid: int) -> float:
    """Return the resident memory of a process in MiB, 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


def read_bomb(bomb: Bomb) -> tuple[str, float, MemoryPeak]:
    """Return what became of a bomb, the seconds that took, and the peak of memory."""
    with closing(ProcessWorker()) as worker:
        worker.run(partial(read_document, name="words.html"), b"<p>The ferry sails.</p>", "words.html")
        data = bomb.make()
        with MemoryPeak(worker) as peak:
            begun = time.perf_counter()
            try:
                outcome = bomb.read(data, worker)
            except InvalidInput as error:
                outcome = f"refused: {error}"
            seconds = time.perf_counter() - begun
    return outcome, seconds, peak


def ask_beside_bombs(documents: Sequence[Bomb], questions: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of questions to a quiet service, and while it is sent hostile documents."""
    asked = [one.question for one in read_user_questions(EVERYDAY / "questions.jsonl")]
    asked = (asked * (questions // len(asked) + 1))[:questions]
    with (
        TemporaryDirectory(prefix="citeline-hostile-") as folder,
        Server(Path(folder) / "state", EVERYDAY / "articles") as server,
        closing(server.client()) as client,
    ):
        ask_all(client, asked[:100])
        quiet = [milliseconds for milliseconds, _ in ask_all(client, asked)]
        beside: list[float] = []
        thread = threading.Thread(target=_upload, args=(server.port, documents))
        thread.start()
        while thread.is_alive():
            beside += [milliseconds for milliseconds, _ in ask_all(client, asked)]
        thread.join()
    return quiet, beside


def _upload(port: int, documents: Sequence[Bomb]) -> None:
    for bomb in documents:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{bomb.name}"\r\n\r\n'
        body = head.encode() + bomb.make() + f"\r\n--{_BOUNDARY}--\r\n".encode()
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
            headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
            try:
                connection.request("POST", "/articles", body, headers)
                connection.getresponse().read()
            except OSError:  # a body over the limit is refused before it is sent
                continue


@click.command(help=__doc__)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--questions", type=click.IntRange(min=0), default=0, help="How many are asked beside the documents.")
def main(names: Sequence[str], questions: int) -> None:
    """Read each bomb and print the figures."""
    chosen = [bomb for bomb in bombs() if not names or any(name in bomb.name for name in names)]
    if not chosen:
        raise click.ClickException("There is no such hostile document.")
    failed = 0
    try:
        if questions:
            quiet, beside = ask_beside_bombs([bomb for bomb in chosen if bomb.is_document], questions)
            for label, times in (("quiet", quiet), ("beside hostile documents", beside)):
                p50, p95, longest = np.percentile(times, [50, 95, 100]).tolist()
                click.echo(f"{label:26}{len(times):6} questions, p50, p95, max: {p50:.1f}, {p95:.1f}, {longest:.1f} ms")
            return
        click.echo(f"{'document':34}{'s':>6}{'MiB':>6}{'own':>6}  outcome")
        for bomb in chosen:
            outcome, seconds, peak = read_bomb(bomb)
            is_over = seconds > MAX_SECONDS or peak.worker > MAX_MIB or peak.own > MAX_MIB
            failed += is_over
            mark = "  OVER  " if is_over else "  "
            click.echo(f"{bomb.name:34}{seconds:6.1f}{peak.worker:6.0f}{peak.own:6.0f}{mark}{outcome[:150]}")
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    print_note(f"{len(chosen)} documents, {failed} over {MAX_SECONDS:g} s or {MAX_MIB:g} MiB")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends the server, too
    main()
