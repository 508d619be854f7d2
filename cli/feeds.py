"""The commands `feeds ...`: RSS and Atom feeds."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from cli.progress import progress_bar
from cli.runtime import OpenRuntime, Runtime, json_option, opened_runtime, print_result, setting_options
from cli.terminal import escape_control_characters
from corpus.errors import Conflict, InvalidInput, NotAFeed
from corpus.feeds.opml import MAX_BYTES, read_opml, write_opml
from corpus.feeds.poller import EntryOutcome, FeedOutcome
from web.serialization import feeds_json
from web.services import Services

_Outcome = FeedOutcome | EntryOutcome
_interval_option = click.option(
    "--interval", type=float, metavar="SECONDS", help="seconds between two polls of this feed"
)
_OTHER_POLLER_TIMEOUT = 2.0  # seconds to wait for another process that polls


def feeds_command(open_runtime: OpenRuntime) -> click.Group:
    """Return the group of commands."""

    @click.group("feeds")
    def feeds() -> None:
        """Follow RSS and Atom feeds: a running server polls them."""

    commands: tuple[Callable[[OpenRuntime], click.Command], ...] = (
        *(_add_command, _list_command, _remove_command),
        *(_poll_command, _import_command, _export_command),
    )
    for make_command in commands:
        feeds.add_command(make_command(open_runtime))
    return feeds


def _add_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("add")
    @click.argument("url")
    @_interval_option
    @setting_options("max_upload", "fetch_timeout", "allow_private_urls", "feed_interval")
    def add(url: str, interval: float | None, **flags: Any) -> None:
        """Follow a feed, fetch the pages of its entries, and index them.

        A feed that can't be fetched now is followed and tried again later; what is not a feed is not followed.
        """
        with opened_runtime(open_runtime, flags) as runtime:
            for line in _follow(runtime.services, url, interval):
                click.echo(escape_control_characters(line))
            _update_index(runtime)

    return add


def _follow(services: Services, url: str, interval: float | None) -> Iterator[str]:
    """Follow a feed and poll it once, yielding lines about it; raises NotAFeed where a new one is not a feed."""
    feed, is_new = services.subscriptions.add(url, interval)
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


def _update_index(runtime: Runtime) -> None:
    with progress_bar() as report:
        runtime.services.indexer.catch_up(report)
    runtime.services.indexer.compact_now()


def _list_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("list")
    @json_option
    @setting_options("feed_interval")
    def list_(as_json: bool, **flags: Any) -> None:
        """Show the feeds and their state."""
        with opened_runtime(open_runtime, flags, needs_library=True) as runtime:
            found = feeds_json(runtime.services.subscriptions, runtime.services.poller)
        text = "\n\n".join(map(_format_feed, found["feeds"])) or "No feeds are followed."
        print_result(found if as_json else escape_control_characters(text))

    return list_


def _remove_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("remove")
    @click.argument("url", metavar="URL_OR_ID")
    @setting_options()
    def remove(url: str, **flags: Any) -> None:
        """Stop following a feed. Its articles stay."""
        with opened_runtime(open_runtime, flags, needs_library=True) as runtime:
            feed = runtime.services.subscriptions.remove(url)
        note = f"its articles stay ({feed.articles})" if feed.articles else "it gave no articles"
        click.echo(escape_control_characters(f"removed    {feed.id}  {feed.url}; {note}"))

    return remove


def _poll_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("poll")
    @setting_options("max_upload", "fetch_timeout", "allow_private_urls", "feed_interval")
    def poll(**flags: Any) -> None:
        """Poll all feeds now, fetch their new entries, and index them."""
        outcomes: list[_Outcome] = []
        with opened_runtime(open_runtime, flags, needs_library=True) as runtime:
            for outcome in runtime.services.poller.poll_all():
                outcomes.append(outcome)
                click.echo(escape_control_characters(_format_outcome(outcome)))
            _update_index(runtime)
        kinds = ((FeedOutcome, "feed"), (EntryOutcome, "entry"))
        if failed := [text for kind, noun in kinds if (text := _count_failures(outcomes, kind, noun))]:
            raise InvalidInput(f"{' and '.join(failed)} could not be fetched. `python app.py status` shows why.")
        if not outcomes:
            click.echo("No feeds are followed.")

    return poll


def _import_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("import")
    @click.argument("file", metavar="FILE.opml", type=click.Path(path_type=Path))
    @setting_options()
    def import_(file: Path, **flags: Any) -> None:
        """Follow the feeds listed in an OPML file, as feed readers export it."""
        try:
            with file.open("rb") as opml:
                urls = read_opml(opml.read(MAX_BYTES + 1), str(file))
        except OSError as error:
            raise InvalidInput(f"{file} can't be read: {str(error.strerror).lower()}.") from error
        with opened_runtime(open_runtime, flags) as runtime:
            added, unchanged, problems = runtime.services.subscriptions.add_all(urls)
        click.echo(f"added {added}, unchanged {unchanged}, failed {len(problems)}")
        for problem in problems:
            click.echo(escape_control_characters(f"{'failed':<9}  {problem}"))
        if problems:
            raise InvalidInput(f"{len(problems)} of {len(urls)} feeds could not be added.")

    return import_


def _export_command(open_runtime: OpenRuntime) -> click.Command:
    @click.command("export")
    @setting_options()
    def export(**flags: Any) -> None:
        """Print the feeds as OPML, for a feed reader."""
        with opened_runtime(open_runtime, flags, needs_library=True) as runtime:
            click.echo(write_opml((feed.url, feed.title) for feed in runtime.services.subscriptions.list()))

    return export


def _count_failures(outcomes: Iterable[_Outcome], kind: type[_Outcome], noun: str) -> str:
    """Return how many outcomes of a kind failed, of how many; nothing where none did."""
    problems = [outcome.problem for outcome in outcomes if isinstance(outcome, kind)]
    failed = sum(problem is not None for problem in problems)
    return f"{failed} of {_counted(len(problems), noun)}" if failed else ""


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
    lines = [
        f"{feed['id']}  {feed['url'] if feed['title'] is None else feed['title']}",
        f"  {feed['url']}",
        f"  articles {feed['articles']}, entries {feed['entries']}, waiting {feed['pending']}, failed {feed['failed']}",
        f"  polled {feed['polled_at'] or 'never'}, success {feed['succeeded_at'] or 'never'}, next {feed['next_at']}",
    ]
    if feed["problem"] is not None:
        lines.append(f"  failing since {feed['failing_since']}: {feed['problem']}")
    return "\n".join([*lines, *(f"  {entry['problem']}" for entry in feed["problems"])])
