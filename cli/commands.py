"""The command line, and its commands that ask and find, serve, remove articles, and tell or rebuild the index."""

import functools
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from cli.access import audit, tokens
from cli.articles import add, edit, export
from cli.batch import print_batch, read_questions
from cli.conversations import read_conversation, write_conversation
from cli.dates import dates
from cli.feeds import feeds
from cli.files import read_draft
from cli.maintenance import backup, check, restore_command, rollback
from cli.mcp import mcp_command
from cli.progress import counter, progress_bar
from cli.questions import unanswered
from cli.runner import print_note
from cli.runtime import (
    FETCH_SETTINGS,
    Wiring,
    check_library,
    command_options,
    load_settings,
    opened_runtime,
    print_result,
)
from cli.terminal import (
    escape_control_characters,
    format_outcome,
    format_reply,
    format_search,
    format_status,
    format_suggestions,
    format_verified,
    outcome_json,
)
from corpus.article import parse_published
from corpus.errors import InvalidInput, NotFound
from corpus.ingest.writer import DocumentOutcome
from corpus.store.filters import ArticleFilter
from corpus.text.unicode import replace_surrogates
from index.state_folder import StateFolder
from qa.conversation.history import NO_CONVERSATION
from qa.pipeline import MAX_CANDIDATES
from qa.service import MAX_SENTENCES
from qa.suggestions.service import MAX_SUGGESTIONS
from web import server
from web.access.store import LOCAL, AccessStore
from web.serialization import index_json, reply_json, search_json, verify_json


def command_line(wiring: Wiring, *further: click.Command) -> click.Group:
    """Return the command line, with further commands."""

    @click.group(context_settings={"help_option_names": ["-h", "--help"], "obj": wiring}, invoke_without_command=True)
    @click.version_option(wiring.version, prog_name="Citeline")
    @click.pass_context
    def cli(context: click.Context) -> None:
        """Answer questions about your own articles by quoting them."""
        if context.invoked_subcommand is None:
            click.echo(context.get_help())

    commands = (
        serve,
        ask,
        search,
        verify,
        suggest,
        unanswered,
        remove,
        rebuild,
        status,
        add,
        edit,
        export,
        dates,
        mcp_command,
        feeds,
        check,
        rollback,
        backup,
        restore_command,
        tokens,
        audit,
    )
    for command in (*commands, *further):
        cli.add_command(command)
    return cli


@click.command("serve")
@command_options(
    *("host", "port", "hosts", "trusted_proxies", "widget_origins", "read", "threshold", "watch", *FETCH_SETTINGS),
    *("feed_interval", "wait_seconds", "rate_limit", "purge_days", "server_threads", "keep_questions", "question_days"),
    as_json=False,
)
@click.pass_obj
def serve(wiring: Wiring, /, **flags: Any) -> None:
    """Serve the web chat and the HTTP interface."""
    settings = load_settings(flags, timestamps=True)
    with closing(AccessStore(StateFolder(settings.state).access)) as access:  # before loading, which takes long
        settings.require_token(bool(access.tokens()))
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda number, frame: sys.exit(0))
    sockets = server.bind(settings.host, settings.port)  # before loading, so that a port in use fails at once
    try:
        with closing(wiring.open_runtime(settings)) as runtime:
            # A new index, or one of another folder, is built before serving; a damaged one is rebuilt while serving.
            if runtime.is_new():
                print_note(f"Indexing the articles of {runtime.services.folder}.")
                with progress_bar() as report:
                    runtime.refresh(report)
            app = wiring.make_flask_app(runtime)  # as in create_app: before other threads run
            runtime.start()
            server.run(app, sockets, settings.server_threads, print_note)
    finally:
        for listener in sockets:
            listener.close()


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a flag for each filter of articles, and pass it their ArticleFilter as `filters`."""

    @click.option("--published-from", metavar="DATE", help="only articles published on or after this day")
    @click.option("--published-to", metavar="DATE", help="only articles published on or before this day")
    @click.option("--as-of", metavar="DATE", help="answer from what had been published by then")
    @click.option("--source", multiple=True, metavar="NAME", help="only articles of this source; may be repeated")
    @click.option("--language", metavar="TAG", help="only articles in this language, such as en")
    @click.option("--article", multiple=True, metavar="ID", help="only this article; may be repeated")
    @click.option("--undated", is_flag=True, help="let articles without a date pass bounds of dates")
    @functools.wraps(command)
    def wrapper(
        *arguments: Any,
        published_from: str | None,
        published_to: str | None,
        as_of: str | None,
        source: tuple[str, ...],
        language: str | None,
        article: tuple[str, ...],
        undated: bool,
        **others: Any,
    ) -> None:
        filters = ArticleFilter(published_from, published_to, as_of, source, language, article, undated=undated)
        command(*arguments, filters=filters, **others)

    return wrapper


@click.command("ask")
@click.argument("question", nargs=-1)
@click.option(
    "--batch",
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help='ask each question of a file, at most 1,000: CSV with a column "question", JSON Lines, or one a line',
)
@click.option(
    "--format",
    "table_format",
    type=click.Choice(["ndjson", "csv"]),
    default="ndjson",
    show_default=True,
    help="what --batch prints: whole replies, or a row for the first answer to each",
)
@click.option(
    "--top-k", type=click.IntRange(1, MAX_CANDIDATES), help="maximum number of answers  [default: 3, of news 5]"
)
@filter_options
@click.option(
    "--now", metavar="DATE", help='the day it is asked on, by which "last week" is told (default: --as-of, or today)'
)
@click.option("--timeline", is_flag=True, help="tell how the answer has changed, too")
@click.option(
    "--ignore", multiple=True, metavar="WORDS", help="words not to be read as a time or a source; may be repeated"
)
@click.option(
    "--conversation",
    "conversation_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="carry on the conversation in this JSON file; a new one is made",
)
@command_options("threshold")
@click.pass_obj
def ask(
    wiring: Wiring,
    /,
    question: tuple[str, ...],
    batch: Path | None,
    table_format: str,
    top_k: int | None,
    filters: ArticleFilter,
    now: str | None,
    timeline: bool,
    ignore: tuple[str, ...],
    conversation_file: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Ask a question, or with --batch many."""
    if bool(question) == (batch is not None):
        raise click.UsageError("Give a question, or a file of questions with --batch.")
    if batch is not None and conversation_file is not None:
        raise click.UsageError("--conversation goes with one question.")
    questions = [] if batch is None else read_questions(batch)  # before loading, so that a mistake in it fails at once
    conversation = NO_CONVERSATION if conversation_file is None else read_conversation(conversation_file)
    today = None if now is None else parse_published(now).day
    settings = load_settings(flags)
    check_library(settings, only_if_named=True)
    with closing(wiring.open_runtime(settings)) as runtime:
        with progress_bar() as report:
            runtime.refresh(report)
        if batch is not None:
            runtime.services.qa.check(filters)
            qa = runtime.services.qa
            print_batch(questions, lambda one: qa.ask(one, top_k, filters, today, timeline, ignore), table_format)
            return
        asked = replace_surrogates(" ".join(question))
        reply = runtime.services.qa.ask(asked, top_k, filters, today, timeline, ignore, conversation)
    if conversation_file is not None:
        write_conversation(conversation_file, conversation.followed_by(reply.turn))
    print_result(reply_json(reply) if as_json else format_reply(reply))


@click.command("search")
@click.argument("question", nargs=-1, required=True)
@click.option(
    "--top-k", type=click.IntRange(1, MAX_SENTENCES), default=10, show_default=True, help="maximum number of sentences"
)
@filter_options
@command_options()
@click.pass_obj
def search(
    wiring: Wiring, /, question: tuple[str, ...], top_k: int, filters: ArticleFilter, as_json: bool, **flags: Any
) -> None:
    """Find the sentences closest to a question, without reading them."""
    settings = load_settings(flags)
    check_library(settings, only_if_named=True)
    with closing(wiring.open_runtime(settings)) as runtime:
        with progress_bar() as report:
            runtime.refresh(report)
        result = runtime.services.qa.search(replace_surrogates(" ".join(question)), top_k, filters)
    print_result(search_json(result) if as_json else format_search(result))


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--claims", is_flag=True, help="verify each sentence with a number, a date or a name, too")
@command_options()
@click.pass_obj
def verify(wiring: Wiring, /, file: Path, claims: bool, as_json: bool, **flags: Any) -> None:
    """Find the quotations of a draft in the articles: exactly, altered, or not at all.

    FILE is plain text or Markdown; "-" is standard input. The exit status is 1 where one is altered or not found.
    """
    text = read_draft(file)
    settings = load_settings(flags)
    check_library(settings, only_if_named=True)
    with closing(wiring.open_runtime(settings)) as runtime:
        with progress_bar() as report:
            runtime.refresh(report)
        with counter("verifying", None, "quotation") as count:
            found = []
            for one in runtime.services.verifier.verify(text, claims):
                found.append(one)
                count(len(found))
    print_result(verify_json(text, found) if as_json else escape_control_characters(format_verified(text, found)))
    wrong = sum(one.verdict != "exact" and not one.is_marked for one in found)
    if wrong:
        raise InvalidInput(f"{wrong:,} of {len(found):,} are altered or not found.")


@click.command("suggest")
@click.argument("prefix", nargs=-1)
@click.option(
    "--limit", default=8, show_default=True, type=click.IntRange(1, MAX_SUGGESTIONS), help="maximum number of each kind"
)
@command_options()
@click.pass_obj
def suggest(wiring: Wiring, /, prefix: tuple[str, ...], limit: int, as_json: bool, **flags: Any) -> None:
    """Suggest questions and names that begin with PREFIX; without it, questions to start with."""
    settings = load_settings(flags)
    check_library(settings, only_if_named=True)
    with closing(wiring.open_runtime(settings)) as runtime:
        with progress_bar() as report:
            runtime.refresh(report)
        suggestions, typed = runtime.services.suggestions, replace_surrogates(" ".join(prefix))
        suggestions.catch_up(typed)
        found = suggestions.suggest(typed, limit)
    lists = {"questions": list(found.questions), "names": list(found.names)}
    print_result(lists if as_json else escape_control_characters(format_suggestions(lists)))


@click.command("remove")
@click.argument("article_id", metavar="ID", required=False)
@click.option(
    "--purge", is_flag=True, help="also erase all traces of it, and of what was deleted before; ID may be left out"
)
@click.option("--undo", is_flag=True, help="take the deletion of the article back; it must not be erased yet")
@command_options()
@click.pass_obj
def remove(wiring: Wiring, /, article_id: str | None, purge: bool, undo: bool, as_json: bool, **flags: Any) -> None:
    """Delete an article. It stops answering at once; it is erased days later, or now with --purge."""
    if undo:
        if article_id is None or purge:
            raise click.UsageError("--undo takes the ID of an article, and goes without --purge.")
        print_restored(wiring, replace_surrogates(article_id), as_json, flags)
        return
    if article_id is None and not purge:
        raise click.UsageError("Give the ID of an article, or --purge to erase the traces of those deleted before.")
    outcome = None
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        library, access = runtime.services.library, runtime.services.access
        if article_id is not None:
            article = library.get(replace_surrogates(article_id))
            library.remove(article.id)
            access.record(LOCAL, "delete", article.id)
            outcome = DocumentOutcome(article.id, "removed", article)
        if purge:
            with progress_bar() as report:
                runtime.services.eraser.erase(report)
            access.record(LOCAL, "purge")
        else:
            runtime.services.indexer.catch_up()
    if outcome is None:
        print_result({"purged": True} if as_json else "What was left of deleted articles is erased.")
    else:
        print_result(outcome_json(outcome) if as_json else format_outcome(outcome))


def print_restored(wiring: Wiring, article_id: str, as_json: bool, flags: dict[str, Any]) -> None:
    """Take the deletion of an article back, and print it. Raises NotFound."""
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        library = runtime.services.library
        if not library.restore([article_id]):
            raise NotFound(f"No deleted article with the id {article_id[:40]!r} is kept.")
        runtime.services.access.record(LOCAL, "restore", article_id)
        runtime.services.indexer.catch_up()
        outcome = DocumentOutcome(article_id, "added", library.get(article_id))
    print_result(outcome_json(outcome) if as_json else format_outcome(outcome))


@click.command("rebuild")
@command_options()
@click.pass_obj
def rebuild(wiring: Wiring, /, as_json: bool, **flags: Any) -> None:
    """Rebuild the index from the articles."""
    with opened_runtime(wiring, flags) as runtime:
        runtime.scan_folder()
        with progress_bar() as report:
            runtime.services.indexer.rebuild_now(report)
        runtime.services.access.record(LOCAL, "rebuild")
        state = index_json(runtime.services)
    print_result(state if as_json else format_status(state))


@click.command("status")
@command_options()
@click.pass_obj
def status(wiring: Wiring, /, as_json: bool, **flags: Any) -> None:
    """Show the state of the index."""
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        state = index_json(runtime.services)
    print_result(state if as_json else format_status(state))
