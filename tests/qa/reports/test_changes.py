import pytest

from corpus.article import Article, Draft
from qa.reports.changes import changed_value
from qa.types import Quote


def quote(text: str) -> Quote:
    return Quote(Article.from_draft(Draft(text)), 0, len(text))


@pytest.mark.parametrize(
    ("former", "sentence", "new"),
    [
        ("about 45,000 marks", "The second count came to 52,000 marks, up from an estimate of 45,000.", "52,000 marks"),
        ("131 kilometres an hour", "It was 124 km/h, not 131, the investigators said.", "124 km/h"),
        ("60 crowns", "Payments go up from 60 to 85 crowns a day after protests.", "85 crowns"),
        ("$290,000", "She has agreed to pay back $340,000, 50,000 more than the board had asked for.", "$340,000"),
        ("300 homes", "The plan has 220 homes, 80 fewer than in May.", "220 homes"),
        ("seven", "The number of the missing rose to nine, up from seven.", "nine"),
        ("7 percent", "The share of the missing is now 9 percent instead of 7.", "9 percent"),
    ],
)
def test_the_number_that_a_former_one_has_changed_to_is_found(former: str, sentence: str, new: str) -> None:
    found = changed_value([quote(sentence)], quote(former), frozenset({"missing"}))
    assert found is not None
    assert new == found.span.text


@pytest.mark.parametrize(
    ("former", "sentence"),
    [
        ("45,000 marks", "The second count came to 52,000 marks, up from an estimate of 48,000."),
        ("45,000 marks", "It cost 45,000 marks, not 52,000."),
        ("45,000 marks", "The town has 45,000 people and 52,000 cars."),
        ("seven", "The market has nine stalls, up from seven."),
        ("60 crowns", "The bus runs from 60 stops to the harbour and 85 villages."),
        ("the mayor", "It was 124 km/h, not 131."),
    ],
)
def test_other_sentences_tell_no_change_of_a_number(former: str, sentence: str) -> None:
    assert changed_value([quote(sentence)], quote(former), frozenset({"missing"})) is None
