"""What many tests share: apps that are closed again, and the real embedding model."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # each worker of pytest-xdist has a core; more threads would only spin

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings

from app import close_app, create_app
from corpus.documents.ocr import tesseract
from corpus.isolation.worker import INLINE, Worker
from index.embedding.embedder import Embedder
from qa.reader.loader import SENTENCES
from tests.api_client import CheckedClient
from tests.fakes import WordEmbedder
from tests.models import default_embedder
from web.settings import Settings

FERRY = "The ferry leaves at noon from the northern pier. It carries bicycles for two crowns."
BRIDGE = "The harbour bridge reopens on Monday, 3 March. Amina Farouk led the repair of the bridge."
MakeApp = Callable[..., Flask]
# The same examples each time, so that no run fails without a change; `--hypothesis-profile=default` tries other ones.
hypothesis_settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis_settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CITELINE_") and name != "CITELINE_MODELS"]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let tests fare alike with and without Tesseract; those of OCR find it again."""
    monkeypatch.setattr(tesseract, "find_spec", lambda name: None)
    tesseract.is_available.cache_clear()
    yield
    tesseract.is_available.cache_clear()


@pytest.fixture(scope="session")
def real_embedder() -> Embedder:
    """The real embedding model; mark tests that use it with `model`."""
    return default_embedder()


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """An articles folder with two articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY, encoding="utf-8")
    (folder / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    return folder


@pytest.fixture
def make_app(tmp_path: Path, articles: Path) -> Iterator[MakeApp]:
    """Makes apps with an embedder of words that answer with sentences, by settings, and read documents in this process.

    `ready=False` does not wait for the index.
    """
    apps: list[Flask] = []

    def make(embedder: Embedder | None = None, ready: bool = True, worker: Worker = INLINE, **settings: Any) -> Flask:
        defaults = {"state": tmp_path / "state", "articles": articles, "watch": False}
        values = defaults | {"reader": SENTENCES, "threshold": 0.0} | settings
        app = create_app(Settings(**values), WordEmbedder() if embedder is None else embedder, worker)
        app.test_client_class = CheckedClient
        apps.append(app)
        if ready:
            app.extensions["citeline"].indexer.wait(60)
        return app

    yield make
    for app in apps:
        close_app(app)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """An app that answers from the two articles."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> CheckedClient:
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    return client
