import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.changes import changed


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
        ("Who was the mayor?", {"Who was not the mayor?", "Who wasn't the mayor?", "Who was never the mayor?"}),
        ("Who can swim?", {"Who can not swim?", "Who can't swim?", "Who can never swim?"}),
        ("Will it rain?", {"Will not it rain?", "Won't it rain?", "Will never it rain?"}),
        ("Who may enter?", {"Who may not enter?", "Who may never enter?"}),
        ("Who did say he was?", {"Who did not say he was?", "Who didn't say he was?", "Who did never say he was?"}),
        # What is negated already is left.
        ("Who was not there?", {None}),
        ("Who wasn’t there?", {None}),
        # Another month.
        ("What opens each April?", {f"What opens each {month}?" for month in ["May", "June"]}),
        # One digit: another one; the same one drawn again is no change.
        ("Who fed 7 sheep?", {f"Who fed {n} sheep?" for n in (1, 2, 3, 4, 5, 6, 8, 9)} | {None}),
        ("Who won?", {"Who lost?"}),
        ("Who?", {None}),
        ("", {None}),
    ],
)  # fmt: skip
def test_a_question_is_changed_by_one_of_the_rules(question: str, expected: set[str | None]) -> None:
    text = "January February March April July August September October November December"
    assert expected == every_change(question, text)


def test_a_figure_becomes_another_of_as_many_digits_nearby() -> None:
    found = {int(str(one)[-5:-1]) for one in every_change("Who ruled it from 1910?") - {None}}
    assert found <= set(range(1850, 1971)) - {1910}
    assert len(found) > 60
    assert {2} == {len(str(one)) - len("Who ate  eggs?") for one in every_change("Who ate 12 eggs?") - {None}}


def test_a_figure_of_the_text_is_never_put_in() -> None:
    text = "It was sold in 1911 and 1912."
    found = every_change("Who owned it since 1910?", text)
    assert not any(year in str(one) for one in found for year in ("1911", "1912"))


@pytest.mark.parametrize("figure", ["007", "0.17", "00", "000", "0", "0.05", "1,000", "9999999"])
def test_odd_figures_are_changed_like_others(figure: str) -> None:
    found = every_change(f"What costs {figure} crowns?") - {None}
    assert found
    assert not any(figure in str(one).split() for one in found)


def test_no_month_is_put_in_where_the_text_names_all() -> None:
    months = "January February March April May June July August September October November December"
    assert {None} == every_change("What opens each April?", months)


def test_a_name_becomes_another_of_as_many_words_that_the_text_does_not_say() -> None:
    text = "She arrived with Ida Berg."
    others = ["There he met Peter Novak and Ida Berg, in Rome.", "“Who?” asked Ole Ask."]
    found = every_change("When came Maria Kahn?", text, others)
    assert {"When came Peter Novak?", "When came Ole Ask?"} == {one for one in found if one is not None}


def test_a_name_of_another_length_is_put_in_where_there_is_none_as_long() -> None:
    assert {"When came Rome?"} == every_change("When came Maria Kahn?", "", ["Then they saw Rome."])


def test_a_word_of_the_text_becomes_one_of_like_form_from_another_text() -> None:
    text = "She was mending kettles here."
    others = ["He baked with onions, singing of boats and of kettledrums."]
    found = every_change("Where went kettles?", text, others)
    assert {"Where went onions?", "Where went boats?", None} >= found
    assert {"Where went onions?", "Where went boats?"} <= found


def test_common_words_and_words_that_the_text_does_not_say_stay() -> None:
    assert {None} == every_change("Where went kettles?", "Nothing here.", ["He baked with onions."])
    assert {None} == every_change("Where have they been?".replace("have ", ""), "they been", ["They baked onions."])


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
