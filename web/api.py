"""The JSON interface to questions, articles and the index: each route parses, makes one call, and serialises."""

import functools
from collections.abc import Callable
from typing import Any

from flask import Response, make_response, request
from flask_openapi3 import APIBlueprint, OpenAPI, Tag
from flask_openapi3.utils import parse_form
from werkzeug.exceptions import UnprocessableEntity

from corpus.article import Draft
from corpus.citations import CitationFormat
from corpus.store.article_store import StoredArticle
from web.access.audit import note_unchanged, record_early
from web.access.privacy import may_write, visible_index
from web.files import CITATION_TYPES, citation_response, original_response, picture_response, revalidated
from web.pages import cite
from web.schemas import (
    JSON,
    ArticleAdded,
    ArticleEdit,
    ArticlePath,
    ArticlesOfSource,
    ArticlesOut,
    ArticlesQuery,
    ArticleWhole,
    AskBody,
    AskQuery,
    ChangesOut,
    ChangesQuery,
    CitationQuery,
    DocumentUpload,
    Health,
    IndexOut,
    JobOut,
    NewArticle,
    NextQuestionsOut,
    PagePath,
    ReplyOut,
    RowsOut,
    SourcesOut,
    SpanFields,
    SpanQuery,
    SuggestionsOut,
    SuggestQuery,
    Upload,
    WaitQuery,
)
from web.serialization import SpanFormat, article_json, articles_json, changes_json, index_json, reply_json, rows_json
from web.services import services

ACCESS = Tag(name="Access", description="signing in, and who changed what")
ASK = Tag(name="Ask", description="questions and what helps to ask them")
ARTICLES = Tag(name="Articles", description="the articles that answer")
QUESTIONS = Tag(name="Questions", description="questions without an answer, feedback on answers, and watched questions")
INDEX = Tag(name="Index", description="the index that articles are found in")
FEEDS = Tag(name="Feeds", description="the feeds that articles come from")
HEALTH = Tag(name="Health", description="whether the service answers")
# In OpenAPI: the route needs the token, where one is set; web.security checks it.
NEEDS_TOKEN: list[dict[str, list[Any]]] = [{"token": []}]
_PROBLEM_RESPONSE = {
    "description": "what is wrong",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

_REPLACED = {"description": "another article has replaced it: its file or page is read differently, or has changed"}
_FILE_RESPONSE = {
    "description": "the file, as an attachment",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}

_CITATION_RESPONSE = {
    "description": "the citation",
    "content": {
        **{media_type: {"schema": {"type": "string"}} for media_type in CITATION_TYPES.values()},
        CITATION_TYPES[CitationFormat.CSL_JSON]: {"schema": {"type": "array", "items": {"type": "object"}}},
    },
}

NOT_MODIFIED = {"description": "it is what the ETag in If-None-Match names"}
_PICTURE_RESPONSE = {
    "description": "the picture",
    "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
}


def problem_responses(*statuses: int) -> dict[int | str, Any]:
    """Return the descriptions in OpenAPI of errors with these statuses."""
    return {status: dict(_PROBLEM_RESPONSE) for status in statuses}


def new_blueprint(name: str, tag: Tag | None = None) -> APIBlueprint:
    """Return a blueprint of the JSON interface; `tag` is the group of its operations, where they share one.

    The id of an operation, which client generators call it by, is the name of its view.
    """

    def operation_id(name: str, **_: str) -> str:
        return name

    return APIBlueprint(
        name,
        __name__,
        abp_tags=[] if tag is None else [tag],
        abp_responses=problem_responses(403, 500, 507),
        operation_id_callback=operation_id,
    )


def answer(asked: AskQuery) -> JSON:
    """Return the reply to a question, which is kept where it has none."""
    options = asked.top_k, asked.filters, asked.today, asked.timeline, asked.ignore, asked.in_conversation
    reply = services().qa.ask(asked.question, *options)
    services().questions.note(reply, asked.filters, asked.ignore)
    return reply_json(reply, span_format(asked))


def span_format(asked: SpanFields) -> SpanFormat:
    """Return how a request wants spans to be written."""
    return SpanFormat(asked.offsets == "utf-16", asked.selectors)


def api_blueprint() -> APIBlueprint:
    """Return the blueprint of questions, articles and the index."""
    blueprint = new_blueprint("api")

    @blueprint.post(
        "/ask",
        tags=[ASK],
        summary="Ask a question",
        responses={200: ReplyOut, **problem_responses(400, 413, 415, 422, 503)},
    )
    def ask(body: AskBody) -> JSON:
        return answer(body)

    @blueprint.get(
        "/ask",
        tags=[ASK],
        summary="Ask a question in the query string",
        responses={200: ReplyOut, **problem_responses(422, 503)},
    )
    def ask_in_query_string(query: AskQuery) -> JSON:
        return answer(query)

    @blueprint.get(
        "/suggest",
        tags=[ASK],
        summary="Suggest questions and names while someone types",
        responses={200: SuggestionsOut, **problem_responses(422)},
    )
    def suggest(query: SuggestQuery) -> JSON:
        found = services().suggestions.suggest(query.q, query.limit)
        return SuggestionsOut(questions=list(found.questions), names=list(found.names)).model_dump()

    @blueprint.post(
        "/next-questions",
        tags=[ASK],
        summary="Suggest what to ask after a question",
        responses={200: NextQuestionsOut, **problem_responses(400, 413, 415, 422, 503)},
    )
    def next_questions(body: AskBody) -> JSON:
        asked = (body.question, body.filters, body.today, body.ignore, body.in_conversation)
        found = services().suggestions.next_questions(*asked)
        return NextQuestionsOut(questions=list(found)).model_dump()

    @blueprint.post(
        "/articles",
        tags=[ARTICLES],
        summary="Add an article: its text, the url of a page, or a document",
        responses={200: ArticleAdded, 201: ArticleAdded, **problem_responses(400, 401, 413, 415, 422, 503)},
        security=NEEDS_TOKEN,
    )
    @_accept_upload
    def add_article(query: WaitQuery, body: NewArticle) -> Response:
        if body.text is None and body.url is not None:
            return _added_response(services().library.add_url(body.url), query.wait)
        draft = Draft(**{**body.model_dump(), "text": body.text or "", "tags": tuple(body.tags or ())})
        return _added_response(services().library.add_draft(draft), query.wait)

    @blueprint.post(
        "/articles/import",
        tags=[ARTICLES],
        summary="Add the articles of a table: JSON Lines or CSV",
        responses={200: RowsOut, **problem_responses(400, 401, 413, 415, 422, 503)},
        security=NEEDS_TOKEN,
    )
    def import_articles(form: Upload) -> JSON:
        name = form.file.filename or "The table"
        return rows_json(services().library.add_table(form.file.read(), name))

    @blueprint.get(
        "/articles",
        tags=[ARTICLES],
        summary="List the articles",
        responses={200: ArticlesOut, 304: NOT_MODIFIED, **problem_responses(422)},
    )
    @revalidated
    def list_articles(query: ArticlesQuery) -> JSON:
        indexed = services().indexer.max_number
        found, total = services().library.listed(query.listing(indexed), query.page, query.per_page)
        return articles_json(found, indexed, page=query.page, per_page=query.per_page, total=total)

    @blueprint.get(
        "/sources",
        tags=[ARTICLES],
        summary="List the sources of the articles",
        responses={200: SourcesOut, 304: NOT_MODIFIED},
    )
    @revalidated
    def list_sources() -> JSON:
        counts = services().library.sources()
        return SourcesOut(sources=[ArticlesOfSource(name=name, articles=n) for name, n in counts.items()]).model_dump()

    @blueprint.get(
        "/articles/<article_id>",
        tags=[ARTICLES],
        summary="Get one article",
        responses={200: ArticleWhole, 301: _REPLACED, 304: NOT_MODIFIED, **problem_responses(404)},
    )
    @revalidated
    def get_article(path: ArticlePath) -> JSON:
        return article_json(*services().library.get_version(path.article_id))

    @blueprint.get(
        "/articles/<article_id>/original",
        tags=[ARTICLES],
        summary="Get the file that an article was read from",
        responses={200: _FILE_RESPONSE, 301: _REPLACED, 304: NOT_MODIFIED, **problem_responses(404)},
    )
    def get_original(path: ArticlePath) -> Response:
        original = services().library.original(path.article_id)
        return original_response(original, None if may_write() else path.article_id)

    @blueprint.get(
        "/articles/<article_id>/citation",
        tags=[ARTICLES],
        summary="Cite an article with the sentences that are quoted",
        responses={200: _CITATION_RESPONSE, 301: _REPLACED, **problem_responses(404, 422)},
    )
    def get_citation(path: ArticlePath, query: CitationQuery) -> Response:
        citation = cite(services().library, path.article_id, query.spans)
        return citation_response(citation.write(query.format), query.format)

    @blueprint.get(
        "/articles/<article_id>/pages/<page>.png",
        tags=[ARTICLES],
        summary="Get a page of a PDF as a picture with the words of spans marked",
        responses={200: _PICTURE_RESPONSE, 301: _REPLACED, 304: NOT_MODIFIED, **problem_responses(404, 413, 422, 503)},
    )
    def get_page(path: PagePath, query: SpanQuery) -> Response:
        return picture_response(services().library.page_picture(path.article_id, path.page, query.spans))

    @blueprint.get(
        "/changes",
        tags=[ARTICLES],
        summary="Follow which articles are added, changed and deleted",
        responses={200: ChangesOut, **problem_responses(410, 422)},
    )
    def list_changes(query: ChangesQuery) -> JSON:
        return changes_json(*services().library.follow_changes(query.since, query.limit))

    @blueprint.patch(
        "/articles/<article_id>",
        tags=[ARTICLES],
        summary="Edit the metadata of an article",
        responses={200: ArticleWhole, **problem_responses(400, 401, 404, 413, 415, 422, 503)},
        security=NEEDS_TOKEN,
    )
    def edit_article(path: ArticlePath, query: WaitQuery, body: ArticleEdit) -> JSON:
        article = services().library.edit(path.article_id, body.given())
        if query.wait:
            record_early(path.article_id)
            services().wait_for_index()
        return article_json(article)

    @blueprint.delete(
        "/articles/<article_id>",
        tags=[ARTICLES],
        summary="Delete an article",
        responses={204: None, **problem_responses(401, 404)},
        security=NEEDS_TOKEN,
    )
    def delete_article(path: ArticlePath) -> tuple[str, int]:
        services().library.remove(path.article_id)
        return "", 204

    @blueprint.post(
        "/index/rebuild",
        tags=[INDEX],
        summary="Rebuild the index",
        responses={202: JobOut, **problem_responses(401, 409)},
        security=NEEDS_TOKEN,
    )
    def rebuild_index() -> tuple[JSON, int]:
        return JobOut.model_validate(services().indexer.rebuild()).model_dump(), 202

    @blueprint.get("/index", tags=[INDEX], summary="Get the state of the index", responses={200: IndexOut})
    def get_index() -> JSON:
        return visible_index(index_json(services()))

    @blueprint.get("/healthz", tags=[HEALTH], summary="Is it alive?", responses={200: Health})
    def check_health() -> JSON:
        return {"status": "ok"}

    @blueprint.get(
        "/readyz", tags=[HEALTH], summary="Is it ready to answer?", responses={200: Health, **problem_responses(503)}
    )
    def check_readiness() -> JSON:
        services().indexer.generation()
        return {"status": "ok"}

    return blueprint


def describe_upload(app: OpenAPI) -> None:
    """Add the form of POST /articles to the OpenAPI document: flask_openapi3 describes one kind of body a route."""
    content, schemas = parse_form(DocumentUpload)
    operation = app.paths["/articles"].post
    operation.requestBody.content |= content
    app.components_schemas |= schemas


def _accept_upload(view: Callable[[WaitQuery, NewArticle], Response]) -> Callable[[], Response]:
    """Have a view accept a form as well, and validate here: flask_openapi3 would refuse a form as broken JSON."""

    @functools.wraps(view)
    def wrapper() -> Response:
        query = WaitQuery.model_validate(request.args.to_dict())
        if request.mimetype != "multipart/form-data":
            return view(query, NewArticle.model_validate(request.get_json()))
        if len(request.files.getlist("file")) > 1:
            raise UnprocessableEntity("file: Send one document at a time.")
        tags = ",".join(request.form.getlist("tags"))
        form = DocumentUpload.model_validate({**request.form.to_dict(), "tags": tags, **request.files.to_dict()})
        name, media_type = form.file.filename or "The document", form.file.mimetype or None
        stored = services().library.add_upload(form.file.read(), name, media_type, form.given())
        return _added_response(stored, query.wait)

    wrapper.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return wrapper


def _added_response(stored: StoredArticle, wait: bool) -> Response:
    if not (stored.created or stored.changed):
        note_unchanged()
    elif wait:
        record_early(stored.article.id)
    if wait:
        services().wait_for_index()
    indexed = wait or services().indexer.pending() == 0
    article = ArticleAdded(**article_json(stored.article), indexed=indexed, notes=list(stored.notes))
    response = make_response(article.model_dump(), 201 if stored.created else 200)
    response.headers["Location"] = f"/articles/{stored.article.id}"
    return response
