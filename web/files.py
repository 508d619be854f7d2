"""Files in responses, and responses that clients keep and ask about again.

Files come from anyone, so a browser must neither show nor run what is in them.
"""

import functools
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from pathlib import PurePath
from typing import ParamSpec

from flask import Response, make_response, request, send_file

from corpus.article import Original
from corpus.citations import CitationFormat
from corpus.ingest.library import PagePicture

CITATION_TYPES = {
    CitationFormat.MARKDOWN: "text/markdown",
    CitationFormat.BIBTEX: "application/x-bibtex",
    CitationFormat.RIS: "application/x-research-info-systems",
    CitationFormat.CSL_JSON: "application/vnd.citationstyles.csl+json",
}
_KEEP = "private, no-cache"  # it is kept by the client alone, which asks each time whether it is still so
P = ParamSpec("P")
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def original_response(original: Original, stem: str | None = None) -> Response:
    """Return an original as an attachment, which no browser opens as a page of this site.

    With a `stem`, it stands in place of the name of the file before its extension.
    """
    shown = original.name if stem is None else f"{stem}{PurePath(original.name).suffix}"
    # A line end in a header is an error, and a mark of direction shows "exe.pdf" for "fdp.exe".
    name = "".join(character if character.isprintable() else "_" for character in shown)
    response = send_file(BytesIO(original.data), original.media_type, as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["Cache-Control"] = _KEEP
    response.set_etag(original.digest)
    return response.make_conditional(request)  # type: ignore[return-value]  # the same response


def revalidated(view: Callable[P, dict[str, object]]) -> Callable[P, Response]:
    """Have the JSON of a view carry an ETag of its bytes; a request with that in If-None-Match gets 304."""

    @functools.wraps(view)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        response.headers["Cache-Control"] = _KEEP
        response.add_etag()
        return response.make_conditional(request)  # type: ignore[return-value]  # the same response

    return wrapper


def picture_response(picture: PagePicture) -> Response:
    """Return a picture of a page, which a browser keeps but asks about; it is drawn only where that has none."""
    response = Response(mimetype="image/png")
    response.set_etag(picture.tag)
    response.headers["Cache-Control"] = _KEEP
    known = request.if_none_match
    is_known = known.contains_weak(picture.tag)  # a proxy that compresses makes a tag weak
    if known.star_tag or not is_known:  # "*" asks whether there is such a page, which drawing it tells
        response.data = picture.draw()
    if is_known:
        response.status_code, response.data = HTTPStatus.NOT_MODIFIED, b""
    return response


def citation_response(text: str, style: CitationFormat) -> Response:
    """Return a citation in a format."""
    return Response(text, content_type=f"{CITATION_TYPES[style]}; charset=utf-8")
