"""Lets questions of people go before those of batches."""

import time
from threading import Condition

from flask import Flask, current_app, g, request

INTERACTIVE = frozenset({"/ask", "/search", "/replies", "/suggest", "/next-questions"})
MAX_WAIT = 2.0  # seconds, after which a batch asks one question however many others there are


class Precedence:
    """Counts the interactive requests that run. Thread-safe."""

    def __init__(self) -> None:
        self._running = 0
        self._changed = Condition()

    def begin(self) -> None:
        """Count a request."""
        with self._changed:
            self._running += 1

    def end(self) -> None:
        """Count a request no more."""
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def give_way(self, seconds: float = MAX_WAIT) -> None:
        """Return once no interactive request runs, or after so many seconds."""
        time.sleep(0)  # lets a thread that has just got a request count it
        with self._changed:
            self._changed.wait_for(lambda: self._running == 0, seconds)


def register(app: Flask) -> None:
    """Make an app count its interactive requests; `precedence` returns the count."""
    counter = app.extensions["citeline.precedence"] = Precedence()

    @app.before_request
    def begin() -> None:
        if request.path in INTERACTIVE:
            g.is_counted = True
            counter.begin()

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        if g.pop("is_counted", False):
            counter.end()


def precedence() -> Precedence:
    """Return the count of the app that handles this request."""
    found: Precedence = current_app.extensions["citeline.precedence"]
    return found
