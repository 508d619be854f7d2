"""Merges long segments beside the builds, so that no article waits for it."""

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
_NICENESS = 10  # of the thread: a question that comes in goes first
_STOP_SECONDS = 0.8
_ROOM = 1.5  # times what it writes is to be free
_PAUSE_SECONDS, _LONGEST_PAUSE = 30.0, 3600.0  # after a failure, and after many


@dataclass(frozen=True, slots=True)
class Compaction:
    """Segments in a folder of their own, each with the names of those that it replaces, made without the dead ones."""

    folder: Path
    segments: tuple[tuple[tuple[str, ...], Segment], ...]
    tombstones: Numbers
    checked: CheckedFiles

    def replaced(self, segments: Sequence[Segment], tombstones: Numbers) -> list[Segment]:
        """Return segments with the prepared ones in place of theirs.

        Where a build was faster, or somebody went back to when an article was alive that was left out, segments stay as
        they are.
        """
        now = list(segments)
        for names, segment in self.segments:
            there = [one.name for one in now]
            place = there.index(names[0]) if names[0] in there else 0
            parts = now[place : place + len(names)]
            if [one.name for one in parts] == list(names) and all(
                np.isin(one.among(self.tombstones), tombstones, assume_unique=True).all() for one in parts
            ):
                now[place : place + len(names)] = [segment]
        return now


def due_merges(segments: Sequence[Segment], tombstones: Numbers, most: int) -> list[list[Segment]]:
    """Return the runs of segments that are to be one each, but for the last ones: those that builds still merge.

    Builds merge what has at most `most` sentences together.
    """
    settled = list(segments)
    last = 0
    while settled and len(settled[-1]) + last <= most:
        last = len(settled.pop())
    return [run for run, rewrite in plan_merges(settled, tombstones) if rewrite]


def stage_compaction(folder: Path, base: Generation, most: int) -> Compaction:
    """Merge what is due in a generation, into a folder; raises StorageProblem, OSError."""
    runs = due_merges(base.segments, base.tombstones, most)
    size = sum((base.folder / file).stat().st_size for run in runs for part in run for file in part.files)
    if shutil.disk_usage(folder).free < _ROOM * size:  # else additions would be refused while it is tried
        raise StorageProblem(f"There is no room for it in {folder.parent}: it takes about {size:,} bytes for a while.")
    made = []
    for run in runs:
        segment = merge_segments(run, base.tombstones)
        segment.save(folder)
        made.append((tuple(one.name for one in run), Segment.load(folder, segment.name)))
    marks = mark_files(folder, {})
    for name in marks:
        sync(folder / name)
    return Compaction(
        folder, tuple(made), base.tombstones, {FileIdentity.of(folder / name): mark for name, mark in marks.items()}
    )


class Compactor:
    """Calls `merge` in a thread of its own, of low priority, whenever it is woken.

    Where that fails it is tried again, after pauses that grow: a disk that is too small may stay so.
    """

    def __init__(self, merge: Callable[[], object]) -> None:
        self._merge = merge
        self._told = ""
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name="merger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop soon; a merge that takes longer is left unfinished, and nothing is lost by that."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    def wake(self) -> None:
        """Tell that there may be something to merge."""
        self._wake.set()

    def once(self) -> bool:
        """Merge now, in this thread; tell the log where that fails, and return whether it did not."""
        try:
            self._merge()
        except Exception as error:  # whatever it was: the segments answer as they are
            words = f"Segments of the index can't be merged. {error}"
            if not self._stopping.is_set() and words != self._told:
                log_event(log, logging.WARNING, "merge_failed", words, problem=str(error))
                self._told = words
            return False
        self._told = ""
        return True

    def _loop(self) -> None:
        _step_back()
        pause = _PAUSE_SECONDS
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._stopping.is_set():
                return
            if self.once():
                pause = _PAUSE_SECONDS
            else:
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                self._wake.set()


def _step_back() -> None:
    """Lower the priority of this thread where threads have one of their own, which is on Linux."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
