import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import Judged, Mix, at_threshold, details, in_or_out


def one(answerable: bool, *candidates: tuple[float, bool], placed: bool | None = None) -> Judged:
    right = tuple(right for _, right in candidates)
    at_place = right if placed is None else (placed,) * len(right)
    return Judged(answerable, tuple(sure for sure, _ in candidates), right, at_place)


YES, NO = True, False
MIX = [
    one(YES, (0.95, YES)),
    one(YES, (0.9, YES)),
    one(YES, (0.8, YES), placed=NO),
    one(YES, (0.3, NO), (0.2, YES)),
    one(NO, (0.85, NO)),
    one(NO, (0.4, NO)),
    one(NO, (0.1, NO)),
    one(NO),
]


def test_coverage_is_of_the_answerable_and_of_all() -> None:
    found = Mix.of(MIX).coverage()
    assert {"coverage at 90% precision": 0.5, "the same, of all questions": 0.25, "threshold of that": 0.9} == found


def test_false_answers_to_the_unanswerable_are_within_the_precision() -> None:
    sure = [one(YES, (0.9, YES))] * 9 + [one(NO, (0.9, NO))]
    found = Mix.of([*sure, one(YES, (0.2, NO)), one(NO, (0.1, NO))]).coverage()
    assert (0.9, 10 / 12, 0.9) == tuple(found.values())


def test_coverage_that_no_threshold_reaches_is_none() -> None:
    found = Mix.of([one(YES, (1.0, NO)), one(NO, (1.0, NO))]).coverage()
    assert (0.0, 0.0, 1.0) == tuple(found.values())


def test_a_question_without_candidates_is_wrong_and_least_sure() -> None:
    mix = Mix.of(MIX)
    assert (0.0, False, False) == (mix.probabilities[-1], mix.right[-1], mix.answerable[-1])


def test_the_named_place_is_the_stricter_notion_of_right() -> None:
    assert [True, True, True, False] == Mix.of(MIX).right[:4].tolist()
    assert [True, True, False, False] == Mix.of(MIX, placed=True).right[:4].tolist()
    assert {"coverage at 90% precision": 0.5} == {
        name: value for name, value in details(MIX)["right by place"].items() if name == "coverage at 90% precision"
    }


def test_in_or_out_is_by_the_best_candidate() -> None:
    inside = [one(YES, (0.9, YES), (0.0, NO)), one(YES, (0.4, NO), (1.0, NO))]
    outside = [one(NO, (0.5, NO)), one(NO)]
    assert 0.75 == in_or_out(inside, outside)


def test_a_threshold_answers_with_the_first_that_reaches_it() -> None:
    shy = one(YES, (0.3, NO), (0.6, YES), (0.7, NO))
    assert [False, True, False, None] == [shy.answered(least) for least in (0.3, 0.5, 0.65, 0.8)]
    found = at_threshold(MIX, 0.2)
    assert {
        "threshold": 0.2,
        "answerable answered": 1.0,
        "unanswerable answered": 0.5,
        "precision": 0.5,
    } == found


def test_a_threshold_that_nothing_reaches_has_no_precision() -> None:
    assert {"threshold": 0.99, "answerable answered": 0.0, "unanswerable answered": 0.0} == at_threshold(MIX, 0.99)


judged = st.builds(
    lambda answerable, sure, right: Judged(answerable, (sure,), (right,), (False,)),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    st.booleans(),
)


@given(st.lists(judged, min_size=1, max_size=300))
def test_details_stand_behind_the_figures(found: list[Judged]) -> None:
    more = details(found)
    assert len(found) == sum(one["count"] for one in more["bins of equal width"])
    assert len(found) == sum(one["count"] for one in more["bins of equal mass"])
    curve = more["risk and coverage"]
    wrong = sum(not one.right[0] for one in found)
    assert {"coverage": 1.0, "risk": pytest.approx(wrong / len(found))} == curve[-1]
    assert sorted(point["coverage"] for point in curve) == [point["coverage"] for point in curve]


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    found = [one(YES, (place / 1000, YES)) for place in range(1, 1001)]
    curve = details(found)["risk and coverage"]
    assert (100, 0.001, 1.0) == (len(curve), curve[0]["coverage"], curve[-1]["coverage"])
