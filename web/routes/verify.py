"""Verifying a draft: which of its quotations the articles have word by word."""

from flask_openapi3 import APIBlueprint

from web.api import ASK, new_blueprint, problem_responses
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
            return verify_json(body.text, services().verifier.verify(body.text, body.claims))

    return blueprint
