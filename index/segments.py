"""Segments: the sentences of some articles with their vectors, written once and never changed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex
from index.units import PLACE_BITS, SPAN_DTYPE, Unit
from index.vectors import FaissVectors, Vectors

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """The sentences of some articles, ascending by key: `spans` of SPAN_DTYPE, one vector each."""

    name: str
    spans: NDArray[np.void]
    vectors: FaissVectors

    @classmethod
    def of(cls, units: Sequence[Unit], vectors: Vectors) -> "Segment":
        """Make a segment of units, ascending by key, and their vectors."""
        spans = np.array([(unit.key, unit.start, unit.end) for unit in units], SPAN_DTYPE)
        return cls(_name(), spans, FaissVectors.from_vectors(vectors))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Segment":
        """Read a segment from a folder; raises CorruptIndex."""
        spans_path, vectors_path = (folder / file for file in files(name))
        try:
            spans = np.load(spans_path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise CorruptIndex(f"{spans_path} is missing or damaged.") from error
        vectors = FaissVectors.load(vectors_path)
        if spans.dtype != SPAN_DTYPE or len(spans) != len(vectors):
            raise CorruptIndex(f"{folder}: segment {name} has {len(spans)} sentences but {len(vectors)} vectors.")
        return cls(name, spans, vectors)

    def save(self, folder: Path) -> None:
        """Write the segment into a folder; raises StorageProblem, OSError."""
        spans_path, vectors_path = (folder / file for file in files(self.name))
        np.save(spans_path, self.spans)
        self.vectors.save(vectors_path)

    @property
    def articles(self) -> Numbers:
        """The article number of every sentence."""
        numbers: Numbers = self.spans["key"] >> PLACE_BITS
        return numbers

    def __len__(self) -> int:
        return len(self.spans)


def files(name: str) -> tuple[str, str]:
    """Return the names of the files of a segment: spans, vectors."""
    return f"{name}.spans.npy", f"{name}.vectors.faiss"


def alive_rows(articles: Numbers, dead: Numbers) -> NDArray[np.bool_]:
    """Return which of the articles' rows, ascending by article, are of none of the dead ones."""
    mask = np.ones(len(articles), np.bool_)
    starts, ends = (np.searchsorted(articles, dead, side) for side in ("left", "right"))
    for start, end in zip(starts, ends, strict=True):
        mask[start:end] = False
    return mask


def compacted(segments: Sequence[Segment], dead: Numbers) -> list[Segment]:
    """Merge neighbouring segments until each is at least twice as long as the next, leaving dead sentences out.

    So there are at most log2(sentences) of them, and a sentence is rewritten at most that often. A segment most of
    which is dead is rewritten too.
    """
    kept: list[Segment] = []
    for segment in segments:
        alive = int(alive_rows(segment.articles, dead).sum())
        if alive == 0:
            continue
        kept.append(_merged([segment], dead) if alive * 2 < len(segment) else segment)
        while len(kept) > 1 and len(kept[-2]) < 2 * len(kept[-1]):
            kept[-2:] = [_merged(kept[-2:], dead)]
    return kept


def _merged(segments: Sequence[Segment], dead: Numbers) -> Segment:
    masks = [alive_rows(segment.articles, dead) for segment in segments]
    spans = np.concatenate([segment.spans[mask] for segment, mask in zip(segments, masks, strict=True)])
    vectors = np.concatenate(
        [segment.vectors.take(np.flatnonzero(mask)) for segment, mask in zip(segments, masks, strict=True)]
    )
    return Segment(_name(), spans, FaissVectors.from_vectors(vectors))


def _name() -> str:
    return uuid.uuid4().hex
