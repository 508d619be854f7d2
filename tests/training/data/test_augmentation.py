import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.augmentation import changed


def every_change(question: str, text: str = "", others: list[str] | None = None) -> set[str | None]:
    return {changed(question, text, [] if others is None else others, random.Random(seed)) for seed in range(400)}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # An opposite, with its capital letter, for each word that has one, and each of those it has.
        ("Which lake lies deepest in the north?", {"Which lake lies deepest in the south?"}),
        ("First prize went to whom?", {"Last prize went to whom?"}),
        ("What came before lunch?", {"What came after lunch?", "What came during lunch?"}),
        ("Whose father sold it?", {"Whose mother sold it?", "Whose father bought it?"}),
        # A negation behind the first auxiliary.
        ("It was whom?", {"It was not whom?", "It wasn't whom?", "It was never whom?"}),
        ("One can swim?", {"One can not swim?", "One can't swim?", "One can never swim?"}),
        ("Will it rain?", {"Will not it rain?", "Won't it rain?", "Will never it rain?"}),
        ("One may enter?", {"One may not enter?", "One may never enter?"}),
        ("One did say he was?", {"One did not say he was?", "One didn't say he was?", "One did never say he was?"}),
        # What is negated already is left.
        ("One was not there?", {None}),
        ("One wasn’t there?", {None}),
        # One digit: another one; the same one drawn again is no change.
        ("Which fed 7 sheep?", {f"Which fed {n} sheep?" for n in (1, 2, 3, 4, 5, 6, 8, 9)} | {None}),
        ("Which won?", {"Which lost?"}),
        ("Which?", {None}),
        ("", {None}),
    ],
)  # fmt: skip
def test_a_question_is_changed_by_one_of_the_rules(question: str, expected: set[str | None]) -> None:
    assert expected == every_change(question)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Where did it end", "It ended badly", {"When did it end", "Why did it end"}),
        ("Where did it end", "It ended at dusk", {"Why did it end"}),
        ("Where did it end", "It did so in 1920, because of rain.", set()),
        ("When did it end", "It was over at dawn.", {"Where did it end", "How long did it end", "Why did it end"}),
        ("When did it end", "It took a year in the Alps to win, so they said.", set()),
        ("Why did it end", "Nobody said.", {"When did it end", "Where did it end"}),
        ("Who did it", "Ann did.", {"How many people did it"}),
        ("Who did it", "Two of them did.", set()),
        ("how long is it", "It lasts.", {"How far is it", "how short is it"}),
        ("how long is it", "It is ten miles.", {"how short is it"}),
        ("Whenever it ends", "Nobody said.", set()),
    ],
)
def test_a_question_asks_for_something_of_which_the_text_has_nothing(
    question: str, text: str, expected: set[str]
) -> None:
    found = {str(one) for one in every_change(question, text) if one is not None}
    asking = {one for one in found if one.split()[-2:] == question.split()[-2:]}
    assert expected == {one for one in asking if "n't" not in one and " not " not in one and " never " not in one}


def test_a_month_becomes_one_that_the_text_does_not_say_or_another_one_of_it() -> None:
    months = "January February March April July August September October November December".split()  # noqa: SIM905
    text = "They came in " + ", in ".join(months) + "."
    expected = {f"What opens each {month}?" for month in [*months, "May", "June"] if month != "April"}
    assert expected == every_change("What opens each April?", text)


def test_a_figure_becomes_another_of_as_many_digits_nearby() -> None:
    found = {int(str(one)[-5:-1]) for one in every_change("Ruled from 1910?") - {None}}
    assert found <= set(range(1850, 1971))
    assert len(found) > 60
    assert {2} == {len(str(one)) - len("So ate  eggs?") for one in every_change("So ate 12 eggs?") - {None}}


def test_a_figure_becomes_another_one_of_the_text_of_as_many_digits() -> None:
    asked = "Whose was it in 1710?"
    found = {str(one) for one in every_change(asked, "It was sold for 20 crowns in 1811 and 1912.")}
    assert {"Whose was it in 1811?", "Whose was it in 1912?"} <= found
    assert "Whose was it in 20?" not in found
    assert "Whose was it in 20?" in every_change(asked, "It was sold for 20 crowns.")


@pytest.mark.parametrize("figure", ["007", "0.17", "00", "000", "0", "0.05", "1,000", "9999999"])
def test_odd_figures_are_changed_like_others(figure: str) -> None:
    found = every_change(f"What costs {figure} crowns?") - {None}
    assert found
    assert not any(figure in str(one).split() for one in found)


def test_a_name_becomes_another_of_as_many_words_that_the_text_does_not_say() -> None:
    text = "ida berg ate."
    others = ["There he met Peter Novak and Ida Berg, in Rome.", "“Who?” asked Ole Ask."]
    found = every_change("So came Maria Kahn?", text, others)
    assert {"So came Peter Novak?", "So came Ole Ask?"} <= found
    assert not any("Ida" in str(one) or "Rome" in str(one) for one in found)


def test_a_name_becomes_another_one_of_the_text() -> None:
    found = every_change("So came Maria Kahn?", "She met Ida Berg and Maria Kahn, in Rome.")
    assert "So came Ida Berg?" in found
    assert "So came Rome?" not in found


def test_a_name_of_another_length_is_put_in_where_there_is_none_as_long() -> None:
    assert {"So came Rome?"} == every_change("So came Maria Kahn?", "", ["Then they saw Rome."])


def test_a_word_of_the_text_becomes_one_of_like_form_from_another_text() -> None:
    text = "She was mending kettles here."
    others = ["He baked with onions, singing of boats and of kettledrums."]
    found = every_change("There went kettles?", text, others)
    assert {"There went onions?", "There went boats?", None} >= found
    assert {"There went onions?", "There went boats?"} <= found


def test_common_words_and_words_that_the_text_does_not_say_stay() -> None:
    assert {None} == every_change("There went kettles?", "Nothing here.", ["He baked with onions."])
    assert {None} == every_change("So they been?", "they been", ["They baked onions."])


def test_the_same_numbers_change_a_question_in_the_same_way() -> None:
    others = ["Then Peter Novak met Ida Berg near Rome in 1833."]
    asked = ("Who was the first king of Norway in 1910?", "The first king of Norway came in 1910.", others)
    assert [changed(*asked, random.Random(seed)) for seed in range(50)] == [
        changed(*asked, random.Random(seed)) for seed in range(50)
    ]


WORDS = [
    "first",
    "was",
    "CAN",
    "May",
    "Maria Kahn",
    "of",
    "1905",
    "0.00",
    "three",
    "North",
    "isn't",
    "never",
    "ſs",
    "?",
]
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=12).map(" ".join)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3), st.integers(0, 99))
def test_no_text_makes_it_fail_and_a_changed_question_is_another(
    question: str, text: str, others: list[str], seed: int
) -> None:
    new = changed(question, text, others, random.Random(seed))
    assert new is None or new.casefold() != question.casefold()


def test_very_long_texts_take_no_long_time() -> None:
    begun = time.monotonic()
    for text in ("A" * 20_000, "Aa " * 7_000, " " * 20_000, "1," * 10_000, "The" + " " * 5_000):
        changed(text, text, [text], random.Random(0))
    assert time.monotonic() - begun < 5
