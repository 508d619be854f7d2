import json
import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from corpus.errors import ModelProblem
from qa.confidence import CALIBRATION, DEFAULT_THRESHOLD, Calibration, Features, RetrievalConfidence, features
from qa.types import Candidate, Hit, Passage, Quote, Reading
from tests.indexing import split_lines

SHIPPED = Calibration.read()
NAMES = [field.name for field in fields(Features)]
ARTICLE = Article.from_draft(
    Draft("The ferry leaves at noon.\nIt carries bicycles.\nDogs travel free.", title="Harbour news")
)
OTHER = Article.from_draft(Draft("A goat ate the timetable.", title="Village"))
RARITY = {"ferri": 0.8, "leav": 0.5, "noon": 0.9, "dog": 0.4}
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)


def hit(article: Article, line: int, score: float, similarity: float | None = None) -> Hit:
    span = split_lines(article.text)[line]
    return Hit(Quote(article, *span), line, score, score if similarity is None else similarity, 0.0)


def whole(article: Article, *hits: Hit) -> Passage:
    return Passage(Quote(article, 0, len(article.text)), hits)


def reading(*candidates: Candidate) -> Reading:
    return Reading(candidates, no_answer=0.0)


def candidate(of: Hit) -> Candidate:
    return Candidate(of.sentence, of.sentence, of.score)


def computed(question: str, best: Hit, *others: Hit, rarity: dict[str, float] | None = None) -> Features:
    rarity = RARITY if rarity is None else rarity
    return features(question, candidate(best), [whole(best.sentence.article, best, *others)], rarity)


@given(st.lists(numbers, min_size=7, max_size=7))
def test_a_probability_is_one_whatever_the_features(values: list[float]) -> None:
    assert 0.0 <= SHIPPED.probability(Features(*values)) <= 1.0


@given(numbers, numbers)
def test_a_nearer_sentence_is_never_less_probable(one: float, two: float) -> None:
    other = dict.fromkeys(NAMES, 0.3)
    near, far = (Features(**other | {"similarity": similarity}) for similarity in (max(one, two), min(one, two)))
    assert SHIPPED.probability(near) >= SHIPPED.probability(far)


@pytest.mark.parametrize("name", ["similarity", "lead", "said", "said_nearby", "fits"])
def test_what_speaks_for_an_answer_raises_its_probability(name: str) -> None:
    common = dict.fromkeys(NAMES, 0.3)
    assert SHIPPED.probability(Features(**common | {name: 0.4})) > SHIPPED.probability(Features(**common))


def test_a_probability_is_the_logistic_function_of_a_weighted_sum() -> None:
    weights = Features(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    found = Features(0.1, 0.2, 0.3, -0.4, 0.5, -1.0, 0.7)
    total = -1.5 + 0.1 + 0.4 + 0.9 - 1.6 + 2.5 - 6.0 + 4.9
    assert pytest.approx(1 / (1 + math.exp(-total))) == Calibration(-1.5, weights, {}).probability(found)


def test_similarity_and_lead_are_those_of_the_hit() -> None:
    best, next_best = hit(ARTICLE, 0, 0.9, 0.7), hit(ARTICLE, 1, 0.6)
    assert 0.7 == computed("ferry?", best, next_best).similarity
    assert pytest.approx(0.3) == computed("ferry?", best, next_best).lead
    behind = features("ferry?", candidate(next_best), [whole(ARTICLE, best, next_best)], RARITY)
    assert pytest.approx(-0.3) == behind.lead


def test_the_lead_is_over_hits_of_all_passages() -> None:
    best, rival = hit(ARTICLE, 0, 0.9), hit(OTHER, 0, 0.8)
    found = features("ferry?", candidate(best), [whole(ARTICLE, best), whole(OTHER, rival)], RARITY)
    assert pytest.approx(0.1) == found.lead


def test_the_only_hit_leads_nothing_by_its_own_score() -> None:
    assert 0.9 == computed("ferry?", hit(ARTICLE, 0, 0.9)).lead


def test_words_are_weighed_by_rarity_and_may_be_said_by_the_title() -> None:
    question = "When do dogs leave the ferry in the harbour?"  # counts: dog .4, leav .5, ferri .8, harbour 1 (unknown)
    found = computed(question, hit(ARTICLE, 0, 0.9))
    assert pytest.approx((0.5 + 0.8 + 1.0) / 2.7) == found.said
    assert pytest.approx(1.0) == found.said_nearby  # the dogs are in the passage
    assert 0.0 == found.rarest_missing
    assert pytest.approx(math.log(5)) == found.words


def test_the_rarest_missing_word_is_the_one_that_no_sentence_nearby_says() -> None:
    assert 0.9 == computed("Does the noon ferry leave?", hit(OTHER, 0, 0.9)).rarest_missing
    assert 1.0 == computed("Does the zyzzyva ferry leave?", hit(ARTICLE, 0, 0.9)).rarest_missing


def test_a_word_asked_twice_counts_once() -> None:
    assert computed("ferry ferries FERRY", hit(ARTICLE, 1, 0.9)) == computed("ferry", hit(ARTICLE, 1, 0.9))


@pytest.mark.parametrize(
    "question",
    [
        "Who is it?",
        "What is this about, please?",
        "Hello, can you tell me why they were there?",
        "Does any of those have his?",
        "How many would it be because of us?",
        "?!",
        "",
    ],
)
def test_words_that_only_ask_do_not_count(question: str) -> None:
    found = computed(question, hit(ARTICLE, 0, 0.9))
    assert (0.0, 0.0, 0.0, 0.0) == (found.said, found.said_nearby, found.rarest_missing, found.words)


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("How many children jumped?", "Forty-two children, or 42.", 1),
        ("How many children jumped?", "Twelve dozen children.", 1),
        ("How many children jumped?", "The children jumped.", -1),
        ("how much is it", "It costs 3.50", 1),
        ("How long is the bridge?", "The bridge is very long.", -1),
        ("When does it open?", "It opens on Monday.", 1),
        ("When does it open?", "It opens in 2023.", 1),
        ("when does it open", "Nobody says.", -1),
        ("In what year was it built?", "It was built in the last century.", 1),
        ("Which month is it?", "The bridge is red.", -1),
        ("Why did it close?", "It closed because of snow.", 1),
        ("Why did it close?", "The snow caused it.", 1),
        ("Why did it close?", "It closed.", -1),
        ("Who led the repair?", "The repair was led by Amina.", 1),
        ("Who led the repair?", "The repair was led by somebody.", -1),
        ("Where is it?", "It is near Almaty.", 1),
        ("Whose goat is it?", "It is mine.", -1),
        ("Which colour has it?", "It is red.", 0),
        ("What did they do?", "They swam.", 0),
        ("Somewhere, whenever?", "It is red.", 0),
        ("", "It is red.", 0),
    ],
)
def test_a_sentence_fits_what_a_question_asks_for(question: str, sentence: str, expected: int) -> None:
    article = Article.from_draft(Draft(sentence, title="None"))
    assert expected == computed(question, hit(article, 0, 0.5)).fits


@pytest.mark.parametrize(
    "question",
    [
        "",
        "?!",
        "🦊🚲",
        "電車は遅れていますか",
        "e\u0301",
        "\x00",
        " ".join(f"w{n}" for n in range(1000)),
        "a" * 5000,
        "when " * 1000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_hostile_questions_have_finite_features_and_probabilities(question: str) -> None:
    best = hit(ARTICLE, 0, 0.9)
    assert all(math.isfinite(getattr(computed(question, best), name)) for name in NAMES)
    [estimate] = RetrievalConfidence(SHIPPED).estimate(question, reading(candidate(best)), [whole(ARTICLE, best)])
    assert 0.0 <= estimate <= 1.0


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.floats(-1, 1), st.floats(-1, 1))
def test_any_question_has_a_probability(question: str, score: float, rival: float) -> None:
    best, next_best = hit(ARTICLE, 0, score), hit(OTHER, 0, rival)
    passages = [whole(ARTICLE, best), whole(OTHER, next_best)]
    found = RetrievalConfidence(SHIPPED).estimate(question, reading(candidate(best), candidate(next_best)), passages)
    assert 2 == len(found)
    assert all(0.0 <= one <= 1.0 for one in found)


def test_a_span_is_judged_by_its_sentence() -> None:
    best = hit(ARTICLE, 0, 0.9)
    span = Candidate(Quote(ARTICLE, 20, 24), best.sentence, 3.0)
    both = RetrievalConfidence(SHIPPED).estimate("When?", reading(candidate(best), span), [whole(ARTICLE, best)])
    assert both[0] == both[1]


def test_no_candidates_have_no_probabilities() -> None:
    assert [] == RetrievalConfidence(SHIPPED).estimate("When?", reading(), [])


def test_a_candidate_that_was_not_retrieved_is_refused() -> None:
    best, unknown = hit(ARTICLE, 0, 0.9), hit(ARTICLE, 1, 0.5)
    with pytest.raises(ValueError, match="retrieved"):
        RetrievalConfidence(SHIPPED).estimate("When?", reading(candidate(unknown)), [whole(ARTICLE, best)])


def test_the_shipped_calibration_is_sensible() -> None:
    assert 0 < DEFAULT_THRESHOLD < 1
    assert all(math.isfinite(getattr(SHIPPED.weights, name)) for name in NAMES)
    assert all(0 <= value <= 1 for value in SHIPPED.rarity.values())
    assert SHIPPED.rarity["the"] < SHIPPED.rarity["water"] < SHIPPED.rarity.get("zyzzyva", 1.0)


def calibration(**changed: object) -> str:
    good = {"intercept": -1.0, "weights": dict.fromkeys(NAMES, 1.0), "rarity": {"ferri": 0.5}}
    return json.dumps(good | changed)


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(calibration(), encoding="utf-8")
    assert Calibration(-1.0, Features(*[1.0] * 7), {"ferri": 0.5}) == Calibration.read(path)
    assert SHIPPED == Calibration.read(CALIBRATION)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        calibration(intercept=None),
        calibration(intercept="-1"),
        calibration(intercept=float("nan")),
        calibration(weights={"similarity": 1.0}),
        calibration(weights=dict.fromkeys([*NAMES, "charm"], 1.0)),
        calibration(weights=dict.fromkeys(NAMES, float("inf"))),
        calibration(weights=[1.0] * 7),
        calibration(rarity=["ferri"]),
        calibration(rarity={"ferri": "rare"}),
    ],
    ids=lambda text: text[:40],
)
def test_a_damaged_calibration_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelProblem, match=r"calibration\.json is missing or damaged"):
        Calibration.read(path)


@pytest.mark.parametrize("name", ["nowhere.json", "."])
def test_a_missing_calibration_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelProblem, match="is missing or damaged"):
        Calibration.read(tmp_path / name)


def test_only_what_a_feature_says_changes_a_probability() -> None:
    base = Features(*[0.5] * 7)
    for name in NAMES:
        alone = Calibration(0.0, replace(Features(*[0.0] * 7), **{name: 1.0}), {})
        assert pytest.approx(1 / (1 + math.exp(-0.5))) == alone.probability(base)
