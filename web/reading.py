"""An article for reading: its headings, lists, tables, quotes and code, in parts, with the quotation marked."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from corpus.article import Article, Block, BlockKind
from corpus.documents.titles import repeats_title
from corpus.documents.writer import CELL_SEPARATOR

MAX_PART = 50_000  # characters
_MAX_NESTED = 20  # lists within each other, which a template writes by calling itself
_HARD_WRAPPED = range(50, 91)  # length of the lines of mail and old text files, which belong to one paragraph
_BLANK_LINES = re.compile(r"\n\s*\n")
_LABEL = re.compile(r"(?:\(?(?:\d{1,3}|[A-Za-z]|[ivxlc]{1,6})[.)]|[☐☑])(?=\s)")
# Dates, times, telephone numbers and quantities with a short unit: a narrow column of a table must not break them.
_FIGURE = re.compile(r"[+(]?\d(?:[\d\s.,:/()–-]{0,20}\d)?(?:\s?(?:[%°]|[^\W\d_]{1,2}\b))?")
_LONG_CELL = 40  # characters
_ROWS = (BlockKind.HEADER, BlockKind.ROW)
Span = tuple[int, int]
NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of an article's text: `marked`, or outside of the marked spans but `in_sentence`, the sentence around one.

    `first` is the first piece of the quotation, which the browser scrolls to. `unbroken` stays on one line.
    """

    text: str
    marked: bool = False
    in_sentence: bool = False
    first: bool = False
    unbroken: bool = False


Pieces = list[Piece]


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list, and the items of the lists in it; its `label` is a number or checkbox, empty for a bullet."""

    pieces: Pieces
    label: Pieces
    items: list["ListItem"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; a `long` one needs room."""

    pieces: Pieces
    long: bool


@dataclass(frozen=True, slots=True)
class TableLine:
    """A row of a table."""

    cells: list[Cell]
    is_header: bool


@dataclass(frozen=True, slots=True)
class Element:
    """What stands between two blank lines of the page: a block, or all blocks of one list, table or quote.

    kind: that of its first block. level: that of a heading. paragraphs: of all kinds but lists and tables. wrapped:
    whether its line breaks mean nothing.
    """

    kind: BlockKind
    level: int = 0
    paragraphs: list[Pieces] = field(default_factory=list)
    items: list[ListItem] = field(default_factory=list)
    rows: list[TableLine] = field(default_factory=list)
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """One part of an article; `part` is counted from 1, `quoted_part` the one where the quotation begins, if any does.

    `quoted` is the number of the element in which the quotation begins, from 0; None where none of this part does.
    """

    title: Pieces
    elements: list[Element]
    part: int
    parts: int
    quoted_part: int | None
    quoted: int | None


def reading_page(
    article: Article,
    blocks: Sequence[Block],
    marked: Sequence[Span] = (),
    sentence: Span = NOWHERE,
    part: int | None = None,
) -> ReadingPage:
    """Return a part of an article: that number, or the one with the first marked span, or the first one.

    The first marked span is the quotation; a sentence that does not contain it is ignored. Of the title and a first
    line that repeats it, or a first heading that says nearly the same, the longer one is shown.
    """
    starts = part_starts(article.text, blocks)
    quoted = bisect_right(starts, marked[0][0]) if marked else None
    number = part if part is not None and 1 <= part <= len(starts) else 1 if quoted is None else quoted
    first, last = [*starts, len(article.text)][number - 1 : number + 1]
    contains = bool(marked) and sentence[0] <= marked[0][0] and marked[0][1] <= sentence[1]
    cutter = _Cutter(article.text, marked, sentence if contains else NOWHERE)
    title: Pieces = []
    if number == 1:
        is_block = bool(blocks) and blocks[0].start == first
        line = next(_paragraph_spans(article.text, first, min(last, first + len(article.title) * 2 + 2)), NOWHERE)
        head = (blocks[0].start, blocks[0].end) if is_block else line
        text = " ".join(article.text[slice(*head)].split())
        is_heading = is_block and blocks[0].kind is BlockKind.HEADING
        if text.casefold() == article.title.casefold() or (is_heading and repeats_title(text, article.title)):
            if len(text) >= len(article.title):
                title, first = cutter.pieces(*head), head[1]
            elif not any(overlap(span, head) for span in marked):
                first = head[1]
    elements: list[Element] = []
    quoted_element = None
    for element in _elements(article.text, blocks, first, last, cutter):
        if quoted_element is None and cutter.has_first:
            quoted_element = len(elements)
        elements.append(element)
    return ReadingPage(title or [Piece(article.title)], elements, number, len(starts), quoted, quoted_element)


def part_starts(text: str, blocks: Sequence[Block]) -> list[int]:
    """Return where the parts of a text begin, at most MAX_PART characters apart, at a block where that is possible."""
    starts = [0]
    while len(text) - starts[-1] > MAX_PART:
        starts.append(_cut(text, blocks, starts[-1] + MAX_PART // 2, starts[-1] + MAX_PART))
    return starts


def _cut(text: str, blocks: Sequence[Block], low: int, high: int) -> int:
    """Return the last place between two where a part may begin, rather not behind a heading."""
    index = bisect_right(blocks, high, key=lambda block: block.start) - 1
    while index > 0 and blocks[index - 1].kind is BlockKind.HEADING and blocks[index - 1].start > low:
        index -= 1
    if index >= 0 and blocks[index].start > low:
        return blocks[index].start
    for separator in ("\n\n", "\n", " "):
        found = text.rfind(separator, low, high)
        if found != -1:
            return found + len(separator)
    return high


class _Cutter:
    """Cuts spans of a text into pieces, at the ends of the marked spans and of the sentence around the first."""

    def __init__(self, text: str, marked: Sequence[Span], sentence: Span) -> None:
        self._text, self._marked, self._sentence = text, marked, sentence
        self.has_first = False

    def pieces(self, first: int, last: int, unbroken: Sequence[Span] = ()) -> Pieces:
        """Return the pieces of a span, in which some spans, in order, are to stay on one line."""
        marks = [span for span in self._marked if overlap(span, (first, last))]
        limits = {min(max(limit, first), last) for span in (*marks, self._sentence, *unbroken) for limit in span}
        pieces = []
        for piece in pairwise(sorted({first, last, *limits})):
            is_marked = any(overlap(span, piece) for span in marks)
            is_first = is_marked and not self.has_first and overlap(self._marked[0], piece)
            self.has_first = self.has_first or is_first
            around = not is_marked and overlap(self._sentence, piece)
            at = bisect_right(unbroken, piece[0], key=lambda span: span[1])
            is_unbroken = at < len(unbroken) and overlap(unbroken[at], piece)
            pieces.append(Piece(self._text[slice(*piece)], is_marked, around, is_first, is_unbroken))
        return pieces


def overlap(one: Span, other: Span) -> bool:
    """Return whether two spans have a character in common."""
    return max(one[0], other[0]) < min(one[1], other[1])


def _elements(text: str, blocks: Sequence[Block], first: int, last: int, cutter: _Cutter) -> Iterator[Element]:
    """Yield the elements of a span of a text; what stands in no block is paragraphs."""
    begin, end = (bisect_left(blocks, place, key=lambda block: block.end) for place in (first + 1, last))
    inside = [block for block in blocks[begin : end + 1] if block.start < last]
    position, index = first, 0
    while index < len(inside):
        following = index + 1
        while following < len(inside) and _belong_together(text, inside[following - 1], inside[following]):
            following += 1
        group = inside[index:following]
        yield from _paragraphs(text, position, group[0].start, cutter)
        yield _element(text, group, first, last, cutter)
        position, index = group[-1].end, following
    yield from _paragraphs(text, position, last, cutter)


def _belong_together(text: str, one: Block, next_one: Block) -> bool:
    """Return whether two blocks are of one list, table or quote."""
    if one.kind is BlockKind.QUOTE:
        return next_one.kind is BlockKind.QUOTE
    is_same = one.kind is next_one.kind is BlockKind.ITEM or (one.kind in _ROWS and next_one.kind is BlockKind.ROW)
    return is_same and text[one.end : next_one.start] == "\n"


def _element(text: str, group: Sequence[Block], first: int, last: int, cutter: _Cutter) -> Element:
    kind = group[0].kind
    spans = [(max(block.start, first), min(block.end, last)) for block in group]
    if kind in _ROWS:
        cells = [_cells(text, *span, cutter) for span in spans]
        rows = [TableLine(one, block.kind is BlockKind.HEADER) for one, block in zip(cells, group, strict=True)]
        return Element(kind, rows=rows)
    if kind is BlockKind.ITEM:
        items = [_item(text, block, *span, cutter) for block, span in zip(group, spans, strict=True)]
        return Element(kind, items=_nested(items, [block.level for block in group]))
    lines = [text[slice(*span)].split("\n") for span in spans]
    wrapped = kind is not BlockKind.CODE and all(_is_hard_wrapped(some) and _goes_on(some) for some in lines)
    return Element(kind, group[0].level, [cutter.pieces(*span) for span in spans], wrapped=wrapped)


def _item(text: str, block: Block, first: int, last: int, cutter: _Cutter) -> ListItem:
    if first > block.start:  # it goes on from the part before
        return ListItem(cutter.pieces(first, last), [Piece("")])
    if block.label:
        return ListItem(cutter.pieces(first, last), [Piece(block.label)])
    found = _LABEL.match(text, first, last)
    end = first if found is None else found.end()
    label = cutter.pieces(first, end) if first < end else []
    return ListItem(cutter.pieces(end, last), label)


def _cells(text: str, first: int, last: int, cutter: _Cutter) -> list[Cell]:
    cells = []
    for cell in text[first:last].split(CELL_SEPARATOR):
        end = first + len(cell)
        figures = [found.span() for found in _FIGURE.finditer(text, first, end) if not found.group().isdecimal()]
        cells.append(Cell(cutter.pieces(first, end, figures), len(cell) > _LONG_CELL))
        first = end + len(CELL_SEPARATOR)
    return cells


def _nested(items: Sequence[ListItem], levels: Sequence[int]) -> list[ListItem]:
    """Put items into those of a lower level before them, at most _MAX_NESTED deep; return the outermost ones."""
    outermost: list[ListItem] = []
    open_items: list[tuple[int, ListItem]] = []
    for item, level in zip(items, levels, strict=True):
        while open_items and (open_items[-1][0] >= level or len(open_items) == _MAX_NESTED):
            open_items.pop()
        (open_items[-1][1].items if open_items else outermost).append(item)
        open_items.append((level, item))
    return outermost


def _paragraphs(text: str, first: int, last: int, cutter: _Cutter) -> Iterator[Element]:
    for span in _paragraph_spans(text, first, last):
        yield Element(BlockKind.PARAGRAPH, paragraphs=[cutter.pieces(*span)], wrapped="\n" in text[slice(*span)])


def _paragraph_spans(text: str, first: int, last: int) -> Iterator[Span]:
    """Yield the spans of what stands between blank lines, or of its lines where it is not hard-wrapped."""
    begin = first
    while begin < last:
        gap = _BLANK_LINES.search(text, begin, last)
        end, following = (last, last) if gap is None else gap.span()
        lines = text[begin:end].split("\n")
        if _is_hard_wrapped(lines):
            lines = [text[begin:end]]
        for line in lines:
            if line.strip():
                yield begin, begin + len(line)
            begin += len(line) + 1
        begin = following


def _goes_on(lines: Sequence[str]) -> bool:
    """Return whether a line begins within a sentence; a block keeps the line breaks of an address or a poem."""
    return any(line[:1].islower() for line in lines[1:])


def _is_hard_wrapped(lines: Sequence[str]) -> bool:
    *wrapped, final = lines
    return bool(wrapped) and all(len(line) in _HARD_WRAPPED for line in wrapped) and len(final) <= _HARD_WRAPPED[-1]
