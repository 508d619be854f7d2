"""Scores to a probability that the answer is right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qa.types import Candidate, Hit

DEFAULT_THRESHOLD = 0.5


class Confidence(Protocol):
    """Judges candidates. The service calls it once a question."""

    def estimate(self, question: str, candidates: Sequence[Candidate], hits: Sequence[Hit]) -> list[float]:
        """Return for each candidate the probability that it is right, between 0 and 1."""
        ...


@dataclass(frozen=True, slots=True)
class Features:
    """What a candidate's sentence shows, whatever the size of the corpus."""

    similarity: float
    margin: float
    coverage: float
    missing: float


class RetrievalConfidence:
    """A logistic regression over what retrieval shows of a sentence."""

    def estimate(self, question: str, candidates: Sequence[Candidate], hits: Sequence[Hit]) -> list[float]:
        """Return for each candidate the probability that it is right."""
        by_sentence = {(hit.sentence.article.id, hit.sentence.start): hit for hit in hits}
        return [
            1 / (1 + math.exp(-10 * (by_sentence[c.sentence.article.id, c.sentence.start].similarity - 0.6)))
            for c in candidates
        ]
