"""Short patterns of words, to find what people say around a question.

A pattern is words with spaces between them: "can|could you please? tell me" has alternatives, and one that may be left
out. Words are compared in lower case, without apostrophes, and "hellooo" as "hello".
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
Part = tuple[frozenset[str], bool]  # the words that may stand here, and whether none may


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: where it stands in it, and what it is compared as."""

    start: int
    end: int
    plain: str


def words_of(text: str) -> list[Word]:
    """Return the words of a text."""
    return [Word(found.start(), found.end(), _plain(found.group())) for found in _WORD.finditer(text)]


def _plain(word: str) -> str:
    return _DRAWN_OUT.sub(r"\1", _APOSTROPHE.sub("", word.lower()))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns, by the words that they can begin with."""

    beginnings: dict[str, list[list[Part]]]

    @classmethod
    def of(cls, table: str, shared: Mapping[str, str] = MappingProxyType({})) -> Self:
        """Read patterns, one a line, `shared` naming alternatives that many of them have.

        Raises ValueError for a pattern whose first word may be left out.
        """
        beginnings: dict[str, list[list[Part]]] = {}
        for line in filter(None, map(str.strip, table.splitlines())):
            pattern = [_alternatives(part, shared) for part in line.split()]
            if pattern[0][1]:
                raise ValueError(f"{line!r}: the first word of a pattern can't be left out.")
            for word in pattern[0][0]:
                beginnings.setdefault(word, []).append(pattern)
        return cls(beginnings)

    def longest(self, words: Sequence[Word], at: int = 0) -> int:
        """Return how many words the longest phrase has that begins at a word; 0 for none."""
        patterns = self.beginnings.get(words[at].plain, []) if at < len(words) else []
        return max((_matched(pattern, words, at) for pattern in patterns), default=0)


def _alternatives(part: str, shared: Mapping[str, str]) -> Part:
    names = part.removesuffix(_OPTIONAL).split("|")
    words = "|".join(shared.get(name, name) for name in names).split("|")
    return frozenset(words), part.endswith(_OPTIONAL)


def _matched(pattern: Sequence[Part], words: Sequence[Word], at: int) -> int:
    place = at
    for alternatives, optional in pattern:
        if place < len(words) and words[place].plain in alternatives:
            place += 1
        elif not optional:
            return 0
    return place - at
