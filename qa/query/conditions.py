"""Finds what a question states: names, places, years, dates, numbers, roles, the noun that is counted, negation."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile

from qa.query import lexicon

WORD = re.compile(r"[^\W_]+(?:(?:[’'.&-]|(?<=\d),(?=\d{3}(?!\d)))[^\W_]+)*")
YEAR = re.compile(r"(?<![\d.,:/])(?:1[0-9]{3}|20[0-9]{2})(?![\d%]|[.,:]\d)")
CALENDAR = re.compile(rf"(?:{lexicon.MONTHS}|{lexicon.WEEKDAYS})", re.I)
NEGATION = re.compile(r"\b(?:not|never|cannot|without|no|none|nobody|neither|nor|unless|except)\b|n[’']t\b", re.I)
POSSESSIVE = re.compile(r"[’']s?$")
_ORDER = re.compile(rf"(?:[a-z]{{2,}}est|most|least|last|final|{'|'.join(filter(str.isalpha, lexicon.ORDINALS))})")
_COUNTED = re.compile(r"\bhow (?:many|much)\b|\b(?:number|amount|percentage|share) of\b", re.I)
_DAY = re.compile(r"\d{1,2}(?:st|nd|rd|th)?")
_MAX_CAPITALIZED = 0.8  # of a question's words; where more are, as in a headline, capitals show no name


class ConditionKind(Enum):
    """What a condition is about."""

    NAME = "name"
    PLACE = "place"
    YEAR = "year"
    DATE = "date"
    NUMBER = "number"
    ROLE = "role"
    COUNTED_NOUN = "counted noun"
    ORDER = "order"  # superlatives and ordinals
    NEGATION = "negation"
    OBJECT = "object"  # of a yes/no question; `asked_objects` finds them


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a question states, in its own words."""

    text: str
    kind: ConditionKind


def conditions(question: str) -> list[Condition]:
    """Return what a question states: names and numbers in the order of the text, then other words."""
    words = list(WORD.finditer(question))
    return [*_names_and_numbers(question, words), *_other_words(question, words)]


def _names_and_numbers(text: str, words: Sequence[re.Match[str]]) -> Iterator[Condition]:
    lower = sum(word[0].islower() for word in words)
    upper = sum(word[0][0].isupper() for word in words[1:])  # the first word has a capital anyway
    shows_names = lower > 0 and upper <= _MAX_CAPITALIZED * (upper + lower)
    at = 0
    while at < len(words):
        word, end, kind = words[at][0], at + 1, None
        if _is_calendar(words, at):
            kind = ConditionKind.DATE
            end += end < len(words) and _DAY.fullmatch(words[end][0]) is not None
        elif YEAR.fullmatch(word):
            kind = ConditionKind.YEAR
        elif word[0].isdigit():
            is_before_month = end < len(words) and CALENDAR.fullmatch(words[end][0]) is not None
            followed_by_month = _DAY.fullmatch(word) is not None and is_before_month
            kind = ConditionKind.DATE if followed_by_month else ConditionKind.NUMBER
            end += followed_by_month
        elif shows_names and _begins_name(text, words, at):
            end = _end_of_name(text, words, at)
            kind = ConditionKind.PLACE if _follows_place_preposition(words, at) else ConditionKind.NAME
        if kind is not None:
            yield Condition(POSSESSIVE.sub("", text[words[at].start() : words[end - 1].end()]), kind)
        at = end


def _is_calendar(words: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether a word is a month or a weekday; "May" only beside a day or a preposition of time."""
    word = words[at][0]
    if not word[0].isupper() or CALENDAR.fullmatch(word) is None:
        return False
    before = words[at - 1][0].lower() if at else ""
    follows = at + 1 < len(words) and words[at + 1][0].isdigit()
    return word != "May" or follows or _DAY.fullmatch(before) is not None or before in lexicon.TIME_PREPOSITIONS


def _begins_name(text: str, words: Sequence[re.Match[str]], at: int) -> bool:
    word = words[at][0]
    if not word[0].isupper() or word == "I" or word[:2] in ("I'", "I’"):
        return False
    if at and text[words[at - 1].end() : words[at].start()].strip() not in (".", "?", "!", ":"):
        return True
    # Every sentence begins with a capital, a name's next word does so as well.
    follows = at + 1 < len(words) and words[at + 1][0][0].isupper()
    plain = POSSESSIVE.sub("", word)
    return (follows or plain != word) and plain.lower() not in lexicon.NO_FIRST_NAMES


def _end_of_name(text: str, words: Sequence[re.Match[str]], at: int) -> int:
    """Return the index of the word after a name: "Bank of Varra", "Gannet 40"."""
    end = at + 1
    while (
        end < len(words)
        and text[words[end - 1].end() : words[end].start()] == " "
        and POSSESSIVE.search(words[end - 1][0]) is None
    ):
        word = words[end][0]
        if word[0].isupper() and CALENDAR.fullmatch(word) is None:
            end += 1
        elif (links := _links(words, end)) and end + links < len(words) and words[end + links][0][0].isupper():
            end += links + 1
        elif word.isdigit() and YEAR.fullmatch(word) is None:
            return end + 1
        else:
            break
    return end


def _links(words: Sequence[re.Match[str]], at: int) -> int:
    """Return how many words link two of a name, at most two: "de la"."""
    return sum(1 for _ in takewhile(lambda word: word[0] in lexicon.NAME_LINKS, words[at : at + 2]))


def _follows_place_preposition(words: Sequence[re.Match[str]], at: int) -> bool:
    before = [word[0].lower() for word in words[max(0, at - 2) : at]]
    return (before[:-1] if before[-1:] == ["the"] else before)[-1:] in [[one] for one in lexicon.PLACE_PREPOSITIONS]


def _other_words(text: str, words: Sequence[re.Match[str]]) -> Iterator[Condition]:
    for at, word in enumerate(words):
        if not {word[0], word[0].removesuffix("s")}.isdisjoint(lexicon.ROLE_NOUNS):
            yield Condition(word[0], ConditionKind.ROLE)
        elif _ORDER.fullmatch(word[0]) and word[0] not in lexicon.NO_SUPERLATIVES and _is_determined(words, at):
            yield Condition(word[0], ConditionKind.ORDER)
    negation = NEGATION.search(text)
    if negation is not None:
        yield Condition(negation[0], ConditionKind.NEGATION)
    counted = _COUNTED.search(text)
    if counted is not None:
        following = (word[0] for word in words if word.start() >= counted.end())
        phrase = list(takewhile(lambda word: word.lower() not in lexicon.NO_COUNTED_NOUNS, following))
        ends = (at for at in range(1, len(phrase)) if _ends_phrase(phrase[at - 1].lower(), phrase[at].lower()))
        if phrase and phrase[0].lower() not in lexicon.UNNAMED_AMOUNTS:
            yield Condition(phrase[next(ends, len(phrase)) - 1], ConditionKind.COUNTED_NOUN)


def _ends_phrase(before: str, word: str) -> bool:
    """Return whether a past form after a plural is the verb: "protesters died", but "newly registered voters"."""
    is_plural = before.endswith("s") or before in lexicon.ANYBODY
    return is_plural and word.endswith("ed") and word not in lexicon.NOT_PAST_FORMS


def _is_determined(words: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether a determiner or a possessive stands before a word, as before superlatives and ordinals."""
    before = words[at - 1][0].lower() if at else ""
    return before in lexicon.DETERMINERS or before == "whose" or before.endswith(("'s", "’s", "s'", "s’"))
