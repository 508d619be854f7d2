import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import exact_match, f1, normalised, says, tidy

words = st.lists(st.sampled_from(["the", "a", "Ferry", "ferry,", "noon", "at", "17"]), max_size=6).map(" ".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Ferry", "ferry"),
        ("a  ferry,\tan\nANCHOR!", "ferry anchor"),
        ("theatre and ant", "theatre and ant"),
        ("January 19.", "january 19"),
        ("$1,000.50", "100050"),
        ("Peskov's re-read", "peskovs reread"),
        ("the", ""),
        ("a.b the-c", "ab thec"),  # punctuation goes before articles do
        ("“Noon” – at", "“noon” – at"),  # only ASCII punctuation is left out
        ("Größe ÉTÉ 電車", "größe été 電車"),
        ("", ""),
    ],
)
def test_answers_are_compared_as_squad_does(text: str, expected: str) -> None:
    assert expected == normalised(text)


@pytest.mark.parametrize(
    ("text", "gold", "exact", "overlap"),
    [
        ("The January 19.", ["January 19"], True, 1.0),
        ("on January 19", ["January 19"], False, 0.8),
        ("on January 19", ["January 20", "on the January 19"], True, 1.0),
        ("17", ["two of them", "seventeen"], False, 0.0),
        ("noon noon", ["noon"], False, 2 / 3),  # a word is shared as often as both have it
        ("noon noon at", ["at noon noon noon"], False, 6 / 7),
        ("the", ["a"], True, 1.0),  # both are nothing but articles
        ("the", ["noon"], False, 0.0),
        (None, ["noon"], False, 0.0),
        (None, [], False, 0.0),
        ("noon", [], False, 0.0),
    ],
)
def test_exact_match_and_f1_by_hand(text: str | None, gold: list[str], exact: bool, overlap: float) -> None:
    assert exact == exact_match(text, gold)
    assert pytest.approx(overlap) == f1(text, gold)


@given(words, words)
def test_f1_is_that_of_precision_and_recall(found: str, gold: str) -> None:
    left, right = normalised(found).split(), normalised(gold).split()
    rest = list(right)
    shared = 0
    for word in left:
        if word in rest:
            rest.remove(word)
            shared += 1
    if shared == 0:
        expected = float(left == right)
    else:
        precision, recall = shared / len(left), shared / len(right)
        expected = 2 * precision * recall / (precision + recall)
    assert pytest.approx(expected) == f1(found, [gold])


@given(words, st.lists(words, max_size=3))
def test_what_matches_exactly_has_an_f1_of_one(found: str, gold: list[str]) -> None:
    assert 0 <= f1(found, gold) <= 1
    if exact_match(found, gold):
        assert 1.0 == f1(found, gold)


@pytest.mark.parametrize(
    ("text", "held", "right"),
    [
        ("It returns on January 19.", "january 19", True),
        ("It returns on January 19.", "January 1", False),
        ("Peskov's office", "Peskov", True),
        ("It costs $5.", "$5", True),
        ("電車は一月十九日に戻ります。", "一月十九日", True),
        ("“Noon,”  he said", '"noon," he', True),
    ],
)
def test_words_are_held_as_words(text: str, held: str, right: bool) -> None:
    assert right == says(tidy(text), tidy(held))
