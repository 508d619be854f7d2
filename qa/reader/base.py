"""Reads passages for an answer."""

from collections.abc import Sequence
from typing import Protocol

from qa.types import Candidate, Passage, Reading


class Reader(Protocol):
    """Finds spans that answer a question. The service calls it once a question, with the passages best first."""

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """Return candidates and sentences, best first, and the score of "no answer"; none where there are no passages.

        Every candidate lies in one of the sentences, and these in the passages, whether they were hits or not. Any text
        is a valid question.
        """
        ...


class SentenceReader:
    """A Reader that knows no words, only sentences: every hit answers with itself, by its retrieval score.

    Its "no answer" scores 0, as a sentence does that shares nothing with the question.
    """

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """Return every hit's sentence, best first."""
        hits = sorted((hit for passage in passages for hit in passage.hits), key=lambda hit: -hit.score)
        sentences = tuple(hit.sentence for hit in hits)
        return Reading(tuple(Candidate(hit.sentence, hit.sentence, hit.score) for hit in hits), 0.0, sentences)
