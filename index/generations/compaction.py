"""Compaction: merges long segments in the background, so that no article waits for it."""

import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.errors import StorageProblem
from corpus.events import log_event
from index.files import FileIdentity, sync
from index.generations.generation import Generation
from index.generations.manifest import CheckedFiles, mark_files
from index.search.segments import Numbers, Segment, merge_segments, plan_merges

log = logging.getLogger(__name__)
_NICENESS = 10  # of the thread: questions go first
_STOP_SECONDS = 0.8
_SPACE_FACTOR = 1.5  # times what a compaction writes must be free
_RETRY_SECONDS, _MAX_RETRY_SECONDS = 30.0, 3600.0  # after the first failure, and after many


@dataclass(frozen=True, slots=True)
class Compaction:
    """Merged segments in a staging folder, each with the names of the segments that it replaces.

    `tombstones` are the deleted articles that were left out.
    """

    folder: Path
    replacements: tuple[tuple[tuple[str, ...], Segment], ...]
    tombstones: Numbers
    checked: CheckedFiles

    def apply(self, segments: Sequence[Segment], tombstones: Numbers) -> list[Segment]:
        """Return a generation's segments with those replaced that were merged.

        Segments stay that a build has merged meanwhile, or that have sentences of an article that was left out here and
        is live there, after a roll-back.
        """
        applied = list(segments)
        for names, merged in self.replacements:
            positions = [segment.name for segment in applied]
            start = positions.index(names[0]) if names[0] in positions else 0
            parts = applied[start : start + len(names)]
            if [part.name for part in parts] == list(names) and all(
                np.isin(part.present(self.tombstones), tombstones, assume_unique=True).all() for part in parts
            ):
                applied[start : start + len(names)] = [merged]
        return applied


def due_merges(segments: Sequence[Segment], tombstones: Numbers, max_sentences: int) -> list[list[Segment]]:
    """Return the runs of segments to be merged, but for the last ones, of max_sentences together: builds merge them."""
    settled = list(segments)
    last = 0
    while settled and len(settled[-1]) + last <= max_sentences:
        last = len(settled.pop())
    return [run for run, rewrite in plan_merges(settled, tombstones) if rewrite]


def stage_compaction(folder: Path, base: Generation, max_sentences: int) -> Compaction:
    """Make the merges that are due in a generation, in a folder; raises StorageProblem, OSError."""
    runs = due_merges(base.segments, base.tombstones, max_sentences)
    size = sum((base.folder / file).stat().st_size for run in runs for segment in run for file in segment.files)
    if shutil.disk_usage(folder).free < _SPACE_FACTOR * size:  # else it would leave no room for articles meanwhile
        raise StorageProblem(f"There is no room for it in {folder.parent}: it takes about {size:,} bytes for a while.")
    replacements = []
    for run in runs:
        merged = merge_segments(run, base.tombstones)
        merged.save(folder)
        replacements.append((tuple(segment.name for segment in run), Segment.load(folder, merged.name)))
    marks = mark_files(folder, {})
    for name in marks:
        sync(folder / name)
    checked = {FileIdentity.of(folder / name): mark for name, mark in marks.items()}
    return Compaction(folder, tuple(replacements), base.tombstones, checked)


class Compactor:
    """Calls `compact` in a thread of low priority when it is woken; after a failure again, after pauses that grow."""

    def __init__(self, compact: Callable[[], object]) -> None:
        self._compact = compact
        self._logged_problem: str | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name="compactor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop soon; a compaction that takes longer is left unfinished, and nothing is lost by that."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    def wake(self) -> None:
        """Have the thread look for merges that are due."""
        self._wake.set()

    def run(self) -> bool:
        """Compact now, in this thread; return whether that succeeded, and log why not, once a problem."""
        try:
            self._compact()
        except Exception as error:  # whatever it was: the segments answer as they are
            words = f"Segments of the index can't be merged. {error}"
            if not self._stopping.is_set() and words != self._logged_problem:
                log_event(log, logging.WARNING, "merge_failed", words, problem=str(error))
                self._logged_problem = words
            return False
        self._logged_problem = None
        return True

    def _loop(self) -> None:
        if sys.platform == "linux":  # where threads have priorities of their own
            thread = threading.get_native_id()
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, thread, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
        pause = _RETRY_SECONDS
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._stopping.is_set():
                return
            if self.run():
                pause = _RETRY_SECONDS
            else:
                self._stopping.wait(pause)
                pause = min(2 * pause, _MAX_RETRY_SECONDS)
                self._wake.set()
