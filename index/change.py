"""What one generation has that another has not, and how it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.generation import DEAD, KEYWORDS, Generation, Known
from index.home import link
from index.keywords import KeywordEntry, TantivyKeywords
from index.merging import Prepared
from index.segments import Numbers, Segment
from index.units import Unit


@dataclass(frozen=True, slots=True)
class Change:
    """What the next generation has that its base, if any, has not, and the other way round."""

    base: Generation | None
    revision: int
    new: Sequence[int]
    gone: Sequence[int]

    @property
    def dead(self) -> Numbers:
        """The numbers of all articles that are gone."""
        before = np.empty(0, np.int64) if self.base is None else self.base.dead
        return np.union1d(before, np.asarray(self.gone, np.int64))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Those of the base."""
        return () if self.base is None else self.base.segments

    def known(self, prepared: Prepared | None) -> Known:
        """Return what need not be read again: what the base has, and what was merged."""
        more = () if prepared is None else tuple(segment for _, segment in prepared.segments)
        before = {} if self.base is None else self.base.checked
        return Known((*self.segments, *more), {**before, **({} if prepared is None else prepared.checked)})


def write(
    folder: Path, change: Change, segments: Sequence[Segment], fresh: Sequence[Unit], prepared: Prepared | None
) -> None:
    """Write all but the manifest into a folder; what is there already is shared. Raises StorageProblem, OSError."""
    base = change.base
    places = {} if base is None else {segment.name: base.folder for segment in base.segments}
    if prepared is not None:
        places |= {segment.name: prepared.folder for _, segment in prepared.segments}
    for segment in segments:
        if segment.name in places:
            for file in segment.files:
                link(places[segment.name] / file, folder / file)
        else:
            segment.save(folder)
    dead = (segment.dead_here(change.dead) for segment in segments)
    np.save(folder / DEAD, np.concatenate([np.empty(0, np.int64), *dead]))
    entries = [KeywordEntry(unit.key, unit.article, unit.text, f"{unit.title}\n{unit.passage}") for unit in fresh]
    if base is None:
        TantivyKeywords.create(folder / KEYWORDS, entries)
    else:
        base.keywords.extended(folder / KEYWORDS, entries, change.gone)
