"""What all commands share: the options for settings, and opening the services of a state folder."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import click
from flask import Flask

from cli.progress import progress_bar
from corpus.errors import InvalidInput, NotFound
from index.generations.builder import Progress
from index.generations.indexer import Indexer
from index.search.indexed_sentences import Splitter
from index.state_folder import StateFolder
from qa.confidence import Confidence
from qa.reader.base import Reader
from web import logs
from web.services import Services
from web.settings import PREFIX, Settings

FETCH_SETTINGS = ("max_upload", "keep_originals", "keep_versions", "fetch_timeout", "allow_private_urls")
COMMON_SETTINGS = ("state", "articles", "models", "model", "reader", "log_level", "log_format")


class Runtime(Protocol):
    """The services of one state folder and their background work, wired by `app.py`."""

    @property
    def services(self) -> Services:
        """The services that answer questions and change articles."""
        ...

    def is_new(self) -> bool:
        """Return whether there was no index yet, or one of another articles folder."""
        ...

    def scan_folder(self) -> None:
        """Store the changes in the articles folder."""
        ...

    def refresh(self, report: Callable[[Progress], None]) -> None:
        """Store the changes in the articles folder and bring the index up to date."""
        ...

    def start(self) -> None:
        """Start the background work: watching the folder, indexing, polling feeds."""
        ...

    def close(self) -> None:
        """Stop the background work and close all files."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """What `app.py` wires into the commands; they get it by `click.pass_obj`.

    `make_flask_app` makes the web application of a runtime; `split` is the sentence splitter of the index;
    `load_models` returns the reader, the confidence model and the minimum confidence of an answer; `version` is that of
    Citeline.
    """

    open_runtime: Callable[[Settings], Runtime]
    make_flask_app: Callable[[Any], Flask]
    split: Splitter
    load_models: Callable[[Settings], tuple[Reader, Confidence, float]]
    version: str


def command_options(*settings: str, as_json: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command a flag for each named setting and for those that every command takes, and --json by default."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed((*COMMON_SETTINGS, *settings)):
            field = Settings.model_fields[name]
            flag, is_switch = name.replace("_", "-"), field.annotation is bool
            command = click.option(
                f"--{flag}/--no-{flag}" if is_switch else f"--{flag}",
                name,
                default=None,
                help=f"{field.description} ({PREFIX}{name.upper()})",
                metavar=None if is_switch else name.upper(),
            )(command)
        return click.option("--json", "as_json", is_flag=True, help="print JSON")(command) if as_json else command

    return decorate


def load_settings(flags: dict[str, Any], timestamps: bool = False, needs_library: bool = False) -> Settings:
    """Return the settings from flags and the environment, and start logging accordingly.

    `timestamps` puts the time before each line of the log. Raises InvalidInput; with `needs_library`, NotFound where
    the state folder has no articles.
    """
    settings = Settings.load(**flags)
    if needs_library:
        check_library(settings)
    logs.start(settings.log_level, settings.log_format, timestamps)
    # A folder named by the user must exist now. One that vanishes later may be an unplugged disk: its articles stay.
    if "articles" in settings.model_fields_set and not settings.articles.is_dir():
        raise InvalidInput(f"There is no articles folder {settings.articles} (CITELINE_ARTICLES).")
    return settings


def check_library(settings: Settings, only_if_named: bool = False) -> None:
    """Raise NotFound where the state folder has no article store, which opening it would create empty.

    With `only_if_named`, the default state folder is not checked.
    """
    if only_if_named and "state" not in settings.model_fields_set:
        return
    if not os.path.isfile(StateFolder(settings.state).articles):  # noqa: PTH113 - Path's own raises without permission
        advice = "Name another folder, or make a library there: serve, add and restore do."
        raise NotFound(f"There is no library in {settings.state} (CITELINE_STATE). {advice}")


@contextmanager
def opened_runtime(wiring: Wiring, flags: dict[str, Any], needs_library: bool = False) -> Iterator[Runtime]:
    """Open the runtime by a command's flags, yield it, and close it; raises what `load_settings` raises."""
    with closing(wiring.open_runtime(load_settings(flags, needs_library=needs_library))) as runtime:
        yield runtime


def update_index(indexer: Indexer) -> None:
    """Index the changes of the articles, with a progress bar, and compact the index."""
    with progress_bar() as report:
        indexer.catch_up(report)
    indexer.compact_now()


def print_result(result: str | object) -> None:
    """Print text as it is, or anything else as JSON."""
    click.echo(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, indent=2))
