"""The commands that bring articles in, one by one or many at once, and out again."""

from collections.abc import Callable, Iterable
from typing import Any

import click

from cli import commands, terminal
from corpus.documents import SIDECAR
from corpus.errors import InvalidInput
from corpus.fetching.sitemaps import MAX_PAGES, PAUSE_SECONDS, Throttle
from corpus.ingest.bulk import RowOutcome
from corpus.ingest.library import Library
from corpus.ingest.tables import STANDARD_STREAM, TableReader, open_lines
from corpus.ingest.writer import Outcome

# As many problems are in the JSON summary: it is held in memory, and the terminal shows them all.
MOST_PROBLEMS = 1_000
_SECONDS = click.FloatRange(0, 60)


def add_command(opening: commands.Opening) -> click.Command:
    """Return the command `add`; `opening` wires the parts by the settings."""

    @click.command("add", epilog="The exit status is 1 where anything could not be added; all the rest is in.")
    @click.argument("sources", nargs=-1, metavar="FILE_FOLDER_OR_URL...")
    @click.option("--jsonl", metavar="FILE", help='articles as JSON Lines, an object a line; "-" is standard input')
    @click.option("--csv", metavar="FILE", help='articles as a table whose first row names the columns; "-" as above')
    @click.option("--sitemap", metavar="URL", help="the pages of a sitemap, but those that have not changed since")
    @click.option("--limit", type=click.IntRange(1), default=MAX_PAGES, show_default=True, help="most pages to fetch")
    @click.option("--pause", type=_SECONDS, default=PAUSE_SECONDS, show_default=True, help="between them, in seconds")
    @commands.json_option
    @commands.setting_options("max_upload", "fetch_timeout", "allow_private_urls")
    def add(
        sources: tuple[str, ...],
        jsonl: str | None,
        csv: str | None,
        sitemap: str | None,
        limit: int,
        pause: float,
        as_json: bool,
        **given: Any,
    ) -> None:
        """Add articles: files, folders, web pages; or many at once, out of a table.

        A row has "text" and may have "title", "url", "published", "source" and "language". Files whose name ends in
        .gz are unpacked. Rows that are there already are passed over, so run an interrupted command again. Bad rows
        are told by their line and left out.
        """
        if [bool(sources), *(one is not None for one in (jsonl, csv, sitemap))].count(True) != 1:
            ways = "FILE_FOLDER_OR_URL..., --jsonl, --csv or --sitemap"
            raise click.UsageError(f"Say in one way what to add: {ways}.")
        bare = 0
        with commands.opened(opening, given) as parts:
            library = parts.services.library
            if sources:
                outcomes = (outcome for source in sources for outcome in library.add_all(source))
                failed, of, bare = _add_each(outcomes, as_json)
            elif sitemap is not None:
                failed, of, _ = _add_each(library.add_sitemap(sitemap, limit, Throttle(pause)), as_json)
            elif jsonl is not None:
                failed, of = _add_rows(library, jsonl, TableReader.json_lines, as_json)
            else:
                failed, of = _add_rows(library, str(csv), TableReader.csv, as_json)
            with terminal.progress_bar() as report:
                parts.services.indexer.catch_up(report)
            parts.services.indexer.compact_now()
        if failed:
            raise InvalidInput(f"{failed:,} of {of:,} could not be added.")
        if bare:
            raise InvalidInput(f"{bare:,} of {of:,} could be added only without the {SIDECAR} beside it.")

    return add


def export_command(opening: commands.Opening) -> click.Command:
    """Return the command `export`; `opening` wires the parts by the settings."""

    @click.command("export")
    @click.argument("target", metavar="FILE")
    @commands.json_option
    @commands.setting_options()
    def export(target: str, as_json: bool, **given: Any) -> None:
        """Write all articles to a file as JSON Lines, which `add --jsonl` takes; "-" is standard output.

        The articles are those of one moment, also while a service runs. A file whose name ends in .gz is packed.
        """
        with commands.opened(opening, given, reads=True) as parts:
            library = parts.services.library
            with terminal.counter("exporting", library.count(), "articles") as report:
                count = library.export(target, report)
        if target == STANDARD_STREAM:
            commands.say(f"exported {count:,} articles")
        else:
            shown = terminal.plain(f"exported {count:,} articles to {target}")
            commands.show({"file": target, "articles": count} if as_json else shown)

    return export


def _add_each(found: Iterable[Outcome], as_json: bool) -> tuple[int, int, int]:
    """Add what the user named one by one; return how many failed, of how many, and how many have a bad sidecar."""
    outcomes = []
    for outcome in found:
        outcomes.append(outcome)
        if not as_json:
            commands.show(terminal.outcome(outcome))
    if as_json:
        commands.show([terminal.outcome_json(outcome) for outcome in outcomes])
    tried = [outcome for outcome in outcomes if outcome.state != "ignored"]
    bare = sum(outcome.article is not None and outcome.problem is not None for outcome in tried)
    return sum(outcome.state == "failed" for outcome in tried), len(tried), bare


def _add_rows(
    library: Library, source: str, read: Callable[[TableReader], Iterable[Any]], as_json: bool
) -> tuple[int, int]:
    """Add the rows of a file; return how many failed, of how many."""
    summary = _Summary(as_json)
    with open_lines(source) as lines, terminal.counter("reading", lines.total, "B") as report:
        rows = TableReader(lines)
        try:
            for loaded in library.add_rows(read(rows)):
                summary.take(loaded)
                report(lines.bytes_read)
        finally:
            summary.ignored = rows.unknown_fields
            commands.show(summary.json() if as_json else summary.text())
    return summary.counts["failed"], sum(summary.counts.values())


class _Summary:
    """What became of many rows; problems are told at once, unless JSON is wanted."""

    def __init__(self, as_json: bool) -> None:
        self.counts = {"added": 0, "unchanged": 0, "failed": 0}
        self.ignored: list[str] = []
        self._as_json = as_json
        self._problems: list[dict[str, Any]] = []

    def take(self, loaded: RowOutcome) -> None:
        self.counts[loaded.state] += 1
        if loaded.problem is None:
            return
        if not self._as_json:
            terminal.beside(terminal.plain(f"line {loaded.line:,}: {loaded.problem}"))
        elif len(self._problems) < MOST_PROBLEMS:
            self._problems.append({"line": loaded.line, "problem": loaded.problem})

    def json(self) -> dict[str, Any]:
        return self.counts | {"problems": self._problems, "ignored": self.ignored}

    def text(self) -> str:
        told = ", ".join(f"{count:,} {state}" for state, count in self.counts.items())
        return terminal.plain(f"{told}\nignored: {', '.join(self.ignored)}" if self.ignored else told)
