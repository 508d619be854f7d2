"""A task that a thread repeats until the service ends."""

import logging
import threading
from collections.abc import Callable

from corpus.errors import CitelineError

RETRY_SECONDS = 30.0


class BackgroundTask:
    """Runs `task` in a thread, and again after `pause` seconds, or after RETRY_SECONDS if it failed and those are more.

    A failure is logged. `failure` says in the log what can't be done then: "Webhooks can't be sent now."
    """

    def __init__(self, name: str, task: Callable[[], object], pause: float, failure: str, log: logging.Logger) -> None:
        self._name, self._task, self._pause, self._failure, self._log = name, task, pause, failure, log
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, patience: float | None = None) -> None:
        """Stop the thread, and wait for it, `patience` seconds at most."""
        self.stopping.set()
        if self._thread is not None:
            self._thread.join(patience)
            self._thread = None

    def _loop(self) -> None:
        while not self.stopping.is_set():
            pause = self._pause
            try:
                self._task()
            except CitelineError as error:  # tried again
                self._log.warning("%s %s", self._failure, error)
                pause = max(pause, RETRY_SECONDS)
            except Exception:  # a bug must not end the thread
                self._log.exception(self._failure)
                pause = max(pause, RETRY_SECONDS)
            self.stopping.wait(pause)
