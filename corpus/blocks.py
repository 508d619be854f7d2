"""The blocks of an article as rows of JSON, for exports, and as compressed bytes, for the store."""

import json
import zlib
from collections.abc import Sequence

from corpus.article import Block, BlockKind
from corpus.errors import InvalidArticle

BlockRow = tuple[int, int, str, int, int | None]  # start, end, kind, level, page


def block_rows(blocks: Sequence[Block]) -> list[BlockRow]:
    """Return blocks as rows of JSON."""
    return [(block.start, block.end, block.kind.value, block.level, block.page) for block in blocks]


def parse_blocks(rows: object, length: int) -> tuple[Block, ...]:
    """Return the blocks of rows, for a text of this length.

    Raises InvalidArticle for anything but rows of blocks that are in order, don't overlap and lie in the text.
    """
    if not isinstance(rows, list):
        raise InvalidArticle("The blocks must be a list.")
    blocks: list[Block] = []
    end = 0
    for number, row in enumerate(rows, start=1):
        try:
            first, last, kind, level, page = row
            block = Block(first, last, BlockKind(kind), level, page)
            numbers = (first, last, level) if page is None else (first, last, level, page)
            is_valid = all(type(value) is int and value >= 0 for value in numbers) and end <= first < last <= length
        except (TypeError, ValueError):
            is_valid = False
        if not is_valid:
            raise InvalidArticle(f"Block {number:,} is not [start, end, kind, level, page] of the text.")
        blocks.append(block)
        end = last
    return tuple(blocks)


def pack_blocks(blocks: Sequence[Block]) -> bytes | None:
    """Return blocks in some five bytes each, None where there are none."""
    return zlib.compress(json.dumps(block_rows(blocks), separators=(",", ":")).encode()) if blocks else None


def unpack_blocks(packed: bytes | None) -> tuple[Block, ...]:
    """Return the blocks that `pack_blocks` packed."""
    if packed is None:
        return ()
    return tuple(
        Block(start, end, BlockKind(kind), level, page)
        for start, end, kind, level, page in json.loads(zlib.decompress(packed))
    )
