"""What one generation has that another has not: how it is found out, and how it is written."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.store.article_store import ArticleStore
from index.files import link
from index.generations.compaction import Compaction
from index.generations.generation import KEYWORDS, TOMBSTONES, Generation, ReusableParts
from index.search.indexed_sentences import IndexedSentence
from index.search.keywords import KeywordEntry, KeywordIndex
from index.search.segments import Numbers, Segment

COMPARED_SECONDS = 60.0  # how long the store's log is relied on before all articles are compared again


@dataclass(frozen=True, slots=True)
class Change:
    """What the next generation has that its base, if any, has not, and the other way round."""

    base: Generation | None
    revision: int
    new: Sequence[int]
    deleted: Sequence[int]

    @property
    def tombstones(self) -> Numbers:
        """The numbers of all articles that are gone."""
        before = np.empty(0, np.int64) if self.base is None else self.base.tombstones
        return np.union1d(before, np.asarray(self.deleted, np.int64))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Those of the base."""
        return () if self.base is None else self.base.segments

    def known(self, compaction: Compaction | None) -> ReusableParts:
        """Return what need not be read again: what the base has, and what was merged."""
        more = () if compaction is None else tuple(segment for _, segment in compaction.segments)
        before = {} if self.base is None else self.base.checked
        return ReusableParts((*self.segments, *more), {**before, **({} if compaction is None else compaction.checked)})


class Comparison:
    """Finds out what a store has that a generation has not, and the other way round.

    The store's log tells it, at the cost of what has changed. It is believed where the numbers of articles agree, and
    for a minute: then, and when first asked, all articles are compared. Safe for threads; raises StorageProblem.
    """

    def __init__(self, store: ArticleStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._compared_at: float | None = None

    def change(self, current: Generation | None) -> Change:
        """Return what leads from a generation to what is in the store now."""
        if current is None:
            return self._compared(None)
        now = self._clock()
        relied = self._compared_at is not None and now - self._compared_at < COMPARED_SECONDS
        change = self._logged(current) if relied else None
        if change is None:
            change = self._compared(current)
            self._compared_at = now
        return change

    def pending(self, current: Generation | None) -> int:
        """Return how many articles a generation lacks or has too many."""
        if current is None:
            return self._store.count()
        change = self._logged(current)
        if change is None:
            change = self._compared(current)
        return len(change.new) + len(change.deleted)

    def _logged(self, current: Generation) -> Change | None:
        """Return what the store's log tells of a change, None where it can't tell all of it."""
        changes = self._store.changes_since(current.manifest.revision, current.newest)
        if changes is None:
            return None
        deleted = current.live_among(changes.deleted).tolist()
        if current.manifest.articles + len(changes.new) - len(deleted) != changes.count:
            return None
        return Change(current, changes.revision, changes.new, deleted)

    def _compared(self, current: Generation | None) -> Change:
        revision = self._store.revision  # before the numbers: what changes in between is not claimed to be covered
        wanted = np.array(self._store.numbers(), np.int64)
        there = np.empty(0, np.int64) if current is None else current.article_numbers
        new, deleted = np.setdiff1d(wanted, there, True), np.setdiff1d(there, wanted, True)
        return Change(current, revision, new.tolist(), deleted.tolist())


def write(
    folder: Path,
    change: Change,
    segments: Sequence[Segment],
    fresh: Sequence[IndexedSentence],
    compaction: Compaction | None,
) -> None:
    """Write all but the manifest into a folder; what is there already is shared. Raises StorageProblem, OSError."""
    base = change.base
    places = {} if base is None else {segment.name: base.folder for segment in base.segments}
    if compaction is not None:
        places |= {segment.name: compaction.folder for _, segment in compaction.segments}
    for segment in segments:
        if segment.name in places:
            for file in segment.files:
                link(places[segment.name] / file, folder / file)
        else:
            segment.save(folder)
    tombstones = (segment.among(change.tombstones) for segment in segments)
    np.save(folder / TOMBSTONES, np.concatenate([np.empty(0, np.int64), *tombstones]))
    entries = [
        KeywordEntry(sentence.key, sentence.article, sentence.text, f"{sentence.title}\n{sentence.passage}")
        for sentence in fresh
    ]
    if base is None:
        KeywordIndex.create(folder / KEYWORDS, entries)
    else:
        base.keywords.extended(folder / KEYWORDS, entries, change.deleted)
