"""What stands around the text of PDF pages: running heads, page and line numbers, footnotes, drop caps."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.documents.pdf.lines import PdfLine, PdfSegment

_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|p\.|seite|стр\.)\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:/|of|von|из)\s*\d{1,4})?\W*$", re.I
)
_LINE_NUMBER = re.compile(r"(\d{1,4})(?:\s+(?=\S)|$)")
_NOTE = re.compile(r"(?:(\d{1,3})|[¹²³⁰⁴-⁹]{1,3}|[*†‡§]{1,3})[.)]?\s*(?=[^\W\d_]|[\"'“‘(])")
_REFERENCE = re.compile(r"(?<=[^\W\d_\s.]|[.,;:!?)\]”\"’'])[¹²³⁰⁴-⁹]{1,3}(?=\W|$)")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_CONTACT = re.compile(r"@|www\.|https?:|(?:\d[ -]?){6}")
_EDGE_LINES = 3  # lines of a running head or foot
_MARGIN = 0.15  # the part of a page's height in which a document of two pages may repeat a line
_FOOTNOTE_SIZE = 0.92  # of the text's size
_DROP_CAP = 1.8  # times the size of the line beside it
_MIN_NUMBERED = 5  # lines
_NUMBERED_PAGES = 0.4  # of the pages print their number, at least, if any do
_END_NUMBER = re.compile(r"^\d{1,4}(?= )|(?<= )\d{1,4}$")
_HEADING_SIZE = 1.15  # times the usual size of a page: "1 Introduction" on page 1 is no running head
_MAX_PAGE_NUMBER = 40  # characters of a line that is a page number

_Key = tuple[int, str]
_Edges = tuple[Sequence[PdfLine], ...]


@dataclass(frozen=True, slots=True)
class PageText:
    """The lines of a page's text, and those of its footnotes."""

    lines: tuple[PdfLine, ...]
    footnotes: tuple[PdfLine, ...] = ()


def without_running_lines(
    pages: Sequence[Sequence[PdfLine]],
) -> tuple[list[list[PdfLine]], list[tuple[int, str]], list[str]]:
    """Drop page numbers, and running heads and feet: outer lines that most pages repeat or that hold the page's number.

    Numbers may differ in the outermost line. Two pages may repeat only what is near their edges. Also returns the
    repeated lines that hold an address or a telephone number, which are worth keeping once, with the first page that
    has each, from 1.
    """
    edges = [_edges(page) for page in pages]
    running = _repeated(edges, pages)
    offset = _page_offset(edges)
    stripped: list[list[PdfLine]] = []
    kept: dict[_Key, tuple[int, str]] = {}
    repeated: dict[str, None] = {}
    for number, (page, each) in enumerate(zip(pages, edges, strict=True), 1):
        margins: set[int] = set()
        heading_size = _HEADING_SIZE * median(line.size for line in page) if page else 0.0
        for edge in each:
            is_outermost = True
            for line in edge:
                is_number = (
                    len(line.text) < _MAX_PAGE_NUMBER
                    and _PAGE_NUMBER.match(line.text) is not None
                    and not _has_neighbour(line, page, running)
                )
                has_number = offset in _offsets(line, number) and line.size < heading_size
                is_running = _key(line) in running or (is_outermost and (_loose_key(line) in running or has_number))
                if not is_number and not is_running:
                    break  # what stands further in is the page's text
                margins.add(id(line))
                is_outermost = is_outermost and is_number
                if not is_number and _key(line) in running:
                    repeated[line.text] = None
                if not is_number and _CONTACT.search(line.text):
                    kept.setdefault(_loose_key(line), (number, line.text))
        stripped.append([line for line in page if id(line) not in margins])
    return stripped, list(kept.values()), list(repeated)


def _key(line: PdfLine) -> _Key:
    """Return what two lines have in common where one repeats the other: a title is larger than its running head."""
    return round(line.size), line.text


def _loose_key(line: PdfLine) -> _Key:
    return round(line.size), re.sub(r"\d+", "0", line.text.lower())


def _repeated(edges: Sequence[_Edges], pages: Sequence[Sequence[PdfLine]]) -> set[_Key]:
    """Return the keys of outer lines that more than half of the pages have; of two pages only those near the edge."""
    if len(pages) == 2:
        edges = [
            tuple([line for line in edge if _is_marginal(line, page)] for edge in each)
            for each, page in zip(edges, pages, strict=True)
        ]
    counts: Counter[_Key] = Counter()
    for each in edges:
        counts.update({key for edge in each for line in edge for key in (_key(line), _loose_key(line))})
    least = 2 if len(pages) == 2 else max(3, len(pages) // 2 + 1)
    return {key for key, count in counts.items() if count >= least}


def _is_marginal(line: PdfLine, page: Sequence[PdfLine]) -> bool:
    low, high = min(each.y for each in page), max(each.y for each in page)
    inner = _MARGIN * (high - low)
    return not low + inner < line.y < high - inner


def _page_offset(edges: Sequence[_Edges]) -> int | None:
    """Return the difference between the numbers that pages print and their own, where most outermost lines agree."""
    counts = Counter(
        offset
        for number, each in enumerate(edges, 1)
        for offset in {offset for edge in each for line in edge[:1] for offset in _offsets(line, number)}
    )
    offset, count = counts.most_common(1)[0] if counts else (0, 0)
    return offset if count >= max(3, len(edges) * _NUMBERED_PAGES) else None


def _offsets(line: PdfLine, page: int) -> set[int]:
    """Return the differences between the numbers at the ends of a line and that of its page."""
    return {int(match.group()) - page for match in _END_NUMBER.finditer(line.text)}


def _has_neighbour(number: PdfLine, page: Sequence[PdfLine], running: Container[_Key]) -> bool:
    """Tell whether text stands beside a number that repeats on no other page, as in the row of a table."""
    beside = [line for line in page if line is not number and abs(line.y - number.y) < number.size / 2]
    return any(_loose_key(line) not in running for line in beside)


def _edges(page: Sequence[PdfLine]) -> _Edges:
    """Return the highest and the lowest lines from the outside in, which may come anywhere in the page's content."""
    if len(page) < 2:
        return [], []
    falling = sorted(page, key=lambda line: -line.y)
    count = min(_EDGE_LINES, len(page) // 2)
    return falling[:count], falling[: -count - 1 : -1]


def without_line_numbers(page: Sequence[PdfLine]) -> list[PdfLine]:
    """Drop the numbers of lines: numbers at the left edge that grow by 1 at every line, or by 5 or 10."""
    falling = sorted(page, key=lambda line: -line.y)
    numbered = [(line, int(match.group(1))) for line in falling if (match := _LINE_NUMBER.match(line.text))]
    alone = [(line, number) for line, number in numbered if line.text.isdigit()]
    rights = Counter(round(line.right) for line, _ in alone)
    alone = [
        (line, number) for line, number in alone if abs(line.right - max(rights, key=rights.__getitem__)) < line.size
    ]
    if _is_sequence(alone, page):
        numbers = {id(line) for line, _ in alone}
        return [line for line in page if id(line) not in numbers]
    continued = sum(_LINE_NUMBER.sub("", line.text)[:1].islower() for line, _ in numbered)
    # A numbered list has no items that begin as the rest of a sentence.
    if _is_sequence(numbered, page) and 5 * len(numbered) >= 4 * len(page) and 4 * continued >= len(numbered):
        numbers = {id(line) for line, _ in numbered}
        return [_without_first_word(line) if id(line) in numbers else line for line in page]
    return list(page)


def _is_sequence(numbered: Sequence[tuple[PdfLine, int]], page: Sequence[PdfLine]) -> bool:
    steps = {b - a for (_, a), (_, b) in pairwise(numbered)}
    if len(numbered) < _MIN_NUMBERED or len(steps) > 1 or not steps <= {1, 5, 10}:
        return False
    left = min(line.x for line in page)
    return all(line.x < left + 3 * line.size for line, _ in numbered)


def _without_first_word(line: PdfLine) -> PdfLine:
    first, *others = line.segments
    rest = _LINE_NUMBER.sub("", first.text, count=1)
    return replace(line, segments=(replace(first, text=rest), *others) if rest else tuple(others) or line.segments)


def with_drop_caps(page: Sequence[PdfLine]) -> list[PdfLine]:
    """Join each large initial to the line that it begins; that is the highest one beside it."""
    lines = list(page)
    for cap in (line for line in page if len(line.text) == 1 and line.text.isalpha()):
        beside = [
            line
            for line in lines
            if cap.size >= _DROP_CAP * line.size
            and cap.right - line.size < line.x < cap.right + 2 * line.size
            and cap.y - line.size < line.y < cap.y + cap.size
        ]
        if beside:
            first = max(beside, key=lambda line: line.y)
            segment, *others = first.segments
            word = re.match(r"\w*", segment.text.lower()).group()  # type: ignore[union-attr]
            words = {word for line in page for word in re.findall(r"\w+", line.text.lower())}
            is_word = cap.text.lower() in {"a", "i", "o"} and word in words and cap.text.lower() + word not in words
            joined = PdfSegment(f"{cap.text}{' ' * is_word}{segment.text}", segment.x, segment.right)
            lines[lines.index(first)] = replace(first, segments=(joined, *others))
            lines.remove(cap)
    return lines


def split_footnotes(page: Sequence[PdfLine], body_size: float) -> PageText:
    """Take the footnotes from a page's text: small lines below it, the first of which begins with a mark.

    The marks that refer to them are taken from the text.
    """
    text_lines = [line for line in page if line.size > _FOOTNOTE_SIZE * body_size]
    small = [line for line in page if line.size <= _FOOTNOTE_SIZE * body_size]
    below = [
        line
        for line in small
        if all(other.y > line.y for other in text_lines if other.x < line.right and line.x < other.right)
    ]
    start = next((index for index, line in enumerate(below) if _NOTE.match(line.text)), None)
    if start is None or not text_lines:
        return PageText(tuple(page))
    footnotes = below[start:]
    marks = {match.group(1) for line in footnotes if (match := _NOTE.match(line.text.translate(_DIGITS)))}
    taken = {id(line) for line in footnotes}
    rest = tuple(_without_references(line, marks) for line in page if id(line) not in taken)
    return PageText(rest, tuple(footnotes))


def begins_note(line: PdfLine) -> bool:
    """Tell whether a line of footnotes begins another one."""
    return _NOTE.match(line.text) is not None


def _without_references(line: PdfLine, marks: Iterable[str | None]) -> PdfLine:
    def drop(match: re.Match[str]) -> str:
        return "" if match.group().translate(_DIGITS) in marks else match.group()

    return replace(line, segments=tuple(replace(each, text=_REFERENCE.sub(drop, each.text)) for each in line.segments))
