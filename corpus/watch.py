"""Follows a folder: what changes in it changes among the articles."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import watchfiles

from corpus.errors import CitelineError
from corpus.library import Library

log = logging.getLogger(__name__)
# Some file systems tell of no changes: then they are seen this often.
_LOOK_ANYWAY_MS = 5_000


class FolderWatch:
    """Calls Library.sync_folder whenever something changes in a folder, in a thread of its own."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="folder-watch", daemon=True)
        self.problem: str | None = None

    def start(self) -> None:
        """Start to follow the folder."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, when what is being read has been read."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        while not self._stop.is_set():
            self._sync()
            try:
                self._wait_for_changes(self._sync)
            except (OSError, RuntimeError) as error:
                log.warning(
                    "The folder %s can't be watched (%s); it is looked at from time to time.", self._folder, error
                )
                self._stop.wait(_LOOK_ANYWAY_MS / 1000)

    def _wait_for_changes(self, act: Callable[[], None]) -> None:
        if not self._folder.is_dir():
            self._stop.wait(_LOOK_ANYWAY_MS / 1000)
            return
        changes = watchfiles.watch(
            self._folder,
            stop_event=self._stop,
            debounce=400,
            step=50,
            rust_timeout=_LOOK_ANYWAY_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
            watch_filter=None,
        )
        for _ in changes:
            act()
            if not self._folder.is_dir():
                return

    def _sync(self) -> None:
        try:
            for outcome in self._library.sync_folder(self._folder):
                log.info("%s: %s", outcome.name, outcome.state)
            self.problem = None
        except CitelineError as error:
            if str(error) != self.problem:
                log.error("%s", error)
            self.problem = str(error)
