"""The pages for people: the chat, and an article to read with the quoted place marked."""

import re
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from web.services import services

# Lines of a text wrapped by hand (mail, old text files) are about this long; they belong to one paragraph.
_WRAPPED = range(50, 91)
_GAP = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is either marked or not; `first` where it begins the marked passage."""

    text: str
    marked: bool = False
    first: bool = False


def pages() -> Blueprint:
    """Return the blueprint with `/` and `/read/<article_id>`, their templates and static files."""
    blueprint = Blueprint("pages", __name__, template_folder="templates", static_folder="static")

    @blueprint.get("/")
    def chat() -> str:
        return render_template("index.html", examples=services().examples, count=services().library.count())

    @blueprint.get("/read/<article_id>")
    def read(article_id: str) -> str:
        article = services().library.get(article_id)
        place = marked_place(article.text, request.args.get("start"), request.args.get("end"))
        paragraphs = split_paragraphs(article.text, *place)
        return render_template("read.html", article=article, paragraphs=paragraphs, marked=place != (0, 0))

    return blueprint


def marked_place(text: str, start: str | None, end: str | None) -> tuple[int, int]:
    """Return the span `[start, end)` asked for, or (0, 0) where it is none of this text."""
    try:
        first, last = int(start or ""), int(end or "")
    except ValueError:
        return 0, 0
    return (first, last) if 0 <= first < last <= len(text) and text[first:last].strip() else (0, 0)


def split_paragraphs(text: str, start: int, end: int) -> list[list[Piece]]:
    """Split text into paragraphs of pieces, those inside `[start, end)` marked."""
    paragraphs = [_pieces(text, span, start, end) for span in _paragraph_spans(text)]
    return _with_first(paragraphs)


def _paragraph_spans(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    begin = 0
    for gap in [*_GAP.finditer(text), None]:
        stop = len(text) if gap is None else gap.start()
        spans += _lines(text, begin, stop)
        begin = stop if gap is None else gap.end()
    return [(first, last) for first, last in spans if text[first:last].strip()]


def _lines(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the lines of a block, or the block itself where its lines were wrapped by hand."""
    lines = text[begin:end].split("\n")
    if len(lines) > 1 and all(len(line) in _WRAPPED for line in lines[:-1]) and len(lines[-1]) < _WRAPPED.stop:
        return [(begin, end)]
    spans = []
    for line in lines:
        spans.append((begin, begin + len(line)))
        begin += len(line) + 1
    return spans


def _pieces(text: str, span: tuple[int, int], start: int, end: int) -> list[Piece]:
    first, last = span
    cut_in, cut_out = (min(max(cut, first), last) for cut in (start, end))
    cuts = ((first, cut_in, False), (cut_in, cut_out, True), (cut_out, last, False))
    return [Piece(text[low:high], marked) for low, high, marked in cuts if low < high]


def _with_first(paragraphs: list[list[Piece]]) -> list[list[Piece]]:
    """Mark the first marked piece as the one to jump to."""
    for pieces in paragraphs:
        for place, piece in enumerate(pieces):
            if piece.marked:
                pieces[place] = Piece(piece.text, marked=True, first=True)
                return paragraphs
    return paragraphs
