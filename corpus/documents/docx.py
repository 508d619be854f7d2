"""Word documents (DOCX) to drafts: their paragraphs, and the metadata of their properties."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import docx
from docx.opc.constants import CONTENT_TYPE

from corpus.article import Draft
from corpus.documents.dates import not_later_than_now
from corpus.documents.limits import Deadline, Limits, format_size
from corpus.errors import CitelineError, TooLarge, UnreadableDocument, UnsupportedFormat

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MAIN = CONTENT_TYPE.WML_DOCUMENT_MAIN.encode()
_OTHER_CONTENT = {
    b"spreadsheetml": "an Excel workbook",
    b"presentationml": "a PowerPoint presentation",
    b"macroEnabled": "a Word document with macros",
}
_MIB = 1024 * 1024
_MAX_FILES = 10_000
_MARKUP_DIVISOR = 4  # XML may take a quarter of the unpacked bytes, since its tree takes several times its size
_CHARACTERS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-", _W + "ptab": "\t"}
_TITLES = frozenset({"Title", "Heading1"})
# The date of python-docx's template, which the documents made with it inherit.
_TEMPLATE_DATE = datetime(2013, 12, 23).date()


def read_docx(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text and properties of a Word document.

    Raises UnreadableDocument where it is broken or has no text, UnsupportedFormat for another kind of zip archive,
    TooLarge past a limit.
    """
    try:
        document = docx.Document(io.BytesIO(_repacked(data, name, limits)))
        deadline = Deadline(limits, name)
        blocks: list[str] = []
        heading, was_line = None, False
        for paragraph, is_line, style in _paragraphs(document.element.body):
            deadline.check()
            blocks.append(("" if not blocks else "\n" if is_line and was_line else "\n\n") + paragraph)
            was_line = is_line
            if heading is None and style in _TITLES:
                heading = " ".join(paragraph.split())
    except CitelineError:
        raise
    except Exception as error:
        raise UnreadableDocument(f"{name} is not a Word document that can be read: it is broken or cut off.") from error
    if not blocks:
        raise UnreadableDocument(f"{name} holds no text.")
    text, properties = "".join(blocks), document.core_properties
    try:
        title, created, language = properties.title, properties.created, properties.language
    except (ValueError, TypeError, KeyError, AttributeError):
        return Draft(text=text, title=heading)
    is_template_date = created is not None and created.date() == _TEMPLATE_DATE
    is_placeholder = re.fullmatch(r"\W*|word document|document\s*\d*|untitled.*|.*\.docx?", title.strip(), re.I)
    return Draft(
        text=text,
        title=heading if is_placeholder is not None else " ".join(title.split()),
        published=None if is_template_date else not_later_than_now(created),
        language=language or None,
    )


def _repacked(data: bytes, name: str, limits: Limits) -> bytes:
    """Return an uncompressed archive with the XML alone, other members emptied, so that python-docx unpacks nothing."""
    uncompressed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(uncompressed, "w") as target:
        _check_archive(source, len(data), name, limits)
        remaining, tags = limits.max_unpacked // _MARKUP_DIVISOR, 0
        for member in source.infolist():
            content = b""
            if member.filename.lower().endswith((".xml", ".rels")):
                with source.open(member) as file:
                    content = file.read(remaining + 1)  # the declared size may be false
            if len(content) > remaining:
                raise TooLarge(f"{name} unpacks to more text and markup than a document should.")
            remaining, tags = remaining - len(content), tags + content.count(b"<")
            limits.check_tags(tags, name)
            # Word writes no DTD; one would allow entity expansion ("billion laughs") and external entities.
            if b"<!DOCTYPE" in content.replace(b"\0", b""):
                raise UnreadableDocument(f"{name} is not a Word document that can be read: its XML declares entities.")
            target.writestr(member.filename, content)
    return uncompressed.getvalue()


def _check_archive(archive: zipfile.ZipFile, packed_size: int, name: str, limits: Limits) -> None:
    """Raise TooLarge past a limit by the declared sizes, UnreadableDocument where it is encrypted.

    Raises UnsupportedFormat for another kind of zip archive.
    """
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > limits.max_unpacked:
        raise TooLarge(f"{name} unpacks to {format_size(unpacked)}; the limit is {format_size(limits.max_unpacked)}.")
    if unpacked > _MIB and unpacked > limits.max_ratio * packed_size:
        raise TooLarge(f"{name} unpacks to more than {limits.max_ratio} times its size, as no document does.")
    if len(archive.infolist()) > _MAX_FILES:
        raise TooLarge(f"{name} is an archive of {len(archive.infolist()):,} files, as no document is.")
    if any(member.flag_bits & 1 for member in archive.infolist()):
        raise UnreadableDocument(f"{name} is locked with a password. Save it without one.")
    try:
        with archive.open("[Content_Types].xml") as file:
            types = file.read(_MIB)
    except KeyError as error:
        raise UnsupportedFormat(f"{name} is a zip archive, not a Word document (DOCX).") from error
    if _MAIN not in types:
        other = next((label for marker, label in _OTHER_CONTENT.items() if marker in types), "another kind of archive")
        raise UnsupportedFormat(f"{name} is {other}, not a Word document (DOCX).")


def _paragraphs(body: Any) -> Iterator[tuple[str, bool, str]]:
    """Yield each paragraph, list item and table row, whether it is one line of a list or table, and its style."""
    for element in _outermost(body, _W + "p", _W + "tr"):
        if element.tag == _W + "tr":
            cells = (map(_paragraph_text, _outermost(cell, _W + "p")) for cell in element.iterchildren(_W + "tc"))
            row = " | ".join(" ".join(" ".join(paragraphs).split()) for paragraphs in cells)
            if row.strip(" |"):
                yield row, True, ""
        else:
            style_element = element.find(f"{_W}pPr/{_W}pStyle")
            style = "" if style_element is None else str(style_element.get(_W + "val", ""))
            text = _paragraph_text(element)
            if text and not style.startswith("TOC"):
                yield text, style.startswith("List") or element.find(f"{_W}pPr/{_W}numPr") is not None, style


def _outermost(root: Any, *tags: str) -> Iterator[Any]:
    """Yield the elements with these tags that are not nested in each other: an inner table belongs to its outer row."""
    last: Any = None
    for element in root.iter(*tags):
        if last is None or all(ancestor is not last for ancestor in element.iterancestors(last.tag)):
            last = element
            yield element


def _paragraph_text(paragraph: Any) -> str:
    """Return the text of a paragraph, without the fallbacks for old versions of Word."""
    parts = []
    for element in paragraph.iter(_W + "t", *_CHARACTERS):
        if next(element.iterancestors(_FALLBACK), None) is None:
            parts.append(_CHARACTERS.get(element.tag, element.text if element.text is not None else ""))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)
