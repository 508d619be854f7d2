import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import (
    Bin,
    area_under_roc,
    calibration_error,
    coverage_at,
    equal_mass,
    equal_width,
    gap,
    ranking,
    risk_coverage,
)

# Few values, so that many are equal.
judged = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 0.9, 1.0]), st.booleans()), min_size=1, max_size=30
)
Judged = list[tuple[float, bool]]


def arrays(pairs: Judged) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in pairs], float), np.array([right for _, right in pairs], bool)


def test_rankings_by_hand() -> None:
    found = ranking([1, None, 2, 10, 11, 5, 1, None])
    assert {"P@1": 2 / 8, "R@5": 4 / 8, "R@10": 5 / 8} == {name: found[name] for name in ("P@1", "R@5", "R@10")}
    assert pytest.approx((1 + 0 + 1 / 2 + 1 / 10 + 1 / 11 + 1 / 5 + 1 + 0) / 8) == found["MRR"]


def test_nothing_found_is_all_zero() -> None:
    assert {"P@1": 0.0, "R@5": 0.0, "R@10": 0.0, "MRR": 0.0} == ranking([None, None])


def test_no_ranks_have_no_figures() -> None:
    assert {} == ranking([])


@given(st.lists(st.none() | st.integers(1, 100), min_size=1))
def test_rankings_are_ordered_shares(ranks: list[int | None]) -> None:
    found = ranking(ranks)
    assert 0 <= found["P@1"] <= found["MRR"] <= 1
    assert found["P@1"] <= found["R@5"] <= found["R@10"] <= 1


def test_area_under_roc_by_hand() -> None:
    scores, right = arrays([(0.9, True), (0.8, False), (0.7, True), (0.1, False)])
    assert 0.75 == area_under_roc(scores, right)
    assert 0.25 == area_under_roc(-scores, right)
    assert 0.5 == area_under_roc(np.zeros(4), right)


@given(judged)
def test_area_under_roc_is_the_share_of_pairs_in_order(pairs: Judged) -> None:
    won = [(good > bad) + (good == bad) / 2 for good, right in pairs if right for bad, other in pairs if not other]
    found = area_under_roc(*arrays(pairs))
    assert math.isnan(found) if not won else found == pytest.approx(sum(won) / len(won))


def test_area_under_roc_needs_both_kinds() -> None:
    assert math.isnan(area_under_roc(*arrays([(0.5, True)])))
    assert math.isnan(area_under_roc(*arrays([(0.5, False)])))
    assert math.isnan(area_under_roc(*arrays([])))


def test_calibration_error_by_hand() -> None:
    # In [0.9, 1]: three of mean 0.95, two right; in [0.2, 0.3): one of 0.25, wrong.
    probabilities, right = arrays([(0.9, True), (0.95, True), (1.0, False), (0.25, False)])
    assert pytest.approx(3 / 4 * abs(2 / 3 - 0.95) + 1 / 4 * 0.25) == calibration_error(probabilities, right)


def test_calibration_error_of_the_certain_and_of_the_wrong() -> None:
    assert 0.0 == calibration_error(*arrays([(1.0, True), (0.0, False)]))
    assert 1.0 == calibration_error(*arrays([(1.0, False), (0.0, True)]))
    assert 0.0 == calibration_error(*arrays([]))


@given(judged)
def test_calibration_error_is_that_of_going_through_the_bins(pairs: Judged) -> None:
    total = 0.0
    for low in range(10):
        inside = [(p, right) for p, right in pairs if low <= p * 10 < low + 1 or (low == 9 and p == 1)]
        if inside:
            total += abs(sum(right - p for p, right in inside)) / len(pairs)
    assert pytest.approx(total) == calibration_error(*arrays(pairs))


def test_coverage_by_hand() -> None:
    probabilities, right = arrays([(0.9, True), (0.3, False), (0.8, True), (0.7, False), (0.6, True)])
    assert (0.4, 0.8) == coverage_at(1.0, probabilities, right)
    assert (0.8, 0.6) == coverage_at(0.75, probabilities, right)
    assert (1.0, 0.3) == coverage_at(0.6, probabilities, right)


def test_coverage_that_no_threshold_reaches() -> None:
    assert (0.0, 1.0) == coverage_at(0.9, *arrays([(0.9, False)]))
    assert (0.0, 1.0) == coverage_at(0.9, *arrays([]))
    # one threshold takes both or none
    assert (0.0, 1.0) == coverage_at(0.9, *arrays([(0.5, True), (0.5, False)]))


@given(judged, st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]))
def test_coverage_is_the_best_of_all_thresholds(pairs: Judged, precision: float) -> None:
    best = (0.0, 1.0)
    for threshold in sorted({p for p, _ in pairs}, reverse=True):
        answered = [right for p, right in pairs if p >= threshold]
        if sum(answered) / len(answered) >= precision:
            best = (len(answered) / len(pairs), threshold)
    assert best == coverage_at(precision, *arrays(pairs))


def test_bins_of_equal_width_by_hand() -> None:
    probabilities, right = arrays([(0.1, False), (0.15, True), (0.5, True), (1.0, True), (0.99, False)])
    assert [Bin(2, 0.125, 0.5), Bin(1, 0.5, 1.0), Bin(2, 0.995, 0.5)] == equal_width(probabilities, right, 4)
    assert [] == equal_width(*arrays([]), bins=4)


def test_bins_of_equal_mass_by_hand() -> None:
    probabilities, right = arrays([(0.5, True), (0.1, False), (0.75, True), (0.25, True), (1.0, False)])
    expected = [Bin(2, 0.175, 0.5), Bin(2, 0.625, 1.0), Bin(1, 1.0, 0.0)]
    assert expected == equal_mass(probabilities, right, 3)
    assert [1, 1, 1, 1, 1] == [one.count for one in equal_mass(probabilities, right, 9)]
    assert [] == equal_mass(*arrays([]), bins=3)


def test_the_gap_of_bins_by_hand() -> None:
    assert pytest.approx((2 * 0.25 + 1 * 0.5) / 3) == gap([Bin(2, 0.25, 0.5), Bin(1, 1.0, 0.5)])
    assert 0.0 == gap([])


@given(judged, st.integers(1, 12))
def test_bins_hold_every_answer_once(pairs: Judged, bins: int) -> None:
    for cut in (equal_width, equal_mass):
        found = cut(*arrays(pairs), bins)
        assert len(pairs) == sum(one.count for one in found)
        assert pytest.approx(sum(right for _, right in pairs)) == sum(one.right * one.count for one in found)
        assert pytest.approx(sum(p for p, _ in pairs)) == sum(one.probability * one.count for one in found)
    masses = [one.count for one in equal_mass(*arrays(pairs), bins)]
    assert max(masses) - min(masses) <= 1


def test_risk_and_coverage_by_hand() -> None:
    probabilities, right = arrays([(0.9, True), (0.3, False), (0.8, False), (0.8, True), (0.6, True)])
    assert [(0.2, 0.0), (0.6, 1 / 3), (0.8, 0.25), (1.0, 0.4)] == risk_coverage(probabilities, right)
    assert [] == risk_coverage(*arrays([]))


@given(judged)
def test_risk_and_coverage_are_those_of_every_threshold(pairs: Judged) -> None:
    expected = []
    for threshold in sorted({p for p, _ in pairs}, reverse=True):
        answered = [right for p, right in pairs if p >= threshold]
        expected.append((len(answered) / len(pairs), 1 - sum(answered) / len(answered)))
    assert [pytest.approx(one) for one in expected] == risk_coverage(*arrays(pairs))
