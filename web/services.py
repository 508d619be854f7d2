"""The services that routes call, wired by app.py."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Semaphore

from flask import current_app

from corpus.errors import NotReady, WorkerBusy
from corpus.feeds.poller import Poller
from corpus.feeds.repository import SubscriptionRepository
from corpus.ingest.library import Library
from corpus.ingest.sources import SourceMonitor
from corpus.isolation.worker import Worker
from corpus.store.saved_replies import SavedReplies
from index.generations.indexer import Indexer
from index.maintenance.erasure import Eraser
from qa.questions.keeper import QuestionKeeper
from qa.questions.watcher import QuestionWatcher
from qa.service import QAService
from qa.suggestions.service import SuggestionService
from qa.verification.verifier import Verifier
from web.access.store import AccessStore

ExampleQuestions = Mapping[str, Sequence[str]]  # by the id of the article that they are about


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the HTTP interface.

    `wait_slots` limits how many requests fetch or read documents or wait for the index at once, so that threads remain
    for the others.
    """

    qa: QAService
    verifier: Verifier
    suggestions: SuggestionService
    library: Library
    indexer: Indexer
    subscriptions: SubscriptionRepository
    sources: SourceMonitor
    poller: Poller
    worker: Worker
    access: AccessStore
    eraser: Eraser
    folder: Path
    replies: SavedReplies
    questions: QuestionKeeper
    watcher: QuestionWatcher
    wait_seconds: float
    wait_slots: Semaphore
    examples: ExampleQuestions = field(default_factory=dict)

    @contextmanager
    def long_request(self) -> Iterator[None]:
        """Hold one of the slots for requests that take a thread for long; raises WorkerBusy where none is free."""
        release = self.hold_slot()
        try:
            yield
        finally:
            release()

    def hold_slot(self) -> Callable[[], None]:
        """Take one of the slots for requests that take a thread for long, and return what gives it back, once.

        Raises WorkerBusy where none is free.
        """
        if not self.wait_slots.acquire(blocking=False):
            raise WorkerBusy("Too many long requests are running. Try again in a moment.")
        return self.wait_slots.release

    def wait_for_index(self) -> None:
        """Return when all articles are indexed; raises NotReady after `wait_seconds` or where too many wait."""
        if not self.wait_slots.acquire(blocking=False):
            raise NotReady("The article is saved but not indexed yet, and too many requests are waiting.")
        try:
            self.indexer.wait(self.wait_seconds)
        finally:
            self.wait_slots.release()


def services() -> Services:
    """Return the services of the app that handles this request."""
    found: Services = current_app.extensions["citeline"]
    return found
