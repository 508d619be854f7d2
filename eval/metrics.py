"""Compute the metrics of answers, rankings, calibration and selective answering.

NumPy alone computes them, so that the shipped models can be evaluated where the service runs.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qa.confidence import PRECISION

_QUOTES = str.maketrans("‘’‛“”„«»", '\'\'\'"""""')
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalize(text: str) -> str:
    """Return text as SQuAD compares it: in lower case, without punctuation, articles and extra white space.

    Rajpurkar et al. 2016, the rules of their evaluation script, in its order.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(text: str | None, gold: Iterable[str]) -> bool:
    """Return whether an answer equals one of the gold answers; None is no answer, and never right."""
    return text is not None and normalize(text) in {normalize(words) for words in gold}


def f1(text: str | None, gold: Iterable[str]) -> float:
    """Return the best F1 of an answer's words against those of a gold answer; 0 where there is no answer."""
    if text is None:
        return 0.0
    found = normalize(text).split()
    return max((_overlap(found, normalize(words).split()) for words in gold), default=0.0)


def _overlap(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    shared = (Counter(found) & Counter(gold)).total()
    return 2 * shared / (len(found) + len(gold))


def has_words(text: str, words: str) -> bool:
    """Return whether a text has whole words: "January 19" lacks "January 1". Normalize both by normalize_loosely."""
    if any(unicodedata.east_asian_width(character) == "W" for character in words):  # a script without spaces
        return words in text
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def normalize_loosely(text: str) -> str:
    """Return text with case, white space and quotation marks unified."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_QUOTES).split()).casefold()


Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def ranking(ranks: Sequence[int | None]) -> dict[str, float]:
    """Return P@1, R@5, R@10 and MRR of the ranks, from 1, of the first right results; None: it was not found.

    Without ranks there are no figures.
    """
    if len(ranks) == 0:
        return {}
    found = np.array([np.inf if rank is None else rank for rank in ranks])
    return {
        "P@1": float((found <= 1).mean()),
        "R@5": float((found <= 5).mean()),
        "R@10": float((found <= 10).mean()),
        "MRR": float((1 / found).mean()),
    }


def area_under_roc(scores: Floats, positive: Flags) -> float:
    """Return the probability that a positive scores above a negative, ties counting half; nan without both kinds."""
    # The rank-sum of Mann and Whitney (1947); equal scores share the mean of their ranks.
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar probability: their number, their mean probability, and the share that is right."""

    count: int
    probability: float
    right: float


def equal_width(probabilities: Floats, right: Flags, bins: int) -> list[Bin]:
    """Return the bins [0, 1/bins), [1/bins, 2/bins) ... that are not empty; the last one includes 1."""
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [_bin(probabilities, right, np.flatnonzero(place == one)) for one in np.unique(place)]


def equal_mass(probabilities: Floats, right: Flags, bins: int) -> list[Bin]:
    """Return bins of equal count, up to 1, ascending by probability; equal probabilities may be separated."""
    order = np.argsort(probabilities, kind="stable")
    return [_bin(probabilities, right, rows) for rows in np.array_split(order, bins) if len(rows)]


def _bin(probabilities: Floats, right: Flags, rows: NDArray[np.intp]) -> Bin:
    return Bin(len(rows), float(probabilities[rows].mean()), float(right[rows].mean()))


def gap(bins: Sequence[Bin]) -> float:
    """Return the mean of |share right - probability| over the answers in bins; 0 without answers."""
    total = sum(one.count for one in bins)
    return sum(abs(one.right - one.probability) * one.count for one in bins) / max(1, total)


def calibration_error(probabilities: Floats, right: Flags, bins: int = 10) -> float:
    """Return the expected calibration error: the mean of |share right - probability| over equal-width bins.

    Naeini et al. 2015, Guo et al. 2017. 0 without probabilities.
    """
    return gap(equal_width(probabilities, right, bins))


def by_level(probabilities: Floats, right: Flags, levels: Sequence[tuple[float, str]]) -> dict[str, dict[str, float]]:
    """Return for each level that answers have their number, their mean confidence, and the share that is right.

    levels: the lowest confidence of each, and its name, highest first.
    """
    figures: dict[str, dict[str, float]] = {}
    upper = np.inf
    for lower, name in levels:
        inside = (probabilities >= lower) & (probabilities < upper)
        if inside.any():
            mean, share = float(probabilities[inside].mean()), float(right[inside].mean())
            figures[name] = {"answers": int(inside.sum()), "confidence": mean, "right": share}
        upper = lower
    return figures


def risk_coverage(probabilities: Floats, right: Flags) -> list[tuple[float, float]]:
    """Return for every threshold, highest first, the share of answered questions and the share of wrong answers.

    El-Yaniv and Wiener 2010. A threshold answers all questions of equal probability, or none.
    """
    order, last = _descending(probabilities)
    answered = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    return [(float(answered[row] / len(order)), float(wrong[row] / answered[row])) for row in np.flatnonzero(last)]


def coverage_at(precision: float, probabilities: Floats, right: Flags) -> tuple[float, float]:
    """Return the largest share of questions that can be answered at a precision, and the threshold for it.

    A threshold answers all questions of equal probability, or none. (0, 1) where no threshold reaches the precision.
    """
    order, last = _descending(probabilities)
    precisions = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero((precisions >= precision) & last)
    if len(reached) == 0:
        return 0.0, 1.0
    return float((reached[-1] + 1) / len(order)), float(probabilities[order[reached[-1]]])


def _descending(probabilities: Floats) -> tuple[NDArray[np.intp], Flags]:
    """Return the order of descending probability, and which places are the last of equal probabilities."""
    order = np.argsort(-probabilities, kind="stable")
    ordered = probabilities[order]
    return order, np.append(ordered[1:] != ordered[:-1], True)[: len(order)]


BINS = 10


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """The confidences of a question's first candidates, best first, and which candidates are right.

    answerable: the question's article is in the corpus. right: the candidate's sentence holds the words of a gold
    answer. in_place: it holds them at the place that the question set names.
    """

    answerable: bool
    confidences: tuple[float, ...]
    right: tuple[bool, ...]
    in_place: tuple[bool, ...]

    @property
    def best(self) -> float:
        """The confidence of the best candidate, 0 without one."""
        return next(iter(self.confidences), 0.0)

    def answered(self, threshold: float) -> bool | None:
        """Return whether the first answer at a threshold is right, None where there is no answer."""
        pairs = zip(self.confidences, self.right, strict=True)
        return next((right for confidence, right in pairs if confidence >= threshold), None)


@dataclass(frozen=True, slots=True)
class BestCandidates:
    """The best candidate of every question: its confidence, whether it is right, and whether it could be."""

    probabilities: Floats
    right: Flags
    answerable: Flags

    @classmethod
    def of(cls, judged: Sequence[JudgedQuestion], in_place: bool = False) -> Self:
        """Take the best candidates; `in_place` counts those elsewhere as wrong. A question without any is wrong."""
        flags = [one.in_place if in_place else one.right for one in judged]
        return cls(
            np.array([one.best for one in judged], np.float64),
            np.array([next(iter(right), False) for right in flags], np.bool_),
            np.array([one.answerable for one in judged], np.bool_),
        )

    def coverage(self) -> dict[str, float]:
        """Return the share of questions that can be answered with PRECISION, and the threshold for that."""
        of_all, threshold = coverage_at(PRECISION, self.probabilities, self.right)
        answered = (self.probabilities >= threshold) & (of_all > 0)
        return {
            "coverage at 90% precision": float(answered[self.answerable].mean()) if self.answerable.any() else 0.0,
            "the same, of all questions": of_all,
            "threshold of that": threshold,
        }

    def bins(self) -> list[Bin]:
        """Return the bins of the reliability diagram."""
        return equal_width(self.probabilities, self.right, BINS)

    def curve(self) -> list[tuple[float, float]]:
        """Return coverage and risk for every threshold."""
        return risk_coverage(self.probabilities, self.right)


def article_auroc(inside: Sequence[JudgedQuestion], outside: Sequence[JudgedQuestion]) -> float:
    """Return the AUROC of the best candidates' confidence: article in the corpus against article taken out."""
    scores = np.array([one.best for one in (*inside, *outside)], np.float64)
    return area_under_roc(scores, np.arange(len(scores)) < len(inside))


def figures_at_threshold(judged: Sequence[JudgedQuestion], threshold: float) -> dict[str, float]:
    """Return the shares that the service answers at a threshold, and their precision if it answers any."""
    answered = [(one.answerable, right) for one in judged if (right := one.answered(threshold)) is not None]
    counts = [sum(one.answerable is kind for one in judged) for kind in (True, False)]
    shares = [sum(kind is which for which, _ in answered) for kind in (True, False)]
    figures = {
        "threshold": threshold,
        "answerable answered": shares[0] / max(1, counts[0]),
        "unanswerable answered": shares[1] / max(1, counts[1]),
    }
    return figures | ({"precision": sum(right for _, right in answered) / len(answered)} if answered else {})


def detailed_figures(judged: Sequence[JudgedQuestion]) -> dict[str, Any]:
    """Return bins, points of the curve, and figures that count only answers in place, as JSON."""
    best, strict = BestCandidates.of(judged), BestCandidates.of(judged, in_place=True)
    mass = equal_mass(best.probabilities, best.right, BINS)
    curve = best.curve()
    points = np.unique(np.linspace(0, len(curve) - 1, min(100, len(curve))).astype(int))
    return {
        "bins of equal width": [asdict(one) for one in best.bins()],
        "bins of equal mass": [asdict(one) for one in mass],
        "ECE, 15 bins of equal width": calibration_error(best.probabilities, best.right, 15),
        "ECE, 10 bins of equal mass": gap(mass),
        "risk and coverage": [{"coverage": curve[point][0], "risk": curve[point][1]} for point in points],
        "right by place": {
            **strict.coverage(),
            "ECE": calibration_error(strict.probabilities, strict.right, BINS),
        },
    }
