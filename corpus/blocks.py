"""The blocks of an article as rows of JSON, for exports, and as compressed bytes, for the store."""

import json
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from corpus.article import Block, BlockKind
from corpus.errors import InvalidArticle

_KINDS = {kind.value: kind for kind in BlockKind}  # three times as fast as BlockKind(value)
MAX_LABEL = 20  # characters
BlockRow = list[int | str | None]  # start, end, kind, level, page, the page breaks, and the label where there is one


def block_rows(blocks: Sequence[Block]) -> list[BlockRow]:
    """Return blocks as rows of JSON."""
    return [
        [one.start, one.end, one.kind.value, one.level, one.page, *one.page_breaks, *([one.label] if one.label else ())]
        for one in blocks
    ]


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
            block = _block(row)
            numbers = [block.start, block.end, block.level, *block.page_breaks]
            numbers += [] if block.page is None else [block.page]
            is_valid = (
                all(type(value) is int and value >= 0 for value in numbers)
                and end <= block.start < block.end <= length
                and all(block.start < one < block.end for one in block.page_breaks)
                and (block.page is not None or not block.page_breaks)
                and len(block.label) <= MAX_LABEL
            )
        except (TypeError, ValueError, KeyError):
            is_valid = False
        if not is_valid:
            raise InvalidArticle(f"Block {number:,} is not [start, end, kind, level, page] of the text.")
        blocks.append(block)
        end = block.end
    return tuple(blocks)


def pack_blocks(blocks: Sequence[Block]) -> bytes | None:
    """Return blocks in some five bytes each, None where there are none."""
    return zlib.compress(json.dumps(block_rows(blocks), separators=(",", ":")).encode()) if blocks else None


def unpack_blocks(packed: bytes | None) -> tuple[Block, ...]:
    """Return the blocks that `pack_blocks` packed."""
    if packed is None:
        return ()
    return tuple(map(_block, json.loads(zlib.decompress(packed))))


def _block(row: Any) -> Block:
    start, end, kind, level, page, *more = row
    label = more.pop() if more and isinstance(more[-1], str) else ""
    return Block(start, end, _KINDS[kind], level, page, tuple(more), label)


def place_of(blocks: Sequence[Block], position: int) -> tuple[int | None, Block | None]:
    """Return the page of a position in a text, None where it has none, and the nearest heading above it.

    Above a heading is the nearest one of a higher level.
    """
    index = bisect_right(blocks, position, key=lambda block: block.start) - 1
    if index < 0:
        return None, None
    block = blocks[index]
    if block.kind is BlockKind.HEADING:
        above = (one for one in blocks[:index][::-1] if one.kind is BlockKind.HEADING and one.level < block.level)
    else:
        above = (one for one in blocks[:index][::-1] if one.kind is BlockKind.HEADING)
    return block.page_at(position), next(above, None)
