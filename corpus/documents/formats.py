"""Documents of any supported format to drafts: finds out the format and calls its reader.

The format follows from the name, the declared media type and the content. A new format is one entry of FORMATS: what
tells users which formats there are follows from that table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import PurePosixPath

from corpus.article import Draft
from corpus.documents.encoding import charset_of_header, decode
from corpus.documents.limits import DEFAULT_LIMITS, MIB, Limits
from corpus.documents.ocr.tesseract import PICTURES, is_available
from corpus.documents.office.archive import archive_type
from corpus.errors import UnreadableDocument, UnsupportedFormat
from corpus.isolation.worker import MAX_SECONDS
from corpus.text.unicode import join_surrogates

# Increase it with each release whose readers give other texts or blocks: files are read again then.
READER_VERSION = 6


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A document format that Citeline reads.

    name: in a list of formats. label: in a sentence about one document. extensions: of file names, lower-case, with
    their dot. media_types: that servers and browsers declare. reader: "module:function" in corpus.documents, imported
    when it is needed; it takes the document (text where `is_text`, else bytes), its name and the limits. magic: what a
    document of this format begins with. archive_types: what a zip archive of this format declares to be. A document
    must show one of both, if its format has any. needs_ocr: it is read where Tesseract is installed. may_use_ocr: so
    are pages of it that are pictures. seconds_per_mib: of processor time, beyond what any document has.
    """

    name: str
    label: str
    extensions: tuple[str, ...]
    media_types: tuple[str, ...]
    reader: str
    is_text: bool = False
    magic: tuple[bytes, ...] = ()
    archive_types: tuple[str, ...] = ()
    needs_ocr: bool = False
    may_use_ocr: bool = False
    seconds_per_mib: float = 0.0

    @property
    def is_readable(self) -> bool:
        """Tell whether this machine can read it."""
        return is_available() or not self.needs_ocr

    def seconds(self, size: int, limits: Limits) -> float:
        """Return the seconds of processor time that reading so many bytes may take."""
        if (self.needs_ocr or self.may_use_ocr) and is_available():  # a page takes some 2 s
            return limits.max_seconds
        return self.seconds_without_ocr(size, limits)

    def seconds_without_ocr(self, size: int, limits: Limits) -> float:
        """Return how many of them the text itself may take, without that of pictures."""
        return min(limits.max_seconds, MAX_SECONDS + self.seconds_per_mib * size / MIB)


TEXT = DocumentFormat(
    "text", "plain text", (".txt", ".text"), ("text/plain",), "plain_text:read_plain_text", is_text=True
)
HTML = DocumentFormat(
    "HTML", "HTML", (".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml"), "html:read_html"
)
PDF = DocumentFormat(
    "PDF",
    "a PDF",
    (".pdf",),
    ("application/pdf", "application/x-pdf"),
    "pdf.reader:read_pdf",
    magic=(b"%PDF-",),
    may_use_ocr=True,
    seconds_per_mib=6.0,  # a page of text takes 20 ms, and has some 10 KB with its fonts and pictures
)
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
FORMATS = (
    TEXT,
    DocumentFormat(
        "Markdown",
        "Markdown",
        (".md", ".markdown"),
        ("text/markdown", "text/x-markdown"),
        "markdown:read_markdown",
        is_text=True,
    ),
    HTML,
    PDF,
    DocumentFormat(
        "Word (DOCX)",
        "a Word document (DOCX)",
        (".docx",),
        (f"{_OPEN_XML}.wordprocessingml.document",),
        "docx:read_docx",
        archive_types=(f"{_OPEN_XML}.wordprocessingml.document.main+xml",),
    ),
    DocumentFormat(
        "PowerPoint (PPTX)",
        "a PowerPoint presentation (PPTX)",
        (".pptx",),
        (f"{_OPEN_XML}.presentationml.presentation",),
        "office.pptx:read_pptx",
        archive_types=(f"{_OPEN_XML}.presentationml.presentation.main+xml",),
    ),
    DocumentFormat(
        "Excel (XLSX)",
        "an Excel workbook (XLSX)",
        (".xlsx",),
        (f"{_OPEN_XML}.spreadsheetml.sheet",),
        "office.xlsx:read_xlsx",
        archive_types=(f"{_OPEN_XML}.spreadsheetml.sheet.main+xml",),
    ),
    DocumentFormat(
        "OpenDocument (ODT, ODS, ODP)",
        "an OpenDocument file (ODT, ODS, ODP)",
        (".odt", ".ods", ".odp"),
        tuple(f"{_OPEN_DOCUMENT}.{kind}" for kind in ("text", "spreadsheet", "presentation")),
        "office.opendocument:read_opendocument",
        archive_types=tuple(f"{_OPEN_DOCUMENT}.{kind}" for kind in ("text", "spreadsheet", "presentation")),
    ),
    DocumentFormat("RTF", "RTF", (".rtf",), ("application/rtf", "text/rtf"), "office.rtf:read_rtf", magic=(b"{\\rtf",)),
    DocumentFormat(
        "CSV",
        "CSV",
        (".csv", ".tsv", ".tab"),
        ("text/csv", "application/csv", "text/tab-separated-values"),
        "office.tables:read_csv",
        is_text=True,
    ),
    DocumentFormat(
        "EPUB",
        "an e-book (EPUB)",
        (".epub",),
        ("application/epub+zip",),
        "epub:read_epub",
        archive_types=("application/epub+zip",),
    ),
    DocumentFormat("e-mail (EML)", "an e-mail (EML)", (".eml",), ("message/rfc822",), "mail:read_mail"),
    DocumentFormat(
        "MHTML",
        "a web page saved as one file (MHTML)",
        (".mhtml", ".mht"),
        ("multipart/related", "application/x-mimearchive"),
        "mail:read_web_archive",
    ),
    DocumentFormat(
        "reStructuredText",
        "reStructuredText",
        (".rst", ".rest"),
        ("text/x-rst", "text/prs.fallenstein.rst"),
        "markup.restructuredtext:read_restructuredtext",
        is_text=True,
    ),
    DocumentFormat("Org", "an Org file", (".org",), ("text/org", "text/x-org"), "markup.org:read_org", is_text=True),
    DocumentFormat(
        "AsciiDoc",
        "AsciiDoc",
        (".adoc", ".asciidoc", ".asc"),
        ("text/asciidoc", "text/x-asciidoc"),
        "markup.asciidoc:read_asciidoc",
        is_text=True,
    ),
    DocumentFormat(
        "subtitles (SRT, VTT)",
        "a file of subtitles (SRT, VTT)",
        (".srt", ".vtt"),
        ("application/x-subrip", "text/vtt"),
        "transcripts:read_subtitles",
        is_text=True,
    ),
    DocumentFormat("logs", "a log", (".log",), ("text/x-log",), "transcripts:read_log", is_text=True),
    DocumentFormat(
        "pictures of text (PNG, JPEG, TIFF)",
        "a picture (PNG, JPEG, TIFF)",
        (".png", ".jpg", ".jpeg", ".tif", ".tiff"),
        ("image/png", "image/jpeg", "image/tiff"),
        "ocr.pages:read_picture",
        magic=PICTURES,
        needs_ocr=True,
    ),
)
_BY_EXTENSION = {extension: each for each in FORMATS for extension in each.extensions}
EXTENSIONS = frozenset(_BY_EXTENSION)
BY_MEDIA_TYPE = {media_type: each for each in FORMATS for media_type in each.media_types}
_BY_ARCHIVE_TYPE = {archive_type.lower(): each for each in FORMATS for archive_type in each.archive_types}
# Servers and browsers send these for a type that they don't know.
UNKNOWN_MEDIA_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/download"})

# What is no document, and how it is added.
_TABLE = (
    "is a table of articles, one a line. Add its articles with app.py add --jsonl, or choose it under Add on the page."
)
OTHER_UPLOADS = {
    ".jsonl": _TABLE,
    ".ndjson": _TABLE,
    ".opml": "is a list of feeds. Follow them with app.py feeds import, or choose it under Feeds on the page.",
}

_ZIP = b"PK\x03\x04"
_LATE_MAGIC = 1024  # bytes in which a document may begin
_BROKEN_ZIP = "a zip archive that is broken or cut off"
# The first bytes of supported formats, and of others with their names.
_MAGIC: list[tuple[bytes, DocumentFormat | str]] = [
    *((magic, each) for each in FORMATS for magic in each.magic),
    (b"PK\x05\x06", "an empty zip archive"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office file (DOC, XLS, PPT), an Outlook message (MSG) or an Office file locked with a password",
    ),
    (b"GIF8", "a picture (GIF)"),
    (b"RIFF", "a picture, sound or film (RIFF)"),
    (b"ID3", "a sound (MP3)"),
    (b"OggS", "a sound or film (Ogg)"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"BZh9", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
    (b"%!PS", "PostScript"),
]
_HTML_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_HTML_PIECE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:p|div|article|section|main|h[1-6]|ul|ol|table|span|title|meta)\b[^<>]*>", re.I
)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}$")


def read_document(data: bytes, name: str, content_type: str | None = None, limits: Limits = DEFAULT_LIMITS) -> Draft:
    """Return the text and metadata of a document.

    The extension of its name decides about the format, else the content type, else the content. Raises
    UnreadableDocument, UnsupportedFormat or TooLarge; the message names the document.
    """
    _check(data, name, limits)
    detected, extension = _detect(data), _extension(name)
    document_format = _BY_EXTENSION.get(extension, BY_MEDIA_TYPE.get(media_type(content_type)))
    if document_format is not None:
        _check_agreement(document_format, detected, data, name)
    elif extension in OTHER_UPLOADS:
        raise UnsupportedFormat(f"{name} {OTHER_UPLOADS[extension]}")
    elif extension:
        raise UnsupportedFormat(f"{name} can't be read: {extension} is no format that Citeline reads. {formats_read()}")
    else:
        document_format = _text_or_html(data) if detected is None else _check_supported(detected, name)
    return _read(document_format, data, name, content_type, limits)


def read_fetched(data: bytes, url: str, content_type: str, limits: Limits = DEFAULT_LIMITS) -> Draft:
    """Return the text and metadata of a fetched page, whose url says nothing about its format.

    Unmistakable first bytes decide, else the content type, else the content. Raises like read_document.
    """
    _check(data, url, limits)
    detected, document_format = _detect(data), BY_MEDIA_TYPE.get(media_type(content_type))
    if detected is not None and (detected is not HTML or document_format is None):
        document_format = _check_supported(detected, url)
    elif document_format is not None:
        _check_agreement(document_format, detected, data, url)
    else:
        document_format = _text_or_html(data)
    return _read(document_format, data, url, content_type, limits)


def worker_seconds(data: bytes, limits: Limits) -> float:
    """Return the seconds of processor time that a worker may take for a document, by its first bytes alone."""
    found = next((each for each in FORMATS if data.startswith(each.magic)), TEXT)
    if found is TEXT and PDF.magic[0] in data[:_LATE_MAGIC] and not data.startswith(_ZIP):
        found = PDF
    return found.seconds(len(data), limits)


def supported(name: str) -> bool:
    """Tell whether the extension of a file name is that of a format that this machine can read."""
    found = _BY_EXTENSION.get(_extension(name))
    return found is not None and found.is_readable


def readable_extensions() -> list[str]:
    """Return the extensions of the formats that this machine can read."""
    return [extension for extension, found in _BY_EXTENSION.items() if found.is_readable]


def list_formats() -> str:
    """Return the names of all formats, such as "text, Markdown and HTML"."""
    *others, last = (each.name for each in FORMATS if each.is_readable)
    return f"{', '.join(others)} and {last}"


def formats_read() -> str:
    """Return the sentence that tells which formats Citeline reads."""
    return f"Citeline reads {list_formats()}."


def media_type(content_type: str | None) -> str:
    """Return the type of a Content-Type header without its parameters."""
    return "" if content_type is None else content_type.partition(";")[0].strip().lower()


def _check(data: bytes, name: str, limits: Limits) -> None:
    limits.check_bytes(len(data), name)
    if not data.strip():
        raise UnreadableDocument(f"{name} is empty.")


def _read(document_format: DocumentFormat, data: bytes, name: str, content_type: str | None, limits: Limits) -> Draft:
    if not document_format.is_readable:
        raise UnsupportedFormat(
            f"{name} is {document_format.label}. Its text can be read where Tesseract is installed, "
            "with pip install -r requirements-ocr.txt."
        )
    charset = charset_of_header(content_type)
    try:
        if document_format is HTML:
            draft = load_reader(HTML)(data, name, charset, limits)
        elif document_format.is_text:
            draft = load_reader(document_format)(_text(data, name, charset, limits), name, limits)
        else:
            draft = load_reader(document_format)(data, name, limits)
    except RecursionError as error:
        raise UnreadableDocument(f"{name} is nested too deeply to be read.") from error
    limits.check_text(len(draft.text), name)
    # Broken fonts and character references leave surrogates.
    return replace(
        draft,
        text=join_surrogates(draft.text),
        title=None if draft.title is None else join_surrogates(draft.title),
        source=None if draft.source is None else join_surrogates(draft.source),
        media_type=document_format.media_types[0],
    )


def load_reader(document_format: DocumentFormat) -> Callable[..., Draft]:
    """Return the reader of a format. Its libraries take a third of a second to import, so this is done when needed."""
    module, _, function = document_format.reader.partition(":")
    reader: Callable[..., Draft] = getattr(import_module(f"corpus.documents.{module}"), function)
    return reader


def _text(data: bytes, name: str, charset: str | None, limits: Limits) -> str:
    text = decode(data, name, charset)
    limits.check_text(len(text), name)
    if not text.strip():
        raise UnreadableDocument(f"{name} is empty: it holds only spaces and line ends.")
    return text


def _detect(data: bytes) -> DocumentFormat | str | None:
    """Return the format that the content proves, the name of an unsupported one, or None where it proves none."""
    if data.startswith(_ZIP):
        declared = archive_type(data)
        if declared is None:
            return _BROKEN_ZIP
        other = "an Office document of another kind" if declared else "a zip archive"
        return _BY_ARCHIVE_TYPE.get(declared.lower(), other)
    for magic, detected in _MAGIC:
        if data.startswith(magic):
            return detected
    return HTML if _HTML_PAGE.match(data[:4096]) else None


def _extension(name: str) -> str:
    match = _EXTENSION.search(PurePosixPath(name.replace("\\", "/")).name)
    return "" if match is None else match.group().lower()


def _check_supported(detected: DocumentFormat | str, name: str) -> DocumentFormat:
    if isinstance(detected, DocumentFormat):
        return detected
    raise UnsupportedFormat(f"{name} is {detected}. {formats_read()}")


def _text_or_html(data: bytes) -> DocumentFormat:
    return HTML if _HTML_PIECE.match(data[:4096]) else TEXT


def _check_agreement(declared: DocumentFormat, detected: DocumentFormat | str | None, data: bytes, name: str) -> None:
    """Raise UnsupportedFormat or UnreadableDocument where the content contradicts the declared format."""
    if detected is _BROKEN_ZIP and declared.archive_types:
        return  # its reader tells whether it is broken, locked or too large
    if isinstance(detected, str):
        raise UnsupportedFormat(f"{name} should be {declared.label}, but it is {detected}.")
    if detected is not None:
        if detected is not declared:
            raise UnreadableDocument(
                f"{name} should be {declared.label}, but it is {detected.label}. Give it its right name."
            )
        return
    # Text in an HTML file does no harm, and PDF readers accept some bytes before the mark.
    is_late = any(magic in data[:_LATE_MAGIC] for magic in declared.magic)
    if (declared.magic or declared.archive_types) and not is_late:
        raise UnreadableDocument(f"{name} should be {declared.label}, but its content is something else or cut off.")
