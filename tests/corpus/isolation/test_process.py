import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from corpus.errors import TooLarge, UnreadableDocument, WorkerProblem
from corpus.isolation import child
from corpus.isolation.process import MEMORY_SECONDS, ProcessWorker
from corpus.isolation.worker import LimitedWorker
from tests.waiting import Clock, comes
from tests.worker_contract import WorkerContract, length

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 20.0  # seconds; other tests run beside


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(clock: Clock) -> Iterator[ProcessWorker]:
    with closing(ProcessWorker(clock=clock)) as made:
        yield made


class TestProcessWorker(WorkerContract):
    pass


def process_id(_: bytes) -> int:
    return os.getpid()


def loop(_: bytes) -> None:
    while True:
        pass


def hold_the_interpreter(_: bytes) -> None:
    ctypes.PyDLL(None).sleep(3600)  # PyDLL keeps the GIL, as a parser in C may


def fill_memory(_: bytes) -> int:
    return len(b"x" * 2**32)


def fill_memory_slowly(_: bytes) -> None:
    held = []
    while True:
        held.append(bytearray(2**20))


def crash(_: bytes) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave(_: bytes) -> None:
    os._exit(3)


def double(data: bytes) -> bytes:
    return data * 2


def pid_of(worker: ProcessWorker) -> int:
    return worker.run(process_id, b"", "words.txt")


def ends(pid: int) -> bool:
    def is_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()

    return comes(is_gone)


def test_one_process_that_is_not_this_one_serves_many_documents(worker: ProcessWorker) -> None:
    assert [] == worker.process_ids()
    pids = {pid_of(worker) for _ in range(20)}
    assert 1 == len(pids)
    assert os.getpid() not in pids


@pytest.mark.parametrize("parse", [loop, hold_the_interpreter])
def test_a_document_that_takes_too_long_is_refused(worker: ProcessWorker, parse: object) -> None:
    before, begun = pid_of(worker), time.monotonic()
    with pytest.raises(TooLarge, match=r"^Reading bomb\.pdf takes longer than the limit of 0\.5 seconds\.$"):
        worker.run(parse, b"bomb", "bomb.pdf", seconds=0.5)  # type: ignore[arg-type]
    assert time.monotonic() - begun < PATIENCE
    assert ends(before)
    assert before != pid_of(worker)


@pytest.mark.parametrize("parse", [fill_memory, fill_memory_slowly])
def test_a_document_that_takes_too_much_memory_is_refused(worker: ProcessWorker, parse: object) -> None:
    before = pid_of(worker)
    with pytest.raises(TooLarge, match=r"^Reading bomb\.pdf takes more memory than a document may\.$"):
        worker.run(parse, b"bomb", "bomb.pdf")  # type: ignore[arg-type]
    assert ends(before)
    assert before != pid_of(worker)


@pytest.mark.parametrize(("parse", "reason"), [(crash, "signal SIGSEGV"), (leave, "exit status 3")])
def test_a_document_that_ends_its_process_is_refused(worker: ProcessWorker, parse: object, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=rf"^Reading bomb\.pdf crashes its parser \({reason}\)\.$"):
        worker.run(parse, b"bomb", "bomb.pdf")  # type: ignore[arg-type]
    assert 5 == worker.run(partial(length, factor=1), b"Words", "words.txt")


def test_a_document_that_gives_too_much_is_refused() -> None:
    with closing(ProcessWorker(max_output=1000)) as worker:
        assert b"x" * 200 == worker.run(double, b"x" * 100, "words.txt")
        with pytest.raises(TooLarge, match=r"^bomb\.zip is read to 4,0\d\d bytes; the limit is 1,000\.$"):
            worker.run(double, b"x" * 2000, "bomb.zip")


def test_what_ended_a_process_is_not_tried_again_at_once(worker: ProcessWorker, clock: Clock) -> None:
    with pytest.raises(UnreadableDocument):
        worker.run(crash, b"bomb", "bomb.pdf")
    expected = r"^Reading same\.pdf crashes its parser \(signal SIGSEGV\)\. It was tried already, and is not again"
    with pytest.raises(UnreadableDocument, match=expected):
        worker.run(partial(crash), b"bomb", "same.pdf")
    assert worker.run(process_id, b"other", "other.pdf")
    clock.now += MEMORY_SECONDS + 1
    with pytest.raises(UnreadableDocument, match=r"\(signal SIGSEGV\)\.$"):
        worker.run(crash, b"bomb", "same.pdf")


def test_what_ended_one_parser_is_read_by_another_one(worker: ProcessWorker) -> None:
    with pytest.raises(UnreadableDocument):
        worker.run(crash, b"a page that can't be drawn", "report.pdf")
    assert worker.run(process_id, b"a page that can't be drawn", "report.pdf")


def stop(_: bytes) -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    return "read"


def test_a_signal_to_stop_all_processes_ends_no_document(worker: ProcessWorker) -> None:
    assert "read" == worker.run(stop, b"words", "words.txt")


def test_a_process_is_replaced_after_many_documents() -> None:
    with closing(ProcessWorker(max_documents=3)) as worker:
        pids = [pid_of(worker) for _ in range(6)]
    assert [pids[0]] * 3 + [pids[3]] * 3 == pids
    assert pids[0] != pids[3]


def test_a_process_that_ends_while_it_is_idle_is_replaced(worker: ProcessWorker) -> None:
    before = pid_of(worker)
    os.kill(before, signal.SIGKILL)
    assert ends(before)
    assert before != pid_of(worker)


def sleep(_: bytes) -> int:
    time.sleep(1)
    return os.getpid()


def test_threads_share_two_processes(worker: ProcessWorker) -> None:
    limited = LimitedWorker(worker, threading.Semaphore(2))
    with ThreadPoolExecutor(6) as pool:
        pids = set(pool.map(lambda number: limited.run(sleep, b"%d" % number, "a.txt"), range(6)))
    assert 2 == len(pids)
    assert pids == set(worker.process_ids())


def test_a_closed_worker_ends_what_runs_and_reads_nothing_more(
    worker: ProcessWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems: list[Exception] = []
    ended: list[int] = []
    killpg = os.killpg
    monkeypatch.setattr(os, "killpg", lambda id, signum: [ended.append(id), killpg(id, signum)])

    def read() -> None:
        try:
            worker.run(loop, b"bomb", "notes.pdf", seconds=60)
        except WorkerProblem as error:
            problems.append(error)

    idle = pid_of(worker)
    thread = threading.Thread(target=read)
    thread.start()
    assert comes(lambda: bool(worker.process_ids()))
    worker.close()
    thread.join(PATIENCE)
    assert [] == worker.process_ids()
    assert ends(idle)
    assert len(set(ended)) == len(ended) > 0  # a second signal might reach another process of that id
    assert ["notes.pdf is not read, since Citeline stops."] == [str(problem) for problem in problems]
    with pytest.raises(WorkerProblem, match="Citeline stops"):
        pid_of(worker)


@pytest.mark.parametrize(("program", "reason"), [("/bin/false", "exit status 1"), ("/no/python", "no such file")])
def test_a_process_that_cannot_start_is_a_problem_of_the_service(
    worker: ProcessWorker, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(WorkerProblem, match=f"The process that reads documents can't be started: {reason}"):
        pid_of(worker)
    monkeypatch.undo()
    assert pid_of(worker)


PARENT = """
import sys, time
from corpus.isolation.process import ProcessWorker
from tests.corpus.isolation.test_process import loop, process_id, run_program
worker = ProcessWorker()
print(worker.run(process_id, b"", "words.txt"), flush=True)
if sys.argv[1] == "busy":
    worker.run(loop, b"bomb", "bomb.pdf", seconds=60)
elif sys.argv[1] == "with a program":
    worker.run(run_program, sys.argv[2].encode(), "scan.pdf", seconds=60)
time.sleep(60)
"""


@pytest.mark.parametrize("state", ["idle", "busy", "with a program"])
def test_a_process_ends_with_its_parent(state: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, state, str(tmp_path / "pid")]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    pids = [int(parent.stdout.readline())]
    if state == "with a program":
        pids.append(program_of(tmp_path / "pid"))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert [True] * len(pids) == [ends(pid) for pid in pids]


def run_program(data: bytes) -> None:
    """Wait for a program, as a reader waits for Tesseract, and write its id to a file."""
    program = subprocess.Popen(["sleep", "600"])
    Path(os.fsdecode(data)).write_text(f"{program.pid}\n")
    program.wait()


def run_program_and_crash(data: bytes) -> None:
    threading.Thread(target=run_program, args=(data,)).start()
    program_of(Path(os.fsdecode(data)))
    crash(data)


def program_of(path: Path) -> int:
    assert comes(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


@pytest.mark.parametrize(
    ("end", "error"), [("too long", TooLarge), ("crash", UnreadableDocument), ("close", WorkerProblem)]
)
def test_the_programs_that_a_parser_has_started_end_with_it(
    worker: ProcessWorker, tmp_path: Path, end: str, error: type[Exception]
) -> None:
    path = tmp_path / "pid"
    parse = run_program_and_crash if end == "crash" else run_program
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(worker.run, parse, os.fsencode(path), "scan.pdf", 0.3 if end == "too long" else 60)
        pid = program_of(path)
        if end == "close":
            worker.close()
        assert isinstance(future.exception(), error)
    assert ends(pid)


def test_the_readers_that_a_process_imports_while_it_waits_are_there() -> None:
    command = [sys.executable, "-c", f"import importlib; [*map(importlib.import_module, {child.READERS})]"]
    assert 0 == subprocess.run(command, cwd=ROOT, check=False).returncode
