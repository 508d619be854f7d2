"""Word patterns: what people say around a question, and lines that say nothing.

A pattern is a sequence of words: "can|could you please? tell me" has alternatives and an optional word. Words are
normalized before they are compared: lower case, no apostrophes, "hellooo" as "hello".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def words_of(text: str) -> list[Word]:
    """Return the words of a text."""
    return [Word(found.start(), found.end(), _normalize(found.group())) for found in _WORD.finditer(text)]


def normalized_words(text: str) -> list[str]:
    """Return the normalized words of a text."""
    return [word.normalized for word in words_of(text)]


def _normalize(word: str) -> str:
    return _DRAWN_OUT.sub(r"\1", _APOSTROPHE.sub("", word.lower()))


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
            pattern = [_alternatives(part, shared) for part in line.split()]
            if pattern[0][1]:
                raise ValueError(f"{line!r}: the first word of a pattern can't be optional.")
            for word in pattern[0][0]:
                beginnings.setdefault(word, []).append(pattern)
        return cls(beginnings)

    def longest(self, words: Sequence[Word], at: int = 0) -> int:
        """Return the length, in words, of the longest match that begins at a word; 0 for none."""
        patterns = self.beginnings.get(words[at].normalized, []) if at < len(words) else []
        return max((_match_length(pattern, words, at) for pattern in patterns), default=0)


def _alternatives(part: str, shared: Mapping[str, str]) -> Part:
    names = part.removesuffix(_OPTIONAL).split("|")
    words = "|".join(shared.get(name, name) for name in names).split("|")
    return frozenset(words), part.endswith(_OPTIONAL)


def _match_length(pattern: Sequence[Part], words: Sequence[Word], at: int) -> int:
    place = at
    for alternatives, optional in pattern:
        if place < len(words) and words[place].normalized in alternatives:
            place += 1
        elif not optional:
            return 0
    return place - at
