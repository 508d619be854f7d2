"""What kind of document some bytes are: by the name, by the declared type, and by how the bytes begin."""

import re
from enum import Enum
from pathlib import PurePosixPath

from corpus.errors import UnreadableDocument, UnsupportedFormat


class Kind(Enum):
    """A kind of document that Citeline reads; the value is how a person calls it."""

    TEXT = "plain text"
    MARKDOWN = "Markdown"
    HTML = "HTML"
    PDF = "a PDF"
    DOCX = "a Word document (DOCX)"


_BY_EXTENSION = {
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
}
EXTENSIONS = frozenset(_BY_EXTENSION)

BY_TYPE = {
    "text/plain": Kind.TEXT,
    "text/markdown": Kind.MARKDOWN,
    "text/x-markdown": Kind.MARKDOWN,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/pdf": Kind.PDF,
    "application/x-pdf": Kind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.DOCX,
}
# What servers and browsers say when they don't know.
VAGUE_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/download"})

_MAGIC: list[tuple[bytes, Kind | str]] = [
    (b"%PDF-", Kind.PDF),
    (b"PK\x03\x04", Kind.DOCX),
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
_WRITTEN = {Kind.TEXT, Kind.MARKDOWN}


def supported(name: str) -> bool:
    """Tell whether a file of this name is of a kind that is read."""
    return _extension(name) in EXTENSIONS


def kind_of(data: bytes, name: str, content_type: str | None) -> Kind:
    """Return what a file is: its name decides, then its declared type, then how it begins.

    Raises UnsupportedFormat for kinds that are not read, UnreadableDocument where name and content contradict.
    """
    found = sniff(data)
    extension = _extension(name)
    declared = _BY_EXTENSION.get(extension, BY_TYPE.get(media_type(content_type)))
    if declared is None and extension:
        raise UnsupportedFormat(f"{name} can't be read: {extension} is not one of {', '.join(sorted(EXTENSIONS))}.")
    if declared is None:
        return _known(found, name) if found is not None else _guessed(data)
    _check_agreement(declared, found, data, name)
    return declared


def kind_of_page(data: bytes, url: str, content_type: str) -> Kind:
    """Return what a fetched page is: unmistakable bytes decide, then the declared type, then how it begins."""
    found = sniff(data)
    if found is not None and found is not Kind.HTML:
        return _known(found, url)
    declared = BY_TYPE.get(media_type(content_type))
    if declared is not None:
        _check_agreement(declared, found, data, url)
        return declared
    return found if found is not None else _guessed(data)


def sniff(data: bytes) -> Kind | str | None:
    """Return the kind that the first bytes prove, the name of one that is not read, or None where they don't say."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    return Kind.HTML if _HTML_PAGE.match(data[:4096]) else None


def media_type(content_type: str | None) -> str:
    """Return the type of a Content-Type header without its parameters."""
    return "" if content_type is None else content_type.partition(";")[0].strip().lower()


def _extension(name: str) -> str:
    match = _EXTENSION.search(PurePosixPath(name.replace("\\", "/")).name)
    return "" if match is None else match.group().lower()


def _known(found: Kind | str, name: str) -> Kind:
    if isinstance(found, Kind):
        return found
    raise UnsupportedFormat(f"{name} is {found}. Citeline reads text, Markdown, HTML, PDF and DOCX.")


def _guessed(data: bytes) -> Kind:
    return Kind.HTML if _HTML_PIECE.match(data[:4096]) else Kind.TEXT


def _check_agreement(declared: Kind, found: Kind | str | None, data: bytes, name: str) -> None:
    if isinstance(found, str):
        raise UnsupportedFormat(f"{name} should be {declared.value}, but it is {found}.")
    if found is None:
        _check_proven(declared, data, name)
    elif found is not declared:
        raise UnreadableDocument(f"{name} should be {declared.value}, but it is {found.value}. Give it its right name.")


def _check_proven(declared: Kind, data: bytes, name: str) -> None:
    """Readers of PDF accept some bytes before its mark; text in an HTML file is harmless; the rest is a lie."""
    late_mark = declared is Kind.PDF and b"%PDF-" in data[:1024]
    if declared in _WRITTEN or declared is Kind.HTML or late_mark:
        return
    raise UnreadableDocument(f"{name} should be {declared.value}, but its content is something else or cut off.")
