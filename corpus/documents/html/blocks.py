"""The blocks of a tree of HTML, in order: headings, paragraphs, list items, rows, quotes, captions, code."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from corpus.article import BlockKind
from corpus.documents.html.formulas import superscript
from corpus.documents.html.tables import CellContent, data_rows, find_layout_tables
from corpus.documents.html.visibility import UNREAD_TAGS
from corpus.documents.limits import Deadline
from corpus.documents.office.properties import whole_number
from corpus.documents.ordinals import ordinal
from corpus.documents.writer import DocumentWriter

HEADING_TAGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
# fmt: off
_BLOCK_TAGS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend", "li",
    "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search", "section", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "title", "tr", "ul", *HEADING_TAGS,
})
# fmt: on
_LIST_TAGS = frozenset({"dir", "dl", "menu", "ol", "ul"})
_ITEM_TAGS = frozenset({"dd", "dt", "li"})
_PREFORMATTED_TAGS = frozenset({"listing", "plaintext", "pre", "xmp"})
# What a list item is not written as one line with.
_OWN_BLOCKS = frozenset({"table", *HEADING_TAGS, *_PREFORMATTED_TAGS})
_CAPTION_CLASS = re.compile(r"(?:^|[\s_-])caption", re.I)
_LINK_SIGNS = frozenset({"#", "¶", "§", "^", "↑", "↩", "↩︎", "↵", "🔗"})
_NOTE_MARK = re.compile(r"\W*(?:\d{1,3}|[a-z]|note \d+|citation needed)\W*", re.I)
_MARK_TAGS = frozenset({"a", "sup"})
_MAX_MARK_TEXTS = 6  # pieces of text in a mark of a footnote
_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_MAX_TERM = 80  # characters of a term that is written in one line with its description


@dataclass(frozen=True, slots=True, eq=False)
class HtmlBlock:
    """A block of a page.

    `element` is the innermost element that holds all of it, `group` the outermost list or the table that it belongs to.
    `linked` is how many characters of its text are links, `label` the number of a list item.
    """

    element: Any
    kind: BlockKind
    text: str
    level: int = 0
    cells: tuple[str, ...] = ()
    linked: int = 0
    group: Any = None
    label: str = ""


def write_blocks(blocks: Iterable[HtmlBlock], writer: DocumentWriter) -> None:
    """Write blocks; those of another list or table than the one before are kept apart from it."""
    group = None
    for block in blocks:
        if block.group is not group:
            writer.end_list()
            group = block.group
        match block.kind:
            case BlockKind.HEADING:
                writer.heading(block.text, block.level)
            case BlockKind.ITEM:
                writer.item(block.text, block.level, block.label)
            case BlockKind.HEADER | BlockKind.ROW:
                writer.row(block.cells, block.kind is BlockKind.HEADER)
            case BlockKind.CODE:
                writer.code(block.text)
            case _:
                writer.paragraph(block.text, block.kind)


def find_blocks(tree: Any, deadline: Deadline) -> Iterator[HtmlBlock]:
    """Yield the blocks below an element. Works without recursion, so that deep nesting does no harm."""
    return _BlockFinder(tree, deadline).blocks()


def cell_text(cell: Any, deadline: Deadline) -> str:
    """Return the text of a table's cell as one line: items between commas, other blocks between spaces."""
    if next(cell.iterchildren(), None) is None:
        return " ".join(cell.text.split()) if cell.text is not None else ""
    parts: list[str] = []
    previous = None
    for block in _BlockFinder(cell, deadline, flat=True).blocks():
        text = " ".join(block.text.split())
        if previous is BlockKind.ITEM and block.kind is BlockKind.ITEM and not parts[-1].endswith((",", ";", ".", ":")):
            parts[-1] += ","
        parts.append(text)
        previous = block.kind
    return " ".join(parts)


class _BlockFinder:
    """Walks a tree once; `flat` means that tables in it are read as if they laid out the page."""

    def __init__(self, tree: Any, deadline: Deadline, flat: bool = False) -> None:
        self._tree, self._deadline, self._flat = tree, deadline, flat
        self._layout = set() if flat else find_layout_tables(tree)
        self._unjoined = _items_with_own_blocks(tree)
        self._open: list[Any] = []  # block elements, the innermost last
        self._lists: list[Any] = []
        self._numbers: dict[Any, int] = {}  # of the next items of the open ordered lists
        self._label = ""  # of the list item whose text comes next
        self._owners: list[Any] = []  # the open lists, items and elements that items are not written as one line with
        self._item: Any = None  # the list item whose line is being written
        self._joins = False  # whether the blocks that come next stay in that line
        self._headings: list[int] = []  # the levels of the open headings
        self._quotes = self._preformatted = self._links = self._captions = 0
        self._text: list[str] = []
        self._linked = 0
        self._term: HtmlBlock | None = None  # of a list of descriptions, until its description comes
        self._raised: list[int] = []  # for each open <sup>, how many parts of text stand before it
        self._found: list[HtmlBlock] = []

    def blocks(self) -> Iterator[HtmlBlock]:
        walker = etree.iterwalk(self._tree, events=("start", "end", "comment", "pi"))
        for count, (event, element) in enumerate(walker):
            if count % 4096 == 0:
                self._deadline.check()
            if event == "start" and isinstance(element.tag, str):
                if self._start(element):
                    walker.skip_subtree()
            else:
                self._end(element)
            if self._found:
                yield from self._found
                self._found = []
        self._flush()
        self._end_term()
        yield from self._found

    def _start(self, element: Any) -> bool:
        """Begin an element; return whether what is in it has been read, or is not to be."""
        tag = element.tag
        if tag in UNREAD_TAGS or (tag == "head" and element.getparent() is not None):
            return True
        if tag in _MARK_TAGS and _is_mark(element):
            return True
        if tag == "table" and not self._flat and element not in self._layout:
            self._flush()
            self._table(element)
            return True
        if tag == "br":
            self._add("\n")
        elif tag in _BLOCK_TAGS:
            self._begin_block(element)
        elif tag == "a":
            self._links += 1
        elif tag == "q":
            self._add("“")
        elif tag == "sup":
            self._raised.append(len(self._text))
        self._add_source(element.text)
        return False

    def _begin_block(self, element: Any) -> None:
        tag = element.tag
        if self._joins and tag not in _LIST_TAGS and tag not in _ITEM_TAGS:
            self._add(" ")
        else:
            self._flush()
        self._open.append(element)
        self._quotes += tag == "blockquote"
        self._captions += tag == "figcaption"
        self._preformatted += tag in _PREFORMATTED_TAGS
        if tag in _LIST_TAGS:
            self._lists.append(element)
        if tag == "ol":
            self._numbers[element] = _first_number(element)
        elif tag == "li":
            self._label = self._next_label(element)
        if tag in HEADING_TAGS:
            self._headings.append(HEADING_TAGS[tag])
        if tag in _LIST_TAGS or tag in _ITEM_TAGS or tag in _OWN_BLOCKS:
            self._owners.append(element)
            self._find_item()

    def _end(self, element: Any) -> None:
        tag = element.tag
        if isinstance(tag, str) and self._open and element is self._open[-1]:
            if self._joins and tag not in _LIST_TAGS and tag not in _ITEM_TAGS:
                self._add(" ")
            else:
                self._flush()
            self._open.pop()
            self._quotes -= tag == "blockquote"
            self._captions -= tag == "figcaption"
            self._preformatted -= tag in _PREFORMATTED_TAGS
            if self._lists and element is self._lists[-1]:
                self._end_term()
                self._numbers.pop(self._lists.pop(), None)
            if tag in HEADING_TAGS:
                self._headings.pop()
            if self._owners and element is self._owners[-1]:
                self._owners.pop()
                self._find_item()
        elif tag == "a":
            self._links = max(self._links - 1, 0)
        elif tag == "q":
            self._add("”")
        elif tag == "sup" and self._raised:
            self._raise(self._raised.pop())
        if element is not self._tree:
            self._add_source(element.tail)

    def _add_source(self, text: str | None) -> None:
        """Add text as it stands in the source, where a line break is a space."""
        if not text:
            return
        if not self._preformatted:
            if not self._text and text.isspace():
                return
            words = " ".join(text.split())
            text = f"{' ' if text[0].isspace() else ''}{words}{' ' if words and text[-1].isspace() else ''}"
        self._add(text)

    def _add(self, text: str) -> None:
        self._text.append(text)
        if self._links:
            self._linked += len(text.strip())

    def _raise(self, start: int) -> None:
        """Make a raised number after a word or number one of superscript characters, so that 10⁶ is not 106."""
        raised = superscript("".join(self._text[start:]))
        before = next((part[-1] for part in reversed(self._text[:start]) if part), "")
        if raised is not None and (before.isalnum() or before in {")", "]"}):
            self._text[start:] = [raised]

    def _find_item(self) -> None:
        """Note which list item is innermost, and whether it is written as one line."""
        self._item = self._owners[-1] if self._owners and self._owners[-1].tag in _ITEM_TAGS else None
        self._joins = self._item is not None and self._item not in self._unjoined

    def _flush(self) -> None:
        """End the block whose text was collected."""
        if not self._text:
            return
        text, linked = "".join(self._text), self._linked
        self._text, self._linked, self._raised = [], 0, []
        if not text.strip():
            return
        element = self._open[-1] if self._open else self._tree
        kind, level = self._kind(element)
        label, self._label = self._label, ""
        if kind is BlockKind.CODE:
            self._found.append(HtmlBlock(element, kind, text, linked=linked))
            return
        if kind is BlockKind.ITEM:
            self._flush_item(HtmlBlock(element, kind, " ".join(text.split()), level, (), linked, self._group(), label))
            return
        pieces = [piece.strip() for piece in (_PARAGRAPH_BREAK.split(text) if "\n" in text else (text,))]
        for piece in filter(None, pieces):
            share = linked if len(pieces) == 1 else min(linked * len(piece) // len(text) + 1, linked)
            self._found.append(HtmlBlock(element, kind, piece, level, (), share))

    def _flush_item(self, block: HtmlBlock) -> None:
        item = self._item
        if item is not None and item.tag == "dt":
            self._end_term()
            self._term = block
        elif item is not None and item.tag == "dd" and self._term is not None and len(self._term.text) <= _MAX_TERM:
            term = self._term
            text = f"{term.text}{' ' if term.text.endswith((':', '?')) else ': '}{block.text}"
            linked = term.linked + block.linked
            self._found.append(HtmlBlock(block.element, block.kind, text, block.level, (), linked, block.group))
            self._term = None
        else:
            self._end_term()
            self._found.append(block)

    def _end_term(self) -> None:
        if self._term is not None:
            self._found.append(self._term)
            self._term = None

    def _kind(self, element: Any) -> tuple[BlockKind, int]:
        if self._preformatted:
            return BlockKind.CODE, 0
        if self._headings:
            return BlockKind.HEADING, self._headings[-1]
        if self._lists and (self._joins or self._label):  # a number stays with the first paragraph of its item
            return BlockKind.ITEM, len(self._lists) - 1
        if self._captions or element.tag == "caption" or _CAPTION_CLASS.search(element.get("class", "")):
            return BlockKind.CAPTION, 0
        return (BlockKind.QUOTE if self._quotes else BlockKind.PARAGRAPH), 0

    def _next_label(self, item: Any) -> str:
        """Return the number of a list item, such as "3."; "" where the innermost list has bullets."""
        number = self._numbers.get(self._lists[-1]) if self._lists else None
        if number is None:
            return ""
        number = whole_number(item.get("value"), number)
        self._numbers[self._lists[-1]] = number + (-1 if "reversed" in self._lists[-1].attrib else 1)
        return f"{ordinal(number, item.get('type', self._lists[-1].get('type', '1')))}."

    def _group(self) -> Any:
        return self._lists[0] if self._lists else None

    def _table(self, table: Any) -> None:
        """Add the caption and the rows of a table of data."""
        self._end_term()
        for caption in table.iterchildren("caption"):
            text = cell_text(caption, self._deadline)
            if text:
                self._found.append(HtmlBlock(caption, BlockKind.CAPTION, text))
        rows = data_rows(table, lambda cell: CellContent(cell_text(cell, self._deadline), _linked_length(cell)))
        for row in rows:
            kind = BlockKind.HEADER if row.is_header else BlockKind.ROW
            text = " | ".join(row.cells)
            if text.strip(" |"):
                self._found.append(HtmlBlock(table, kind, text, 0, row.cells, row.linked, table))


def _first_number(ordered: Any) -> int:
    items = sum(1 for _ in ordered.iterchildren("li")) if "reversed" in ordered.attrib else 1
    return whole_number(ordered.get("start"), items)


def _items_with_own_blocks(tree: Any) -> set[Any]:
    """Return the list items below which something stands that is not written in their line, such as a heading."""
    found: set[Any] = set()
    seen: set[Any] = set()
    for element in tree.iter(*_OWN_BLOCKS):
        for ancestor in element.iterancestors():
            if ancestor in seen:
                break
            seen.add(ancestor)
            if ancestor.tag in _ITEM_TAGS:
                found.add(ancestor)
            if ancestor is tree:
                break
    return found


def _is_mark(element: Any) -> bool:
    """Tell whether an element is the raised mark of a footnote, or a sign that links within the page."""
    if element.tag == "a":
        return "#" in element.get("href", "") and len(element) == 0 and (element.text or "").strip() in _LINK_SIGNS
    if element.tag != "sup" or next(element.iter("a"), None) is None:
        return False
    texts = list(islice(element.itertext(), _MAX_MARK_TEXTS + 1))
    links = list(islice(element.iter("a"), _MAX_MARK_TEXTS))
    return (
        len(texts) <= _MAX_MARK_TEXTS
        and all("#" in link.get("href", "#") for link in links)
        and _NOTE_MARK.fullmatch("".join(texts)) is not None
    )


def _linked_length(element: Any) -> int:
    return sum(len("".join(link.itertext()).strip()) for link in element.iter("a"))
