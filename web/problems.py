"""Maps errors to responses: RFC 9457 problem details, or a page for a browser."""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from corpus import errors
from corpus.events import log_event
from corpus.text.unicode import replace_surrogates
from web.access.privacy import hide_paths, may_write

log = logging.getLogger(__name__)

_STATUS: dict[type[errors.CitelineError], HTTPStatus] = {
    errors.UnsupportedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.ReaderFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.CursorExpired: HTTPStatus.GONE,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.StorageProblem: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.CitelineError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_TITLES = {
    HTTPStatus.UNAUTHORIZED: "A token is needed",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This can't be used",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not ready",
    HTTPStatus.INSUFFICIENT_STORAGE: "It can't be stored",
}
_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
}
_REASONS = {  # by pydantic's type of error
    "blank": "is blank: give a value, or leave it out",
    "missing": "is missing",
    "greater_than_equal": "must be at least {ge:,.15g}",
    "less_than_equal": "must be at most {le:,.15g}",
    "too_long": "must have at most {max_length:,} characters",
    "string_too_long": "must have at most {max_length:,} characters",
}
_MUST_BE = {"string": "a text", "int": "a whole number", "float": "a number", "bool": "true or false"}
MEDIA_TYPE = "application/problem+json"
# What a response of a status has besides its problem details.
STATUS_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "2"},  # seconds
}


def register(app: Flask) -> None:
    """Make an app answer every error with problem details."""
    app.register_error_handler(errors.CitelineError, _citeline_problem)
    app.register_error_handler(errors.ArticleReplaced, _article_replaced)
    app.register_error_handler(ValidationError, invalid)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _unexpected)


def invalid(error: ValidationError) -> Response:
    """Return the response to a request that fails validation; it names the first 20 invalid fields."""
    in_body = not error.title.endswith(("Query", "Path"))
    sent = request.get_json(silent=True) if in_body and request.is_json else None
    fields = [_invalid_field(reason, pointer, in_body) for reason, pointer in _invalid_places(error, sent)]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, describe(error, sent), fields)


def describe(error: ValidationError, sent: object = None) -> str:
    """Return a sentence that names the first 20 invalid fields of what was sent, each with its reason."""
    reasons = "; ".join(reason for reason, _ in _invalid_places(error, sent))
    return f"{reasons.removesuffix('.')}."


def problem(status: HTTPStatus, detail: str, invalid_fields: Iterable[dict[str, str]] = ()) -> Response:
    """Return the response to an error: a page where the browser accepts one, JSON otherwise."""
    body: dict[str, object] = {**details(status, detail)}
    if listed := list(invalid_fields):
        body["errors"] = listed
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if best == "text/html" and request.method in {"GET", "HEAD"}:
        template = "sign_in.html" if status is HTTPStatus.UNAUTHORIZED else "error.html"
        response = make_response(render_template(template, **body), status)
    else:
        response = make_response(jsonify(body), status)
        response.mimetype = MEDIA_TYPE
    response.headers.update(STATUS_HEADERS.get(status, {}))
    return response


def details(status: HTTPStatus, detail: str) -> dict[str, str | int]:
    """Return problem details, with surrogates replaced: no response can be encoded with them."""
    return {
        "type": "about:blank",
        "title": _TITLES.get(status, status.phrase),
        "status": int(status),
        "detail": replace_surrogates(detail),
    }


def too_large(limit: int) -> str:
    """Return the detail for a body over the limit, in bytes, of the setting max_upload."""
    return f"The body is larger than the limit of {limit // 2**20} MiB (setting CITELINE_MAX_UPLOAD)."


def _invalid_places(error: ValidationError, sent: object) -> list[tuple[str, str]]:
    """Return why each of the first 20 fields is invalid, with a JSON pointer to it."""
    found = dict[tuple[str, str], None]()  # each once: the members of a union are wrong for the same reason
    for part in error.errors(include_url=False, include_input=False)[:20]:
        place = _place_in(sent, part["loc"])
        found[_describe_error(part, place, error.title), _pointer(place)] = None
    return list(found)


def _place_in(sent: object, location: tuple[int | str, ...]) -> list[int | str]:
    """Return the location of an error in what was sent, without the members of unions that pydantic names in it."""
    place: list[int | str] = []
    for part in location:
        if isinstance(sent, dict):
            sent = sent.get(part)
        elif isinstance(sent, list) and isinstance(part, int):
            sent = sent[part]
        elif place and isinstance(part, str):
            continue
        place.append(part)
    return place


def _pointer(place: Iterable[int | str]) -> str:
    """Return a JSON pointer (RFC 6901) as the fragment of a URI; the whole body is "#"."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(("#", *(f"/{quote(replace_surrogates(part), safe='~')}" for part in parts)))


def _invalid_field(reason: str, pointer: str, in_body: bool) -> dict[str, str]:
    """Return an entry of `errors`: where something is wrong in the body, or which parameter of the address is."""
    where = {"pointer": pointer} if in_body else {"parameter": pointer.removeprefix("#/")}
    return {"detail": replace_surrogates(reason), **where}


def _describe_error(part: ErrorDetails, place: Iterable[int | str], schema: str) -> str:
    """Return which field is invalid and why; `schema` is the name of the request's model."""
    field = ".".join(map(str, place))[:100]
    if part["type"] == "extra_forbidden":
        return f"{field} is not a field of this request; known: {', '.join(_fields_of(schema))}"
    if part["type"] in _REASONS:
        return f"{field} {_REASONS[part['type']].format(**part.get('ctx', {}))}"
    value_type = part["type"].partition("_")[0]
    if value_type in _MUST_BE:
        return f"{field or 'the name of a field'} must be {_MUST_BE[value_type]}"
    reason = part["msg"].removeprefix("Value error, ")
    return f"{field}: {reason}" if field else reason


def _fields_of(schema: str) -> Iterable[str]:
    """Return the fields of the request model of a name, wherever it is defined."""
    models = [BaseModel]
    while models:
        model = models.pop()
        if model.__name__ == schema:
            return model.model_fields
        models += model.__subclasses__()
    return ()


def _citeline_problem(error: errors.CitelineError) -> Response:
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, errors.NotReady | errors.WorkerBusy):
        log.error("%s", error)
    elif isinstance(error, errors.InvalidInput):
        asked = {"client": request.remote_addr, "path": request.path}
        log_event(log, logging.INFO, "request_refused", str(error), **asked, status=int(status))
    detail, fields = str(error) if may_write() else hide_paths(str(error)), []
    if isinstance(error, errors.InvalidInput) and error.field is not None:
        fields = [_invalid_field(detail, _pointer([error.field]), request.method not in {"GET", "HEAD"})]
    return problem(status, detail, fields)


def _article_replaced(error: errors.ArticleReplaced) -> BaseResponse:
    """Redirect a reader to the article that has replaced another one, without the span, which means nothing there."""
    if request.method not in {"GET", "HEAD"} or request.endpoint is None:
        return _citeline_problem(error)
    values = {**(request.view_args or {}), "article_id": error.article_id}
    if request.endpoint == "pages.read":
        values["was"] = (request.view_args or {})["article_id"]
    return redirect(url_for(request.endpoint, **values), HTTPStatus.MOVED_PERMANENTLY)


def _too_large(error: RequestEntityTooLarge) -> Response:
    limit = request.max_content_length or 0
    if (request.content_length or 0) <= limit:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The form has too many fields, or one that is too large.")
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large(limit))


def _http_problem(error: HTTPException) -> Response:
    if error.response is not None:
        return error.get_response()  # type: ignore[return-value]  # the response of validation_error_callback
    status = HTTPStatus(error.code or 500)
    is_default = error.description == type(error).description
    detail = error.description or ""
    response = problem(status, _DETAILS.get(status, detail) if is_default else detail)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "location", "retry-after"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    log.exception("A request failed: %s %r", request.method, request.path)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong; the server's log says what.")
