"""Word documents (DOCX) to drafts: their paragraphs, and the metadata of their properties."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import docx

from corpus.article import Draft
from corpus.documents.dates import not_later_than_now
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.office.archive import DocumentArchive
from corpus.errors import UnreadableDocument

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LABEL = "a Word document"
_CHARACTERS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-", _W + "ptab": "\t"}
_TITLES = frozenset({"Title", "Heading1"})
# The date of python-docx's template, which the documents made with it inherit.
_TEMPLATE_DATE = datetime(2013, 12, 23).date()


def read_docx(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text and properties of a Word document.

    Raises UnreadableDocument where it is broken or has no text, TooLarge past a limit.
    """
    with wrapped_errors(name, _LABEL):
        with DocumentArchive(data, name, _LABEL, limits) as archive:
            document = docx.Document(io.BytesIO(archive.repacked()))
        deadline = Deadline(limits, name)
        blocks: list[str] = []
        heading, was_line = None, False
        for paragraph, is_line, style in _paragraphs(document.element.body):
            deadline.check()
            blocks.append(("" if not blocks else "\n" if is_line and was_line else "\n\n") + paragraph)
            was_line = is_line
            if heading is None and style in _TITLES:
                heading = " ".join(paragraph.split())
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
