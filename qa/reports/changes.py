"""Finds sentences that tell how a number has changed: "52,000 marks, up from 45,000", "It was 124 km/h, not 131"."""

import re
from collections.abc import Iterable

from qa.query import lexicon
from qa.query.phrases import normalized_words
from qa.reports.comparison import is_former
from qa.types import Candidate, Quote
from qa.values import numbers_in

# From here on a number is its own sign: in another report of the story it is hardly about something else.
_MIN_DISTINCT = 20.0
_TO = re.compile(r"(?: \w+){0,2} to (?:about |around |nearly |some |over |just )?[$£€¥]?\Z", re.I)
_MORE, _LESS = (
    re.compile(r" (?:\w+ )?(?:more|higher) than\b", re.I),
    re.compile(r" (?:\w+ )?(?:fewer|less|lower) than\b"),
)
_FROM = re.compile(r"\b(?:up|down) from (?:\w+ ){0,4}\Z", re.I)  # "an estimate of"
_UNIT = re.compile(
    rf"[ -]?(?:%|per ?cent\b|(?:{lexicon.CURRENCIES})(?!\w)|(?:{lexicon.UNITS})(?!\w)(?:/h| an hour| per hour)?"
    rf"|(?:{lexicon.TIME_UNITS})\b)",
    re.I,
)


def changed_value(sentences: Iterable[Quote], former: Quote, terms: frozenset[str]) -> Candidate | None:
    """Return the number to which a sentence says that a former one has changed, None where none says so.

    terms: words of the question in lower case; a sentence about a small number has to share one.
    """
    old = next((value for value, _, _ in numbers_in(former.text)), None)
    if old is None:
        return None
    noun = _noun_after(former.text)
    for sentence in sentences:
        if abs(old) < _MIN_DISTINCT and terms.isdisjoint(normalized_words(sentence.text)):
            continue
        found = _changed_in(sentence, old, noun)
        if found is not None:
            return found
    return None


def _changed_in(sentence: Quote, old: float, noun: str) -> Candidate | None:
    """Return the number to which one sentence says that `old` has changed. noun: what the former value counts."""
    text = sentence.text
    numbers = list(numbers_in(text))
    for at, (value, start, end) in enumerate(numbers):
        after = numbers[at + 1] if at + 1 < len(numbers) else None
        before = numbers[at - 1] if at else None
        if value == old:
            is_from = text[:start].lower().endswith("from ")
            if is_from and after is not None and _TO.fullmatch(text[end : after[1]]):
                return _candidate(sentence, after, noun)
            if before is not None and _tells_as_former(sentence, (value, start, end), noun):
                new = _candidate(sentence, before, noun)
                return None if before[0] == old or is_former(new) else new
        if before is not None and old in (before[0] - value, before[0] + value):
            less = before[0] + value == old
            if (_LESS if less else _MORE).match(text, end):
                return _candidate(sentence, before, noun)
    return None


def _tells_as_former(sentence: Quote, number: tuple[float, int, int], noun: str) -> bool:
    """Return whether a sentence tells a number as the former one."""
    return is_former(_candidate(sentence, number, noun)) or _FROM.search(sentence.text[: number[1]]) is not None


def _noun_after(former: str) -> str:
    """Return the word after the number of a former value, "" without any."""
    following = re.search(r"\d (?P<noun>[a-z]+)", former)
    return "" if following is None else following["noun"]


def _candidate(sentence: Quote, number: tuple[float, int, int], noun: str) -> Candidate:
    """Return a number of a sentence with its unit, or with the noun that the former value has."""
    _, start, end = number
    start -= sentence.text[:start].endswith(("$", "£", "€", "¥"))
    unit = _UNIT.match(sentence.text, end)
    if unit is not None:
        end = unit.end()
    elif noun and re.match(rf" {noun}\b", sentence.text[end:]) is not None:
        end += 1 + len(noun)
    return Candidate(Quote(sentence.article, sentence.start + start, sentence.start + end), sentence, 0.0)
