import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.query.lexicon import MONTHS
from training.data.augmentation import drop_words, make_unanswerable


def perturbations(question: str, text: str = "", others: list[str] | None = None) -> set[str | None]:
    return {
        make_unanswerable(question, text, [] if others is None else others, random.Random(seed)) for seed in range(400)
    }


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # Each antonym of each word, capitalised alike.
        ("Which lake lies deepest in the north?", {"Which lake lies deepest in the south?"}),
        ("First prize went to whom?", {"Last prize went to whom?"}),
        ("What came before lunch?", {"What came after lunch?", "What came during lunch?"}),
        ("Whose father sold it?", {"Whose mother sold it?", "Whose father bought it?"}),
        # A negation after the first auxiliary.
        ("It was whom?", {"It was not whom?", "It wasn't whom?", "It was never whom?"}),
        ("One can swim?", {"One can not swim?", "One can't swim?", "One can never swim?"}),
        ("Will it rain?", {"Will not it rain?", "Won't it rain?", "Will never it rain?"}),
        ("One may enter?", {"One may not enter?", "One may never enter?"}),
        ("One did say he was?", {"One did not say he was?", "One didn't say he was?", "One did never say he was?"}),
        # A month and a name are no auxiliaries.
        ("Which met Will?", {None}),
        ("Which came in May?", {*(f"Which came in {one}?" for one in MONTHS.title().split("|") if one != "May"), None}),
        # A negated question is not negated again.
        ("One was not there?", {None}),
        ("One wasn’t there?", {None}),
        # A digit becomes another one.
        ("Which fed 7 sheep?", {f"Which fed {n} sheep?" for n in (1, 2, 3, 4, 5, 6, 8, 9)} | {None}),
        ("Which won?", {"Which lost?"}),
        ("Which?", {None}),
        ("", {None}),
    ],
)  # fmt: skip
def test_a_question_is_perturbed_by_one_of_the_rules(question: str, expected: set[str | None]) -> None:
    assert expected == perturbations(question)


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
def test_the_new_question_word_asks_for_what_the_text_lacks(question: str, text: str, expected: set[str]) -> None:
    found = {str(one) for one in perturbations(question, text) if one is not None}
    asking = {one for one in found if one.split()[-2:] == question.split()[-2:]}
    assert expected == {one for one in asking if "n't" not in one and " not " not in one and " never " not in one}


def test_a_month_becomes_any_other_month() -> None:
    months = "January February March April July August September October November December".split()  # noqa: SIM905
    text = "They came in " + ", in ".join(months) + "."
    expected = {f"What opens each {month}?" for month in [*months, "May", "June"] if month != "April"}
    assert expected == perturbations("What opens each April?", text)


def test_a_number_becomes_a_close_one_of_as_many_digits() -> None:
    found = {int(str(one)[-5:-1]) for one in perturbations("Ruled from 1910?") - {None}}
    assert found <= set(range(1850, 1971))
    assert len(found) > 60
    assert {2} == {len(str(one)) - len("So ate  eggs?") for one in perturbations("So ate 12 eggs?") - {None}}


def test_a_number_becomes_one_of_the_text_of_as_many_digits() -> None:
    asked = "Whose was it in 1710?"
    found = {str(one) for one in perturbations(asked, "It was sold for 20 crowns in 1811 and 1912.")}
    assert {"Whose was it in 1811?", "Whose was it in 1912?"} <= found
    assert "Whose was it in 20?" not in found
    assert "Whose was it in 20?" in perturbations(asked, "It was sold for 20 crowns.")


@pytest.mark.parametrize("number", ["007", "0.17", "00", "000", "0", "0.05", "1,000", "9999999"])
def test_unusual_numbers_are_swapped_like_others(number: str) -> None:
    found = perturbations(f"What costs {number} crowns?") - {None}
    assert found
    assert not any(number in str(one).split() for one in found)


def test_a_name_becomes_one_of_as_many_words_that_the_text_lacks() -> None:
    text = "ida berg ate."
    others = ["There he met Peter Novak and Ida Berg, in Rome.", "“Who?” asked Ole Ask."]
    found = perturbations("So came Maria Kahn?", text, others)
    assert {"So came Peter Novak?", "So came Ole Ask?"} <= found
    assert not any("Ida" in str(one) or "Rome" in str(one) for one in found)


def test_a_name_becomes_another_one_of_the_text() -> None:
    found = perturbations("So came Maria Kahn?", "She met Ida Berg and Maria Kahn, in Rome.")
    assert "So came Ida Berg?" in found
    assert "So came Rome?" not in found


def test_a_name_of_another_length_is_the_last_resort() -> None:
    assert {"So came Rome?"} == perturbations("So came Maria Kahn?", "", ["Then they saw Rome."])


def test_a_word_becomes_one_of_similar_form_from_another_text() -> None:
    text = "She was mending kettles here."
    others = ["He baked with onions, singing of boats and of kettledrums."]
    found = perturbations("There went kettles?", text, others)
    assert {"There went onions?", "There went boats?", None} >= found
    assert {"There went onions?", "There went boats?"} <= found


def test_stop_words_and_words_that_the_text_lacks_stay() -> None:
    assert {None} == perturbations("There went kettles?", "Nothing here.", ["He baked with onions."])
    assert {None} == perturbations("So they been?", "they been", ["They baked onions."])


def test_the_seed_decides_the_perturbation() -> None:
    others = ["Then Peter Novak met Ida Berg near Rome in 1833."]
    asked = ("Who was the first king of Norway in 1910?", "The first king of Norway came in 1910.", others)
    assert [make_unanswerable(*asked, random.Random(seed)) for seed in range(50)] == [
        make_unanswerable(*asked, random.Random(seed)) for seed in range(50)
    ]


WORDS = ["first", "was", "CAN", "May", "Maria Kahn", "of", "three", "North", "isn't", "never"]
TEXTS = st.lists(st.sampled_from([*WORDS, "1905", "0.00", "ſs", "?"]) | st.text(max_size=8), max_size=12).map(" ".join)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3), st.integers(0, 99))
def test_any_text_works_and_a_perturbed_question_differs(
    question: str, text: str, others: list[str], seed: int
) -> None:
    new = make_unanswerable(question, text, others, random.Random(seed))
    assert new is None or new.casefold() != question.casefold()


def test_very_long_texts_are_fast() -> None:
    start = time.process_time()
    for text in ("A" * 20_000, "Aa " * 7_000, " " * 20_000, "1," * 10_000, "The" + " " * 5_000):
        make_unanswerable(text, text, [text], random.Random(0))
    assert time.process_time() - start < 5


def test_word_dropout_keeps_the_order_of_the_other_words() -> None:
    words = ["when", "did", "the", "old", "ferry", "leave", "the", "northern", "harbour"]
    seen = {drop_words(" ".join(words), random.Random(seed)) for seed in range(400)}
    assert {len(words) - 1, len(words) - 2, len(words) - 3} == {len(one.split()) for one in seen}
    for one in seen:
        left = iter(words)
        assert all(word in left for word in one.split())  # each is found after the one before
    assert len(seen) > 50


def test_word_dropout_leaves_three_words() -> None:
    assert "Who left?" == drop_words("Who left?", random.Random(0))
    assert "Who left first?" == drop_words("Who left first?", random.Random(0))
    assert {3} == {len(drop_words("Who left it first?", random.Random(seed)).split()) for seed in range(20)}
