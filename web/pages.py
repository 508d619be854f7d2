"""The pages for people: the chat, and an article to read with the quoted place marked."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from flask import Blueprint, render_template, request

from web.services import services
from web.suggestions import suggestions

# Lines of a text wrapped by hand (mail, old text files) are about this long; they belong to one paragraph.
_WRAPPED = range(50, 91)
_GAP = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is either marked or not; `first` where it begins what is marked.

    `near` where it is not marked itself, but in one sentence with what is.
    """

    text: str
    marked: bool = False
    near: bool = False
    first: bool = False


def pages() -> Blueprint:
    """Return the blueprint with `/` and `/read/<article_id>`, their templates and static files."""
    blueprint = Blueprint("pages", __name__, template_folder="templates", static_folder="static")

    @blueprint.get("/")
    def chat() -> str:
        library = services().library
        proposed = suggestions(library, services().examples)
        return render_template("index.html", suggestions=proposed, count=library.count())

    @blueprint.get("/read/<article_id>")
    def read(article_id: str) -> str:
        article, asked = services().library.get(article_id), request.args
        place = marked_place(article.text, asked.get("start"), asked.get("end"))
        sentence = marked_place(article.text, asked.get("from"), asked.get("to"))
        paragraphs = split_paragraphs(article.text, place, sentence)
        return render_template("read.html", article=article, paragraphs=paragraphs, marked=place != (0, 0))

    return blueprint


def marked_place(text: str, start: str | None, end: str | None) -> tuple[int, int]:
    """Return the span `[start, end)` asked for, or (0, 0) where it is none of this text."""
    try:
        first, last = int(start or ""), int(end or "")
    except ValueError:
        return 0, 0
    return (first, last) if 0 <= first < last <= len(text) and text[first:last].strip() else (0, 0)


def split_paragraphs(text: str, place: tuple[int, int], sentence: tuple[int, int] = (0, 0)) -> list[list[Piece]]:
    """Split text into paragraphs of pieces, those of a place marked, and near the others of a sentence around it."""
    covered = sentence[0] <= place[0] and place[1] <= sentence[1] and place != (0, 0)
    paragraphs = [_pieces(text, span, place, sentence if covered else (0, 0)) for span in _paragraph_spans(text)]
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


def _pieces(text: str, span: tuple[int, int], place: tuple[int, int], sentence: tuple[int, int]) -> list[Piece]:
    cuts = sorted({*span, *(min(max(cut, span[0]), span[1]) for cut in (*place, *sentence))})
    return [_piece(text, run, place, sentence) for run in pairwise(cuts)]


def _piece(text: str, run: tuple[int, int], place: tuple[int, int], sentence: tuple[int, int]) -> Piece:
    marked, inside = (first <= run[0] and run[1] <= last for first, last in (place, sentence))
    return Piece(text[slice(*run)], marked, inside and not marked)


def _with_first(paragraphs: list[list[Piece]]) -> list[list[Piece]]:
    """Mark the first marked piece as the one to jump to."""
    for pieces in paragraphs:
        for place, piece in enumerate(pieces):
            if piece.marked:
                pieces[place] = replace(piece, first=True)
                return paragraphs
    return paragraphs
