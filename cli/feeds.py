"""`app.py feeds`: the feeds on the command line."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from cli import terminal
from cli.commands import Opening, Parts, json_option, opened, setting_options
from corpus.errors import Conflict, InvalidInput, NotAFeed
from corpus.feeds.opml import MAX_BYTES, read_opml, write_opml
from corpus.feeds.poller import EntryOutcome, FeedOutcome
from web import feeds_api
from web.services import Services

_interval = click.option("--interval", type=float, metavar="SECONDS", help="seconds between two polls of this feed")
_PATIENCE_S = 2.0  # with another process that polls


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
    @setting_options("max_upload", "fetch_timeout", "allow_private_urls", "feed_interval")
    def add(url: str, interval: float | None, **given: Any) -> None:
        """Follow a feed, fetch the pages of its entries, and index them.

        One that can't be had now is followed all the same, and tried again later; what is no feed is not followed.
        """
        with opened(opening, given) as parts:
            for line in _follow(parts.services, url, interval):
                click.echo(terminal.plain(line))
            _index(parts)

    return add


def _follow(parts: Services, url: str, interval: float | None) -> Iterator[str]:
    """Follow a feed and poll it once, yielding what came of it; raises NotAFeed for a new one that is none."""
    feed, new = parts.subscriptions.add(url, interval)
    followed = f"{'added' if new else 'unchanged':<9}  {feed.id}  {feed.url}"
    outcomes = parts.poller.poll_feed(feed, _PATIENCE_S)
    try:
        first = next(outcomes)
    except Conflict:
        parts.subscriptions.poll(feed.id)  # one that was followed before may be due only tomorrow
        yield followed
        yield f"{'waiting':<9}  Another process, such as a running server, is polling; it polls this one next."
        return
    if new and isinstance(first, FeedOutcome) and not first.is_feed:
        parts.subscriptions.remove(feed.id)
        raise NotAFeed(str(first.problem))
    yield followed
    yield _outcome(first)
    if first.problem is not None:
        yield f"{'':<9}  It is followed all the same, and tried again later."
    yield from map(_outcome, outcomes)


def _index(parts: Parts) -> None:
    with terminal.progress_bar() as report:
        parts.services.indexer.catch_up(report)
    parts.services.indexer.compact_now()


def _list(opening: Opening) -> click.Command:
    @click.command("list")
    @json_option
    @setting_options("feed_interval")
    def list_(as_json: bool, **given: Any) -> None:
        """Show the feeds, and how they go."""
        with opened(opening, given, reads=True) as parts:
            found = feeds_api.feeds_json(parts.services.subscriptions, parts.services.poller)
        click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else terminal.plain(_feeds(found)))

    return list_


def _remove(opening: Opening) -> click.Command:
    @click.command("remove")
    @click.argument("url", metavar="URL_OR_ID")
    @setting_options()
    def remove(url: str, **given: Any) -> None:
        """Follow a feed no longer. Its articles stay."""
        with opened(opening, given, reads=True) as parts:
            feed = parts.services.subscriptions.remove(url)
        stay = f"its articles stay ({feed.articles})" if feed.articles else "it gave no articles"
        click.echo(terminal.plain(f"removed    {feed.id}  {feed.url}; {stay}"))

    return remove


def _poll(opening: Opening) -> click.Command:
    @click.command("poll")
    @setting_options("max_upload", "fetch_timeout", "allow_private_urls", "feed_interval")
    def poll(**given: Any) -> None:
        """Poll all feeds now, fetch their new entries, and index them."""
        done: list[FeedOutcome | EntryOutcome] = []
        with opened(opening, given, reads=True) as parts:
            for outcome in parts.services.poller.poll_all():
                done.append(outcome)
                click.echo(terminal.plain(_outcome(outcome)))
            _index(parts)
        failed = [
            of for kind, name in ((FeedOutcome, "feed"), (EntryOutcome, "entry")) if (of := _failed(done, kind, name))
        ]
        if failed:
            raise InvalidInput(f"{' and '.join(failed)} could not be had. `python app.py status` tells why.")
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
            raise InvalidInput(f"{failed} of {len(urls)} feeds could not be added.")

    return import_


def _export(opening: Opening) -> click.Command:
    @click.command("export")
    @setting_options()
    def export(**given: Any) -> None:
        """Print the feeds as OPML, for a feed reader."""
        with opened(opening, given, reads=True) as parts:
            click.echo(write_opml((feed.url, feed.title) for feed in parts.services.subscriptions.list()))

    return export


def _failed(done: Iterable[FeedOutcome | EntryOutcome], kind: type[FeedOutcome | EntryOutcome], name: str) -> str:
    """Return how many of a kind failed, of how many; nothing where none did."""
    problems = [each.problem for each in done if isinstance(each, kind)]
    failed = sum(problem is not None for problem in problems)
    return f"{failed} of {_counted(len(problems), name)}" if failed else ""


def _counted(count: int, name: str) -> str:
    many = {"entry": "entries"}.get(name, f"{name}s")
    return f"{count} {name if count == 1 else many}"


def _outcome(found: FeedOutcome | EntryOutcome) -> str:
    if found.problem is not None:
        return f"{'failed':<9}  {found.problem}"
    if isinstance(found, FeedOutcome):
        said = "has not changed" if found.entries is None else f"{_counted(found.entries, 'entry')}, {found.new} new"
        return f"{'polled':<9}  {found.url}: {said}"
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
