import json
import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import ModelProblem
from qa.confidence import CALIBRATION, CalibratedConfidence, Calibration
from qa.features import Features, features
from qa.types import Anaphor, Candidate, Quote
from tests.candidates import ARTICLE, OTHER, candidate, hit, reading, whole
from tests.questions import as_question

SHIPPED = Calibration.read()
NAMES = [field.name for field in fields(Features)]
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.lists(numbers, min_size=9, max_size=9))
def test_a_probability_is_one_whatever_the_features(values: list[float]) -> None:
    assert 0.0 <= SHIPPED.probability(Features(*values)) <= 1.0


@given(numbers, numbers)
def test_a_nearer_sentence_is_never_less_probable(one: float, two: float) -> None:
    other = dict.fromkeys(NAMES, 0.3)
    near, far = (Features(**other | {"similarity": similarity}) for similarity in (max(one, two), min(one, two)))
    assert SHIPPED.probability(near) >= SHIPPED.probability(far)


@pytest.mark.parametrize(
    "name", ["similarity", "retrieval_margin", "term_overlap", "passage_term_overlap", "answer_type_match"]
)
def test_what_speaks_for_an_answer_raises_its_probability(name: str) -> None:
    common = dict.fromkeys(NAMES, 0.3)
    assert SHIPPED.probability(Features(**common | {name: 0.4})) > SHIPPED.probability(Features(**common))


def test_a_probability_is_the_logistic_function_of_a_weighted_sum() -> None:
    weights = Features(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
    found = Features(0.1, 0.2, 0.3, -0.4, 0.5, -1.0, 0.7, 0.1, -0.2, 0.3)
    total = -1.5 + 0.1 + 0.4 + 0.9 - 1.6 + 2.5 - 6.0 + 4.9 + 0.8 - 1.8 + 3.0
    assert pytest.approx(1 / (1 + math.exp(-total))) == Calibration(-1.5, weights, {}, 0.5).probability(found)


HOSTILE = ["", "?!", "🦊🚲", "電車は遅れていますか", "e\u0301", "\x00", "a" * 5000, "when " * 1000]


@pytest.mark.parametrize(
    "question", [*HOSTILE, " ".join(f"w{n}" for n in range(1000))], ids=lambda text: ascii(text[:12])
)
def test_hostile_questions_have_finite_features_and_probabilities(question: str) -> None:
    best = hit(ARTICLE, 0, 0.9)
    [found] = features(as_question(question), reading(candidate(best)), [whole(ARTICLE, best)], {})
    assert all(math.isfinite(getattr(found, name)) for name in NAMES)
    [estimate] = CalibratedConfidence(SHIPPED).estimate(
        as_question(question), reading(candidate(best)), [whole(ARTICLE, best)]
    )
    assert 0.0 <= estimate <= 1.0


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.floats(-1, 1), st.floats(-1, 1))
def test_any_question_has_a_probability(question: str, score: float, rival: float) -> None:
    best, next_best = hit(ARTICLE, 0, score), hit(OTHER, 0, rival)
    passages = [whole(ARTICLE, best), whole(OTHER, next_best)]
    both = reading(candidate(best), candidate(next_best))
    found = CalibratedConfidence(SHIPPED).estimate(as_question(question), both, passages)
    assert 2 == len(found)
    assert all(0.0 <= one <= 1.0 for one in found)


def test_topics_are_judged_by_a_calibration_of_their_own() -> None:
    best = hit(ARTICLE, 0, 0.9)
    nothing = Features(*[0.0] * 10)
    sure, unsure = Calibration(9.0, nothing, {}, 0.5), Calibration(-9.0, nothing, {}, 0.5)
    confidence = CalibratedConfidence(sure, topics=unsure)
    asked = [reading(candidate(best)), [whole(ARTICLE, best)]]
    assert confidence.estimate(as_question("When does the ferry leave?"), *asked)[0] > 0.99
    assert confidence.estimate(as_question("tell me about the ferry"), *asked)[0] < 0.01
    assert confidence.estimate(as_question("ferry"), *asked)[0] < 0.01
    assert 0.5 == confidence.threshold


def test_the_name_of_a_pronoun_is_no_surer_than_that_the_pronoun_stands_for_it() -> None:
    first, second = hit(ARTICLE, 0, 0.4), hit(ARTICLE, 1, 0.9)
    answering = Quote(ARTICLE, second.sentence.start, second.sentence.start + 2)

    def confidence(probability: float) -> float:
        via = Anaphor(answering, second.sentence, probability=probability)
        name = Candidate(Quote(ARTICLE, 4, 9), first.sentence, 3.0, via=via)
        question, passages = as_question("Who carries bicycles?"), [whole(ARTICLE, first, second)]
        return CalibratedConfidence(SHIPPED).estimate(question, reading(name), passages)[0]

    assert pytest.approx(0.4 * confidence(1.0)) == confidence(0.4)


def test_no_candidates_have_no_probabilities() -> None:
    assert [] == CalibratedConfidence(SHIPPED).estimate(as_question("When?"), reading(), [])


def test_the_shipped_calibration_is_sensible() -> None:
    assert 0 < SHIPPED.threshold < 1
    assert all(math.isfinite(getattr(SHIPPED.weights, name)) for name in NAMES)
    assert all(0 <= value <= 1 for value in SHIPPED.idf.values())
    assert SHIPPED.idf["the"] < SHIPPED.idf["water"] < SHIPPED.idf.get("zyzzyva", 1.0)


def calibration(**changed: object) -> str:
    good = {"intercept": -1.0, "weights": dict.fromkeys(NAMES, 1.0), "threshold": 0.5}
    return json.dumps(good | changed)


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    path, idf = tmp_path / "calibration.json", tmp_path / "idf.json"
    path.write_text(calibration(), encoding="utf-8")
    idf.write_text('{"ferri": 0.5}', encoding="utf-8")
    assert Calibration(-1.0, Features(**dict.fromkeys(NAMES, 1.0)), {"ferri": 0.5}, 0.5) == Calibration.read(path, idf)
    assert SHIPPED == Calibration.read(CALIBRATION)


BROKEN = ["", "{", "[]", "null", "[" * 100_000]


@pytest.mark.parametrize(
    "text",
    [
        *BROKEN,
        "{}",
        calibration(intercept=None),
        calibration(intercept="-1"),
        calibration(intercept=float("nan")),
        calibration(threshold=None),
        calibration(weights={"similarity": 1.0}),
        calibration(weights=dict.fromkeys([*NAMES, "charm"], 1.0)),
        calibration(weights=dict.fromkeys(NAMES, float("inf"))),
        calibration(weights=[1.0] * 9),
    ],
    ids=lambda text: text[:40],
)
def test_a_damaged_calibration_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelProblem, match=r"calibration\.json is missing or damaged"):
        Calibration.read(path)


@pytest.mark.parametrize("text", [*BROKEN, '["ferri"]', '{"ferri": "rare"}'], ids=lambda text: text[:40])
def test_a_damaged_idf_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "idf.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelProblem, match=r"idf\.json is missing or damaged"):
        Calibration.read(CALIBRATION, path)


@pytest.mark.parametrize("name", ["nowhere.json", "."])
def test_a_missing_calibration_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelProblem, match="is missing or damaged"):
        Calibration.read(tmp_path / name)


def test_only_what_a_feature_says_changes_a_probability() -> None:
    base = Features(*[0.5] * len(NAMES))
    for name in NAMES:
        alone = Calibration(0.0, replace(Features(*[0.0] * len(NAMES)), **{name: 1.0}), {}, 0.5)
        assert pytest.approx(1 / (1 + math.exp(-0.5))) == alone.probability(base)
