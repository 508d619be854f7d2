"""The figures: of rankings, and of probabilities."""

from collections.abc import Sequence

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


def calibration_error(probabilities: Floats, right: Flags, bins: int = 10) -> float:
    """Return the expected calibration error: the mean of |share right - probability| over equal-width bins.

    Naeini et al. 2015, Guo et al. 2017. 0 of no probabilities.
    """
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [
        abs(float(right[place == one].mean()) - float(probabilities[place == one].mean())) * (place == one).mean()
        for one in range(bins)
        if (place == one).any()
    ]
    return float(sum(gaps))


def coverage_at(precision: float, probabilities: Floats, right: Flags) -> tuple[float, float]:
    """Return the largest share of questions that can be answered at a precision, and the threshold that does it.

    A threshold answers all questions of equal probability, or none. (0, 1) where no threshold reaches the precision.
    """
    order = np.argsort(-probabilities, kind="stable")
    sorted_ = probabilities[order]
    precisions = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    last_of_equals = np.append(sorted_[1:] != sorted_[:-1], True)[: len(right)]
    reached = np.flatnonzero((precisions >= precision) & last_of_equals)
    if len(reached) == 0:
        return 0.0, 1.0
    return float((reached[-1] + 1) / len(right)), float(sorted_[reached[-1]])
