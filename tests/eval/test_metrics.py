import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import (
    BestCandidates,
    Bin,
    JudgedQuestion,
    area_under_roc,
    article_auroc,
    by_level,
    calibration_error,
    coverage_at,
    detailed_figures,
    equal_mass,
    equal_width,
    exact_match,
    f1,
    figures_at_threshold,
    gap,
    has_words,
    normalize,
    normalize_loosely,
    ranking,
    risk_coverage,
)

# Few values, so that many are equal.
scored = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 0.9, 1.0]), st.booleans()), min_size=1, max_size=30
)
Scored = list[tuple[float, bool]]


def arrays(pairs: Scored) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in pairs], float), np.array([right for _, right in pairs], bool)


def test_rankings_by_hand() -> None:
    found = ranking([1, None, 2, 10, 11, 5, 1, None])
    assert {"P@1": 2 / 8, "R@5": 4 / 8, "R@10": 5 / 8} == {name: found[name] for name in ("P@1", "R@5", "R@10")}
    assert pytest.approx((1 + 0 + 1 / 2 + 1 / 10 + 1 / 11 + 1 / 5 + 1 + 0) / 8) == found["MRR"]


def test_nothing_found_gives_zeros_and_no_ranks_no_figures() -> None:
    assert {"P@1": 0.0, "R@5": 0.0, "R@10": 0.0, "MRR": 0.0} == ranking([None, None])
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


@given(scored)
def test_area_under_roc_is_the_share_of_pairs_in_order(pairs: Scored) -> None:
    won = [(good > bad) + (good == bad) / 2 for good, right in pairs if right for bad, other in pairs if not other]
    found = area_under_roc(*arrays(pairs))
    assert math.isnan(found) if not won else found == pytest.approx(sum(won) / len(won))


def test_area_under_roc_needs_both_classes() -> None:
    pairs: list[Scored] = [[(0.5, True)], [(0.5, False)], []]
    assert all(math.isnan(area_under_roc(*arrays(scored))) for scored in pairs)


def test_calibration_error_by_hand() -> None:
    # In [0.9, 1]: three of mean 0.95, two right; in [0.2, 0.3): one of 0.25, wrong.
    probabilities, right = arrays([(0.9, True), (0.95, True), (1.0, False), (0.25, False)])
    assert pytest.approx(3 / 4 * abs(2 / 3 - 0.95) + 1 / 4 * 0.25) == calibration_error(probabilities, right)


def test_calibration_error_of_the_certain_and_of_the_wrong() -> None:
    assert 0.0 == calibration_error(*arrays([(1.0, True), (0.0, False)]))
    assert 1.0 == calibration_error(*arrays([(1.0, False), (0.0, True)]))
    assert 0.0 == calibration_error(*arrays([]))


@given(scored)
def test_calibration_error_equals_a_loop_over_the_bins(pairs: Scored) -> None:
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


@given(scored, st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]))
def test_coverage_is_the_best_of_all_thresholds(pairs: Scored, precision: float) -> None:
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


@given(scored, st.integers(1, 12))
def test_bins_hold_every_answer_once(pairs: Scored, bins: int) -> None:
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


@given(scored)
def test_risk_and_coverage_equal_a_loop_over_thresholds(pairs: Scored) -> None:
    expected = []
    for threshold in sorted({p for p, _ in pairs}, reverse=True):
        answered = [right for p, right in pairs if p >= threshold]
        expected.append((len(answered) / len(pairs), 1 - sum(answered) / len(answered)))
    assert [pytest.approx(one) for one in expected] == risk_coverage(*arrays(pairs))


words = st.lists(st.sampled_from(["the", "a", "Ferry", "ferry,", "noon", "at", "17"]), max_size=6).map(" ".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Ferry", "ferry"),
        ("a  ferry,\tan\nANCHOR!", "ferry anchor"),
        ("theatre and ant", "theatre and ant"),
        ("January 19.", "january 19"),
        ("$1,000.50", "100050"),
        ("Peskov's re-read", "peskovs reread"),
        ("the", ""),
        ("a.b the-c", "ab thec"),  # punctuation goes before articles do
        ("“Noon” – at", "“noon” – at"),  # only ASCII punctuation is left out
        ("Größe ÉTÉ 電車", "größe été 電車"),
        ("", ""),
    ],
)
def test_answers_are_compared_as_squad_does(text: str, expected: str) -> None:
    assert expected == normalize(text)


@pytest.mark.parametrize(
    ("text", "gold", "exact", "overlap"),
    [
        ("The January 19.", ["January 19"], True, 1.0),
        ("on January 19", ["January 19"], False, 0.8),
        ("on January 19", ["January 20", "on the January 19"], True, 1.0),
        ("17", ["two of them", "seventeen"], False, 0.0),
        ("noon noon", ["noon"], False, 2 / 3),  # a word is shared as often as both have it
        ("noon noon at", ["at noon noon noon"], False, 6 / 7),
        ("the", ["a"], True, 1.0),  # both are nothing but articles
        ("the", ["noon"], False, 0.0),
        (None, ["noon"], False, 0.0),
        (None, [], False, 0.0),
        ("noon", [], False, 0.0),
    ],
)
def test_exact_match_and_f1_by_hand(text: str | None, gold: list[str], exact: bool, overlap: float) -> None:
    assert exact == exact_match(text, gold)
    assert pytest.approx(overlap) == f1(text, gold)


@given(words, words)
def test_f1_is_that_of_precision_and_recall(found: str, gold: str) -> None:
    left, right = normalize(found).split(), normalize(gold).split()
    rest = list(right)
    shared = 0
    for word in left:
        if word in rest:
            rest.remove(word)
            shared += 1
    if shared == 0:
        expected = float(left == right)
    else:
        precision, recall = shared / len(left), shared / len(right)
        expected = 2 * precision * recall / (precision + recall)
    assert pytest.approx(expected) == f1(found, [gold])


@given(words, st.lists(words, max_size=3))
def test_an_exact_match_has_an_f1_of_1(found: str, gold: list[str]) -> None:
    assert 0 <= f1(found, gold) <= 1
    if exact_match(found, gold):
        assert 1.0 == f1(found, gold)


@pytest.mark.parametrize(
    ("text", "held", "right"),
    [
        ("It returns on January 19.", "january 19", True),
        ("It returns on January 19.", "January 1", False),
        ("Peskov's office", "Peskov", True),
        ("It costs $5.", "$5", True),
        ("電車は一月十九日に戻ります。", "一月十九日", True),
        ("“Noon,”  he said", '"noon," he', True),
    ],
)
def test_words_are_found_as_whole_words(text: str, held: str, right: bool) -> None:
    assert right == has_words(normalize_loosely(text), normalize_loosely(held))


def one(answerable: bool, *candidates: tuple[float, bool], in_place: bool | None = None) -> JudgedQuestion:
    right = tuple(right for _, right in candidates)
    at_place = right if in_place is None else (in_place,) * len(right)
    return JudgedQuestion(answerable, tuple(sure for sure, _ in candidates), right, at_place)


YES, NO = True, False
MIX = [
    one(YES, (0.95, YES)),
    one(YES, (0.9, YES)),
    one(YES, (0.8, YES), in_place=NO),
    one(YES, (0.3, NO), (0.2, YES)),
    one(NO, (0.85, NO)),
    one(NO, (0.4, NO)),
    one(NO, (0.1, NO)),
    one(NO),
]


def test_coverage_is_of_the_answerable_and_of_all() -> None:
    found = BestCandidates.of(MIX).coverage()
    assert {"coverage at 90% precision": 0.5, "the same, of all questions": 0.25, "threshold of that": 0.9} == found


def test_answers_to_unanswerable_questions_count_as_wrong() -> None:
    sure = [one(YES, (0.9, YES))] * 9 + [one(NO, (0.9, NO))]
    found = BestCandidates.of([*sure, one(YES, (0.2, NO)), one(NO, (0.1, NO))]).coverage()
    assert (0.9, 10 / 12, 0.9) == tuple(found.values())


def test_a_mix_without_a_right_answer_has_no_coverage() -> None:
    found = BestCandidates.of([one(YES, (1.0, NO)), one(NO, (1.0, NO))]).coverage()
    assert (0.0, 0.0, 1.0) == tuple(found.values())


def test_a_question_without_candidates_is_wrong_with_confidence_0() -> None:
    mix = BestCandidates.of(MIX)
    assert (0.0, False, False) == (mix.probabilities[-1], mix.right[-1], mix.answerable[-1])


def test_an_answer_elsewhere_is_right_but_not_in_place() -> None:
    assert [True, True, True, False] == BestCandidates.of(MIX).right[:4].tolist()
    assert [True, True, False, False] == BestCandidates.of(MIX, in_place=True).right[:4].tolist()
    assert 0.5 == detailed_figures(MIX)["right by place"]["coverage at 90% precision"]


def test_in_or_out_compares_the_best_candidates() -> None:
    inside = [one(YES, (0.9, YES), (0.0, NO)), one(YES, (0.4, NO), (1.0, NO))]
    outside = [one(NO, (0.5, NO)), one(NO)]
    assert 0.75 == article_auroc(inside, outside)


def test_the_first_candidate_at_the_threshold_answers() -> None:
    shy = one(YES, (0.3, NO), (0.6, YES), (0.7, NO))
    assert [False, True, False, None] == [shy.answered(least) for least in (0.3, 0.5, 0.65, 0.8)]
    found = {"threshold": 0.2, "answerable answered": 1.0, "unanswerable answered": 0.5, "precision": 0.5}
    assert found == figures_at_threshold(MIX, 0.2)
    # Without answers there is no precision.
    found = {"threshold": 0.99, "answerable answered": 0.0, "unanswerable answered": 0.0}
    assert found == figures_at_threshold(MIX, 0.99)


judged = st.builds(
    lambda answerable, sure, right: JudgedQuestion(answerable, (sure,), (right,), (False,)),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    st.booleans(),
)


@given(st.lists(judged, min_size=1, max_size=300))
def test_details_agree_with_the_figures(found: list[JudgedQuestion]) -> None:
    more = detailed_figures(found)
    assert len(found) == sum(one["count"] for one in more["bins of equal width"])
    assert len(found) == sum(one["count"] for one in more["bins of equal mass"])
    curve = more["risk and coverage"]
    wrong = sum(not one.right[0] for one in found)
    assert {"coverage": 1.0, "risk": pytest.approx(wrong / len(found))} == curve[-1]
    assert sorted(point["coverage"] for point in curve) == [point["coverage"] for point in curve]


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    found = [one(YES, (place / 1000, YES)) for place in range(1, 1001)]
    curve = detailed_figures(found)["risk and coverage"]
    assert (100, 0.001, 1.0) == (len(curve), curve[0]["coverage"], curve[-1]["coverage"])


def test_answers_are_counted_by_their_level_of_confidence() -> None:
    probabilities, right = np.array([0.95, 0.9, 0.7, 0.2]), np.array([True, False, True, False])
    levels = ((0.9, "sure"), (0.7, "fairly sure"), (0.5, "not so sure"), (0.0, "a guess"))
    assert {
        "sure": {"answers": 2, "confidence": pytest.approx(0.925), "right": 0.5},
        "fairly sure": {"answers": 1, "confidence": 0.7, "right": 1.0},
        "a guess": {"answers": 1, "confidence": 0.2, "right": 0.0},
    } == by_level(probabilities, right, levels)
