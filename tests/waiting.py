"""Waits for what another thread or process does."""

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds: what a loaded machine may need; only failing tests wait so long


def comes(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Return whether a condition comes to hold within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class Clock:
    """Shows the time that it was set to."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
