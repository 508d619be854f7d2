"""Spelling correction: the indexed words that an unknown word of a question may be a misspelling of."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rapidfuzz.distance.OSA import distance

MAX_CORRECTIONS = 5  # of one word
# Shorter words have too many others near them; longer ones are no words, and cost time.
CORRECTED_LENGTHS = range(4, 31)
TWO_ERRORS_FROM = 8  # letters of a word in which two errors are assumed where one explains nothing
_EXACT_PREFIX = 2  # letters that are taken as right even then
_MIN_CORRECTION_LENGTH = 3


class Vocabulary(Protocol):
    """The words of an index, as stems."""

    def frequency(self, stem: str) -> int:
        """Return how many texts have a stem; 0 for an unknown one."""
        ...

    def with_prefix(self, letters: str) -> Sequence[tuple[str, int]]:
        """Return the stems that begin with some letters, each with how many texts have it."""
        ...


def corrections(word: str, stems: Callable[[str], Sequence[str]], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return at most MAX_CORRECTIONS indexed stems for an unknown, lower-case word, most frequent first.

    They are one error away (a letter too many, missing or wrong, or two swapped); for a word of TWO_ERRORS_FROM
    letters, two errors where none is nearer. One error is sought before stemming: "killedd" is one from "killed", but
    far from "kill". Words with a digit are not corrected: 1867 is not 1868.
    """
    if not (word.isalpha() and word.islower() and len(word) in CORRECTED_LENGTHS):
        return ()
    one_error_away = stems(" ".join(edit for edit in edits(word) if len(edit) >= _MIN_CORRECTION_LENGTH))
    found = {stem: count for stem in one_error_away if (count := vocabulary.frequency(stem))}
    if not found and len(word) >= TWO_ERRORS_FROM:
        stem = stems(word)[0]
        found = {
            other: count
            for other, count in vocabulary.with_prefix(stem[:_EXACT_PREFIX])
            if distance(stem, other, score_cutoff=2) <= 2
        }
    return tuple(sorted(found, key=lambda stem: (-found[stem], stem))[:MAX_CORRECTIONS])


def edits(word: str) -> set[str]:
    """Return every string one error away from a lower-case word, in the letters of its script."""
    letters = _alphabet(word)
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    deletions = {head + tail[1:] for head, tail in splits if tail}
    transpositions = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    replacements = {head + letter + tail[1:] for head, tail in splits if tail for letter in letters}
    insertions = {head + letter + tail for head, tail in splits for letter in letters}
    return (deletions | transpositions | replacements | insertions) - {word}


def _alphabet(letters: Iterable[str]) -> list[str]:
    # Unicode lays alphabets out in blocks of 32: a to z, and the Greek and Cyrillic letters in two each.
    blocks = {ord(letter) & ~31 for letter in letters}
    return [letter for block in sorted(blocks) for letter in map(chr, range(block, block + 32)) if letter.islower()]
