"""Waiting for another thread or process, and a clock for tests."""

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds: what a loaded machine may need; only failing tests wait so long


def comes(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait until a condition holds; return False after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class Clock:
    """A clock that shows the time it was set to."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
