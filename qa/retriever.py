"""Retrieves the sentences that may answer a question, and builds the passages around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article
from corpus.store.article_store import ArticleReader
from corpus.store.filters import ArticleFilter
from index.embedding.embedder import Embedder
from index.generations.generation import Generation
from index.search.vectors import Rows, Scores, Vectors
from qa.near_duplicates import SeenSentences
from qa.query.parser import Question
from qa.query.sources import SourceNames
from qa.types import Hit, Passage, Quote

MIN_DEPTH = 100  # hits of each search that are fused
MAX_NARROW_DEPTH = 2_000  # the same for narrow filters: docs/decisions.md has the figures
_MAX_DEPTH = 6_400  # the most, where near-duplicates crowd out other hits
MAX_PREFERRED = 8  # articles of a conversation
SHARPNESS = 4.0  # of the preference for the best of these to the others
PASSAGE_LENGTH = 700  # code points, about 110 words


class Retriever(Protocol):
    """Retrieves hits and passages. The pipeline calls each method once per question, with the same generation."""

    @property
    def store(self) -> ArticleReader:
        """The store of the articles."""
        ...

    def search(self, generation: Generation, question: Question, k: int, filters: ArticleFilter) -> list[Hit]:
        """Return at most k hits, best first, of stored articles that pass the filters and that no other one replaces.

        A sentence that several near-duplicate articles contain is returned once.
        """
        ...

    def passages(self, generation: Generation, hits: Sequence[Hit]) -> list[Passage]:
        """Return the passages of hits, in the order of their best hits; no sentence is in two."""
        ...

    def count_undated(self, filters: ArticleFilter) -> int:
        """Return how many stored articles without a date pass all of the filters but the bounds of dates."""
        ...

    def source_names(self) -> SourceNames:
        """Return the names of the sources of the stored articles."""
        ...

    def said_since(self, sentence: Quote) -> float | None:
        """Return since when an article, or its former versions, has said a sentence, in seconds since 1970.

        None where it has no former versions.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fusion:
    """The fused score is vectors * inner product + keywords * BM25; a search of weight 0 is skipped.

    The default was chosen by `app.py eval`: docs/decisions.md has the figures.
    """

    vectors: float = 1.0
    keywords: float = 0.022


DEFAULT_FUSION = Fusion()


class HybridRetriever:
    """A Retriever that fuses nearest vectors and BM25 by a weighted sum.

    The sum keeps score differences; reciprocal rank fusion loses them and was .05 P@1 worse. A hit of only one search
    has a keyword score of 0, but its true similarity.
    """

    def __init__(self, embedder: Embedder, store: ArticleReader, fusion: Fusion = DEFAULT_FUSION) -> None:
        self._embedder = embedder
        self._store = store
        self._fusion = fusion
        self._source_names: tuple[int, SourceNames] | None = None  # with the revision of the store that has them

    @property
    def store(self) -> ArticleReader:
        """The store of the articles."""
        return self._store

    def search(self, generation: Generation, question: Question, k: int, filters: ArticleFilter) -> list[Hit]:
        """Return at most k hits, best first, of stored articles that pass the filters."""
        text, depth = question.search_text, max(MIN_DEPTH, k)
        vector = self._embedder.embed_question(text)
        outdated = self._store.outdated(filters)
        allowed = self._allowed(generation, filters, outdated) if filters or outdated else None
        if allowed is not None and generation.is_narrow(allowed):  # few enough to give nearly all both of their scores
            depth = max(depth, min(MAX_NARROW_DEPTH, int(np.count_nonzero(allowed))))
        history = self._embedder.embed_question(question.history) if question.history else None

        def fused() -> tuple[Rows, NDArray[np.float32]]:
            found = self._fused(generation, text, vector, depth, allowed)
            if history is None:
                return found
            around = self._fused(generation, question.history, history, depth, allowed)
            return _preferring(generation, found, around, vector, self._fusion, question.preference)

        rows, scores = fused()
        hits, has_deleted, has_repeats = self._hits(generation, rows, scores, k)
        if has_deleted and len(hits) < k:  # rows of articles deleted since the generation crowded out others
            allowed = self._allowed(generation, filters, outdated)
            rows, scores = fused()
            hits, _, has_repeats = self._hits(generation, rows, scores, k)
        while has_repeats and len(hits) < k and depth <= len(rows) and depth < _MAX_DEPTH:  # near-duplicates did
            depth *= 4
            rows, scores = fused()
            hits, _, has_repeats = self._hits(generation, rows, scores, k)
        return hits

    def passages(self, generation: Generation, hits: Sequence[Hit]) -> list[Passage]:
        """Return the passages of hits, in the order of their best hits; no sentence is in two."""
        runs: list[range] = []
        hits_of: list[list[Hit]] = []
        for hit in hits:
            place = next((at for at, run in enumerate(runs) if hit.row in run), None)
            if place is None:
                runs.append(passage_rows(generation, hit.row, runs))
                hits_of.append([hit])
            else:
                hits_of[place].append(hit)
        passages = []
        for run, inside in zip(runs, hits_of, strict=True):
            article = inside[0].sentence.article
            sentences = (quote_rows(generation, range(row, row + 1), article) for row in run)
            passages.append(Passage(quote_rows(generation, run, article), tuple(inside), tuple(sentences)))
        return passages

    def _allowed(self, generation: Generation, filters: ArticleFilter, outdated: set[int]) -> NDArray[np.bool_]:
        """Return the mask of the rows of articles that pass the filters and that none of these replaces."""
        return generation.allowed([one for one in self._store.numbers(filters) if one not in outdated])

    def count_undated(self, filters: ArticleFilter) -> int:
        """Return how many stored articles without a date pass all of the filters but the bounds of dates."""
        return self._store.count_undated(filters)

    def source_names(self) -> SourceNames:
        """Return the names of the sources of the stored articles."""
        revision = self._store.revision
        if self._source_names is None or self._source_names[0] != revision:
            self._source_names = revision, SourceNames.of(self._store.sources())
        return self._source_names[1]

    def said_since(self, sentence: Quote) -> float | None:
        """Return since when an article, or its former versions, has said a sentence; None without former versions."""
        return self._store.said_since(sentence.article.id, sentence.text)

    def _fused(
        self, generation: Generation, text: str, vector: Vectors, depth: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[Rows, NDArray[np.float32]]:
        """Return rows, best first (ties: lower row first), and the score, similarity and BM25 of each."""
        fusion = self._fusion
        nearest, _ = generation.search_vectors(vector, depth if fusion.vectors else 0, allowed)
        matching, bm25 = generation.search_keywords(text, depth if fusion.keywords else 0, allowed)
        rows = np.union1d(nearest, matching)
        keyword: Scores = np.zeros(len(rows), np.float32)
        keyword[np.searchsorted(rows, matching)] = bm25
        similarity = generation.similarities(vector, rows)
        score = fusion.vectors * similarity + fusion.keywords * keyword
        best = np.lexsort((rows, -score))
        return rows[best], np.stack([score, similarity, keyword], axis=1)[best]

    def _hits(
        self, generation: Generation, rows: Rows, scores: NDArray[np.float32], k: int
    ) -> tuple[list[Hit], bool, bool]:
        """Return at most k hits, whether a row of a deleted article was skipped, and whether a repeat was."""
        hits: list[Hit] = []
        seen, has_deleted, has_repeats = SeenSentences(), False, False
        for start in range(0, len(rows), max(1, k)):
            chunk = rows[start : start + k]
            owners = generation.articles_at(chunk)
            articles = self._store.by_number(np.unique(owners).tolist())
            for row, number, parts in zip(chunk, owners.tolist(), scores[start : start + k], strict=True):
                article = articles.get(number)
                if article is None:
                    has_deleted = True
                    continue
                score, similarity, bm25 = (float(part) for part in parts)
                hit = Hit(quote_rows(generation, range(row, row + 1), article), int(row), score, similarity, bm25)
                if seen.is_repeat(hit.sentence):
                    has_repeats = True
                else:
                    hits.append(hit)
            if len(hits) >= k:
                break
        return hits[:k], has_deleted, has_repeats


def _preferring(
    generation: Generation,
    found: tuple[Rows, NDArray[np.float32]],
    around: tuple[Rows, NDArray[np.float32]],
    vector: Vectors,
    fusion: Fusion,
    preference: float,
) -> tuple[Rows, NDArray[np.float32]]:
    """Return rows and their scores, with the rows of the articles that a conversation is about, and these preferred.

    found: the rows for the question. around: those for its conversation, best first. vector: the question's.
    preference: what the sentences of the first of these articles gain.
    """
    (rows, scores), (near_rows, near_scores) = found, around
    if not len(near_rows):
        return found
    numbers, first = np.unique(generation.articles_at(near_rows), return_index=True)
    best = near_scores[first, 0]  # rows come best first
    order = np.argsort(-best, kind="stable")[:MAX_PREFERRED]
    numbers, weights = numbers[order], best[order] / best[order[0]]
    inside = np.concatenate([np.arange(run.start, run.stop) for run in map(generation.article_rows, numbers.tolist())])
    added = np.setdiff1d(inside, rows)
    similarity = generation.similarities(vector, added)
    more = np.stack([fusion.vectors * similarity, similarity, np.zeros_like(similarity)], axis=1)
    rows, scores = np.concatenate([rows, added]), np.concatenate([scores, more])
    owners = generation.articles_at(rows)
    for number, weight in zip(numbers.tolist(), weights.tolist(), strict=True):
        scores[owners == number, 0] += np.float32(preference * weight**SHARPNESS)
    order = np.lexsort((rows, -scores[:, 0]))
    return rows[order], scores[order]


def quote_rows(generation: Generation, run: range, article: Article) -> Quote:
    """Return the quote of a run of rows of one article."""
    return Quote(article, generation.sentence(run[0])[1], generation.sentence(run[-1])[2])


def passage_rows(generation: Generation, row: int, taken: Sequence[range] = ()) -> range:
    """Grow a run of rows around one, inside its article, within PASSAGE_LENGTH, and without the rows that are taken."""
    owner, begin, end = generation.sentence(row)
    first = last = row
    grown = True
    while grown:
        grown = False
        for neighbour in (first - 1, last + 1):
            if not 0 <= neighbour < generation.row_count or any(neighbour in run for run in taken):
                continue
            number, start, stop = generation.sentence(neighbour)
            low, high = min(begin, start), max(end, stop)
            if number == owner and high - low <= PASSAGE_LENGTH:
                first, last, begin, end, grown = min(first, neighbour), max(last, neighbour), low, high, True
    return range(first, last + 1)
