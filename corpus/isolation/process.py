"""Workers in processes of their own, which can be killed; each serves many documents."""

import hashlib
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import CitelineError, InvalidInput, TooLarge, UnreadableDocument, WorkerProblem
from corpus.isolation.messages import ConnectionEnded, MessageTooLong, receive, send
from corpus.isolation.worker import MAX_SECONDS, PATIENCE

log = logging.getLogger(__name__)
MAX_MEMORY = 480 * 2**20  # bytes of address space, of which the readers' code takes 90 MiB
MAX_OUTPUT = 64 * 2**20  # bytes
MAX_DOCUMENTS = 500  # of one process, since libraries leak
MEMORY_SECONDS = 600.0  # during which what ended a process is not tried again
_MAX_REMEMBERED = 1000
_START_SECONDS = 60.0
_OUT_OF_TIME = {"signal SIGPROF", "signal SIGALRM"}  # of the timers of the process
_ROOT = Path(__file__).resolve().parents[2]

T = TypeVar("T")


class ProcessWorker:
    """A Worker that runs parsers in processes. It starts one when the first document comes, and keeps it.

    Another one is started where a document comes while all are busy: a LimitedWorker limits how many. A process that a
    document has ended, or has made large, is replaced at once. `clock` returns seconds.
    """

    def __init__(
        self,
        max_memory: int = MAX_MEMORY,
        max_output: int = MAX_OUTPUT,
        max_documents: int = MAX_DOCUMENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_memory, self._max_output = max_memory, max_output
        self._max_documents, self._clock = max_documents, clock
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()
        self._closed = False
        # By the parser and content that ended a process: until when it is refused, and the refusal without its name.
        self._fatal: dict[bytes, tuple[float, type[InvalidInput], str]] = {}

    def run(self, parse: Callable[[bytes], T], data: bytes, name: str, seconds: float = MAX_SECONDS) -> T:
        """Return what `parse` returns in a worker process."""
        self._check_known(parse, data, name)
        process = self._acquire()
        keeps = False
        try:
            reply, trace = process.request(pickle.dumps((parse, name, seconds)), data, seconds, self._max_output)
            succeeded, value, has_grown = pickle.loads(reply)
            keeps = not has_grown and process.documents < self._max_documents
        except TimeoutError as error:
            raise self._remember(parse, data, name, TooLarge, _too_long(seconds)) from error
        except MessageTooLong as error:
            raise self._remember(parse, data, name, TooLarge, "gives more than a document may hold") from error
        except (ConnectionEnded, OSError) as error:
            if self._closed:
                raise WorkerProblem(f"{name} is not read, since Citeline stops.") from error
            reason = process.ending()
            if reason in _OUT_OF_TIME:
                raise self._remember(parse, data, name, TooLarge, _too_long(seconds)) from error
            log.warning("%s ended the process that reads documents: %s.", name, reason)
            raise self._remember(parse, data, name, UnreadableDocument, f"crashes its parser ({reason})") from error
        finally:
            self._release(process, keeps)
        if trace:
            log.error("%s can't be read.\n%s", name, trace.decode("utf-8", "replace"))
        if succeeded:
            result: T = value
            return result
        refusal: CitelineError = value
        raise refusal

    def close(self) -> None:
        """End all processes. What is being read ends with WorkerProblem; no document is read any more."""
        with self._lock:
            self._closed = True
            processes = [*self._idle, *self._busy]
            self._idle.clear()
        for process in processes:
            process.end()

    def process_ids(self) -> list[int]:
        """Return the ids of the running processes."""
        with self._lock:
            return [process.id for process in (*self._idle, *self._busy)]

    def _acquire(self) -> "_Process":
        """Return a process that is not busy, a new one where there is none; raises WorkerProblem."""
        with self._lock:
            while self._idle and not self._closed:
                process = self._idle.pop()
                if process.is_running:
                    break
                process.end()
            else:
                process = self._start()
            self._busy.add(process)
        try:
            process.await_start()
        except BaseException:
            self._release(process, keeps=False, replaces=False)
            raise
        return process

    def _release(self, process: "_Process", keeps: bool, replaces: bool = True) -> None:
        """Make a process idle again, or end it and start another one in its place."""
        if not keeps:
            process.end()
        with self._lock:
            self._busy.discard(process)
            if keeps and not self._closed:
                self._idle.append(process)
            elif replaces and not self._closed and not self._idle:
                with suppress(WorkerProblem):  # the next document will tell
                    self._idle.append(self._start())
        if self._closed:
            process.end()

    def _start(self) -> "_Process":
        if self._closed:
            raise WorkerProblem("No document is read any more, since Citeline stops.")
        return _Process(self._max_memory, self._max_output)

    def _check_known(self, parse: Callable[[bytes], Any], data: bytes, name: str) -> None:
        """Raise the refusal of a content that ended a process in the same parser a while ago."""
        with self._lock:
            now = self._clock()
            self._fatal = {digest: known for digest, known in self._fatal.items() if known[0] > now}
            if not self._fatal:
                return
        known = self._fatal.get(_digest(parse, data))
        if known is not None:
            until, kind, reason = known
            minutes = max(1, round((until - now) / 60))
            raise kind(f"Reading {name} {reason}. It was tried already, and is not again for {minutes} min.")

    def _remember(
        self, parse: Callable[[bytes], Any], data: bytes, name: str, kind: type[InvalidInput], reason: str
    ) -> InvalidInput:
        """Return the refusal of a document that ended a process, and refuse its content to that parser for a while."""
        with self._lock:
            self._fatal[_digest(parse, data)] = self._clock() + MEMORY_SECONDS, kind, reason
            while len(self._fatal) > _MAX_REMEMBERED:
                del self._fatal[next(iter(self._fatal))]
        return kind(f"Reading {name} {reason}.")


class _Process:
    """A running worker process, and the connection to it."""

    def __init__(self, max_memory: int, max_output: int) -> None:
        self.documents = 0
        self._is_ready = self._has_ended = False
        self._end_lock = threading.Lock()
        self._connection, theirs = socket.socketpair()
        child_end, self._parent_end = os.pipe()  # the system closes the parent's end with this process
        limits = (str(max_memory), str(max_output), str(child_end))
        command = [sys.executable, "-W", "ignore", "-m", "corpus.isolation.child", *limits]
        try:
            with theirs, os.fdopen(child_end, "rb"):  # both are the process's alone
                self._process: subprocess.Popen[bytes] = subprocess.Popen(
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd=_ROOT,
                    pass_fds=(child_end,),
                    process_group=0,  # of its own, with the programs that parsers start
                )
        except OSError as error:
            self._connection.close()
            os.close(self._parent_end)
            reason = str(error.strerror).lower()
            raise WorkerProblem(f"The process that reads documents can't be started: {reason}.") from error

    @property
    def id(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def await_start(self) -> None:
        """Wait until the process takes requests; raises WorkerProblem."""
        if self._is_ready:
            return
        try:
            receive(self._connection, 100, time.monotonic() + _START_SECONDS)
        except (ConnectionEnded, OSError) as error:
            self.end()
            raise WorkerProblem(f"The process that reads documents can't be started: {self.ending()}.") from error
        self._is_ready = True

    def request(self, request: bytes, data: bytes, seconds: float, max_reply: int) -> tuple[bytes, bytes]:
        """Return the reply to a request; raises TimeoutError, ConnectionEnded, MessageTooLong, OSError."""
        self.documents += 1
        deadline = time.monotonic() + PATIENCE * seconds
        self._connection.settimeout(PATIENCE * seconds)
        send(self._connection, request, data)
        return receive(self._connection, max_reply + 2**20, deadline)

    def ending(self) -> str:
        """Return why the process has ended."""
        with suppress(subprocess.TimeoutExpired):
            status = self._process.wait(1)
            return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        return "it does not answer"

    def end(self) -> None:
        """End the process, with the programs that its parsers have started, and wait for its end.

        Once: after that, another process may have the id.
        """
        with self._end_lock:
            if self._has_ended:
                return
            self._has_ended = True
            with suppress(ProcessLookupError, PermissionError):  # of a group without members
                os.killpg(self.id, signal.SIGKILL)
            self._process.wait()
            self._connection.close()
            os.close(self._parent_end)


def _too_long(seconds: float) -> str:
    return f"takes longer than the limit of {seconds:.2g} seconds"


def _digest(parse: Callable[[bytes], Any], data: bytes) -> bytes:
    function = parse.func if isinstance(parse, partial) else parse
    return hashlib.sha256(f"{function.__module__}:{function.__qualname__}\0".encode() + data).digest()
