"""Segments: immutable files of sentences of some articles with their vectors."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex
from index.search.arrays import mapped
from index.search.indexed_sentences import PLACE_BITS, SPAN_DTYPE, IndexedSentence
from index.search.vectors import VectorIndex, Vectors, clusters_path

Numbers = NDArray[np.int64]
_BATCH = 20_000  # vectors copied at once in a merge


@dataclass(frozen=True, eq=False)
class Segment:
    """The sentences of some articles, ascending by key: `spans` of SPAN_DTYPE, with one vector each.

    Generations share segments, and so their cached properties.
    """

    name: str
    spans: NDArray[np.void]
    vectors: VectorIndex

    @classmethod
    def of(cls, sentences: Sequence[IndexedSentence], vectors: Vectors) -> "Segment":
        """Make a segment of sentences, ascending by key, and their vectors."""
        spans = np.array([(sentence.key, sentence.start, sentence.end) for sentence in sentences], SPAN_DTYPE)
        return cls(uuid.uuid4().hex, spans, VectorIndex.from_vectors(vectors))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Segment":
        """Open a segment in a folder; raises CorruptIndex."""
        spans_path, vectors_path = (folder / file for file in files(name))
        spans = mapped(spans_path, SPAN_DTYPE, dimensions=1)
        vectors = VectorIndex.load(vectors_path)
        if len(spans) != len(vectors):
            raise CorruptIndex(f"{folder}: segment {name} has {len(spans)} sentences but {len(vectors)} vectors.")
        if len(spans) == 0 or (spans["key"][1:] <= spans["key"][:-1]).any():
            raise CorruptIndex(f"{folder}: the sentences of segment {name} are none, or in no order.")
        return cls(name, spans, vectors)

    def save(self, folder: Path) -> None:
        """Write the segment into a folder; raises StorageProblem, OSError."""
        spans_path, vectors_path = (folder / file for file in files(self.name))
        np.save(spans_path, self.spans)
        self.vectors.save(vectors_path)

    @cached_property
    def articles(self) -> Numbers:
        """The article number of every sentence."""
        numbers: Numbers = self.spans["key"] >> PLACE_BITS
        return numbers

    @cached_property
    def article_numbers(self) -> Numbers:
        """The numbers of its articles, ascending."""
        return np.unique(self.articles)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all its files."""
        spans, vectors = files(self.name)
        return (spans, vectors, clusters_path(Path(vectors)).name) if self.vectors.is_clustered else (spans, vectors)

    def present(self, articles: Numbers) -> Numbers:
        """Return which of these article numbers have sentences in the segment."""
        numbers = self.article_numbers
        places = np.searchsorted(numbers, articles)
        inside = np.flatnonzero(places < len(numbers))
        found: Numbers = articles[inside[numbers[places[inside]] == articles[inside]]]
        return found

    def live_count(self, tombstones: Numbers) -> int:
        """Return how many of its sentences belong to live articles."""
        starts, ends = (np.searchsorted(self.articles, tombstones, side) for side in ("left", "right"))
        return len(self) - int((ends - starts).sum())

    def __len__(self) -> int:
        return len(self.spans)


def files(name: str) -> tuple[str, str]:
    """Return the names of the files that every segment has: spans, vectors."""
    return f"{name}.spans.npy", f"{name}.vectors.npy"


def live_mask(articles: Numbers, tombstones: Numbers) -> NDArray[np.bool_]:
    """Return the mask of the rows of live articles; `articles` is the article number of each row, ascending."""
    mask = np.ones(len(articles), np.bool_)
    starts, ends = (np.searchsorted(articles, tombstones, side) for side in ("left", "right"))
    for start, end in zip(starts[starts < ends], ends[starts < ends], strict=True):
        mask[start:end] = False
    return mask


def compact(segments: Sequence[Segment], tombstones: Numbers, max_sentences: int | None = None) -> list[Segment]:
    """Merge neighbouring segments until each is at least twice as long as the next, and drop deleted sentences.

    There are then at most log2(sentences) segments, and no sentence is rewritten more often than that. A segment of
    which more than half is deleted is rewritten, too. Merges of more than `max_sentences` are left for a background
    compaction.
    """
    return [
        merge_segments(run, tombstones) if rewrite else run[0]
        for run, rewrite in plan_merges(segments, tombstones, max_sentences)
    ]


def plan_merges(
    segments: Sequence[Segment], tombstones: Numbers, max_sentences: int | None = None
) -> list[tuple[list[Segment], bool]]:
    """Return the runs of segments that `compact` merges into one segment each, and whether that must be written."""
    runs: list[tuple[list[Segment], bool]] = []
    lengths: list[int] = []
    for segment in segments:
        live = segment.live_count(tombstones)
        if live == 0:
            continue
        rewrite = live * 2 < len(segment) and (max_sentences is None or live <= max_sentences)
        runs.append(([segment], rewrite))
        lengths.append(live if rewrite else len(segment))
        while len(runs) > 1 and lengths[-2] < 2 * lengths[-1]:
            both = [*runs[-2][0], *runs[-1][0]]
            length = sum(segment.live_count(tombstones) for segment in both)
            if max_sentences is not None and length > max_sentences:
                break
            runs[-2:], lengths[-2:] = [(both, True)], [length]
    return runs


def merge_segments(segments: Sequence[Segment], tombstones: Numbers) -> Segment:
    """Return one segment with the live sentences of neighbouring ones."""
    masks = [live_mask(segment.articles, tombstones) for segment in segments]
    spans = np.concatenate([segment.spans[mask] for segment, mask in zip(segments, masks, strict=True)])
    vectors: Vectors = np.empty((len(spans), segments[0].vectors.dimension), np.float32)
    filled = 0
    for segment, mask in zip(segments, masks, strict=True):
        rows = np.flatnonzero(mask)
        for start in range(0, len(rows), _BATCH):  # so that no segment is in memory twice
            batch = rows[start : start + _BATCH]
            vectors[filled : filled + len(batch)] = segment.vectors.take(batch)
            filled += len(batch)
    return Segment(uuid.uuid4().hex, spans, VectorIndex.from_vectors(vectors))
