"""A tree of HTML, or of what trafilatura makes of it, to readable text."""

from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.limits import Deadline

# trafilatura's own names (head, list, item, quote, row, cell, lb) stand beside those of HTML.
# fmt: off
_PARAGRAPHS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hgroup", "hr", "html", "legend", "list", "main", "menu", "ol", "p", "pre",
    "quote", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "ul",
})
_NEVER = frozenset({
    "audio", "button", "canvas", "datalist", "embed", "graphic", "iframe", "input", "map", "math",
    "nav", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "video",
})
# fmt: on
_LINES = frozenset({"br", "item", "lb", "li", "row", "tr"})
_ITEMS = frozenset({"item", "li"})
_ROWS = frozenset({"row", "tr"})
_CELLS = frozenset({"cell", "td", "th"})
_KEEP_SPACES = frozenset({"pre"})


def text_of(tree: Any, deadline: Deadline) -> str:
    """Return the text below an element: a blank line between paragraphs, an item or a row of a table a line.

    Walks without recursion, so that no depth of nesting harms it.
    """
    writer = _Writer()
    walker = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for count, (event, element) in enumerate(walker):
        if count % 4096 == 0:
            deadline.check()
        if event == "start" and isinstance(element.tag, str):
            if _is_skipped(element):
                walker.skip_subtree()
            else:
                writer.open(element)
        else:
            writer.close(element, element is tree)
    return writer.text()


def _is_skipped(element: Any) -> bool:
    return element.tag in _NEVER or (element.tag == "head" and _is_page_head(element))


def _is_page_head(element: Any) -> bool:
    """HTML's head, not a heading of trafilatura."""
    parent = element.getparent()
    return parent is not None and parent.tag == "html"


class _Writer:
    """Writes paragraphs of lines, and knows in which list, row and preformatted text it is."""

    def __init__(self) -> None:
        self._paragraphs: list[str] = []
        self._lines: list[str] = []
        self._line: list[str] = []
        self._items = self._cells = self._kept = self._in_row = 0

    def open(self, element: Any) -> None:
        """Take an element's start and the text that follows it."""
        tag = element.tag
        self._break(tag)
        self._items += tag in _ITEMS
        self._kept += tag in _KEEP_SPACES
        if tag in _ROWS:
            self._in_row = 0
        if tag in _CELLS:
            self._open_cell()
        self._add(element.text)

    def close(self, element: Any, is_root: bool) -> None:
        """Take an element's end and the text behind it."""
        tag = element.tag
        if isinstance(tag, str) and tag not in _NEVER:
            self._items -= tag in _ITEMS and self._items > 0
            self._cells -= tag in _CELLS and self._cells > 0
            self._break(tag)
            self._kept -= tag in _KEEP_SPACES and self._kept > 0
        if not is_root:
            self._add(element.tail)

    def text(self) -> str:
        """Return what is written."""
        self._end_paragraph()
        return "\n\n".join(self._paragraphs)

    def _open_cell(self) -> None:
        if self._in_row:
            self._line.append(" | ")
        self._in_row += 1
        self._cells += 1

    def _break(self, tag: str) -> None:
        if self._cells and (tag in _PARAGRAPHS or tag in _LINES):
            self._line.append(" ")
        elif tag in _LINES or (self._items and tag in _PARAGRAPHS):
            self._end_line()
        elif tag in _PARAGRAPHS:
            self._end_paragraph()

    def _add(self, text: str | None) -> None:
        if text is None:
            return
        if not self._kept or self._cells:
            self._line.append(text)
            return
        first, *others = text.split("\n")
        self._line.append(first)
        for other in others:
            self._end_line()
            self._line.append(other)

    def _end_line(self) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._kept else " ".join(line.split())
        self._line = []
        if line.strip(" |"):
            self._lines.append(line)

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._lines:
            self._paragraphs.append("\n".join(self._lines))
        self._lines = []
