"""Rows of cells to the blocks of tables, as sheets and CSV files have them, and CSV files to drafts."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from corpus.article import BlockKind, Draft
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.titles import title_of_file
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument, UnsupportedFormat

_DELIMITERS = ",;\t|"
_SAMPLE = 8_192  # characters by which the delimiter is told; the time of csv.Sniffer grows with their square
# Empty cells cost time, too: a sheet with one cell in its last column has 16,384 cells a row.
MAX_CELLS = 5_000_000
_NUMBER = re.compile(r"[-+(]?[\d\W]*\d[\d\W]*")


def read_csv(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of a CSV or TSV file: its first row as the header, each row as a row.

    Raises UnsupportedFormat for a table of articles, which has a column "text"; UnreadableDocument or TooLarge.
    """
    writer = DocumentWriter(limits, name)
    with wrapped_errors(name, "CSV", csv.Error):
        rows = _parse(text, limits)
    first = next((row for row in rows if any(cell.strip() for cell in row)), [])
    if "text" in {cell.strip().lower() for cell in first}:
        raise UnsupportedFormat(
            f'{name} is a table of articles, one a row, since a column is called "text". '
            "Add its articles with app.py add --csv, or choose it under Add on the page."
        )
    write_rows(writer, rows, Deadline(limits, name), name)
    draft = titled_table(writer.draft(), name)
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    return draft


def titled_table(draft: Draft, name: str) -> Draft:
    """Return the draft of tables with the name of its file as title, unless it has one, or text above its tables."""
    first = next((block for block in draft.blocks if block.kind is not BlockKind.HEADING), None)
    if draft.title is not None or first is None or first.kind not in (BlockKind.HEADER, BlockKind.ROW):
        return draft
    return replace(draft, title=title_of_file(name))


def is_own_name(sheet: str) -> bool:
    """Return whether a person named a sheet: programs call it "Sheet1" or "Tabelle1"."""
    return not (sheet.rstrip("0123456789").isalpha() and sheet[-1:].isdigit())


def write_rows(writer: DocumentWriter, rows: Iterable[Sequence[str]], deadline: Deadline, name: str) -> None:
    """Write the rows of a sheet: a table between rows without any cell, its first row as the header.

    A row of one cell above a table is a paragraph, and so is every row where no row has more cells. Raises TooLarge.
    """
    table: list[Sequence[str]] = []
    cells = 0
    for row in rows:
        deadline.check()
        cells += len(row) + 1
        if cells > MAX_CELLS:
            raise TooLarge(f"{name} has more than {MAX_CELLS:,} cells.")
        if any(cell.strip() for cell in row):
            table.append(row)
        else:
            _write_table(writer, table)
            table = []
    _write_table(writer, table)


def _write_table(writer: DocumentWriter, table: Sequence[Sequence[str]]) -> None:
    filled = [[index for index, cell in enumerate(row) if cell.strip()] for row in table]
    if not filled:
        return
    start, end = min(row[0] for row in filled), max(row[-1] for row in filled) + 1
    above = next((index for index, row in enumerate(filled) if len(row) > 1), len(table))
    for row in table[:above]:
        writer.paragraph(" ".join(row))
    writer.end_list()
    for index, row in enumerate(table[above:]):
        cells = [*row[start:end], *[""] * (end - len(row))]
        is_header = index == 0 and above + 1 < len(table) and not any(_NUMBER.fullmatch(cell.strip()) for cell in cells)
        writer.row(cells, is_header=is_header)


def _parse(text: str, limits: Limits) -> list[list[str]]:
    """Return the rows of CSV; raises csv.Error."""
    csv.field_size_limit(limits.max_text + 1)
    delimiter = _delimiter(text)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:  # a quote without its partner, which would make the rest of the file one cell
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE))


def _delimiter(text: str) -> str:
    """Return what separates the cells: csv.Sniffer's guess, or the most frequent candidate of the first line."""
    sample = text[:_SAMPLE].rsplit("\n", 1)[0]
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    except csv.Error:
        first = sample.lstrip().split("\n", 1)[0]
        return max(_DELIMITERS, key=first.count)
