"""What all commands share: the options for settings, and opening the services of a state folder."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

import click

from corpus.errors import InvalidInput, NotFound
from index.generations.builder import Progress
from index.state_folder import StateFolder
from web import logs
from web.services import Services
from web.settings import PREFIX, Settings

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


OpenRuntime = Callable[[Settings], Runtime]

json_option = click.option("--json", "as_json", is_flag=True, help="print JSON")


def setting_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command a flag for each named setting and for those that every command takes."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed((*COMMON_SETTINGS, *names)):
            command = _setting_option(name)(command)
        return command

    return decorate


def _setting_option(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    field = Settings.model_fields[name]
    flag = f"--{name.replace('_', '-')}"
    description = f"{field.description} ({PREFIX}{name.upper()})"
    if field.annotation is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=description)
    return click.option(flag, name, default=None, help=description, metavar=name.upper())


def load_settings(flags: dict[str, Any], timestamps: bool = False, needs_library: bool = False) -> Settings:
    """Return the settings from flags and the environment, and start logging accordingly.

    `timestamps` puts the time before each line of the log. Raises InvalidInput; with `needs_library`, NotFound where
    the state folder has no articles.
    """
    settings = Settings.read(**flags)
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
def opened_runtime(open_runtime: OpenRuntime, flags: dict[str, Any], needs_library: bool = False) -> Iterator[Runtime]:
    """Open the runtime by a command's flags, yield it, and close it; raises what `load_settings` raises."""
    with closing(open_runtime(load_settings(flags, needs_library=needs_library))) as runtime:
        yield runtime


def print_result(result: str | object) -> None:
    """Print text as it is, or anything else as JSON."""
    click.echo(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, indent=2))
