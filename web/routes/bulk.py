"""Many articles in one request: JSON Lines, with a result for each line."""

import io
from collections.abc import Iterator
from contextlib import suppress

from flask import Response, g, request
from flask_openapi3 import APIBlueprint
from pydantic import ValidationError

from corpus.article import Draft
from corpus.errors import CitelineError, InvalidInput
from corpus.ingest.bulk import RowOutcome
from corpus.ingest.tables import MAX_LINE_BYTES, LineReader, RawLine, TableRow
from web.access.audit import record_change
from web.access.authentication import Identity
from web.api import ARTICLES, NEEDS_TOKEN, new_blueprint, problem_responses
from web.problems import describe
from web.request_body import JSON_LINES, check_strings
from web.routes.lines import describe_lines, lines_response
from web.schemas import JSON, BulkLineOut, NewArticle
from web.serialization import bulk_line_json
from web.services import services

_BODY = {
    "required": True,
    "content": {JSON_LINES: {"schema": {"$ref": "#/components/schemas/NewArticle"}}},
    "description": "an article a line, each with a text",
}


def bulk_blueprint() -> APIBlueprint:
    """Return the blueprint of `/articles/bulk`."""
    blueprint = new_blueprint("bulk", ARTICLES)

    @blueprint.post(
        "/articles/bulk",
        summary="Add many articles: JSON Lines, with a result for each line",
        responses={200: describe_lines(BulkLineOut), **problem_responses(401, 413, 415, 422)},
        security=NEEDS_TOKEN,
        openapi_extensions={"requestBody": _BODY},
    )
    def add_articles() -> Response:
        lines = LineReader(io.BufferedReader(request.stream), "The body")  # type: ignore[type-var]
        return lines_response(_recorded(_results(lines), g.identity))

    return blueprint


def _recorded(results: Iterator[JSON], who: Identity) -> Iterator[JSON]:
    """Yield results, and record how many articles were added in the audit log, also where the client hangs up."""
    added = 0
    try:
        for result in results:
            added += result["state"] == "added"
            yield result
    finally:
        if added:
            record_change(who, "import", f"{added} added")


def _results(lines: LineReader) -> Iterator[JSON]:
    """Yield what became of each line; what goes wrong after the first is told in a last one."""
    outcomes = services().library.add_rows(_rows(lines))
    done = 0
    with suppress(StopIteration):
        while True:
            try:
                outcome = next(outcomes)
            except CitelineError as error:  # the status has been sent
                outcome = RowOutcome(done + 1, "failed", f"{error} The lines from here on were not stored.")
                yield bulk_line_json(outcome)
                return
            done = outcome.line
            yield bulk_line_json(outcome)


def _rows(lines: LineReader) -> Iterator[TableRow]:
    for line in lines:
        if line.data is None or line.data.strip():
            try:
                yield TableRow(line.number, _draft(line))
            except ValidationError as error:
                yield TableRow(line.number, problem=describe(error))
            except InvalidInput as error:
                yield TableRow(line.number, problem=str(error))


def _draft(line: RawLine) -> Draft:
    """Return the draft of a line; raises InvalidInput, ValidationError."""
    if line.data is None:
        raise InvalidInput(f"The line is longer than {MAX_LINE_BYTES:,} bytes.")
    check_strings(line.data, "The line")
    article = NewArticle.model_validate_json(line.data.removeprefix(b"\xef\xbb\xbf"))
    if article.text is None:
        raise InvalidInput("The line has no text. POST /articles fetches the page of a url.")
    return Draft(**{**article.model_dump(), "text": article.text, "tags": tuple(article.tags or ())})
