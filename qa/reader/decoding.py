"""Decodes a model's logits into spans: the best spans inside one sentence, trimmed to whole words and numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qa.reader.span_model import Logits
from qa.types import Passage, Quote

MAX_TOKENS = 30  # of a span
_NO_SENTENCE = -1
_STRAY = frozenset(",;:.!?…–—-•·*¡¿،؛؟。、，；：！？")
_WITHIN_NUMBERS = frozenset(".,:")
_SIGN = re.compile(r"[-–.]\d")  # of a number: -5, .5
_ABBREVIATION = re.compile(r"(?:\.\w+|\b(?:\w|co|corp|dr|etc|inc|jr|ltd|mr|mrs|ms|no|sr|st|vs))\.$", re.I)
_PAIRS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "“": "”",
    "‘": "’",
    "«": "»",
    "„": "“",
    '"': '"',
    "'": "'",
    "「": "」",
    "『": "』",
}
_CLOSING = frozenset(_PAIRS.values())
_APOSTROPHES = frozenset("'’")  # the workers', the '90s


def trimmed(text: str, start: int, end: int, within: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """Trim spaces, punctuation, quotation marks and unpaired brackets off the ends of a span [start, end) of a text.

    A number at an end is first completed, within the span `within` (by default the whole text), since a model reads
    "1.2" as three tokens and may prefer the first. Returns None where nothing is left.
    """
    first, last = (0, len(text)) if within is None else within
    while end < last and _inside_number(text, end):
        end += 1
    while start > first and _inside_number(text, start):
        start -= 1
    before = None
    while before != (start, end) and start < end:
        before = start, end
        while start < end and _is_stray(text[start]) and not _SIGN.match(text, start, end):
            start += 1
        while start < end and _is_stray(text[end - 1]):
            if text[end - 1] == "." and _ABBREVIATION.search(text, max(start, end - 12), end) is not None:
                break
            end -= 1
        start, end = _without_unpaired(text, start, end)
    return (start, end) if start < end else None


def _inside_number(text: str, position: int) -> bool:
    """Return whether a position is inside a number such as 1,250, 1.2 or 14:30."""
    before, after = text[position - 1], text[position]
    if before.isdecimal() and after.isdecimal():
        return True
    if before.isdecimal() and after in _WITHIN_NUMBERS:
        return text[position + 1 : position + 2].isdecimal()
    return before in _WITHIN_NUMBERS and after.isdecimal() and text[max(0, position - 2) : position - 1].isdecimal()


def _is_stray(character: str) -> bool:
    return character in _STRAY or character.isspace()


def _without_unpaired(text: str, start: int, end: int) -> tuple[int, int]:
    """Drop a quotation mark or bracket at an end that is unpaired, or a pair of them around the span."""
    if start >= end:
        return start, end
    span = text[start:end]
    first, last = span[0], span[-1]
    if first in _PAIRS:
        match = _closing_position(span)
        if match == len(span) - 1 and match > 0:
            return start + 1, end - 1
        if match == -1 and not (first in _APOSTROPHES and len(span) > 1):
            return start + 1, end
    if last in _CLOSING and last not in _APOSTROPHES and _opening_position(span) == -1:
        return start, end - 1
    return start, end


def _closing_position(span: str) -> int:
    """Return the position in a span of the partner of its first mark, -1 for none."""
    opening, closing = span[0], _PAIRS[span[0]]
    if opening == closing:
        return span.find(closing, 1)
    depth = 0
    for position, character in enumerate(span):
        depth += (character == opening) - (character == closing)
        if depth == 0:
            return position
    return -1


def _opening_position(span: str) -> int:
    """Return the position in a span of the partner of its last mark, -1 for none."""
    closing = span[-1]
    openings = {opening for opening, close in _PAIRS.items() if close == closing}
    if closing in openings:
        return -1 if span.count(closing) % 2 else span.find(closing)
    depth = 0
    for position in range(len(span) - 1, -1, -1):
        depth += (span[position] == closing) - (span[position] in openings)
        if depth == 0:
            return position
    return -1


@dataclass(frozen=True, slots=True)
class Span:
    """A span [start, end) of an article in code points, its sentence, and the model's score for it.

    no_answer_margin: the sum of the start and end logits, less that of "no answer".
    """

    start: int
    end: int
    sentence: Quote
    no_answer_margin: float

    @property
    def quote(self) -> Quote:
        """The span as a quote of its article."""
        return Quote(self.sentence.article, self.start, self.end)

    def trimmed(self) -> Self | None:
        """Return the span trimmed within its sentence; None where nothing is left."""
        within = (self.sentence.start, self.sentence.end)
        left = trimmed(self.sentence.article.text, self.start, self.end, within)
        return None if left is None else replace(self, start=left[0], end=left[1])


class SpanScores:
    """The scores of all spans of a passage that lie inside one sentence and have at most MAX_TOKENS tokens."""

    def __init__(self, passage: Passage, logits: Logits) -> None:
        tokens = logits.tokens
        places = tokens.of_text()
        self._passage = passage
        self._starts = tokens.starts[places] + passage.quote.start
        self._ends = tokens.ends[places] + passage.quote.start
        self._sentence_of = _sentence_of(passage.sentences, self._starts, self._ends)
        no_answer = logits.start[0] + logits.end[0]
        # Of shape (tokens, MAX_TOKENS): [i, n] is the score of tokens i to i + n, -inf where these are not inside one
        # sentence.
        first_tokens = np.arange(len(places))[:, None]
        last_tokens = first_tokens + np.arange(MAX_TOKENS)
        inside = np.minimum(last_tokens, max(0, len(places) - 1))
        owners = self._sentence_of[:, None]
        valid = (last_tokens < len(places)) & (self._sentence_of[inside] == owners) & (owners != _NO_SENTENCE)
        scores = logits.start[places][:, None] + logits.end[places][inside]
        self._scores: NDArray[np.float32] = np.where(valid, scores, np.float32(-np.inf)) - no_answer

    def best(self, count: int) -> list[Span]:
        """Return at most `count` non-overlapping spans, best first."""
        remaining = self._scores.copy()
        spans: list[Span] = []
        while len(spans) < count and remaining.size:
            first, length = divmod(int(remaining.argmax()), MAX_TOKENS)
            if not np.isfinite(remaining[first, length]):
                break
            last = first + length
            sentence = self._passage.sentences[self._sentence_of[first]]
            score = float(self._scores[first, length])
            spans.append(Span(int(self._starts[first]), int(self._ends[last]), sentence, score))
            begin = max(0, first - MAX_TOKENS + 1)
            reach = np.arange(begin, last + 1)[:, None] + np.arange(MAX_TOKENS)
            remaining[begin : last + 1][reach >= first] = -np.inf  # the spans that share a token
        return spans

    def sentences(self) -> list[Span]:
        """Return every sentence that was read, in text order, with the score of its best span."""
        found = []
        for number, sentence in enumerate(self._passage.sentences):
            inside = self._scores[self._sentence_of == number]
            if inside.size:
                found.append(Span(sentence.start, sentence.end, sentence, float(inside.max())))
        return found


def _sentence_of(sentences: Sequence[Quote], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the index of the sentence of each token, _NO_SENTENCE for none, of shape (tokens,)."""
    if len(sentences) == 0:
        return np.full(len(starts), _NO_SENTENCE)
    begins = np.array([sentence.start for sentence in sentences])
    finishes = np.array([sentence.end for sentence in sentences])
    owners = np.searchsorted(begins, starts, side="right") - 1
    return np.where((owners >= 0) & (ends <= finishes[owners]), owners, _NO_SENTENCE)
