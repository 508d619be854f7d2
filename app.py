"""Citeline, wired together: the web application and the command line."""

import atexit
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import click
from flask import Flask
from flask_openapi3 import Info, OpenAPI

from corpus.documents import Limits
from corpus.errors import CitelineError
from corpus.fetch import Fetcher
from corpus.library import Library
from corpus.splitter import split
from corpus.store import SqliteStore
from corpus.watch import FolderWatch
from index.builder import Builder, Progress
from index.embedder import Embedder, load_embedder
from index.embeddings import EmbeddingCache
from index.home import IndexHome
from index.indexer import Indexer
from qa.confidence import RetrievalConfidence
from qa.reader import SentenceReader
from qa.retriever import HybridRetriever
from qa.service import QAService
from web import api, docs, pages, problems, security, server, terminal
from web.security import LOCAL_NAMES, Guard
from web.services import Services
from web.settings import Settings

VERSION = "0.1.0"
EXAMPLES = ("When does the withdrawal finish?", "Why did the protests begin?", "Who asked the CSTO for help?")


class Citeline:
    """All parts, wired by the settings. Opening it makes the state folder; `close` lets go of everything."""

    def __init__(self, settings: Settings, embedder: Embedder | None = None) -> None:
        self.settings = settings
        if embedder is None:
            embedder = load_embedder(settings.model, settings.models, report=_say)
        self.store = SqliteStore(settings.state / "articles.sqlite")
        self.embeddings = EmbeddingCache(settings.state / "embeddings.sqlite", embedder)
        self.home = IndexHome(settings.state / "index")
        self.indexer = Indexer(Builder(self.store, self.home, self.embeddings, split), self.store)
        limits = Limits(max_bytes=settings.max_upload * 2**20)
        fetcher = Fetcher(settings.fetch_timeout, limits.max_bytes, allow_private=settings.allow_private_urls)
        self.library = Library(self.store, fetcher, limits, self.indexer.wake)
        self.retriever = HybridRetriever(embedder, self.store)
        self.qa = QAService(self.indexer, self.retriever, SentenceReader(), RetrievalConfidence(), settings.threshold)
        self.watch = FolderWatch(self.library, settings.articles)
        self.services = Services(
            qa=self.qa,
            library=self.library,
            indexer=self.indexer,
            folder=settings.articles,
            wait_seconds=settings.wait_seconds,
            examples=EXAMPLES if settings.articles == Settings.model_fields["articles"].default else (),
        )
        self.indexer.open()

    def take_folder(self) -> None:
        """Take in what has changed in the articles folder, now."""
        for outcome in self.library.sync_folder(self.settings.articles):
            if outcome.state == "failed":
                _say(f"Skipped {outcome.name}: {outcome.problem}")

    def refresh(self, report: Callable[[Progress], None]) -> None:
        """Take in the articles folder and bring the index up to date, now."""
        self.take_folder()
        self.indexer.catch_up(report)

    def start(self) -> None:
        """Follow the articles folder and keep the index up to date, in the background."""
        self.indexer.start()
        if self.settings.watch:
            self.watch.start()

    def close(self) -> None:
        """Stop what runs in the background and let go of the files."""
        self.watch.stop()
        self.indexer.stop()
        self.embeddings.close()
        self.store.close()


def create_app(settings: Settings | None = None, embedder: Embedder | None = None) -> Flask:
    """Return the web application, its background work started; it ends with the process, or by `close_app`."""
    citeline = Citeline(Settings.read() if settings is None else settings, embedder)
    citeline.start()
    atexit.register(citeline.close)
    return _flask_app(citeline)


def close_app(app: Flask) -> None:
    """End an app's background work and let go of its files."""
    close = app.extensions["citeline.parts"].close
    atexit.unregister(close)
    close()


def _flask_app(citeline: Citeline) -> Flask:
    settings = citeline.settings
    app = OpenAPI(
        __name__,
        info=Info(title="Citeline", version=VERSION, description="Answers about your own articles, as quotes."),
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
        validation_error_callback=problems.invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload * 2**20 + 2**16
    app.config["MAX_FORM_MEMORY_SIZE"] = app.config["MAX_CONTENT_LENGTH"]
    app.extensions["citeline.parts"] = citeline
    app.extensions["citeline"] = citeline.services
    security.register(app, guard(settings))
    problems.register(app)
    app.register_api(api.api())
    api.document_upload(app)
    app.register_blueprint(pages.pages())
    app.register_blueprint(docs.docs())
    return app


def guard(settings: Settings) -> Guard:
    """Return the guard for how the service is reached."""
    local = security.is_local(settings.host)
    token = None if settings.token is None else settings.token.get_secret_value()
    return Guard(LOCAL_NAMES | {settings.host.lower(), *settings.hosts}, not local, token)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="Citeline")
def cli() -> None:
    """Ask your own articles; they answer in their own words."""


def _options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command a flag for each of some settings, and for those that every command takes."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(("state", "articles", "models", "model", "log_level", *names)):
            field = Settings.model_fields[name]
            flag = f"--{name.replace('_', '-')}"
            flag = f"{flag}/--no-{name.replace('_', '-')}" if field.annotation is bool else flag
            command = click.option(flag, name, default=None, help=f"{field.description} (CITELINE_{name.upper()})")(
                command
            )
        return command

    return decorate


_json_option = click.option("--json", "as_json", is_flag=True, help="print JSON")


@cli.command()
@_options("host", "port", "hosts", "threshold", "watch", "max_upload", "allow_private_urls", "server_threads")
def serve(**given: Any) -> None:
    """Serve the web chat and the HTTP interface."""
    settings = Settings.read(**given)
    _log(settings)
    signal.signal(signal.SIGTERM, _leave)
    citeline = Citeline(settings)
    try:
        if citeline.indexer.current is None:
            with terminal.progress_bar() as report:
                citeline.refresh(report)
        citeline.start()
        server.run(_flask_app(citeline), settings.host, settings.port, settings.server_threads, _say)
    finally:
        citeline.close()


@cli.command()
@click.argument("question")
@click.option("--top-k", default=3, show_default=True, type=click.IntRange(1, 20), help="how many answers at most")
@_json_option
@_options("threshold")
def ask(question: str, top_k: int, as_json: bool, **given: Any) -> None:
    """Ask a question."""
    with _opened(given) as citeline, terminal.progress_bar() as report:
        citeline.refresh(report)
        reply = citeline.qa.ask(question, top_k)
    click.echo(_json(api.reply_json(reply)) if as_json else terminal.reply(reply))


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE_FOLDER_OR_URL...")
@_json_option
@_options("max_upload", "allow_private_urls")
def add(sources: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Add articles: files, folders, web pages."""
    with _opened(given) as citeline:
        outcomes = [outcome for source in sources for outcome in citeline.library.add_all(source)]
        with terminal.progress_bar() as report:
            citeline.indexer.catch_up(report)
    rows = [terminal.outcome_json(outcome) for outcome in outcomes]
    click.echo(_json(rows) if as_json else "\n".join(map(terminal.outcome, outcomes)))
    failed = sum(outcome.state == "failed" for outcome in outcomes)
    if failed:
        raise click.ClickException(f"{failed} of {len(outcomes)} could not be added.")


@cli.command()
@click.argument("article_id", metavar="ID")
@_options()
def remove(article_id: str, **given: Any) -> None:
    """Delete an article."""
    with _opened(given) as citeline:
        citeline.library.remove(article_id)
        citeline.indexer.catch_up()


@cli.command()
@_json_option
@_options()
def rebuild(as_json: bool, **given: Any) -> None:
    """Rebuild the index from the articles."""
    with _opened(given) as citeline, terminal.progress_bar() as report:
        citeline.take_folder()
        citeline.indexer.rebuild_now(report)
        state = api.index_json(citeline.services)
    click.echo(_json(state) if as_json else terminal.state(state))


@cli.command()
@_json_option
@_options()
def status(as_json: bool, **given: Any) -> None:
    """Show the state of the index."""
    with _opened(given) as citeline:
        state = api.index_json(citeline.services)
    click.echo(_json(state) if as_json else terminal.state(state))


def main() -> None:
    """Run the command line: exit status 0, or 1 with one clear line on standard error."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _say(f"Error: {error.format_message()}")
        sys.exit(1)
    except CitelineError as error:
        _say(f"Error: {error}")
        sys.exit(1)


def _leave(signum: int, frame: object) -> None:
    raise SystemExit(0)


def _log(settings: Settings) -> None:
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore", "trafilatura", "pypdf"):  # they log addresses, or complain of documents
        logging.getLogger(noisy).setLevel(logging.ERROR)


@contextmanager
def _opened(given: dict[str, Any]) -> Iterator[Citeline]:
    settings = Settings.read(**given)
    _log(settings)
    with closing(Citeline(settings)) as citeline:
        yield citeline


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
