"""The JSON interface: each route parses, makes one call, and serialises."""

import functools
from collections.abc import Callable
from typing import Any

from flask import Response, make_response, request
from flask_openapi3 import APIBlueprint, OpenAPI, Tag
from flask_openapi3.utils import parse_form
from pydantic import BaseModel
from werkzeug.exceptions import UnprocessableEntity

from corpus.article import Article, Draft
from corpus.store.article_store import ArticleFilter, ArticleSummary, StoredArticle
from qa.types import Answer, Closest, Quote, Reply
from web.schemas import (
    JSON,
    AnswerOut,
    ArticleAdded,
    ArticleListed,
    ArticlePath,
    ArticleRef,
    ArticlesOut,
    ArticleWhole,
    AskBody,
    AskQuery,
    ClosestOut,
    Health,
    NewArticle,
    PageQuery,
    ReplyOut,
    SpanOut,
    Upload,
    WaitQuery,
)
from web.services import services
from web.status import IndexOut, JobOut, index_json

# Everything that changes something wants the token, where there is one; web.security checks it.
CHANGES: list[dict[str, list[Any]]] = [{"token": []}]
_PROBLEM = {
    "description": "what was wrong",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def problems(*statuses: int) -> dict[int | str, Any]:
    """Return how the OpenAPI document describes errors of these statuses."""
    return {status: dict(_PROBLEM) for status in statuses}


def api() -> APIBlueprint:
    """Return the blueprint of the JSON interface."""
    blueprint = APIBlueprint("api", __name__, abp_tags=[Tag(name="Citeline")], abp_responses=problems(403, 500, 507))

    @blueprint.post("/ask", summary="Ask a question", responses={200: ReplyOut, **problems(400, 413, 415, 422, 503)})
    def ask(body: AskBody) -> JSON:
        return reply_json(services().qa.ask(body.question, body.top_k, _filter(body)))

    @blueprint.get("/ask", summary="Ask a question, by address", responses={200: ReplyOut, **problems(422, 503)})
    def ask_by_address(query: AskQuery) -> JSON:
        return reply_json(services().qa.ask(query.question, query.top_k, _filter(query)))

    @blueprint.post(
        "/articles",
        summary="Add an article: its text, the url of a page, or a document",
        responses={200: ArticleAdded, 201: ArticleAdded, **problems(400, 401, 413, 415, 422, 503)},
        security=CHANGES,
    )
    @_or_document
    def add_article(query: WaitQuery, body: NewArticle) -> Response:
        return _added(_add(body), query.wait)

    @blueprint.get("/articles", summary="List the articles", responses={200: ArticlesOut, **problems(422)})
    def list_articles(query: PageQuery) -> JSON:
        library = services().library
        listed = [_listed(article) for article in library.page(query.page, query.per_page, query.q)]
        found = ArticlesOut(articles=listed, page=query.page, per_page=query.per_page, total=library.count(query.q))
        return found.model_dump()

    @blueprint.get("/articles/<article_id>", summary="Get one article", responses={200: ArticleWhole, **problems(404)})
    def get_article(path: ArticlePath) -> JSON:
        return _whole(services().library.get(path.article_id))

    @blueprint.delete(
        "/articles/<article_id>",
        summary="Delete an article",
        responses={204: None, **problems(401, 404)},
        security=CHANGES,
    )
    def delete_article(path: ArticlePath) -> tuple[str, int]:
        services().library.remove(path.article_id)
        return "", 204

    @blueprint.post(
        "/index/rebuild",
        summary="Rebuild the index",
        responses={202: JobOut, **problems(401, 409)},
        security=CHANGES,
    )
    def rebuild() -> tuple[JSON, int]:
        return JobOut.model_validate(services().indexer.rebuild()).model_dump(), 202

    @blueprint.get("/index", summary="See the state of the index", responses={200: IndexOut})
    def index() -> JSON:
        return index_json(services())

    @blueprint.get("/healthz", summary="Is it alive?", responses={200: Health})
    def healthz() -> JSON:
        return {"status": "ok"}

    @blueprint.get("/readyz", summary="Is it ready to answer?", responses={200: Health, **problems(503)})
    def readyz() -> JSON:
        services().indexer.generation()
        return {"status": "ok"}

    return blueprint


def document_upload(app: OpenAPI) -> None:
    """Say in the OpenAPI document that POST /articles takes a form, too: the library knows one kind of body a route."""
    content, schemas = parse_form(Upload)
    operation = app.paths["/articles"].post
    operation.requestBody.content |= content
    app.components_schemas |= schemas


def reply_json(reply: Reply) -> JSON:
    """Return a reply as /ask gives it."""
    return ReplyOut(
        question=reply.question,
        answered=reply.answered,
        answers=[_answer(answer) for answer in reply.answers],
        closest=[_closest(closest) for closest in reply.closest],
        generation=reply.generation,
        took_ms=round(reply.took_ms, 1),
        hint=reply.hint,
    ).model_dump()


def _or_document(view: Callable[[WaitQuery, NewArticle], Response]) -> Callable[[], Response]:
    """Have a view take a form as well, and validate here: the library would take a form for a broken JSON body."""

    @functools.wraps(view)
    def called() -> Response:
        query = WaitQuery.model_validate(request.args.to_dict())
        if request.mimetype == "multipart/form-data":
            return _added(_add_upload(), query.wait)
        return view(query, NewArticle.model_validate(request.get_json()))

    called.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return called


def _add_upload() -> StoredArticle:
    if len(request.files.getlist("file")) > 1:
        raise UnprocessableEntity("file: Send one document at a time.")
    upload = Upload.model_validate({**request.form.to_dict(), **request.files.to_dict()}).file
    return services().library.add_upload(upload.read(), upload.filename or "The document", upload.mimetype or None)


def _add(body: NewArticle) -> StoredArticle:
    library = services().library
    if body.text is None and body.url is not None:
        return library.add_url(body.url)
    return library.add_draft(Draft(**{**body.model_dump(), "text": body.text or ""}))


def _added(stored: StoredArticle, wait: bool) -> Response:
    if wait:
        services().wait()
    article = ArticleAdded(**_whole(stored.article), indexed=wait or services().indexer.pending() == 0)
    response = make_response(article.model_dump(), 201 if stored.created else 200)
    response.headers["Location"] = f"/articles/{stored.article.id}"
    return response


def _filter(body: AskBody) -> ArticleFilter:
    return ArticleFilter(body.published_from, body.published_to, body.source)


def _answer(answer: Answer) -> AnswerOut:
    return AnswerOut(
        **_span(answer.span),
        confidence=round(answer.confidence, 4),
        sentence=SpanOut(**_span(answer.sentence)),
        context=SpanOut(**_span(answer.context)),
        article=_ref(answer.span.article),
        also=[_ref(article) for article in answer.also],
    )


def _closest(closest: Closest) -> ClosestOut:
    context = SpanOut(**_span(closest.context))
    return ClosestOut(**_span(closest.sentence), context=context, article=_ref(closest.sentence.article))


def _span(quote: Quote) -> JSON:
    return {"text": quote.text, "start": quote.start, "end": quote.end}


def _ref(article: Article) -> ArticleRef:
    return ArticleRef(**_fields(ArticleRef, article))


def _listed(article: ArticleSummary) -> ArticleListed:
    return ArticleListed(**_fields(ArticleListed, article, story=article.cluster))


def _whole(article: Article) -> JSON:
    fields = _fields(ArticleWhole, article, story=article.cluster, characters=len(article.text))
    return ArticleWhole(**fields).model_dump()


def _fields(model: type[BaseModel], article: Article | ArticleSummary, **more: object) -> JSON:
    return {name: more[name] if name in more else getattr(article, name) for name in model.model_fields}
