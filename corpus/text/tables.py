"""Finds tables in text: lines of cells that bars or tabs separate, the header first."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.text.spans import Span, stripped

_MAX_ABOVE = 200_000  # code points above a region in which the beginning of its table is looked for
_MAX_LINE, _MAX_COLUMNS = 2_000, 64  # of a row; a longer or wider line is left out
_RULE = re.compile(r"[\s|:+=-]*")  # Markdown's line below a header: |---|:--:|
_LIST_MARKER = re.compile(r"\W*(?:\w{1,3}[.)])?")  # before a tab: no cell, but an item of a list, or an indented line


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the span of its line, without spaces around, and those of its cells, which may be empty."""

    start: int
    end: int
    cells: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header, and rows with as many cells as it has."""

    header: Row
    rows: tuple[Row, ...]


def labelled_rows(text: str) -> dict[Span, str]:
    """Return the cells of each row of a text's tables, each after the name of its column, by the span of the row."""
    found: dict[Span, str] = {}
    for table in find_tables(text):
        names = [text[start:end] for start, end in table.header.cells]
        for row in table.rows:
            cells = zip(names, row.cells, strict=True)
            named = (f"{name}: {text[a:b]}" if name else text[a:b] for name, (a, b) in cells if a < b)
            found[row.start, row.end] = " | ".join(named)
    return found


def find_tables(text: str, start: int = 0, end: int | None = None) -> list[Table]:
    """Return the tables of a text, or those with rows in text[start:end], with their headers and these rows alone.

    A table is two or more lines that follow each other, with the same separator. Its first line that is no rule is the
    header. A row with another number of cells than the header is left out, and without any other row there is no table;
    nor is there one where the header is not in sight, or too wide.
    """
    end = len(text) if end is None else end
    if text.find("|", start, end) < 0 and text.find("\t", start, end) < 0:
        return []
    return [table for lines, separator in _runs(text, start, end) if (table := _table(text, lines, separator))]


def _runs(text: str, start: int, end: int) -> Iterator[tuple[list[Span], str]]:
    """Yield the runs of lines with the same separator, each with the header above it."""
    run: list[Span] | None = []
    last = None
    position = text.rfind("\n", 0, start) + 1
    first = position
    while position <= end:
        stop = text.find("\n", position)
        stop = len(text) if stop < 0 else stop
        separator = _separator(text[position:stop])
        if separator != last:
            if last is not None and run is not None:
                yield run, last
            run = [] if separator is None or position > first else _header_above(text, position, separator)
            last = separator
        if run is not None:
            run.append((position, stop))
        position = stop + 1
    if last is not None and run is not None:
        yield run, last


def _header_above(text: str, position: int, separator: str) -> list[Span] | None:
    """Return the header of a run of lines that goes on at a position, nothing where that begins there.

    None where the run begins too far above.
    """
    blank = text.rfind("\n\n", 0, position)
    low = max(blank + 2 if blank >= 0 else 0, position - _MAX_ABOVE)
    lines = text[low : position - 1].split("\n") if low < position else []
    first = next((at for at in range(len(lines) - 1, -1, -1) if _separator(lines[at]) != separator), -1) + 1
    if first <= 1 and low == position - _MAX_ABOVE > 0:  # the first line may be cut
        return None
    start = low + sum(len(line) + 1 for line in lines[:first])
    for line in lines[first:]:
        if not _is_rule(line):
            return [(start, start + len(line))]
        start += len(line) + 1
    return []


def _separator(line: str) -> str | None:
    """Return what separates the cells of a line, None where it has fewer than two."""
    return "|" if "|" in line else "\t" if "\t" in line and "\t" in line.strip() else None


def _is_rule(line: str) -> bool:
    return len(line) <= _MAX_LINE and _RULE.fullmatch(line) is not None


def _table(text: str, lines: Sequence[Span], separator: str) -> Table | None:
    whole = [text[start:end].strip() for start, end in lines]
    # Markdown's own lines begin and end with a bar; a line of cells joined by bars may begin with an empty one.
    framed = separator == "|" and all(line[0] == line[-1] == "|" and len(line) > 1 for line in whole)
    rows = [
        _row(text, start, end, separator, framed)
        if len(line) <= _MAX_LINE and line.count(separator) <= _MAX_COLUMNS
        else None
        for (start, end), line in zip(lines, whole, strict=True)
        if not _is_rule(line)
    ]
    if not rows or rows[0] is None or len(rows[0].cells) < 2:
        return None
    header, *others = (row for row in rows if row is not None)
    same = tuple(row for row in others if len(row.cells) == len(header.cells))
    is_list = separator == "\t" and all(_LIST_MARKER.fullmatch(text[slice(*row.cells[0])]) for row in (header, *others))
    return Table(header, same) if same and not is_list else None


def _row(text: str, start: int, end: int, separator: str, framed: bool) -> Row:
    line_start, line_end = stripped(text, start, end)
    if framed:
        start, end = line_start + 1, line_end - 1
    cells: list[Span] = []
    while True:
        stop = text.find(separator, start, end)
        cells.append(stripped(text, start, end if stop < 0 else stop))
        if stop < 0:
            return Row(line_start, line_end, tuple(cells))
        start = stop + 1
