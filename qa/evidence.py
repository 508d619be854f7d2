"""Checks what a question states against the sentence and the passage of an answer.

A passage that shares most words with a question may still speak of another year or of somebody else. What counts is
which of the question's statements it lacks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import takewhile

from index.search.keywords import stems
from index.search.spelling import is_misspelling
from qa.answers.roles import AskedRole
from qa.other_subjects import AskedPerson, is_of_another_model, is_of_another_thing
from qa.query import lexicon
from qa.query.asked_objects import asked_objects
from qa.query.conditions import CALENDAR, NEGATION, POSSESSIVE, WORD, YEAR, Condition, ConditionKind, conditions
from qa.types import Evidence, Quote

_MIN_STEM = 4  # letters; a name as long as this is the same with another ending
_NAMES = frozenset({ConditionKind.NAME, ConditionKind.PLACE})
_NUMBERS = frozenset({ConditionKind.YEAR, ConditionKind.DATE, ConditionKind.NUMBER})
_GIVEN_NAMES = lexicon.MALE_NAMES | lexicon.FEMALE_NAMES
# Words that many names share: "Mayor Lund" is known by "Lund", the "Kelby Museum" by "Kelby".
_KINDS = lexicon.ORGANISATION_NOUNS | lexicon.PLACE_NAME_NOUNS
_SHARED = lexicon.SHARED_NAME_WORDS | lexicon.TITLES | lexicon.ROLE_NOUNS | _KINDS
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_INSIDE_NAMES = lexicon.NAME_LINKS | {"for", "and"}  # "Ministry of Health and Care"
# Words after an answer, up to a mark, among which the counted noun may stand.
_PHRASE = re.compile(r"(?:[ -][^\W_]+(?:[’'-][^\W_]+)*){1,3}")
_COUNT = re.compile(
    rf"\b(?:\d[\d.,]*+|{lexicon.NUMBER_WORDS})(?:[ -](?:{lexicon.NUMBER_WORDS}|{lexicon.SCALES}))*+\b", re.I
)
_UNIT = re.compile(lexicon.UNITS)
_NO_NOUNS = lexicon.NO_COUNTED_NOUNS | lexicon.CONJUNCTIONS | {"per", "rather", "than"}


class EvidenceChecker:
    """Checks what one question states. Caches what passages and titles have, which candidates share."""

    def __init__(self, question: str) -> None:
        self._conditions = conditions(question)
        self._asked_role = AskedRole.of(question)
        persons = ((one.text, AskedPerson.of(one.text, question)) for one in self._conditions if one.kind in _NAMES)
        self._persons = {name: person for name, person in persons if person is not None}
        self._names = [one.text for one in self._conditions if one.kind in _NAMES]
        self._objects = tuple(asked_objects(question))
        self._question_words = _words(question)
        self._names_found: dict[tuple[tuple[str, ...], str], bool] = {}
        self._stems: dict[str, frozenset[str]] = {}

    def check(self, span: Quote, sentence: Quote, passage: Quote) -> list[Evidence]:
        """Return the evidence for each condition; the span is the answer, or the sentence itself."""
        found = [Evidence(one.text, one.kind, self._met(one, span, sentence, passage)) for one in self._conditions]
        return [*found, *self._objects_unmet(sentence, passage)]

    def is_of_another(self, span: Quote, sentence: Quote, passage: Quote) -> bool:
        """Return whether a sentence says of another person or thing what is asked."""
        return (
            any(person.is_another(span, sentence, passage) for person in self._persons.values())
            or any(is_of_another_model(name, sentence, passage) for name in self._names)
            or any(is_of_another_thing(one, sentence, passage) for one in self._objects)
        )

    def _objects_unmet(self, sentence: Quote, passage: Quote) -> Iterator[Evidence]:
        """Yield evidence for the objects that a sentence has others for; what a paraphrase calls them is not known."""
        for one in self._objects:
            if is_of_another_thing(one, sentence, passage):
                around = self._stems_of(passage.text) | self._stems_of(sentence.article.title)
                yield Evidence(one.text, ConditionKind.OBJECT, None if one.head & around else False)

    def _met(self, condition: Condition, span: Quote, sentence: Quote, passage: Quote) -> bool | None:
        match condition.kind:
            case ConditionKind.NEGATION:
                met = NEGATION.search(sentence.text) is not None
                return True if met else None if NEGATION.search(passage.text) is not None else False
            case ConditionKind.YEAR:
                return self._year_met(condition.text, span, sentence, passage)
            case ConditionKind.NAME | ConditionKind.PLACE | ConditionKind.DATE | ConditionKind.NUMBER:
                return self._name_met(condition, span, sentence, passage)
        return self._word_met(condition, span, sentence, passage)

    def _name_met(self, condition: Condition, span: Quote, sentence: Quote, passage: Quote) -> bool | None:
        name = tuple(WORD.findall(condition.text))
        person = self._persons.get(condition.text)
        if person is not None and person.is_another(span, sentence, passage):
            return None if self._has_name(name, passage.text) else False
        if self._has_name(name, sentence.article.title):
            return True
        if not self._has_name(name, passage.text):
            return False
        if self._has_name(name, sentence.text):
            return True
        return None if self._has_other(condition.kind, span, sentence) else True

    def _word_met(self, condition: Condition, span: Quote, sentence: Quote, passage: Quote) -> bool | None:
        stem = set(stems(condition.text))
        if condition.kind is ConditionKind.COUNTED_NOUN and span != sentence:
            counted = with_phrase(span, sentence)
            if stem <= set(stems(counted)):
                return True
            if _counts_another(condition.text, counted):
                return False
            met = stem <= self._stems_of(sentence.text)
        else:
            met = stem <= self._stems_of(sentence.text) or stem <= self._stems_of(sentence.article.title)
            role = self._asked_role
            if not met and role is not None and role.role == condition.text:  # who "commands" a ship is its captain
                met = role.is_held_by(span, sentence)
        return True if met else None if stem <= self._stems_of(passage.text) else False

    def _year_met(self, year: str, span: Quote, sentence: Quote, passage: Quote) -> bool | None:
        article = sentence.article
        if year in YEAR.findall(sentence.text) or year in YEAR.findall(article.title):
            return True
        others = set(YEAR.findall(sentence.text)) - set(YEAR.findall(span.text) if span != sentence else ())
        is_published_then = article.published is not None and str(article.published).startswith(year)
        if is_published_then or year in YEAR.findall(passage.text):
            return None if others else True
        return False

    def _has_other(self, kind: ConditionKind, span: Quote, sentence: Quote) -> bool:
        """Return whether the sentence has a name or number of this kind that neither question nor answer has."""
        known = self._question_words | (_words(span.text) if span != sentence else frozenset())
        words = [match[0] for match in WORD.finditer(sentence.text)][1:]  # the first one has a capital anyway
        if kind is ConditionKind.DATE:
            others = [word for word in words if CALENDAR.fullmatch(word)]
        elif kind is ConditionKind.NUMBER:
            others = [word for word in words if word[0].isdigit()]
        else:
            others = [word for word in words if word[0].isupper()]
        return any(POSSESSIVE.sub("", word).lower() not in known for word in others)

    def _has_name(self, name: tuple[str, ...], text: str) -> bool:
        if (name, text) not in self._names_found:
            self._names_found[name, text] = _NamesOfText.of(text).has(name)
        return self._names_found[name, text]

    def _stems_of(self, text: str) -> frozenset[str]:
        if text not in self._stems:
            self._stems[text] = frozenset(stems(text))
        return self._stems[text]


def text_has_name(name: str, text: str) -> bool:
    """Return whether a text has a name, as conditions compare it."""
    return _NamesOfText.of(text).has(tuple(WORD.findall(name)))


def unmet(evidence: Sequence[Evidence]) -> tuple[float, float, float]:
    """Return how far names, numbers and other words are unmet, each from 0 (all met, or none stated) to 1."""
    severity = {True: 0.0, None: 0.5, False: 1.0}
    by_group = [0.0, 0.0, 0.0]
    for one in evidence:
        if one.kind is ConditionKind.OBJECT:
            continue  # counts by itself: too rare for the regression
        group = 0 if one.kind in _NAMES else 1 if one.kind in _NUMBERS else 2
        by_group[group] = max(by_group[group], severity[one.met])
    return by_group[0], by_group[1], by_group[2]


def missing_names(evidence: Sequence[Evidence]) -> list[str]:
    """Return the names, places, years, dates, numbers and objects that the passage lacks."""
    return [one.text for one in evidence if one.met is False and one.kind in _NAMES | _NUMBERS | {ConditionKind.OBJECT}]


def _counts_another(noun: str, counted: str) -> bool:
    """Return whether a number is followed by another noun in the plural, "17 officers" where protesters are asked for.

    "17 people" may be of them.
    """
    found = noun_counted(counted)
    return found is not None and lexicon.ANYBODY.isdisjoint({noun.lower(), found})


def noun_counted(text: str) -> str | None:
    """Return the noun in the plural that follows a number, None where it may be a unit, an adjective or a verb."""
    for number in _COUNT.finditer(text):
        words = takewhile(lambda word: word.lower() not in _NO_NOUNS, WORD.findall(text, number.end()))
        noun: str | None = next((word for word in words if word.islower() and _is_plural(word)), None)
        if noun is not None and not _UNIT.fullmatch(noun):
            return noun
    return None


def with_phrase(span: Quote, sentence: Quote) -> str:
    """Return the words of an answer with those after it, up to a mark, among which the counted noun may stand."""
    following = _PHRASE.match(sentence.article.text, span.end, sentence.end)
    return span.text + ("" if following is None else following[0])


def _is_plural(word: str) -> bool:
    return word in lexicon.ANYBODY or (len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")))


def _words(text: str) -> frozenset[str]:
    return frozenset(POSSESSIVE.sub("", match[0]).lower() for match in WORD.finditer(text))


@dataclass(frozen=True, slots=True)
class _NamesOfText:
    """The numbers of a text and its words with a capital, in lower case.

    words: by their first letter. initials: those of runs of such words, next to each other. acronyms: in capitals.
    neighbours: for each word those before and after it in its runs, "" where there is none. others: all other words.
    """

    numbers: frozenset[str]
    words: Mapping[str, frozenset[str]]
    initials: str
    acronyms: frozenset[str]
    neighbours: Mapping[str, Sequence[tuple[str, str]]]
    others: frozenset[str]

    @classmethod
    @lru_cache(maxsize=256)  # each answer and each of the closest sentences is checked by itself
    def of(cls, text: str) -> "_NamesOfText":
        """Collect the names of a text."""
        found = WORD.findall(text)
        words: dict[str, set[str]] = {}
        neighbours: dict[str, list[tuple[str, str]]] = {}
        for before, word, after in _capitalized(text):
            for plain in {POSSESSIVE.sub("", word).lower(), *word.lower().split("-")} - {""}:
                words.setdefault(plain[0], set()).add(plain)
                neighbours.setdefault(plain, []).append((before, after))
        initials = "".join(word[0] if word[0].isupper() else "" if word in _INSIDE_NAMES else " " for word in found)
        return cls(
            numbers=frozenset(_number(word) for word in found if word[0].isdigit()),
            words={letter: frozenset(some) for letter, some in words.items()},
            initials=initials,
            acronyms=frozenset(word.replace(".", "") for word in found if word.isupper() and len(word) > 1),
            neighbours=neighbours,
            others=frozenset(word for word in found if word.islower()),
        )

    def has(self, name: Sequence[str]) -> bool:
        """Return whether the text has a name: its numbers, and a word that tells it from others, or its initials."""
        if any(word[0].isdigit() and _number(word) not in self.numbers for word in name):
            return False
        words = [POSSESSIVE.sub("", word) for word in name if not word[0].isdigit() and word not in lexicon.NAME_LINKS]
        if not words:
            return True
        is_acronym = len(words) == 1 and words[0].isupper() and len(words[0]) > 2
        if is_acronym and (words[0] in self.initials or words[0].lower() in self.others):  # or "FERRY" for emphasis
            return True
        if len(words) > 1 and "".join(word[0] for word in words).upper() in self.acronyms:
            return True
        plain = [word.lower() for word in words]
        distinctive = [word for word in plain[:-1] if word not in _SHARED] + [
            word for word in plain[-1:] if word not in lexicon.SHARED_NAME_WORDS | _KINDS
        ]
        return any(self._has_word(word, plain) for word in distinctive or plain[-1:])

    def _has_word(self, word: str, name: Sequence[str]) -> bool:
        """Return whether the text has a word of a name, and not only in other names: "Ana Ruiz" is not "Ana Silva"."""
        for one in _aliases().get(word, frozenset()) | {word}:
            for other in self.words.get(one[0], ()):
                if (one == other or _is_same(one, other)) and any(
                    (word == name[0] or before in _SHARED or self._is_part(before, name))
                    and (word == name[-1] or self._is_part(after, name))
                    for before, after in self.neighbours[other]
                ):
                    return True
        return False

    @staticmethod
    def _is_part(neighbour: str, name: Sequence[str]) -> bool:
        return len(neighbour) < 2 or neighbour in name or any(_is_same(neighbour, word) for word in name)


def _capitalized(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the words with a capital, each between the words of the same name before and after it, in lower case.

    The first word of a sentence is no such neighbour, since every first word has a capital, unless it is a given name.
    """
    before = ""
    found = list(WORD.finditer(text))
    for at, match in enumerate(found):
        word, gap = match[0], text[found[at - 1].end() : match.start()] if at else "."
        if gap != " ":
            before = ""
        begins_sentence = any(mark in gap for mark in '.?!:\n"“')
        if not word[0].isupper():
            before = ""
            continue
        following = found[at + 1] if at + 1 < len(found) else None
        is_joined = following is not None and text[match.end() : following.start()] == " " and following[0][0].isupper()
        ends_name = POSSESSIVE.search(word) is not None
        after = following[0] if following is not None and is_joined and not ends_name else ""
        yield before, word, POSSESSIVE.sub("", after).lower()
        is_neighbour = not ends_name and (not begins_sentence or word.lower() in _GIVEN_NAMES)
        before = word.lower() if is_neighbour else ""


def _number(word: str) -> str:
    """Return the digits that a word begins with, without commas: "9th" and "5km" are 9 and 5."""
    number = _DIGITS.match(word.replace(",", ""))
    return word if number is None else number[0]


@cache
def _aliases() -> dict[str, frozenset[str]]:
    groups = [frozenset(line.split()) for line in lexicon.ALIASES.replace("\n", "|").split("|") if line.strip()]
    return {word: group for group in groups for word in group}


def _is_same(name: str, word: str) -> bool:
    """Return whether two words are one name: with another ending, or with one spelling error."""
    shorter, longer = sorted((name, word), key=len)
    ends_otherwise = longer.startswith(shorter) and longer[len(shorter) :] in lexicon.NAME_ENDINGS
    return (ends_otherwise and len(shorter) >= _MIN_STEM) or is_misspelling(name, word)
