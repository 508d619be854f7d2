"""Tells where a sentence says of another person or thing what a question asks.

Relatives share a surname, and what an article says of a sister must not answer for her brother; what it says of dogs
does not answer for cats, nor what it says of the Gannet 40 for the Gannet 60. Each is told by the words alone, so that
little else is taken for it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from corpus.text.sentences import split
from index.search.keywords import stems
from index.search.spelling import is_misspelling
from qa.answers.names import Name, gender_of, names_in
from qa.query import lexicon
from qa.query.asked_objects import AskedObject
from qa.query.conditions import POSSESSIVE, WORD, YEAR
from qa.types import Quote

_NO_PERSONS = lexicon.ORGANISATION_NOUNS | lexicon.ORGANISATION_NAME_NOUNS | lexicon.PLACE_NAME_NOUNS
_GIVEN_NAMES = lexicon.MALE_NAMES | lexicon.FEMALE_NAMES
_MAX_PERSON = 3  # words of a person's name
_MAX_BACK = 3  # sentences back to the one that names whom a pronoun stands for
_KIN = frozenset(lexicon.KINSHIP.replace("|", " ").split()) - {"married"}
# "His younger sister", also after an adverb: "In 1920 his sister", "Later, his sister".
_RELATIVE = re.compile(
    r"(?:(?:In|On|At|By|Since|From|Until|After|Before|During|Later|Then|But|And)\b(?:(?!\bs?he\b)[^.,;:]){0,30},? )?"
    rf"(?:(?P<pronoun>[Hh]is|[Hh]er)|[Tt]heir|(?P<owner>[A-Z][\w-]*)['’]s?) (?:[a-z-]+ ){{0,2}}?"
    rf"(?P<noun>{'|'.join(sorted(_KIN, key=len, reverse=True))})\b(?! of\b)"
)
_SUBJECT_PRONOUN = re.compile(r"(?:[A-Z][a-z]+(?: [^.,;:]{0,25})?,? )?(?P<pronoun>[Ss]?[Hh]e)\b")
# "His sister taught him to sail": it is said of him after all.
_OBJECT_PRONOUN = re.compile(
    rf"\bhim(?:self)?\b|\bherself\b|\bher(?=[.,;:]|$| (?:{'|'.join(lexicon.AFTER_OBJECT_PRONOUN)})\b)"
)
_NUMBER = r"\d+(?:\.\d+)*"
_NUMBERED = re.compile(rf"(?:.*[ -])?(?P<word>[^\W\d_]+)[ -]?(?P<number>{_NUMBER})")
_PRONOUN = re.compile(r"\b(?:he|she|him|his|her|it|its)\b", re.I)
_RELATIVE_INSIDE = re.compile(rf"\b(?:his|her) (?:{'|'.join(sorted(_KIN))})\b")
_REPORTS = re.compile(rf"\b(?:{lexicon.REPORTING_VERBS})\b")
_THING_PRONOUN = re.compile(r"\b(?:it|they|them|these|those|this|both|ones?)\b", re.I)


class _Other(NamedTuple):
    """Somebody else of the family, at [start, end) of a sentence; `word` may tell the gender."""

    start: int
    end: int
    word: str

    @property
    def gender(self) -> int:
        """The gender: positive for male, negative for female, 0 where the word does not tell."""
        named = (self.word in lexicon.MALE_NAMES) - (self.word in lexicon.FEMALE_NAMES)
        return gender_of([self.word]) or named


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """A person whom a question names by given name and surname.

    words: those of the name in lower case, without titles. surname: as it is written. asked: all words of the question
    in lower case.
    """

    words: tuple[str, ...]
    surname: str
    asked: frozenset[str]

    @classmethod
    def of(cls, name: str, question: str) -> "AskedPerson | None":
        """Return the person of a name in a question, None where it is no full name of one."""
        written = [POSSESSIVE.sub("", word) for word in WORD.findall(name)]
        while written and (written[0].lower() in lexicon.TITLES or (written[0].isupper() and len(written[0]) > 1)):
            written = written[1:]  # "Dr" or "DCI"
        words = tuple(word.lower() for word in written)
        if not 1 < len(words) <= _MAX_PERSON or len(words[0]) == 1 or any(map(str.isdigit, "".join(words))):
            return None
        if words[-1] in _NO_PERSONS or not lexicon.NAME_LINKS.isdisjoint(words):
            return None
        if question.startswith(name) and words[0] not in _GIVEN_NAMES:
            return None  # the first word of a question has a capital anyway
        return cls(words, written[-1], frozenset(_plain(word) for word in WORD.findall(question)))

    def is_another(self, span: Quote, sentence: Quote, passage: Quote) -> bool:
        """Return whether a sentence speaks of a relative of this person, or of another one with the surname.

        A relative who is the answer, or whom the question asks for, is none such.
        """
        text = sentence.text
        if self._is_named(text):
            return False
        other = self._other(sentence.article.text, text)
        if other is None:
            return self._continues_another(span, sentence, passage)
        is_answer = (
            span != sentence and span.start < sentence.start + other.end and sentence.start + other.start < span.end
        )
        # What a relative says is often said of this person, and so is what a relative does to "him".
        is_of_both = _OBJECT_PRONOUN.search(text, other.end) or _REPORTS.search(text, other.end)
        return not is_answer and is_of_both is None

    def _other(self, article: str, text: str) -> _Other | None:
        """Return where a sentence of an article names somebody else of the family."""
        relative = _RELATIVE.match(text)
        if relative is None:  # who asks for a relative may mean another one of the name
            return self._namesake(article, text) if (_KIN | lexicon.RELATIVES).isdisjoint(self.asked) else None
        owner, groups = relative["owner"], _kin_groups()[relative["noun"]] | lexicon.RELATIVES
        if owner is not None and self._is_given_name_of_another(article, owner):
            return _Other(*relative.span("owner"), relative["noun"])
        following = [name for name in names_in(text) if 0 <= name.start - relative.end() <= len(", ")]
        if not groups.isdisjoint(self.asked) or any(name.words[0] in self.asked for name in following):
            return None
        end = max([relative.end(), *(name.end for name in following)])
        return _Other(relative.start(), end, relative["noun"])

    def _namesake(self, article: str, text: str) -> _Other | None:
        """Return where a sentence names another person of this surname."""
        names = names_in(text)
        if names and names[0].start == 0 and self._is_given_name_of_another(article, text[: names[0].end]):
            return _Other(0, names[0].end, names[0].words[0])
        found = next((name for name in names if self._shares_surname_only(name)), None)
        if found is None or _PRONOUN.search(text, 0, found.start) or _RELATIVE_INSIDE.search(text, found.end):
            return None
        return _Other(found.start, found.end, found.words[0])

    def _continues_another(self, span: Quote, sentence: Quote, passage: Quote) -> bool:
        """Return whether a sentence begins with "She" or "Her husband", of somebody whom a sentence before names."""
        pronoun = _SUBJECT_PRONOUN.match(sentence.text) or _RELATIVE.match(sentence.text)
        if pronoun is None or pronoun["pronoun"] is None:
            return False
        if span != sentence and span.start < sentence.start + pronoun.end("pronoun"):
            return False  # whom the pronoun stands for is the answer
        gender = 1 if pronoun["pronoun"].lower() in lexicon.MALE_PRONOUNS else -1
        for text in _sentences_before(sentence, passage):
            if self._is_named(text):
                return False
            other = self._other(sentence.article.text, text) or self._namesake(sentence.article.text, text)
            if other is not None:
                return other.gender * gender >= 0
            if _SUBJECT_PRONOUN.match(text) is None:
                return False
        return False

    def _is_named(self, text: str) -> bool:
        """Return whether a text names this person: by the given name, or by a surname that is not another's.

        "Peter's niece" does not.
        """
        relative = _RELATIVE.match(text)
        start = 0 if relative is None else relative.end()
        return any(self._is_same(name) for name in names_in(text) if not name.is_plural and name.start >= start)

    def _is_same(self, name: Name) -> bool:
        if name.words[-1] == self.words[-1]:
            return len(name.words) == 1 or not self._has_other_given_name(name)
        return len(name.words) == 1 and name.words[0] in self.words[:-1]

    def _shares_surname_only(self, name: Name) -> bool:
        return (
            not name.is_plural
            and 1 < len(name.words) <= _MAX_PERSON
            and lexicon.TITLES.isdisjoint(name.words)
            and name.words[-1] == self.words[-1]
            and self._has_other_given_name(name)
            and name.words[0] not in self.asked
        )

    def _is_given_name_of_another(self, article: str, word: str) -> bool:
        """Return whether a word is the given name of another person with this surname in an article."""
        plain = word.lower()
        is_known = plain in self.asked or any(_may_be_same(own, plain) for own in self.words)
        return not is_known and " " not in word and f"{word} {self.surname}" in article

    def _has_other_given_name(self, name: Name) -> bool:
        """Return whether no given name can be one of this person: its initial, short form, or a middle name."""
        return not any(_may_be_same(own, other) for own in self.words[:-1] for other in name.words[:-1])


def is_of_another_model(name: str, sentence: Quote, passage: Quote) -> bool:
    """Return whether a passage knows a name with other numbers only, as "Gannet 40" where "Gannet 60" is asked for."""
    found = _NUMBERED.fullmatch(name)
    if found is None or found["word"].lower() in lexicon.NUMBERED_PARTS:
        return False
    # "Gannet 40", "Gannet 40 and 60"
    pattern = re.compile(rf"\b{re.escape(found['word'])}[ -]?({_NUMBER}(?:(?:, | or | and |/){_NUMBER})*)", re.I)
    texts = (sentence.article.title, passage.text)
    numbers = {number for text in texts for some in pattern.findall(text) for number in re.findall(_NUMBER, some)}
    return found["number"] not in numbers and any(YEAR.fullmatch(number) is None for number in numbers)


def is_of_another_thing(thing: AskedObject, sentence: Quote, passage: Quote) -> bool:
    """Return whether a sentence says of another thing what a yes/no question asks of this one.

    It then has all the other content words of the question, or the passage has them where it lacks the thing, too:
    "Are cats allowed in the hall?", "Dogs are not allowed in the hall". A paraphrase has others as well.
    """
    title = frozenset(stems(sentence.article.title))
    own = frozenset(stems(sentence.text))
    around = frozenset(stems(passage.text)) | title
    is_covered = not lexicon.ALL_OF_A_KIND.isdisjoint(map(_plain, WORD.findall(sentence.text)))
    if is_covered or any(_has(stem, own | title) for stem in thing.head):
        return False
    is_around = any(_has(stem, around) for stem in thing.head)
    if is_around and _THING_PRONOUN.search(sentence.text):
        return False
    if not thing.others:
        return not is_around or bool(thing.verb & own)
    found = own | title if is_around else around
    return any(_has(stem, own) for stem in thing.others) and all(_has(stem, found) for stem in thing.others)


def _has(stem: str, found: frozenset[str]) -> bool:
    return stem in found or any(stem[0] == other[0] and is_misspelling(stem, other) for other in found)


def _plain(word: str) -> str:
    return POSSESSIVE.sub("", word).lower()


def _sentences_before(sentence: Quote, passage: Quote) -> Iterator[str]:
    """Yield the sentences of a passage before one of them, the nearest first."""
    before = passage.article.text[passage.start : sentence.start]
    spans: Sequence[tuple[int, int]] = split(before, None)
    for start, end in reversed(spans[-_MAX_BACK:]):
        yield before[start:end]


def _may_be_same(own: str, other: str) -> bool:
    """Return whether two given names may be those of one person."""
    is_short = own.startswith(other) or other.startswith(own)
    return is_short or other in _nicknames().get(own, frozenset()) or is_misspelling(own, other)


@cache
def _kin_groups() -> dict[str, frozenset[str]]:
    return _grouped(lexicon.KINSHIP)


@cache
def _nicknames() -> dict[str, frozenset[str]]:
    return _grouped(lexicon.NICKNAMES)


def _grouped(table: str) -> dict[str, frozenset[str]]:
    """Return for each word of a table all words that stand on a line with it."""
    found: dict[str, frozenset[str]] = {}
    for line in table.replace("\n", "|").split("|"):
        for word in line.split():
            found[word] = found.get(word, frozenset()) | frozenset(line.split())
    return found
