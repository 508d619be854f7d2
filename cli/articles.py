"""The commands `add`, `edit` and `export`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from cli.progress import counter, print_above_bar
from cli.runner import print_note
from cli.runtime import FETCH_SETTINGS, Wiring, command_options, opened_runtime, print_result, update_index
from cli.terminal import escape_control_characters, format_outcome, outcome_json
from corpus.article import METADATA, MetadataValue, split_tags
from corpus.documents import SIDECAR
from corpus.errors import InvalidInput
from corpus.fetching.sitemaps import MAX_PAGES, PAUSE_SECONDS, Throttle
from corpus.ingest.bulk import RowOutcome
from corpus.ingest.library import Library
from corpus.ingest.tables import STANDARD_STREAM, TableReader, open_lines
from corpus.ingest.writer import DocumentOutcome
from corpus.text.unicode import replace_surrogates
from web.access.store import LOCAL, AccessStore
from web.serialization import article_json

MAX_PROBLEMS = 1_000  # in the JSON summary, which is held in memory; the terminal shows all
_PAUSE_RANGE = click.FloatRange(0, 60)  # seconds


@click.command("add", epilog="The exit status is 1 where anything could not be added; the rest is added.")
@click.argument("sources", nargs=-1, metavar="FILE_FOLDER_OR_URL...")
@click.option("--jsonl", metavar="FILE", help='articles as JSON Lines, an object a line; "-" is standard input')
@click.option("--csv", metavar="FILE", help='articles as a table whose first row names the columns; "-" as above')
@click.option("--sitemap", metavar="URL", help="the pages of a sitemap that are new or have changed")
@click.option(
    "--limit", type=click.IntRange(1), default=MAX_PAGES, show_default=True, help="maximum number of pages to fetch"
)
@click.option(
    "--pause", type=_PAUSE_RANGE, default=PAUSE_SECONDS, show_default=True, help="seconds between two page fetches"
)
@command_options(*FETCH_SETTINGS)
@click.pass_obj
def add(
    wiring: Wiring,
    /,
    sources: tuple[str, ...],
    jsonl: str | None,
    csv: str | None,
    sitemap: str | None,
    limit: int,
    pause: float,
    as_json: bool,
    **flags: Any,
) -> None:
    """Add articles: files, folders and web pages, or the rows of a table.

    A row has "text" and may have "title", "url", "published", "updated", "effective", "source", "language", "replaces"
    and "tags". Files whose name ends in
    .gz are unpacked. Rows that were added before are skipped, so an interrupted command can be run again. Bad rows
    are reported by their line and skipped.
    """
    if [bool(sources), *(option is not None for option in (jsonl, csv, sitemap))].count(True) != 1:
        raise click.UsageError("Give exactly one of FILE_FOLDER_OR_URL..., --jsonl, --csv and --sitemap.")
    without_sidecar = 0
    with opened_runtime(wiring, flags) as runtime:
        library, access = runtime.services.library, runtime.services.access
        if sources:
            outcomes = (outcome for source in sources for outcome in library.add_source(source))
            failed, total, without_sidecar = _add_each(_recorded(outcomes, access), as_json)
        elif sitemap is not None:
            pages = library.add_sitemap(sitemap, limit, Throttle(pause))
            failed, total, _ = _add_each(_recorded(pages, access), as_json)
        else:
            is_csv = jsonl is None
            read = TableReader.csv if is_csv else TableReader.json_lines
            failed, total = _add_rows(library, str(csv if is_csv else jsonl), read, as_json)
            access.record(LOCAL, "import", f"{total - failed:,} of {total:,} rows")
        update_index(runtime.services.indexer)
    if failed:
        raise InvalidInput(f"{failed:,} of {total:,} could not be added.")
    if without_sidecar:
        raise InvalidInput(f"{without_sidecar:,} of {total:,} could be added only without the {SIDECAR} beside it.")


@click.command("edit", epilog='An empty value clears a field: --source "".')
@click.argument("article_id", metavar="ID")
@click.option("--title", help="can't be empty")
@click.option("--published", metavar="DATE", help="a date or date-time, such as 2022-01-13")
@click.option("--updated", metavar="DATE", help="when its text was last changed")
@click.option("--effective", metavar="DATE", help="from when on what it says holds")
@click.option("--source", help="where it appeared")
@click.option("--url", help="its web address")
@click.option("--language", help='a BCP 47 tag, such as "en"')
@click.option("--replaces", metavar="ID_OR_URL", help="an article that this one makes outdated")
@click.option("--tags", help="with commas between them")
@command_options()
@click.pass_obj
def edit(wiring: Wiring, /, article_id: str, as_json: bool, **options: Any) -> None:
    """Edit title, dates, source and so on of an article.

    What is edited stays so when the file, page or feed that the article came from is read again.
    """
    given = {name: replace_surrogates(value) for name in METADATA if (value := options.pop(name)) is not None}
    if not given:
        raise click.UsageError(f"Give what to edit: {', '.join(f'--{name}' for name in METADATA)}.")
    values: dict[str, MetadataValue] = {name: value if value.strip() else None for name, value in given.items()}
    if "tags" in given:
        values["tags"] = split_tags(given["tags"])
    with opened_runtime(wiring, options, needs_library=True) as runtime:
        article = runtime.services.library.edit(replace_surrogates(article_id), values)
        runtime.services.access.record(LOCAL, "edit", article.id)
        update_index(runtime.services.indexer)
    text = escape_control_characters(f"edited     {article.id}  {article.title}")
    print_result(article_json(article) if as_json else text)


@click.command("export")
@click.argument("target", metavar="FILE")
@command_options()
@click.pass_obj
def export(wiring: Wiring, /, target: str, as_json: bool, **flags: Any) -> None:
    """Write all articles to a file as JSON Lines, which `add --jsonl` reads; "-" is standard output.

    The articles are those of one moment, also while a service runs. A file whose name ends in .gz is packed.
    """
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        library = runtime.services.library
        with counter("exporting", library.count(), "articles") as report:
            count = library.export(target, report)
    if target == STANDARD_STREAM:
        print_note(f"exported {count:,} articles")
    else:
        text = escape_control_characters(f"exported {count:,} articles to {target}")
        print_result({"file": target, "articles": count} if as_json else text)


def _recorded(outcomes: Iterable[DocumentOutcome], access: AccessStore) -> Iterator[DocumentOutcome]:
    """Yield outcomes, and record the articles that were added in the audit log."""
    for outcome in outcomes:
        if outcome.article is not None and outcome.state == "added":
            access.record(LOCAL, "add", outcome.article.id)
        yield outcome


def _add_each(outcomes: Iterable[DocumentOutcome], as_json: bool) -> tuple[int, int, int]:
    """Print each outcome as it comes, or all as JSON; return how many failed, and how many there are.

    The third number counts the articles that were added without their bad sidecar. Ignored files are not counted.
    """
    printed = []
    for outcome in outcomes:
        printed.append(outcome)
        if not as_json:
            print_result(format_outcome(outcome))
    if as_json:
        print_result([outcome_json(outcome) for outcome in printed])
    counted = [outcome for outcome in printed if outcome.state != "ignored"]
    without_sidecar = sum(outcome.article is not None and outcome.problem is not None for outcome in counted)
    return sum(outcome.state == "failed" for outcome in counted), len(counted), without_sidecar


def _add_rows(
    library: Library, source: str, read: Callable[[TableReader], Iterable[Any]], as_json: bool
) -> tuple[int, int]:
    """Add the rows of a file and print a summary; return how many rows failed, and how many there are."""
    summary = _RowSummary(as_json)
    with open_lines(source) as lines, counter("reading", lines.total, "B") as report:
        rows = TableReader(lines)
        try:
            for outcome in library.add_rows(read(rows)):
                summary.count(outcome)
                report(lines.bytes_read)
        finally:
            summary.unknown_fields = rows.unknown_fields
            print_result(summary.json() if as_json else summary.text())
    return summary.counts["failed"], sum(summary.counts.values())


class _RowSummary:
    """Counts rows by outcome; prints problems as they come, or collects them for JSON."""

    def __init__(self, as_json: bool) -> None:
        self.counts = {"added": 0, "unchanged": 0, "failed": 0}
        self.unknown_fields: list[str] = []
        self._as_json = as_json
        self._problems: list[dict[str, Any]] = []

    def count(self, outcome: RowOutcome) -> None:
        self.counts[outcome.state] += 1
        if outcome.problem is None:
            return
        if not self._as_json:
            print_above_bar(escape_control_characters(f"line {outcome.line:,}: {outcome.problem}"))
        elif len(self._problems) < MAX_PROBLEMS:
            self._problems.append({"line": outcome.line, "problem": outcome.problem})

    def json(self) -> dict[str, Any]:
        return self.counts | {"problems": self._problems, "ignored": self.unknown_fields}

    def text(self) -> str:
        counts = ", ".join(f"{count:,} {state}" for state, count in self.counts.items())
        ignored = f"\nignored: {', '.join(self.unknown_fields)}" if self.unknown_fields else ""
        return escape_control_characters(f"{counts}{ignored}")
