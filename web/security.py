"""Access control: host and origin checks, tokens, and the security headers of every response."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import Forbidden
from werkzeug.sansio.request import Request

from web.access.authentication import NOBODY, Authenticator, Identity, RightTooLow
from web.access.cross_origin import WidgetOrigins
from web.access.rights import SAFE_METHODS
from web.request_body import check_body

_DEFAULT_PORTS = {"http": 80, "https": 443}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Swagger UI needs inline styles. Its page contains text of articles only in responses to requests made there.
_DOCS_POLICY = _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks a request's Host header, its origin and its token.

    `hosts` are the allowed host names. `any_address` also allows every IP address, which is safe, since a DNS rebinding
    attack sends a host name.
    """

    hosts: Collection[str]
    any_address: bool
    authenticator: Authenticator
    widget: WidgetOrigins = field(default_factory=WidgetOrigins)

    @classmethod
    def of(
        cls,
        host: str,
        further_hosts: Collection[str],
        authenticator: Authenticator,
        widget_origins: Collection[str] = (),
    ) -> "Guard":
        """Return the guard of a server that listens on `host` and also has the names `further_hosts`.

        Pages of `widget_origins` may ask.
        """
        name = _normalize(host)
        # 0.0.0.0 and :: listen on all interfaces.
        is_unspecified = is_ip_address(name) and ipaddress.ip_address(name).is_unspecified
        names = {*map(_normalize, further_hosts), *(() if is_unspecified else (name,))}
        return cls(LOCAL_HOSTS | names, not is_local(host), authenticator, WidgetOrigins(frozenset(widget_origins)))

    def allows_host(self, host: str) -> bool:
        """Return whether a Host header is one of this service."""
        name, _ = _name_and_port("http", host)
        return name in self.hosts or (self.any_address and is_ip_address(name))

    def check(self, request: Request) -> Identity:
        """Return who sends a request; only its head is looked at.

        Raises Forbidden, Unauthorized or TooManyRequests where it is refused.
        """
        host = request.headers.get("Host", request.host)
        if not self.allows_host(host):
            name, _ = _name_and_port("http", host)
            raise Forbidden(
                f"The host name {name[:100]!r} is not allowed. CITELINE_HOSTS sets further names of this service."
            )
        origin, is_safe = request.headers.get("Origin"), request.method in SAFE_METHODS
        # A link on another site may open a page; every other request from another site is refused.
        is_link = is_safe and request.headers.get("Sec-Fetch-Dest") == "document"
        is_foreign = request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
        if (origin is not None and not _same_origin(origin, host)) or (is_foreign and not is_link):
            if self.widget.is_preparing(request):
                return NOBODY
            if self.widget.is_asking(request):
                return self.authenticator.authorize_asking(request)
            raise Forbidden("Pages of other sites can't use this service.")
        return self.authenticator.authorize(request)


def register(app: Flask, guard: Guard) -> None:
    """Make an app check every request and add security headers to every response; `guard_of` returns the guard."""
    app.extensions["citeline.guard"] = guard

    @app.before_request
    def check() -> None:
        try:
            g.identity = guard.check(request)
        except RightTooLow as refused:
            g.identity = refused.identity  # its page says so, and offers to sign out
            raise
        if request.method in {"POST", "PATCH"} and request.url_rule is not None:
            check_body()

    @app.context_processor
    def name_session() -> dict[str, object]:
        identity = g.get("identity", NOBODY)
        return {"signed_in": identity.by_cookie, "right": identity.right.label}

    @app.after_request
    def add_headers(response: Response) -> Response:
        is_docs = request.path.startswith("/docs")
        response.headers.setdefault("Content-Security-Policy", _DOCS_POLICY if is_docs else _POLICY)
        response.headers.update(guard.widget.headers(request.method, request.path, request.headers.get("Origin")))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(("/static", "/docs/static")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def guard_of(app: Flask) -> Guard:
    """Return the guard that an app was registered with."""
    guard: Guard = app.extensions["citeline.guard"]
    return guard


def is_local(host: str) -> bool:
    """Return whether a server that listens on a host can be reached from this machine only."""
    name = _normalize(host)
    return name in LOCAL_HOSTS or (is_ip_address(name) and ipaddress.ip_address(name).is_loopback)


def _same_origin(origin: str, host: str) -> bool:
    """Return whether an Origin header has the name and port of the Host header; its scheme may be http or https."""
    scheme, separator, rest = origin.partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        return False
    return _name_and_port(scheme, rest) == _name_and_port(scheme, host)


def _name_and_port(scheme: str, host: str) -> tuple[str, int | None]:
    """Return the name and port of a Host header, by default the port of the scheme; ("", None) where it is invalid."""
    try:
        parts = urlsplit(f"//{host}")
        if parts.netloc != host or "@" in host or parts.hostname is None:
            return "", None
        return _normalize(parts.hostname), _DEFAULT_PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        return "", None


def _normalize(name: str) -> str:
    """Return the canonical form of a host name or IP address, without brackets."""
    name = name.strip().lower().removesuffix(".")
    bare = name.removeprefix("[").removesuffix("]")
    return str(ipaddress.ip_address(bare)) if is_ip_address(bare) else name


def is_ip_address(name: str) -> bool:
    """Return whether a host is an IP address, without brackets."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
