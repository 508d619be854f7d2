"""Reads passages for an answer."""

from collections.abc import Sequence
from typing import Protocol

from qa.types import Candidate, Passage, Reading


class Reader(Protocol):
    """Finds spans that answer a question. The service calls it once a question, with the passages best first."""

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """Return candidates, best first, and the score of "no answer"; no candidates where there are no passages.

        Every candidate lies inside a sentence of one of the passages, whether that was a hit or not. Any text is a
        valid question.
        """
        ...


class SentenceReader:
    """A Reader that knows no words, only sentences: every hit answers with itself, by its retrieval score.

    Its "no answer" scores 0, as a sentence does that shares nothing with the question.
    """

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """Return every hit's sentence, best first."""
        hits = sorted((hit for passage in passages for hit in passage.hits), key=lambda hit: -hit.score)
        return Reading(tuple(Candidate(hit.sentence, hit.sentence, hit.score) for hit in hits), no_answer=0.0)
