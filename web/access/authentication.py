"""Who sends a request: the holder of a token, this machine, or anyone; guesses of tokens are slowed down."""

import hmac
import ipaddress
import logging
import threading
from dataclasses import dataclass, replace

from cachetools import TTLCache
from werkzeug.datastructures import Headers
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized
from werkzeug.sansio.request import Request

from corpus.events import log_event
from web.access.rights import SAFE_METHODS, Right, needed_right
from web.access.store import LOCAL, SETTING, AccessStore

COOKIE = "citeline_token"
MAX_GUESSES, GUESS_SECONDS = 10, 60.0  # different wrong tokens of a client, and the time for which they count
_MAX_CLIENTS = 10_000  # whose guesses are held
_MISSING = {
    Right.WRITE: "Changing articles or the index needs the token: Authorization: Bearer <token>.",
    Right.ADMIN: "This needs a token with the right admin: Authorization: Bearer <token>.",
}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends a request, and what they may do; nobody in particular has no name."""

    name: str | None
    right: Right
    by_cookie: bool = False

    @property
    def may_write(self) -> bool:
        """Whether they may change articles, and so see addresses of feeds, file names and paths."""
        return self.right >= Right.WRITE


THIS_MACHINE = Identity(LOCAL, Right.ADMIN)
NOBODY = Identity(None, Right.NONE)


class RightTooLow(Forbidden):
    """The sender of a request, who is known, may not do this."""

    def __init__(self, identity: Identity, needed: Right) -> None:
        held = f"The token {identity.name!r} has the right {identity.right.label}"
        super().__init__(f"{held}; this needs the right {needed.label}.")
        self.identity = identity


class Authenticator:
    """Finds out by its token who sends a request.

    Where the service serves this machine only, reading is not protected, and there has been no token since it started,
    everyone may do everything. Else those without a token may read, or nothing where `protects_reading` is set.
    """

    def __init__(self, store: AccessStore, token: str | None, is_local: bool, protects_reading: bool) -> None:
        self._store, self._token = store, token
        self._protects_reading = protects_reading
        self._needs_token = token is not None or not is_local or protects_reading or bool(store.tokens())
        self._guesses: TTLCache[str, set[int]] = TTLCache(_MAX_CLIENTS, GUESS_SECONDS)
        self._lock = threading.Lock()

    def authorize(self, request: Request) -> Identity:
        """Return who sends a request; raises Unauthorized, RightTooLow or TooManyRequests where they may not."""
        needed = needed_right(request.method, request.path)
        if needed is Right.NONE:
            return NOBODY
        identity = self._identify(request)
        if identity.right >= needed:
            return identity
        if identity.name is not None:
            raise RightTooLow(identity, needed)
        raise Unauthorized(_MISSING.get(needed, "This needs a token: Authorization: Bearer <token>."))

    def authorize_asking(self, request: Request) -> Identity:
        """Return who asks from a page of another origin; a cookie doesn't count there, and they may only ask.

        Raises what `authorize` raises.
        """
        headers = Headers([pair for pair in request.headers if pair[0] != "Cookie"])
        parts = request.scheme, request.server, request.root_path, request.path, request.query_string
        identity = self.authorize(Request(request.method, *parts, headers, request.remote_addr))
        return replace(identity, right=min(identity.right, Right.ASK))

    def check(self, token: str, address: str | None) -> Identity | None:
        """Return whose token it is, None where it is nobody's; raises TooManyRequests after too many guesses."""
        self._stop_guesser(address)
        if self._token is not None and is_same(token, self._token):
            return Identity(SETTING, Right.ADMIN)
        found = self._store.find(token)
        if found is not None:
            return Identity(found.name, found.right)
        self._note_guess(token, address)
        return None

    def matches(self, token: str, secret: str, address: str | None) -> bool:
        """Return whether a token is one that allows something by itself; wrong ones count as guesses, as in `check`."""
        self._stop_guesser(address)
        if is_same(token, secret):
            return True
        if token:
            self._note_guess(token, address)
        return False

    def _stop_guesser(self, address: str | None) -> None:
        client = client_of(address)
        with self._lock:
            if len(self._guesses.get(client, ())) >= MAX_GUESSES:
                raise TooManyRequests(
                    f"Too many wrong tokens came from {client}. Try again in a minute.", retry_after=int(GUESS_SECONDS)
                )

    def _note_guess(self, token: str, address: str | None) -> None:
        client = client_of(address)
        with self._lock:
            guesses = self._guesses.setdefault(client, set())
            is_new = hash(token) not in guesses  # a client that sends one token again and again is no guesser
            guesses.add(hash(token))
        if is_new:
            log_event(log, logging.WARNING, "token_refused", f"A wrong token came from {client}.", client=client)

    def _identify(self, request: Request) -> Identity:
        # Once there was a token, there is no way back: withdrawing the last one must not let everyone in.
        self._needs_token = self._needs_token or bool(self._store.tokens())
        if not self._needs_token:
            return THIS_MACHINE
        bearer = bearer_of(request)
        if bearer:
            identity = self.check(bearer, request.remote_addr)
            if identity is None:
                raise Unauthorized("This token is not valid: it is wrong, or was withdrawn.")
            return identity
        # A browser sends its cookie by itself, so a change also needs the header by which the guard has seen that its
        # own page asks for it.
        is_own = request.method in SAFE_METHODS or "Origin" in request.headers
        cookie = request.cookies.get(COOKIE, "") if is_own else ""
        identity = self.check(cookie, request.remote_addr) if cookie else None
        if identity is not None:
            return Identity(identity.name, identity.right, by_cookie=True)
        return Identity(None, Right.NONE if self._protects_reading else Right.READ)


def is_same(token: str, secret: str) -> bool:
    """Return whether a token is the secret one, in constant time."""
    return hmac.compare_digest(token.encode(errors="replace"), secret.encode())


def bearer_of(request: Request) -> str:
    """Return the token in the header Authorization, "" where there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def client_of(address: str | None) -> str:
    """Return what stands for a client in limits: its address, or the /64 network of an IPv6 one, which has them all."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "an unknown address"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
