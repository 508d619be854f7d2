"""Writes the tokens of Markdown as the blocks of a draft."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.article import BlockKind
from corpus.documents.html import write_fragment
from corpus.documents.limits import Limits
from corpus.documents.markdown.syntax import CAPTION, CONTAINER
from corpus.documents.writer import DocumentWriter
from corpus.text.sentences import MIN_WRAP

_TAG = re.compile(r"<[^<>]*>")
_LISTS = frozenset({"bullet_list", "ordered_list"})
# By the type of a token: the element that it begins or ends, and whether it begins it.
_ENDS = {
    f"{element}_{end}": (element, end == "open")
    for element in (*_LISTS, "list_item", "dd", "blockquote", "thead", "table", "tr")
    for end in ("open", "close")
}
_CONTAINER_OPEN = f"container_{CONTAINER}_open"
# > [!warning] Mind the tide
_CALLOUT = re.compile(r"\[!([\w-]{1,40})(?:\|[^\]\n]*)?\][+-]?[ \t]*")
_QUOTE_CALLOUTS = frozenset({"quote", "cite"})
_CONTAINER_TITLE = re.compile(
    r"\s*(?:\{(?P<attributes>[^}]*)\}|[\w-]+)\s*(?:\[(?P<bracketed>[^\]]*)\]|(?P<words>[^{\[]*))"
)
_TITLE_ATTRIBUTE = re.compile(r"""\btitle\s*=\s*["']([^"']*)["']""")
# Fences that MyST shows as a box with text: ```{note}
_BOX = re.compile(r"\{(?:admonition|attention|caution|danger|error|hint|important|note|seealso|tip|warning)\}(.*)")
_OPTION = re.compile(r"(?::[\w-]+:[^\n]*\n)+")
_MAX_BOXES = 5  # inside each other
_CHECKBOX = re.compile(r"\[([ xX])\][ \t]+")
# ==highlighted==, H~2~O and m^2^
_MARKED = re.compile(r"==(?=\S)([^=\n]{1,1000})(?<=\S)==|(?<=\w)(?:~([\w+-]{1,20})~|\^([\w+-]{1,20})\^)")
_BLOCK_ID = re.compile(r"\s\^(?=[\w-]*[a-z])[\w-]{3,40}\Z")  # Obsidian's address of a paragraph: "... text ^b4c2d1"
_CONTENTS = re.compile(r"\[{0,2}_?TOC_?\]{0,2}", re.I)  # the place of a generated table of contents
_SOFT_BREAK = "\v"
_BREAKS = {"softbreak": _SOFT_BREAK, "hardbreak": "\n"}
_PLAIN = frozenset({"code_inline", "text_special", CAPTION})


class MarkdownBlocks:
    """Writes what tokens show: headings, paragraphs, list items, rows, quotes and code."""

    def __init__(self, parser: MarkdownIt, writer: DocumentWriter, limits: Limits, name: str) -> None:
        self._parser, self._writer, self._limits, self._name = parser, writer, limits, name
        self._env: dict[str, Any] = {}  # the footnotes and links that are defined
        self._row: list[str] | None = None
        self._is_item_start = self._is_definition_start = self._is_header = self._has_title = False
        self._numbers: list[int | None] = []  # of the next items of the open lists, None where these have bullets
        self._label = ""
        self._quotes: list[BlockKind | None] = []  # what text inside each quote is, None before its first text
        self._term = ""
        self._boxes = 0

    def parse(self, text: str) -> list[Token]:
        """Return the tokens of a text."""
        return self._parser.parse(text, self._env)

    def write_inline_footnotes(self) -> None:
        """Write the footnotes that stand within lines: `^[This is one.]`."""
        for note in self._env.get("footnotes", {}).get("list", {}).values():
            self._writer.paragraph(inline_text(note.get("tokens")))

    def write(self, tokens: Sequence[Token]) -> None:
        """Write the blocks of a document's tokens."""
        for number, token in enumerate(tokens):
            kind = token.type
            if kind == "inline":
                self._write_inline(token, tokens[number - 1])
            elif kind in _ENDS:
                self._enter_or_leave(*_ENDS[kind], token)
            elif kind in {"fence", "code_block"}:
                self._write_fence(token)
            elif kind == "html_block" and _TAG.sub("", token.content).strip():
                write_fragment(token.content, self._writer, self._limits, self._name)
            elif kind == "admonition_open":
                self._has_title = len(token.info.split()) > 1  # else the plugin makes a title of the kind
            elif kind == _CONTAINER_OPEN:
                self._writer.paragraph(_container_title(token.info))

    def _enter_or_leave(self, kind: str, is_open: bool, token: Token) -> None:
        """Enter or leave an element with others in it."""
        if kind in _LISTS:
            if is_open:
                self._numbers.append(int(token.attrs.get("start", 1)) if kind == "ordered_list" else None)
            else:
                self._numbers.pop()
            if not self._numbers:
                self._writer.end_list()
        elif kind == "list_item":
            self._is_item_start = is_open
            self._label = self._next_label(token.markup) if is_open else ""
        elif kind == "dd":
            self._is_definition_start = is_open
        elif kind == "blockquote" and is_open:
            self._quotes.append(None)
        elif kind == "blockquote":
            self._quotes.pop()
        elif kind == "thead":
            self._is_header = is_open
        elif kind == "table":
            self._writer.end_list()
        elif kind == "tr":
            if self._row is not None:
                self._writer.row(self._row, is_header=self._is_header)
            self._row = [] if is_open else None

    def _next_label(self, mark: str) -> str:
        number = self._numbers[-1]
        if number is None:
            return ""
        self._numbers[-1] = number + 1
        return f"{number}{mark}"

    def _write_inline(self, token: Token, before: Token) -> None:
        children = token.children if token.children is not None else []
        text = inline_text(children)
        if self._row is not None:
            self._row.append(text)
        elif before.type == "heading_open":
            self._writer.heading(text, int(before.tag[1:]))
        elif before.type == "admonition_title_open":
            if self._has_title:
                self._writer.paragraph(text)
        elif before.type == "dt_open":
            self._term = " ".join(text.split())
        elif self._is_definition_start:
            self._is_definition_start = False
            self._writer.item(f"{self._term}: {text}", max(len(self._numbers) - 1, 0))
        elif self._is_item_start:
            self._is_item_start = False
            if not _CONTENTS.fullmatch(text.strip()):
                self._writer.item(_CHECKBOX.sub(_checkbox, text, count=1), max(len(self._numbers) - 1, 0), self._label)
        elif self._quotes:
            self._write_quoted(text, token.content)
        elif any(child.type == CAPTION for child in children) and all(
            child.type == CAPTION for child in children if inline_text([child]).strip()
        ):
            self._writer.paragraph(text, BlockKind.CAPTION)
        elif not _CONTENTS.fullmatch(text.strip()):
            self._writer.paragraph(text)

    def _write_quoted(self, text: str, source: str) -> None:
        """Write a paragraph of a quote, or of a callout, whose first line is its mark and its title."""
        kind = self._quotes[-1]
        if kind is None:
            callout = _CALLOUT.match(source)
            is_quote = callout is None or callout.group(1).lower() in _QUOTE_CALLOUTS
            kind = self._quotes[-1] = BlockKind.QUOTE if is_quote else BlockKind.PARAGRAPH
            if callout is not None:
                title, _, rest = source[callout.end() :].partition("\n")
                for line in (title, rest):
                    self._writer.paragraph(inline_text(self._parser.parseInline(line, self._env)[0].children), kind)
                return
        self._writer.paragraph(text, kind)

    def _write_fence(self, token: Token) -> None:
        box = _BOX.fullmatch(token.info.strip()) if token.type == "fence" else None
        if box is None or self._boxes == _MAX_BOXES:
            self._writer.code(token.content)
            return
        self._writer.paragraph(box.group(1))
        self._boxes += 1
        self.write(self.parse(_OPTION.sub("", token.content, count=1)))
        self._boxes -= 1


def inline_text(tokens: Iterable[Token] | None) -> str:
    """Return the text of inline tokens, including links and code, but no images, tags, footnote marks and struck text.

    Lines are joined as in a browser, unless they are no wrapped text but a list: three or more, none of them begins in
    lower case, and they are short, or one has space for the next word, or all begin with a digit. Obsidian shows such
    lines as lines, too.
    """
    text = _inline_text(tokens if tokens is not None else ())
    if _SOFT_BREAK not in text:
        return text
    lines = text.split(_SOFT_BREAK)
    width = max(map(len, lines))
    is_list = (
        len(lines) > 2
        and not any(line[:1].islower() for line in lines)
        and (
            width < MIN_WRAP
            or all(line[:1].isdigit() for line in lines)
            or any(len(line) + 1 + len(after.split(" ", 1)[0]) <= width for line, after in pairwise(lines))
        )
    )
    return text.replace(_SOFT_BREAK, "\n" if is_list else " ")


def _inline_text(tokens: Iterable[Token]) -> str:
    parts: list[str] = []
    struck = 0
    for token in tokens:
        kind, content = token.type, token.content
        if kind == "s_open":
            struck += 1
        elif kind == "s_close":
            struck -= 1
        elif struck:
            continue
        elif kind == "text":
            has_mark = "=" in content or "~" in content or "^" in content
            parts.append(_MARKED.sub(r"\1\2\3", content) if has_mark else content)
        elif kind in _PLAIN:
            parts.append(content)
        elif kind == "html_inline" and content.lower().startswith("<br"):
            parts.append("\n")
        elif kind in _BREAKS:
            parts.append(_BREAKS[kind])
    text = "".join(parts).rstrip()
    return _BLOCK_ID.sub("", text) if "^" in text else text


def _checkbox(match: re.Match[str]) -> str:
    return "☐ " if match.group(1) == " " else "☑ "


def _container_title(info: str) -> str:
    """Return the title of a container such as `::: note [Opening hours]` or `::: {.callout-tip title="Tip"}`."""
    match = _CONTAINER_TITLE.match(info)
    if match is None:
        return ""
    titles = (match["bracketed"], match["words"], *_TITLE_ATTRIBUTE.findall(match["attributes"] or "")[:1])
    return next((title.strip() for title in titles if title is not None and title.strip()), "")
