import string
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.search.spelling import MAX_CORRECTIONS, corrections, distance, edits, is_misspelling

words = st.text("abcde", min_size=1, max_size=7)
letters = st.text(string.ascii_lowercase, max_size=12)


class Words:
    """A vocabulary of words that are their own stems; later ones are in more texts."""

    def __init__(self, *words: str) -> None:
        self._times = {word: place for place, word in enumerate(words, start=1)}

    def frequency(self, stem: str) -> int:
        return self._times.get(stem, 0)

    def with_prefix(self, letters: str, limit: int) -> Sequence[tuple[str, int]]:
        found = [(word, times) for word, times in self._times.items() if word.startswith(letters)]
        return sorted(found, key=lambda one: -one[1])[:limit]


def corrected(word: str, *known: str) -> tuple[str, ...]:
    return corrections(word, str.split, Words(*known))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("finish", "finish", 0),
        ("finsh", "finish", 1),
        ("fiinish", "finish", 1),
        ("funish", "finish", 1),
        ("fniish", "finish", 1),
        ("withdrawl", "withdrawal", 1),
        ("parlement", "parliament", 2),
        ("", "abc", 3),
        ("ca", "abc", 3),  # no letter is swapped and then parted: Damerau's own distance is 2
    ],
)
def test_errors_are_counted(one: str, other: str, expected: int) -> None:
    assert expected == distance(one, other) == distance(other, one)


@given(words, words)
@example("ab", "ba")
def test_the_edits_of_a_word_are_all_words_one_error_away(one: str, other: str) -> None:
    assert (distance(one, other) == 1) == (other in edits(one))


@given(st.text("bcdfg", min_size=4, max_size=12), st.lists(letters, max_size=5))
def test_what_is_meant_is_known_and_never_more_than_a_few(word: str, known: list[str]) -> None:
    found = corrected(word, *known, *(word[:place] + "x" + word[place:] for place in range(len(word) + 1)))
    assert len(found) == MAX_CORRECTIONS
    assert all(1 == distance(word, other) for other in found)


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("tokaev", ("tokayev", "peskov"), ("tokayev",)),
        ("kasakhstan", ("kazakhstan", "kyrgyzstan"), ("kazakhstan",)),
        ("iraz", ("iran", "iraq"), ("iraq", "iran")),
        ("parlement", ("parliament",), ("parliament",)),
        ("parlement", ("parliament", "parlements"), ("parlements",)),  # the nearer alone
        ("barlyament", ("parliament",), ()),  # two errors, one of them in how it begins
        ("parlment", ("parliamentary",), ()),
        ("токаев", ("токаева",), ("токаева",)),
        ("αθηνα", ("αθηναι",), ("αθηναι",)),
    ],
)
def test_near_words_may_be_meant(word: str, known: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert expected == corrected(word, *known)


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("1867", "1868"),
        ("2021st", "2022st"),
        ("fix", "fox"),
        ("sofa", "so"),
        ("parliment", "parrot"),
        ("撤军何时结束呢", "撤军何时结束吗"),
        ("a" * 40, "a" * 41),
    ],
)
def test_numbers_short_words_and_far_words_are_not_guessed(word: str, known: str) -> None:
    assert () == corrected(word, known)


def test_errors_are_found_before_endings_are_cut() -> None:
    def stems(text: str) -> list[str]:
        return [word.removesuffix("ed") for word in text.split()]

    assert ("kill",) == corrections("killedd", stems, Words("kill"))


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("tokaev", "tokayev", True),
        ("volta", "votla", True),
        ("kelby", "melby", False),  # another first letter
        ("lund", "land", False),  # too short
        ("tokaev", "tokayevs", False),
        ("tokaev", "tokaev", False),
        ("12345", "12346", False),
    ],
)
def test_names_one_error_apart_are_told(word: str, other: str, expected: bool) -> None:
    assert expected is is_misspelling(word, other) is is_misspelling(other, word)
