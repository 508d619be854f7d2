"""Lines as they stand on printed pages, back to paragraphs."""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from pypdf import Configuration, PasswordType, PdfReader, apply_configuration, get_configuration
from pypdf.errors import LimitReachedError

from corpus.article import Draft
from corpus.documents.dates import not_later_than_now
from corpus.documents.limits import Deadline, Limits
from corpus.errors import CitelineError, TooLarge, UnreadableDocument

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xa0": " ", "\0": None}
)
_HYPHENS = "-\u2010\xad"
_SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*$")
_BULLET = re.compile(r"^[•▪◦‣●○∙·■□–—*-]\s+(?=\S)")
_NUMBERED = re.compile(r"^(?:\d{1,2}[.)]|[a-z]\))\s+\S")
_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|p\.|seite|стр\.)\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:/|of|von|из)\s*\d{1,4})?\W*$", re.I
)
# Each begins at a word's start and takes a word's length, so that a page of one endless word takes no endless time.
_BROKEN_WORD = re.compile(r"(?<!\w)([^\W\d_]{1,60})[-\u2010]$")
_COMPOUND = re.compile(r"(?<!\w)[^\W\d_]{1,60}-[^\W\d_]{1,60}")
# A gap larger than this many usual distances between lines ends a paragraph; print sets half a line or more.
_GAP = 1.3
_SHORT = 0.75


@dataclass(frozen=True, slots=True)
class Line:
    """A line on a page: where it starts, counted in points from the bottom left, and how high its letters are."""

    text: str
    x: float
    y: float
    size: float


def paragraphs(pages: Sequence[Sequence[Line]]) -> str:
    """Return the text of pages, one paragraph a block, without running heads, page numbers and hyphenation."""
    bare = _without_margins([[_tidy(line) for line in page if line.text.strip()] for page in pages])
    leading, width = _leading(bare), _width(bare)
    compounds = {match.group().lower() for page in bare for line in page for match in _COMPOUND.finditer(line.text)}
    parts: list[str] = []
    for previous, line in _sequence(bare):
        text = _BULLET.sub("", line.text)
        if previous is None:
            parts.append(text)
        elif _is_item(line.text):
            parts.append(("\n" if _is_item(previous.text) or _SENTENCE_END.search(previous.text) else "\n\n") + text)
        elif _breaks(previous, line, leading, width):
            parts.append("\n\n" + text)
        elif _deliberate(previous, line, width):
            parts.append("\n" + text)
        else:
            _append(parts, text, compounds)
    return "".join(parts)


def _tidy(line: Line) -> Line:
    text = " ".join(line.text.translate(_LIGATURES).split())
    return Line(text, line.x, line.y, line.size)


def _sequence(pages: Iterable[Sequence[Line]]) -> Iterator[tuple[Line | None, Line]]:
    previous = None
    for page in pages:
        for line in page:
            yield previous, line
            previous = line


def _without_margins(pages: list[list[Line]]) -> list[list[Line]]:
    """Drop page numbers, and first and last lines that stand on more than half of the pages."""
    heads = Counter(_pattern(line.text) for page in pages for line in _edges(page))
    running = {text for text, count in heads.items() if count >= 3 and count > len(pages) / 2}
    return [_stripped(page, running) for page in pages]


def _stripped(page: list[Line], running: set[str]) -> list[Line]:
    edges = {id(line) for line in _edges(page)}
    return [
        line
        for line in page
        if id(line) not in edges or not (_pattern(line.text) in running or _is_page_number(line.text))
    ]


def _is_page_number(text: str) -> bool:
    return len(text) < 40 and _PAGE_NUMBER.match(text) is not None


def _edges(page: list[Line]) -> list[Line]:
    """The highest and the lowest line; printers write them first, last, or anywhere."""
    if len(page) < 2:
        return []
    return [max(page, key=lambda line: line.y), min(page, key=lambda line: line.y)]


def _pattern(text: str) -> str:
    return re.sub(r"\d+", "0", text.lower())


def _leading(pages: list[list[Line]]) -> float:
    gaps = [a.y - b.y for page in pages for a, b in pairwise(page) if a.y > b.y and _same_size(a, b)]
    return median(gaps) if gaps else 0.0


def _width(pages: list[list[Line]]) -> float:
    lengths = sorted(len(line.text) for page in pages for line in page)
    return lengths[int(len(lengths) * 0.9)] if lengths else 0


def _same_size(a: Line, b: Line) -> bool:
    return abs(a.size - b.size) <= 0.1 * max(a.size, b.size)


def _is_item(text: str) -> bool:
    return bool(_BULLET.match(text) or _NUMBERED.match(text))


def _breaks(a: Line, b: Line, leading: float, width: float) -> bool:
    """Tell whether a paragraph ends between two lines that follow each other."""
    if _BROKEN_WORD.search(a.text) and b.text[:1].islower():
        return False
    ended = _SENTENCE_END.search(a.text) is not None
    if not _same_size(a, b):
        return True
    if b.y > a.y + a.size / 2:  # the next column or page
        return ended or not b.text[:1].islower()
    if a.y - b.y > _GAP * leading > 0:
        return True
    indented = b.x > a.x + 0.8 * b.size and a.y - b.y > b.size / 2
    return ended and (indented or _deliberate(a, b, width))


def _deliberate(a: Line, b: Line, width: float) -> bool:
    """Tell whether the author broke the line: the next word would have fitted in."""
    fits = len(a.text) + 1 + len(b.text.split(" ", 1)[0]) < _SHORT * width
    return fits and not b.text[:1].islower()


def _append(parts: list[str], text: str, compounds: set[str]) -> None:
    """Put a line behind the one it continues, mending a word that is broken between them."""
    last = parts[-1]
    broken = _BROKEN_WORD.search(last)
    mends = broken is not None and text[:1].islower() and not _is_compound(broken.group(1), text, compounds)
    if mends or last.endswith("\xad"):
        parts[-1] = last[:-1]
    elif not (last[-1:] in _HYPHENS and last[-2:-1].isalnum() and text[:1].isalnum()):
        parts.append(" ")
    parts.append(text)


def _is_compound(first: str, rest: str, compounds: set[str]) -> bool:
    """Tell whether the document writes the word with its hyphen elsewhere."""
    second = re.match(r"[^\W\d_]*", rest)
    return second is not None and f"{first}-{second.group()}".lower() in compounds


# What programs write where nobody gave a title.
_JUNK_TITLE = re.compile(
    r"^(?:microsoft (?:word|powerpoint|excel|office word) - .*|untitled.*|document\s*\d*|doc\s*\d+|title|no title"
    r"|slide \d+|.*\.(?:docx?|pdf|pptx?|xlsx?|indd|tex|dvi|rtf|odt|qxd|html?|txt)|[\W\d_]*)$",
    re.I | re.S,
)
# What one page may take; pypdf's own limits are some times these.
_MOST_STREAM = 50_000_000
_MOST_FORMS = 1000
_LONGEST_TITLE = 1000
_MOST_PARSED = 1_000_000

# pypdf reports every oddity that it repairs; nobody who asks or uploads can do anything about them.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read_pdf(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text of a PDF and what its metadata says.

    Raises UnreadableDocument for one that is broken, locked or without text, TooLarge past a limit.
    """
    if b"%%EOF" not in data[-65_536:]:
        raise UnreadableDocument(f"{name} is cut off: the end of the PDF is missing.")
    with _wrapped(name), apply_configuration(_bounds(limits)):
        reader = PdfReader(io.BytesIO(data), strict=False)
        _unlock(reader, name)
        text = paragraphs(_pages(reader, name, limits))
        if not text:
            raise UnreadableDocument(f"{name} holds no text, only pictures of pages. Run it through OCR first.")
        return Draft(text=text, title=_title(reader), published=_published(reader), language=_language(reader))


@contextmanager
def _wrapped(name: str) -> Iterator[None]:
    """Say whatever a broken PDF makes pypdf raise in words of Citeline."""
    try:
        yield
    except CitelineError:
        raise
    except LimitReachedError as error:
        raise TooLarge(f"{name} unpacks to more than a document should: {str(error)[:200]}") from error
    except Exception as error:
        raise UnreadableDocument(f"{name} is not a PDF that can be read: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    text = str(error).strip().rstrip(".")
    return text[:200] if text else type(error).__name__


def _bounds(limits: Limits) -> Configuration:
    return get_configuration().with_overwrites(
        zlib_maximum_output_length=min(limits.max_unpacked, _MOST_STREAM),
        stream_parsing_work_maximum_count=_MOST_PARSED,
        xform_maximum_invocations_per_extraction=_MOST_FORMS,
    )


def _unlock(reader: PdfReader, name: str) -> None:
    """Open a PDF that anyone may read but not change; raise where it wants a password."""
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise UnreadableDocument(f"{name} is locked with a password. Save it without one.")


def _pages(reader: PdfReader, name: str, limits: Limits) -> list[list[Line]]:
    deadline, length = Deadline(limits, name), 0
    pages: list[list[Line]] = []
    for number, page in enumerate(reader.pages, 1):
        if number > limits.max_pages:
            raise TooLarge(f"{name} has more pages than the limit of {limits.max_pages:,}.")
        collector = _Collector(deadline)
        page.extract_text(visitor_operand_before=collector.on_operation, visitor_text=collector.on_text)
        pages.append(collector.lines())
        length += sum(len(line.text) for line in pages[-1])
        limits.check_text(length, name)
        deadline.check()
    return pages


class _Collector:
    """Gathers the lines of a page from what pypdf says while it reads it."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._lines: list[Line] = []
        self._pieces: list[Line] = []

    def on_operation(self, *_: Any) -> None:
        self._deadline.check()

    def on_text(self, text: str, cm: Any, tm: Any, _font: Any, size: float | None) -> None:
        """Take a piece of text with its place: pypdf's visitor_text."""
        x, y, scale = _place(cm, tm)
        height = abs(scale * (0.0 if size is None else size))
        first, *others = text.split("\n")
        self._pieces.append(Line(first, x, y, height))
        for other in others:
            self._end_line()
            self._pieces.append(Line(other, x, y, height))

    def lines(self) -> list[Line]:
        """Return the lines so far."""
        self._end_line()
        return self._lines

    def _end_line(self) -> None:
        inked = [piece for piece in self._pieces if piece.text.strip()]
        if inked:
            longest = max(inked, key=lambda piece: len(piece.text))
            text = "".join(piece.text for piece in self._pieces)
            self._lines.append(Line(text, inked[0].x, longest.y, longest.size))
        self._pieces = []


def _place(cm: Any, tm: Any) -> tuple[float, float, float]:
    """Return x, y and the vertical scale of the text matrix times the page's matrix."""
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    return float(x), float(y), float(tm[2] * cm[1] + tm[3] * cm[3])


def _title(reader: PdfReader) -> str | None:
    title = None if reader.metadata is None else reader.metadata.title
    if not isinstance(title, str) or _JUNK_TITLE.match(title[:_LONGEST_TITLE].strip()):
        return None
    return " ".join(title[:_LONGEST_TITLE].split())


def _published(reader: PdfReader) -> str | None:
    try:
        return None if reader.metadata is None else not_later_than_now(reader.metadata.creation_date)
    except (ValueError, OverflowError):
        return None


def _language(reader: PdfReader) -> str | None:
    language = reader.root_object.get("/Lang")
    return language.strip() or None if isinstance(language, str) else None
