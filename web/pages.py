"""The pages for people: the chat, an article with the quoted span marked, and the description of the interface."""

import re
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from corpus.ingest.library import Library
from qa.query.parser import MAX_QUESTION
from web.services import ExampleQuestions, services

MAX_SUGGESTIONS = 3
_NEWEST = 20  # articles that suggestions are about
_MAX_TITLE = 80  # characters that a button can show
_HARD_WRAPPED = range(50, 91)  # length of the lines of mail and old text files, which belong to one paragraph
_BLANK_LINES = re.compile(r"\n\s*\n")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question for the start page, and the id of the article that it is about."""

    question: str
    article: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of an article's text: `marked`, or outside of the marked span but `in_sentence`, the sentence around it.

    `first` is the first marked piece of the page, which the browser scrolls to.
    """

    text: str
    marked: bool = False
    in_sentence: bool = False
    first: bool = False


def pages_blueprint() -> Blueprint:
    """Return the blueprint of `/` and `/read/<article_id>`, their templates and static files."""
    blueprint = Blueprint("pages", __name__, template_folder="templates", static_folder="static")

    @blueprint.get("/")
    def chat() -> str:
        library = services().library
        suggestions = suggest_questions(library, services().examples)
        return render_template("index.html", suggestions=suggestions, count=library.count(), max_question=MAX_QUESTION)

    @blueprint.get("/read/<article_id>")
    def read(article_id: str) -> str:
        article, query = services().library.get(article_id), request.args
        marked = parse_span(article.text, query.get("start"), query.get("end"))
        sentence = parse_span(article.text, query.get("from"), query.get("to"))
        paragraphs = split_paragraphs(article.text, marked, sentence)
        return render_template("read.html", article=article, paragraphs=paragraphs, marked=marked != (0, 0))

    return blueprint


def docs_blueprint() -> Blueprint:
    """Return the blueprint of `/openapi.json` and `/docs`, with Swagger UI's files from its Python package."""
    spec = find_spec("flask_openapi3_swagger")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("flask_openapi3_swagger is not installed: pip install -r requirements-serve.txt")
    swagger = Path(spec.origin).parent / "templates" / "swagger"
    blueprint = Blueprint("docs", __name__, static_folder=swagger, static_url_path="/docs/static")

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(current_app.api_doc)  # type: ignore[attr-defined]

    @blueprint.get("/docs")
    def page() -> str:
        return render_template("docs.html")

    return blueprint


def suggest_questions(library: Library, examples: ExampleQuestions) -> list[Suggestion]:
    """Return a few questions about the newest articles: their titles, or the `examples` for their ids."""
    suggestions: list[Suggestion] = []
    clusters = set[str]()
    for article in library.page(1, _NEWEST):
        if article.id in examples:
            suggestions += [Suggestion(question, article.id) for question in examples[article.id]]
        elif article.cluster not in clusters and len(article.title) <= _MAX_TITLE:
            suggestions.append(Suggestion(f"Tell me about “{article.title}”", article.id))
        clusters.add(article.cluster)
    return suggestions[:MAX_SUGGESTIONS]


def parse_span(text: str, start: str | None, end: str | None) -> Span:
    """Return the span `[start, end)` of a query string, or (0, 0) where it is not one of this text."""
    try:
        first, last = int(start or ""), int(end or "")
    except ValueError:
        return 0, 0
    return (first, last) if 0 <= first < last <= len(text) and text[first:last].strip() else (0, 0)


def split_paragraphs(text: str, marked: Span, sentence: Span = (0, 0)) -> list[list[Piece]]:
    """Split text into paragraphs of pieces, cut at the ends of the marked span and of the sentence around it."""
    contains = sentence[0] <= marked[0] and marked[1] <= sentence[1] and marked != (0, 0)
    paragraphs = [_pieces(text, span, marked, sentence if contains else (0, 0)) for span in _paragraph_spans(text)]
    for pieces in paragraphs:
        for place, piece in enumerate(pieces):
            if piece.marked:
                pieces[place] = replace(piece, first=True)
                return paragraphs
    return paragraphs


def _paragraph_spans(text: str) -> list[Span]:
    """Return the spans of the blocks between blank lines, or of the lines of a block that is not hard-wrapped."""
    spans: list[Span] = []
    begin = 0
    for gap in [*_BLANK_LINES.finditer(text), None]:
        end, following = (len(text), len(text)) if gap is None else gap.span()
        *wrapped, last = lines = text[begin:end].split("\n")
        if wrapped and all(len(line) in _HARD_WRAPPED for line in wrapped) and len(last) <= _HARD_WRAPPED[-1]:
            lines = [text[begin:end]]
        for line in lines:
            spans.append((begin, begin + len(line)))
            begin += len(line) + 1
        begin = following
    return [(first, last) for first, last in spans if text[first:last].strip()]


def _pieces(text: str, paragraph: Span, marked: Span, sentence: Span) -> list[Piece]:
    cuts = sorted({*paragraph, *(min(max(cut, paragraph[0]), paragraph[1]) for cut in (*marked, *sentence))})
    pieces = []
    for begin, end in pairwise(cuts):
        is_marked, in_sentence = (first <= begin and end <= last for first, last in (marked, sentence))
        pieces.append(Piece(text[begin:end], is_marked, in_sentence and not is_marked))
    return pieces
