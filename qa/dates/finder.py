"""Finds the time expressions of a text and resolves them against the date of publication."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import regex

from corpus.article import parse_published
from corpus.errors import InvalidArticle
from corpus.text.sentences import MIN_WRAP
from qa.dates.calendar_units import Grain
from qa.dates.clocks import CLOCKS
from qa.dates.context import Context, Mention, Resolved, Rule
from qa.dates.days import DAYS, MONTHS
from qa.dates.periods import PERIODS
from qa.dates.relative import RELATIVE
from qa.dates.vocabulary import WEEKDAY, weekday_number

_RULES = [*DAYS, *CLOCKS, *RELATIVE, *MONTHS, *PERIODS]


_WORD = re.compile(r"(?<!\w)['’‘]?\w+")
_FOLLOWING = re.compile(r" (\w+)")
_KNOWN = frozenset(
    form
    for pattern, _ in _RULES
    for word in re.findall(r"[^\W\d_]+", pattern.pattern)
    for form in (word.lower(), f"{word.lower()}s", word.lower().removesuffix("s"))
)


_PATTERNS = [regex.compile(pattern.pattern) for pattern, _ in _RULES]  # `regex` matches beginnings of what may match


@lru_cache(2048)  # 143,000 code points of Wikipedia ask for 627; names of months go by their case
def _rules_from(first: str, second: str | None) -> Sequence[Rule]:
    """Return the rules of expressions that begin with two words; `second` is None for an unknown word.

    `first` may also be the beginning of a word, and `second` empty for what is not known yet.
    """
    if second == "":
        return [rule for rule, one in zip(_RULES, _PATTERNS, strict=True) if one.fullmatch(first, partial=True)]
    return [
        rule
        for rule, one in zip(_RULES, _PATTERNS, strict=True)
        if one.fullmatch(first) or (second is not None and one.fullmatch(f"{first} {second}", partial=True))
    ]


def _rules_at(text: str, word: re.Match[str]) -> Sequence[Rule]:
    """Return the rules of expressions that may begin with a word of a text."""
    first = word.group()
    if not first.isalpha():
        return _rules_from(first[0], "")
    if first.lower() not in _KNOWN:
        return ()
    following = _FOLLOWING.match(text, word.end())
    if following is None:
        return _rules_from(first, "")
    second = following[1]
    if second[0].isdigit():
        return _rules_from(first, "")
    return _rules_from(first, second if second.lower() in _KNOWN else None)


_BETWEEN = re.compile(r"(?P<dash> ?[-–—] ?)|,? (?P<word>to|and|until|till|through)(?: the)? (?=\w)")
_CHANGED = re.compile(
    r"\b(?:moved?|moving|postponed|brought|pushed|delayed|shifted|changed|rescheduled|deferred|extended"
    r"|put (?:off|back)|up|down|rose|fell|grew)\b[^.;]{0,40} from (?:the )?\Z",
    re.I,
)
_WEEKDAYS = re.compile(rf"(?:{WEEKDAY})")
_RECURS = re.compile(
    r"\b(?:opens?|opened|shut|closed|hours|daily|every|each|weekdays|runs|operates|available|served)\b", re.I
)
_FROM = re.compile(r"\bfrom (?:the |early |late )?\Z", re.I)
_BETWEEN_BEFORE = re.compile(r"\bbetween (?:the |early |late )?\Z", re.I)
_MAX_MENTIONS = 50  # that later expressions may go on from
_MEMORY = 400  # code points before a part of a text in which what its expressions go on from may be named
_SMALL = 40  # code points before a span in which "between" or "postponed from" is looked for


@dataclass(frozen=True, slots=True)
class DateExpression:
    """A time expression `[start, end)` of a text, in code points, and what it stands for, as TIMEX3 writes it.

    value: None where it can't be known. end_value: where a range ends. grain: None for a vague time, such as PAST_REF.
    guess: a rule has chosen between several readings.
    """

    start: int
    end: int
    value: str | None
    grain: Grain | None
    guess: bool = False
    end_value: str | None = None


def find_dates(
    text: str, published: str | None, start: int = 0, end: int | None = None, published_is_guess: bool = False
) -> list[DateExpression]:
    """Return the time expressions of a text, or of its part from `start` to `end`, in text order.

    `published` is ISO 8601; a relative expression has no value without it, and is a guess where that is one.
    """
    first = max(0, start - _MEMORY)
    window, day = text[first:end], published_day(published)

    def earlier() -> list[Mention]:
        context = Context(window[: start - first], day)
        for _ in _expressions(context, 0, start - first, is_guess=False):
            pass
        return context.mentions

    context = Context(window, day, earlier if first < start else None)
    found = _expressions(context, start - first, len(window), published_is_guess)
    return [replace(one, start=one.start + first, end=one.end + first) for one in found]


def published_day(published: str | None) -> date | None:
    """Return the day of a date or date-time in ISO 8601, None where it is none."""
    try:
        return None if published is None else parse_published(published).day
    except InvalidArticle:
        return None


def _expressions(context: Context, start: int, end: int, is_guess: bool) -> Iterator[DateExpression]:
    """Yield the expressions of a span; `is_guess`: so is the date of publication."""
    position = start
    while (found := _next(context, position, end)) is not None:
        first, last, resolved = found
        rest = _rest_of_range(context, first, last, resolved, end)
        if rest is not None:
            last, resolved = rest
        if resolved.unit is not None:
            unit = resolved.end_unit if resolved.end_unit is not None else resolved.unit
            context.mentions.append(Mention(first, unit, resolved.assumed_year))
            del context.mentions[:-_MAX_MENTIONS]
        guess = resolved.guess or (is_guess and context.has_used_published)
        yield DateExpression(first, last, resolved.value, resolved.grain, guess, resolved.end_value)
        position = last


def _next(context: Context, position: int, end: int, at_once: bool = False) -> tuple[int, int, Resolved] | None:
    """Return the first expression from a position on, or only one that begins there: its span and what it means."""
    for word in _WORD.finditer(context.flat, position, end):
        first = word.start()
        if at_once and first > position:
            return None
        for pattern, resolve in _rules_at(context.flat, word):
            found = pattern.match(context.flat, first, end)
            if found is None or not found.group().strip() or _joins_lines(context.text, first, found.end()):
                continue
            context.has_used_published = False
            try:
                resolved = resolve(found, context)
            except (ValueError, OverflowError):  # there is no such day
                continue
            if resolved is not None:
                return first, found.end() if resolved.stop is None else resolved.stop, resolved
    return None


def _joins_lines(text: str, start: int, end: int) -> bool:
    """Tell whether a span goes on in another line than it begins in, unless the line is full, as in wrapped text."""
    at = text.find("\n", start, end)
    return at >= 0 and at - (text.rfind("\n", 0, at) + 1) < MIN_WRAP


def _rest_of_range(context: Context, first: int, last: int, begin: Resolved, end: int) -> tuple[int, Resolved] | None:
    """Return where a range ends that begins with an expression, and the range: "May 3 to June 5", "2009 to 2011"."""
    between = None if begin.end_value is not None else _BETWEEN.match(context.flat, last, end)
    if between is None:
        return None
    recurs = begin.unit is None or _recurs(context, first)
    if _WEEKDAYS.fullmatch(context.flat, first, last) and between["word"] != "and" and recurs:
        return _opening_days(context, first, last, between.end(), end)
    if begin.unit is None:
        return None
    before = context.flat[max(0, first - _SMALL) : first]
    is_between = _BETWEEN_BEFORE.search(before) is not None
    lacks_from = between["word"] in {"until", "till"} and _FROM.search(before) is None
    if (between["word"] == "and") != is_between or lacks_from or _CHANGED.search(before):
        return None
    context.mentions.append(Mention(first, begin.unit, begin.assumed_year))
    found = _next(context, between.end(), end, at_once=True)
    context.mentions.pop()
    try:
        whole = None if found is None else _range(begin, found[2])
    except (ValueError, OverflowError):  # it leaves the calendar
        return None
    return None if found is None or whole is None else (found[1], whole)


def _recurs(context: Context, position: int) -> bool:
    """Tell whether the sentence around a position says when something is open."""
    start, end = context.sentence(position)
    return _RECURS.search(context.flat, max(start, position - _MEMORY), min(end, position + _MEMORY)) is not None


def _opening_days(context: Context, first: int, last: int, start: int, end: int) -> tuple[int, Resolved] | None:
    """Return the range of weekdays on which something is open: "Tuesday to Sunday"."""
    other = _WEEKDAYS.match(context.flat, start, end)
    if other is None:
        return None
    days = [f"XXXX-WXX-{weekday_number(name) + 1}" for name in (context.flat[first:last], other.group())]
    return other.end(), Resolved(days[0], Grain.DAY, end_value=days[1])


def _range(begin: Resolved, end: Resolved) -> Resolved | None:
    """Return the range between two expressions, None where they are none. What one of them lacks, the other says."""
    first, last = begin.unit, end.unit
    if first is None or last is None or end.end_value is not None:
        return None
    are_times = bool(first.time and last.time)
    if first.grain is not last.grain and not are_times:
        return None
    if are_times and begin.guess:
        first = replace(first, first=last.first)  # "8 a.m. to 5 p.m. Monday"
    if begin.assumed_year and not end.assumed_year:
        first = first.shifted(last.first.year - first.first.year, Grain.YEAR)
        first = first if first.first <= last.first else first.shifted(-1, Grain.YEAR)
    elif first.first > last.first and end.assumed_year:
        last = last.shifted(1, Grain.YEAR)
    elif first.first > last.first and (first.first - last.first).days < 7:
        last = last.shifted(7, Grain.DAY)  # "Friday to Sunday"
    if (first.first, first.time) >= (last.first, last.time):
        return None
    guess = (begin.guess and not begin.assumed_year and not are_times) or end.guess
    return Resolved(first.value, first.grain, guess, first, end.assumed_year, last, last.value)
