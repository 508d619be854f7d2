import pytest

from corpus.article import Article, Draft
from qa.answers.descriptions import describe
from qa.types import Candidate, Hit, Passage, Quote, Reading
from tests.questions import as_question


def described(question: str, text: str, *others: str) -> list[str]:
    """Return the candidates, best first, where the reader found the other words in the only sentence."""
    article = Article.from_draft(Draft(text, title="A title"))
    sentence = Quote(article, 0, len(article.text))
    passage = Passage(sentence, (Hit(sentence, 0, 0.5, 0.5, 1.0),), (sentence,))
    starts = [(text.index(words), len(words)) for words in others]
    read = tuple(Candidate(Quote(article, at, at + size), sentence, 20.0, 3.0, 3.0) for at, size in starts)
    return [one.span.text for one in describe(as_question(question), Reading(read, 0.0), [passage]).candidates]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Ada Brook", 'This is "the end", said Ada Brook, the head of Marle Line.', "the head of Marle Line"),
        ("Ada Brook", "The port's oldest pilot, 97-year-old Ada Brook, cut the ribbon.", "The port's oldest pilot"),
        ("Ada Brook", "Ada Brook, who is to cut the ribbon, took it calmly.", None),
        ("Ada Brook", "Ada Brook, 54, the former head of the port, resigned.", "the former head of the port"),
        ("Ada Brook", "Ada Brook, Bob Vey and Cy Tan were there.", None),
        ("Ada Brook", "Ada Brook, one of the founders, resigned.", "one of the founders"),
        ("Ada Brook", "Ada Brook, a disgraced banker, fled.", "a disgraced banker"),
        ("Ada Brook", "Ada Brook, the newly appointed dean, agreed.", "the newly appointed dean"),
        ("Ada Brook", "Ada Brook, the son of divorced parents, fled.", "the son of divorced parents"),
        ("Ada Brook", "Ada Brook, the court heard, fled.", None),
        ("Ada Brook", "Ada Brook, her family moved away, stayed.", None),
        ("Ada Brook", "They hired the renowned cook Ada Brook.", "the renowned cook"),
        ("Ada Brook", "They hired the widely admired cook Ada Brook.", "the widely admired cook"),
        ("Ada Brook", "Ada Brook, +++, sold the mill.", None),
        ("Ada Brook", "In 1966 he married the potter Ada Brook, who died in 2009.", "the potter"),
        ("Ada Brook", "The museum was opened by the actress Ada Brook.", "the actress"),
        ("Ada Brook", "The idea goes back to a doctoral student, Ada Brook.", "a doctoral student"),
        ("Ada Brook", "Its director, Commodore Ada Brook, was persuaded later.", "Its director"),
        ("Ada Brook", "Ada Brook was a hydrographer and inventor, born in 1861.", "a hydrographer and inventor"),
        ("Brook", "The secretary of the Duke of Varra Ada Brook said so.", "The secretary of the Duke of Varra"),
        ("Brook", "President of Varra Ada Brook asked for help.", "President of Varra"),
        ("Żak", "The weaver Łucja Żak was there.", "The weaver"),
        ("Ada", "Ada Ćosić is a weaver.", "a weaver"),
        ("Brook", "Östra Minister Ada Brook resigned.", "Östra Minister"),
        ("Brook", "Transport Minister Ada Brook resigned.", "Transport Minister"),
        ("Brook", "The council asked the engineer Ada Brook to help.", "the engineer"),
        ("Brook", "Ada Brook (harbour master), Cy Tan (chair)", "harbour master"),
        ("Ada", "My sister Ada, who is a watchmaker by trade, spins ours.", "a watchmaker by trade"),
        ("the VTO", "The Varran Treaty Organization (VTO) decided so.", "The Varran Treaty Organization"),
        ("Marle", "The ferry to Marle takes an hour.", None),
        ("Marle", "Marle is a village of 300 people, which lies by the sea.", "a village of 300 people"),
        ("Marlines", "Her firm, Marlines, employs nine people.", "Her firm"),
    ],
)  # fmt: skip
def test_a_name_is_described_by_the_words_beside_it(name: str, text: str, expected: str | None) -> None:
    found = described(f"Who is {name}?", text)
    assert ([] if expected is None else [expected]) == found


def test_the_description_comes_first_and_parts_of_the_name_are_dropped() -> None:
    text = "Its director, Dr Ada Brook, was persuaded in May."
    assert ["Its director"] == described("who is ada brook?", text, "Ada", "Dr", "in May")
    assert ["in May"] == described("Who is Ada Brook?", "Dr Ada Brook was persuaded in May.", "Dr", "in May")


@pytest.mark.parametrize(
    "question",
    [
        "Who is the director?",
        "Who is the Director of Marle?",
        "When is Ada Brook there?",
        "What is it?",
        "Is Ada there?",
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    assert ["Ada"] == described(question, "Its director, Ada Brook, left.", "Ada")


def test_an_ordinary_word_is_no_name() -> None:
    assert ["the ferry"] == described("What is the ferry?", "They took the ferry, a boat of 1950.", "the ferry")
