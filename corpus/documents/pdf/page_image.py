"""A page of a PDF as a picture, with quoted words marked."""

import struct
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from corpus.article import Block
from corpus.documents.pdf.pdfium import DrawnLetter, opened
from corpus.errors import NotFound

_CONTEXT = 80  # characters around the words by which they are told from others like them
_MARK = (255, 228, 107)  # as on the reading page; what is printed shows through
_MARGIN = 2  # pixels around the words
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class PageQuote:
    """Words of a page, and what stands before and after them on it."""

    words: str
    before: str
    after: str


def quote_on_page(text: str, blocks: Sequence[Block], page: int, start: int, end: int) -> PageQuote | None:
    """Return the part of the span `[start, end)` of a text that is on a page; None where nothing of it is."""
    first, last = _span_of_page(blocks, page)
    start, end = max(start, first), min(end, last)
    if start >= end:
        return None
    before, after = text[max(first, start - _CONTEXT) : start], text[end : min(end + _CONTEXT, last)]
    return PageQuote(text[start:end], before, after)


def _span_of_page(blocks: Sequence[Block], page: int) -> tuple[int, int]:
    """Return the span of a text from the first to the last position on a page, (0, 0) where there is none."""
    spans = []
    for block in blocks:
        if block.page is not None and block.page <= page <= block.page + len(block.page_breaks):
            limits = (block.start, *block.page_breaks, block.end)
            spans.append(limits[page - block.page : page - block.page + 2])
    return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else (0, 0)


def draw_page(data: bytes, name: str, page: int, quotes: Sequence[PageQuote] = ()) -> bytes:
    """Return a page of a PDF, from 1, as a PNG with the words marked where they are found.

    Raises NotFound where there is no such page, UnreadableDocument where the PDF can't be opened.
    """
    with opened(data, name) as pdf:
        if not 1 <= page <= len(pdf):
            raise NotFound(f"{name} has no page {page:,}.")
        drawing = pdf.draw_page(page - 1)
    marked = np.zeros(drawing.pixels.shape[:2], bool)
    for quote in quotes:
        for left, top, right, bottom in _rectangles(find_words(drawing.letters, quote)):
            marked[max(top - _MARGIN, 0) : bottom + _MARGIN, max(left - _MARGIN, 0) : right + _MARGIN] = True
    pixels = drawing.pixels.copy()
    pixels[marked] = pixels[marked].astype(np.uint16) * np.array(_MARK, np.uint16) // 255
    return _png(pixels)


def find_words(letters: Sequence[DrawnLetter], quote: PageQuote) -> Sequence[DrawnLetter]:
    """Return the letters of quoted words on a page; of several places, the one in the most similar context.

    Only letters and digits are compared: line breaks, hyphens and ligatures of the page are not those of the text.
    Signs at the ends of the words are added where the page has them.
    """
    places, page = [], []
    for place, letter in enumerate(letters):
        for character in _plain(letter.text):
            places.append(place)
            page.append(character)
    hay, words, before, after = "".join(page), *map(_plain, (quote.words, quote.before, quote.after))
    found = [at for at in range(len(hay)) if hay.startswith(words, at)] if words else []
    if not found:
        return ()

    def context(at: int) -> int:
        return _common(hay[:at][::-1], before[::-1]) + _common(hay[at + len(words) :], after)

    best = max(found, key=context)
    first, last = places[best], places[best + len(words) - 1] + 1
    leading, trailing = _signs(quote.words), _signs(quote.words[::-1])[::-1]
    if [letter.text for letter in letters[max(first - len(leading), 0) : first]] == leading:
        first -= len(leading)
    if [letter.text for letter in letters[last : last + len(trailing)]] == trailing:
        last += len(trailing)
    return letters[first:last]


def _signs(words: str) -> list[str]:
    """Return the signs before the first letter or digit, such as the pound sign of "£25"."""
    return list(takewhile(lambda character: not character.isalnum(), words))


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))


def _common(one: str, other: str) -> int:
    """Return the length of the common start of two texts."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _rectangles(letters: Sequence[DrawnLetter]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rectangles of letters, each from the end of the one before it on its line."""
    before = (0, 0, 0, 0)
    for letter in letters:
        left, top, right, bottom = box = letter.box
        if left < right and top < bottom:
            is_next = min(before[3], bottom) - max(before[1], top) > (bottom - top) / 2
            gap = left - before[2]
            yield (before[2] if is_next and 0 < gap < 2 * (bottom - top) else left, top, right, bottom)
            before = box


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Return an array of height, width and three colours as a PNG."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each after its filter, 0
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
