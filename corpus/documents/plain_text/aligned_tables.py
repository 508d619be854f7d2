"""Finds tables in plain text whose columns are lined up by spaces, and writes their rows as all formats do."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from corpus.article import Block, BlockKind
from corpus.documents.writer import CELL_SEPARATOR
from corpus.text.spans import Span

_CELL = re.compile(r"\S+(?: \S+)*")
_RULE = re.compile(r"[\s=_+|-]*[=_-]{2}[\s=_+|-]*")  # "-----  -----" below a header
_MARKER = re.compile(r"\W*(?:\w{1,3}[.)])?")  # of an item of a list
_MIN_ROWS = 3  # the header is one of them
_MAX_LINE = 500
_Cells = list[tuple[Span, str]]  # of a line: their columns of letters and their texts


def with_table_rows(text: str) -> tuple[str, tuple[Block, ...]]:
    """Return a text with each row of its tables as cells between bars, and the blocks of these rows.

    A table is three lines or more that follow each other, each with cells that two spaces or more part, which stand in
    the same columns. An indented line of one cell goes on with the cell above it.
    """
    if "  " not in text or "|" in text or "\t" in text:
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

    for run in _runs(text.rstrip().lstrip("\n").split("\n")):
        rows = _table(run)
        for at, row in enumerate(rows):
            line = " ".join(CELL_SEPARATOR.join(row).split())
            is_header = at == 0 and not any(letter.isdigit() for letter in line)
            write(line, BlockKind.HEADER if is_header else BlockKind.ROW)
        for line in run if not rows else ():
            write(line if parts else line.lstrip())
    return "\n".join(parts), tuple(blocks)


def _runs(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield runs of lines that may be a table, and each other line as a run of its own."""
    run: list[str] = []
    for line in lines:
        cells = _cells_of(line)
        continues = bool(run) and (_RULE.fullmatch(line) is not None or line[:1].isspace())
        if len(line) <= _MAX_LINE and (len(cells) > 1 or (cells and continues)):
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


def _table(run: Sequence[str]) -> list[list[str]]:
    """Return the rows of cells of a run of lines; none where they are no table."""
    lines = [_cells_of(line) for line in run if _RULE.fullmatch(line) is None]
    if len(lines) < _MIN_ROWS:
        return []
    starts = _columns(lines)
    rows: list[list[str]] = []
    for cells in lines:
        places = [bisect_right(starts, start) - 1 for (start, _), _ in cells]
        if any(before == after for before, after in pairwise(places)):
            return []
        if len(cells) == 1 and rows and places[0] > 0:
            rows[-1][places[0]] = f"{rows[-1][places[0]]} {cells[0][1]}".strip()
            continue
        row = [""] * len(starts)
        for place, (_, text) in zip(places, cells, strict=True):
            row[place] = text
        rows.append(row)
    first = [row[0] for row in rows]
    is_list = all(_MARKER.fullmatch(cell) for cell in first)
    has_labels = sum(cell.endswith(":") for cell in first) > 1
    return [] if len(starts) < 2 or len(rows) < _MIN_ROWS or is_list or has_labels else rows


def _columns(lines: Sequence[_Cells]) -> list[int]:
    """Return where the columns start: cells that overlap, from line to line, are in one.

    A column of the header alone belongs to the one beside it that has no header: "Price" may stand left of its numbers.
    """
    columns: list[tuple[Span, set[int]]] = []  # the extent of each, and its lines
    for start, end, at in sorted((*span, at) for at, cells in enumerate(lines) for span, _ in cells):
        if columns and start < columns[-1][0][1]:
            (low, high), numbers = columns[-1]
            columns[-1] = ((low, max(high, end)), numbers | {at})
        else:
            columns.append(((start, end), {at}))
    joined: list[tuple[Span, set[int]]] = []
    for (start, end), numbers in columns:
        before = joined[-1][1] if joined else set()
        if joined and (before == {0} or numbers == {0}) and before.isdisjoint(numbers):
            joined[-1] = ((joined[-1][0][0], end), before | numbers)
        else:
            joined.append(((start, end), numbers))
    return [start for (start, _), _ in joined]
