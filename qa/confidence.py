"""Features to a probability that the answer is right."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

from corpus.errors import ModelProblem
from qa.features import Features, features
from qa.query.parser import wanted_kind
from qa.query.question_types import Kind
from qa.types import Passage, Reading

PRECISION = 0.9  # of the answers are right, from a calibration's threshold on
CALIBRATION = Path(__file__).with_name("calibration.json")  # for whole sentences, by retrieval alone
RARITY = Path(__file__).with_name("rarity.json")
# Log-odds that a sentence is likelier to be about a topic than to answer a question in the same words. By judgement, on
# the sample article: there is no question set of topics to fit it on.
_ABOUT = 2.0


class Confidence(Protocol):
    """Judges candidates. The service calls it once a question."""

    def estimate(self, question: str, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return for each candidate of a reading the probability that it is right, between 0 and 1."""
        ...


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression, and how rare words are in general; `python -m eval.calibrate` makes it.

    `rarity` maps stems to 0 (everywhere) ... 1 (nowhere: stems that are not in it). From `threshold` on, PRECISION of
    the answers are right where half of all questions have none.
    """

    intercept: float
    weights: Features
    rarity: Mapping[str, float]
    threshold: float

    @classmethod
    def read(cls, path: Path = CALIBRATION, rarity: Path = RARITY) -> Self:
        """Read a calibration and the rarity of words; raises ModelProblem where a file is missing or damaged."""
        return cls._of(path, _rarity(rarity))

    def beside(self, path: Path) -> Self:
        """Read another calibration, with the same rarity of words; raises ModelProblem likewise."""
        return self._of(path, self.rarity)

    @classmethod
    def _of(cls, path: Path, rarity: Mapping[str, float]) -> Self:
        values = _read(path)
        try:
            weights = Features(**{name: _finite(weight) for name, weight in values["weights"].items()})
            intercept, threshold = _finite(values["intercept"]), _finite(values["threshold"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(path) from error
        return cls(intercept, weights, rarity, threshold)

    def probability(self, features: Features) -> float:
        """Return the probability that a candidate with these features is right."""
        names = Features.__dataclass_fields__
        total = self.intercept + sum(getattr(self.weights, name) * getattr(features, name) for name in names)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class CalibratedConfidence:
    """Confidence by a calibration that was made with the same reader; topics are judged by another one.

    Args:
        calibration: for questions.
        topics: for topics and commands, of which a reader of questions has little to say: one by retrieval alone. What
            it gives them is raised by judgement, and no measured probability.

    Raises ValueError for a candidate outside of all passages.
    """

    def __init__(self, calibration: Calibration, topics: Calibration | None = None) -> None:
        self._questions = calibration
        asked = calibration if topics is None else topics
        self._topics = replace(asked, intercept=asked.intercept + _ABOUT)

    @property
    def threshold(self) -> float:
        """The least confidence of an answer, if none is set."""
        return self._questions.threshold

    def estimate(self, question: str, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return for each candidate of a reading the probability that it is right, between 0 and 1."""
        if not reading.candidates:
            return []
        calibration = self._topics if wanted_kind(question) is Kind.TOPIC else self._questions
        found = features(question, reading, passages, calibration.rarity)
        return [calibration.probability(one) for one in found]


def _rarity(path: Path) -> dict[str, float]:
    try:
        return {stem: _finite(value) for stem, value in _read(path).items()}
    except (TypeError, ValueError) as error:
        raise _damaged(path) from error


def _read(path: Path) -> dict[str, Any]:
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
