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
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxlc]{1,6})[.)]\s")
_ROWS = (BlockKind.HEADER, BlockKind.ROW)
Span = tuple[int, int]
NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of an article's text: `marked`, or outside of the marked span but `in_sentence`, the sentence around it.

    `first` is the first marked piece of the page, which the browser scrolls to.
    """

    text: str
    marked: bool = False
    in_sentence: bool = False
    first: bool = False


Pieces = list[Piece]


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list, and the items of the lists in it; `numbered` where its text begins with its number."""

    pieces: Pieces
    numbered: bool
    items: list["ListItem"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TableLine:
    """A row of a table."""

    cells: list[Pieces]
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
    """One part of an article; `part` is counted from 1, `quoted_part` the one with the quotation, if there is one.

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
    marked: Span = NOWHERE,
    sentence: Span = NOWHERE,
    part: int | None = None,
) -> ReadingPage:
    """Return a part of an article: that number, or the one with the marked span, or the first one.

    A sentence that does not contain the marked span is ignored. Of the title and a first line that repeats it, or a
    first heading that says nearly the same, the longer one is shown.
    """
    starts = part_starts(article.text, blocks)
    quoted = None if marked == NOWHERE else bisect_right(starts, marked[0])
    number = part if part is not None and 1 <= part <= len(starts) else 1 if quoted is None else quoted
    first, last = [*starts, len(article.text)][number - 1 : number + 1]
    contains = sentence[0] <= marked[0] and marked[1] <= sentence[1] and marked != NOWHERE
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
            elif marked[0] >= head[1] or marked[1] <= head[0]:
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
    """Cuts spans of a text into pieces, at the ends of the marked span and of the sentence around it."""

    def __init__(self, text: str, marked: Span, sentence: Span) -> None:
        self._text, self._marked, self._sentence = text, marked, sentence
        self.has_first = False

    def pieces(self, first: int, last: int) -> Pieces:
        """Return the pieces of a span."""
        limits = (*self._marked, *self._sentence)
        pieces = []
        for begin, end in pairwise(sorted({first, last, *(min(max(limit, first), last) for limit in limits)})):
            marked, around = (low <= begin and end <= high for low, high in (self._marked, self._sentence))
            is_first = marked and not self.has_first
            self.has_first = self.has_first or is_first
            pieces.append(Piece(self._text[begin:end], marked, around and not marked, is_first))
        return pieces


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
        numbered = [_NUMBERED.match(text, *span) is not None for span in spans]
        items = [ListItem(cutter.pieces(*span), is_one) for span, is_one in zip(spans, numbered, strict=True)]
        return Element(kind, items=_nested(items, [block.level for block in group]))
    return Element(kind, group[0].level, [cutter.pieces(*span) for span in spans])


def _cells(text: str, first: int, last: int, cutter: _Cutter) -> list[Pieces]:
    cells = []
    for cell in text[first:last].split(CELL_SEPARATOR):
        cells.append(cutter.pieces(first, first + len(cell)))
        first += len(cell) + len(CELL_SEPARATOR)
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
        *wrapped, final = lines = text[begin:end].split("\n")
        if wrapped and all(len(line) in _HARD_WRAPPED for line in wrapped) and len(final) <= _HARD_WRAPPED[-1]:
            lines = [text[begin:end]]
        for line in lines:
            if line.strip():
                yield begin, begin + len(line)
            begin += len(line) + 1
        begin = following
