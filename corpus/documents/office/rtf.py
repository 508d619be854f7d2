"""Rich Text (RTF) to drafts: headings, paragraphs, items and rows of tables, and its title and date."""

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
# A paragraph is a heading by its outline level or its style, which hold until \\pard or the end of their group.
_STYLE = re.compile(r"\{\\s(\d{1,5})(?!\d)(?P<definition>[^{}]{0,2000});\}")
_OUTLINE_LEVEL = re.compile(r"\\outlinelevel([0-8])(?!\d)")
_HEADING_NAME = re.compile(r"(?:heading ?([1-9])|(?<![a-z])title)$", re.I)
_PARAGRAPH_STATE = re.compile(
    r"\\(?:(?P<reset>pard)|(?P<end>par|line)|s(?P<style>\d{1,5})|outlinelevel(?P<level>\d))(?![A-Za-z\d])|\\.|[{}]",
    re.S,
)
_MARK = "\x02"  # stands with the level at the end of a heading
_HEADING = re.compile(rf"(?P<text>[^{_MARK}]*){_MARK}(?P<level>\d)\s*")
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
    body, dropped = _split_off(_with_heading_marks(markup))
    headings: list[str] = []
    for group in [body, *dropped]:
        for line in _to_text(group, name).replace("\r", "").split("\n"):
            heading = _HEADING.fullmatch(line)
            if heading is None:
                _write_line(writer, line)
            else:
                writer.heading(heading["text"], int(heading["level"]))
                headings.append(" ".join(heading["text"].split()))
        writer.end_list()
    declared = _TITLE.search(markup)
    title = None if declared is None else real_title(_to_text(f"{{\\rtf1 {declared['title']}}}", name))
    created = _CREATED.search(markup)
    draft = writer.draft(title=next(filter(None, headings), None) if title is None else title)
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    return with_publication_date(draft, name, None if created is None else _time_of(created))


def _to_text(markup: str, name: str) -> str:
    with wrapped_errors(name, _LABEL, ValueError, OverflowError, LookupError):  # numbers and code pages that are none
        return str(striprtf.rtf_to_text(markup, errors="replace"))  # type: ignore[no-untyped-call]


def _with_heading_marks(markup: str) -> str:
    """Return the markup with a mark and the level at the end of each heading, which striprtf doesn't tell."""
    levels: dict[str, int] = {}
    for style in _STYLE.finditer(markup):
        outline, named = _OUTLINE_LEVEL.search(style["definition"]), _HEADING_NAME.search(style["definition"])
        if outline is not None:
            levels[style.group(1)] = int(outline.group(1)) + 1
        elif named is not None:
            levels[style.group(1)] = int(named.group(1) or 1)
    if not levels and _OUTLINE_LEVEL.search(markup) is None:
        return markup
    parts: list[str] = []
    position, level = 0, 0  # 0 for a paragraph that is no heading
    open_groups: list[int] = []
    for found in _PARAGRAPH_STATE.finditer(markup):
        if found.group() == "{":
            open_groups.append(level)
        elif found.group() == "}":
            level = open_groups.pop() if open_groups else 0
        elif found["reset"]:
            level = 0
        elif found["style"]:
            level = levels.get(found["style"], 0)
        elif found["level"]:
            level = int(found["level"]) + 1 if found["level"] != "9" else 0
        elif found["end"] and level:  # a control word, lest the mark be taken for what stands for a character
            parts += [
                markup[position : found.start()],
                f"\\plain{_MARK}{level}\\par" if found["end"] == "par" else "\\tab",
            ]
            position = found.end()
    return "".join([*parts, markup[position:]])


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
