"""DOCX to a draft."""

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
from corpus.documents.limits import Deadline, Limits, readable
from corpus.errors import CitelineError, TooLarge, UnreadableDocument, UnsupportedFormat

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MAIN = CONTENT_TYPE.WML_DOCUMENT_MAIN.encode()
_OTHERS = {
    b"spreadsheetml": "an Excel workbook",
    b"presentationml": "a PowerPoint presentation",
    b"macroEnabled": "a Word document with macros",
}
_CHUNK = 65_536
_SMALL = 1024 * 1024
_XML_SHARE = 4
_CHARACTERS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-", _W + "ptab": "\t"}
_TITLES = frozenset({"Title", "Heading1"})
# The day of python-docx's template, which its documents inherit.
_TEMPLATE_DAY = datetime(2013, 12, 23).date()


def read_docx(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text of a Word document and what its properties say.

    Raises UnreadableDocument for one that is broken or without text, UnsupportedFormat for another kind of zip
    archive, TooLarge for one that unpacks to too much.
    """
    try:
        document = docx.Document(io.BytesIO(_repacked(data, name, limits)))
        text, heading = _text(document.element.body, Deadline(limits, name))
    except CitelineError:
        raise
    except Exception as error:
        raise UnreadableDocument(f"{name} is not a Word document that can be read: it is broken or cut off.") from error
    if not text:
        raise UnreadableDocument(f"{name} holds no text.")
    return _draft(text, heading, document.core_properties)


def _repacked(data: bytes, name: str, limits: Limits) -> bytes:
    """Return the archive without compression and without pictures, so that nothing can swell when it is read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        _check_sizes(old, len(data), name, limits)
        _check_is_word(old, name)
        left, tags = limits.max_unpacked // _XML_SHARE, 0
        for member in old.infolist():
            content = _read_member(old, member, left, name) if _is_markup(member.filename) else b""
            left, tags = left - len(content), tags + content.count(b"<")
            limits.check_tags(tags, name)
            _check_no_entities(content, name)
            new.writestr(member.filename, content)
    return packed.getvalue()


def _check_sizes(archive: zipfile.ZipFile, packed: int, name: str, limits: Limits) -> None:
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > limits.max_unpacked:
        raise TooLarge(f"{name} unpacks to {readable(unpacked)}; the limit is {readable(limits.max_unpacked)}.")
    if unpacked > _SMALL and unpacked > limits.max_ratio * packed:
        raise TooLarge(f"{name} unpacks to more than {limits.max_ratio} times its size, as no document does.")
    if len(archive.infolist()) > 10_000:
        raise TooLarge(f"{name} is an archive of {len(archive.infolist()):,} files, as no document is.")
    if any(member.flag_bits & 1 for member in archive.infolist()):
        raise UnreadableDocument(f"{name} is locked with a password. Save it without one.")


def _check_is_word(archive: zipfile.ZipFile, name: str) -> None:
    try:
        with archive.open("[Content_Types].xml") as file:
            types = file.read(_SMALL)
    except KeyError as error:
        raise UnsupportedFormat(f"{name} is a zip archive, not a Word document (DOCX).") from error
    if _MAIN not in types:
        found = next((what for mark, what in _OTHERS.items() if mark in types), "another kind of archive")
        raise UnsupportedFormat(f"{name} is {found}, not a Word document (DOCX).")


def _is_markup(filename: str) -> bool:
    return filename.lower().endswith((".xml", ".rels"))


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, name: str) -> bytes:
    """Read a member piece by piece: what an archive declares as its size need not be true."""
    content = bytearray()
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            content += chunk
            if len(content) > most:
                raise TooLarge(f"{name} unpacks to more text and markup than a document should.")
    return bytes(content)


def _check_no_entities(content: bytes, name: str) -> None:
    """Word writes no DTD; what has one wants to swell (XML entities) or to read other files."""
    if b"<!DOCTYPE" in content.replace(b"\0", b""):
        raise UnreadableDocument(f"{name} is not a Word document that can be read: its XML declares entities.")


def _draft(text: str, heading: str | None, properties: Any) -> Draft:
    try:
        title, created, language = properties.title, properties.created, properties.language
    except (ValueError, TypeError, KeyError, AttributeError):
        return Draft(text=text, title=heading)
    is_template = created is not None and created.date() == _TEMPLATE_DAY
    return Draft(
        text=text,
        title=heading if _is_junk(title) else " ".join(title.split()),
        published=None if is_template else not_later_than_now(created),
        language=language or None,
    )


def _is_junk(title: str) -> bool:
    return re.fullmatch(r"\W*|word document|document\s*\d*|untitled.*|.*\.docx?", title.strip(), re.I) is not None


def _text(body: Any, deadline: Deadline) -> tuple[str, str | None]:
    """Return the text, and the first paragraph that is a title or main heading."""
    blocks: list[str] = []
    heading, was_line = None, False
    for paragraph, is_line, style in _paragraphs(body):
        deadline.check()
        blocks.append(("" if not blocks else "\n" if is_line and was_line else "\n\n") + paragraph)
        was_line = is_line
        if heading is None and style in _TITLES:
            heading = " ".join(paragraph.split())
    return "".join(blocks), heading


def _paragraphs(body: Any) -> Iterator[tuple[str, bool, str]]:
    """Yield each paragraph, list item and table row with whether it goes on a line of its own, and its style."""
    for element in _outermost(body, _W + "p", _W + "tr"):
        if element.tag == _W + "tr":
            row = " | ".join(_cell(cell) for cell in element.iterchildren(_W + "tc"))
            if row.strip(" |"):
                yield row, True, ""
        else:
            text, style = _paragraph(element), _style(element)
            if text and not style.startswith("TOC"):
                yield text, _is_item(element, style), style


def _outermost(root: Any, *tags: str) -> Iterator[Any]:
    """Yield the elements that are in none of these: what a text box or an inner table holds is told once."""
    last: Any = None
    for element in root.iter(*tags):
        if last is None or all(ancestor is not last for ancestor in element.iterancestors(last.tag)):
            last = element
            yield element


def _cell(cell: Any) -> str:
    return " ".join(" ".join(map(_paragraph, _outermost(cell, _W + "p"))).split())


def _paragraph(paragraph: Any) -> str:
    parts = []
    for element in paragraph.iter(_W + "t", *_CHARACTERS):
        if next(element.iterancestors(_FALLBACK), None) is None:
            parts.append(_CHARACTERS.get(element.tag, element.text if element.text is not None else ""))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return "" if style is None else str(style.get(_W + "val", ""))


def _is_item(paragraph: Any, style: str) -> bool:
    return style.startswith("List") or paragraph.find(f"{_W}pPr/{_W}numPr") is not None
