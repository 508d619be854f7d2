"""The interface of readers, and the reader that answers with whole sentences."""

from collections.abc import Sequence
from typing import Protocol

from qa.query.parser import Question
from qa.types import Candidate, Passage, Reading


class Reader(Protocol):
    """Finds the spans that answer a question. The pipeline calls it once a question, best passage first."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        """Return candidates and sentences, best first, and the score of "no answer"; no passages give no candidates.

        Every candidate lies in one of the sentences, and every sentence in a passage, whether it was a hit or not.
        """
        ...


class SentenceReader:
    """A Reader without a model: every hit answers with its whole sentence, by its retrieval score.

    "No answer" scores 0, like a sentence that shares nothing with the question.
    """

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        """Return the sentence of every hit, best first."""
        hits = sorted((hit for passage in passages for hit in passage.hits), key=lambda hit: -hit.score)
        sentences = tuple(hit.sentence for hit in hits)
        return Reading(tuple(Candidate(hit.sentence, hit.sentence, hit.score) for hit in hits), 0.0, sentences)
