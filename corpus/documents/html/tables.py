"""Tells tables of data from those that lay out a page, and reads the rows of the former."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.html.visibility import UNREAD_TAGS

_SECTIONS = ("thead", "tbody", "tfoot")
_BLOCKS_IN_LAYOUT = frozenset({"form", "h1", "h2", "h3", "hr", "ol", "p", "pre", "ul"})
_MAX_CELL = 300  # characters of a cell; longer ones are those of a layout, unless the table has heads
_MAX_SPAN, _MAX_COLUMNS = 100, 200
_MAX_REPEATED = 100_000  # characters of cells that span several rows and columns, written in each


@dataclass(frozen=True, slots=True)
class CellContent:
    """The text of a cell, and how many of its characters are links."""

    text: str
    linked: int


@dataclass(frozen=True, slots=True)
class DataRow:
    """The cells of a row, one for each column; a cell that spans several is in each of them."""

    cells: tuple[str, ...]
    linked: int
    is_header: bool


@dataclass(slots=True)
class _Shape:
    """What tells whether a table holds data."""

    element: Any
    has_heads: bool = False
    has_tables: bool = False
    has_stray: bool = False
    rows: int = 0
    columns: int = 0
    cells_of_row: int = 0
    blocks_of_cell: int = 0
    most_blocks: int = 0
    breaks: int = 0
    length_of_cell: int = 0
    longest: int = 0

    def is_layout(self) -> bool:
        if self.element.get("role") in {"presentation", "none"} or self.has_stray or self.columns < 2:
            return True
        if self.has_heads:
            return False
        return (
            self.has_tables
            or self.longest > _MAX_CELL
            or self.most_blocks > 1
            or self.breaks > 0
            or (self.rows == 1 and self.most_blocks > 0 and self.longest > 100)
        )


def find_layout_tables(tree: Any) -> set[Any]:
    """Return the tables that lay out a page: their cells are read one after another, as parts of the page."""
    layout: set[Any] = set()
    for outermost in tree.iter("table"):
        if next(outermost.iterancestors("table"), None) is not None:
            continue
        shapes: list[_Shape] = []
        walker = etree.iterwalk(outermost, events=("start", "end"))
        for event, element in walker:
            if not isinstance(element.tag, str):
                continue
            if event == "start" and element.tag in UNREAD_TAGS:
                walker.skip_subtree()
            elif event == "start":
                _enter(shapes, element)
            elif element.tag == "table":
                shape = shapes.pop()
                if shape.is_layout():
                    layout.add(shape.element)
    return layout


def _enter(shapes: list[_Shape], element: Any) -> None:
    """Note what an element says of the table that it stands in."""
    tag = element.tag
    if tag == "table":
        if shapes:
            shapes[-1].has_tables = True
        shapes.append(_Shape(element))
        shapes[-1].has_stray = _has_stray_content(element)
        return
    if not shapes:
        return
    shape = shapes[-1]
    if tag == "tr":
        shape.rows += 1
        shape.cells_of_row = 0
    elif tag in {"td", "th"}:
        shape.has_heads |= tag == "th"
        shape.cells_of_row += 1
        shape.columns = max(shape.columns, shape.cells_of_row)
        shape.blocks_of_cell = shape.length_of_cell = 0
    elif tag in {"thead", "caption"}:
        shape.has_heads = True
    elif tag in _BLOCKS_IN_LAYOUT:
        shape.blocks_of_cell += 1
        shape.most_blocks = max(shape.most_blocks, shape.blocks_of_cell)
    elif tag == "br":
        before = element.getprevious()
        shape.breaks += before is not None and before.tag == "br" and not _text(before, -1)
    shape.length_of_cell += len(_text(element, 0)) + len(_text(element, -1))
    shape.longest = max(shape.longest, shape.length_of_cell)


def _text(element: Any, place: int) -> str:
    text = element.text if place == 0 else element.tail
    return "" if text is None else text.strip()


def _has_stray_content(table: Any) -> bool:
    """Tell whether a table has text or elements outside of its rows and cells, which reading rows would lose."""
    for part in table:
        if part.tag in _SECTIONS:
            rows = list(part)
            stray = _text(part, 0) or _text(part, -1)
        else:
            rows, stray = [part], _text(table, 0)
        for row in rows:
            if row.tag == "tr":
                if _text(row, 0) or _text(row, -1) or any(_is_stray(cell) for cell in row):
                    return True
            elif row.tag not in {"caption", "colgroup", "col", "script", "template", "style"} or _text(row, -1):
                return True
        if stray:
            return True
    return False


def _is_stray(cell: Any) -> bool:
    return bool(cell.tag not in {"td", "th", "script", "template", "style"} or _text(cell, -1))


def data_rows(table: Any, read: Callable[[Any], CellContent]) -> Iterator[DataRow]:
    """Yield the rows of a table of data; several rows of heads at its top become one."""
    heads: list[DataRow] = []
    for row, is_head in _rows(table, read):
        if is_head:
            heads.append(row)
            continue
        if heads:
            yield _joined(heads)
            heads = []
        yield row
    if heads:
        yield _joined(heads)


@dataclass(slots=True)
class _Spanning:
    """Cells that reach down into the rows below: by column, the cell and in how many more rows it stands."""

    cells: dict[int, tuple[str, int]] = field(default_factory=dict)
    repeated: int = 0  # characters

    def repeat(self, text: str) -> str:
        """Return a text for one more cell, or nothing once too much was repeated."""
        self.repeated += len(text)
        return text if self.repeated <= _MAX_REPEATED else ""

    def take(self, column: int) -> str | None:
        if column not in self.cells:
            return None
        text, rows = self.cells.pop(column)
        if rows > 1:
            self.cells[column] = (text, rows - 1)
        return self.repeat(text)


def _rows(table: Any, read: Callable[[Any], CellContent]) -> Iterator[tuple[DataRow, bool]]:
    """Yield rows, and whether each is one of the heads at the top."""
    at_top = True
    spanning = _Spanning()
    for section in table:
        rows = list(section) if section.tag in _SECTIONS else [section]
        for row in rows:
            if row.tag != "tr":
                continue
            cells: list[str] = []
            linked, own, is_wide = 0, 0, False
            for cell in row:
                if cell.tag not in {"td", "th"}:
                    continue
                while (above := spanning.take(len(cells))) is not None:
                    cells.append(above)
                content = read(cell)
                linked += content.linked
                own += 1
                columns, down = _span(cell, "colspan"), _span(cell, "rowspan")
                is_wide = columns > 1
                for number in range(max(min(columns, _MAX_COLUMNS - len(cells)), 1)):
                    text = spanning.repeat(content.text) if number else content.text
                    if down > 1:
                        spanning.cells[len(cells)] = (text, down - 1)
                    cells.append(text)
            while (above := spanning.take(len(cells))) is not None and len(cells) < _MAX_COLUMNS:
                cells.append(above)
            if own == 1 and is_wide:  # a line across the table
                cells = cells[:1]
            heads = sum(cell.tag == "th" for cell in row)
            at_top = at_top and own > 0 and (section.tag == "thead" or (heads == own and own > 1))
            yield DataRow(tuple(cells), linked, at_top), at_top


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdecimal() and len(value) < 6 else 1


def _joined(heads: list[DataRow]) -> DataRow:
    width = max(len(head.cells) for head in heads)
    columns = [
        " ".join(dict.fromkeys(head.cells[column] for head in heads if column < len(head.cells) and head.cells[column]))
        for column in range(width)
    ]
    return DataRow(tuple(columns), sum(head.linked for head in heads), is_header=True)
