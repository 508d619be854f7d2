"""PDF to drafts: reads the text of its pages, says which pages have none, and reads its metadata."""

import re
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from corpus.article import Draft
from corpus.documents.dates import not_later_than_now
from corpus.documents.formats import PDF
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.ocr.tesseract import is_available
from corpus.documents.pdf.layout import outline_key, write_pages
from corpus.documents.pdf.lines import PageLines, page_lines
from corpus.documents.pdf.pdfium import PdfFile, PdfiumError, opened
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument

_PLACEHOLDER_TITLE = re.compile(
    r"^\W*(?:microsoft (?:word|powerpoint|excel|office word) - .*|untitled.*|anonymous|document\s*\d*|doc\s*\d+|title"
    r"|no title|slide \d+|powerpoint.presentation|.*\.(?:docx?|pdf|pptx?|xlsx?|indd|tex|dvi|rtf|odt|qxd|html?|txt)"
    r"|[\W\d_]*|\S*[_\d]\S*)\W*$",
    re.I | re.S,
)
_MAX_TITLE = 1000
_MAX_LISTED_PAGES = 20
_OCR_SHARE = 0.7  # of the time for a document, which leaves the rest for its layout
_MIN_KNOWN = 0.5  # a page with fewer letters that its fonts tell holds no text
_STREAM = re.compile(rb"stream\r?\n")
_MAX_DICTIONARY = 2_000  # bytes before a stream in which its dictionary begins
_CHUNK = 65_536
_MAX_STREAM_BYTES = 20_000_000  # of a page's content; PDFium needs some 20 times as much to take it apart
_PDF_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z|([+-])(\d\d)'?(\d\d)?)?")


def read_pdf(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text and metadata of a PDF.

    Raises UnreadableDocument where it is broken, locked or has no text, TooLarge past a limit.
    """
    if b"%%EOF" not in data[-65_536:]:
        raise UnreadableDocument(f"{name} is cut off: the end of the PDF is missing.")
    _check_streams(data, name, limits)
    with wrapped_errors(name, "a PDF", PdfiumError), opened(data, name) as file:
        pages, recognised, pictures = _read_pages(file, name, limits, PDF.seconds_without_ocr(len(data), limits))
        writer = DocumentWriter(limits, name)
        outline = {outline_key(entry.title): entry.level for entry in file.outline()}
        title = file.metadata("Title")[:_MAX_TITLE].strip()
        given = None if _PLACEHOLDER_TITLE.match(title) else " ".join(title.split())
        draft = writer.draft(
            title=write_pages(pages, outline, writer, given),
            language=file.language(),
            notes=_notes(recognised, pictures, len(file)),
        )
        created = not_later_than_now(_creation_date(file.metadata("CreationDate")))
    if not draft.text:
        if any(page.unknown for page in pages):
            raise UnreadableDocument(
                f"{name} holds no text that can be read: its fonts don't tell which letters they draw. "
                "Run it through OCR first."
            )
        raise UnreadableDocument(f"{name} holds no text, only pictures of pages. Run it through OCR first.")
    return with_publication_date(draft, name, created)


def _check_streams(data: bytes, name: str, limits: Limits) -> None:
    """Raise TooLarge where the content of a page unpacks to more than PDFium should take apart, or all to too much."""
    total = 0
    for match in _STREAM.finditer(data):
        dictionary = data[max(0, match.start() - _MAX_DICTIONARY) : match.start()].rpartition(b" obj")[2]
        if b"FlateDecode" not in dictionary or b"/Image" in dictionary:
            continue
        size = _unpacked_size(memoryview(data)[match.end() :])
        total += size
        if size > _MAX_STREAM_BYTES or total > limits.max_unpacked:
            raise TooLarge(f"{name} unpacks to more than a document should.")


def _unpacked_size(data: memoryview) -> int:
    """Return the size of the zlib stream that data begins with, up to what is broken, _MAX_STREAM_BYTES + 1 at most."""
    unpacker, size = zlib.decompressobj(), 0
    with suppress(zlib.error):
        for start in range(0, len(data), _CHUNK):
            size += len(unpacker.decompress(data[start : start + _CHUNK], _MAX_STREAM_BYTES + 1 - size))
            if unpacker.eof or size > _MAX_STREAM_BYTES:
                break
    return size


def _read_pages(
    file: PdfFile, name: str, limits: Limits, max_seconds: float
) -> tuple[list[PageLines], list[int], list[int]]:
    """Return the lines of the pages, the numbers of those whose text was recognised, and of those without text.

    A page without text shows something all the same. max_seconds: of processor time for what is no picture.
    """
    if len(file) > limits.max_pages:
        raise TooLarge(f"{name} has more pages than the limit of {limits.max_pages:,}.")
    deadline, length, seconds = Deadline(limits, name), 0, 0.0
    recogniser = _Recogniser(file, limits, name)
    pages: list[PageLines] = []
    recognised: list[int] = []
    pictures: list[int] = []
    for index in range(len(file)):
        deadline.check()
        start = time.process_time()
        read = file.read_page(index)
        page = page_lines(read)
        seconds += time.process_time() - start
        if seconds > max_seconds:
            raise TooLarge(f"Reading {name} takes longer than the limit of {max_seconds:.2g} seconds.")
        if page.letters - page.unknown < _MIN_KNOWN * page.letters:
            page = replace(page, lines=())
        if read.is_drawn and not page.lines:
            page = recogniser.lines(index, page)
            (recognised if page.lines else pictures).append(index + 1)
        pages.append(page)
        length += sum(len(line.text) for line in page.lines)
        limits.check_text(length, name)
    return pages, recognised, pictures


class _Recogniser:
    """Recognises the text of pages that are pictures, where Tesseract is installed and as long as there is time."""

    def __init__(self, file: PdfFile, limits: Limits, name: str) -> None:
        seconds = _OCR_SHARE * limits.max_seconds if is_available() else 0.0
        self._file, self._name = file, name
        self._deadline = Deadline(replace(limits, max_seconds=seconds), name)

    def lines(self, index: int, page: PageLines) -> PageLines:
        """Return the lines of a page that is a picture, or the page without lines where they can't be recognised."""
        if self._deadline.remaining() <= 0:
            return page
        from corpus.documents.ocr.pages import recognised_page  # noqa: PLC0415 - what it needs is not everywhere

        image, scale = self._file.scan(index)
        try:
            return page_lines(recognised_page(image, scale, self._deadline))
        except (TooLarge, UnreadableDocument):
            return page


def _notes(recognised: Sequence[int], pictures: Sequence[int], count: int) -> tuple[str, ...]:
    notes = []
    if recognised:
        were = "was" if len(recognised) == 1 else "were"
        notes.append(
            f"{len(recognised):,} of {count:,} pages {were} read by OCR, which makes mistakes: {_listed(recognised)}."
        )
    if pictures:
        holds, them = ("holds", "it") if len(pictures) == 1 else ("hold", "them")
        advice = "" if recognised else f" OCR would read {them}."
        notes.append(
            f"{len(pictures):,} of {count:,} pages {holds} no text, only a picture: {_listed(pictures)}.{advice}"
        )
    return tuple(notes)


def _listed(pages: Sequence[int]) -> str:
    return ", ".join(map(str, pages[:_MAX_LISTED_PAGES])) + (", …" if len(pages) > _MAX_LISTED_PAGES else "")


def _creation_date(value: str) -> datetime | None:
    """Return a date of a PDF's metadata, such as D:20240305093000+01'00'."""
    match = _PDF_DATE.match(value.strip())
    if match is None:
        return None
    *numbers, sign, hours, minutes = match.groups()
    year, month, day, hour, minute, second = (
        default if number is None else int(number) for number, default in zip(numbers, (0, 1, 1, 0, 0, 0), strict=True)
    )
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = UTC if not offset else timezone(-offset if sign == "-" else offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
