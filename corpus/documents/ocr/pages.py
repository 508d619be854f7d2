"""Pictures of text (PNG, JPEG, TIFF) to drafts, by the layout of pages as PDF files have it."""

import io
import struct
import warnings
import zlib
from collections.abc import Generator
from contextlib import closing
from statistics import median
from typing import Any

from PIL import Image, ImageSequence

from corpus.article import Draft
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.ocr.tesseract import RecognisedWord, recognise
from corpus.documents.pdf.layout import write_pages
from corpus.documents.pdf.lines import page_lines
from corpus.documents.pdf.pdfium import PdfPage, PdfWord
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument

_LABEL = "a picture"
# What Pillow raises for pictures that are damaged or cut off.
_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
_MAX_PIXELS = 40_000_000
_PAGE_WIDTH = 595.0  # points of A4, which a picture is taken for
_SAME_SIZE = (0.7, 1.35)  # lines whose letters all are low or high differ this much in one font


def read_picture(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text of a picture, each picture in a TIFF file a page.

    Raises UnreadableDocument where it is broken or shows no text, TooLarge past a limit.
    """
    deadline = Deadline(limits, name)
    with warnings.catch_warnings(), closing(_frames(data, name, limits)) as frames:
        warnings.simplefilter("ignore")  # of Pillow, which names oddities that it gets over
        pages = [page_lines(recognised_page(frame, _PAGE_WIDTH / max(frame.width, 1), deadline)) for frame in frames]
    writer = DocumentWriter(limits, name)
    title = write_pages(pages, {}, writer)
    draft = writer.draft(title=title)
    if not draft.text:
        raise UnreadableDocument(f"{name} shows no text that could be recognised.")
    return draft


def _frames(data: bytes, name: str, limits: Limits) -> Generator[Image.Image, None, None]:
    """Yield the pictures in a file, in grey. Raises UnreadableDocument, TooLarge."""
    with wrapped_errors(name, _LABEL, *_ERRORS):
        try:
            file = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF"))
        except Image.DecompressionBombError as error:
            raise _too_large(name) from error
        with file:
            for number, frame in enumerate(ImageSequence.Iterator(file), 1):
                if number > limits.max_pages:
                    raise TooLarge(f"{name} has more pages than the limit of {limits.max_pages:,}.")
                if frame.width * frame.height > _MAX_PIXELS:
                    raise _too_large(name)
                yield frame.convert("L")


def _too_large(name: str) -> TooLarge:
    return TooLarge(f"{name} has more points than the {_MAX_PIXELS:,} that can be read.")


def recognised_page(image: Any, scale: float, deadline: Deadline) -> PdfPage:
    """Return the words of a picture as those of a page, `scale` points a pixel.

    Raises TooLarge after the deadline, UnreadableDocument where Tesseract fails.
    """
    found = recognise(image, deadline)
    heights = [word.line[0] - word.line[1] for word in found]
    usual = median(heights) if heights else 0.0
    words = [_word(word, usual, image.height, scale) for word in found]
    return PdfPage(words, [], image.width * scale, is_drawn=True)


def _word(word: RecognisedWord, usual: float, page_height: float, scale: float) -> PdfWord:
    bottom, top = word.line
    size = bottom - top
    if usual and _SAME_SIZE[0] < size / usual < _SAME_SIZE[1]:
        size = usual
    last = word.right - (word.right - word.left) / len(word.text)
    baseline = (page_height - bottom) * scale
    return PdfWord(
        word.text,
        word.left * scale,
        word.right * scale,
        baseline,
        last * scale,
        size * scale,
        bold=False,
        fixed=False,
        direction=0,
        after_space=True,
        unknown=False,
    )
