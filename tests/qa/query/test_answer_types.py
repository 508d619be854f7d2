import pytest

from qa.query.answer_types import answer_type_match
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from tests.qa.tables import texts_of
from tests.questions import as_question


@pytest.mark.parametrize(
    ("question", "words", "expected"),
    [
        (question, words, expected)
        for question, expected, table in (
            ("How many children jumped?", 1, "42|twelve dozen|none of them"),
            ("How many children jumped?", -1, "the children"),
            ("how much is it", 1, "3.50|free"),
            ("How often does it run?", 1, "hourly|every Monday"),
            ("How old is the mayor?", -1, "Founder"),
            ("How long did it take?", 1, "three days|until the spring"),
            ("How long is the bridge?", 1, "1.2 km"),
            ("How long did it take?", -1, "the bridge"),
            ("When does it open?", 1, "Monday|2023"),
            ("When did it open?", 1, "in the 19th century|two years ago|after the flood"),
            ("when does it open", -1, "nobody"),
            ("When did it open?", -1, "thirty years|more than 70 years|a hundred and twenty days"),
            ("When was it built?", -1, "118 m|£54|12%"),
            ("In what year was it built?", 1, "the last century"),
            ("Which month is it?", -1, "the red one"),
            ("Why did it close?", 1, "because of snow"),
            ("Why did it close?", 0, "snow"),
            ("Who led the repair?", 1, "Amina"),
            ("Who led the repair?", 1, "Élodie|Łucja Żak|Эва"),
            ("Who led the repair?", 0, "the mayor"),
            ("Who led the repair?", -1, "1,200"),
            ("Where is it?", 1, "near Almaty"),
            ("Where is it?", 0, "behind the hall"),
            ("Where is it?", -1, "45 years|Thursday|a ferry steward"),
            ("Where is it?", 0, "at a baker|a bakery"),
            ("Why did it close?", -1, "850,000|on Friday"),
            ("Who paid?", -1, "on 19 May|Monday morning|£500"),
            ("Who won?", 1, "John June|May Hall"),
            ("How many molars were sealed?", -1, "first"),
            ("How many games were lost?", -1, "two hours|12 km|40 euros"),
            ("How many games were lost?", 1, "12|12 of the 40 games|12%"),
            ("How many kilometres is it?", 1, "12 km|8 miles"),
            ("How much did the repair cost?", -1, "donations|three weeks|12 km|5 May"),
            ("How much did the repair cost?", 1, "$40|40 som|nothing"),
            ("What did the repair cost?", -1, "donations|12 km"),
            ("What is the account number?", -1, "Gold"),
            ("What is the account number?", 1, "0042-17"),
            ("What caused the delay?", -1, "1,890|Thursday"),
            ("What caused the delay?", 0, "a strike"),
            ("Which company bought it?", -1, "310 million|19 May"),
            ("Which company bought it?", 0, "the baker|Studio 54"),
            ("Which of the men left first?", -1, "1,200"),
            ("What did they do when it rained?", 0, "swam"),
            ("Which colour has it?", 0, "red"),
            ("Is it open?", 0, "It closed."),
            ("the bridge", 0, "red"),
            ("", 0, "red"),
            ("When?", -1, ""),
        )
        for words in texts_of(table)
    ],
)
def test_words_fit_what_a_question_asks_for(question: str, words: str, expected: int) -> None:
    assert expected == answer_type_match(as_question(question), words)


@pytest.mark.parametrize("kind", list(QuestionType))
def test_every_kind_has_a_say_on_any_words(kind: QuestionType) -> None:
    question = Question("How many does it cost?", kind)
    assert {answer_type_match(question, words) for words in ("", "x", "12", "Ann", "1 2 3 4 5 6 7 8 9 " * 200)} <= {
        -1.0,
        0.0,
        1.0,
    }
