from dataclasses import replace

import pytest

from corpus.article import Article, Draft
from qa.answers.compound import Answers, join_answers
from qa.types import Anaphor, Candidate, Quote, ScoredCandidate
from tests.questions import as_question

TEXT = "She was born in Hesk on 8 May 1939. She died at home. Her ferry takes 120 guests and 14 cars."
ARTICLE = Article.from_draft(Draft(TEXT, title="News"))
THRESHOLD = 0.5


def found(words: str, confidence: float) -> ScoredCandidate:
    start = TEXT.index(words)
    begin = TEXT.rfind(". ", 0, start) + 2 if ". " in TEXT[:start] else 0
    sentence = Quote(ARTICLE, begin, TEXT.index(".", start) + 1)
    return Candidate(Quote(ARTICLE, start, start + len(words)), sentence, 1.0), confidence


def joined(*parts: list[ScoredCandidate], questions: tuple[str, ...] = ("When?", "Where?")) -> ScoredCandidate:
    answers = [Answers(as_question(question), scored) for question, scored in zip(questions, parts, strict=True)]
    answer = join_answers(answers, THRESHOLD)
    assert answer is not None
    return answer


def test_answers_that_stand_together_are_one_span_with_the_lowest_confidence() -> None:
    candidate, confidence = joined([found("8 May 1939", 0.9)], [found("Hesk", 0.7)])
    assert "Hesk on 8 May 1939" == candidate.span.text
    assert [("When?", "8 May 1939"), ("Where?", "Hesk")] == [(one.question, one.span.text) for one in candidate.parts]
    assert () == candidate.missing
    assert 0.7 == confidence


def test_the_noun_that_is_counted_ends_the_span() -> None:
    questions = ("How many guests?", "How many cars?")
    candidate, _ = joined([found("120", 0.9)], [found("14", 0.9)], questions=questions)
    assert "120 guests and 14 cars" == candidate.span.text


def test_answers_of_several_sentences_are_parts() -> None:
    candidate, _ = joined([found("8 May 1939", 0.9)], [found("at home", 0.9)])
    assert "8 May 1939" == candidate.span.text
    assert ["8 May 1939", "at home"] == [part.span.text for part in candidate.parts]
    assert "She died at home." == candidate.parts[1].sentence.text


def test_a_name_of_another_sentence_keeps_the_one_that_answers() -> None:
    (name, confidence), (other, _) = found("Hesk", 0.9), found("at home", 0.9)
    via = Anaphor(Quote(ARTICLE, other.sentence.start, other.sentence.start + 3), other.sentence)
    named = replace(name, via=via)
    candidate, _ = joined([found("8 May 1939", 0.9)], [(named, confidence)])
    assert ("8 May 1939", None) == (candidate.span.text, candidate.via)
    assert [None, via] == [part.via for part in candidate.parts]
    candidate, _ = joined([(named, confidence)], [found("8 May 1939", 0.9), found("home", 0.85)])
    assert ("Hesk", via) == (candidate.span.text, candidate.via)
    assert "home" == candidate.parts[1].span.text  # in the sentence that answers


def test_a_question_without_an_answer_is_missing_and_lowers_the_confidence() -> None:
    candidate, confidence = joined([found("8 May 1939", 0.9)], [found("at home", 0.3)])
    assert ("Where?",) == candidate.missing
    assert ["8 May 1939"] == [part.span.text for part in candidate.parts]
    assert pytest.approx(0.6) == confidence
    assert pytest.approx(0.45) == joined([found("8 May 1939", 0.9)], [])[1]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Where was she born?", "Where did she grow up?", ["Hesk", "Hesk"]),
        ("Where was she born?", "Who kept her?", ["Hesk", "at home"]),
        ("When was she born?", "When did she die?", ["Hesk", "at home"]),
        ("Why did she move?", "Why did she stay?", ["Hesk", "at home"]),
    ],
)
def test_two_questions_for_a_name_may_have_one_answer(first: str, second: str, expected: list[str]) -> None:
    found_again = [found("Hesk", 0.8), found("at home", 0.6)]
    candidate, _ = joined([found("Hesk", 0.9)], found_again, questions=(first, second))
    assert expected == [part.span.text for part in candidate.parts]


def test_the_same_words_answer_one_question_alone() -> None:
    candidate, _ = joined([found("Hesk", 0.9)], [found("Hesk", 0.8), found("at home", 0.6)])
    assert ["Hesk", "at home"] == [part.span.text for part in candidate.parts]


def test_the_first_sentence_is_preferred_where_confidence_is_close() -> None:
    candidate, _ = joined([found("8 May 1939", 0.9)], [found("at home", 0.8), found("Hesk", 0.75)])
    assert "Hesk" == candidate.parts[1].span.text
    candidate, _ = joined([found("8 May 1939", 0.9)], [found("at home", 0.8), found("Hesk", 0.6)])
    assert "at home" == candidate.parts[1].span.text


def test_without_any_answer_the_best_candidate_stays() -> None:
    candidate, confidence = joined([found("8 May 1939", 0.2)], [found("at home", 0.4)])
    assert ("at home", 0.4, ()) == (candidate.span.text, confidence, candidate.parts)
    assert join_answers([Answers(as_question("When?"), []), Answers(as_question("Where?"), [])], THRESHOLD) is None
