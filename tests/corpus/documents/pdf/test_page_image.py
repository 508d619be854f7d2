"""Pages of PDFs as pictures, with the quoted words marked."""

import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.article import Block, BlockKind
from corpus.documents.pdf.page_image import PageQuote, draw_page, quote_on_page
from corpus.errors import NotFound, UnreadableDocument
from tests.sample_documents import pdf

LINES = [
    (72, 700, 12, "The ferry leaves at 25 past nine from the old pier."),
    (72, 680, 12, "In winter, it leaves at 25 past ten, if the har-"),
    (72, 655, 12, "bour is free of ice."),
]
FILE = pdf([[(72, 700, 30, "A cover")], LINES])


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Decode a PNG as these are: one IDAT chunk, RGB, no filters."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT")
    (size,) = struct.unpack(">I", png[start - 4 : start])
    rows = np.frombuffer(zlib.decompress(png[start + 4 : start + 4 + size]), np.uint8).reshape(height, 1 + 3 * width)
    return rows[:, 1:].reshape(height, width, 3)


def marked(png: bytes) -> list[tuple[float, float, float, float]]:
    """Return the rectangles that are marked, from top to bottom, in points from the bottom left of the page."""
    picture = pixels(png)
    scale = 595 / picture.shape[1]
    yellow = (picture[:, :, 2] < 150) & (picture[:, :, 0] > 200)
    rows = np.flatnonzero(yellow.any(axis=1))
    found = []
    for band in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []:
        columns = np.flatnonzero(yellow[band].any(axis=0))
        left, right = columns[0] * scale, (columns[-1] + 1) * scale
        found.append((left, 842 - (band[-1] + 1) * scale, right, 842 - band[0] * scale))
    return found


def test_the_words_are_marked_where_they_stand() -> None:
    png = draw_page(FILE, "ferry.pdf", 2, [PageQuote("old pier", "from the ", ".")])
    ((left, bottom, right, top),) = marked(png)
    assert 260 < left < right < 350
    assert 690 < bottom < 700 < top < 720


def test_of_two_places_with_the_words_the_one_in_their_context_is_marked() -> None:
    for before, baseline in (("The ferry leaves at ", 700), ("In winter, it leaves at ", 680)):
        ((_, bottom, _, top),) = marked(draw_page(FILE, "ferry.pdf", 2, [PageQuote("25", before, " past")]))
        assert bottom < baseline < top


def test_the_words_of_all_parts_and_their_signs_are_marked() -> None:
    page = [(72.0, 700.0, 20.0, "Fees: \xa325 a day, 5% off")]
    quotes = [PageQuote("\xa325", "Fees: ", " a day"), PageQuote("5%", "a day, ", " off")]
    file = pdf([page])
    whole = [quote_end - quote_start for quote_start, _, quote_end, _ in marked(draw_page(file, "f.pdf", 1, quotes))]
    bare = [PageQuote("25", "Fees", " a day"), PageQuote("5", "a day, ", " off")]
    assert sum(whole) > sum(end - start for start, _, end, _ in marked(draw_page(file, "f.pdf", 1, bare))) + 15


def test_words_that_are_broken_over_two_lines_are_marked_on_both() -> None:
    quote = PageQuote("if the harbour is free", "past ten, ", " of ice")
    upper, lower = marked(draw_page(FILE, "ferry.pdf", 2, [quote]))
    assert upper[1] < 680 < upper[3]
    assert lower[1] < 655 < lower[3]
    assert upper[0] > 200 > lower[2]


@pytest.mark.parametrize("quotes", [[], [PageQuote("submarine", "", "")], [PageQuote("–", "", "")]])
def test_a_page_without_the_words_has_no_mark(quotes: list[PageQuote]) -> None:
    png = draw_page(FILE, "ferry.pdf", 2, quotes)
    assert [] == marked(png)
    assert (pixels(png) < 100).any()


@pytest.mark.parametrize("page", [0, 3, 10**9])
def test_a_page_that_is_not_there_is_not_found(page: int) -> None:
    with pytest.raises(NotFound, match=r"ferry\.pdf has no page"):
        draw_page(FILE, "ferry.pdf", page)


def test_what_is_no_pdf_is_named() -> None:
    with pytest.raises(UnreadableDocument, match=r"ferry\.pdf"):
        draw_page(b"%PDF-1.7 nothing", "ferry.pdf", 1)


def test_only_what_is_on_the_page_is_looked_for() -> None:
    text = "One two three.\n\nFour five six."
    blocks = (Block(0, 14, BlockKind.PARAGRAPH, 0, 1, (8,)), Block(16, 30, BlockKind.PARAGRAPH, 0, 2))
    assert PageQuote("two ", "One ", "") == quote_on_page(text, blocks, 1, 4, 13)
    assert PageQuote("three", "", ".\n\nFour five six.") == quote_on_page(text, blocks, 2, 4, 13)
    assert quote_on_page(text, blocks, 1, 16, 20) is None
    assert quote_on_page(text, blocks, 7, 0, 20) is None
    assert quote_on_page(text, (), 1, 0, 20) is None
