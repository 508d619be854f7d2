import pytest

from corpus.article import Article, Draft
from corpus.text.sentences import split
from qa.answers.successions import AskedSuccession
from qa.types import Passage, Quote


def passage(text: str, title: str = "Marrow Bay") -> Passage:
    article = Article.from_draft(Draft(text, title, published="2023-02-13"))
    sentences = tuple(Quote(article, start, end) for start, end in split(text, None))
    return Passage(Quote(article, 0, len(text)), (), sentences)


def told(question: str, *texts: str) -> list[str]:
    asked = AskedSuccession.of(question)
    assert asked is not None
    return [one.span.text for one, _ in asked.answers([passage(text) for text in texts])]


@pytest.mark.parametrize(
    ("text", "former", "new"),
    [
        ("Hugo Lind succeeds Olga Brandt as mayor.", "Olga Brandt", "Hugo Lind"),
        ("Hugo Lind has been elected. He succeeds Olga Brandt, who had been acting mayor.", "Olga Brandt", "Hugo Lind"),
        ("Marcus Teel is mayor. He beat the incumbent, Alice Renn, with 54 per cent.", "Alice Renn", "Marcus Teel"),
        ("Ida Falk thanked her predecessor, Jonas Eek.", "Jonas Eek", "Ida Falk"),
        ("Per Aune resigned. The firm appointed Silje Moen as his successor.", "Per Aune", "Silje Moen"),
        ("Jonas Eek is to leave in May. Ida Falk will take his place.", "Jonas Eek", "Ida Falk"),
        ("Nils Harder was replaced by Carla Reis.", "Nils Harder", "Carla Reis"),
        ("The club sacked coach Nils Harder. His assistant, Carla Reis, takes charge.", "Nils Harder", "Carla Reis"),
    ],
)
def test_who_follows_whom(text: str, former: str, new: str) -> None:
    assert [former] == told(f"Who did {new} succeed?", text)
    assert [former] == told(f"Who was {new}'s predecessor?", text)
    assert [former] == told(f"Who was the mayor before {new.rsplit(maxsplit=1)[-1]}?", text)
    assert [new] == told(f"Who replaced {former}?", text)
    assert [new] == told(f"Who was mayor after {former}?", text)
    assert [] == told(f"Who did {former} succeed?", text)
    assert [] == told(f"Who replaced {new}?", text)


def test_the_former_holder_of_an_office_that_the_passage_names() -> None:
    text = "Per Aune resigned as director of the mine. Nordkull appointed Silje Moen as his successor."
    assert ["Per Aune"] == told("Who was the former director of the mine?", text)
    assert [] == told("Who was the former treasurer of the mine?", text)


def test_several_who_are_as_likely_are_no_answer() -> None:
    texts = ["Hugo Lind succeeds Olga Brandt.", "Hugo Lind succeeds Alice Renn."]
    assert [] == told("Who did Lind succeed?", *texts)


@pytest.mark.parametrize(
    "text",
    [
        "Olga Brandt met Hugo Lind on Monday.",
        "Olga Brandt resigned. It rained. Hugo Lind sings.",
        "Hugo Lind followed the advice that Olga Brandt gave.",
    ],
)
def test_other_sentences_tell_no_succession(text: str) -> None:
    assert [] == told("Who did Hugo Lind succeed?", text)


@pytest.mark.parametrize(
    "question",
    ["Who is the mayor?", "What was the price before the rise?", "Who left before noon?", "When did Lind succeed?"],
)
def test_other_questions_ask_for_no_succession(question: str) -> None:
    assert AskedSuccession.of(question) is None
