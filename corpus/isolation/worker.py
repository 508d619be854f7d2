"""What a worker is: it runs parsers on bytes that came from outside, so that none can stop or fill the service."""

import logging
from collections.abc import Callable
from threading import Semaphore
from typing import Protocol, TypeVar

from corpus.errors import CitelineError, ReaderFailed, TooLarge, UnreadableDocument, WorkerBusy

log = logging.getLogger(__name__)
MAX_SECONDS = 6.0  # of processor time
PATIENCE = 3  # times as long may a document take where other programs keep the processor busy

T = TypeVar("T")


class Worker(Protocol):
    """Runs parsers. Thread-safe. Whatever reads documents, feeds or robots.txt files calls it."""

    def run(self, parse: Callable[[bytes], T], data: bytes, name: str, seconds: float = MAX_SECONDS) -> T:
        """Return what `parse` returns for the data of the document `name`, within `seconds` of processor time.

        `parse` is a function of a module, or a `functools.partial` of one, and it and its result can be pickled. Raises
        the CitelineError that it raises; ReaderFailed, which names the document, where it fails in another way;
        TooLarge past a limit of time, memory or output; WorkerProblem where no parser can be run now, as WorkerBusy.
        """
        ...

    def close(self) -> None:
        """End what runs; nothing is run any more."""
        ...


class InlineWorker:
    """Runs parsers in the calling thread, without limits: for documents that are trusted, and for tests."""

    def run(self, parse: Callable[[bytes], T], data: bytes, name: str, seconds: float = MAX_SECONDS) -> T:
        """Return what `parse` returns; `seconds` has no effect."""
        try:
            return parse(data)
        except Exception as error:
            found = as_refusal(error, name)
            if found is error:
                raise
            log.exception("%s can't be read.", name)
            raise found from error

    def close(self) -> None:
        """Do nothing."""


INLINE = InlineWorker()


class LimitedWorker:
    """A Worker that runs parsers on another one, as many at a time as `running` lets in; several may share it.

    The others wait for their turn: as many as `admitted` lets in beside those that run, up to `max_wait` seconds. None
    is no limit, for background threads.
    """

    def __init__(
        self, worker: Worker, running: Semaphore, admitted: Semaphore | None = None, max_wait: float | None = None
    ) -> None:
        self._worker, self._max_wait = worker, max_wait
        self._running, self._admitted = running, admitted

    def run(self, parse: Callable[[bytes], T], data: bytes, name: str, seconds: float = MAX_SECONDS) -> T:
        """Return what `parse` returns; raises WorkerBusy where too many run, too."""
        if self._admitted is not None and not self._admitted.acquire(blocking=False):
            raise _busy(name)
        try:
            if not self._running.acquire(timeout=self._max_wait):
                raise _busy(name)
            try:
                return self._worker.run(parse, data, name, seconds)
            finally:
                self._running.release()
        finally:
            if self._admitted is not None:
                self._admitted.release()

    def close(self) -> None:
        """End what runs; nothing is run any more."""
        self._worker.close()


def _busy(name: str) -> WorkerBusy:
    return WorkerBusy(f"{name} can't be read now, since too many other documents are. Try again in a while.")


def as_refusal(error: Exception, name: str) -> CitelineError:
    """Return a CitelineError as it is, and any other error of a parser as the reason why a document is refused."""
    if is_out_of_memory(error):
        return TooLarge(f"Reading {name} takes more memory than a document may.")
    if isinstance(error, CitelineError):
        return error
    if isinstance(error, RecursionError):
        return UnreadableDocument(f"{name} is nested too deeply to be read.")
    return ReaderFailed(
        f"{name} can't be read, by an error of Citeline and not of the file: {type(error).__name__} in its reader. "
        "The log has the details."
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error comes from a lack of memory."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, MemoryError):
        cause = cause.__cause__ if cause.__cause__ is not None else cause.__context__
    return cause is not None
