"""Merges long segments beside the builds, so that no article waits for it."""

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.events import tell
from index.generation import Generation
from index.home import sync
from index.manifest import Checked, FileIdentity, mark_files
from index.segments import Numbers, Segment, merged, planned

log = logging.getLogger(__name__)
_NICENESS = 10  # of the thread: a question that comes in goes first
_STOP_SECONDS = 0.8
_PAUSE_SECONDS = 30.0  # after a failure


@dataclass(frozen=True, slots=True)
class Prepared:
    """Segments in a folder of their own, each with the names of those that it replaces."""

    folder: Path
    segments: tuple[tuple[tuple[str, ...], Segment], ...]
    checked: Checked

    def replaced(self, segments: Sequence[Segment]) -> list[Segment]:
        """Return segments with the prepared ones in place of theirs; where a build was faster, it stays as it is."""
        now = list(segments)
        for names, segment in self.segments:
            there = [one.name for one in now]
            place = there.index(names[0]) if names[0] in there else 0
            if there[place : place + len(names)] == list(names):
                now[place : place + len(names)] = [segment]
        return now


def due(segments: Sequence[Segment], dead: Numbers, most: int) -> list[list[Segment]]:
    """Return the runs of segments that are to be one each, but for the last ones: those that builds still merge.

    Builds merge what has at most `most` sentences together.
    """
    settled = list(segments)
    last = 0
    while settled and len(settled[-1]) + last <= most:
        last = len(settled.pop())
    return [run for run, rewrite in planned(settled, dead) if rewrite]


def prepare(folder: Path, base: Generation, most: int) -> Prepared:
    """Merge what is due in a generation, into a folder; raises StorageProblem, OSError."""
    made = []
    for run in due(base.segments, base.dead, most):
        segment = merged(run, base.dead)
        segment.save(folder)
        made.append((tuple(one.name for one in run), Segment.load(folder, segment.name)))
    marks = mark_files(folder, {})
    for name in marks:
        sync(folder / name)
    return Prepared(folder, tuple(made), {FileIdentity.of(folder / name): mark for name, mark in marks.items()})


class Merger:
    """Calls `merge` in a thread of its own, of low priority, whenever it is woken."""

    def __init__(self, merge: Callable[[], object]) -> None:
        self._merge = merge
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

    def _loop(self) -> None:
        if sys.platform == "linux":  # elsewhere, a thread has no priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self._merge()
            except Exception as error:  # whatever it was: the segments answer as they are
                if not self._stopping.is_set():
                    tell(log, logging.WARNING, "merge_failed", f"Segments of the index can't be merged. {error}")
                self._stopping.wait(_PAUSE_SECONDS)
