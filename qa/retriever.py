"""Finds the sentences that a question may be answered from, and the passages around them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article
from corpus.store.article_store import ArticleFilter, ArticleStore
from index.embedding.embedder import Embedder
from index.generations.generation import Generation
from index.search.vectors import Rows, Scores, Vectors
from qa.near_duplicates import Told, held, places
from qa.types import Answer, Hit, Passage, Quote

DEPTH = 100  # how many hits of each search are fused, at least
_DEEPEST = 6_400  # and at most, where copies of one story take the places of other hits
PASSAGE_LENGTH = 700  # code points, about 110 words
MOST_COPIES = 20  # that are named beside an answer
_COPIES = 100  # of a story that are looked at


class Retriever(Protocol):
    """Finds hits for a question. The service calls it once a question, with the generation it holds."""

    def search(self, generation: Generation, question: str, k: int, filters: ArticleFilter) -> list[Hit]:
        """Return at most k hits of articles that the filter lets through and that are still kept, best first.

        Of copies of one story, only the first hit of each sentence.
        """
        ...

    def passages(self, generation: Generation, hits: Sequence[Hit]) -> list[Passage]:
        """Return the passages of hits, each sentence in one at most, in the order of their best hits."""
        ...

    def copies(self, generation: Generation, answer: Answer, filters: ArticleFilter) -> list[Answer]:
        """Return an answer in each article of its story that gives it, oldest first, as often as anyone reads.

        The oldest is the one that was published first, and of those without a date the one that was added first.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fusion:
    """score = vectors * inner product + keywords * BM25; a search with weight 0 is not made.

    The default was chosen by `app.py eval`; the figures are in docs/decisions.md.
    """

    vectors: float = 1.0
    keywords: float = 0.022


DEFAULT_FUSION = Fusion()


class HybridRetriever:
    """A Retriever that adds the scores of nearest vectors and BM25.

    A weighted sum keeps how much better one sentence is than the next; reciprocal rank fusion, which forgets it, was
    .05 P@1 worse. What only one of the two searches found counts 0 in the keyword score, and its true similarity.
    """

    def __init__(self, embedder: Embedder, store: ArticleStore, fusion: Fusion = DEFAULT_FUSION) -> None:
        self._embedder = embedder
        self._store = store
        self._fusion = fusion

    def search(self, generation: Generation, question: str, k: int, filters: ArticleFilter) -> list[Hit]:
        """Return at most k hits of articles that the filter lets through and that are still kept, best first."""
        vector, depth = self._embedder.embed_question(question), max(DEPTH, k)
        allowed = generation.allowed(self._store.numbers(filters)) if filters else None
        rows, scores = self._ranked(generation, question, vector, depth, allowed)
        hits, gone, told = self._hits(generation, rows, scores, k)
        if gone and len(hits) < k:  # articles that are deleted since took the places of others
            allowed = generation.allowed(self._store.numbers(filters))
            rows, scores = self._ranked(generation, question, vector, depth, allowed)
            hits, _, told = self._hits(generation, rows, scores, k)
        while told and len(hits) < k and depth <= len(rows) and depth < _DEEPEST:  # copies of one story did
            depth *= 4
            rows, scores = self._ranked(generation, question, vector, depth, allowed)
            hits, _, told = self._hits(generation, rows, scores, k)
        return hits

    def passages(self, generation: Generation, hits: Sequence[Hit]) -> list[Passage]:
        """Return the passages of hits, each sentence in one at most, in the order of their best hits."""
        runs: list[range] = []
        inside: list[list[Hit]] = []
        for hit in hits:
            place = next((at for at, run in enumerate(runs) if hit.row in run), None)
            if place is None:
                runs.append(_around(generation, hit.row, runs))
                inside.append([hit])
            else:
                inside[place].append(hit)
        return [_passage(generation, run, own) for run, own in zip(runs, inside, strict=True)]

    def copies(self, generation: Generation, answer: Answer, filters: ArticleFilter) -> list[Answer]:
        """Return an answer in each article of its story that gives it, oldest first, as often as anyone reads."""
        own = answer.sentence.article
        found = {} if own.cluster is None else self._store.by_cluster(own.cluster, filters, _COPIES)
        told = (
            answer if article.id == own.id else _in_copy(generation, number, article, answer)
            for number, article in found.items()
        )
        return list(islice(filter(None, told), 1 + MOST_COPIES)) or [answer]

    def _ranked(
        self, generation: Generation, question: str, vector: Vectors, depth: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[Rows, NDArray[np.float32]]:
        """Return rows, best first (ties: lower row first), and for each its score, similarity and BM25."""
        fusion = self._fusion
        near, _ = generation.search_vectors(vector, depth if fusion.vectors else 0, allowed)
        worded, bm25 = generation.search_keywords(question, depth if fusion.keywords else 0, allowed)
        rows, keyword = _united(near, worded, bm25)
        similarity = generation.similarities(vector, rows)
        score = fusion.vectors * similarity + fusion.keywords * keyword
        best = np.lexsort((rows, -score))
        return rows[best], np.stack([score, similarity, keyword], axis=1)[best]

    def _hits(
        self, generation: Generation, rows: Rows, scores: NDArray[np.float32], k: int
    ) -> tuple[list[Hit], bool, bool]:
        """Return at most k hits, whether any row was passed over that is gone, and any that a copy told before."""
        hits: list[Hit] = []
        told, gone, again = Told(), False, False
        for start in range(0, len(rows), max(1, k)):
            chunk = rows[start : start + k]
            owners = generation.articles_at(chunk)
            articles = self._store.by_number(np.unique(owners).tolist())
            for row, number, parts in zip(chunk, owners.tolist(), scores[start : start + k], strict=True):
                article = articles.get(number)
                if article is None:  # it was deleted a moment ago
                    gone = True
                elif told.again((hit := _hit(generation, row, article, parts)).sentence):
                    again = True
                else:
                    hits.append(hit)
            if len(hits) >= k:
                break
        return hits[:k], gone, again


def _united(near: Rows, worded: Rows, bm25: Scores) -> tuple[Rows, Scores]:
    rows = np.union1d(near, worded)
    keyword = np.zeros(len(rows), np.float32)
    keyword[np.searchsorted(rows, worded)] = bm25
    return rows, keyword


def _hit(generation: Generation, row: int, article: Article, parts: NDArray[np.float32]) -> Hit:
    score, similarity, bm25 = (float(part) for part in parts)
    return Hit(_quote(generation, range(row, row + 1), article), int(row), score, similarity, bm25)


def _passage(generation: Generation, run: range, hits: Sequence[Hit]) -> Passage:
    article = hits[0].sentence.article
    sentences = (_quote(generation, range(row, row + 1), article) for row in run)
    return Passage(_quote(generation, run, article), tuple(hits), tuple(sentences))


def _quote(generation: Generation, run: range, article: Article) -> Quote:
    return Quote(article, generation.sentence(run[0])[1], generation.sentence(run[-1])[2])


def _in_copy(generation: Generation, number: int, article: Article, answer: Answer) -> Answer | None:
    """Return an answer as a copy gives it, in the sentence that is most like its own; None where it doesn't."""
    rows = dict.fromkeys(
        _row_at(generation, number, place) for place in places(article.text, answer.span, answer.sentence)
    )
    sentences = {row: _quote(generation, range(row, row + 1), article) for row in rows if row is not None}
    found = {row: held(answer.span, answer.sentence, sentence) for row, sentence in sentences.items()}
    told = [(likeness, row, span) for row, one in found.items() if one is not None for span, likeness in [one]]
    if not told:
        return None
    _, row, span = max(told, key=lambda one: one[0])
    context = _quote(generation, _around(generation, row, ()), article)
    return replace(answer, span=span, sentence=sentences[row], context=context)


def _row_at(generation: Generation, number: int, place: int) -> int | None:
    """Return the row of the sentence of a numbered article that a place is in; None where there is none."""
    row = bisect_right(range(generation.row_count), (number, place), key=lambda row: generation.sentence(row)[:2]) - 1
    if row < 0:
        return None
    owner, start, end = generation.sentence(row)
    return row if owner == number and start <= place < end else None


def _around(generation: Generation, row: int, taken: Sequence[range]) -> range:
    """Grow a run of rows around one, within its article and PASSAGE_LENGTH, around what is taken."""
    owner, begin, end = generation.sentence(row)
    first = last = row
    grown = True
    while grown:
        grown = False
        for near in (first - 1, last + 1):
            if not 0 <= near < generation.row_count or any(near in run for run in taken):
                continue
            number, start, stop = generation.sentence(near)
            low, high = min(begin, start), max(end, stop)
            if number == owner and high - low <= PASSAGE_LENGTH:
                first, last, begin, end, grown = min(first, near), max(last, near), low, high, True
    return range(first, last + 1)
