"""The figures: of rankings, and of probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def ranking(ranks: Sequence[int | None]) -> dict[str, float]:
    """Return P@1, R@5, R@10 and MRR of the ranks (from 1) of the first right result; None: it was not found.

    No figures of no ranks.
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
    """Return the probability that a positive scores above a negative, ties counting half; nan without either kind."""
    # The rank-sum of Mann and Whitney (1947); equal scores share the mean of their ranks.
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same probability: how many, their mean probability, and the share that is right."""

    count: int
    probability: float
    right: float


def equal_width(probabilities: Floats, right: Flags, bins: int) -> list[Bin]:
    """Return the bins [0, 1/bins), [1/bins, 2/bins) ... that are not empty; 1 is in the last."""
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [_bin(probabilities, right, np.flatnonzero(place == one)) for one in np.unique(place)]


def equal_mass(probabilities: Floats, right: Flags, bins: int) -> list[Bin]:
    """Return bins of as equal a count as can be, ascending by probability; equal probabilities may be parted."""
    order = np.argsort(probabilities, kind="stable")
    return [_bin(probabilities, right, rows) for rows in np.array_split(order, bins) if len(rows)]


def _bin(probabilities: Floats, right: Flags, rows: NDArray[np.intp]) -> Bin:
    return Bin(len(rows), float(probabilities[rows].mean()), float(right[rows].mean()))


def gap(bins: Sequence[Bin]) -> float:
    """Return the mean of |share right - probability| over the answers of bins; 0 where there are none."""
    total = sum(one.count for one in bins)
    return sum(abs(one.right - one.probability) * one.count for one in bins) / max(1, total)


def calibration_error(probabilities: Floats, right: Flags, bins: int = 10) -> float:
    """Return the expected calibration error: the mean of |share right - probability| over equal-width bins.

    Naeini et al. 2015, Guo et al. 2017. 0 of no probabilities.
    """
    return gap(equal_width(probabilities, right, bins))


def risk_coverage(probabilities: Floats, right: Flags) -> list[tuple[float, float]]:
    """Return for every threshold, highest first, the share that is answered and the share of those that is wrong.

    El-Yaniv and Wiener 2010. A threshold answers all questions of equal probability, or none.
    """
    order, last = _from_the_top(probabilities)
    answered = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    return [(float(answered[row] / len(order)), float(wrong[row] / answered[row])) for row in np.flatnonzero(last)]


def coverage_at(precision: float, probabilities: Floats, right: Flags) -> tuple[float, float]:
    """Return the largest share of questions that can be answered at a precision, and the threshold that does it.

    A threshold answers all questions of equal probability, or none. (0, 1) where no threshold reaches the precision.
    """
    order, last = _from_the_top(probabilities)
    precisions = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero((precisions >= precision) & last)
    if len(reached) == 0:
        return 0.0, 1.0
    return float((reached[-1] + 1) / len(order)), float(probabilities[order[reached[-1]]])


def _from_the_top(probabilities: Floats) -> tuple[NDArray[np.intp], Flags]:
    """Return the order by falling probability, and which places are the last of equal probabilities."""
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order]
    return order, np.append(falling[1:] != falling[:-1], True)[: len(order)]
