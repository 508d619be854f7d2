"""Spelling correction: finds indexed words for an unknown word of a question."""

from collections.abc import Callable, Sequence
from typing import Protocol

from rapidfuzz.distance.OSA import distance

MAX_CORRECTIONS = 5  # per word
# Shorter words are within one error of too many others; longer ones are rarely words, and take time.
CORRECTED_LENGTHS = range(4, 31)
TWO_ERRORS_FROM = 8  # letters; in words as long as this, two errors are corrected where one is not enough
MAX_COMPARED = 5_000  # most frequent stems of a prefix; of 27,592 common English words, 563 stems begin with "co"
_EXACT_PREFIX = 2  # letters that must agree where there are two errors
_MIN_CORRECTION_LENGTH = 3
_MIN_SAME = 5  # letters; shorter words are within one error of too many others


class Vocabulary(Protocol):
    """The words of an index, as stems."""

    def frequency(self, stem: str) -> int:
        """Return how many texts contain a stem, 0 for an unknown one."""
        ...

    def with_prefix(self, letters: str, limit: int) -> Sequence[tuple[str, int]]:
        """Return the `limit` most frequent stems with a prefix, each with the number of texts that contain it."""
        ...


def corrections(word: str, stems: Callable[[str], Sequence[str]], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return at most MAX_CORRECTIONS indexed stems for an unknown, lower-case word, most frequent first.

    They are at an edit distance of 1 (insertion, deletion, substitution or transposition); where there are none, and
    the word has TWO_ERRORS_FROM letters or more, of 2. Edits are made before stemming: "killedd" is one edit from
    "killed", but three from "kill". Words with a digit are not corrected: 1867 is not 1868.
    """
    if not (word.isalpha() and word.islower() and len(word) in CORRECTED_LENGTHS):
        return ()
    one_error_away = stems(" ".join(edit for edit in edits(word) if len(edit) >= _MIN_CORRECTION_LENGTH))
    found = {stem: count for stem in one_error_away if (count := vocabulary.frequency(stem))}
    if not found and len(word) >= TWO_ERRORS_FROM:
        stem = stems(word)[0]
        found = {
            other: count
            for other, count in vocabulary.with_prefix(stem[:_EXACT_PREFIX], MAX_COMPARED)
            if distance(stem, other, score_cutoff=2) <= 2
        }
    return tuple(sorted(found, key=lambda stem: (-found[stem], stem))[:MAX_CORRECTIONS])


def is_misspelling(word: str, other: str) -> bool:
    """Return whether two different words of at least five letters, with the same first one, are one error apart."""
    return (
        word[0] == other[0]
        and min(len(word), len(other)) >= _MIN_SAME
        and abs(len(word) - len(other)) <= 1
        and len(set(word) ^ set(other)) <= 2  # faster than the distance
        and word.isalpha()
        and distance(word, other, score_cutoff=1) == 1
    )


def edits(word: str) -> set[str]:
    """Return every string at an edit distance of 1 from a lower-case word, in the letters of its script."""
    # In Unicode, alphabets are aligned to blocks of 32: a to z in one, the Greek and Cyrillic letters in two each.
    blocks = {ord(letter) & ~31 for letter in word}
    letters = [letter for block in blocks for letter in map(chr, range(block, block + 32)) if letter.islower()]
    splits = [(word[:index], word[index:]) for index in range(len(word) + 1)]
    deletions = {head + tail[1:] for head, tail in splits if tail}
    transpositions = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    replacements = {head + letter + tail[1:] for head, tail in splits if tail for letter in letters}
    insertions = {head + letter + tail for head, tail in splits for letter in letters}
    return (deletions | transpositions | replacements | insertions) - {word}
