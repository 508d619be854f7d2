"""Which known words somebody may have meant by one that nobody has written."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

MEANT = 5  # known words that are tried for an unknown one
# Shorter words are near too many others; longer ones are no words, and cost time.
LENGTHS = range(4, 31)
TWO_ERRORS = 8  # letters that a word has at least before two errors in it are thought of
_BEGINNING = 2  # letters that are right even then
_SHORTEST = 3  # letters of a word that may be meant


class Vocabulary(Protocol):
    """The words of an index, as they are indexed."""

    def frequency(self, stem: str) -> int:
        """Return in how many texts a word is; 0 for an unknown one."""
        ...

    def beginning(self, letters: str) -> Sequence[tuple[str, int]]:
        """Return the words that begin with some letters, and in how many texts they are."""
        ...


def nearest(word: str, stems: Callable[[str], Sequence[str]], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return at most MEANT indexed words that an unknown, lower-case word may be meant for, most frequent first.

    They are one error away (a letter too many, too few, wrong, or two swapped). Of a word of TWO_ERRORS letters, two
    errors away where none is nearer. Errors are looked for before the stem is taken: "killedd" is one from "killed",
    but far from "kill". A word with a digit is meant as it is written: 1867 is not 1868.
    """
    if not (word.isalpha() and word.islower() and len(word) in LENGTHS):
        return ()
    one_off = stems(" ".join(edit for edit in edits(word) if len(edit) >= _SHORTEST))
    found = {stem: times for stem in one_off if (times := vocabulary.frequency(stem))}
    if not found and len(word) >= TWO_ERRORS:
        stem = stems(word)[0]
        found = {
            other: times for other, times in vocabulary.beginning(stem[:_BEGINNING]) if _two_errors_away(stem, other)
        }
    return tuple(sorted(found, key=lambda stem: (-found[stem], stem))[:MEANT])


def edits(word: str) -> set[str]:
    """Return all that is one error away from a lower-case word, in the letters of its script."""
    letters = _alphabet(word)
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    dropped = {head + tail[1:] for head, tail in splits if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    replaced = {head + letter + tail[1:] for head, tail in splits if tail for letter in letters}
    inserted = {head + letter + tail for head, tail in splits for letter in letters}
    return (dropped | swapped | replaced | inserted) - {word}


def distance(one: str, other: str) -> int:
    """Return how many errors make one word of the other (optimal string alignment: no letter is swapped twice)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, opposite in enumerate(other, start=1):
            steps = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite:
                steps = min(steps, before[column - 2] + 1)
            current.append(steps)
        before, last = last, current
    return last[-1]


def _alphabet(letters: Iterable[str]) -> list[str]:
    # Unicode lays alphabets out in blocks of 32: a to z, and the Greek and Cyrillic letters in two each.
    blocks = {ord(letter) & ~31 for letter in letters}
    return [letter for block in sorted(blocks) for letter in map(chr, range(block, block + 32)) if letter.islower()]


def _two_errors_away(one: str, other: str) -> bool:
    # Letters that only one of them has are counted first: it is quick, and says no to nearly all.
    return (
        abs(len(one) - len(other)) <= 2
        and len(set(one) - set(other)) <= 2
        and len(set(other) - set(one)) <= 2
        and distance(one, other) <= 2
    )
