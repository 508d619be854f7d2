from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from qa.reader.base import Reader
from qa.reader.extractive import (
    CASCADE_POLICY,
    MIXING_WEIGHT,
    QUESTION_BUDGET,
    QUESTION_WEIGHTS,
    TOPIC_BUDGET,
    TYPE_PENALTY,
    AnswerUnit,
    ReadingBudget,
    ScoreWeights,
    SpanReader,
)
from qa.reader.span_model import Logits
from qa.reader.tokenization import NOT_TEXT, Tokens
from qa.types import Candidate, Passage
from tests.questions import as_question
from tests.reader_contract import HARBOUR, PASSAGES, ReaderContract, passage
from tests.reader_models import WordModel

WHEN = "When does the ferry leave?"
PLAIN = ScoreWeights(reading=1.0, retrieval=0.0)
NOON = Article.from_draft(Draft("The train leaves at noon.\nTea is served at Noon, the cook says.\nNobody came."))


class TestSpanReader(ReaderContract):
    @pytest.fixture
    def reader(self) -> Reader:
        return SpanReader(WordModel({"noon": 3.0, "March": 2.0, "pier": 1.0, "crowns": 1.0}))


class AllModel:
    """A SpanModel for which the whole passage is one token, and the answer."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Logits]:
        return [
            Logits(
                Tokens([0, 0], [0, 0], np.array([NOT_TEXT, 0]), np.array([NOT_TEXT, len(text)])),
                *np.array([[0, 1], [0, 1]], np.float32),
            )
            for _, text in passages
        ]


def line_of(text: str) -> Passage:
    return passage(Article.from_draft(Draft(text)), 0.5)


def answers(reader: Reader, question: str, passages: list[Passage]) -> list[str]:
    return [candidate.span.text for candidate in reader.read(as_question(question), passages).candidates]


def first(reader: Reader, question: str = WHEN, passages: list[Passage] = PASSAGES) -> Candidate:
    return reader.read(as_question(question), passages).candidates[0]


def test_the_exact_words_answer() -> None:
    best = first(SpanReader(WordModel({"noon": 3.0}), weights=PLAIN))
    assert ("noon", "The ferry leaves at noon from the northern pier.") == (best.span.text, best.sentence.text)
    assert (6.0, 6.0) == (best.score, best.no_answer_margin)


def test_a_reading_is_told_from_no_answer() -> None:
    assert 5.0 == first(SpanReader(WordModel({"noon": 3.0}, nothing=1.0))).no_answer_margin


@pytest.mark.parametrize("question", [WHEN, "Does the ferry leave at noon?"])
def test_every_candidate_has_the_odds_that_its_passage_answers(question: str) -> None:
    model = WordModel({"noon": 3.0, "March": 2.0})
    texts = [(one.quote.article.title, one.quote.text) for one in PASSAGES]
    answerability = [logits.answerability() for logits in model.read(question, texts)]
    found = SpanReader(model).read(as_question(question), PASSAGES).candidates
    assert len({one.answerability for one in found}) > 1
    for one in found:
        [own] = [o for o, read in zip(answerability, PASSAGES, strict=True) if read.quote.covers(one.sentence)]
        assert own == one.answerability


def test_a_span_of_another_type_loses_to_one_of_the_type_that_is_asked_for() -> None:
    reader = SpanReader(WordModel({"pier": 4.0, "noon": 3.0}), weights=PLAIN)
    assert "pier" == first(reader, "What does the ferry leave?").span.text
    assert ("noon", 6.0) == (first(reader).span.text, first(reader).no_answer_margin)
    alone = SpanReader(WordModel({"pier": 4.0}), weights=PLAIN)
    assert 8.0 - TYPE_PENALTY == first(alone).no_answer_margin


def test_retrieval_counts_as_much_as_it_weighs() -> None:
    best = first(SpanReader(WordModel({"noon": 3.0}), weights=ScoreWeights(reading=2.0, retrieval=10.0)))
    assert 2 * 6.0 + 10 * 0.6 == pytest.approx(best.score)
    assert 6.0 == best.no_answer_margin


def test_a_sentence_that_was_no_hit_counts_as_the_worst_one() -> None:
    reader = SpanReader(WordModel({"Dogs": 3.0}), weights=ScoreWeights(reading=1.0, retrieval=10.0))
    best = first(reader, "What is on board?")
    assert "Dogs" == best.span.text
    assert 6.0 + 10 * 0.1 == pytest.approx(best.score)


def test_no_answer_scores_as_an_undecided_span_of_the_best_sentence() -> None:
    reader = SpanReader(WordModel({}), weights=ScoreWeights(reading=1.0, retrieval=10.0))
    assert 9.0 == pytest.approx(reader.read(as_question(WHEN), PASSAGES).no_answer)
    assert 0.0 == reader.read(as_question(WHEN), []).no_answer


def days(*scores: float) -> list[Passage]:
    """A passage for each of the retrieval scores: "Noon came on day 0." and so on."""
    return [
        passage(Article.from_draft(Draft(f"Noon came on day {number}.")), score) for number, score in enumerate(scores)
    ]


def days_read(passages: list[Passage], words: dict[str, float], **budgets: ReadingBudget) -> list[int]:
    model = WordModel(words)
    SpanReader(model, **budgets).read(as_question(WHEN), passages)
    return [[one.quote.article.text for one in passages].index(text) for text in model.read_texts]


def test_only_the_best_passages_are_read() -> None:
    passages = days(*[0.5] * (QUESTION_BUDGET.max_passages + 2))
    assert list(range(QUESTION_BUDGET.max_passages)) == days_read(passages, {})
    assert [0] == days_read(passages, {}, budget=ReadingBudget(1, 9.0))
    assert [] == days_read([], {})


def test_passages_far_behind_the_best_are_not_read() -> None:
    assert [0, 1] == days_read(days(0.9, 0.5, 0.3), {}, budget=ReadingBudget(9, 0.5))


def test_reading_ends_where_no_other_passage_can_hold_the_best_candidate() -> None:
    passages = days(0.5, 0.5, 0.4, 0.4, 0.3)
    behind = QUESTION_WEIGHTS.retrieval * 0.1  # of the third passage
    enough = (QUESTION_BUDGET.max_no_answer_margin - behind) / 2  # of a start and of an end
    assert [0, 1] == days_read(passages, {"Noon": enough + 0.01})
    assert [0, 1, 2, 3] == days_read(passages, {"Noon": enough - 0.01})


DAYS = [passage(Article.from_draft(Draft(f"{day} was the day.")), 0.5) for day in ("Monday", "Friday", "Sunday")]
# Halves: a start and an end logit make a score.
MARGIN, MAX_GAP = CASCADE_POLICY.max_margin / 2, CASCADE_POLICY.max_gap / 2
NO_ANSWER_MARGIN = CASCADE_POLICY.min_no_answer_margin / 2


def asked_again(small: dict[str, float], larger: dict[str, float], question: str = WHEN) -> tuple[list[str], WordModel]:
    """The answers of a reader with two models, best first, and the larger one, which knows what it was given."""
    model = WordModel(larger)
    reader = SpanReader(WordModel(small), weights=PLAIN, topic_weights=PLAIN, larger=model)
    return answers(reader, question, DAYS), model


def test_where_the_small_model_is_sure_nobody_else_is_asked() -> None:
    _, larger = asked_again({"Monday": NO_ANSWER_MARGIN + MARGIN, "Friday": NO_ANSWER_MARGIN}, {})
    assert [] == larger.read_texts


@pytest.mark.parametrize("friday", [NO_ANSWER_MARGIN + MARGIN - MAX_GAP + 0.01, NO_ANSWER_MARGIN + MARGIN])
def test_where_two_sentences_read_nearly_alike_the_larger_model_is_asked(friday: float) -> None:
    _, larger = asked_again({"Monday": NO_ANSWER_MARGIN + MARGIN, "Friday": friday}, {})
    assert {"Monday was the day.", "Friday was the day."} == set(larger.read_texts)


def test_the_larger_model_decides_within_a_sentence() -> None:
    one = [passage(Article.from_draft(Draft("Monday or else Friday.")), 0.5)]
    small, larger = WordModel({"Monday": 2.0, "Friday": 1.9}), WordModel({"Friday": 9.0})
    assert "Monday" == first(SpanReader(small, weights=PLAIN), passages=one).span.text
    assert "Friday" == first(SpanReader(small, weights=PLAIN, larger=larger), passages=one).span.text


def test_the_larger_model_decides_within_a_passage() -> None:
    both = [passage(Article.from_draft(Draft("Monday was the day.\nFriday was a day.")), 0.5, 0.5)]
    small, larger = WordModel({"Monday": 0.6, "Friday": 0.5}), WordModel({"Monday": 0.5, "Friday": 4.0})
    assert "Monday" == first(SpanReader(small, weights=PLAIN), passages=both).span.text
    assert "Friday" == first(SpanReader(small, weights=PLAIN, larger=larger), passages=both).span.text


def test_the_larger_model_reads_the_contenders_sentences_and_the_one_before_them() -> None:
    text = "It rained.\nNobody came.\nMonday was the day.\nThen it snowed.\nFriday was a day.\nIt went on."
    one = [passage(Article.from_draft(Draft(text)), *[0.5] * 6)]
    small, larger = WordModel({"Monday": 0.6, "Friday": 0.5}), WordModel({"Friday": 4.0, "came": 9.0})
    found = SpanReader(small, weights=PLAIN, larger=larger).read(as_question(WHEN), one)
    assert ["Nobody came.\nMonday was the day.\nThen it snowed.\nFriday was a day."] == larger.read_texts
    assert text.split("\n") == sorted((one.text for one in found.sentences), key=text.find), "each sentence once"


def test_logits_of_a_part_of_the_text() -> None:
    [part], [whole] = (WordModel({}).read(WHEN, [("", text)]) for text in ("Nobody came.", "It rained. Nobody came."))
    own = whole.part(part.tokens, len("It rained. "))
    assert own is not None
    assert part.start.tolist() == own.start.tolist()
    assert part.part(whole.tokens, 0) is None, "it lacks tokens where a model read a text that was cut"


def test_where_nothing_reads_well_nobody_else_is_asked() -> None:
    reader = SpanReader(WordModel({}, nothing=0.1 - NO_ANSWER_MARGIN), weights=PLAIN, larger=(larger := WordModel({})))
    reader.read(as_question(WHEN), DAYS)
    assert [] == larger.read_texts


def test_what_is_far_behind_is_left_alone() -> None:
    best = NO_ANSWER_MARGIN + MARGIN
    _, larger = asked_again({"Monday": best, "Friday": best - 0.1, "Sunday": best - MAX_GAP - 0.1}, {"Sunday": 99.0})
    assert ["Monday was the day.", "Friday was the day."] == larger.read_texts, "the best first"


def test_only_what_is_near_the_best_is_read_again_and_only_so_much() -> None:
    model = WordModel({})
    passages = days(*(0.5 - n / 100 for n in range(6)))
    SpanReader(WordModel({"Noon": 0.5}), larger=model).read(as_question(WHEN), passages)
    assert [f"Noon came on day {n}." for n in range(CASCADE_POLICY.max_passages)] == model.read_texts
    best = NO_ANSWER_MARGIN + 0.5
    _, larger = asked_again({"Monday": best, "Friday": best - MAX_GAP + 0.1, "Sunday": best - MAX_GAP - 0.1}, {})
    assert ["Monday was the day.", "Friday was the day."] == larger.read_texts


def test_where_the_answer_stands_is_averaged_and_whether_there_is_one_is_not() -> None:
    one, two = WordModel({"Monday": 0.5}), WordModel({"Monday": 4.5, "day": 1.0}, nothing=2.0)
    [a], [b] = (model.read(WHEN, [("", "Monday was the day.")]) for model in (one, two))
    mixed = a.mixed(b, MIXING_WEIGHT)
    assert a.answerability() == pytest.approx(mixed.answerability())
    assert a.start[0] == mixed.start[0]
    text = a.tokens.of_text()
    for own, other, mean in ((a.start, b.start, mixed.start), (a.end, b.end, mixed.end)):
        expected = (1 - MIXING_WEIGHT) * own[text] + MIXING_WEIGHT * other[text]
        assert expected - expected.max() == pytest.approx(mean[text] - mean[text].max())
    best = first(SpanReader(one, weights=PLAIN, larger=two), passages=DAYS)
    assert best.answerability == pytest.approx(a.answerability())


def test_a_yes_no_question_is_read_again_too_but_no_topic() -> None:
    assert asked_again({"Monday": 0.5, "Friday": 0.5}, {}, "Is Monday the day?")[1].read_texts
    assert [] == asked_again({}, {}, "tell me about Monday")[1].read_texts


def test_without_passages_no_model_reads() -> None:
    model = WordModel({})
    assert () == SpanReader(WordModel({}), larger=model).read(as_question(WHEN), []).candidates
    assert [] == model.read_texts


@pytest.mark.parametrize("question", ["bicycles", "tell me about the bicycles on the ferry"])
def test_a_topic_reads_all_of_its_budget(question: str) -> None:
    passages = days(*[0.5] * (TOPIC_BUDGET.max_passages + 2))
    model = WordModel({})
    SpanReader(model).read(as_question(question), passages)
    assert TOPIC_BUDGET.max_passages == len(model.read_texts)


@pytest.mark.parametrize("question", [WHEN, "Does the ferry leave at noon?", "ferry"])
def test_every_sentence_that_was_read_is_ranked_even_one_with_the_same_answer(question: str) -> None:
    passages = [passage(HARBOUR, 0.8), passage(NOON, 0.2, 0.9)]
    found = SpanReader(WordModel({"noon": 3.0, "Noon": 2.0}), weights=PLAIN, topic_weights=PLAIN).read(
        as_question(question), passages
    )
    assert {one for own in passages for one in own.sentences} == set(found.sentences)
    assert len(found.sentences) == len(set(found.sentences))
    best, second, third, *rest = (one.text for one in found.sentences)
    assert {"The ferry leaves at noon from the northern pier.", "The train leaves at noon."} == {best, second}
    assert "Tea is served at Noon, the cook says." == third
    assert not any("noon" in one.lower() for one in rest)


def test_a_sentence_answers_once() -> None:
    reader = SpanReader(WordModel({"noon": 3.0, "pier": 2.0, "crowns": 1.0}), weights=PLAIN)
    found = reader.read(as_question(WHEN), PASSAGES).candidates
    assert len(found) == len({one.sentence for one in found})
    assert "noon" in found[0].span.text


def test_equal_words_are_one_answer_where_they_are_best() -> None:
    reader = SpanReader(WordModel({"noon": 3.0, "Noon": 2.0}), weights=ScoreWeights(1.0, 100.0))
    passages = [passage(HARBOUR, 0.1), passage(NOON, 0.2, 0.9)]
    spans = [one.span for one in reader.read(as_question(WHEN), passages).candidates]
    assert [("Noon", NOON)] == [(one.text, one.article) for one in spans if one.text.casefold() == "noon"]


@pytest.mark.parametrize("same", ["The bell", "bell,", "BELL", "“a bell”", "an (bell)"])
def test_answers_that_differ_in_articles_case_and_punctuation_are_equal(same: str) -> None:
    assert 1 == len(answers(SpanReader(AllModel()), WHEN, [line_of("bell"), line_of(same)]))


@pytest.mark.parametrize("other", ["$5", "5%", "-5", "5 bells", "5.5"])
def test_other_signs_are_other_answers(other: str) -> None:
    assert 2 == len(answers(SpanReader(AllModel()), WHEN, [line_of("5"), line_of(other)]))


@pytest.mark.parametrize("question", ["Does the ferry leave at noon?", "is it noon", "Can't dogs travel free?"])
def test_a_yes_no_question_is_answered_by_the_sentence_that_decides(question: str) -> None:
    best = first(SpanReader(WordModel({"noon": 3.0}), weights=PLAIN), question)
    assert "The ferry leaves at noon from the northern pier." == best.span.text
    assert best.span == best.sentence
    assert 6.0 == best.no_answer_margin


@pytest.mark.parametrize("question", ["bicycles", "ferry bicycles?", "tell me about the bicycles on the ferry"])
def test_a_topic_is_answered_by_the_sentence_that_was_retrieved_best(question: str) -> None:
    best = first(SpanReader(WordModel({"noon": 1.0})), question)
    assert "It carries bicycles for two crowns." == best.span.text
    assert best.span == best.sentence


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        *((question, AnswerUnit.SPAN) for question in ("When does it leave?", "tell me when it leaves", "", "?!")),
        ("In what year did the war end?", AnswerUnit.SPAN),
        ("The ferry that leaves at noon carries bicycles for how many crowns?", AnswerUnit.SPAN),
        ("Oxygen is released in cellular respiration by?", AnswerUnit.SPAN),
        ("Was it late?", AnswerUnit.SENTENCE),
        ("protests", AnswerUnit.TOPIC),
        ("tell me about the protests", AnswerUnit.TOPIC),
        ("tell me about the protests that began when the price of gas was doubled", AnswerUnit.TOPIC),
        ("protests " * 500, AnswerUnit.SPAN),
    ],
)
def test_what_a_question_wants(question: str, unit: AnswerUnit) -> None:
    assert unit is AnswerUnit.of(as_question(question))


def test_a_candidate_of_marks_or_a_demonstrative_alone_is_none() -> None:
    assert "." not in answers(SpanReader(WordModel({".": 9.0})), WHEN, PASSAGES)
    port = passage(Article.from_draft(Draft("Listen on this port instead of 7420.")), 0.5)
    assert "7420" == answers(SpanReader(WordModel({"this": 9.0, "7420": 3.0})), WHEN, [port])[0]


words = st.sampled_from(
    ["ferry", "noon", "the", "a", "An", "Noon", "noon,", "“noon”", "crowns", "5", "$5", "pier.", "(pier)", "🦊"]
)


@given(
    st.lists(st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=4), min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(["ferry", "noon", "Noon", "crowns", "5", "pier"]), st.integers(-5, 5).map(float)),
    st.sampled_from([WHEN, "Is it noon?", "noon"]),
)
def test_answers_are_words_of_one_sentence_and_none_is_given_twice(
    texts: list[list[list[str]]], wanted: dict[str, float], question: str
) -> None:
    passages = [
        passage(Article.from_draft(Draft("\n".join(" ".join(line) for line in lines))), *([0.5] * len(lines)))
        for lines in texts
    ]
    found = SpanReader(WordModel(wanted)).read(as_question(question), passages).candidates
    for one in found:
        assert one.span.text == one.span.article.text[one.span.start : one.span.end]
        assert any(one.sentence in own.sentences for own in passages)
        assert one.sentence.covers(one.span)
    keys = [
        tuple(word for word in one.span.text.casefold().translate(MARKS).split() if word not in {"a", "an", "the"})
        for one in found
    ]
    named = [key for key in keys if key]
    assert len(set(named)) == len(named)


MARKS = str.maketrans("", "", ",.“”()")


class ListeningModel(AllModel):
    """Keeps the texts that it reads."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Logits]:
        self.texts += [text for _, text in passages]
        return super().read(question, passages)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Per Dahl, cook\nOla Berg, master\nAll sail.", "Per Dahl, cook.Ola Berg, master.All sail."),
        ("The crew:\nPer sails.\nOla", "The crew:\nPer sails.\nOla"),
        ("The crew\n\nPer sails\nOla", "The crew:\nPer sails.Ola"),  # a heading
    ],
)
def test_a_model_reads_a_mark_where_a_line_ends_a_sentence(text: str, read: str) -> None:
    model = ListeningModel()
    answers(SpanReader(model), WHEN, [passage(Article.from_draft(Draft(text)), 0.5, None, None)])
    assert [read] == model.texts
