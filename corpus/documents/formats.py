"""Documents of any supported format to drafts: finds out the format and calls its reader.

The format follows from the name, the declared media type and the first bytes. A new format needs a member of
DocumentFormat, its extensions, media types and first bytes, and a reader in `_read`.
"""

import re
from dataclasses import replace
from enum import Enum
from pathlib import PurePosixPath

from corpus.article import Draft
from corpus.documents.encoding import charset_of_header, decode
from corpus.documents.limits import DEFAULT_LIMITS, Limits
from corpus.errors import UnreadableDocument, UnsupportedFormat
from corpus.text.unicode import join_surrogates


class DocumentFormat(Enum):
    """A document format that Citeline reads; the value names it in messages."""

    TEXT = "plain text"
    MARKDOWN = "Markdown"
    HTML = "HTML"
    PDF = "a PDF"
    DOCX = "a Word document (DOCX)"


_BY_EXTENSION = {
    ".txt": DocumentFormat.TEXT,
    ".text": DocumentFormat.TEXT,
    ".md": DocumentFormat.MARKDOWN,
    ".markdown": DocumentFormat.MARKDOWN,
    ".html": DocumentFormat.HTML,
    ".htm": DocumentFormat.HTML,
    ".xhtml": DocumentFormat.HTML,
    ".pdf": DocumentFormat.PDF,
    ".docx": DocumentFormat.DOCX,
}
EXTENSIONS = frozenset(_BY_EXTENSION)

BY_MEDIA_TYPE = {
    "text/plain": DocumentFormat.TEXT,
    "text/markdown": DocumentFormat.MARKDOWN,
    "text/x-markdown": DocumentFormat.MARKDOWN,
    "text/html": DocumentFormat.HTML,
    "application/xhtml+xml": DocumentFormat.HTML,
    "application/pdf": DocumentFormat.PDF,
    "application/x-pdf": DocumentFormat.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": DocumentFormat.DOCX,
}
# Servers and browsers send these for a type that they don't know.
UNKNOWN_MEDIA_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/download"})

# The first bytes of supported formats, and of others with their names.
_MAGIC: list[tuple[bytes, DocumentFormat | str]] = [
    (b"%PDF-", DocumentFormat.PDF),
    (b"PK\x03\x04", DocumentFormat.DOCX),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (DOC) or one locked with a password"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
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
    elif extension:
        raise UnsupportedFormat(f"{name} can't be read: {extension} is not one of {', '.join(sorted(EXTENSIONS))}.")
    else:
        document_format = _text_or_html(data) if detected is None else _check_supported(detected, name)
    return _read(document_format, data, name, content_type, limits)


def read_fetched(data: bytes, url: str, content_type: str, limits: Limits = DEFAULT_LIMITS) -> Draft:
    """Return the text and metadata of a fetched page, whose url says nothing about its format.

    Unmistakable first bytes decide, else the content type, else the content. Raises like read_document.
    """
    _check(data, url, limits)
    detected, document_format = _detect(data), BY_MEDIA_TYPE.get(media_type(content_type))
    if detected is not None and (detected is not DocumentFormat.HTML or document_format is None):
        document_format = _check_supported(detected, url)
    elif document_format is not None:
        _check_agreement(document_format, detected, data, url)
    else:
        document_format = _text_or_html(data)
    return _read(document_format, data, url, content_type, limits)


def supported(name: str) -> bool:
    """Tell whether the extension of a file name is that of a supported format."""
    return _extension(name) in EXTENSIONS


def media_type(content_type: str | None) -> str:
    """Return the type of a Content-Type header without its parameters."""
    return "" if content_type is None else content_type.partition(";")[0].strip().lower()


def _check(data: bytes, name: str, limits: Limits) -> None:
    limits.check_bytes(len(data), name)
    if not data.strip():
        raise UnreadableDocument(f"{name} is empty.")


def _read(document_format: DocumentFormat, data: bytes, name: str, content_type: str | None, limits: Limits) -> Draft:
    # The libraries of the readers take a third of a second to import, so each is imported when it is needed.
    charset = charset_of_header(content_type)
    match document_format:
        case DocumentFormat.HTML:
            from corpus.documents.html import read_html  # noqa: PLC0415

            draft = read_html(data, name, charset, limits)
        case DocumentFormat.PDF:
            from corpus.documents.pdf import read_pdf  # noqa: PLC0415

            draft = read_pdf(data, name, limits)
        case DocumentFormat.DOCX:
            from corpus.documents.docx import read_docx  # noqa: PLC0415

            draft = read_docx(data, name, limits)
        case DocumentFormat.MARKDOWN:
            from corpus.documents.markdown import read_markdown  # noqa: PLC0415

            draft = read_markdown(_text(data, name, charset, limits), name, limits)
        case DocumentFormat.TEXT:
            return Draft(text=_text(data, name, charset, limits))
    limits.check_text(len(draft.text), name)
    # Broken fonts and character references leave surrogates.
    return replace(
        draft,
        text=join_surrogates(draft.text),
        title=None if draft.title is None else join_surrogates(draft.title),
        source=None if draft.source is None else join_surrogates(draft.source),
    )


def _text(data: bytes, name: str, charset: str | None, limits: Limits) -> str:
    text = decode(data, name, charset)
    limits.check_text(len(text), name)
    if not text.strip():
        raise UnreadableDocument(f"{name} is empty: it holds only spaces and line ends.")
    return text


def _detect(data: bytes) -> DocumentFormat | str | None:
    """Return the format that the first bytes prove, the name of an unsupported one, or None where they prove none."""
    for magic, detected in _MAGIC:
        if data.startswith(magic):
            return detected
    return DocumentFormat.HTML if _HTML_PAGE.match(data[:4096]) else None


def _extension(name: str) -> str:
    match = _EXTENSION.search(PurePosixPath(name.replace("\\", "/")).name)
    return "" if match is None else match.group().lower()


def _check_supported(detected: DocumentFormat | str, name: str) -> DocumentFormat:
    if isinstance(detected, DocumentFormat):
        return detected
    raise UnsupportedFormat(f"{name} is {detected}. Citeline reads text, Markdown, HTML, PDF and DOCX.")


def _text_or_html(data: bytes) -> DocumentFormat:
    return DocumentFormat.HTML if _HTML_PIECE.match(data[:4096]) else DocumentFormat.TEXT


def _check_agreement(declared: DocumentFormat, detected: DocumentFormat | str | None, data: bytes, name: str) -> None:
    """Raise UnsupportedFormat or UnreadableDocument where the content contradicts the declared format."""
    if isinstance(detected, str):
        raise UnsupportedFormat(f"{name} should be {declared.value}, but it is {detected}.")
    if detected is not None:
        if detected is not declared:
            raise UnreadableDocument(
                f"{name} should be {declared.value}, but it is {detected.value}. Give it its right name."
            )
        return
    # Text in an HTML file does no harm, and PDF readers accept some bytes before the mark.
    is_late_pdf = declared is DocumentFormat.PDF and b"%PDF-" in data[:1024]
    if declared in {DocumentFormat.PDF, DocumentFormat.DOCX} and not is_late_pdf:
        raise UnreadableDocument(f"{name} should be {declared.value}, but its content is something else or cut off.")
