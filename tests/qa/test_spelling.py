from collections.abc import Sequence

import pytest

from index.search.keywords import stems
from qa.query.parser import MAX_QUESTION, parse_question
from qa.query.question_types import QuestionType
from qa.spelling import with_corrected_spelling

TEXT = """
    Merrin shower token Kettle Bay campsite buttermilk dulse course record Lights Race mayor Tokayev Agneta gauge
    Pelle part parrot bring
"""


class Words:
    """The vocabulary of a text."""

    def __init__(self, text: str) -> None:
        self._stems = stems(text)

    def frequency(self, stem: str) -> int:
        return self._stems.count(stem)

    def with_prefix(self, letters: str, limit: int) -> Sequence[tuple[str, int]]:
        return [(stem, self.frequency(stem)) for stem in self._stems if stem.startswith(letters)][:limit]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            "how much is a shouwer tokken at the Ketle Bay campsite?",
            "how much is a shower token at the Kettle Bay campsite?",
        ),
        (
            "who holds the corse reccord of the Three Lihgts Race?",
            "who holds the course record of the Three Lights Race?",
        ),
        ("wich year was the Merin built?", "which year was the Merrin built?"),
        ("When did Tokaev meet the mayer?", "When did Tokayev meet the mayor?"),
        ("hwo menny Ketle tokens are there?", "how many Kettle tokens are there?"),
        ("Waht did Agnetta say?", "What did Agneta say?"),
        ("were is the guage?", "where is the gauge?"),
        ("How many peple came?", "How many people came?"),  # not Pelle, whom the index has
        ("Where is the parot?", "Where is the parrot?"),  # likelier than "part"
        ("what tempreture is it", "what temperature is it?"),  # common words may be two errors away
        ("Who brigns the token?", "Who brings the token?"),
    ],
)
def test_unknown_words_become_the_likeliest_known_ones(asked: str, expected: str) -> None:
    assert expected == with_corrected_spelling(parse_question(asked), Words(TEXT)).text


@pytest.mark.parametrize(
    "asked",
    [
        "What is the price of the course?",  # no "prize", though no text has the word
        "Who met Tokayev, the mayor?",
        "Where does the choir sing?",  # no "chair"
        "How many quaffers were there?",  # who quaffs
        "Who met Tokayer in Brandling?",  # a name is not another one, nor "branding"
        "When was the 1867 Zhou Qwrtpl B52 built?",
        "Were the mayor's men seen, or who'll mend it?",
        "¿Cuándo fue?",
    ],
)
def test_common_words_and_those_without_a_correction_stay(asked: str) -> None:
    question = parse_question(asked)
    assert question is with_corrected_spelling(question, Words(f"{TEXT} prize mind quaff"))


def test_a_corrected_question_is_typed_anew_and_keeps_its_background() -> None:
    question = parse_question("I am here with my two children for a week, so in what yaer was the gauge built?")
    corrected = with_corrected_spelling(question, Words(TEXT))
    assert (QuestionType.WHAT, QuestionType.WHEN) == (question.type, corrected.type)
    assert "" != question.background == corrected.background


def test_a_question_of_any_allowed_length_can_be_corrected() -> None:
    asked = "When did Tokaev meet " + "the mayor and " * 69
    for length in range(MAX_QUESTION - 3, MAX_QUESTION + 1):
        question = parse_question(asked.ljust(length, "x"))
        assert "When did Tok" == with_corrected_spelling(question, Words(TEXT)).text[:12]
