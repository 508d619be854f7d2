"""What confidence is worth: figures over questions of which some can be answered and some can't."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from eval.metrics import (
    Bin,
    Flags,
    Floats,
    area_under_roc,
    calibration_error,
    coverage_at,
    equal_mass,
    equal_width,
    gap,
    risk_coverage,
)
from qa.confidence import PRECISION

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """How sure each of a question's first candidates is, best first, and which are right.

    answerable: its article is in the corpus. right: the sentence holds a gold answer, wherever that sentence stands.
    placed: it holds it at the very place that the question set names.
    """

    answerable: bool
    confidences: tuple[float, ...]
    right: tuple[bool, ...]
    placed: tuple[bool, ...]

    @property
    def best(self) -> float:
        """How sure the best candidate is; 0 where there is none."""
        return next(iter(self.confidences), 0.0)

    def answered(self, threshold: float) -> bool | None:
        """Return whether the service's first answer at a threshold is right; None: it does not answer."""
        shown = (right for sure, right in zip(self.confidences, self.right, strict=True) if sure >= threshold)
        return next(shown, None)


@dataclass(frozen=True, slots=True)
class Mix:
    """The best candidates of questions: one probability each, whether it is right, whether it can be answered."""

    probabilities: Floats
    right: Flags
    answerable: Flags

    @classmethod
    def of(cls, judged: Sequence[Judged], placed: bool = False) -> Self:
        """Take the best candidates; `placed` counts only the named place as right. A question without any is wrong."""
        flags = [one.placed if placed else one.right for one in judged]
        return cls(
            np.array([one.best for one in judged], np.float64),
            np.array([next(iter(right), False) for right in flags], np.bool_),
            np.array([one.answerable for one in judged], np.bool_),
        )

    def coverage(self) -> dict[str, float]:
        """Return how much can be answered where PRECISION of the answers are right, and the threshold that does it."""
        of_all, least = coverage_at(PRECISION, self.probabilities, self.right)
        answered = (self.probabilities >= least) & (of_all > 0)
        return {
            "coverage at 90% precision": _share(answered[self.answerable]),
            "the same, of all questions": of_all,
            "threshold of that": least,
        }

    def bins(self) -> list[Bin]:
        """Return the bins of the reliability diagram."""
        return equal_width(self.probabilities, self.right, BINS)

    def curve(self) -> list[tuple[float, float]]:
        """Return coverage and risk for every threshold."""
        return risk_coverage(self.probabilities, self.right)


def in_or_out(inside: Sequence[Judged], outside: Sequence[Judged]) -> float:
    """Return the AUROC of the best candidates' confidence: article in the corpus against article taken out."""
    scores = np.array([one.best for one in (*inside, *outside)], np.float64)
    return area_under_roc(scores, np.arange(len(scores)) < len(inside))


def at_threshold(judged: Sequence[Judged], threshold: float) -> dict[str, float]:
    """Return what the service does with questions at a threshold; no precision where it answers nothing."""
    answered = [(one.answerable, right) for one in judged if (right := one.answered(threshold)) is not None]
    counts = [sum(one.answerable is kind for one in judged) for kind in (True, False)]
    shares = [sum(kind is which for which, _ in answered) for kind in (True, False)]
    figures = {
        "threshold": threshold,
        "answerable answered": shares[0] / max(1, counts[0]),
        "unanswerable answered": shares[1] / max(1, counts[1]),
    }
    return figures | ({"precision": sum(right for _, right in answered) / len(answered)} if answered else {})


def details(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return what stands behind the figures: bins, points of the curve, and figures by the stricter notion of right."""
    mix, strict = Mix.of(judged), Mix.of(judged, placed=True)
    mass = equal_mass(mix.probabilities, mix.right, BINS)
    curve = mix.curve()
    return {
        "bins of equal width": [asdict(one) for one in mix.bins()],
        "bins of equal mass": [asdict(one) for one in mass],
        "ECE, 15 bins of equal width": calibration_error(mix.probabilities, mix.right, 15),
        "ECE, 10 bins of equal mass": gap(mass),
        "risk and coverage": [{"coverage": coverage, "risk": risk} for coverage, risk in _thinned(curve)],
        "right by place": {
            **strict.coverage(),
            "ECE": calibration_error(strict.probabilities, strict.right, BINS),
        },
    }


def _thinned(curve: Sequence[tuple[float, float]], points: int = 100) -> list[tuple[float, float]]:
    rows = np.unique(np.linspace(0, len(curve) - 1, min(points, len(curve))).astype(int))
    return [curve[row] for row in rows]


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0
