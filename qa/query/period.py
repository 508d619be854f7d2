"""Finds the time that a question asks about: "in February 2024", "on 14 September", "at first"."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from qa.dates.calendar_units import CalendarUnit, Grain
from qa.dates.finder import DateExpression, find_dates

_FIRST = re.compile(
    r"\b(?:at first|initially|originally|to begin with|at the (?:start|beginning|outset)|in the beginning)\b", re.I
)
_BEFORE = re.compile(  # the words before an expression
    r"(?:\b(?:(?P<open>since|after|from)|(?P<until>before|until|till|by|as of|up to)|back in|in|on|during|at|of|for|"
    r"over|throughout|the|early|late|end of)\s+)*\Z",
    re.I,
)
_CALENDAR = frozenset(
    {Grain.WEEK, Grain.WEEKEND, Grain.MONTH, Grain.QUARTER, Grain.SEASON, Grain.HALF, Grain.YEAR, Grain.DECADE}
)
_WEEK = re.compile(r"(\d{4})-W(\d\d)")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Period:
    """The past days that a question asks about, `first` to `last`, and the span of its words for them.

    Both days are None for the beginning of a story, as in "at first"; `first` alone for all days until the last one.
    """

    start: int
    end: int
    first: date | None = None
    last: date | None = None

    def cut_from(self, question: str) -> str:
        """Return the question without the words for the period."""
        return " ".join(f"{question[: self.start]} {question[self.end :]}".split()).replace(" ?", "?")


def asked_period(question: str, today: date) -> Period | None:
    """Return the past time that a question asks about, None where it asks about the present or names no time."""
    beginning = _FIRST.search(question)
    if beginning is not None:
        return Period(*beginning.span())
    for expression in find_dates(question, today.isoformat()):
        days = _days(expression)
        before = _BEFORE.search(question, 0, expression.start)
        if days is None or before is None or before["open"] is not None:
            continue
        first: date | None = days[0]
        last = days[1]
        if before["until"] is not None:
            first = None
            if before["until"].lower() == "before":
                if days[0] == date.min:
                    continue
                last = days[0] - timedelta(1)
        if last < today:
            return Period(before.start(), expression.end, first, last)
    return None


def _days(expression: DateExpression) -> tuple[date, date] | None:
    """Return the first and the last day of an expression, None where it names no days of the calendar."""
    value, grain = expression.value, expression.grain
    if value is None or grain is None:
        return None
    first = _first_day(value)
    if first is None:
        return None
    unit = CalendarUnit.around(first, grain)
    with suppress(ValueError, OverflowError):
        following = unit.shifted(1) if grain in _CALENDAR else CalendarUnit(first, Grain.DAY).shifted(1)
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
