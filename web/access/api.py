"""The HTTP interface to signing in and to the audit log."""

from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request
from flask_openapi3 import APIBlueprint, OpenAPI
from werkzeug.exceptions import Unauthorized

from web.access.authentication import COOKIE
from web.access.rights import Right, needed_right
from web.api import ACCESS, NEEDS_TOKEN, new_blueprint, problem_responses
from web.schemas import JSON, AuditEntryOut, AuditOut, AuditQuery, SignedIn, SignIn
from web.security import guard_of
from web.services import services

_COOKIE_SECONDS = 30 * 86_400
_METHODS = ("get", "post", "put", "patch", "delete")


def access_blueprint() -> APIBlueprint:
    """Return the blueprint of signing in and out, and of the audit log."""
    blueprint = new_blueprint("access", ACCESS)

    @blueprint.post(
        "/sign-in",
        summary="Keep a token in a cookie, for a browser",
        responses={200: SignedIn, **problem_responses(400, 401, 413, 415, 422, 429)},
    )
    def sign_in(body: SignIn) -> Response:
        identity = guard_of(current_app).authenticator.check(body.token, request.remote_addr)
        if identity is None or identity.name is None:
            raise Unauthorized("This token is not valid: it is wrong, or was withdrawn.")
        response = Response(SignedIn(name=identity.name, right=identity.right.label).model_dump_json())
        response.mimetype = "application/json"
        _set_cookie(response, body.token, _COOKIE_SECONDS)
        return response

    @blueprint.post("/sign-out", summary="Delete the cookie of signing in", responses={204: None})
    def sign_out() -> Response:
        response = Response(status=HTTPStatus.NO_CONTENT)
        _set_cookie(response, "", 0)
        return response

    @blueprint.get(
        "/audit",
        summary="List the changes: who, when, what",
        responses={200: AuditOut, **problem_responses(401, 422)},
        security=NEEDS_TOKEN,
    )
    def list_audit(query: AuditQuery) -> JSON:
        entries = services().access.entries(query.limit, query.before)
        fields = AuditEntryOut.model_fields
        rows = [AuditEntryOut(**{name: getattr(entry, name) for name in fields}) for entry in entries]
        return AuditOut(entries=rows).model_dump()

    return blueprint


def describe_access(app: OpenAPI) -> None:
    """Add to the OpenAPI document which right each operation needs, and how it is refused without it."""
    for path, item in app.paths.items():
        for method in _METHODS:
            operation: Any = getattr(item, method)
            if operation is None:
                continue
            needed = needed_right(method.upper(), path)
            if needed is Right.NONE:
                continue
            words = f"Needs the right {needed.label}"
            tokens: list[dict[str, list[str]]] = [{"token": []}, {"cookie": []}]
            if needed <= Right.READ:  # open to all unless CITELINE_READ=token
                tokens.append({})
                words += " where CITELINE_READ=token is set"
            operation.security = tokens
            operation.description = f"{operation.description or ''} {words}.".strip()
            for status, response in problem_responses(401, 429).items():
                operation.responses.setdefault(str(status), response)


def _set_cookie(response: Response, value: str, seconds: int) -> None:
    """Set the cookie, which scripts can't read and other sites don't send."""
    # A proxy that speaks HTTPS is not seen, but the browser says on which page it is.
    is_encrypted = request.is_secure or request.headers.get("Origin", "").startswith("https://")
    response.set_cookie(COOKIE, value, max_age=seconds, secure=is_encrypted, httponly=True, samesite="Strict")
