"""`app.py feeds`: the feeds on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from corpus.errors import InvalidInput
from corpus.opml import MAX_BYTES, read_opml, write_opml
from corpus.poll import Polled, Taken
from web import feeds_api, terminal
from web.commands import Opening, json_option, opened, setting_options

_interval = click.option("--interval", type=float, metavar="SECONDS", help="seconds between two polls of this feed")


def feeds_command(opening: Opening) -> click.Group:
    """Return the group of commands; `opening` wires the parts by the settings."""

    @click.group("feeds")
    def feeds() -> None:
        """Follow RSS and Atom feeds: a running server polls them."""

    makers: tuple[Callable[[Opening], click.Command], ...] = (_add, _list, _remove, _poll, _import, _export)
    for make in makers:
        feeds.add_command(make(opening))
    return feeds


def _add(opening: Opening) -> click.Command:
    @click.command("add")
    @click.argument("url")
    @_interval
    @setting_options()
    def add(url: str, interval: float | None, **given: Any) -> None:
        """Follow a feed. A running server polls it at once; else `feeds poll` does."""
        with opened(opening, given) as parts:
            feed, new = parts.services.subscriptions.add(url, interval)
        click.echo(terminal.plain(f"{'added' if new else 'unchanged':<9}  {feed.id}  {feed.url}"))

    return add


def _list(opening: Opening) -> click.Command:
    @click.command("list")
    @json_option
    @setting_options("feed_interval")
    def list_(as_json: bool, **given: Any) -> None:
        """Show the feeds, and how they go."""
        with opened(opening, given) as parts:
            found = feeds_api.feeds_json(parts.services.subscriptions, parts.services.poller)
        click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else terminal.plain(_feeds(found)))

    return list_


def _remove(opening: Opening) -> click.Command:
    @click.command("remove")
    @click.argument("url", metavar="URL_OR_ID")
    @setting_options()
    def remove(url: str, **given: Any) -> None:
        """Follow a feed no longer. Its articles stay."""
        with opened(opening, given) as parts:
            feed = parts.services.subscriptions.remove(url)
        stay = f"its articles stay ({feed.articles})" if feed.articles else "it gave no articles"
        click.echo(terminal.plain(f"removed    {feed.id}  {feed.url}; {stay}"))

    return remove


def _poll(opening: Opening) -> click.Command:
    @click.command("poll")
    @setting_options("max_upload", "fetch_timeout", "allow_private_urls", "feed_interval")
    def poll(**given: Any) -> None:
        """Poll all feeds now, fetch their new entries, and index them."""
        failed = done = 0
        with opened(opening, given) as parts:
            for outcome in parts.services.poller.poll_now():
                done, failed = done + 1, failed + (outcome.problem is not None)
                click.echo(terminal.plain(_outcome(outcome)))
            with terminal.progress_bar() as report:
                parts.services.indexer.catch_up(report)
            parts.services.indexer.merge_now()
        if failed:
            raise InvalidInput(f"{failed} of {done} could not be had; they are tried again later.")
        if not done:
            click.echo("No feed is followed.")

    return poll


def _import(opening: Opening) -> click.Command:
    @click.command("import")
    @click.argument("file", metavar="FILE.opml", type=click.Path(path_type=Path))
    @setting_options()
    def import_(file: Path, **given: Any) -> None:
        """Follow the feeds that an OPML file of a feed reader lists."""
        try:
            with file.open("rb") as opened_file:
                urls = read_opml(opened_file.read(MAX_BYTES + 1), str(file))
        except OSError as error:
            raise InvalidInput(f"{file} can't be read: {str(error.strerror).lower()}.") from error
        with opened(opening, given) as parts:
            added, known, problems = parts.services.subscriptions.add_all(urls)
        click.echo(f"added {added}, unchanged {known}, failed {len(problems)}")
        for problem in problems:
            click.echo(terminal.plain(f"{'failed':<9}  {problem}"))
        if failed := len(problems):
            raise InvalidInput(f"{failed} of {len(urls)} could not be added.")

    return import_


def _export(opening: Opening) -> click.Command:
    @click.command("export")
    @setting_options()
    def export(**given: Any) -> None:
        """Print the feeds as OPML, for a feed reader."""
        with opened(opening, given) as parts:
            click.echo(write_opml((feed.url, feed.title) for feed in parts.services.subscriptions.list()))

    return export


def _outcome(found: Polled | Taken) -> str:
    if found.problem is not None:
        return f"{'failed':<9}  {found.problem}"
    if isinstance(found, Polled):
        return f"{'polled':<9}  {found.url}: {found.new} new"
    return f"{'unchanged':<9}  {found.name}" if found.title is None else f"{'added':<9}  {found.title}"


def _feeds(found: dict[str, Any]) -> str:
    return "\n\n".join(map(_feed, found["feeds"])) or "No feed is followed."


def _feed(feed: dict[str, Any]) -> str:
    """Return a feed as a few lines."""
    lines = [
        f"{feed['id']}  {feed['url'] if feed['title'] is None else feed['title']}",
        f"  {feed['url']}",
        f"  articles {feed['articles']}, entries {feed['entries']}, waiting {feed['pending']}, failed {feed['failed']}",
        f"  polled {feed['polled_at'] or 'never'}, success {feed['succeeded_at'] or 'never'}, next {feed['next_at']}",
    ]
    if feed["problem"] is not None:
        lines.append(f"  failing since {feed['failing_since']}: {feed['problem']}")
    return "\n".join([*lines, *(f"  {each['problem']}" for each in feed["problems"])])
