"""A limit of requests for each client, so that none takes all of the service."""

import time

from flask import Flask, g, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from werkzeug.exceptions import TooManyRequests

from web.access.authentication import client_of
from web.access.rights import is_open
from web.access.store import LOCAL


def register(app: Flask, per_minute: int) -> None:
    """Make an app refuse more requests of a client than so many a minute; 0 is no limit.

    A client is a token, or without one an address. Health, static files and signing in don't count, which has its own
    limit. Register it after the security, which finds out who sends a request.
    """
    if per_minute == 0:
        return
    item, limiter = RateLimitItemPerMinute(per_minute), SlidingWindowCounterRateLimiter(MemoryStorage())

    @app.before_request
    def count() -> None:
        if is_open(request.path):
            return
        name = g.identity.name
        client = client_of(request.remote_addr) if name in {None, LOCAL} else f"the token {name}"
        if limiter.hit(item, client):
            return
        seconds = max(1, round(limiter.get_window_stats(item, client).reset_time - time.time()))
        raise TooManyRequests(
            f"{per_minute:,} requests a minute are allowed (CITELINE_RATE_LIMIT), and more came from {client}.",
            retry_after=seconds,
        )
