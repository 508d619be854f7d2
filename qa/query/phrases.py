"""Word patterns: what people say around a question, and lines that say nothing.

A pattern is a sequence of words: "can|could you please? tell me" has alternatives and an optional word. Words are
normalized before they are compared: lower case, no apostrophes, "hellooo" as "hello".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Self

_WORD = re.compile(r"[^\W_]+(?:['’‘ʼ`´][^\W_]+)*")
_APOSTROPHE = re.compile(r"['’‘ʼ`´]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_OPTIONAL = "?"
Part = tuple[frozenset[str], bool]  # the alternatives, and whether they are optional


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: its span [start, end) in code points, and its normalized form."""

    start: int
    end: int
    normalized: str


@lru_cache(maxsize=256)  # a question asks several times of each sentence
def words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a text."""
    is_plain = _APOSTROPHE.search(text) is None and _DRAWN_OUT.search(text.lower()) is None
    return tuple(
        Word(*found.span(), found[0].lower() if is_plain else _normalized(found[0])) for found in _WORD.finditer(text)
    )


def _normalized(word: str) -> str:
    return _DRAWN_OUT.sub(r"\1", _APOSTROPHE.sub("", word.lower()))


def normalized_words(text: str) -> list[str]:
    """Return the normalized words of a text."""
    return [word.normalized for word in words_of(text)]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns, indexed by their possible first words."""

    beginnings: dict[str, list[list[Part]]]

    @classmethod
    def of(cls, table: str, shared: Mapping[str, str] = MappingProxyType({})) -> Self:
        """Parse patterns, one a line. A name in `shared` stands for its alternatives.

        Raises ValueError for a pattern whose first word is optional.
        """
        beginnings: dict[str, list[list[Part]]] = {}
        for line in filter(None, map(str.strip, table.splitlines())):
            pattern: list[Part] = []
            for part in line.split():
                names = part.removesuffix(_OPTIONAL).split("|")
                alternatives = "|".join(shared.get(name, name) for name in names).split("|")
                pattern.append((frozenset(alternatives), part.endswith(_OPTIONAL)))
            if pattern[0][1]:
                raise ValueError(f"{line!r}: the first word of a pattern can't be optional.")
            for word in pattern[0][0]:
                beginnings.setdefault(word, []).append(pattern)
        return cls(beginnings)

    def longest(self, words: Sequence[Word], at: int = 0) -> int:
        """Return the length, in words, of the longest match that begins at a word; 0 for none."""
        longest = 0
        for pattern in self.beginnings.get(words[at].normalized, []) if at < len(words) else []:
            place = at
            for alternatives, optional in pattern:
                if place < len(words) and words[place].normalized in alternatives:
                    place += 1
                elif not optional:
                    break
            else:
                longest = max(longest, place - at)
        return longest
