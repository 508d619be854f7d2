"""What benchmarks/scale.py measures, and how it is told."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RECALLED = 10  # sentences that are compared with an exhaustive search's


@dataclass(frozen=True, slots=True)
class Times:
    """Of many measurements, in milliseconds."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> "Times":
        """Sum up measurements."""
        p50, p95 = np.percentile(milliseconds, [50, 95])
        return cls(float(p50), float(p95), max(milliseconds))


@dataclass(frozen=True, slots=True)
class Changes:
    """Until an article that is added answers, until another server sees it, and until deleting one is acknowledged.

    No question that is asked from there on finds it.
    """

    add: Times
    delete: Times
    seen: Times


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions without and with changes beside them, how many changes that were, and how long adding took then."""

    quiet: Times
    busy: Times
    changes: int
    busy_add: Times


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; seconds, and memory in MiB after start and at the end: all of it, and what is in no file."""

    sentences: int
    fill_seconds: float | None
    start_seconds: float
    changes: Changes
    asked: Asked
    memory_started: float | None
    memory_ended: float | None
    memory_anonymous: float | None
    recall: float
    rebuilt: int
    rebuild_seconds: float | None


def told(result: Result) -> str:
    """Return a table of the figures, with the floors."""
    asked, changes = result.asked, result.changes
    rows = [
        ("a question, quiet: p50, p95, max", _times(asked.quiet), ""),
        (f"the same beside {asked.changes} additions", _times(asked.busy), ""),
        ("  p95, as many times the quiet one", f"{asked.busy.p95 / asked.quiet.p95:.2f}", "< 1.5"),
        ("  until an article answers meanwhile", _times(asked.busy_add), "< 1 s"),
        ("add an article, until it answers", _times(changes.add), "< 1 s"),
        ("  ... on another server", _times(changes.seen), "< 1 s"),
        ("delete it; the next question lacks it", _times(changes.delete), "< 100 ms"),
        (f"recall@{RECALLED} of exhaustive search", f"{result.recall:.4f}", ".99"),
        ("start on the index, to ready", f"{result.start_seconds:.1f} s", ""),
        ("memory after start, at the end", f"{_mib(result.memory_started)}, {_mib(result.memory_ended)}", ""),
        ("  of that in no file", _mib(result.memory_anonymous), ""),
    ]
    if result.fill_seconds is not None:
        rows.append(("fill", f"{result.fill_seconds:.0f} s", ""))
    if result.rebuild_seconds is not None:
        rows.append((f"rebuild of {result.rebuilt:,}, vectors known", f"{result.rebuild_seconds:.1f} s", "< 30 s"))
    lines = [f"{name:40}{value:30}{floor}".rstrip() for name, value, floor in rows]
    return "\n".join([f"{result.sentences:,} sentences", *lines])


def _times(times: Times) -> str:
    return f"{times.p50:.1f}, {times.p95:.1f}, {times.max:.1f} ms"


def _mib(memory: float | None) -> str:
    return "not known" if memory is None else f"{memory:.0f} MiB"
