"""Sentences that say of a relative, a namesake or another thing what a question asks."""

import pytest

from corpus.article import Article, Draft
from corpus.text.sentences import split
from qa.confidence import CalibratedConfidence, Calibration
from qa.evidence import EvidenceChecker
from qa.features import Features
from qa.query.parser import parse_question
from qa.types import Candidate, Hit, Passage, Quote, Reading

FAMILY = (
    "Emilio Velasco was born in 1911. He learned the trade from his father, Ramon Velasco, in 1926. "
    "His sister Carmen Velasco was married to Tomas Ibarra. She painted boats. "
    "His brother Julian taught him to sail in Cadiz. Mr Velasco employed eleven people. "
    "Julian died in Chile. Julian Velasco had two shops. Emilio's sails had double seams. "
    "In 1950 his daughter, Ines, told him of the fire. His nephew said that the loft was sold in 1960. "
    "Tom Velasco is a cook. She has a boat."
)
RULES = (
    "Dogs are not allowed in the breakfast room. You can hire bicycles for ten crowns. The hens lay in June. "
    "Children can feed the geese. We like hens: guests can feed them at noon. You can put the lid in the oven. "
    "Pets may stay in the barn. The hut needs a lot of wood. Use vinegar for the floor."
)


def is_of_another(text: str, title: str, question: str, answer: str) -> bool:
    """Check the sentence with some words, the first that has them, against the whole text as its passage."""
    article = Article.from_draft(Draft(text, title=title))
    start = text.index(answer)
    span = Quote(article, start, start + len(answer))
    sentence = next(one for one in (Quote(article, *ends) for ends in split(text, None)) if one.covers(span))
    return EvidenceChecker(question).is_of_another(span, sentence, Quote(article, 0, len(text)))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who was Emilio Velasco married to?", "Tomas Ibarra"),
        ("What did Emilio Velasco paint?", "boats"),
        ("Was Julian Velasco married?", "His sister Carmen Velasco was married to Tomas Ibarra."),
        ("Where did Dr Emilio Velasco die?", "Chile"),  # "Julian" is Julian Velasco
        ("How many shops did Emilio Velasco have?", "two"),
        ("What did Julian Velasco's sails have?", "double seams"),
        ("What does Emilio Velasco work as?", "a cook"),
        ("Who was the wife of Emilio Velasco?", "Tomas Ibarra"),
    ],
)
def test_what_is_said_of_a_relative_or_namesake_is_said_of_another(question: str, answer: str) -> None:
    assert is_of_another(FAMILY, "The Velascos", question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was Emilio Velasco born?", "1911"),
        ("When did Emilio Velasco learn the trade?", "1926"),  # "He"
        ("Who taught Emilio Velasco the trade?", "Ramon Velasco"),
        ("Who was Carmen Velasco married to?", "Tomas Ibarra"),
        ("Who was Emilio Velasco's sister married to?", "Tomas Ibarra"),
        ("What did Carmen Velasco paint?", "boats"),
        ("Who taught Emilio Velasco to sail?", "His brother Julian"),
        ("Where was Emilio Velasco taught to sail?", "Cadiz"),  # "him"
        ("How many people did Emilio Velasco employ?", "eleven"),  # "Mr Velasco"
        ("How many people did Mr Velasco employ?", "eleven"),
        ("How many shops did Velasco have?", "two"),  # whichever
        ("What did Emilio Velasco's sails have?", "double seams"),
        ("When did Emilio Velasco hear of the fire?", "1950"),
        ("When was Emilio Velasco's loft sold?", "1960"),  # what a relative says may be of him
        ("What does Thomas Velasco work as?", "a cook"),
        ("What does T. Velasco work as?", "a cook"),
        ("When did the Velascos learn the trade?", "1926"),
    ],
)
def test_what_is_said_of_the_person_is_not_said_of_another(question: str, answer: str) -> None:
    assert not is_of_another(FAMILY, "The Velascos", question, answer)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Are cats allowed in the breakfast room?", "Dogs are"),
        ("Can I hire a canoe?", "You can hire"),
        ("can we feed the hens?", "Children can"),  # another sentence has them
        ("Can I put the filter in the oven?", "You can put"),
        ("Can I use bleach?", "Use vinegar"),
        ("Is there a sauna?", "The hut"),
    ],
)
def test_what_is_said_of_one_thing_is_not_said_of_another(question: str, sentence: str) -> None:
    assert is_of_another(RULES, "The farm", question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Are dogs allowed in the breakfast room?", "Dogs are"),
        ("Are pets allowed in the breakfast room?", "Dogs are"),
        ("Can I rent a bike?", "You can hire"),  # other words for the verb, too
        ("Can we feed the hens?", "We like hens"),
        ("May hens be fed?", "guests can feed them"),
        ("Can my kids feed the geese?", "Children can"),
        ("Can dogs stay in the barn?", "Pets may"),
        ("Does the hut need a lot of wood?", "The hut"),
        ("Does that matter?", "The hut"),
        ("What can I hire?", "You can hire"),
        ("Is Kelby open?", "The hut"),  # names are conditions of their own
        ("Can I do laundry?", "Use vinegar"),
        ("Can I hire a cycle?", "You can hire"),
    ],
)
def test_a_thing_in_other_words_is_no_other_thing(question: str, sentence: str) -> None:
    assert not is_of_another(RULES, "The farm", question, sentence)


def test_a_sentence_of_another_thing_is_less_sure() -> None:
    article = Article.from_draft(Draft(RULES, title="The farm"))
    whole = Quote(article, 0, len(RULES))
    sentence = Quote(article, *split(RULES, None)[0])
    passage = Passage(whole, (Hit(sentence, 0, 1.0, 0.5, 1.0),), (sentence,))
    reading = Reading((Candidate(sentence, sentence, 1.0),), 0.0)
    confidence = CalibratedConfidence(Calibration(2.0, Features(*[0.0] * 9), {}, 0.5))
    dogs, cats = (
        confidence.estimate(parse_question(f"Are {animals} allowed in the breakfast room?"), reading, [passage])[0]
        for animals in ("dogs", "cats")
    )
    assert cats < 0.5 < dogs


NIECE = (
    "Peter Halloway sold tickets. His wife, Agnes Halloway, played. Peter's niece Clara Halloway is a critic. "
    "She lived in Rome."
)


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Who was Simon Halloway's wife?", "Agnes Halloway", True),  # "his": Peter's
        ("Who was Peter Halloway's wife?", "Agnes Halloway", False),
        ("Was Peter Halloway a critic?", "Peter's niece Clara Halloway is a critic.", True),
        ("What is Peter Halloway's niece?", "a critic", False),
        ("Where did Agnes Halloway live?", "Rome", True),
        ("Where did Clara Halloway live?", "Rome", False),
    ],
)
def test_a_relative_is_told_by_whose_relative_it_is(question: str, answer: str, expected: bool) -> None:
    assert expected == is_of_another(NIECE, "A cinema", question, answer)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How long did the Gannet 60 run dry?", True),
        ("How long did the Gannet 40 run dry?", False),
        ("How long did the Gannet 40B run dry?", False),
        ("How long did the Petrel 60 run dry?", False),  # the passage has none: that is evidence enough
        ("How long does the Gannet 85 take?", False),  # "80 or 85"
        ("What does the TS-30 weigh?", True),
        ("What does Chapter 3 say?", False),
    ],
)
def test_what_is_said_of_one_model_is_not_said_of_another(question: str, expected: bool) -> None:
    text = "The Gannet 40, 80 or 85 was tried. It ran dry for eight hours. The TS-40 weighs 2 kg. Chapter 2 says more."
    assert expected == is_of_another(text, "Bilge pumps", question, "eight hours")
