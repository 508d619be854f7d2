"""Compares the article store with a generation: articles to index, and articles to delete."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.store.article_store import ArticleStore
from index.generations.compaction import Compaction
from index.generations.generation import Generation, ReusableParts
from index.search.segments import Numbers, Segment

FULL_COMPARISON_SECONDS = 60.0  # how long the store's change log is trusted before all articles are compared again


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between a generation and the store at a revision: the numbers of new and of deleted articles.

    `base` is None where there is no generation yet.
    """

    base: Generation | None
    revision: int
    new: Sequence[int]
    deleted: Sequence[int]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to index or to delete."""
        return not (self.new or self.deleted)

    @property
    def tombstones(self) -> Numbers:
        """The numbers of all deleted articles, including the tombstones of the base."""
        existing = np.empty(0, np.int64) if self.base is None else self.base.tombstones
        return np.union1d(existing, np.asarray(self.deleted, np.int64))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments of the base."""
        return () if self.base is None else self.base.segments

    def reusable(self, compaction: Compaction | None) -> ReusableParts:
        """Return the parts of the base and of a compaction, which the next generation need not read again."""
        segments, checked = list(self.segments), {} if self.base is None else dict(self.base.checked)
        if compaction is not None:
            segments += [segment for _, segment in compaction.replacements]
            checked |= compaction.checked
        return ReusableParts(tuple(segments), checked)


class ChangeDetector:
    """Compares the store with generations, in time that grows with the changes. Thread-safe.

    It reads the change log of the store. At first, where the counts of articles disagree, and after
    FULL_COMPARISON_SECONDS, it compares all articles. Raises StorageProblem.
    """

    def __init__(self, store: ArticleStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._compared_at: float | None = None

    def change(self, current: Generation | None) -> Change:
        """Return the difference between a generation and the store."""
        if current is None:
            return self._compare_all(None)
        now = self._clock()
        trusted = self._compared_at is not None and now - self._compared_at < FULL_COMPARISON_SECONDS
        change = self._read_log(current) if trusted else None
        if change is None:
            change = self._compare_all(current)
            self._compared_at = now
        return change

    def pending(self, current: Generation | None) -> int:
        """Return how many articles are to be added to a generation or deleted from it."""
        if current is None:
            return self._store.count()
        change = self._read_log(current)
        if change is None:
            change = self._compare_all(current)
        return len(change.new) + len(change.deleted)

    def _read_log(self, current: Generation) -> Change | None:
        """Return the change by the log of the store, None where the log does not cover it."""
        changes = self._store.changes_since(current.manifest.revision, current.max_number)
        if changes is None:
            return None
        deleted = current.live_among(changes.deleted).tolist()
        if current.manifest.articles + len(changes.new) - len(deleted) != changes.count:
            return None
        return Change(current, changes.revision, changes.new, deleted)

    def _compare_all(self, current: Generation | None) -> Change:
        revision = self._store.revision  # read before the numbers, so that later changes count as pending
        stored = np.array(self._store.numbers(), np.int64)
        indexed = np.empty(0, np.int64) if current is None else current.article_numbers
        new, deleted = np.setdiff1d(stored, indexed, True), np.setdiff1d(indexed, stored, True)
        return Change(current, revision, new.tolist(), deleted.tolist())
