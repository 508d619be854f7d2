"""The commands `feeds ...`: RSS, Atom and JSON feeds."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from cli.runtime import FETCH_SETTINGS, Wiring, command_options, opened_runtime, print_result, update_index
from cli.terminal import escape_control_characters, format_moment
from corpus.errors import Conflict, InvalidInput, NotAFeed
from corpus.feeds.opml import MAX_BYTES, read_opml, write_opml
from corpus.feeds.poller import EntryOutcome, FeedOutcome
from web.access.store import LOCAL
from web.serialization import feeds_json
from web.services import Services

_Outcome = FeedOutcome | EntryOutcome
_OTHER_POLLER_TIMEOUT = 2.0  # seconds to wait for another process that polls


@click.group("feeds")
def feeds() -> None:
    """Follow RSS, Atom and JSON feeds: a running server polls them."""


@feeds.command("add")
@click.argument("url")
@click.option("--interval", type=float, metavar="SECONDS", help="seconds between two polls of this feed")
@command_options(*FETCH_SETTINGS, "feed_interval", as_json=False)
@click.pass_obj
def add(wiring: Wiring, /, url: str, interval: float | None, **flags: Any) -> None:
    """Follow a feed, fetch the pages of its entries, and index them.

    A feed that can't be fetched now is followed and tried again later; what is not a feed is not followed.
    """
    with opened_runtime(wiring, flags) as runtime:
        for line in _follow(runtime.services, url, interval):
            click.echo(escape_control_characters(line))
        update_index(runtime.services.indexer)


def _follow(services: Services, url: str, interval: float | None) -> Iterator[str]:
    """Follow a feed and poll it once, yielding lines about it; raises NotAFeed where a new one is not a feed."""
    feed, is_new = services.subscriptions.add(url, interval)
    services.access.record(LOCAL, "feed add", feed.id)
    added = f"{'added' if is_new else 'unchanged':<9}  {feed.id}  {feed.url}"
    outcomes = services.poller.poll_feed(feed, _OTHER_POLLER_TIMEOUT)
    try:
        first = next(outcomes)
    except Conflict:
        services.subscriptions.poll(feed.id)  # one that was followed before may be due only tomorrow
        yield added
        yield f"{'waiting':<9}  Another process, such as a running server, is polling; it polls this feed next."
        return
    if is_new and isinstance(first, FeedOutcome) and not first.is_feed:
        services.subscriptions.remove(feed.id)
        raise NotAFeed(str(first.problem))
    yield added
    yield _format_outcome(first)
    if first.problem is not None:
        yield f"{'':<9}  It is followed, and tried again later."
    yield from map(_format_outcome, outcomes)


@feeds.command("list")
@command_options("feed_interval")
@click.pass_obj
def list_(wiring: Wiring, /, as_json: bool, **flags: Any) -> None:
    """Show the feeds and their state."""
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        found = feeds_json(runtime.services.subscriptions, runtime.services.poller)
    text = "\n\n".join(map(_format_feed, found["feeds"])) or "No feeds are followed."
    print_result(found if as_json else escape_control_characters(text))


@feeds.command("remove")
@click.argument("url", metavar="URL_OR_ID")
@command_options(as_json=False)
@click.pass_obj
def remove(wiring: Wiring, /, url: str, **flags: Any) -> None:
    """Stop following a feed. Its articles stay."""
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        feed = runtime.services.subscriptions.remove(url)
        runtime.services.access.record(LOCAL, "feed remove", feed.id)
    note = f"its articles stay ({feed.articles})" if feed.articles else "it gave no articles"
    click.echo(escape_control_characters(f"removed    {feed.id}  {feed.url}; {note}"))


@feeds.command("poll")
@command_options(*FETCH_SETTINGS, "feed_interval", as_json=False)
@click.pass_obj
def poll(wiring: Wiring, /, **flags: Any) -> None:
    """Poll all feeds now, fetch their new entries, and index them."""
    outcomes: list[_Outcome] = []
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        for outcome in runtime.services.poller.poll_all():
            outcomes.append(outcome)
            click.echo(escape_control_characters(_format_outcome(outcome)))
        update_index(runtime.services.indexer)
    failed = []
    for kind, noun in ((FeedOutcome, "feed"), (EntryOutcome, "entry")):
        problems = [outcome.problem for outcome in outcomes if isinstance(outcome, kind)]
        if count := sum(problem is not None for problem in problems):
            failed.append(f"{count} of {_counted(len(problems), noun)}")
    if failed:
        raise InvalidInput(f"{' and '.join(failed)} could not be fetched. `python app.py status` shows why.")
    if not outcomes:
        click.echo("No feeds are followed.")


@feeds.command("import")
@click.argument("file", metavar="FILE.opml", type=click.Path(path_type=Path))
@command_options(as_json=False)
@click.pass_obj
def import_(wiring: Wiring, /, file: Path, **flags: Any) -> None:
    """Follow the feeds listed in an OPML file, as feed readers export it."""
    try:
        with file.open("rb") as opml:
            data = opml.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{file} can't be read: {str(error.strerror).lower()}.") from error
    with opened_runtime(wiring, flags) as runtime:
        urls = runtime.services.worker.run(partial(read_opml, name=str(file)), data, str(file))
        added, unchanged, problems = runtime.services.subscriptions.add_all(urls)
        runtime.services.access.record(LOCAL, "feed import", f"{added} feeds")
    click.echo(f"added {added}, unchanged {unchanged}, failed {len(problems)}")
    for problem in problems:
        click.echo(escape_control_characters(f"{'failed':<9}  {problem}"))
    if problems:
        raise InvalidInput(f"{len(problems)} of {len(urls)} feeds could not be added.")


@feeds.command("export")
@command_options(as_json=False)
@click.pass_obj
def export(wiring: Wiring, /, **flags: Any) -> None:
    """Print the feeds as OPML, for a feed reader."""
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        click.echo(write_opml((feed.url, feed.title) for feed in runtime.services.subscriptions.list()))


def _counted(count: int, noun: str) -> str:
    plural = {"entry": "entries"}.get(noun, f"{noun}s")
    return f"{count} {noun if count == 1 else plural}"


def _format_outcome(outcome: _Outcome) -> str:
    if outcome.problem is not None:
        return f"{'failed':<9}  {outcome.problem}"
    if isinstance(outcome, FeedOutcome):
        entries = None if outcome.entries is None else f"{_counted(outcome.entries, 'entry')}, {outcome.new} new"
        return f"{'polled':<9}  {outcome.url}: {'has not changed' if entries is None else entries}"
    return f"{'unchanged':<9}  {outcome.name}" if outcome.title is None else f"{'added':<9}  {outcome.title}"


def _format_feed(feed: dict[str, Any]) -> str:
    polled, success = (
        "never" if feed[name] is None else format_moment(feed[name]) for name in ("polled_at", "succeeded_at")
    )
    lines = [
        f"{feed['id']}  {feed['url']}" if feed["title"] is None else f"{feed['id']}  {feed['title']}\n  {feed['url']}",
        f"  articles {feed['articles']}, entries {feed['entries']}, pending {feed['pending']}, failed {feed['failed']}",
        f"  polled {polled}; success {success}; next {format_moment(feed['next_at'])}",
    ]
    if feed["problem"] is not None:
        lines.append(f"  failing since {format_moment(feed['failing_since'])}: {feed['problem']}")
    return "\n".join([*lines, *(f"  {entry['problem']}" for entry in feed["problems"])])
