"""Org files to drafts; orgparse takes 20 s for 100,000 headings, and leaves lists, tables and blocks unread."""

import re
from bisect import bisect_left

from corpus.article import BlockKind, Draft
from corpus.documents.dates import read_date
from corpus.documents.limits import Deadline, Limits
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_CLOSING = re.compile(r"\s*(?:#\+end_|:end:(?=\s*$))(?P<name>\w*)\s*$", re.I)
_HEADING = re.compile(r"(?P<stars>\*+)\s+(?P<text>\S.*?)(?:\s+:[\w@#%:]+:)?\s*$")
_LINK = re.compile(r"\[\[(?P<address>[^\[\]]{1,2000})\](?:\[(?P<label>[^\[\]]{1,500})\])?\]")
_BLOCK = re.compile(r"\s*#\+begin_(?P<name>\w+)", re.I)
_KEYWORD = re.compile(r"\s*#\+(?P<name>\w+)(?:\[[^\]]*\])?:\s*(?P<value>.*)", re.I)
_COMMENT = re.compile(r"\s*#(?:\s|$)")
_DRAWER = re.compile(r"\s*:[\w-]+:\s*$")
_ITEM = re.compile(r"(?P<indent>\s*)(?:[-+]|(?P<label>\d{1,9}[.)])|(?<=\s)\*)\s+(?:\[[ xX-]\]\s+)?(?P<text>.*)")
_TERM = re.compile(r"(?P<term>.*?)\s+::\s+(?P<text>.*)")
_ROW = re.compile(r"\s*\|(?P<cells>.*?)\|?\s*$")
_RULE = re.compile(r"\s*\|[-+|]+\s*$")
_FIXED = re.compile(r"\s*:(?: (?P<text>.*)|$)")
_LINE = re.compile(r"\s*-{5,}\s*$")
_NOTE = re.compile(r"\[fn:[^\[\]:]*\]")
_INLINE_NOTE = re.compile(r"\[fn:[^\[\]:]*:(?P<text>[^\[\]]*)\]")
_TIME = re.compile(r"[<\[](\d{4}-\d\d-\d\d[^<>\[\]\n]{0,40})[>\]]")
# *bold*, /italic/, _underlined_, =verbatim=, ~code~, +struck+ within a line or two
_EMPHASIS = re.compile(r"(?<![\w*/_=~+])([*/_=~+])(?=\S)([^\n]{0,300}?(?<=\S))\1(?![\w*/_=~+])")


def read_org(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of an Org file, with its #+title, #+date and #+language.

    Raises UnreadableDocument where it has no text, TooLarge past a limit.
    """
    reader = _OrgReader(DocumentWriter(limits, name), Deadline(limits, name))
    reader.write(text.expandtabs(8).splitlines())
    title, date = (reader.keywords.get(key) for key in ("title", "date"))
    draft = reader.writer.draft(
        title=None if title is None else _plain(title) or None,
        published=None if date is None else read_date(_TIME.sub(lambda time: time[1][:10], date)),
        language=reader.keywords.get("language") or None,
    )
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    return draft if draft.published is not None else with_publication_date(draft, name, None)


def _plain(text: str) -> str:
    """Return text without the marks of emphasis, links, footnotes and times."""
    text = _NOTE.sub("", _INLINE_NOTE.sub(r" (\g<text>)", text))
    text = _LINK.sub(lambda link: link["address"] if link["label"] is None else link["label"], text)
    return _EMPHASIS.sub(r"\2", _TIME.sub(r"\1", text)).strip()


class _OrgReader:
    """Writes the lines of a file; `keywords` are those of its #+lines, the first of each name."""

    def __init__(self, writer: DocumentWriter, deadline: Deadline) -> None:
        self.writer = writer
        self.keywords: dict[str, str] = {}
        self._deadline = deadline
        self._closings: dict[str, list[int]] = {}  # the lines that end blocks, by name, and drawers
        self._lines: list[str] = []
        self._item: int | None = None  # the depth of the list item that the lines belong to
        self._label = ""
        self._indents: list[int] = []
        self._row: list[str] | None = None  # the first row of a table, a header if a rule is below
        self._in_table = False
        self._kind = BlockKind.PARAGRAPH

    def write(self, lines: list[str]) -> None:
        """Write the blocks of lines."""
        for index, line in enumerate(lines):
            if (closing := _CLOSING.match(line)) is not None:
                self._closings.setdefault(closing["name"].lower(), []).append(index)
        end = 0
        for index, line in enumerate(lines):
            if index < end:
                continue
            self._deadline.check()
            if (block := _BLOCK.match(line)) is not None:
                end = self._write_block(block["name"].lower(), lines, index + 1)
            elif _DRAWER.match(line):
                end = self._closing("", index + 1, index + 1)  # :end: has no name
            elif (heading := _HEADING.match(line)) is not None:
                self._flush()
                self.writer.heading(_plain(heading["text"]), len(heading["stars"]))
            else:
                self._write_line(line)
        self._flush()

    def _closing(self, name: str, start: int, default: int) -> int:
        """Return the index of the line below the end of a block or drawer."""
        closings = self._closings.get(name, [])
        at = bisect_left(closings, start)
        return closings[at] + 1 if at < len(closings) else default

    def _write_block(self, name: str, lines: list[str], start: int) -> int:
        """Write a block between #+begin_ and #+end_; return the index of the line below it."""
        end = self._closing(name, start, start) - 1
        self._flush()
        if name in {"quote", "verse"}:
            self._kind = BlockKind.QUOTE
            for line in lines[start:end]:
                self._write_line(line)
            self._flush()
            self._kind = BlockKind.PARAGRAPH
        elif name in {"src", "example", "export"}:
            self.writer.code("\n".join(lines[start:end]))
        elif name != "comment":
            for line in lines[start:end]:
                self._write_line(line)
            self._flush()
        return max(end + 1, start)

    def _write_line(self, line: str) -> None:  # noqa: PLR0912 - a case for each kind of line
        keyword, row, item, fixed = (each.match(line) for each in (_KEYWORD, _ROW, _ITEM, _FIXED))
        if keyword is not None:
            self._flush()
            self.keywords.setdefault(keyword["name"].lower(), keyword["value"].strip())
            if keyword["name"].lower() == "caption":
                self.writer.paragraph(_plain(keyword["value"]), BlockKind.CAPTION)
        elif _RULE.match(line):
            self._write_row(is_header=True)
        elif _COMMENT.match(line):
            pass
        elif row is not None:
            cells = [_plain(cell) for cell in row["cells"].split("|")]
            if self._in_table:
                self._write_row()
                self.writer.row(cells)
            else:
                self._flush()
                self.writer.end_list()
                self._row, self._in_table = cells, True
        elif not line.strip() or _LINE.match(line):
            self._flush()
        elif fixed is not None:
            self._flush()
            self.writer.code(fixed["text"] or "")
        elif item is not None:
            self._begin_item(len(item["indent"]), item["text"], item["label"])
        else:
            if self._item is not None and len(line) - len(line.lstrip()) <= self._indents[-1]:
                self._flush()
            if _NOTE.match(line.strip()):
                self._flush()
            self._lines.append(line.strip())

    def _write_row(self, is_header: bool = False) -> None:
        if self._row is not None:
            self.writer.row(self._row, is_header)
        self._row = None

    def _begin_item(self, indent: int, text: str, label: str | None) -> None:
        was_item = self._item is not None
        self._flush()
        if not was_item and not self._indents:
            self.writer.end_list()
        while self._indents and self._indents[-1] > indent:
            self._indents.pop()
        if not self._indents or self._indents[-1] < indent:
            self._indents.append(indent)
        self._item, self._label = len(self._indents) - 1, "" if label is None else label
        term = _TERM.match(text)
        self._lines = [text if term is None else f"{term['term']}: {term['text']}"]

    def _flush(self) -> None:
        """Write the collected lines."""
        self._write_row()
        self._in_table = False
        text = _plain(" ".join(self._lines))
        if self._item is not None:
            self.writer.item(text, self._item, self._label)
        elif text:
            self.writer.paragraph(text, self._kind)
            self._indents = []
        self._lines, self._item = [], None
