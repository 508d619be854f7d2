"""The command `dates`: all time expressions of a document, resolved against its date of publication."""

from pathlib import Path
from typing import Any

import click

from cli.runtime import print_result
from cli.terminal import escape_control_characters, format_dates
from corpus.article import Article, parse_published
from corpus.documents import DEFAULT_LIMITS, read_bytes, read_file
from corpus.documents.encoding import decode
from corpus.documents.formats import TEXT
from qa.dates.finder import DateExpression, find_dates


@click.command("dates")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--published", metavar="DATE", help="when it was published (default: what the document says)")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def dates(file: Path, published: str | None, as_json: bool) -> None:
    """Print the time expressions of a document and what they stand for."""
    stated = None if published is None else parse_published(published).text
    article = Article.from_draft(read_file(file)[0])
    text = article.text
    if file.suffix.lower() in TEXT.extensions:  # as it is: an article has bars between the cells of its tables
        text = decode(read_bytes(file, DEFAULT_LIMITS, None), str(file)).replace("\r\n", "\n")
    found = find_dates(text, article.published if stated is None else stated)
    rows = [_row(text, date) for date in found]
    print_result(rows if as_json else escape_control_characters(format_dates(rows)))


def _row(text: str, date: DateExpression) -> dict[str, Any]:
    """Return a time expression as JSON, with the end of its range where it is one."""
    row = {
        "text": text[date.start : date.end],
        "start": date.start,
        "end": date.end,
        "value": date.value,
        "grain": date.grain,
        "guess": date.guess,
    }
    return row if date.end_value is None else {**row, "end_value": date.end_value}
