"""The command line: the same service without the browser."""

import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

import click
from flask import Flask

from cli import terminal
from corpus.errors import CitelineError, InvalidInput, NotFound
from corpus.ingest.writer import Outcome
from corpus.text.unicode import replace_surrogates
from index.generations.builder import Progress
from index.state_folder import StateFolder
from qa.service import MAX_ANSWERS
from web import api, logs, server
from web.services import Services
from web.settings import PREFIX, Settings
from web.status import index_json

log = logging.getLogger(__name__)
_INTERRUPTED = 130  # what shells expect of a program that Ctrl-C ended


class Parts(Protocol):
    """All that a command works with, wired by `app.py`."""

    @property
    def services(self) -> Services:
        """What answers, adds and deletes."""
        ...

    def is_new(self) -> bool:
        """Return whether there was no index yet, or one of another articles folder."""
        ...

    def take_folder(self) -> None:
        """Take in what has changed in the articles folder, now."""
        ...

    def refresh(self, report: Callable[[Progress], None]) -> None:
        """Take in the articles folder and bring the index up to date, now."""
        ...

    def start(self) -> None:
        """Keep everything up to date in the background."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


Opening = Callable[[Settings], Parts]
Application = Callable[[Any], Flask]


def command_line(opening: Opening, application: Application, version: str) -> click.Group:
    """Return the command line; `opening` wires the parts by the settings, `application` makes the web app of them."""

    @click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
    @click.version_option(version, prog_name="Citeline")
    @click.pass_context
    def cli(context: click.Context) -> None:
        """Ask your own articles; they answer in their own words."""
        if context.invoked_subcommand is None:
            click.echo(context.get_help())

    for command in (_serve(opening, application), _ask(opening), _remove(opening)):
        cli.add_command(command)
    for command in (_rebuild(opening), _status(opening)):
        cli.add_command(command)
    return cli


def setting_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command a flag for each of some settings, and for those that every command takes."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(("state", "articles", "models", "model", "reader", "log_level", "log_format", *names)):
            command = _option(name)(command)
        return command

    return decorate


def _option(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    field = Settings.model_fields[name]
    flag = f"--{name.replace('_', '-')}"
    about = f"{field.description} ({PREFIX}{name.upper()})"
    if field.annotation is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=about)
    return click.option(flag, name, default=None, help=about, metavar=name.upper())


json_option = click.option("--json", "as_json", is_flag=True, help="print JSON")


def _serve(opening: Opening, application: Application) -> click.Command:
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
    def serve(**given: Any) -> None:
        """Serve the web chat and the HTTP interface."""
        settings = begin(given, dated=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _leave)
        sockets = server.bind(settings.host, settings.port)  # before the work: a port in use shows at once
        try:
            with closing(opening(settings)) as parts:
                _serve_parts(parts, application, settings, sockets)
        finally:
            for one in sockets:
                one.close()

    return serve


def _serve_parts(parts: Parts, application: Application, settings: Settings, sockets: list[socket.socket]) -> None:
    # An index that is damaged is rebuilt while we serve; a new one, or one of another folder, is worth waiting for.
    if parts.is_new():
        say(f"Indexing the articles of {parts.services.folder}.")
        with terminal.progress_bar() as report:
            parts.refresh(report)
    parts.start()
    server.run(application(parts), sockets, settings.server_threads, say)


def _ask(opening: Opening) -> click.Command:
    @click.command("ask")
    @click.argument("question", nargs=-1, required=True)
    @click.option(
        "--top-k", default=3, show_default=True, type=click.IntRange(1, MAX_ANSWERS), help="how many answers at most"
    )
    @json_option
    @setting_options("threshold")
    def ask(question: tuple[str, ...], top_k: int, as_json: bool, **given: Any) -> None:
        """Ask a question."""
        settings = begin(given)
        check_named(settings)
        with closing(opening(settings)) as parts:
            with terminal.progress_bar() as report:
                parts.refresh(report)
            reply = parts.services.qa.ask(replace_surrogates(" ".join(question)), top_k)
        show(api.reply_json(reply) if as_json else terminal.reply(reply))

    return ask


def _remove(opening: Opening) -> click.Command:
    @click.command("remove")
    @click.argument("article_id", metavar="ID")
    @json_option
    @setting_options()
    def remove(article_id: str, as_json: bool, **given: Any) -> None:
        """Delete an article."""
        with opened(opening, given, reads=True) as parts:
            library = parts.services.library
            article = library.get(replace_surrogates(article_id))
            library.remove(article.id)
            parts.services.indexer.catch_up()
        outcome = Outcome(article.id, "removed", article)
        show(terminal.outcome_json(outcome) if as_json else terminal.outcome(outcome))

    return remove


def _rebuild(opening: Opening) -> click.Command:
    @click.command("rebuild")
    @json_option
    @setting_options()
    def rebuild(as_json: bool, **given: Any) -> None:
        """Rebuild the index from the articles."""
        with opened(opening, given) as parts:
            parts.take_folder()
            with terminal.progress_bar() as report:
                parts.services.indexer.rebuild_now(report)
            state = index_json(parts.services)
        show(state if as_json else terminal.state(state))

    return rebuild


def _status(opening: Opening) -> click.Command:
    @click.command("status")
    @json_option
    @setting_options()
    def status(as_json: bool, **given: Any) -> None:
        """Show the state of the index."""
        with opened(opening, given, reads=True) as parts:
            state = index_json(parts.services)
        show(state if as_json else terminal.state(state))

    return status


def run(cli: click.Command) -> None:
    """Run the command line and end the process: exit status 0, or 1 with one clear line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # names of files may be no text
    sys.exit(_status_of(cli))


def _status_of(cli: click.Command) -> int:
    try:
        cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        say("Interrupted.")
        return _INTERRUPTED
    except BrokenPipeError:  # nobody reads on, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except click.ClickException as error:
        return _failed(error.format_message())
    except CitelineError as error:
        return _failed(str(error))
    except Exception as error:  # whatever it was: a traceback helps no user, and --log-level debug shows it
        log.debug("This was not expected.", exc_info=True)
        return _failed(f"{type(error).__name__}: {error}")
    return 0


def _failed(message: str) -> int:
    say(terminal.plain(f"Error: {' '.join(message.split())}"))
    return 1


def _leave(signum: int, frame: object) -> None:
    raise SystemExit(0)


def begin(given: dict[str, Any], dated: bool = False, reads: bool = False) -> Settings:
    """Return the settings that a command was given, and log as they say.

    A command that only `reads` wants a library that is there. Raises InvalidInput, NotFound.
    """
    settings = Settings.read(**given)
    if reads:
        check_library(settings)
    logs.start(settings.log_level, settings.log_format, dated)
    # A folder that vanishes later may only be unplugged, and its articles stay; one that is named now is meant now.
    if "articles" in settings.model_fields_set and not settings.articles.is_dir():
        raise InvalidInput(f"There is no articles folder {settings.articles} (CITELINE_ARTICLES).")
    return settings


def check_library(settings: Settings) -> None:
    """Raise NotFound where the state folder has no articles: to read from it would make an empty library."""
    if not os.path.isfile(StateFolder(settings.state).articles):  # noqa: PTH113 - Path's own raises without permission
        ways = "Name another folder, or make a library there: serve, add and restore do."
        raise NotFound(f"There is no library in {settings.state} (CITELINE_STATE). {ways}")


def check_named(settings: Settings) -> None:
    """Raise NotFound where a state folder was named that has no articles; the default one may be made by asking."""
    if "state" in settings.model_fields_set:
        check_library(settings)


@contextmanager
def opened(opening: Opening, given: dict[str, Any], reads: bool = False) -> Iterator[Parts]:
    """Yield the parts by the settings that a command was given, and let go of them in the end; raises as `begin`."""
    with closing(opening(begin(given, reads=reads))) as parts:
        yield parts


def show(found: str | object) -> None:
    """Print text, or anything else as JSON."""
    click.echo(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2))


def say(line: str) -> None:
    """Print a line on standard error."""
    click.echo(line, err=True)
