"""Limits of requests for each client, so that none takes all of the service."""

import time

from flask import Flask, g, request
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from werkzeug.exceptions import TooManyRequests

from web.access.authentication import client_of
from web.access.rights import is_open
from web.access.store import LOCAL

# Replies and feedback. The newest 10,000 replies are kept: so a client needs months to push out those of others.
SAVED_A_DAY = 100


def register(app: Flask, per_minute: int) -> None:
    """Make an app refuse what a client sends beyond so many requests a minute (0: no limit).

    Nor may it save more than SAVED_A_DAY replies and feedback. A client is a token, or without one an address. Health,
    static files and preflights don't count, nor does signing in, which has its own limit. Register it after the
    security, which finds out who sends a request.
    """
    limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
    all_requests = RateLimitItemPerMinute(per_minute, namespace="requests") if per_minute else None
    saving = RateLimitItemPerDay(SAVED_A_DAY, namespace="replies")

    def count(item: RateLimitItem, client: str, allowed: str) -> None:
        if limiter.hit(item, client):
            return
        seconds = max(1, round(limiter.get_window_stats(item, client).reset_time - time.time()))
        raise TooManyRequests(f"{allowed}, and more came from {client}.", retry_after=seconds)

    @app.before_request
    def check() -> None:
        if is_open(request.path) or request.method == "OPTIONS":
            return
        name = g.identity.name
        client = client_of(request.remote_addr) if name in {None, LOCAL} else f"the token {name}"
        if all_requests is not None:
            count(all_requests, client, f"{per_minute:,} requests a minute are allowed (CITELINE_RATE_LIMIT)")
        if name != LOCAL and request.method == "POST" and request.path in {"/replies", "/feedback"}:
            count(saving, client, f"{SAVED_A_DAY:,} replies and feedback a day may be saved")
