"""The composition root: wires corpus, index and qa into the web application and the command line."""

import atexit
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Semaphore

from flask import Flask
from flask_openapi3 import Info, OpenAPI

from cli.commands import command_line
from cli.runner import print_note, run
from cli.runtime import Wiring
from corpus.documents import Limits
from corpus.events import log_event
from corpus.feeds.poller import Poller
from corpus.feeds.repository import SubscriptionRepository
from corpus.fetching.client import Fetcher
from corpus.ingest.library import Library
from corpus.ingest.sources import SourceMonitor
from corpus.ingest.watcher import FolderWatch
from corpus.isolation.process import ProcessWorker
from corpus.isolation.worker import LimitedWorker, Worker
from corpus.questions.kept import KeptQuestions
from corpus.questions.watches import WatchRepository
from corpus.questions.webhooks import WebhookSender
from corpus.runtime_settings import AdjustableSetting, RuntimeSettings
from corpus.store.article_store import ArticleStore, open_article_database
from corpus.store.saved_replies import SavedReplies
from corpus.text.sentences import split
from eval.command import evaluate
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import Embedder, load_embedder
from index.generations.builder import Builder, Progress
from index.generations.indexer import Indexer
from index.generations.repository import GenerationRepository
from index.generations.version_index import VersionIndex
from index.maintenance.erasure import Eraser
from index.state_folder import StateFolder
from qa.annotators import (
    Annotator,
    AttributionAnnotator,
    DateAnnotator,
    EvidenceAnnotator,
    ListAnnotator,
    NearDuplicateAnnotator,
    PlaceAnnotator,
    SupportAnnotator,
    TableAnnotator,
)
from qa.confidence import Confidence
from qa.conversation.history import ConversationStore
from qa.pipeline import Pipeline
from qa.questions.asking import IndexFollower, Reasking
from qa.questions.groups import QuestionGrouper
from qa.questions.keeper import QuestionKeeper
from qa.questions.watcher import QuestionWatcher
from qa.reader.base import Reader
from qa.reader.loader import load_confidence, load_reader
from qa.retriever import HybridRetriever
from qa.service import QAService
from qa.suggestions.repository import SuggestionRepository
from qa.suggestions.service import SuggestionService
from qa.verification.verifier import Verifier
from web import logs, problems, security
from web.access import audit, proxies, rate_limit
from web.access.api import access_blueprint, describe_access
from web.access.authentication import COOKIE, Authenticator
from web.access.proxies import TrustedProxies
from web.access.store import AccessStore
from web.api import api_blueprint, describe_upload
from web.feeds_api import feeds_blueprint
from web.monitoring import routes as monitoring
from web.monitoring.metrics import LibraryCollector, MeteredQAService, Metrics
from web.pages import docs_blueprint, pages_blueprint
from web.routes import allowed_methods, precedence
from web.routes.batch import batch_blueprint, describe_csv
from web.routes.bulk import bulk_blueprint
from web.routes.library import library_blueprint
from web.routes.lines import component_schemas
from web.routes.questions import questions_blueprint
from web.routes.replies import replies_blueprint
from web.routes.search import search_blueprint
from web.routes.settings import settings_blueprint
from web.routes.verify import describe_page, verify_blueprint
from web.routes.watches import watches_blueprint
from web.schemas import BatchLineOut, BulkLineOut, Problem
from web.security import Guard
from web.serialization import reply_json
from web.services import Services
from web.settings import Settings

VERSION = "0.1.0"
# At a time, each in a process of up to 480 MiB; and the seconds that others wait, longer than most documents take.
MAX_READERS, WAIT_SECONDS = 2, 30.0
MAX_DRAWING, DRAWING_WAIT_SECONDS = 1, 5.0
log = logging.getLogger(__name__)
_SAMPLE = "10092d8b1d93e9bf"  # the id of the article in corpus/articles
EXAMPLE_QUESTIONS = {
    _SAMPLE: ("When does the withdrawal finish?", "Why did the protests begin?", "Who appealed to the CSTO for help?")
}


class Citeline:
    """The composition root: every service of one state folder, made by the settings.

    The constructor makes the state folder where it is missing; `close` closes all files.
    Raises what loading a model and opening the state folder raise: ModelProblem, StorageProblem, IndexProblem.
    """

    def __init__(self, settings: Settings, embedder: Embedder | None = None, worker: Worker | None = None) -> None:
        self.settings = settings
        processes = ProcessWorker() if worker is None else worker
        # Of the threads for requests, half may fetch or read documents or wait for the index; a quarter may draw.
        threads = settings.server_threads
        reading, slots = Semaphore(MAX_READERS), Semaphore(max(1, threads // 2))
        self.worker = LimitedWorker(processes, reading, slots, WAIT_SECONDS)
        background = LimitedWorker(processes, reading)
        # Of its own, so that pictures of pages, which anyone can ask for, keep no document waiting.
        drawing_slots = Semaphore(max(1, threads // 4))
        drawing = LimitedWorker(processes, Semaphore(MAX_DRAWING), drawing_slots, DRAWING_WAIT_SECONDS)
        reader, confidence, threshold = load_answering_models(settings)  # first: it fails fast
        state = StateFolder(settings.state)
        database = open_article_database(state.articles)
        self.store = ArticleStore(database, settings.keep_versions)
        if embedder is None:
            embedder = load_embedder(settings.model, settings.models, report=print_note)
        self.embeddings = EmbeddingCache(state.embeddings, embedder)
        self.repository = GenerationRepository(state.index)
        self.indexer = Indexer(Builder(self.store, self.repository, self.embeddings, split), self.store)
        limits = Limits(max_bytes=settings.max_upload * 2**20, max_original=settings.keep_originals * 2**20)
        fetcher = Fetcher(settings.fetch_timeout, limits.max_bytes, allow_private=settings.allow_private_urls)
        self.library = Library(
            self.store, fetcher.limited(slots), limits, self.indexer.wake, self.worker, drawing, background
        )
        self.subscriptions = SubscriptionRepository(database, allow_private=settings.allow_private_urls)
        lock = settings.state / "feeds.lock"
        interval = settings.feed_interval
        self.poller = Poller(self.subscriptions, self.library, fetcher, limits, lock, interval, worker=background)
        self.subscriptions.on_change = self.poller.wake
        pipeline = Pipeline(HybridRetriever(embedder, self.store), reader, confidence, threshold)
        annotators: tuple[Annotator, ...] = (
            NearDuplicateAnnotator(self.store),
            SupportAnnotator(),
            ListAnnotator(self.store),
            AttributionAnnotator(),
            TableAnnotator(),
            EvidenceAnnotator(),
            PlaceAnnotator(self.store),
            DateAnnotator(),
        )
        versions = VersionIndex(self.store, self.embeddings, split)
        self.metrics = Metrics()
        self.metrics.registry.register(LibraryCollector(self.indexer, self.subscriptions))
        parts = (self.indexer, pipeline, annotators, versions, ConversationStore())
        self.qa = MeteredQAService(self.metrics, *parts)
        suggestions = SuggestionRepository(state.suggestions, self.store.store_id)
        unmetered = QAService(*parts)
        self.suggestions = SuggestionService(suggestions, self.store, self.indexer, unmetered)
        kept, watches = KeptQuestions(database, settings.question_days), WatchRepository(database)
        self.reasking = Reasking(unmetered, kept.has_newer)
        self.questions = QuestionKeeper(
            kept,
            self.indexer,
            self.reasking,
            QuestionGrouper(embedder),
            self.store.get_version,
            settings.keeps_questions,
        )
        self.watcher = QuestionWatcher(watches, self.indexer, self.reasking, reply_json, settings.allow_private_urls)
        self.follower = IndexFollower(self.indexer, (self.watcher.check, self.questions.check), self.questions.save)
        self.webhooks = WebhookSender(watches, fetcher)
        self.eraser = Eraser(
            self.store, self.indexer, self.embeddings, self.suggestions.forget_deleted, settings.purge_days
        )
        self.access = AccessStore(state.access)
        self.folder = self._folder()
        self.watch = FolderWatch(self.library, self.folder)
        self.services = Services(
            qa=self.qa,
            verifier=Verifier(self.indexer, self.store),
            suggestions=self.suggestions,
            library=self.library,
            indexer=self.indexer,
            subscriptions=self.subscriptions,
            sources=SourceMonitor(database, self.library, self.folder),
            poller=self.poller,
            worker=self.worker,
            access=self.access,
            eraser=self.eraser,
            folder=self.folder,
            replies=SavedReplies(database),
            questions=self.questions,
            watcher=self.watcher,
            wait_seconds=settings.wait_seconds,
            wait_slots=slots,
            examples=EXAMPLE_QUESTIONS,
        )
        adjustable = {
            "threshold": AdjustableSetting(threshold, settings.threshold, partial(setattr, pipeline, "threshold")),
            "feed_interval": AdjustableSetting(
                Settings.model_fields["feed_interval"].default,
                interval if "feed_interval" in settings.model_fields_set else None,
                partial(setattr, self.poller, "interval"),
            ),
        }
        self.runtime_settings = RuntimeSettings(database, adjustable)
        self.indexer.open()

    def _folder(self) -> Path:
        """Return the articles folder of the settings where one is named, or else the one of this state folder."""
        synced = self.library.synced_folder()
        if synced is None or "articles" in self.settings.model_fields_set:
            return self.settings.articles
        return synced

    def is_new(self) -> bool:
        """Return whether there was no index yet, or one of another articles folder."""
        return self.repository.current() is None or self.library.synced_folder() != self.folder.resolve()

    def scan_folder(self) -> None:
        """Store the changes in the articles folder."""
        for outcome in self.library.sync_folder(self.folder):
            if outcome.problem is not None:
                log_event(
                    log, logging.INFO, "file_refused", outcome.problem, name=outcome.name, problem=outcome.problem
                )

    def refresh(self, report: Callable[[Progress], None]) -> None:
        """Store the changes in the articles folder and bring the index up to date."""
        self.scan_folder()
        self.indexer.catch_up(report)

    def start(self) -> None:
        """Start the background work: watching the articles folder, indexing, polling feeds."""
        # Only a service deletes them: other commands may run beside it, with another limit.
        self.library.drop_originals()
        self.library.drop_versions()
        # Before the indexer starts: it would publish an index without articles and call itself ready.
        if self.is_new() or not self.settings.watch:
            self.scan_folder()
        self.indexer.start()
        if self.settings.watch:
            self.watch.start()
        self.poller.start()
        self.suggestions.start()
        self.runtime_settings.start()
        self.follower.start()
        self.webhooks.start()
        self.eraser.start()

    def close(self) -> None:
        """Stop the background work and close all files."""
        self.eraser.stop()
        self.webhooks.stop()
        self.follower.stop()
        self.runtime_settings.stop()
        self.suggestions.stop()
        self.poller.stop()
        self.watch.stop()
        self.worker.close()
        self.indexer.stop()
        self.embeddings.close()
        self.access.close()
        self.store.close()


def load_answering_models(settings: Settings) -> tuple[Reader, Confidence, float]:
    """Return the reader, the confidence model and the minimum confidence of an answer; raises ModelProblem."""
    reader = load_reader(settings.reader, settings.models, report=print_note)
    confidence = load_confidence(settings.reader, settings.models)
    return reader, confidence, confidence.threshold if settings.threshold is None else settings.threshold


def create_app(
    settings: Settings | None = None, embedder: Embedder | None = None, worker: Worker | None = None
) -> Flask:
    """Return the web application with its background work running, until `close_app` or the end of the process.

    `worker` reads documents, by default in processes of its own.
    """
    citeline = Citeline(Settings.load() if settings is None else settings, embedder, worker)
    atexit.register(citeline.close)
    # Before other threads run: see index/search/arrays.py on routes that are parsed beside them.
    app = _make_flask_app(citeline)
    citeline.start()
    return app


def close_app(app: Flask) -> None:
    """Stop an application's background work and close its files."""
    close = app.extensions["citeline.runtime"].close
    atexit.unregister(close)
    close()


def _make_flask_app(citeline: Citeline) -> Flask:
    settings = citeline.settings
    app = OpenAPI(
        __name__,
        info=Info(title="Citeline", version=VERSION, description="Answers from your own articles, as quotes."),
        security_schemes={
            "token": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "set by POST /sign-in"},
        },
        validation_error_callback=problems.invalid,
        # flask_openapi3 adds this response to each operation without one of its status; ours all describe a 500.
        validation_error_status=500,
        validation_error_model=Problem,
        doc_ui=False,
        static_folder=None,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload * 2**20 + 2**16
    app.extensions["citeline.runtime"] = citeline
    allowed_methods.register(app)
    app.extensions["citeline"] = citeline.services
    access = citeline.access
    settings.require_token(bool(access.tokens()))
    token = None if settings.token is None else settings.token.get_secret_value()
    authenticator = Authenticator(access, token, not settings.serves_others, settings.protects_reading)
    metrics_token = None if settings.metrics_token is None else settings.metrics_token.get_secret_value()
    logs.register(app)
    monitoring.register(app, citeline.metrics)
    guard = Guard.of(settings.host, settings.hosts, authenticator, settings.widget_origins)
    proxies.register(app, TrustedProxies(settings.trusted_proxies, guard.allows_host))
    security.register(app, guard)
    rate_limit.register(app, settings.rate_limit)
    audit.register(app)
    problems.register(app)
    precedence.register(app)
    app.register_api(api_blueprint())
    app.register_api(feeds_blueprint())
    app.register_api(search_blueprint())
    app.register_api(replies_blueprint())
    app.register_api(questions_blueprint())
    app.register_api(watches_blueprint())
    app.register_api(bulk_blueprint())
    app.register_api(batch_blueprint())
    app.register_api(access_blueprint())
    app.register_api(monitoring.metrics_blueprint(citeline.metrics, metrics_token, not settings.serves_others))
    app.register_api(verify_blueprint())
    app.register_api(library_blueprint())
    app.register_api(settings_blueprint(citeline.runtime_settings))
    describe_upload(app)
    describe_csv(app)
    describe_page(app)
    describe_access(app)
    app.components_schemas |= component_schemas([BatchLineOut, BulkLineOut])
    app.register_blueprint(pages_blueprint())
    app.register_blueprint(docs_blueprint())
    return app


def main() -> None:
    """Run the command line."""
    run(cli)


cli = command_line(Wiring(Citeline, _make_flask_app, split, load_answering_models, VERSION), evaluate)

if __name__ == "__main__":
    main()
