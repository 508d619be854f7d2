"""Writes the blocks of a document as the text of a draft.

Every reader of a format with structure writes its headings, paragraphs, list items and table rows here, so that the
text of all formats looks alike: a blank line between blocks, one line for a list item or a row, ` | ` between cells.
"""

import re
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from corpus.article import Block, BlockKind, Draft, clean_text
from corpus.documents.limits import Limits
from corpus.errors import InvalidArticle
from corpus.text.unicode import join_surrogates

CELL_SEPARATOR = " | "
# Soft hyphens, zero-width spaces, word joiners and byte order marks stand within words that they don't belong to. The
# joiners U+200C and U+200D stay: Persian, Hindi and emoji are written with them.
_INVISIBLE = "\xad\u200b\u2060\ufeff"
_SPACES_OF_PAGE = re.compile(r"[^\S\f]+")


class DocumentWriter:
    """Collects the blocks of one document. `page` is the page that the next block begins on.

    In the text of a block on a page, a form feed marks where the next page begins; it takes the place of no space.

    Each method raises TooLarge where the text grows past the limit, which names the document `name`. A block without
    visible text is not written.
    """

    def __init__(self, limits: Limits, name: str) -> None:
        self.page: int | None = None
        self._limits, self._name = limits, name
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._ends_list = False

    def heading(self, text: str, level: int) -> None:
        """Write a heading; its level is kept between 1 and 6."""
        self._write(BlockKind.HEADING, self._on_one_line(text), min(max(level, 1), 6))

    def paragraph(self, text: str, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """Write a paragraph, quote or caption. Its line breaks stay."""
        if "\n" in text:
            self._write(kind, "\n".join(self._on_one_line(line) for line in text.split("\n") if line.strip()))
        else:
            self._write(kind, self._on_one_line(text))

    def item(self, text: str, depth: int = 0, label: str = "") -> None:
        """Write a list item as one line; its label, such as "3.", is kept beside the text."""
        self._write(BlockKind.ITEM, self._on_one_line(text), depth, label)

    def row(self, cells: Iterable[str], is_header: bool = False) -> None:
        """Write a row of a table as one line; a separator within a cell becomes a space."""
        line = " ".join(CELL_SEPARATOR.join(cell.replace("|", " ") for cell in cells).split())
        self._write(BlockKind.HEADER if is_header else BlockKind.ROW, line if line.strip("| ") else "")

    def code(self, text: str) -> None:
        """Write preformatted lines, with their spaces."""
        self._write(BlockKind.CODE, "\n".join(line.rstrip() for line in text.expandtabs().split("\n")).strip("\n"))

    def end_list(self) -> None:
        """Separate the next list item or row from the last one, which belongs to another list or table."""
        self._ends_list = True

    def draft(self, **metadata: Any) -> Draft:
        """Return the draft of what was written, with these fields; its text is empty where nothing was."""
        return Draft("".join(self._parts), blocks=tuple(self._blocks), **metadata)

    def _on_one_line(self, text: str) -> str:
        if self.page is not None and "\f" in text:
            return _SPACES_OF_PAGE.sub(" ", text).strip()
        return " ".join(text.split())

    def _write(self, kind: BlockKind, text: str, level: int = 0, label: str = "") -> None:
        pages = text.split("\f") if self.page is not None and "\f" in text else [text]
        clean = _clean(text if len(pages) == 1 else "".join(pages))
        if not clean:
            return
        if self._blocks:
            separator = "\n" if not self._ends_list and _is_same_list(self._blocks[-1].kind, kind) else "\n\n"
            self._parts.append(separator)
            self._length += len(separator)
        self._ends_list = False
        self._parts.append(clean)
        start, self._length = self._length, self._length + len(clean)
        page_breaks: tuple[int, ...] = ()
        if len(pages) > 1:
            breaks = (start + len(_clean(before)) for before in accumulate(pages[:-1]))
            page_breaks = tuple(position for position in breaks if start < position < self._length)
        self._blocks.append(Block(start, self._length, kind, level, self.page, page_breaks, label))
        self._limits.check_text(self._length, self._name)


def _is_same_list(before: BlockKind, kind: BlockKind) -> bool:
    """Tell whether two blocks that follow each other are of one list or table."""
    if kind is BlockKind.ROW:
        return before is BlockKind.ROW or before is BlockKind.HEADER
    return kind is BlockKind.ITEM and before is BlockKind.ITEM


def _clean(text: str) -> str:
    """Return text as an article has it, empty where nothing in it is visible."""
    if text.isprintable():  # nearly all blocks: they have no controls, surrogates, invisible signs or line ends
        return text.strip()
    if not text.isascii():
        text = join_surrogates(text)
        for character in _INVISIBLE:  # translating takes a hundred times as long
            text = text.replace(character, "")
    try:
        return clean_text(text)
    except InvalidArticle:
        return ""
