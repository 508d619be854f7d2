"""PDF to a draft."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pypdf import Configuration, PasswordType, PdfReader, apply_configuration, get_configuration
from pypdf.errors import LimitReachedError

from corpus.article import Draft
from corpus.documents.dates import not_later_than_now
from corpus.documents.limits import Deadline, Limits
from corpus.documents.reflow import Line, paragraphs
from corpus.errors import CitelineError, TooLarge, UnreadableDocument

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
