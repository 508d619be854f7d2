"""The blocks of articles in the store and in exports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Block, BlockKind, Draft
from corpus.blocks import block_rows, pack_blocks, parse_blocks, unpack_blocks
from corpus.errors import InvalidArticle

CUTS = st.lists(st.integers(0, 5000), min_size=2, max_size=40, unique=True).map(sorted)


@given(
    CUTS,
    st.sampled_from(BlockKind),
    st.integers(0, 6),
    st.none() | st.integers(1, 2000),
    st.sampled_from(["", "3.", "xi)"]),
)
def test_blocks_are_the_same_after_packing_and_after_an_export(
    cuts: list[int], kind: BlockKind, level: int, page: int | None, label: str
) -> None:
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    breaks = [tuple(range(a + 1, b, 9)) if page is not None else () for a, b in spans]
    blocks = tuple(Block(a, b, kind, level, page, inside, label) for (a, b), inside in zip(spans, breaks, strict=True))
    assert blocks == unpack_blocks(pack_blocks(blocks))
    assert blocks == parse_blocks(block_rows(blocks), cuts[-1])


def test_many_blocks_take_few_bytes() -> None:
    blocks = [
        Block(70 * number, 70 * number + 60 + number % 9, BlockKind.ROW, 0, number // 50) for number in range(5000)
    ]
    packed = pack_blocks(blocks)
    assert packed is not None
    assert len(packed) < 7 * len(blocks)


@pytest.mark.parametrize(
    "rows",
    [
        "heading",
        [{"type": "paragraph", "data": {"text": "Tea"}}],
        [[0, 5, "heading", 1]],
        [[0, 5, "poem", 1, None]],
        [[0, 11, "heading", 1, None]],
        [[5, 5, "heading", 1, None]],
        [[0, 5, "heading", 1, None], [4, 9, "paragraph", 0, None]],
        [[0, 5, "heading", True, None]],
        [[0.0, 5, "heading", 1, None]],
        [[0, 5, "heading", 1, "7"]],
        [[0, 5, "heading", 1, 7, 5]],
        [[0, 5, "heading", 1, None, 3]],
        [[0, 5, "item", 1, None, "3.", 3]],
        [[0, 5, "item", 1, None, "3" * 21]],
    ],
)
def test_rows_that_are_no_blocks_of_the_text_are_refused(rows: object) -> None:
    with pytest.raises(InvalidArticle, match=r"blocks must be a list|Block [12] is not"):
        parse_blocks(rows, 10)


def test_an_article_has_the_blocks_of_a_draft_whose_text_is_clean() -> None:
    blocks = (Block(0, 3, BlockKind.HEADING, 1),)
    assert blocks == Article.from_draft(Draft("Tea\n\nIt is hot.", blocks=blocks)).blocks
    assert () == Article.from_draft(Draft(" Tea\n\nIt is hot.", blocks=blocks)).blocks
