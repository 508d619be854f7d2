"""PDF to drafts: joins the printed lines of its pages to paragraphs, and reads its metadata."""

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from pypdf import PasswordType, PdfReader, apply_configuration, get_configuration
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
# Each starts at a word and has a bounded length, so that one endless word takes no endless time.
_BROKEN_WORD = re.compile(r"(?<!\w)([^\W\d_]{1,60})[-\u2010]$")
_COMPOUND = re.compile(r"(?<!\w)[^\W\d_]{1,60}-[^\W\d_]{1,60}")
# A gap of more than 1.3 usual line distances ends a paragraph; typesetters leave half a line or more.
_PARAGRAPH_GAP = 1.3
# A line that leaves room for the next word at 75% of the usual width was broken by the author.
_BROKEN_WIDTH = 0.75
# Titles that programs write where the author gave none.
_PLACEHOLDER_TITLE = re.compile(
    r"^(?:microsoft (?:word|powerpoint|excel|office word) - .*|untitled.*|document\s*\d*|doc\s*\d+|title|no title"
    r"|slide \d+|.*\.(?:docx?|pdf|pptx?|xlsx?|indd|tex|dvi|rtf|odt|qxd|html?|txt)|[\W\d_]*)$",
    re.I | re.S,
)
_MAX_TITLE = 1000
# Limits of one page, below pypdf's defaults.
_MAX_STREAM_BYTES = 50_000_000
_MAX_FORMS = 1000
_MAX_PARSING_WORK = 1_000_000

# pypdf logs every oddity that it repairs, about which users can do nothing.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A printed line: its start in points from the bottom left of the page, and the height of its letters."""

    text: str
    x: float
    y: float
    size: float


def read_pdf(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text and metadata of a PDF.

    Raises UnreadableDocument where it is broken, locked or has no text, TooLarge past a limit.
    """
    if b"%%EOF" not in data[-65_536:]:
        raise UnreadableDocument(f"{name} is cut off: the end of the PDF is missing.")
    configuration = get_configuration().with_overwrites(
        zlib_maximum_output_length=min(limits.max_unpacked, _MAX_STREAM_BYTES),
        stream_parsing_work_maximum_count=_MAX_PARSING_WORK,
        xform_maximum_invocations_per_extraction=_MAX_FORMS,
    )
    try:
        with apply_configuration(configuration):
            reader = PdfReader(io.BytesIO(data), strict=False)
            # Many PDFs have an empty password: anyone may read but not change them.
            if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
                raise UnreadableDocument(f"{name} is locked with a password. Save it without one.")
            text = reflow(_pages(reader, name, limits))
            if not text:
                raise UnreadableDocument(f"{name} holds no text, only pictures of pages. Run it through OCR first.")
            return _draft(text, reader)
    except CitelineError:
        raise
    except LimitReachedError as error:
        raise TooLarge(f"{name} unpacks to more than a document should: {str(error)[:200]}") from error
    except Exception as error:
        reason = str(error).strip().rstrip(".")[:200]
        raise UnreadableDocument(
            f"{name} is not a PDF that can be read: {reason if reason else type(error).__name__}."
        ) from error


def _pages(reader: PdfReader, name: str, limits: Limits) -> list[list[PdfLine]]:
    deadline, length = Deadline(limits, name), 0
    pages: list[list[PdfLine]] = []
    for number, page in enumerate(reader.pages, 1):
        if number > limits.max_pages:
            raise TooLarge(f"{name} has more pages than the limit of {limits.max_pages:,}.")
        collector = _LineCollector(deadline)
        page.extract_text(visitor_operand_before=collector.on_operation, visitor_text=collector.on_text)
        pages.append(collector.lines())
        length += sum(len(line.text) for line in pages[-1])
        limits.check_text(length, name)
        deadline.check()
    return pages


class _LineCollector:
    """Collects the lines of a page, as pypdf's visitors."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._lines: list[PdfLine] = []
        self._pieces: list[PdfLine] = []

    def on_operation(self, *_: Any) -> None:
        self._deadline.check()

    def on_text(self, text: str, cm: Any, tm: Any, _font: Any, size: float | None) -> None:
        """Add a piece of text (visitor_text); cm and tm are the matrices of page and text."""
        # The text matrix times the page's matrix.
        x = float(tm[4] * cm[0] + tm[5] * cm[2] + cm[4])
        y = float(tm[4] * cm[1] + tm[5] * cm[3] + cm[5])
        scale = float(tm[2] * cm[1] + tm[3] * cm[3])
        height = abs(scale * (0.0 if size is None else size))
        first, *others = text.split("\n")
        self._pieces.append(PdfLine(first, x, y, height))
        for other in others:
            self._end_line()
            self._pieces.append(PdfLine(other, x, y, height))

    def lines(self) -> list[PdfLine]:
        """Return the collected lines."""
        self._end_line()
        return self._lines

    def _end_line(self) -> None:
        visible = [piece for piece in self._pieces if piece.text.strip()]
        if visible:
            longest = max(visible, key=lambda piece: len(piece.text))
            text = "".join(piece.text for piece in self._pieces)
            self._lines.append(PdfLine(text, visible[0].x, longest.y, longest.size))
        self._pieces = []


def _draft(text: str, reader: PdfReader) -> Draft:
    """Return the draft of a text, with the metadata of its PDF."""
    metadata = reader.metadata
    title = None if metadata is None else metadata.title
    has_title = isinstance(title, str) and _PLACEHOLDER_TITLE.match(title[:_MAX_TITLE].strip()) is None
    published = None
    if metadata is not None:
        with suppress(ValueError, OverflowError):
            published = not_later_than_now(metadata.creation_date)
    language = reader.root_object.get("/Lang")
    return Draft(
        text=text,
        title=" ".join(str(title)[:_MAX_TITLE].split()) if has_title else None,
        published=published,
        language=language.strip() or None if isinstance(language, str) else None,
    )


def reflow(pages: Sequence[Sequence[PdfLine]]) -> str:
    """Return the paragraphs of pages between blank lines, without running heads, page numbers and hyphenation."""
    cleaned = _without_margins(
        [
            [
                replace(line, text=" ".join(line.text.translate(_LIGATURES).split()))
                for line in page
                if line.text.strip()
            ]
            for page in pages
        ]
    )
    lines = [line for page in cleaned for line in page]
    lengths = sorted(len(line.text) for line in lines)
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    gaps = [a.y - b.y for page in cleaned for a, b in pairwise(page) if a.y > b.y and _same_size(a, b)]
    leading = median(gaps) if gaps else 0.0
    compounds = {match.group().lower() for line in lines for match in _COMPOUND.finditer(line.text)}
    parts: list[str] = []
    for previous, line in zip([None, *lines], lines, strict=False):
        text = _BULLET.sub("", line.text)
        if previous is None:
            parts.append(text)
        elif _is_item(line.text):
            parts.append(("\n" if _is_item(previous.text) or _SENTENCE_END.search(previous.text) else "\n\n") + text)
        elif _ends_paragraph(previous, line, leading, width):
            parts.append("\n\n" + text)
        elif _is_deliberate_break(previous, line, width):
            parts.append("\n" + text)
        else:
            _append(parts, text, compounds)
    return "".join(parts)


def _without_margins(pages: list[list[PdfLine]]) -> list[list[PdfLine]]:
    """Drop page numbers and running heads: first and last lines that more than half of the pages share."""
    counts = Counter(_without_numbers(line.text) for page in pages for line in _edges(page))
    running = {text for text, count in counts.items() if count >= 3 and count > len(pages) / 2}

    def is_margin(line: PdfLine) -> bool:
        is_number = len(line.text) < 40 and _PAGE_NUMBER.match(line.text) is not None
        return is_number or _without_numbers(line.text) in running

    stripped = []
    for page in pages:
        margins = {id(line) for line in _edges(page) if is_margin(line)}
        stripped.append([line for line in page if id(line) not in margins])
    return stripped


def _edges(page: list[PdfLine]) -> list[PdfLine]:
    """Return the highest and the lowest line, which may come anywhere in the page's content."""
    if len(page) < 2:
        return []
    return [max(page, key=lambda line: line.y), min(page, key=lambda line: line.y)]


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "0", text.lower())


def _same_size(a: PdfLine, b: PdfLine) -> bool:
    return abs(a.size - b.size) <= 0.1 * max(a.size, b.size)


def _is_item(text: str) -> bool:
    return bool(_BULLET.match(text) or _NUMBERED.match(text))


def _ends_paragraph(a: PdfLine, b: PdfLine, leading: float, width: float) -> bool:
    """Tell whether a paragraph ends between two consecutive lines."""
    if _BROKEN_WORD.search(a.text) and b.text[:1].islower():
        return False
    ended = _SENTENCE_END.search(a.text) is not None
    if not _same_size(a, b):
        return True
    if b.y > a.y + a.size / 2:  # the next column or page
        return ended or not b.text[:1].islower()
    if a.y - b.y > _PARAGRAPH_GAP * leading > 0:
        return True
    indented = b.x > a.x + 0.8 * b.size and a.y - b.y > b.size / 2
    return ended and (indented or _is_deliberate_break(a, b, width))


def _is_deliberate_break(a: PdfLine, b: PdfLine, width: float) -> bool:
    """Tell whether the author broke the line: the next word would have fitted."""
    fits = len(a.text) + 1 + len(b.text.split(" ", 1)[0]) < _BROKEN_WIDTH * width
    return fits and not b.text[:1].islower()


def _append(parts: list[str], text: str, compounds: set[str]) -> None:
    """Append a line to the one that it continues, joining a word that is hyphenated between them.

    The hyphen stays where the document has the word with its hyphen elsewhere, among its `compounds`.
    """
    last = parts[-1]
    broken, rest = _BROKEN_WORD.search(last), re.split(r"[\W\d_]", text, maxsplit=1)[0]
    is_compound = broken is not None and f"{broken.group(1)}-{rest}".lower() in compounds
    if last.endswith("\xad") or (broken is not None and text[:1].islower() and not is_compound):
        parts[-1] = last[:-1]
    elif not (last[-1:] in _HYPHENS and last[-2:-1].isalnum() and text[:1].isalnum()):
        parts.append(" ")
    parts.append(text)
