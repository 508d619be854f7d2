"""Many questions in one request, answered line by line."""

import functools
from collections.abc import Callable, Iterator

from flask import Response, request
from flask_openapi3 import APIBlueprint, MediaType, OpenAPI, Schema
from flask_openapi3.models.data_type import DataType
from werkzeug.exceptions import BadRequest

from qa.batch.asking import BatchedReply, ask_each
from qa.batch.questions import read_csv
from qa.types import Reply
from web.api import ASK, new_blueprint, problem_responses, span_format
from web.request_body import CSV
from web.routes.lines import describe_lines, lines_response
from web.routes.precedence import Precedence, precedence
from web.schemas import JSON, BatchBody, BatchLineOut, BatchQuery
from web.serialization import SpanFormat, batch_line_json
from web.services import services

_LISTS = frozenset({"source", "article", "ignore"})  # fields that a query string may repeat


def batch_blueprint() -> APIBlueprint:
    """Return the blueprint of `/ask/batch`."""
    blueprint = new_blueprint("batch", ASK)

    @blueprint.post(
        "/ask/batch",
        summary="Ask many questions: JSON, or CSV with a column of questions",
        responses={200: describe_lines(BatchLineOut), **problem_responses(400, 413, 415, 422, 503)},
    )
    @_accept_csv
    def ask_batch(query: BatchQuery, body: BatchBody) -> Response:
        qa, slots = services().qa, services().hold_slot()
        try:
            qa.check(body.filters)
            ask = functools.partial(_ask, body)
            response = lines_response(_lines(ask_each(body.questions, ask), precedence(), span_format(body)))
        except BaseException:
            slots()
            raise
        response.call_on_close(slots)
        return response

    return blueprint


def describe_csv(app: OpenAPI) -> None:
    """Add the CSV body to the OpenAPI document: flask_openapi3 describes one kind of body a route."""
    operation = app.paths["/ask/batch"].post
    operation.requestBody.content |= {CSV: MediaType(schema=Schema(type=DataType.STRING))}


def _accept_csv(view: Callable[[BatchQuery, BatchBody], Response]) -> Callable[[], Response]:
    """Have a view accept CSV, and options in the query string, as well, and validate here; the body's go before."""

    @functools.wraps(view)
    def wrapper() -> Response:
        given = request.args.to_dict(flat=False)
        query = BatchQuery.model_validate({k: v if k in _LISTS else v[-1] for k, v in given.items()})
        options = query.model_dump(exclude_unset=True)
        if request.mimetype != CSV:
            return view(query, BatchBody.model_validate({**options, **request.get_json()}))
        try:
            questions = read_csv(request.get_data().decode("utf-8-sig"), "The body")
        except UnicodeDecodeError as error:
            raise BadRequest("The body is not CSV in UTF-8.") from error
        return view(query, BatchBody.model_validate({**options, "questions": questions}))

    wrapper.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return wrapper


def _ask(body: BatchBody, question: str) -> Reply:
    return services().qa.ask(question, body.top_k, body.filters, body.today, body.timeline, body.ignore)


def _lines(replies: Iterator[BatchedReply], turns: Precedence, spans: SpanFormat) -> Iterator[JSON]:
    """Yield the lines of replies; each question waits until no interactive request runs."""
    while True:
        turns.give_way()
        batched = next(replies, None)
        if batched is None:
            return
        yield batch_line_json(batched, spans)
