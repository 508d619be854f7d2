"""The pages for people: the chat, an article with the quoted span marked, and the description of the interface."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from werkzeug.exceptions import UnprocessableEntity

from corpus.article import Article, Block
from corpus.citations import Citation
from corpus.documents.formats import OTHER_UPLOADS, list_formats, readable_extensions
from corpus.ingest.library import Library
from corpus.web_address import MAX_URL
from qa.annotators import place_of_quote
from qa.query.parser import MAX_QUESTION
from qa.types import Place, Quote
from qa.verification.verifier import MAX_TEXT
from web.access.cross_origin import SCRIPT
from web.reading import NOWHERE, Span, reading_page
from web.services import ExampleQuestions, services
from web.text_fragments import quotation_link

MAX_SUGGESTIONS = 3
MAX_SPANS = 100  # of a quotation: an answer has no more parts
_NEWEST = 20  # articles that suggestions are about
_MAX_TITLE = 80  # characters that a button can show


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question for the start page, and the id of the article that it is about."""

    question: str
    article: str


def pages_blueprint() -> Blueprint:
    """Return the blueprint of the pages, `/widget.js`, the templates and static files."""
    blueprint = Blueprint("pages", __name__, template_folder="templates", static_folder="static")

    @blueprint.get("/")
    def chat() -> str:
        library = services().library
        suggestions = suggest_questions(library, services().examples)
        asked = {"suggestions": suggestions, "count": library.count(), "max_question": MAX_QUESTION}
        keeps_questions = services().questions.enabled
        return render_template("index.html", **asked, keeps_questions=keeps_questions, **_accepted_files())

    @blueprint.get("/library")
    def library() -> str:
        return render_template("library.html", **_accepted_files())

    @blueprint.get("/a/<reply_id>")
    def saved(reply_id: str) -> str:
        found = services().replies.get(reply_id)
        question, generation = found.request["question"], found.reply["generation"]
        return render_template("saved.html", reply_id=found.id, question=question, generation=generation)

    @blueprint.get(SCRIPT)
    def widget() -> Response:
        return blueprint.send_static_file("widget.js")

    @blueprint.get("/settings")
    def settings() -> str:
        return render_template("settings.html")

    @blueprint.get("/verify")
    def verify() -> str:
        return render_template("verify.html", max_text=MAX_TEXT)

    @blueprint.get("/open-questions")
    def open_questions() -> str:
        return render_template("questions.html", max_question=MAX_QUESTION, max_url=MAX_URL)

    @blueprint.get("/read/<article_id>")
    def read(article_id: str) -> str:
        library, query = services().library, request.args
        (article, replaced_by), blocks = library.get_version(article_id), library.blocks(article_id)
        marked = parse_span(article.text, query.get("start"), query.get("end"))
        sentence = parse_span(article.text, query.get("from"), query.get("to"))
        spans = () if marked == NOWHERE else (marked, *parse_spans(article.text, query.get("also", "")))
        page = reading_page(article, blocks, spans, sentence, query.get("part", type=int))
        quotation = Quotation.of(article, blocks, spans, sentence) if spans else None
        original = library.original_type(article_id)
        return render_template(
            "read.html",
            article=article,
            page=page,
            quotation=quotation,
            original=original,
            replaced_by=replaced_by,
        )

    return blueprint


@dataclass(frozen=True, slots=True)
class Quotation:
    """The quotation that a reading page marks: its place, a link to it on its own page, the query that marks it."""

    place: Place | None
    link: str | None
    query: dict[str, int | str]

    @classmethod
    def of(cls, article: Article, blocks: Sequence[Block], spans: Sequence[Span], sentence: Span) -> Self:
        """Return the quotation of spans, the first of which stands in a sentence unless that is NOWHERE."""
        marked, *others = spans
        place = place_of_quote(Quote(article, *marked), lambda _: blocks)
        around = marked if sentence == NOWHERE else sentence
        sentence_text, words = (article.text[slice(*span)] for span in (around, marked))
        page = None if place is None else place.page
        link = None if article.url is None else quotation_link(article.url, sentence_text, words, page)
        query: dict[str, int | str] = dict(zip(("start", "end", "from", "to"), (*marked, *around), strict=True))
        if others:
            query["also"] = ",".join(f"{start}-{end}" for start, end in others)
        return cls(place, link, query)


def cite(library: Library, article_id: str, spans: Sequence[Span]) -> Citation:
    """Return a citation of an article that quotes spans of it, (0, 0) for none.

    Its address leads to the first span: on the article's own page, or else on the reading page of this service. Raises
    what `Library.get_version` raises, and UnprocessableEntity for a span that the text doesn't have.
    """
    (article, _), blocks = library.get_version(article_id), library.blocks(article_id)
    quoted = [span for span in spans if span != NOWHERE]
    for start, end in quoted:
        if not is_span(article.text, start, end):
            raise UnprocessableEntity(f"start, end: The article {article.id} has no words from {start} to {end}.")
    found = Quotation.of(article, blocks, quoted, NOWHERE) if quoted else None
    query: dict[str, Any] = {} if found is None else {**found.query}
    here = url_for("pages.read", article_id=article.id, _external=True, **query)
    address = (article.url if found is None else found.link) or here
    page = None if found is None or found.place is None else found.place.page
    return Citation(article, address, [article.text[slice(*span)] for span in quoted], page)


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


def _accepted_files() -> dict[str, str]:
    """Return the formats of files that can be added in words, and their extensions."""
    formats = list_formats()
    extensions = ",".join(sorted({*readable_extensions(), *OTHER_UPLOADS}))
    return {"formats": f"{formats[:1].upper()}{formats[1:]}", "extensions": extensions}


def parse_span(text: str, start: str | None, end: str | None) -> Span:
    """Return the span `[start, end)` of a query string, or NOWHERE where it is not one of this text."""
    try:
        first, last = int(start or ""), int(end or "")
    except ValueError:
        return NOWHERE
    return (first, last) if is_span(text, first, last) else NOWHERE


def is_span(text: str, start: int, end: int) -> bool:
    """Return whether a text has words in `[start, end)`."""
    return 0 <= start < end <= len(text) and text[start:end].strip() != ""


def parse_spans(text: str, spans: str) -> list[Span]:
    """Return the spans of a query string such as `80-91,92-103`, without those that are not of this text."""
    parts = (span.partition("-") for span in spans.split(",")[:MAX_SPANS])
    found = (parse_span(text, start, end) for start, _, end in parts)
    return [span for span in found if span != NOWHERE]
