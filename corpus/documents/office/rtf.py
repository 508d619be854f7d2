"""Rich Text (RTF) to drafts: paragraphs, list items and rows of tables, and the title and date of its properties."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from striprtf import striprtf

from corpus.article import Draft
from corpus.documents.dates import not_later_than_now
from corpus.documents.limits import Limits, wrapped_errors
from corpus.documents.office.properties import real_title
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_LABEL = "RTF"
_PICTURE = re.compile(r"(?:[0-9a-fA-F]{2}\s*){500,}+")  # the digits of a picture
# The time of striprtf grows with the square of a line of the font table.
_LONG_LINE = re.compile(r"[^\n]{200}[^\n\\]*(?=\\)")
_BRACE = re.compile(r"\\.|[{}]", re.S)
# striprtf drops the groups of footnotes, endnotes and text boxes; their text follows the document's.
_DROPPED = re.compile(r"\{\\(?:\*\\)?(?:footnote|shptxt)\b")
_TITLE = re.compile(r"\{\\title (?P<title>(?:[^{}\\]|\\.){1,1000})\}", re.S)
_CREATED = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})(?:\\hr(\d{1,2}))?(?:\\min(\d{1,2}))?")
_ITEM = re.compile(r"\s*(?:[\u2022\u00b7\u25aa\u25cf\u2013o§*-]|\(?\w{1,3}[.)])\t(?P<text>.*)")


def read_rtf(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the draft of an RTF document.

    Raises UnreadableDocument where it is broken or has no text, TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    markup = _PICTURE.sub("", data.decode("cp1252", "replace"))
    # With the space, striprtf does not look for links, whose addresses it would write into the text.
    markup = markup.replace("\\field{", "\\field {")
    fonts = striprtf.font_table_group(markup)  # type: ignore[no-untyped-call]
    markup = markup.replace(fonts, _LONG_LINE.sub(r"\g<0>\n", fonts), 1)
    body, dropped = _split_off(markup)
    for group in [body, *dropped]:
        for line in _to_text(group, name).replace("\r", "").split("\n"):
            _write_line(writer, line)
        writer.end_list()
    title = _TITLE.search(markup)
    created = _CREATED.search(markup)
    draft = writer.draft(
        title=None if title is None else real_title(_to_text(f"{{\\rtf1 {title['title']}}}", name)),
    )
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    return with_publication_date(draft, name, None if created is None else _time_of(created))


def _to_text(markup: str, name: str) -> str:
    with wrapped_errors(name, _LABEL, ValueError, OverflowError, LookupError):  # numbers and code pages that are none
        return str(striprtf.rtf_to_text(markup, errors="replace"))  # type: ignore[no-untyped-call]


def _split_off(markup: str) -> tuple[str, list[str]]:
    """Return the markup without the groups that striprtf drops, and these groups as documents of their own."""
    kept: list[str] = []
    dropped: list[str] = []
    position = 0
    header = markup[: markup.find("{", 1)] if markup.find("{", 1) > 0 else "{\\rtf1"  # has the code page
    for start, end in _groups(markup):
        kept.append(markup[position:start])
        found = _DROPPED.match(markup, start)
        dropped.append(f"{header}{{{markup[end if found is None else found.end() : end]}}}")
        position = end
    return "".join([*kept, markup[position:]]), dropped


def _groups(markup: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the groups that striprtf drops, the outermost where they nest."""
    depth, start = 0, -1
    for found in _BRACE.finditer(markup):
        if found.group() == "{":
            if start < 0 and _DROPPED.match(markup, found.start()):
                start, depth = found.start(), 0
            depth += 1
        elif found.group() == "}":
            depth -= 1
            if start >= 0 and depth == 0:
                yield start, found.end()
                start = -1


def _write_line(writer: DocumentWriter, line: str) -> None:
    item = _ITEM.match(line)
    if "|" in line and line.endswith("|"):
        writer.row(line.removesuffix("|").split("|"))
    elif item is not None:
        writer.item(item["text"])
    else:
        writer.paragraph(line)


def _time_of(created: re.Match[str]) -> str | None:
    with suppress(ValueError):
        return not_later_than_now(datetime(*(int(part or 0) for part in created.groups())))  # type: ignore[arg-type]
    return None
