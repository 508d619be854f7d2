"""Who holds an office after somebody else."""

import pytest

from corpus.article import Article, Draft
from corpus.text.sentences import split
from qa.answers.successors import OfficeHistory
from qa.types import Quote


def sentences(text: str) -> list[Quote]:
    article = Article.from_draft(Draft(text, "News", published="2026-01-01"))
    return [Quote(article, start, end) for start, end in split(article.text, None)]


def history(question: str, holder: str) -> OfficeHistory:
    found = OfficeHistory.of(question, holder)
    assert found is not None
    return found


def successors(question: str, holder: str, text: str) -> list[str]:
    return [name.text for name, _ in history(question, holder).successors(sentences(text))]


MAYOR, LUND = "Who is the mayor of Ossery?", "Ada Lund"


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lund has resigned as mayor. She is succeeded by Ole Moe.",
        "The council elected Ole Moe mayor of Ossery.",
        "The new mayor, Ole Moe, opened the fair.",
        "Ole Moe, 51, was sworn in as mayor on Monday.",
        "Mayor Ada Lund was voted out. Ole Moe takes over in May.",
        "Her deputy, Ole Moe, will stand in for Ada Lund, who has stepped down.",
        "Instead of Ada Lund, Ole Moe will lead the town.",
        "Ada Lund has been relieved of her duties. Ole Moe, who built the harbour, has taken over from her.",
        "Ada Lund has pulled out of the office for her health. Ole Moe takes her place.",
        "Mayor Ada Lund has withdrawn from public life. Her place was taken by Ole Moe.",
        "Ada Lund has taken sick leave. Her deputy, Ole Moe, is in charge of the town.",
    ],
)
def test_who_takes_an_office_is_a_successor(text: str) -> None:
    assert ["Ole Moe"] == successors(MAYOR, LUND, text)


@pytest.mark.parametrize(
    "text",
    [
        "Ole Moe praised mayor Ada Lund.",
        "Ada Lund was elected mayor again.",
        "Ole Moe was appointed captain of the team.",  # another office
        "The mayor met Ole Moe, who leaves the club.",
        "The former mayor Ole Moe spoke at the fair.",
        "The mayor will open Christmas Fair.",
    ],
)
def test_who_takes_no_office_or_another_is_none(text: str) -> None:
    assert [] == successors(MAYOR, LUND, text)


RESIGNED = "Ada Lund has resigned as head of the water authority. Her deputy, Ole Moe, takes over at once."


@pytest.mark.parametrize(
    ("question", "holder", "expected"),
    [
        ("Who is the head of the water authority?", "Ada Lund", ["Ole Moe"]),
        ("Who heads the water authority?", "Ada Lund", ["Ole Moe"]),
        ("Who is the head?", "Kai Roke", ["Ole Moe"]),
        ("Who is the fire chief?", "Kai Roke", []),
        ("Who is the head of the harbour board?", "Kai Roke", []),
        ("Who leads the inspection?", "Kai Roke", []),
    ],
)
def test_an_office_is_that_of_what_it_is_of(question: str, holder: str, expected: list[str]) -> None:
    assert expected == successors(question, holder, RESIGNED)


@pytest.mark.parametrize(
    "text",
    [
        "Police chief Ole Moe was appointed on Monday.",
        "Buses from Arden and Ole Moe run again.",
        "Ole Moe leads the choir.",
    ],
)
def test_the_same_word_for_something_else_is_another_office(text: str) -> None:
    assert [] == successors("Who is the fire chief?", "Kai Roke", text)


def test_a_former_holder_of_the_office_is_leaving() -> None:
    [sentence] = sentences("Prosecutors charged the former head of the authority, Ada Lund, with fraud.")
    name = Quote(sentence.article, sentence.text.index("Ada"), sentence.text.index("Ada") + 8)
    assert history("Who is the head of the water authority?", "Ole Moe").is_leaving(name, sentence)
    assert not history("Who is the captain of the team?", "Ole Moe").is_leaving(name, sentence)


def test_a_holder_leaves_in_many_words() -> None:
    for text in (
        "Ada Lund has given up her post.",
        "The council dismissed Ada Lund on Monday.",
        "Ada Lund, 60, retired in July.",
        "Former mayor Ada Lund is writing a book.",
    ):
        assert history(MAYOR, LUND).has_left(sentences(text))
    for text in ("Ada Lund has given a speech.", "The council thanked Ada Lund.", "Ole Moe resigned as treasurer."):
        assert not history(MAYOR, LUND).has_left(sentences(text))


def test_a_holder_who_ends_something_else_does_not_leave() -> None:
    for text in ("Ada Lund dropped the plan.", "Lund also replaced two lamps.", "Lund has removed the barriers."):
        assert not history(MAYOR, LUND).has_left(sentences(text))
    assert history(MAYOR, LUND).has_left(sentences("Ada Lund, dismissed on Monday, said nothing."))


def test_many_words_between_a_verb_and_a_name_are_passed_over() -> None:
    text = f"The council replaced {'as the ' * 100}(Ada Lund) on Monday."
    assert not history(MAYOR, LUND).has_left(sentences(text))
    assert history(MAYOR, LUND).has_left(sentences("The council dismissed as its mayor Ada Lund."))


def test_questions_without_an_office_have_no_history() -> None:
    assert OfficeHistory.of("Who won the cup?", LUND) is None


def test_the_head_of_a_part_of_a_body_is_not_that_of_the_body() -> None:
    asked = "Who is head of sales at Norlund?"
    assert [] == successors(asked, LUND, "Ole Moe is the new director of Norlund.")
    assert ["Ole Moe"] == successors(asked, LUND, "Ole Moe is the new head of sales.")
