"""Files in responses: they come from anyone, so a browser must neither show nor run what is in them."""

from io import BytesIO

from flask import Response, send_file

from corpus.article import Original

_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def original_response(original: Original) -> Response:
    """Return an original as an attachment, which no browser opens as a page of this site."""
    # A line end in a header is an error, and a mark of direction shows "exe.pdf" for "fdp.exe".
    name = "".join(character if character.isprintable() else "_" for character in original.name)
    response = send_file(BytesIO(original.data), original.media_type, as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = _SANDBOX
    return response
