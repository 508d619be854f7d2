"""What the routes call, put together by app.py."""

from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app

from corpus.library import Library
from index.indexer import Indexer
from qa.service import QAService


@dataclass(frozen=True, slots=True)
class Services:
    """The parts behind the HTTP interface; `examples` are questions that the chat proposes."""

    qa: QAService
    library: Library
    indexer: Indexer
    folder: Path
    wait_seconds: float
    examples: tuple[str, ...] = field(default=())


def services() -> Services:
    """Return the services of the app that handles this request."""
    found: Services = current_app.extensions["citeline"]
    return found
