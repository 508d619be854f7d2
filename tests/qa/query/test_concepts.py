"""What numbers in news count."""

import pytest

from qa.query.concepts import concepts_of, concepts_of_number, exclude


def counted(sentence: str, number: str) -> frozenset[str]:
    start = sentence.index(number)
    return concepts_of_number(sentence, start, start + len(number)) & {"death", "injury", "missing", "fare", "damage"}


@pytest.mark.parametrize(
    ("sentence", "number", "concept"),
    [
        ("Four people are dead and eleven are missing.", "Four", "death"),
        ("Four people are dead and eleven are missing.", "eleven", "missing"),
        ("The number of people killed has risen to seven, up from four.", "seven", "death"),
        ("The crash claimed three lives, and ten people were wounded.", "three", "death"),
        ("The crash claimed three lives, and ten people were wounded.", "ten", "injury"),
        ("A crane fell, killing two workers and injuring six.", "two", "death"),
        ("Nobody is missing any longer.", "Nobody", "missing"),
        ("Two of the dead were found.", "Two", "death"),
        ("Admission is 15 euros.", "15 euros", "fare"),
        ("Insurers put the damage at 9 million euros.", "9 million euros", "damage"),
    ],
)
def test_a_number_counts_what_stands_behind_it_or_else_before_it(sentence: str, number: str, concept: str) -> None:
    assert {concept} == counted(sentence, number)


def test_a_part_of_the_injured_who_are_at_clinics_does_not_count_the_injured() -> None:
    assert {"hospital"} == concepts_of_number("Five of the injured are at clinics.", 0, 4)


def test_words_for_the_same_are_one_concept() -> None:
    for text in ("Twelve died", "They lost their lives", "the death toll", "three fatalities", "bodies were found"):
        assert "death" in concepts_of(text)


def test_only_concepts_of_a_family_exclude_each_other() -> None:
    assert exclude(frozenset({"injury"}), frozenset({"death"}))
    assert exclude(frozenset({"injury"}), frozenset())
    assert not exclude(frozenset({"injury", "death"}), frozenset({"death"}))
    assert not exclude(frozenset({"fare"}), frozenset({"fare", "cost"}))
    assert not exclude(frozenset({"opening"}), frozenset({"death"}))
