"""Finds the best spans in what a reading model says of a passage; a span never leaves its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qa.span_model import Logits
from qa.span_trim import trimmed
from qa.types import Passage, Quote

MAX_TOKENS = 30  # of a span
_NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Span:
    """Code points [start, end) of an article, the sentence they are in, and the reading model's score for them.

    reading: the logits of its first and last token together, less those of "no answer".
    """

    start: int
    end: int
    sentence: Quote
    reading: float

    @property
    def quote(self) -> Quote:
        """The words."""
        return Quote(self.sentence.article, self.start, self.end)

    def trimmed(self) -> Self | None:
        """Return the span without what is no part of an answer at its ends, its numbers whole; None for nothing."""
        within = (self.sentence.start, self.sentence.end)
        left = trimmed(self.sentence.article.text, self.start, self.end, within)
        return None if left is None else replace(self, start=left[0], end=left[1])


class SpanScores:
    """The scores of all spans of a passage that lie inside a sentence and have at most MAX_TOKENS tokens."""

    def __init__(self, passage: Passage, logits: Logits) -> None:
        tokens = logits.tokens
        places = tokens.of_text()
        self._passage = passage
        self._starts = tokens.starts[places] + passage.quote.start
        self._ends = tokens.ends[places] + passage.quote.start
        self._owners = _owners(passage.sentences, self._starts, self._ends)
        nothing = logits.start[0] + logits.end[0]
        self._scores = _banded(logits.start[places], logits.end[places], self._owners) - nothing

    def best(self, count: int) -> list[Span]:
        """Return at most so many spans, best first, of which no two share a token."""
        left = self._scores.copy()
        spans: list[Span] = []
        while len(spans) < count and left.size and np.isfinite(left[where := _highest(left)]):
            spans.append(self._span(*where))
            _take_out(left, where[0], where[0] + where[1])
        return spans

    def sentences(self) -> list[Span]:
        """Return every sentence that was read, in text order, with the score of the best span in it."""
        found = []
        for number, sentence in enumerate(self._passage.sentences):
            own = self._scores[self._owners == number]
            if own.size:
                found.append(Span(sentence.start, sentence.end, sentence, float(own.max())))
        return found

    def _span(self, first: int, length: int) -> Span:
        sentence = self._passage.sentences[self._owners[first]]
        last = first + length
        return Span(int(self._starts[first]), int(self._ends[last]), sentence, float(self._scores[first, length]))


def _owners(sentences: Sequence[Quote], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return for every token the number of the sentence that it lies in, _NOWHERE for none."""
    if len(sentences) == 0:
        return np.full(len(starts), _NOWHERE)
    begins = np.array([sentence.start for sentence in sentences])
    finishes = np.array([sentence.end for sentence in sentences])
    owners = np.searchsorted(begins, starts, side="right") - 1
    return np.where((owners >= 0) & (ends <= finishes[owners]), owners, _NOWHERE)


def _banded(start: NDArray[np.float32], end: NDArray[np.float32], owners: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return scores of shape (tokens, MAX_TOKENS): [i, n] is that of tokens i to i + n, -inf for what is no span."""
    firsts = np.arange(len(start))[:, None]
    lasts = firsts + np.arange(MAX_TOKENS)
    inside = np.minimum(lasts, max(0, len(start) - 1))
    valid = (lasts < len(start)) & (owners[inside] == owners[:, None]) & (owners[:, None] != _NOWHERE)
    scores: NDArray[np.float32] = np.where(valid, start[:, None] + end[inside], np.float32(-np.inf))
    return scores


def _highest(scores: NDArray[np.float32]) -> tuple[int, int]:
    first, length = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(first), int(length)


def _take_out(scores: NDArray[np.float32], first: int, last: int) -> None:
    """Strike out the spans that share a token with those from first to last."""
    begin = max(0, first - MAX_TOKENS + 1)
    firsts = np.arange(begin, last + 1)
    reach = firsts[:, None] + np.arange(MAX_TOKENS)
    scores[begin : last + 1][reach >= first] = -np.inf
