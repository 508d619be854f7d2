"""Finds tables in plain text whose columns are lined up by spaces, and writes their rows as all formats do."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise

from corpus.article import Block, BlockKind
from corpus.documents.writer import CELL_SEPARATOR
from corpus.text.spans import Span

_CELL = re.compile(r"\S+(?: \S+)*")
_RULE_MARKS = " =_+|-"  # "-----  -----" below a header
# "6.40", "-3", "£29", "09:30 - 10:00", "12 km"
_NUMERIC = re.compile(r"[-+−~<>≤≥(]?\s?[$£€¥]?\s?\d[\d.,:/ %)–-]*[^\W\d_]{0,3}\W?")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[/–-]\d\d(?:\d\d)?)?")
_MARKER = re.compile(r"\W*(?:\w{1,3}[.)])?")  # of an item of a list
_MIN_ROWS = 3  # the header is one of them
_MAX_LINE = 500
_Cells = list[tuple[Span, str]]  # of a line: their columns of letters and their texts


@dataclass(slots=True)
class _Column:
    """The extent of a column, and whether the header and the lines below it have a cell there."""

    start: int
    end: int
    in_header: bool
    in_rows: bool

    def completes(self, other: "_Column") -> bool:
        """Tell whether one of two columns is of the header alone, and the other has no header."""
        return (self.in_header, self.in_rows) == (not other.in_header, not other.in_rows)


def with_table_rows(text: str) -> tuple[str, tuple[Block, ...]]:
    """Return a text with each row of its tables as cells between bars, and the blocks of these rows.

    A table is three lines or more that follow each other, each with cells that two spaces or more part, which stand in
    the same columns; it has a rule below its header, or a column of numbers. An indented line of one cell goes on with
    the cell above it.
    """
    if "  " not in text:
        return text, ()
    parts: list[str] = []
    blocks: list[Block] = []
    length = 0

    def write(line: str, kind: BlockKind | None = None) -> None:
        nonlocal length
        if kind is not None:
            blocks.append(Block(length, length + len(line), kind))
        parts.append(line)
        length += len(line) + 1

    for run in _runs(list(dropwhile(lambda line: not line.strip(), text.rstrip().split("\n")))):
        rows, has_header = _table(run)
        for at, row in enumerate(rows):
            line = " ".join(CELL_SEPARATOR.join(row).split())
            write(line, BlockKind.HEADER if has_header and at == 0 else BlockKind.ROW)
        for line in run if not rows else ():
            write(line if parts else line.lstrip())
    return "\n".join(parts), tuple(blocks)


def _runs(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield runs of lines that may be a table, and each other line as a run of its own."""
    run: list[str] = []
    for line in lines:
        is_rule = _is_rule(line)
        may_be_row = len(line) <= _MAX_LINE and (is_rule or ("|" not in line and "\t" not in line))
        count = len(_cells_of(line)) if may_be_row else 0
        if count > 1 or (count == 1 and run and (is_rule or line[:1].isspace())):
            run.append(line)
            continue
        if run:
            yield run
        run = []
        yield [line]
    if run:
        yield run


def _cells_of(line: str) -> _Cells:
    return [(cell.span(), cell.group()) for cell in _CELL.finditer(line)]


def _is_rule(line: str) -> bool:
    return not line.strip(_RULE_MARKS) and any(2 * mark in line for mark in "-=_")


def _table(run: Sequence[str]) -> tuple[list[list[str]], bool]:
    """Return the rows of cells of a run of lines, and whether the first is a header; none where they are no table."""
    at_rows = [at for at, line in enumerate(run) if not _is_rule(line)]
    lines = [_cells_of(run[at]) for at in at_rows]
    if len(lines) < _MIN_ROWS:
        return [], False
    starts = _columns(lines)
    rows: list[list[list[str]]] = []  # the lines of each cell
    cells_left = 2 * sum(map(len, lines))  # a table with more than half of its cells empty is none
    for cells in lines:
        places = [bisect_right(starts, start) - 1 for (start, _), _ in cells]
        if any(before == after for before, after in pairwise(places)):
            return [], False
        if len(cells) == 1 and rows and places[0] > 0:
            rows[-1][places[0]].append(cells[0][1])
            continue
        cells_left -= len(starts)
        if cells_left < 0:
            return [], False
        rows.append([[] for _ in starts])
        for place, (_, text) in zip(places, cells, strict=True):
            rows[-1][place].append(text)
    table = [[" ".join(cell) for cell in row] for row in rows]
    first = [row[0] for row in table]
    is_list = all(_MARKER.fullmatch(cell) for cell in first)
    has_labels = sum(cell.endswith(":") for cell in first) > 1
    if len(starts) < 2 or len(table) < _MIN_ROWS or is_list or has_labels:
        return [], False
    has_rule = at_rows[1] > at_rows[0] + 1
    has_header = has_rule or _names_columns(table)
    # Line numbers before sentences are no table.
    is_table = has_rule or any(_is_numeric(column, has_header) for column in list(zip(*table, strict=True))[1:])
    return (table, has_header) if is_table else ([], False)


def _names_columns(table: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row is a header: without numbers, behind an empty corner, or with years over no years."""
    with_digits = [
        [cell for cell in column if cell] for column in zip(*table, strict=True) if re.search(r"\d", column[0])
    ]
    return (not table[0][0] and all(table[0][1:])) or all(
        _YEAR.fullmatch(first) and not any(map(_YEAR.fullmatch, below)) for first, *below in with_digits
    )


def _is_numeric(column: Sequence[str], has_header: bool) -> bool:
    """Tell whether a column has a header, unless the table has none, and two numbers, and nothing else."""
    below = [cell for cell in column[has_header:] if cell]
    return bool(column[0]) and len(below) > 1 and all(map(_NUMERIC.fullmatch, below))


def _columns(lines: Sequence[_Cells]) -> list[int]:
    """Return where the columns start: cells that overlap, from line to line, are in one.

    A column of the header alone belongs to the one beside it that has no header: "Price" may stand left of its numbers.
    """
    columns: list[_Column] = []
    for (start, end), in_rows in sorted((span, at > 0) for at, cells in enumerate(lines) for span, _ in cells):
        if not columns or start >= columns[-1].end:
            columns.append(_Column(start, end, False, False))
        column = columns[-1]
        column.end = max(column.end, end)
        column.in_header, column.in_rows = column.in_header or not in_rows, column.in_rows or in_rows
    joined: list[_Column] = []
    for column in columns:
        if joined and column.completes(joined[-1]):
            joined[-1] = _Column(joined[-1].start, column.end, True, True)
        else:
            joined.append(column)
    return [column.start for column in joined]
