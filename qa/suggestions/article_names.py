"""The names of people, places and organisations in an article, as they are written there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from index.search.keywords import stems
from qa.answers.names import Name, names_in
from qa.query import lexicon
from qa.spelling import common_stems

_MAX_WORDS, _MIN_LETTERS = 6, 2
_CAPITAL = re.compile(r"(?<![\w.!?\"“”‘’'(])(?<=\w |, )[^\W\d_]\w*")
_TITLE_SHARE = 0.7  # of the words of a line with a capital: a headline, in which each may have one
_PERSON = 2.0  # evidence: a title, a role, an age beside a name of two words


@dataclass(frozen=True, slots=True)
class ArticleNames:
    """What the sentences of an article tell of names.

    capitalized: words with a capital in the midst of a sentence. people: the words of names that are surely those of
    people, in lower case.
    """

    capitalized: frozenset[str] = frozenset()
    people: frozenset[tuple[str, ...]] = frozenset()

    @classmethod
    def of(cls, sentences: Sequence[str]) -> Self:
        """Return what sentences tell."""
        plain = [one for one in sentences if not _is_headline(one)]
        capitalized = (word for one in plain for word in _CAPITAL.findall(one) if word[0].isupper())
        people = (name.words for one in plain for name in names_in(one) if _is_surely_person(name))
        return cls(frozenset(capitalized), frozenset(people))

    def is_person(self, name: Name) -> bool:
        """Return whether a name is surely that of one person, there or elsewhere in the article."""
        is_known = name.words in self.people and name.organisation <= 0 and name.place <= 0 and not name.is_plural
        return is_known or _is_surely_person(name)

    def is_doubtful(self, name: Name) -> bool:
        """Return whether a name may be a common word that only begins its sentence."""
        if not name.is_doubtful or name.words[0].capitalize() in self.capitalized:
            return False
        return name.words[0] in lexicon.PERSON_NOUNS or not common_stems().isdisjoint(stems(name.words[0]))

    def written(self, sentences: Sequence[str]) -> list[str]:
        """Return the names in sentences as they are written, each once, in order."""
        found: dict[str, None] = {}
        for sentence in sentences:
            for name in () if _is_headline(sentence) else names_in(sentence):
                text = _written(sentence, name)
                if text is not None and not name.is_plural and not self.is_doubtful(name):
                    found[text] = None
        return list(found)


NO_NAMES = ArticleNames()


def _is_surely_person(name: Name) -> bool:
    return name.person >= _PERSON and name.organisation <= 0 and name.place <= 0 and not name.is_plural


def _written(sentence: str, name: Name) -> str | None:
    """Return a name without the titles before it, None where it is too long or has too few letters."""
    words = sentence[name.start : name.end].split()
    words = words[len(name.title) if len(name.title) < len(words) else 0 :]
    text = " ".join(words)
    return text if 1 <= len(words) <= _MAX_WORDS and sum(map(str.isalpha, text)) >= _MIN_LETTERS else None


def _is_headline(sentence: str) -> bool:
    words = [word for word in sentence.split() if word[0].isalpha()]
    return len(words) > 3 and sum(word[0].isupper() for word in words) > _TITLE_SHARE * len(words)
