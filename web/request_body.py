"""The size and media type of a request's body, checked before anything parses it."""

import re
from itertools import islice

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnprocessableEntity, UnsupportedMediaType

from corpus.errors import TooLarge
from corpus.feeds.opml import MAX_BYTES as MAX_OPML
from qa.batch.questions import MAX_QUESTIONS
from qa.query.parser import MAX_QUESTION
from qa.verification.verifier import MAX_TEXT

SMALL_BODY = 2**16  # bytes; the largest valid question or feed takes about 12,000, with every character escaped
_DRAFT = 12 * MAX_TEXT + SMALL_BODY  # with every character escaped
_BATCH = 12 * MAX_QUESTION * MAX_QUESTIONS + SMALL_BODY
_CONVERSATION = 2**21  # the largest one takes 1.4 million bytes, with every character escaped
_FORM_OVERHEAD = 2**16
_LIMITS = {
    "/ask": _CONVERSATION,
    "/ask/batch": _BATCH,
    "/next-questions": _CONVERSATION,
    "/replies": _CONVERSATION,
    "/verify": _DRAFT,
    "/articles": None,
    "/articles/import": None,
    "/articles/bulk": None,
    "/feeds/import": MAX_OPML + _FORM_OVERHEAD,
}  # None: the setting max_upload
JSON_LINES, CSV = "application/x-ndjson", "text/csv"
_WITHOUT_BODY = {"/sign-out", "/index/rebuild", "/feeds/poll", "/feeds/<feed_id>/poll"}
_UPLOADS = {"/articles", "/articles/import", "/feeds/import"}
_LINES = {"/articles/bulk": JSON_LINES}  # routes that take no JSON object, with the media type that they take
# An article is one flat object with a long string; 16 MiB of keys took 1.4 GiB once parsed and validated.
_MAX_STRINGS = 1000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)


def max_body_size(path: str) -> int | None:
    """Return the most bytes that a body sent to a path may have, None for the setting max_upload."""
    return _LIMITS.get(path, SMALL_BODY)


def body_too_large(path: str, limit: int) -> str:
    """Return the detail for a body over the limit of a path, in bytes."""
    return f"The body is larger than the {limit // 1024:,} KiB that {path} takes."


def check_body() -> None:
    """Refuse the body of a POST or PATCH that its route does not take.

    JSON is required since a browser asks first before it sends that for another site.
    Raises TooLarge, BadRequest, UnprocessableEntity or UnsupportedMediaType.
    """
    rule = str(request.url_rule)
    limit = max_body_size(request.path)
    if limit is not None:
        request.max_content_length = limit
        try:
            if request.mimetype != "multipart/form-data":
                request.get_data()  # also finds the size of a body that comes in chunks
            elif (request.content_length or 0) > limit:
                raise RequestEntityTooLarge
        except RequestEntityTooLarge as error:
            raise TooLarge(body_too_large(request.path, limit)) from error
    if rule in _WITHOUT_BODY or (rule in _UPLOADS and request.mimetype == "multipart/form-data"):
        return
    if rule == "/ask/batch" and request.mimetype == CSV:
        return
    if rule in _LINES:
        if request.mimetype != _LINES[rule]:
            raise UnsupportedMediaType(f"Send JSON Lines (Content-Type: {_LINES[rule]}).")
        return
    if not request.is_json:
        raise UnsupportedMediaType("Send JSON (Content-Type: application/json), or a file where one is taken.")
    data = request.get_data()
    check_strings(data, "The body", _MAX_STRINGS + (MAX_QUESTIONS if rule == "/ask/batch" else 0))
    try:
        data.decode()
        body = request.get_json()
    except (BadRequest, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("The body is not JSON in UTF-8.") from error
    if not isinstance(body, dict):  # flask_openapi3 would parse a string as JSON once more
        raise UnprocessableEntity("The body is not a JSON object.")


def check_strings(data: bytes, name: str, most: int = _MAX_STRINGS) -> None:
    """Raise TooLarge for JSON with more strings than a request has, before it is parsed; it need not be valid."""
    strings = [found.end() - found.start() for found in islice(_STRING.finditer(data), most + 1)]
    if len(strings) > most or len(data) - sum(strings) > SMALL_BODY:
        allowed = f"{most:,} strings and {SMALL_BODY // 1024} KiB beside them"
        raise TooLarge(f"{name} holds more than {allowed}; no request needs that.")
