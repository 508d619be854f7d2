"""Who may do what: host and origin checks, the token for changes, and the headers of every response."""

import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized, UnsupportedMediaType

_SAFE = {"GET", "HEAD", "OPTIONS"}
_CHANGING = ("/articles", "/index")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Swagger UI sets styles by itself; no words of articles are shown on its page unless someone calls for them there.
_DOCS_POLICY = _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Guard:
    """What a request must bring: a host name that is ours, no other site's page behind it, a token to change things.

    `hosts` are the names that this service goes by. `any_address` also lets through every host that is an IP address:
    a page that rebinds a name to our address can't send one. No `token` means that changes need none.
    """

    hosts: Collection[str]
    any_address: bool
    token: str | None

    def check(self) -> None:
        """Raise Forbidden, Unauthorized or BadRequest where the request may not be served."""
        self._check_host()
        self._check_site()
        if self._changes():
            self._check_token()
        self._check_body()

    def _check_host(self) -> None:
        name = _host_name(request.host)
        if name in self.hosts or (self.any_address and _is_address(name)):
            return
        raise Forbidden(
            f"This service does not go by the name {name[:100]!r}. Names it goes by are set with CITELINE_HOSTS."
        )

    def _check_site(self) -> None:
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.scheme}://{request.host}":
            raise Forbidden("Pages of other sites can't use this service.")
        # A link from another site may open a page of ours; nothing else of another site's may reach us.
        followed = request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "document"
        if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"} and not followed:
            raise Forbidden("Pages of other sites can't use this service.")

    def _changes(self) -> bool:
        return request.method not in _SAFE and request.path.startswith(_CHANGING)

    def _check_token(self) -> None:
        if self.token is None:
            return
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self.token.encode()):
            raise Unauthorized("Changing articles or the index needs the token: Authorization: Bearer <token>.")

    def _check_body(self) -> None:
        # A JSON body is what makes a browser ask first before it sends something for another site.
        if request.method != "POST" or request.path == "/index/rebuild":
            return
        if request.mimetype == "multipart/form-data" and request.path == "/articles":
            return
        if not request.is_json:
            raise UnsupportedMediaType("Send JSON (Content-Type: application/json), or to /articles a file upload.")
        try:
            request.get_json()
        except (BadRequest, UnicodeDecodeError, RecursionError) as error:
            raise BadRequest("The body is not JSON in UTF-8.") from error


def register(app: Flask, guard: Guard) -> None:
    """Have an app check every request, and put its headers onto every response."""

    @app.before_request
    def check() -> None:
        guard.check()

    @app.after_request
    def add_headers(response: Response) -> Response:
        docs = request.path.startswith("/docs")
        response.headers.setdefault("Content-Security-Policy", _DOCS_POLICY if docs else _POLICY)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(("/static", "/docs/static")):
            response.headers["Cache-Control"] = "no-store"
        return response


def is_local(host: str) -> bool:
    """Return whether a server that listens on host can only be reached from this machine."""
    return host in LOCAL_NAMES or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        abort(400, "The Host header is not a host.")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
