"""Confidence: features to a probability that a candidate is right."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, Self

from corpus.errors import ModelProblem
from qa.evidence import EvidenceChecker
from qa.features import Features, features
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from qa.types import Candidate, Passage, Reading, passage_around

PRECISION = 0.9  # of the answers from a fitted threshold on
CALIBRATION = Path(__file__).with_name("calibration.json")  # for whole sentences, by retrieval alone
IDF = Path(__file__).with_name("idf.json")
# Added to the log-odds of a sentence on a topic: it is likelier to be about the topic than to answer a question in the
# same words. Chosen by judgement on the sample article: there is no question set of topics to fit it on.
_TOPIC_LOG_ODDS = 2.0
# For a sentence that says of another person or thing what is asked. docs/decisions.md has the figures.
_OF_ANOTHER = 0.3


class Confidence(Protocol):
    """Estimates the confidence of candidates. The pipeline calls it once a question."""

    def estimate(self, question: Question, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return the probability, between 0 and 1, that each candidate of a reading is right."""
        ...


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over features, and the idf of stems; `python -m eval.calibrate` fits it.

    idf: maps stems to 0 (in every text) ... 1 (in none, as are stems that it lacks). threshold: the default
    confidence from which on a candidate answers.
    """

    intercept: float
    weights: Features
    idf: Mapping[str, float]
    threshold: float

    @classmethod
    def read(cls, path: Path = CALIBRATION, idf: Path = IDF) -> Self:
        """Read a calibration and the idf of stems; raises ModelProblem where a file is missing or damaged."""
        return cls._of(path, read_word_statistics(idf))

    def with_idf_of(self, path: Path) -> Self:
        """Read another calibration that shares this one's idf; raises ModelProblem likewise."""
        return self._of(path, self.idf)

    @classmethod
    def _of(cls, path: Path, idf: Mapping[str, float]) -> Self:
        values = _read_json(path)
        try:
            weights = {name: _finite(weight) for name, weight in values["weights"].items()}
            intercept, threshold = _finite(values["intercept"]), _finite(values["threshold"])
            return cls(intercept, Features(**weights), idf, threshold)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(path) from error

    def probability(self, features: Features) -> float:
        """Return the probability that a candidate with these features is right."""
        names = Features.__dataclass_fields__
        log_odds = self.intercept + sum(getattr(self.weights, name) * getattr(features, name) for name in names)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


class CalibratedConfidence:
    """A Confidence by a calibration that was fitted with the same reader; topics have another calibration.

    Args:
        calibration: for questions.
        topics: for topics, which a reader trained on questions says little about: a calibration by retrieval alone. Its
            log-odds are raised by judgement, so the confidence of a topic is no measured probability.
    """

    def __init__(self, calibration: Calibration, topics: Calibration | None = None) -> None:
        self._questions = calibration
        base = calibration if topics is None else topics
        self._topics = replace(base, intercept=base.intercept + _TOPIC_LOG_ODDS)

    @property
    def threshold(self) -> float:
        """The default confidence from which on a candidate answers."""
        return self._questions.threshold

    def estimate(self, question: Question, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return the probability, between 0 and 1, that each candidate is right.

        Raises ValueError for a candidate outside of all passages.
        """
        if not reading.candidates:
            return []
        calibration = self._topics if question.type is QuestionType.TOPIC else self._questions
        found = features(question, reading, passages, calibration.idf)
        evidence = EvidenceChecker(question.text)

        def factor(candidate: Candidate) -> float:
            # The calibration tells whether the sentence answers: its pronoun may still stand for another name.
            likely = 1.0 if candidate.via is None else candidate.via.probability
            span, sentence = candidate.answering_span, candidate.answering_sentence
            is_of_another = evidence.is_of_another(span, sentence, passage_around(passages, sentence))
            return likely * _OF_ANOTHER if is_of_another else likely

        return [
            calibration.probability(one) * factor(candidate)
            for candidate, one in zip(reading.candidates, found, strict=True)
        ]


class NoConfidence:
    """A Confidence of 0 for every candidate, to run the pipeline before a calibration is fitted."""

    def estimate(self, question: Question, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return 0 for each candidate."""
        return [0.0] * len(reading.candidates)


@cache
def read_word_statistics(path: Path) -> Mapping[str, float]:
    """Read a number for each word or stem, once a process; raises ModelProblem where the file is missing or damaged."""
    try:
        return MappingProxyType({stem: _finite(value) for stem, value in _read_json(path).items()})
    except (TypeError, ValueError) as error:
        raise _damaged(path) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(values, dict):
        raise _damaged(path)
    return values


def _damaged(path: Path) -> ModelProblem:
    return ModelProblem(
        f"The calibration file {path} is missing or damaged. Put back the one that came with Citeline, or make "
        "another: python -m eval.calibrate --data FOLDER, with --reader NAME where the reader is set"
    )


def _finite(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number.")
    return value
