"""Who may do what: host and origin checks, the token for changes, and the headers of every response."""

import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden, Unauthorized

from web.request_body import check_body

_SAFE = {"GET", "HEAD", "OPTIONS"}
_ANSWERS = "/ask"  # the one POST that changes nothing
_DEFAULT_PORTS = {"http": 80, "https": 443}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Swagger UI sets styles by itself; no words of articles are shown on its page unless someone calls for them there.
_DOCS_POLICY = _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
HEADERS = {
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

    @classmethod
    def of(cls, host: str, more: Collection[str], token: str | None) -> "Guard":
        """Return the guard of a server that listens on a host and goes by more names."""
        own = () if _is_unspecified(host) else (_tidy(host),)
        return cls(LOCAL_NAMES | {*own, *map(_tidy, more)}, not is_local(host), token)

    def check(self) -> None:
        """Raise Forbidden, Unauthorized or another HTTP error where the request may not be served."""
        self._check_host()
        self._check_site()
        if request.method not in _SAFE and request.path != _ANSWERS:
            self._check_token()
        if request.method == "POST" and request.url_rule is not None:
            check_body()

    def _check_host(self) -> None:
        name = _place("http", request.headers.get("Host", request.host))[0]
        if name in self.hosts or (self.any_address and is_address(name)):
            return
        raise Forbidden(
            f"This service does not go by the name {name[:100]!r}. Names it goes by are set with CITELINE_HOSTS."
        )

    def _check_site(self) -> None:
        origin = request.headers.get("Origin")
        if origin is not None and not _same_place(origin, request.headers.get("Host", request.host)):
            raise Forbidden("Pages of other sites can't use this service.")
        # A link from another site may open a page of ours; nothing else of another site's may reach us.
        followed = request.method in _SAFE and request.headers.get("Sec-Fetch-Dest") == "document"
        if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"} and not followed:
            raise Forbidden("Pages of other sites can't use this service.")

    def _check_token(self) -> None:
        if self.token is None:
            return
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self.token.encode()):
            raise Unauthorized("Changing articles or the index needs the token: Authorization: Bearer <token>.")


def register(app: Flask, guard: Guard) -> None:
    """Have an app check every request, and put its headers onto every response."""

    @app.before_request
    def check() -> None:
        guard.check()

    @app.after_request
    def add_headers(response: Response) -> Response:
        docs = request.path.startswith("/docs")
        response.headers.setdefault("Content-Security-Policy", _DOCS_POLICY if docs else _POLICY)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(("/static", "/docs/static")):
            response.headers["Cache-Control"] = "no-store"
        return response


def is_local(host: str) -> bool:
    """Return whether a server that listens on host can only be reached from this machine."""
    name = _tidy(host)
    return name in LOCAL_NAMES or (is_address(name) and ipaddress.ip_address(name).is_loopback)


def _same_place(origin: str, host: str) -> bool:
    """Tell whether an origin is the host that was asked; https is ours, too, where a proxy in front of us speaks it."""
    scheme, separator, rest = origin.partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        return False
    return _place(scheme, rest) == _place(scheme, host)


def _place(scheme: str, host: str) -> tuple[str, int | None]:
    """Return the name and port of a Host header; the name is empty where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        if parts.netloc != host or "@" in host or parts.hostname is None:
            return "", None
        return _tidy(parts.hostname), _DEFAULT_PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        return "", None


def _tidy(name: str) -> str:
    """Return the one way to write a host name or address."""
    name = name.strip().lower().removesuffix(".")
    bare = name.removeprefix("[").removesuffix("]")
    return str(ipaddress.ip_address(bare)) if is_address(bare) else name


def _is_unspecified(host: str) -> bool:
    return is_address(_tidy(host)) and ipaddress.ip_address(_tidy(host)).is_unspecified


def is_address(name: str) -> bool:
    """Return whether a host is written as an IP address, without brackets."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
