"""Finds the tables of a PDF page: rows of cells whose columns stand below each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.documents.pdf.lines import PdfLine

_LEADING = 1.9  # lines of one cell are at most this many font sizes apart
_ROW_GAP = 5.0  # rows of one table are at most this many font sizes apart
_MAX_CELL_LINES = 4  # lines a cell on average; more is text in columns
_MAX_SHORT = 30  # characters a cell on average of a table whose columns were drawn one after the other
_PROSE = 25  # characters a cell on average that text in columns has, at least


@dataclass(frozen=True, slots=True)
class PdfTable:
    """The rows of a table, each with the texts of as many cells; `has_header` where the first one names the columns."""

    rows: tuple[tuple[str, ...], ...]
    has_header: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A segment as a line of its own, and the number of the line on its page."""

    line: PdfLine
    number: int


class _PdfCell:
    """The pieces of a cell from top to bottom, with their extent in points."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self.pieces = list(pieces)
        self.x = min(piece.line.x for piece in pieces)
        self.right = max(piece.line.right for piece in pieces)
        self.top, self.bottom = pieces[0].line.y, pieces[-1].line.y
        self.size = pieces[0].line.size
        self.bold = all(piece.line.bold for piece in pieces)

    def add(self, piece: _Piece) -> None:
        """Add a piece below the others."""
        line = piece.line
        self.pieces.append(piece)
        self.x, self.right, self.bottom = min(self.x, line.x), max(self.right, line.right), line.y
        self.bold = self.bold and line.bold

    @property
    def text(self) -> str:
        return " ".join(piece.line.text for piece in self.pieces)


_Row = list[_PdfCell]


def find_tables(page: Sequence[PdfLine]) -> Iterator[PdfLine | PdfTable]:
    """Yield the lines of a page, those of a table as one table. Text in columns comes column by column."""
    page = _joined_columns(page)
    runs = [(run, _is_table(run)) for run in _runs(list(_rows(page)))]
    in_tables = {
        piece.number for run, is_table in runs if is_table for row in run for cell in row for piece in cell.pieces
    }
    written: set[int] = set()
    for run, is_table in runs:
        if not is_table:
            for piece in (piece for row in run for cell in row for piece in cell.pieces):
                if piece.number in in_tables:
                    yield piece.line
                elif piece.number not in written:
                    yield page[piece.number]
                written.add(piece.number)
        elif _is_prose(run):
            yield from (piece.line for column in zip(*run, strict=True) for cell in column for piece in cell.pieces)
        else:
            yield _table(run)


def _joined_columns(page: Sequence[PdfLine]) -> list[PdfLine]:
    """Join the cells of tables whose columns were drawn one after the other to lines.

    Such columns are short lines on the same baselines: three columns, or two of which one holds numbers.
    """
    columns: list[list[PdfLine]] = []
    for line in page:
        last = columns[-1][-1] if columns else None
        if last is not None and abs(line.x - last.x) < last.size / 2 and 0 < last.y - line.y < _ROW_GAP * last.size:
            columns[-1].append(line)
        else:
            columns.append([line])
    joined: list[PdfLine] = []
    start = 0
    while start < len(columns):
        first, end = columns[start], start + 1
        while (
            end < len(columns) and columns[end][0].x > columns[end - 1][0].x and _shares_baselines(columns[end], first)
        ):
            end += 1
        group = columns[start:end]
        above = [line for line in first if line.y > group[-1][0].y + line.size / 2]
        cells = [line for column in (first[len(above) :], *group[1:]) for line in column]
        others = [line.text for column in group[1:] for line in column]
        has_numbers = 2 * sum(any(map(str.isdigit, text)) for text in others) > len(others)
        is_short = sum(len(cell.text) for cell in cells) <= _MAX_SHORT * len(cells)
        if len(first) - len(above) > 2 and is_short and (len(group) > 2 or (len(group) == 2 and has_numbers)):
            joined += above
            for cell in first[len(above) :]:
                row = [each for each in cells if abs(each.y - cell.y) < cell.size / 2]
                joined.append(replace(cell, segments=tuple(segment for each in row for segment in each.segments)))
        else:
            joined += [line for column in group for line in column]
        start = end
    return joined


def _shares_baselines(column: Sequence[PdfLine], first: Sequence[PdfLine]) -> bool:
    return all(any(abs(line.y - other.y) < line.size / 4 for other in first) for line in column)


def _rows(page: Sequence[PdfLine]) -> Iterator[_Row]:
    """Yield the cells that stand side by side, top to bottom; lines of text alone are a row of one cell."""
    row: _Row = []
    above: _Row = []
    for number, line in enumerate(page):
        for segment in line.segments:
            piece = _Piece(line if len(line.segments) == 1 else replace(line, segments=(segment,)), number)
            if row and _is_beside(piece.line, row):
                if len(row) == 1:
                    higher, row = _trimmed(row[0], piece.line, above)
                    if higher:
                        yield higher
                row.append(_PdfCell([piece]))
            elif row and _is_next_line(piece.line, row[-1]) and (len(row) > 1 or len(line.segments) == 1):
                row[-1].add(piece)
            else:
                if row:
                    yield row
                row, above = [_PdfCell([piece])], row
    if row:
        yield row


def _is_beside(line: PdfLine, row: _Row) -> bool:
    """Tell whether a line begins the next cell of a row: to the right of the last one, and not below the row."""
    last, low = row[-1], min(cell.bottom for cell in row)
    return line.x > max(last.x, last.right - 0.2 * line.size) and line.y > low - 0.3 * line.size


def _is_next_line(line: PdfLine, cell: _PdfCell) -> bool:
    overlaps = line.x < cell.right and line.right > cell.x
    return overlaps and 0.3 * line.size < cell.bottom - line.y < _LEADING * line.size


def _trimmed(cell: _PdfCell, beside: PdfLine, above: _Row) -> tuple[_Row, _Row]:
    """Return the first cell of a row without the lines of text above the row, and those lines.

    What stands higher than the cell beside it is no part of the row, except below another row of the table.
    """
    if len(above) > 1 and abs(above[0].x - cell.x) < beside.size and len(cell.pieces) <= _MAX_CELL_LINES:
        return [], [cell]
    higher = sum(piece.line.y > beside.y + 0.4 * beside.size for piece in cell.pieces)
    if not 0 < higher < len(cell.pieces):
        return [], [cell]
    return [_PdfCell(cell.pieces[:higher])], [_PdfCell(cell.pieces[higher:])]


def _runs(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Yield runs of rows that may be a table: of several cells each, and near each other."""
    start = 0
    for index in range(1, len(rows) + 1):
        if index == len(rows) or not _may_continue(rows[index - 1], rows[index]):
            yield list(rows[start:index])
            start = index


def _may_continue(above: _Row, below: _Row) -> bool:
    distance = min(cell.bottom for cell in above) - max(cell.top for cell in below)
    return len(above) > 1 and len(below) > 1 and 0 < distance < _ROW_GAP * below[0].size


def _is_table(run: Sequence[_Row]) -> bool:
    if len(run) < 2:
        return False
    cells = [cell for row in run for cell in row]
    if sum(len(cell.pieces) for cell in cells) > _MAX_CELL_LINES * len(cells):
        return False
    widest = max(run, key=len)
    if all(any(_agree(cell, column) for column in widest) for cell in cells):
        return True
    columns = list(zip(*(row for row in run if len(row) == len(widest)), strict=True))
    edges = [(min(cell.x for cell in column), max(cell.right for cell in column)) for column in columns]
    return len(run) > 2 and len(columns[0]) > 2 and all(right < left for (_, right), (left, _) in pairwise(edges))


def _agree(a: _PdfCell, b: _PdfCell) -> bool:
    """Tell whether two cells stand below each other: their left edges, right edges or centres agree."""
    left, right = abs(a.x - b.x), abs(a.right - b.right)
    return min(left, right, abs(a.x + a.right - b.x - b.right) / 2) < a.size


def _is_prose(run: Sequence[_Row]) -> bool:
    """Tell whether the rows are lines of text in columns, which go on below and not beside."""
    cells = [cell for row in run for cell in row]
    if any(len(row) != len(run[0]) for row in run) or any(len(cell.pieces) > 1 for cell in cells):
        return False
    lower = [below.text[:1].islower() for a, b in pairwise(run) for _, below in zip(a, b, strict=True)]
    return len(run) > 3 and 2 * sum(lower) > len(lower) and median(len(cell.text) for cell in cells) >= _PROSE


def _table(run: Sequence[_Row]) -> PdfTable:
    widest = max(run, key=len)
    columns = [*zip(*(row for row in run if len(row) == len(widest)), strict=True)]
    rows = []
    for row in run:
        if len(row) == len(widest):  # a header may stand left of numbers that are on the right
            rows.append(tuple(cell.text for cell in row))
            continue
        cells: list[list[str]] = [[] for _ in widest]
        for cell in row:
            cells[max(range(len(widest)), key=lambda at: max(_overlap(cell, one) for one in columns[at]))].append(
                cell.text
            )
        rows.append(tuple(" ".join(texts) for texts in cells))
    header = run[0]
    is_bold = all(cell.bold for cell in header) and not all(cell.bold for cell in run[1])
    has_names = len(widest) > 2 and not any(character.isdigit() for cell in header for character in cell.text)
    return PdfTable(tuple(rows), len(header) == len(widest) and (is_bold or has_names))


def _overlap(cell: _PdfCell, column: _PdfCell) -> float:
    """Return the width that a cell and a column share; negative is the distance between them."""
    return min(cell.right, column.right) - max(cell.x, column.x)
