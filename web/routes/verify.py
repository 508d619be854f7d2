"""Verifying a draft: which of its quotations the articles have word by word."""

from flask_openapi3 import APIBlueprint, MediaType, OpenAPI, Operation, Schema
from flask_openapi3.models.data_type import DataType
from flask_openapi3.models.response import Response

from web.api import ASK, new_blueprint, problem_responses, span_format
from web.schemas import JSON, VerifyBody, VerifyOut
from web.serialization import verify_json
from web.services import services


def verify_blueprint() -> APIBlueprint:
    """Return the blueprint of `POST /verify`."""
    blueprint = new_blueprint("verify", ASK)

    @blueprint.post(
        "/verify",
        summary="Find the quotations of a draft in the articles",
        responses={200: VerifyOut, **problem_responses(400, 413, 415, 422, 503)},
    )
    def verify(body: VerifyBody) -> JSON:
        with services().long_request():
            return verify_json(body.text, services().verifier.verify(body.text, body.claims), span_format(body))

    return blueprint


def describe_page(app: OpenAPI) -> None:
    """Add the page at GET /verify to the OpenAPI document, since its path has another operation."""
    page = {"text/html": MediaType(schema=Schema(type=DataType.STRING))}
    failures = {status: Response(**one) for status, one in problem_responses(403, 500, 507).items()}
    app.paths["/verify"].get = Operation(
        tags=[ASK.name],
        summary="Open the page that verifies drafts",
        operationId="open_verify_page",
        responses={"200": Response(description="the page", content=page)}
        | {str(status): response for status, response in failures.items()},
    )
