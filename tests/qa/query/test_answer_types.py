import pytest

from qa.query.answer_types import answer_type_match
from qa.query.question_types import QuestionType
from tests.questions import as_question


@pytest.mark.parametrize(
    ("question", "words", "expected"),
    [
        ("How many children jumped?", "42", 1),
        ("How many children jumped?", "twelve dozen", 1),
        ("How many children jumped?", "none of them", 1),
        ("How many children jumped?", "the children", -1),
        ("how much is it", "3.50", 1),
        ("How old is the mayor?", "Founder", -1),
        ("How long did it take?", "three days", 1),
        ("How long did it take?", "until the spring", 1),
        ("How long is the bridge?", "1.2 km", 1),
        ("How long did it take?", "the bridge", -1),
        ("When does it open?", "Monday", 1),
        ("When does it open?", "2023", 1),
        ("When did it open?", "in the 19th century", 1),
        ("When did it open?", "two years ago", 1),
        ("When did it open?", "after the flood", 1),
        ("when does it open", "nobody", -1),
        ("When did it open?", "thirty years", -1),
        ("When did it open?", "more than 70 years", -1),
        ("When did it open?", "a hundred and twenty days", -1),
        ("In what year was it built?", "the last century", 1),
        ("Which month is it?", "the red one", -1),
        ("Why did it close?", "because of snow", 1),
        ("Why did it close?", "snow", 0),
        ("Who led the repair?", "Amina", 1),
        ("Who led the repair?", "the mayor", 0),
        ("Who led the repair?", "1,200", -1),
        ("Where is it?", "near Almaty", 1),
        ("Where is it?", "behind the hall", 0),
        ("Where is it?", "45 years", -1),
        ("What did they do when it rained?", "swam", 0),
        ("Which colour has it?", "red", 0),
        ("Is it open?", "It closed.", 0),
        ("the bridge", "red", 0),
        ("", "red", 0),
        ("When?", "", -1),
    ],
)
def test_words_fit_what_a_question_asks_for(question: str, words: str, expected: int) -> None:
    assert expected == answer_type_match(as_question(question).type, words)


@pytest.mark.parametrize("kind", list(QuestionType))
def test_every_kind_has_a_say_on_any_words(kind: QuestionType) -> None:
    assert {answer_type_match(kind, words) for words in ("", "x", "12", "Ann", "1 2 3 4 5 6 7 8 9 " * 200)} <= {
        -1.0,
        0.0,
        1.0,
    }
