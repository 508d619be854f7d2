"""Writes the blocks of a document as the text of a draft.

Every reader of a format with structure writes its headings, paragraphs, list items and table rows here, so that the
text of all formats looks alike: a blank line between blocks, one line for a list item or a row, ` | ` between cells.
"""

import re
from collections.abc import Iterable
from typing import Any

from corpus.article import Block, BlockKind, Draft, clean_text
from corpus.documents.limits import Limits
from corpus.errors import InvalidArticle
from corpus.text.unicode import join_surrogates

CELL_SEPARATOR = " | "
# Soft hyphens, zero-width spaces, word joiners and byte order marks stand within words that they don't belong to. The
# joiners U+200C and U+200D stay: Persian, Hindi and emoji are written with them.
_INVISIBLE = dict.fromkeys(map(ord, "\xad\u200b\u2060\ufeff"))
# The kinds of two blocks that follow each other in one list or table.
_SAME_LIST = frozenset(
    {(BlockKind.ITEM, BlockKind.ITEM), (BlockKind.HEADER, BlockKind.ROW), (BlockKind.ROW, BlockKind.ROW)}
)
_CELL_BREAK = re.compile(r"\s*\|\s*|\s+")


class DocumentWriter:
    """Collects the blocks of one document. `page` is the page that the next blocks are on.

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
        self._write(BlockKind.HEADING, " ".join(text.split()), min(max(level, 1), 6))

    def paragraph(self, text: str, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """Write a paragraph, quote or caption. Its line breaks stay."""
        self._write(kind, "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip()))

    def item(self, text: str, depth: int = 0) -> None:
        """Write a list item as one line."""
        self._write(BlockKind.ITEM, " ".join(text.split()), depth)

    def row(self, cells: Iterable[str], is_header: bool = False) -> None:
        """Write a row of a table as one line; a separator within a cell becomes a space."""
        plain = [_CELL_BREAK.sub(" ", cell).strip() for cell in cells]
        kind = BlockKind.HEADER if is_header else BlockKind.ROW
        self._write(kind, CELL_SEPARATOR.join(plain) if any(plain) else "")

    def code(self, text: str) -> None:
        """Write preformatted lines, with their spaces."""
        self._write(BlockKind.CODE, "\n".join(line.rstrip() for line in text.expandtabs().split("\n")).strip("\n"))

    def end_list(self) -> None:
        """Separate the next list item or row from the last one, which belongs to another list or table."""
        self._ends_list = True

    def draft(self, **metadata: Any) -> Draft:
        """Return the draft of what was written, with these fields; its text is empty where nothing was."""
        return Draft("".join(self._parts), blocks=tuple(self._blocks), **metadata)

    def _write(self, kind: BlockKind, text: str, level: int = 0) -> None:
        try:
            clean = clean_text(join_surrogates(text).translate(_INVISIBLE))
        except InvalidArticle:  # nothing in it is visible
            return
        if self._blocks:
            same_list = (self._blocks[-1].kind, kind) in _SAME_LIST and not self._ends_list
            separator = "\n" if same_list else "\n\n"
            self._parts.append(separator)
            self._length += len(separator)
        self._ends_list = False
        self._parts.append(clean)
        self._blocks.append(Block(self._length, self._length + len(clean), kind, level, self.page))
        self._length += len(clean)
        self._limits.check_text(self._length, self._name)
