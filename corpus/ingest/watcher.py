"""Watches a folder and updates the library whenever its files change."""

import logging
import threading
import time
from contextlib import closing
from pathlib import Path

import watchfiles

from corpus.events import log_event
from corpus.ingest.library import Library

log = logging.getLogger(__name__)
# How often to check that the folder was not replaced by another one.
_CHECK_SECONDS = 0.5
# How often the files are scanned without a reported change: some file systems report none, and links hide changes.
_SCAN_SECONDS = 5.0
_STOP_SECONDS = 0.8


class FolderWatch:
    """Calls Library.sync_folder in a thread whenever something changes in a folder."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folder-watch", daemon=True)
        self._problems: set[str] = set()  # of the last sync, which are logged once

    def start(self) -> None:
        """Start to watch the folder."""
        self._thread.start()

    def stop(self) -> None:
        """Stop within _STOP_SECONDS; a document that is still being read then is read again at the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch()
            except Exception as error:  # without reported changes, the files can still be scanned
                known = frozenset(self._problems)
                self._sync()
                problem = f"Changes of {self._folder} can't be followed ({error}); it is looked at each second."
                self._log_problem(problem, known)
                self._stop.wait(2 * _CHECK_SECONDS)

    def _watch(self) -> None:
        """Sync at each change until the folder is missing or replaced by another one."""
        identity = self._identity()
        if identity is None:
            self._sync()
            self._stop.wait(_CHECK_SECONDS)
            return
        # Batches of changes, at least every _CHECK_SECONDS, then perhaps an empty one.
        changes = watchfiles.watch(
            self._folder.resolve(),
            stop_event=self._stop,
            debounce=400,
            step=50,
            rust_timeout=int(_CHECK_SECONDS * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
            watch_filter=None,
        )
        # The first sync comes after the first batch, when changes are already reported, so that none is missed.
        last_scan = -_SCAN_SECONDS
        with closing(changes) as batches:
            for batch in batches:
                if batch or time.monotonic() - last_scan >= _SCAN_SECONDS:
                    self._sync()
                    last_scan = time.monotonic()
                if self._identity() != identity:
                    return

    def _identity(self) -> tuple[Path, int, int] | None:
        """Return the path, device and inode of the folder, None where it is missing."""
        try:
            state = self._folder.stat()
        except OSError:
            return None
        return self._folder.resolve(), state.st_dev, state.st_ino

    def _sync(self) -> None:
        """Sync once, and log the problems that the last sync did not have."""
        known, self._problems = frozenset(self._problems), set()
        try:
            for outcome in self._library.sync_folder(self._folder, self._stop.wait):
                if outcome.problem is not None:
                    self._log_problem(outcome.problem, known, "file_refused", name=outcome.name)
                if self._stop.is_set():
                    return
        except Exception as error:  # the next change is another chance
            self._log_problem(str(error) or type(error).__name__, known)

    def _log_problem(
        self, problem: str, known: frozenset[str], event: str = "folder_problem", **fields: object
    ) -> None:
        self._problems.add(problem)
        if problem not in known:
            log_event(log, logging.WARNING, event, problem, problem=problem, **fields)
