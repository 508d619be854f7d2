"""Search: the sentences closest to a question, which no model reads."""

from flask_openapi3 import APIBlueprint

from web.api import ASK, new_blueprint, problem_responses, span_format
from web.schemas import JSON, SearchBody, SearchOut
from web.serialization import search_json
from web.services import services


def search_blueprint() -> APIBlueprint:
    """Return the blueprint of `/search`."""
    blueprint = new_blueprint("search", ASK)

    @blueprint.post(
        "/search",
        summary="Find the sentences closest to a question",
        responses={200: SearchOut, **problem_responses(400, 413, 415, 422, 503)},
    )
    def search(body: SearchBody) -> JSON:
        return search_json(services().qa.search(body.question, body.top_k, body.filters), span_format(body))

    return blueprint
