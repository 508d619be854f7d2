from itertools import accumulate

import pytest

from corpus.article import Article, Draft
from qa.answers.ages import AskedAge


def ages(question: str, *sentences: str, published: str = "2025-03-01") -> list[str]:
    article = Article.from_draft(Draft(" ".join(sentences), published=published))
    ends = list(accumulate(len(one) + 1 for one in sentences))
    spans = [(end - len(one) - 1, end - 1) for one, end in zip(sentences, ends, strict=True)]
    asked = AskedAge.of(question)
    assert asked is not None
    return [candidate.span.text for candidate, _ in asked.answers([(article, spans)])]


@pytest.mark.parametrize(
    "sentence",
    [
        "The innkeeper Henrik Falk, 52, did not want to concede.",
        "The 52-year-old innkeeper Falk thanked his voters.",
        "Falk, an innkeeper of 52, lost by nine votes.",
        "Henrik Falk, who is 52, owns an inn.",
        "Henrik Falk, a 52-year-old innkeeper, has lost.",
        "Henrik Falk, who turned 52 in August, has lost.",
    ],
)
def test_an_age_beside_the_name_answers(sentence: str) -> None:
    assert ["52"] == ages("How old is Henrik Falk?", sentence)


def test_an_age_in_the_next_sentence_answers_where_it_names_nobody_else() -> None:
    withdrew = "Marjorie Flint has withdrawn her notice."
    assert ["61"] == ages("How old is Marjorie Flint?", withdrew, "She has a choir, said the 61-year-old.")
    assert [] == ages("How old is Marjorie Flint?", withdrew, "Mr Hugh Abara said that the 61-year-old stays.")


def test_the_age_of_somebody_else_of_that_surname_is_no_answer() -> None:
    assert [] == ages("How old is Anna Falk?", "The innkeeper Henrik Falk, 52, did not want to concede.")
    assert [] == ages("How old is Henrik Falk?", "Falk got 58 votes more than Orsini, 41, in May.")


@pytest.mark.parametrize("question", ["Who is Henrik Falk?", "How old is the bridge?", "How old was he in 2011?"])
def test_other_questions_ask_for_no_age(question: str) -> None:
    assert AskedAge.of(question) is None
