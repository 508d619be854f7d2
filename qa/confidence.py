"""Scores to a probability that the answer is right."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from corpus.errors import ModelProblem
from index.keywords import stems
from qa.types import Candidate, Hit, Passage, Reading

# Lets 5% of the questions that nothing answers have an answer all the same, and 96% of the others: eval.calibrate.
DEFAULT_THRESHOLD = 0.14
CALIBRATION = Path(__file__).with_name("calibration.json")
# Words that ask, or hold a question together: that an article has them says nothing. As keyword search stems them.
_EMPTY = frozenset(
    """
    a about all an and ani are at be becaus been by can could did do doe done dure for from given had has have he hello
    her hey hi him his how i if in into is it its kind know made make mani may me might much must my name of on or our
    pleas s said say she should so t tell than thank that the their them there these they this those to type us use was
    we were what when where which who whom whose whi will with would you your
    """.split()  # noqa: SIM905 - a list of 90 quoted words is not easier to read
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million|billion)s?\b", re.I
)
_TIME = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|"
    r"wednesday|thursday|friday|saturday|sunday|today|yesterday|tomorrow|century|year|month|week|day|after|before|since|"
    r"during|when|until)s?\b",
    re.I,
)
_REASON = re.compile(
    r"\b(?:because|due|since|so|as|to|for|result|reason|caus\w+|led|therefore|in order|owing|thanks)\b", re.I
)
_NAME = re.compile(r"\b[A-Z]\w")
# What a question of a kind looks for; a sentence without it can hardly answer.
_KINDS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (re.compile(r"\bhow (?:many|much|long|old|far|tall|high|large|big|often)\b", re.I), _NUMBER),
    (re.compile(r"\b(?:when|what (?:year|date|day|month|century|time)|which (?:year|date|day|month))\b", re.I), _TIME),
    (re.compile(r"\bwhy\b", re.I), _REASON),
    (re.compile(r"\b(?:who|whom|whose|where)\b", re.I), _NAME),
)


class Confidence(Protocol):
    """Judges candidates. The service calls it once a question."""

    def estimate(self, question: str, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return for each candidate of a reading the probability that it is right, between 0 and 1."""
        ...


@dataclass(frozen=True, slots=True)
class Features:
    """What a candidate's sentence shows of being an answer, whatever the size of the corpus.

    similarity: inner product of question and sentence vectors. lead: how far its score is ahead of the best other
    hit's (negative: behind), or of 0 where there is no other. said, said_nearby: the share of the question's words,
    weighted by rarity, in the sentence with its title and in its passage with its title. rarest_missing: the rarity, 0
    to 1, of the rarest word that is in neither. fits: 1 where the sentence holds what such a question asks for (a
    number, a time, a name, a reason), -1 where it does not, 0 for other questions. words: ln(1 + how many different
    words of the question count).
    """

    similarity: float
    lead: float
    said: float
    said_nearby: float
    rarest_missing: float
    fits: float
    words: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression, and how rare words are in general; `python -m eval.calibrate` makes it.

    `rarity` maps stems to 0 (everywhere) ... 1 (nowhere: stems that are not in it).
    """

    intercept: float
    weights: Features
    rarity: Mapping[str, float]

    @classmethod
    def read(cls, path: Path = CALIBRATION) -> Self:
        """Read a calibration file; raises ModelProblem where it is missing or damaged."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            weights = Features(**{name: _finite(weight) for name, weight in fields["weights"].items()})
            rarity = {stem: _finite(value) for stem, value in fields["rarity"].items()}
            return cls(_finite(fields["intercept"]), weights, rarity)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelProblem(
                f"The calibration file {path} is missing or damaged. Put back the one that came with Citeline, or make "
                "another: python -m eval.calibrate --data FOLDER"
            ) from error

    def probability(self, features: Features) -> float:
        """Return the probability that a candidate with these features is right."""
        names = Features.__dataclass_fields__
        total = self.intercept + sum(getattr(self.weights, name) * getattr(features, name) for name in names)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class RetrievalConfidence:
    """Confidence in sentences that were retrieved, or spans of them, from what retrieval shows of the sentences.

    The reader's own scores, "no answer" included, count for nothing: a SentenceReader's are the retriever's.

    Raises ValueError for a candidate outside of all hits.
    """

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration

    def estimate(self, question: str, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return for each candidate of a reading the probability that it is right, between 0 and 1."""
        rarity = self._calibration.rarity
        found = [features(question, candidate, passages, rarity) for candidate in reading.candidates]
        return [self._calibration.probability(one) for one in found]


def features(question: str, candidate: Candidate, passages: Sequence[Passage], rarity: Mapping[str, float]) -> Features:
    """Return the features of a candidate among what was retrieved."""
    passage, hit = _place(candidate, passages)
    others = [other.score for one in passages for other in one.hits if other is not hit]
    asked = {word: rarity.get(word, 1.0) for word in stems(question) if word not in _EMPTY}
    title = hit.sentence.article.title
    near = set(stems(f"{title} {passage.quote.text}"))
    weight = sum(asked.values())
    said = sum(asked[word] for word in asked.keys() & set(stems(f"{title} {hit.sentence.text}")))
    nearby = sum(asked[word] for word in asked.keys() & near)
    return Features(
        similarity=hit.similarity,
        lead=hit.score - max(others, default=0.0),
        said=said / weight if weight else 0.0,
        said_nearby=nearby / weight if weight else 0.0,
        rarest_missing=max((asked[word] for word in asked.keys() - near), default=0.0),
        fits=_fits(question, hit.sentence.text),
        words=math.log1p(len(asked)),
    )


def _place(candidate: Candidate, passages: Sequence[Passage]) -> tuple[Passage, Hit]:
    for passage in passages:
        for hit in passage.hits:
            if hit.sentence.covers(candidate.sentence):
                return passage, hit
    raise ValueError("A candidate lies inside a sentence that was retrieved.")


def _finite(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number.")
    return value


def _fits(question: str, sentence: str) -> float:
    for asks, holds in _KINDS:
        if asks.search(question):
            return 1.0 if holds.search(sentence[1:] if holds is _NAME else sentence) else -1.0
    return 0.0
