"""The command line: the commands `serve`, `ask`, `remove`, `rebuild` and `status`."""

import signal
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

import click
from flask import Flask

from cli.progress import progress_bar
from cli.runner import print_note
from cli.runtime import (
    OpenRuntime,
    Runtime,
    check_library,
    json_option,
    load_settings,
    opened_runtime,
    print_result,
    setting_options,
)
from cli.terminal import format_outcome, format_reply, format_status, outcome_json
from corpus.ingest.writer import DocumentOutcome
from corpus.text.unicode import replace_surrogates
from qa.pipeline import MAX_CANDIDATES
from web import server
from web.serialization import index_json, reply_json
from web.settings import Settings

MakeFlaskApp = Callable[[Any], Flask]


def command_line(open_runtime: OpenRuntime, make_flask_app: MakeFlaskApp, version: str) -> click.Group:
    """Return the command line; `make_flask_app` makes the web application of a runtime."""

    @click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
    @click.version_option(version, prog_name="Citeline")
    @click.pass_context
    def cli(context: click.Context) -> None:
        """Answer questions about your own articles by quoting them."""
        if context.invoked_subcommand is None:
            click.echo(context.get_help())

    cli.add_command(_serve_command(open_runtime, make_flask_app))
    for make_command in (_ask_command, _remove_command, _rebuild_command, _status_command):
        cli.add_command(make_command(open_runtime))
    return cli


def _serve_command(open_runtime: OpenRuntime, make_flask_app: MakeFlaskApp) -> click.Command:
    @click.command("serve")
    @setting_options(
        "host",
        "port",
        "hosts",
        "threshold",
        "watch",
        "max_upload",
        "fetch_timeout",
        "allow_private_urls",
        "feed_interval",
        "wait_seconds",
        "server_threads",
    )
    def serve(**flags: Any) -> None:
        """Serve the web chat and the HTTP interface."""
        settings = load_settings(flags, timestamps=True)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, _exit)
        sockets = server.bind(settings.host, settings.port)  # before loading, so that a port in use fails at once
        try:
            with closing(open_runtime(settings)) as runtime:
                _serve_runtime(runtime, make_flask_app, settings, sockets)
        finally:
            for listener in sockets:
                listener.close()

    return serve


def _serve_runtime(
    runtime: Runtime, make_flask_app: MakeFlaskApp, settings: Settings, sockets: list[socket.socket]
) -> None:
    # A new index, or one of another folder, is built before serving; a damaged one is rebuilt while serving.
    if runtime.is_new():
        print_note(f"Indexing the articles of {runtime.services.folder}.")
        with progress_bar() as report:
            runtime.refresh(report)
    runtime.start()
    server.run(make_flask_app(runtime), sockets, settings.server_threads, print_note)


def _exit(signum: int, frame: object) -> None:
    raise SystemExit(0)


def _ask_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("ask")
    @click.argument("question", nargs=-1, required=True)
    @click.option(
        "--top-k",
        default=3,
        show_default=True,
        type=click.IntRange(1, MAX_CANDIDATES),
        help="maximum number of answers",
    )
    @json_option
    @setting_options("threshold")
    def ask(question: tuple[str, ...], top_k: int, as_json: bool, **flags: Any) -> None:
        """Ask a question."""
        settings = load_settings(flags)
        check_library(settings, only_if_named=True)
        with closing(open_runtime(settings)) as runtime:
            with progress_bar() as report:
                runtime.refresh(report)
            reply = runtime.services.qa.ask(replace_surrogates(" ".join(question)), top_k)
        print_result(reply_json(reply) if as_json else format_reply(reply))

    return ask


def _remove_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("remove")
    @click.argument("article_id", metavar="ID")
    @json_option
    @setting_options()
    def remove(article_id: str, as_json: bool, **flags: Any) -> None:
        """Delete an article."""
        with opened_runtime(open_runtime, flags, needs_library=True) as runtime:
            library = runtime.services.library
            article = library.get(replace_surrogates(article_id))
            library.remove(article.id)
            runtime.services.indexer.catch_up()
        outcome = DocumentOutcome(article.id, "removed", article)
        print_result(outcome_json(outcome) if as_json else format_outcome(outcome))

    return remove


def _rebuild_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("rebuild")
    @json_option
    @setting_options()
    def rebuild(as_json: bool, **flags: Any) -> None:
        """Rebuild the index from the articles."""
        with opened_runtime(open_runtime, flags) as runtime:
            runtime.scan_folder()
            with progress_bar() as report:
                runtime.services.indexer.rebuild_now(report)
            state = index_json(runtime.services)
        print_result(state if as_json else format_status(state))

    return rebuild


def _status_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("status")
    @json_option
    @setting_options()
    def status(as_json: bool, **flags: Any) -> None:
        """Show the state of the index."""
        with opened_runtime(open_runtime, flags, needs_library=True) as runtime:
            state = index_json(runtime.services)
        print_result(state if as_json else format_status(state))

    return status
