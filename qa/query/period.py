"""Finds the time that a question asks about: "in February 2024", "on 14 September", "at first"."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from qa.dates.calendar_units import CalendarUnit, Grain
from qa.dates.finder import DateExpression, find_dates
from qa.query import lexicon

_FIRST = re.compile(
    r"\b(?:at first(?! (?:light|sight|glance|instance|hand|half|base))|initially|originally|to begin with|"
    r"at the outset)\b",
    re.I,
)
# The words before an expression, and what may follow it: "the 2022 World Cup" is no time that is asked about.
_BEFORE = re.compile(
    r"\b(?:(?P<open>since|after|from)|(?P<until>before|until|till|by|as of|up to)|back in|in|on|during|at|over|"
    r"throughout)\s+(?:the\s+|early\s+|late\s+|end of\s+|month of\s+|year\s+)*\Z",
    re.I,
)
_FOLLOWING = re.compile(
    r"\s*(?:[?.,;:!)]|$)|\s+(?:who|what|when|where|which|how|why|did|was|were|had|by|in|at|to|of|on|for|with|and|or)\b",
    re.I,
)
_RELATIVE = re.compile(r"\b(?:last|yesterday|ago|previous|earlier)\b", re.I)
_PAST = re.compile(rf"\b(?:{'|'.join(sorted(lexicon.PAST_FORMS | lexicon.PAST_AUXILIARIES))}|[a-z]{{2,}}ed)\b", re.I)
_CALENDAR = frozenset({Grain.WEEK, Grain.WEEKEND, Grain.MONTH, Grain.QUARTER, Grain.YEAR})
_YEAR = re.compile(r"\b\d{4}\b")
_WEEK = re.compile(r"(\d{4})-W(\d\d)")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Period:
    """The past days that a question asks about, `first` to `last`, and the span of its words for them.

    Both days are None for the beginning of a story, as in "at first"; `first` alone for all days until the last one.
    is_relative: the words name no day, month or year, so that no report repeats them: "last week".
    """

    start: int
    end: int
    text: str
    first: date | None = None
    last: date | None = None
    is_relative: bool = False

    def cut_from(self, question: str) -> str:
        """Return the question without the words for the period."""
        return " ".join(f"{question[: self.start]} {question[self.end :]}".split()).replace(" ?", "?")

    def is_named_in(self, text: str, published: str | None, start: int, end: int) -> bool:
        """Return whether a part of an article names a day of the period, by its date of publication."""
        if self.first is None or self.last is None:
            return False
        named = filter(None, map(days_of, find_dates(text, published, start, end)))
        return any(first <= self.last and self.first <= last for first, last in named)


def asked_period(question: str, today: date) -> Period | None:
    """Return the past time that a question asks about, None where it asks about the present or names no time."""
    beginning = _FIRST.search(question)
    if beginning is not None:
        return Period(*beginning.span(), beginning[0])
    for expression in find_dates(question, today.isoformat()):
        words = question[expression.start : expression.end]
        before = _BEFORE.search(question, 0, expression.start)
        is_relative = _RELATIVE.search(words) is not None
        if (before is None and not is_relative) or _FOLLOWING.match(question, expression.end) is None:
            continue
        days = days_of(expression)
        if days is None or (before is not None and before["open"] is not None):
            continue
        if not (is_relative or _PAST.search(question[: expression.start]) is not None or _YEAR.search(words)):
            continue  # "Is it open on Monday?"
        until = None if before is None or before["until"] is None else before["until"].lower()
        days = _in_the_past(*days, today, words)
        first = None if until is not None else days[0]
        last = days[0] - timedelta(1) if until == "before" and days[0] > date.min else days[1]
        if last <= today and not (until == "before" and days[0] == date.min):
            start = expression.start if before is None else before.start()
            return Period(start, expression.end, question[start : expression.end], first, last, is_relative)
    return None


def _in_the_past(first: date, last: date, today: date, words: str) -> tuple[date, date]:
    """Return the days, a year earlier where the words name no year, and only the tense tells that they are past."""
    if last < today or first <= today or _YEAR.search(words) is not None:
        return first, last
    with suppress(ValueError):
        return first.replace(year=first.year - 1), last.replace(year=last.year - 1)
    return first, last


def days_of(expression: DateExpression) -> tuple[date, date] | None:
    """Return the first and the last day of an expression, None where it names no days of the calendar."""
    value, grain = expression.value, expression.grain
    if value is None or grain is None:
        return None
    first = _first_day(value)
    if first is None:
        return None
    end = None if expression.end_value is None else _first_day(expression.end_value)
    with suppress(ValueError, OverflowError):
        unit, last = (CalendarUnit.around(day, grain) for day in (first, first if end is None else end))
        following = last.shifted(1) if grain in _CALENDAR else CalendarUnit(last.first, Grain.DAY).shifted(1)
        return unit.first, following.first - timedelta(1)
    return None


def _first_day(value: str) -> date | None:
    with suppress(ValueError):
        if (week := _WEEK.match(value)) is not None:
            return date.fromisocalendar(int(week[1]), int(week[2]), 1)
        if (quarter := _QUARTER.match(value)) is not None:
            return date(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
        digits = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?=T|$)", value)
        if digits is not None:
            return date(int(digits[1]), int(digits[2] or 1), int(digits[3] or 1))
    return None
