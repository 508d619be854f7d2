"""The words of a PDF page to its printed lines."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from corpus.documents.pdf.pdfium import FormValue, PdfPage, PdfWord

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xa0": " ", "\0": None}
)
_BULLET = "•"
# What leads from an entry to its page number or price, or is to be filled in.
_LEADERS, _FEWEST_LEADERS = "._…·", 5
_LEADER = re.compile(rf"[\s{_LEADERS}]*")
_INNER_LEADER = re.compile(rf"(?:\s?[{_LEADERS}]){{{_FEWEST_LEADERS},}}\s*")
_LAST_LEADER = re.compile(rf"(?:\s?[{_LEADERS}]){{{_FEWEST_LEADERS},}}$")
_SUPERSCRIPT = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_MARKER = re.compile(r"(?:[•▪◦‣●○∙·■□–—*-]|\(?(?:\d{1,3}|[A-Za-z])[.)]?)$")  # of a list item
_PRIVATE = re.compile("[\ue000-\uf8ff]")  # codes that a font uses as it likes
# Parts of an em, except for the stripes.
_SAME_PLACE = 0.12  # a letter drawn again this near makes it bold
_STRIPE = 8.0  # points: the height of the stripes of a page by which words are found
_BASELINE = 0.2  # letters of one line may stand this much higher or lower
_RAISED = (-0.35, 0.6)  # where a smaller letter of the same line may stand
_SMALL = 0.45  # the smallest part of a line's size that a letter of it may have
_BACKWARDS = 0.6  # a line may go back this far, as kerning does
_WORD_GAP = 0.17  # a gap without a space that is one
_CELL_GAP = 0.65  # a gap that separates cells, if it is wider than other gaps of its line or very wide
_VERY_WIDE = 0.9
_SAME_EDGE = 0.1  # cells of one column begin this near to each other
_NEAR = 3  # lines above and below a row that tell where its cells begin
_MAX_LEADING = 2.5  # of rows
_MIN_PITCHES = 3  # words of several letters that tell whether these stand at a fixed pitch
_RTL = frozenset({"R", "AL", "AN"})


@dataclass(frozen=True, slots=True)
class PdfSegment:
    """A part of a line without a wide gap, such as a cell, with its extent in points."""

    text: str
    x: float
    right: float


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A printed line: its segments, its baseline in points from the bottom of the page, the size of its font.

    `bold` where most of it is; `fixed` where all its letters are equally wide, as those of code are. `text` has a space
    between segments; `x` and `right` are its edges.
    """

    segments: tuple[PdfSegment, ...]
    y: float
    size: float
    bold: bool = False
    fixed: bool = False
    text: str = field(init=False)
    x: float = field(init=False)
    right: float = field(init=False)

    def __post_init__(self) -> None:
        segments = self.segments
        text = segments[0].text if len(segments) == 1 else " ".join(segment.text for segment in segments)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "x", segments[0].x)
        object.__setattr__(self, "right", segments[-1].right)


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines of a page in the order of its content, its width, and how many letters its fonts don't tell."""

    lines: tuple[PdfLine, ...]
    width: float
    letters: int = 0
    unknown: int = 0


def page_lines(page: PdfPage) -> PageLines:
    """Return the printed lines of a page, with the values of its form after their labels.

    Lines of the page's usual direction come first, then those of others, such as a stamp in the margin.
    """
    printed: list[list[PdfWord]] = []
    drawn: dict[str, defaultdict[int, list[PdfWord]]] = {}
    line: list[PdfWord] = []
    letters = unknown = 0
    for read in page.words:
        letters += len(read.text)
        word = read
        if read.unknown or (not read.text.isascii() and _PRIVATE.search(read.text)):
            unknown += len(read.text)
            if len(read.text) > 1 or (line and _is_on_line(read, line)):
                continue
            word = read._replace(text=_BULLET)  # most such letters begin list items
        if _was_drawn(word, drawn):
            continue
        if line and not _is_on_line(word, line):
            printed.append(line)
            line = []
        line.append(word)
    lines = _in_columns([*printed, line])
    directions: Counter[int] = Counter()
    for direction, each in lines:
        directions[direction] += len(each.text)
    usual = directions.most_common(1)[0][0] if directions else 0
    ordered = [line for direction, line in lines if direction == usual]
    for value in page.values:
        _insert_value(ordered, value)
    ordered += [line for direction, line in lines if direction != usual]
    return PageLines(tuple(ordered), page.width, letters, unknown)


def _was_drawn(word: PdfWord, drawn: dict[str, defaultdict[int, list[PdfWord]]]) -> bool:
    """Tell whether the same word was drawn at the same place, which makes it bold; note where this one is.

    `drawn` has the words with each text by the stripe of the page that they are on.
    """
    x, y = word.x, word.y
    stripes = drawn.get(word.text)
    if stripes is None:
        stripes = drawn[word.text] = defaultdict(list)
    else:
        near = _SAME_PLACE * word.size
        low, high = int((y - near) / _STRIPE), int((y + near) / _STRIPE)
        for stripe in (low, high) if low != high else (low,):
            for other in stripes.get(stripe, ()):
                if abs(other.x - x) < near and abs(other.y - y) < near:
                    return True
    stripes[int(y / _STRIPE)].append(word)
    return False


def _is_on_line(word: PdfWord, line: Sequence[PdfWord]) -> bool:
    """Tell whether a word continues a line."""
    last = line[-1]
    if word.direction != last.direction:
        return False
    if word.y == last.y and word.size == last.size == line[0].size:
        return word.x > last.right - _BACKWARDS * word.size or _is_rtl(word) or _is_rtl(last)
    big = last if last.size >= line[0].size else line[0]
    larger, smaller = max(big.size, word.size), min(big.size, word.size)
    if abs(word.y - big.y) > _BASELINE * smaller:
        raised = word.y - big.y if word.size < big.size else big.y - word.y
        low, high = _RAISED
        if not (larger * _SMALL < smaller < 0.9 * larger and low * larger < raised < high * larger):
            return False
    return word.x > last.right - _BACKWARDS * larger or _is_rtl(word) or _is_rtl(last)


def _in_columns(printed: Sequence[Sequence[PdfWord]]) -> list[tuple[int, PdfLine]]:
    """Return the lines of a page and their directions, cells parted also by a gap as narrow as a space.

    Such a gap parts cells where two lines near it, or more, have a cell that begins there.
    """
    finished = [_finished(words) for words in printed]
    is_row = [bool(found) and len(found[0][1].segments) > 1 for found in finished]
    lines: list[tuple[int, PdfLine]] = []
    for at, (words, found) in enumerate(zip(printed, finished, strict=True)):
        start = max(0, at - _NEAR)
        columns: Sequence[float] = ()
        if found and sum(is_row[start : at + 1 + _NEAR]) - is_row[at] > 1:
            around = (number for number in range(start, min(at + 1 + _NEAR, len(finished))) if number != at)
            columns = _columns(words, found[0][1], [finished[number][0][1] for number in around if is_row[number]])
        lines += _finished(words, columns) if columns else found
    return lines


def _columns(words: Sequence[PdfWord], line: PdfLine, rows: Sequence[PdfLine]) -> Sequence[float]:
    """Return where words of a line begin cells that no wide gap parts from the one before, as cells of rows near it do.

    A line of one segment is text where it has fewer such words than the rows have columns.
    """
    near = [row for row in rows if abs(row.y - line.y) < _NEAR * _MAX_LEADING * line.size]
    starts = [segment.x for row in near for segment in row.segments[1:]]
    own = {segment.x for segment in line.segments}
    columns = [
        word.x
        for word in words[1:]
        if word.x not in own and sum(abs(word.x - start) < _SAME_EDGE * line.size for start in starts) > 1
    ]
    is_row = len(line.segments) > 1 or len(columns) + 1 >= max((len(row.segments) for row in near), default=0)
    return columns if is_row else ()


def _finished(words: Sequence[PdfWord], columns: Sequence[float] = ()) -> list[tuple[int, PdfLine]]:
    """Return the direction of the line of these words and the line itself, if it has any text.

    columns: where cells begin, however narrow the gap before them.
    """
    if not words:
        return []
    # Much quicker than each attribute of each word.
    texts, starts, ends, heights, _, font_sizes, bolds, fixed_widths, _, spaces, _ = zip(*words, strict=True)
    size = round(font_sizes[0], 1)
    usual: Sequence[PdfWord] = words
    is_uniform = font_sizes.count(font_sizes[0]) == len(words)
    if not is_uniform:
        sizes: Counter[float] = Counter()
        for word in words:
            sizes[round(word.size, 1)] += len(word.text)
        size = sizes.most_common(1)[0][0]
        usual = [word for word in words if round(word.size, 1) == size]
        heights = tuple(word.y for word in usual)
    y = heights[0] if heights.count(heights[0]) == len(heights) else median(heights)
    if not is_uniform:
        texts = tuple(_raised(word, size, y) for word in words)
    pitch = _fixed_pitch(words)
    word_gap = _WORD_GAP * size
    gaps = [start - end for start, end in zip(starts[1:], ends, strict=False)]
    narrowest = min([gap for gap in gaps if gap > word_gap], default=0.0)
    cell_gap = max(_CELL_GAP * size, min(1.8 * narrowest, _VERY_WIDE * size))
    segments: list[PdfSegment] = []
    parts, start, previous = [texts[0]], words[0].x, words[0]
    if pitch is None and not columns and max(gaps, default=0.0) <= cell_gap and all(spaces[1:]):
        parts, previous, gaps = [" ".join(texts)], words[-1], []  # text, as most lines are
    for word, text, gap in zip(words[1:], texts[1:], gaps, strict=False):
        if (gap > cell_gap or (word.x in columns and gap > word_gap)) and not _is_rtl(word):
            segments.append(PdfSegment(_clean(parts), start, previous.right))
            parts, start = [], word.x
        elif word.x - previous.last > 1.5 * pitch if pitch else word.after_space or gap > word_gap:
            parts.append(" ")
        parts.append(text)
        previous = word
    segments.append(PdfSegment(_clean(parts), start, previous.right))
    segments = [segment for segment in segments if not _LEADER.fullmatch(segment.text)]
    if len(segments) == 2 and _MARKER.match(segments[0].text):
        segments = [PdfSegment(f"{segments[0].text} {segments[1].text}", segments[0].x, segments[1].right)]
    if not segments or [segment.text for segment in segments] == [_BULLET]:
        return []
    bold_letters = sum(len(word.text) for word in usual if word.bold) if any(bolds) else 0
    bold = bold_letters > 0 and 2 * bold_letters > sum(len(word.text) for word in usual)
    fixed = all(fixed_widths if is_uniform else (word.fixed for word in usual))
    return [(words[0].direction, PdfLine(tuple(segments), y, size, bold, fixed))]


def _fixed_pitch(words: Sequence[PdfWord]) -> float | None:
    """Return the distance at which all letters of a line were placed, None where it follows their widths.

    Such a line has no reliable spaces: a narrow letter leaves as much room as one.
    """
    pitches: list[float] = []
    for word in words:
        if len(word.text) > 1:
            pitches.append((word.last - word.x) / (len(word.text) - 1))
            if pitches[-1] <= 0 or not pitches[0] / 1.1 < pitches[-1] < pitches[0] * 1.1:
                return None  # two words tell it of most lines
    if len(pitches) < _MIN_PITCHES or max(pitches) > 1.01 * min(pitches):
        return None
    return median(pitches)


def _is_rtl(word: PdfWord) -> bool:
    return unicodedata.bidirectional(word.text[0]) in _RTL


def _raised(word: PdfWord, size: float, y: float) -> str:
    """Return the text of a word of a line, as a superscript where it is small and raised."""
    if word.size < 0.85 * size and word.y > y + 0.15 * size:
        return word.text.translate(_SUPERSCRIPT)
    return word.text


def _clean(words: Iterable[str]) -> str:
    text = "".join(words)
    if not text.isascii() or "\0" in text:
        text = text.translate(_LIGATURES)
    text = " ".join(text.split())
    if sum(map(text.count, _LEADERS)) < _FEWEST_LEADERS:
        return text
    return _INNER_LEADER.sub(" … ", _LAST_LEADER.sub("", text))


def _insert_value(lines: list[PdfLine], value: FormValue) -> None:
    """Insert the value of a form field after its label on the same line, or else below the line above it."""
    size = min(12.0, max(value.top - value.bottom, 1.0))
    texts = [" ".join(text.split()) for text in value.text.splitlines() if text.strip()]
    middle = (value.bottom + value.top) / 2
    beside = [i for i, line in enumerate(lines) if value.bottom - 0.3 * size <= line.y <= value.top]
    labels = [i for i in beside if lines[i].x < value.right]
    if labels and len(texts) == 1:
        at = min(labels, key=lambda i: abs(lines[i].y + 0.3 * lines[i].size - middle))
        segments = sorted(
            (*lines[at].segments, PdfSegment(texts[0], value.left, value.left + len(texts[0]) * size / 2)),
            key=lambda each: each.x,
        )
        lines[at] = replace(lines[at], segments=tuple(segments))
        return
    above = [i for i, line in enumerate(lines) if line.y >= value.bottom]
    at = 1 + min(above, key=lambda i: (lines[i].y, abs(lines[i].x - value.left)), default=-1)
    new = [
        PdfLine(
            (PdfSegment(text, value.left, value.left + len(text) * size / 2),), value.top - size * (number + 0.8), size
        )
        for number, text in enumerate(texts)
    ]
    lines[at:at] = new
