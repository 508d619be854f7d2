"""The printed lines of PDF pages to the blocks of a draft: paragraphs, headings, list items, tables, footnotes."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from corpus.documents.pdf.lines import PageLines, PdfLine
from corpus.documents.pdf.margins import (
    PageText,
    begins_note,
    split_footnotes,
    with_drop_caps,
    without_line_numbers,
    without_running_lines,
)
from corpus.documents.pdf.tables import PdfTable, find_tables
from corpus.documents.titles import with_publisher
from corpus.documents.writer import DocumentWriter

_HYPHENS = "-\u2010\xad"
_SENTENCE_ENDS, _CLOSING = frozenset(".!?:;…。！？"), "\"'”’»)]"
_BULLET = re.compile(r"^[•▪◦‣●○∙·■□*]\s+(?=\S)")
_MARK = re.compile(r"^[•▪◦‣●○∙·■□*–—-]\s+(?=\S)")
_NUMBERED = re.compile(r"^(?:[–—-]|\d{1,2}[.)]|\(?[a-z]\)|\d{1,2}(?= +[A-Z]))\s+\S")
# Each starts at a word and has a bounded length, so that one endless word takes no endless time.
_BROKEN_WORD = re.compile(r"(?<!\w)([^\W\d_]{1,60})[-\u2010]$")
_BREAKING = ("-", "\u2010")
_COMPOUND = re.compile(r"(?<!\w)[^\W\d_]{1,60}-[^\W\d_]{1,60}")
_LEADER = " … "  # from an entry to its page number or price
_PARAGRAPH_GAP = 1.3  # usual line distances; typesetters leave half a line or more between paragraphs
_MAX_LEADING, _DOUBLE_SPACED, _FEW_GAPS = 1.5, 2.6, 4  # times the size, the latter where there are more gaps
_HEADING_SIZE = 1.12  # times the size of the text
_CODE_GAP = 3  # times the size
_FIXED_WIDTH = 0.6  # times the size: the width of letters that are equally wide
_MAX_HEADING = 250  # characters
_MAX_BOLD_HEADING = 120
_RAGGED = 0.06  # of the width: lines that are wrapped end this near to the edge
_BROKEN_WIDTH = 0.75  # of the width: where none is wrapped, shorter lines were broken by the author
_MIN_COLUMN = 12  # times the size of the text: the width of the narrowest column of wrapped text
_FULL = 0.88  # lines that reach this part of the widest one's width are wrapped, not broken by the author


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line of text with its page, from 1, and the right edge of its column in points.

    `is_wrapped` where other lines end there, too; else the edge is the least that the page's margins leave.
    """

    line: PdfLine
    page: int
    edge: float
    is_wrapped: bool


_Group = list[_Placed]


@dataclass(frozen=True, slots=True)
class _Style:
    """What is usual in a document: the size and kind of its letters, the line distance of each size, its compounds."""

    size: float
    bold: bool
    fixed: bool
    leading: Mapping[float, float]
    compounds: frozenset[str]


def write_pages(
    pages: Sequence[PageLines], outline: Mapping[str, int], writer: DocumentWriter, title: str | None = None
) -> str | None:
    """Write the lines of pages as blocks; return their title, with the organisation that running lines name.

    `outline` has the levels of the document's bookmarks by their titles, as `outline_key` writes them. Where no title
    is given, it is the largest heading of the first page with text, if that has one.
    """
    bodies, addresses, running = without_running_lines([without_line_numbers(page.lines) for page in pages])
    cleaned = [with_drop_caps(page) for page in bodies]
    style = _style(cleaned)
    texts = [split_footnotes(page, style.size) for page in cleaned]
    written = _Writer(writer, style, _heading_levels(texts, style), outline)
    written.write(list(_parts(texts, [page.width for page in pages], style)), texts)
    for writer.page, line in addresses:
        writer.paragraph(line)
    title = written.title if title is None else title
    return None if title is None else with_publisher(title, running)


def outline_key(title: str) -> str:
    """Return the letters and digits of a heading, for comparison with bookmarks."""
    return "".join(character for character in title.lower() if character.isalnum())


def _style(pages: Sequence[Sequence[PdfLine]]) -> _Style:
    lines = [line for page in pages for line in page]
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
    gaps: defaultdict[float, list[float]] = defaultdict(list)
    for page in pages:
        for a, b in pairwise(page):
            if a.y > b.y and _same_size(a, b):
                gaps[_rounded(b.size)].append(a.y - b.y)
    return _Style(
        size=sizes.most_common(1)[0][0] if sizes else 0.0,
        bold=2 * sum(len(line.text) for line in lines if line.bold) > sum(len(line.text) for line in lines),
        fixed=2 * sum(len(line.text) for line in lines if line.fixed) > sum(len(line.text) for line in lines),
        leading={size: _leading(each, size) for size, each in gaps.items()},
        compounds=frozenset(
            match.group().lower() for line in lines if "-" in line.text for match in _COMPOUND.finditer(line.text)
        ),
    )


def _leading(gaps: Sequence[float], size: float) -> float:
    """Return the usual distance of lines; few gaps may all be those of paragraphs."""
    return min(median(gaps), (_MAX_LEADING if len(gaps) < _FEW_GAPS else _DOUBLE_SPACED) * size)


def _rounded(size: float) -> float:
    return round(2 * size) / 2


def _heading_levels(pages: Sequence[PageText], style: _Style) -> dict[float, int]:
    """Return the level of each size of headings, the largest first."""
    sizes = {_rounded(line.size) for page in pages for line in page.lines if line.size >= _HEADING_SIZE * style.size}
    return {size: level for level, size in enumerate(sorted(sizes, reverse=True), 1)}


def _parts(
    pages: Sequence[PageText], widths: Sequence[float], style: _Style
) -> Iterator[tuple[int, PdfTable] | _Group]:
    """Yield the tables, with their pages, and the groups of lines that no gap or change of style separates."""
    group: _Group = []
    for number, page in enumerate(pages, 1):
        entries = list(find_tables(page.lines))
        edges = _right_edges([entry for entry in entries if isinstance(entry, PdfLine)], widths[number - 1])
        for entry in entries:
            if isinstance(entry, PdfTable):
                if group:
                    yield group
                group = []
                yield number, entry
                continue
            placed = _Placed(entry, number, *edges[id(entry)])
            if group and _ends_group(group, placed, style):
                yield group
                group = []
            group.append(placed)
    if group:
        yield group


def _right_edges(lines: Sequence[PdfLine], width: float) -> dict[int, tuple[float, bool]]:
    """Return the right edge of each line's column, by the line's id, and whether lines are wrapped there.

    That is where lines of its left edge and size end, if several do; else three quarters of a page with equal margins.
    """
    columns: defaultdict[tuple[int, float], list[PdfLine]] = defaultdict(list)
    margin = min((line.x for line in lines), default=0.0)
    for line in lines:
        columns[round(line.x / (3 * line.size)) if line.size else 0, _rounded(line.size)].append(line)
    edges: dict[int, tuple[float, bool]] = {}
    for (column, size), each in columns.items():
        near = [*each, *columns.get((column + 1, size), ()), *columns.get((column - 1, size), ())]
        rights = sorted(line.right for line in near)
        edge, left = rights[int((len(rights) - 1) * 0.95)], min(line.x for line in near)
        full = sum(right > edge - _RAGGED * (edge - left) for right in rights)
        is_wrapped = full >= max(3, len(rights) / 3) and edge - left > _MIN_COLUMN * size
        if not is_wrapped:
            edge = max(edge, left + _BROKEN_WIDTH * (width - margin - left))
        edges |= {id(line): (edge, is_wrapped) for line in each}
    return edges


def _same_size(a: PdfLine, b: PdfLine) -> bool:
    return abs(a.size - b.size) <= 0.1 * max(a.size, b.size)


def _is_item(text: str) -> bool:
    return bool(_BULLET.match(text) or _NUMBERED.match(text))


def _is_ended(line: PdfLine) -> bool:
    return line.text.rstrip(_CLOSING)[-1:] in _SENTENCE_ENDS


def _broken_word(text: str) -> re.Match[str] | None:
    """Return the word at the end of a line that a hyphen breaks."""
    return _BROKEN_WORD.search(text) if text.endswith(_BREAKING) else None


def _ends_group(group: _Group, following: _Placed, style: _Style) -> bool:
    """Tell whether a paragraph, list or heading ends before a line."""
    a, b = group[-1].line, following.line
    if _broken_word(a.text) and b.text[:1].islower() and _same_size(a, b):
        return False
    if not _same_size(a, b) or (a.fixed != b.fixed and not style.fixed):
        return True
    if a.fixed and not style.fixed:  # code, which may have an empty line
        return not 0 < a.y - b.y < _CODE_GAP * a.size
    if b.text[:1].islower():
        is_next_column = following.page != group[-1].page or b.y > a.y + a.size / 2
        return not is_next_column and _is_apart(a, b, style)
    is_ended, leaves_room = _is_ended(a), _leaves_room(group[-1], b)
    if following.page != group[-1].page or b.y > a.y + a.size / 2:  # the next page or column
        return is_ended or leaves_room or _is_item(b.text)
    indented = b.x > a.x + 0.8 * b.size and a.y - b.y > b.size / 2
    in_list = _is_item(b.text) or _is_item(a.text)
    return (
        _is_apart(a, b, style)
        or (a.bold != b.bold and (is_ended or leaves_room))
        or (is_ended and not in_list and (indented or _is_broken(group[-1], b)))
    )


def _is_apart(a: PdfLine, b: PdfLine, style: _Style) -> bool:
    """Tell whether the gap between two lines is that between paragraphs."""
    return a.y - b.y > _PARAGRAPH_GAP * style.leading.get(_rounded(b.size), _MAX_LEADING * b.size)


def _leaves_room(a: _Placed, following: PdfLine) -> bool:
    """Tell whether the next word would have fitted at the end of a line."""
    word, line = following.text.split(" ", 1)[0], a.line
    letter = (line.right - line.x) / max(len(line.text), 1)
    return line.right + (len(word) + 1) * letter < a.edge - 0.5 * line.size


def _is_broken(a: _Placed, following: PdfLine) -> bool:
    """Tell whether the author broke the line before another one."""
    is_entry = _LEADER in a.line.text and a.line.text[-1].isdigit()
    return is_entry or (_leaves_room(a, following) and not following.text[:1].islower())


class _Writer:
    """Writes tables and groups of lines; footnotes come behind the paragraph that goes on below them."""

    def __init__(
        self, writer: DocumentWriter, style: _Style, levels: Mapping[float, int], outline: Mapping[str, int]
    ) -> None:
        self.title: str | None = None
        self._title_size, self._title_page = 0.0, 0
        self._writer, self._style, self._levels, self._outline = writer, style, levels, outline

    def write(self, parts: Sequence[tuple[int, PdfTable] | _Group], pages: Sequence[PageText]) -> None:
        """Write the parts of a document with the footnotes of its pages."""
        noted = 0  # the pages whose footnotes are written
        for index, part in enumerate(parts):
            if isinstance(part, tuple):
                self._writer.page = part[0]
                self._table(part[1])
            else:
                self._group(part)
            following = _page_of(parts[index + 1]) if index + 1 < len(parts) else len(pages) + 1
            for number in range(noted + 1, following):
                self._footnotes(pages[number - 1], number)
                noted = number

    def _table(self, table: PdfTable) -> None:
        if all(len(row) == 2 for row in table.rows) and 2 * sum(row[0].endswith(":") for row in table.rows) > len(
            table.rows
        ):
            for row in table.rows:  # labels and values
                self._writer.item(" ".join(row))
            return
        self._writer.end_list()
        for number, row in enumerate(table.rows):
            self._writer.row(row, is_header=table.has_header and number == 0)
        self._writer.end_list()

    def _footnotes(self, page: PageText, number: int) -> None:
        note: list[tuple[str, int]] = []
        for line in page.footnotes:
            if note and begins_note(line):
                self._write(note, is_item=False)
                note = []
            note.append((line.text, number))
        if note:
            self._write(note, is_item=False)

    def _group(self, group: _Group) -> None:
        lines = [(placed.line.text, placed.page) for placed in group]
        text = self._joined(lines)
        level = self._heading_level(group, text.replace("\f", ""))
        if level is not None:
            self._writer.page = group[0].page
            self._writer.heading(text, level)
            self._note_title(group, text)
            return
        if not self._style.fixed and all(placed.line.fixed for placed in group):
            self._code(group)
            return
        is_list = not any(_is_item(text) for text, _ in lines) and _is_list(group)
        start, in_item, margin = 0, _is_item(lines[0][0]), group[0].line.x
        for index in range(1, len(group)):
            previous, line = group[index - 1], group[index].line
            begins_item = _BULLET.match(line.text) is not None or (
                _NUMBERED.match(line.text) is not None
                and (in_item or _is_ended(previous.line) or _leaves_room(previous, line))
            )
            hangs = line.x > margin + 0.5 * line.size
            if in_item:
                ends = not hangs and _is_broken(previous, line)
            elif is_list and not previous.is_wrapped:
                ends = not line.text[:1].islower()
            else:
                ends = _is_broken(previous, line)
            if begins_item or ends:
                self._write(lines[start:index], is_item=in_item or is_list)
                start, in_item = index, begins_item
                margin = line.x if begins_item else margin
        self._write(lines[start:], is_item=in_item or is_list)

    def _code(self, group: _Group) -> None:
        left = min(placed.line.x for placed in group)
        indents = (round((placed.line.x - left) / (_FIXED_WIDTH * placed.line.size)) for placed in group)
        lines = [f"{' ' * indent}{placed.line.text}" for indent, placed in zip(indents, group, strict=True)]
        self._writer.page = group[0].page
        self._writer.code("\n".join(lines))

    def _write(self, lines: Sequence[tuple[str, int]], is_item: bool) -> None:
        """Write the texts of lines, with their pages, as one block."""
        self._writer.page = lines[0][1]
        (first, page), *others = lines
        text = self._joined([(_MARK.sub("", first), page), *others])
        if is_item:
            self._writer.item(text)
        else:
            self._writer.paragraph(text)

    def _heading_level(self, group: _Group, text: str) -> int | None:
        first = group[0].line
        if _LEADER in text or not any(character.isalpha() for character in text) or len(text) > _MAX_HEADING:
            return None
        level = self._outline.get(outline_key(text)) if self._outline else None
        if level is not None:
            return level
        if _rounded(first.size) in self._levels:
            return self._levels[_rounded(first.size)]
        is_bold = not self._style.bold and all(placed.line.bold for placed in group)
        if is_bold and len(group) < 3 and len(text) <= _MAX_BOLD_HEADING and not text.endswith((".", ",", ";")):
            return len(self._levels) + 1
        return None

    def _note_title(self, group: _Group, text: str) -> None:
        size, page = group[0].line.size, group[0].page
        is_first = self.title is None or (page == self._title_page and size > self._title_size + 0.5)
        if is_first and size >= _HEADING_SIZE * self._style.size:
            self.title, self._title_size, self._title_page = text, size, page

    def _joined(self, lines: Sequence[tuple[str, int]]) -> str:
        """Return the texts of lines, with their pages, as one, a form feed before each page but the first.

        Words that are hyphenated between lines are joined.
        """
        parts = [lines[0][0]]
        for (_, before), (text, page) in pairwise(lines):
            _append(parts, text, self._style.compounds, is_next_page=page != before)
        return "".join(parts)


def _page_of(part: tuple[int, PdfTable] | _Group) -> int:
    return part[0] if isinstance(part, tuple) else part[0].page


def _is_list(group: _Group) -> bool:
    """Tell whether the lines of a group are units of their own, as in a list of names: most leave room for more."""
    if len(group) < 2 or _is_wrapped(group):
        return False
    pairs = list(pairwise(group))
    broken = sum(_is_broken(a, b.line) for a, b in pairs)
    return 2 * broken >= len(pairs)


def _is_wrapped(group: _Group) -> bool:
    """Tell whether most lines but the last reach nearly as far to the right, as those of wrapped text do."""
    left = min(placed.line.x for placed in group)
    width = max(placed.line.right for placed in group) - left
    full = sum(placed.line.right - left > _FULL * width for placed in group[:-1])
    return len(group) > 2 and 3 * full >= 2 * (len(group) - 1)


def _append(parts: list[str], text: str, compounds: frozenset[str], is_next_page: bool) -> None:
    """Append a line to the one that it continues, joining a word that is hyphenated between them.

    The hyphen stays where the document has the word with its hyphen elsewhere, among its `compounds`.
    """
    last = parts[-1]
    broken = _broken_word(last)
    is_compound = False
    if broken is not None:
        rest = re.split(r"[\W\d_]", text, maxsplit=1)[0]
        is_compound = f"{broken.group(1)}-{rest}".lower() in compounds
    if last.endswith("\xad") or (broken is not None and text[:1].islower() and not is_compound):
        parts[-1] = last[:-1]
    elif not (last[-1:] in _HYPHENS and last[-2:-1].isalnum() and text[:1].isalnum()):
        parts.append(" ")
    parts.append(f"\f{text}" if is_next_page else text)
