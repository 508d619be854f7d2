"""What the routes call, put together by app.py."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Semaphore

from flask import current_app

from corpus.errors import NotReady
from corpus.feeds.poller import Poller
from corpus.feeds.repository import SubscriptionRepository
from corpus.ingest.library import Library
from corpus.ingest.sources import SourceMonitor
from index.generations.indexer import Indexer
from qa.service import QAService
from web.suggestions import Examples


@dataclass(frozen=True, slots=True)
class Services:
    """The parts behind the HTTP interface; `examples` are questions that the chat proposes for some articles, by id.

    `waiting` bounds how many requests wait for the index at once: the server's other threads go on answering.
    """

    qa: QAService
    library: Library
    indexer: Indexer
    subscriptions: SubscriptionRepository
    sources: SourceMonitor
    poller: Poller
    folder: Path
    wait_seconds: float
    waiting: Semaphore
    examples: Examples = field(default_factory=dict)

    def wait(self) -> None:
        """Return when what was added can be answered from; raises NotReady where that takes long, or many wait."""
        if not self.waiting.acquire(blocking=False):
            raise NotReady("The article is kept, but is not indexed yet, and many requests wait for that already.")
        try:
            self.indexer.wait(self.wait_seconds)
        finally:
            self.waiting.release()


def services() -> Services:
    """Return the services of the app that handles this request."""
    found: Services = current_app.extensions["citeline"]
    return found
