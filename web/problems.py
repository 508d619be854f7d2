"""Errors to responses, in one place: RFC 9457 problem details, or a page for someone who reads pages."""

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from corpus import errors

log = logging.getLogger(__name__)

_STATUS: dict[type[errors.CitelineError], HTTPStatus] = {
    errors.UnsupportedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.StorageProblem: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.CitelineError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_PHRASES = {
    HTTPStatus.UNPROCESSABLE_ENTITY: "This can't be used",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not ready",
    HTTPStatus.INSUFFICIENT_STORAGE: "It can't be stored",
}


def register(app: Flask) -> None:
    """Have an app answer every error with a problem."""
    app.register_error_handler(errors.CitelineError, _citeline_problem)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _unexpected)


def invalid(error: ValidationError) -> Response:
    """Return the response to a request that its declaration refuses, naming every field that is wrong."""
    return _invalid(error)


def problem(status: HTTPStatus, detail: str) -> Response:
    """Return a problem, as a page where the browser asks for one and as JSON otherwise."""
    title = _PHRASES.get(status, status.phrase)
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if best == "text/html" and request.method == "GET":
        return make_response(render_template("error.html", status=int(status), title=title, detail=detail), status)
    body = {"type": "about:blank", "title": title, "status": int(status), "detail": detail}
    response = make_response(jsonify(body), status)
    response.mimetype = "application/problem+json"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    return response


def _citeline_problem(error: errors.CitelineError) -> Response:
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, errors.NotReady):
        log.error("%s", error)
    return problem(status, str(error))


def _invalid(error: ValidationError) -> Response:
    found = []
    for part in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(place) for place in part["loc"])
        found.append(f"{field}: {part['msg']}" if field else part["msg"])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(found))


def _too_large(error: RequestEntityTooLarge) -> Response:
    limit = (request.max_content_length or 0) / 2**20
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"That is more than the {limit:.0f} MiB that are taken at once (setting CITELINE_MAX_UPLOAD).",
    )


def _http_problem(error: HTTPException) -> Response:
    if error.response is not None:
        return error.get_response()  # type: ignore[return-value]  # a redirect, or a response made on purpose
    response = problem(HTTPStatus(error.code or 500), error.description or "")
    for name, value in error.get_headers():
        if name.lower() in {"allow", "location", "retry-after"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    log.exception("A request failed: %s %s", request.method, request.path)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong; the server's log says what.")
