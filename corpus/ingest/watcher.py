"""Follows a folder: what changes in it changes among the articles."""

import logging
import threading
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import watchfiles
from watchfiles.main import FileChange

from corpus.events import log_event
from corpus.ingest.library import Library

log = logging.getLogger(__name__)
# How often it is checked whether the folder is still the same one, and, since some file systems tell of no changes and
# none tells of those behind a link, how often the files are looked at anyway. Seconds.
_GLANCE_SECONDS = 0.5
_LOOK_ANYWAY_SECONDS = 5.0
_STOP_SECONDS = 0.8


class FolderWatch:
    """Calls Library.sync_folder whenever something changes in a folder, in a thread of its own."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="folder-watch", daemon=True)
        self._told: set[str] = set()

    def start(self) -> None:
        """Start to follow the folder."""
        self._thread.start()

    def stop(self) -> None:
        """Stop soon; a document that takes long to read is left unfinished, for the next start to take in."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow_while_there()
            except Exception as error:  # whatever a file system comes up with: the files can still be looked at
                told = frozenset(self._told)
                self._sync()
                self._tell(f"Changes of {self._folder} can't be followed ({error}); it is looked at each second.", told)
                self._stop.wait(_GLANCE_SECONDS * 2)

    def _follow_while_there(self) -> None:
        """Sync at each change until the folder is gone, or another one is in its place."""
        identity = self._identity()
        if identity is None:
            self._sync()
            self._stop.wait(_GLANCE_SECONDS)
            return
        # The first sync comes after the first round, when changes are told of already: none is missed in between.
        looked = -_LOOK_ANYWAY_SECONDS
        with closing(self._rounds()) as rounds:
            for changes in rounds:
                if changes or time.monotonic() - looked >= _LOOK_ANYWAY_SECONDS:
                    self._sync()
                    looked = time.monotonic()
                if self._identity() != identity:
                    return

    def _rounds(self) -> Generator[set[FileChange], None, None]:
        return watchfiles.watch(
            self._folder.resolve(),
            stop_event=self._stop,
            debounce=400,
            step=50,
            rust_timeout=int(_GLANCE_SECONDS * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
            watch_filter=None,
        )

    def _identity(self) -> tuple[Path, int, int] | None:
        try:
            state = self._folder.stat()
        except OSError:
            return None
        return self._folder.resolve(), state.st_dev, state.st_ino

    def _sync(self) -> None:
        """Sync once, whatever happens; each problem is told once, until it is gone."""
        before, self._told = frozenset(self._told), set()
        try:
            for outcome in self._library.sync_folder(self._folder, self._stop.wait):
                if outcome.problem is not None:
                    self._tell(outcome.problem, before, "file_refused", name=outcome.name)
                if self._stop.is_set():
                    return
        except Exception as error:  # whatever it was, the next change is another chance
            self._tell(str(error) or type(error).__name__, before)

    def _tell(self, problem: str, known: frozenset[str], event: str = "folder_problem", **fields: object) -> None:
        self._told.add(problem)
        if problem not in known:
            log_event(log, logging.WARNING, event, problem, problem=problem, **fields)
