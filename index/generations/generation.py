"""Generations: immutable, numbered states of the index, which questions search."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex
from index.files import FileIdentity
from index.generations.manifest import MANIFEST, CheckedFiles, GenerationManifest, compare_files
from index.search.arrays import read_array
from index.search.indexed_sentences import PLACE_BITS, SPAN_DTYPE
from index.search.keywords import KeywordIndex
from index.search.segments import Segment, live_mask
from index.search.vectors import Rows, Scores, Vectors

KEYWORDS = "keywords"
TOMBSTONES = "dead.npy"
NARROW_SHARE = 0.05  # of the rows, from which on down the keyword search itself looks at the articles that are allowed


@dataclass(frozen=True, slots=True)
class ReusableParts:
    """What other generations need not read again: segments, and the marks of files that were checked."""

    segments: tuple[Segment, ...]
    checked: CheckedFiles


@dataclass(frozen=True, eq=False)
class Generation:
    """A generation, opened for reading; it never changes.

    Rows number the sentences of all segments in order. Tombstones are the numbers of deleted articles whose sentences
    are still in the segments; no search returns them.
    """

    folder: Path
    manifest: GenerationManifest
    segments: tuple[Segment, ...]
    keywords: KeywordIndex
    tombstones: NDArray[np.int64]
    checked: CheckedFiles = field(repr=False)
    identity: FileIdentity  # of its manifest.json: another generation may get the same number

    @classmethod
    def open(cls, folder: Path, reuse: "Generation | ReusableParts | None" = None) -> "Generation":
        """Open a folder and check its files, without writing anything.

        What it shares with `reuse` is neither read nor held in memory twice. Raises CorruptIndex, OtherVersion, and
        StorageProblem where there is no place for temporary files.
        """
        manifest = GenerationManifest.read(folder)
        checked = _check(folder, manifest, {} if reuse is None else reuse.checked)
        loaded = {} if reuse is None else {segment.name: segment for segment in reuse.segments}
        try:
            generation = cls(
                folder,
                manifest,
                tuple(loaded.get(name) or Segment.load(folder, name) for name in manifest.segments),
                KeywordIndex(folder / KEYWORDS),
                read_array(folder / TOMBSTONES, np.int64, dimensions=1),
                checked,
                FileIdentity.of(folder / MANIFEST),
            )
        except (OSError, ValueError) as error:
            raise CorruptIndex(f"{folder} is damaged: {error}") from error
        counts = {generation.live_count, len(generation.keywords), manifest.sentences}
        lasts = np.array([segment.spans["key"][-1] for segment in generation.segments], np.int64)
        if len(counts) > 1 or (generation._first_keys[1:] <= lasts[:-1]).any():
            raise CorruptIndex(f"{folder}: vectors, keywords and manifest do not hold the same sentences.")
        return generation

    @property
    def number(self) -> int:
        """The generation's number."""
        return self.manifest.generation

    @property
    def reusable(self) -> ReusableParts:
        """What another generation may share, without open files of the keyword index."""
        return ReusableParts(self.segments, self.checked)

    def is_at(self, folder: Path) -> bool:
        """Return whether a folder holds this very generation."""
        try:
            return self.identity == FileIdentity.of(folder / MANIFEST)
        except OSError:
            return False

    def check_files(self) -> None:
        """Compare the files that changed since they were read with the manifest; raises CorruptIndex."""
        _check(self.folder, self.manifest, self.checked)

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        """The first row of every segment, and the number of rows."""
        return np.cumsum([0, *(len(segment) for segment in self.segments)])

    @property
    def row_count(self) -> int:
        """How many rows there are, those of deleted articles included."""
        return int(self._offsets[-1])

    @cached_property
    def _first_keys(self) -> NDArray[np.int64]:
        """The first key of every segment."""
        return np.array([segment.spans["key"][0] for segment in self.segments], np.int64)

    @cached_property
    def spans(self) -> NDArray[np.void]:
        """All rows' keys and spans, of SPAN_DTYPE, ascending by key: a copy, so take `spans_at` for a few rows."""
        return np.concatenate([np.empty(0, SPAN_DTYPE), *(segment.spans for segment in self.segments)])

    @cached_property
    def articles(self) -> NDArray[np.int64]:
        """Every row's article number."""
        numbers: NDArray[np.int64] = self.spans["key"] >> PLACE_BITS
        return numbers

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """The mask of rows whose article is not deleted."""
        masks = [live_mask(segment.articles, segment.present(self.tombstones)) for segment in self.segments]
        return np.concatenate([np.empty(0, np.bool_), *masks])

    @cached_property
    def live_count(self) -> int:
        """How many rows have an article that is not deleted."""
        return sum(segment.live_count(self.tombstones) for segment in self.segments)

    @cached_property
    def article_numbers(self) -> NDArray[np.int64]:
        """The numbers of all live articles, ascending."""
        numbers = (np.setdiff1d(segment.article_numbers, self.tombstones, True) for segment in self.segments)
        return np.concatenate([np.empty(0, np.int64), *numbers])

    def live_among(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """Return which of some article numbers are live here, ascending."""
        wanted = np.asarray(numbers, np.int64)
        found = [segment.present(wanted) for segment in self.segments]
        return np.setdiff1d(np.concatenate([np.empty(0, np.int64), *found]), self.tombstones)

    @property
    def max_number(self) -> int:
        """The highest number of an article with a sentence here, 0 where there is none."""
        return int(self.segments[-1].articles[-1]) if self.segments else 0

    def allowed(self, numbers: Sequence[int]) -> NDArray[np.bool_]:
        """Return the mask of the live rows of some articles."""
        wanted = np.asarray(numbers, np.int64)
        masks = [np.isin(segment.articles, wanted) for segment in self.segments]
        mask: NDArray[np.bool_] = self.live & np.concatenate([np.empty(0, np.bool_), *masks])
        return mask

    def is_narrow(self, allowed: NDArray[np.bool_]) -> bool:
        """Return whether a mask of whole articles lets at most NARROW_SHARE of the rows pass."""
        return bool(np.count_nonzero(allowed) <= NARROW_SHARE * self.row_count)

    def spans_at(self, rows: Rows) -> NDArray[np.void]:
        """Return the keys and spans at rows, of SPAN_DTYPE."""
        spans = np.empty(len(rows), SPAN_DTYPE)
        for segment, here, inside in self._split(rows):
            spans[here] = segment.spans[inside]
        return spans

    def articles_at(self, rows: Rows) -> NDArray[np.int64]:
        """Return the article numbers at rows."""
        numbers: NDArray[np.int64] = self.spans_at(rows)["key"] >> PLACE_BITS
        return numbers

    def sentence(self, row: int) -> tuple[int, int, int]:
        """Return the article number, start and end of the sentence at a row."""
        place = bisect_right(self._offsets, row) - 1
        key, start, end = self.segments[place].spans[row - int(self._offsets[place])].item()
        return key >> PLACE_BITS, start, end

    def article_spans(self, number: int) -> list[tuple[int, int]]:
        """Return the spans of an article's sentences, in text order."""
        inside = self.spans_at(np.array(self.article_rows(number), np.int64))
        return list(zip(inside["start"].tolist(), inside["end"].tolist(), strict=True))

    def article_rows(self, number: int) -> range:
        """Return the rows of an article's sentences, in text order; none where it has no sentence here."""
        for segment, start in zip(self.segments, self._offsets.tolist(), strict=False):
            keys = segment.spans["key"]
            first, last = np.searchsorted(keys, (number << PLACE_BITS, (number + 1) << PLACE_BITS)).tolist()
            if first < last:
                return range(start + first, start + last)
        return range(0)

    def search_vectors(
        self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, Scores]:
        """Return the k nearest live and allowed rows, best first, and their inner products with the question."""
        mask = self.live if allowed is None else allowed
        rows, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for segment, start in zip(self.segments, self._offsets, strict=False):
            here = mask[start : start + len(segment)]
            found, products = segment.vectors.search(question, k, None if here.all() else here)
            rows.append(found + start)
            scores.append(products)
        all_rows, all_scores = np.concatenate(rows), np.concatenate(scores)
        best = np.lexsort((all_rows, -all_scores))[:k]
        return all_rows[best], all_scores[best]

    def search_keywords(self, question: str, k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the k live and allowed rows with the best BM25 scores, best first, and their scores."""
        mask = self.live if allowed is None else allowed
        if allowed is not None and k > 0 and self.is_narrow(allowed):  # without it, it would go through nearly all
            keys, scores = self.keywords.search(question, k, np.unique(self.articles[allowed]).tolist())
            return self.rows(keys), scores
        depth = k
        while True:
            keys, scores = self.keywords.search(question, depth)
            rows = self.rows(keys)
            inside = mask[rows]
            available = self.live_count if allowed is None else np.count_nonzero(mask)
            if inside.sum() >= min(k, available) or len(keys) < depth:
                return rows[inside][:k], scores[inside][:k]
            depth *= 4

    def sentences_with_all(self, words: str, k: int) -> Rows:
        """Return at most k live rows that have all of these words that are indexed, those with the best BM25 first."""
        rows = self.rows(self.keywords.search(words, k, all_words=True)[0])
        return rows[self.live[rows]]

    def similarities(self, question: Vectors, rows: Rows) -> Scores:
        """Return the inner products of the question with the vectors at rows."""
        return self.take(rows) @ question

    def take(self, rows: Rows) -> Vectors:
        """Return the vectors at rows, of shape (len(rows), dimension)."""
        vectors = np.empty((len(rows), self.manifest.dimension), np.float32)
        for segment, here, inside in self._split(rows):
            vectors[here] = segment.vectors.take(inside)
        return vectors

    def rows(self, keys: NDArray[np.int64]) -> Rows:
        """Return the rows of keys, all of which must be here."""
        rows = np.empty(len(keys), np.int64)
        places = np.searchsorted(self._first_keys, keys, side="right") - 1
        for place in np.unique(places):
            here = places == place
            rows[here] = self._offsets[place] + np.searchsorted(self.segments[place].spans["key"], keys[here])
        return rows

    def _split(self, rows: Rows) -> Iterator[tuple[Segment, NDArray[np.bool_], Rows]]:
        """Yield each segment that has some of the rows, the mask of these, and their rows within the segment."""
        places = np.searchsorted(self._offsets, rows, side="right") - 1
        for place in np.unique(places):
            here = places == place
            yield self.segments[place], here, np.asarray(rows)[here] - self._offsets[place]


def _check(folder: Path, manifest: GenerationManifest, checked: CheckedFiles) -> CheckedFiles:
    """Compare all files with their marks, and return those; raises CorruptIndex."""
    found, problems = compare_files(folder, manifest, checked)
    if problems:
        raise CorruptIndex(problems[0])
    return found
