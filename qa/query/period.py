"""Finds the time that a question asks about: "in February 2024", "on 14 September", "at first", "when it opened"."""

import calendar
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from index.search.keywords import stems
from qa.dates.calendar_units import CalendarUnit, Grain
from qa.dates.finder import DateExpression, find_dates
from qa.dates.vocabulary import number_value
from qa.query import lexicon
from qa.query.lexicon import STOP_STEMS

_FIRST = re.compile(
    r"\b(?:at first(?! (?:light|sight|glance|instance|hand|half|base))|initially|originally|to begin with|"
    r"(?<= )first(?= (?:meant|supposed|planned|scheduled|due|expected|intended|hoped|promised|going) to\b)|"
    r"at the (?:outset|(?:very )?(?:beginning|start)(?=\W*$)))\b",
    re.I,
)
# The words before an expression, and what may follow it: "the 2022 World Cup" is no time that is asked about.
_BEFORE = re.compile(
    r"\b(?:(?P<open>since|after|from)|(?P<until>before|until|till|by|as of|as at|up to|prior to)|back in|in|on|"
    r"during|at|over|throughout)\s+(?:the\s+|early\s+|late\s+|mid[- ]|end of\s+|month of\s+|year\s+)*\Z",
    re.I,
)
_FOLLOWING = re.compile(
    r"\s*(?:[?.,;:!)]|$)|\s+(?:who|what|when|where|which|how|why|did|was|were|had|by|in|at|to|of|on|for|with|and|or)\b",
    re.I,
)
_RELATIVE = re.compile(r"\b(?:last|yesterday|ago|previous|earlier)\b", re.I)
_LIGHT = frozenset(
    stems("up down off out go goes went come came take took place happen occur get got make made be been day")
)
_PAST = re.compile(
    rf"\b(?:did|{'|'.join(sorted(lexicon.PAST_FORMS | lexicon.PAST_AUXILIARIES))}|[a-z]{{2,}}ed)\b", re.I
)
_CALENDAR = frozenset({Grain.WEEK, Grain.WEEKEND, Grain.MONTH, Grain.QUARTER, Grain.YEAR})
_LONG = frozenset({Grain.SEASON, Grain.HALF, Grain.DECADE})
_MIN_PARTED = 28  # days; of a week or a day no part is told
_YEAR = re.compile(r"\b\d{4}\b")
_VALUE = re.compile(
    r"(?P<year>\d{4})(?:-W(?P<week>\d\d)(?:-WE)?|-Q(?P<quarter>[1-4])|-H(?P<half>[12])|-(?P<season>SP|SU|FA|WI)|"
    r"(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T.*)?)?)?)|(?P<decade>\d{3})"
)
_SEASON_STARTS = {"SP": 3, "SU": 6, "FA": 9, "WI": 12}
# Which third of a month, year, ... is meant.
_PART = re.compile(
    r"\b(?:(?P<first>early|(?:start|beginning) of)|(?P<second>mid|middle of)|(?P<third>late|end of))(?:\b|-)", re.I
)
# "when it opened", "before the rise", "two days after the crash", "on its opening day"
_EVENT = re.compile(
    r"\b(?:(?P<count>\d{1,5}|an?|one|two|three|four|five|six|seven|eight|nine|ten) (?P<unit>day|week|month|year)s? "
    r"(?P<after>after)|(?P<before>before|until|prior to)|"
    r"(?P<when>when|at the time (?:of|when)|by the time|at the moment)|"
    r"(?P<on>on|at)(?= (?:the|its|his|her|their) (?:day|time|moment|opening|start|beginning|launch)\b))\s+"
    r"(?P<event>[^?,;]{2,80})",
    re.I,
)
# In what follows "when", something happens; after "before" and "after", a noun may tell it.
_CLAUSE = re.compile(r"(?:the|a|an|its?|his|her|their|they|he|she|this|that|[A-Z]|\w+s\b)", re.I)
_CAPITALS = re.compile(r"[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*)*")
_ASKS_TIME = re.compile(
    r"(?:when|how long|how (?:many|much) (?:days|weeks|months|years|time)|what happened|what did [^?]*?(?:do|say))\b"
    r"(?!.*\b(?:meant|supposed|planned|expected|scheduled|due|going) to\b|.*\bw(?:as|ere) [^?]*\bto [a-z]+)",
    re.I,
)
# "The first bid" is the one at the beginning.
_FIRST_ONE = re.compile(
    r"\b(?:first|initial|original) (?=(?:bid|offer|estimate|figure|report|count|price|plan|date|deadline|trial|ruling|"
    r"verdict|sentence|forecast|toll|target|budget|proposal|version|cost|fine|wage|demand|number)s?\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at the time that a question asks about, and how long before or after it that time is.

    relation: whether the time is that of the event, or before it. days: from the event to the time.
    """

    text: str
    relation: Literal["at", "before"]
    days: int = 0

    @property
    def terms(self) -> frozenset[str]:
        """The stems of its words, but for those that are in every text."""
        return frozenset(stems(self.text)) - STOP_STEMS - _LIGHT

    def share_in(self, text: str) -> float:
        """Return the share of its words that a text has."""
        return len(self.terms & set(stems(text))) / len(self.terms)


@dataclass(frozen=True, slots=True)
class Period:
    """The past days that a question asks about, `first` to `last`, and the span of its words for them.

    Both days are None for the beginning of a story, as in "at first"; `first` alone for all days until the last one.
    is_relative: the words name no day, month or year, so that no report repeats them: "last week". event: what happened
    then, where only that is said; both days are None.
    """

    start: int
    end: int
    text: str
    first: date | None = None
    last: date | None = None
    is_relative: bool = False
    event: Event | None = None

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
    beginning = _FIRST.search(question) or _FIRST_ONE.search(question)
    if beginning is not None:
        return Period(*beginning.span(), beginning[0].strip())
    for expression in find_dates(question, today.isoformat()):
        words = question[expression.start : expression.end]
        before = _BEFORE.search(question, 0, expression.start)
        is_relative = _RELATIVE.search(words) is not None
        if (before is None and not is_relative) or _FOLLOWING.match(question, expression.end) is None:
            continue
        days = days_of(expression, question)
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
    return _period_of_event(question)


def _period_of_event(question: str) -> Period | None:
    """Return the time of an event that a question names, None where it names none, or asks when that was."""
    found = _EVENT.search(question, 1)
    if found is None or _ASKS_TIME.match(question) or _PAST.search(question, 0, found.start()) is None:
        return None
    text = found["event"].strip()
    # Neither "Before Sunrise" nor "Who was the mayor before Teel?"
    if found[0][0].isupper() or (question.lower().startswith("who ") and _CAPITALS.fullmatch(text) is not None):
        return None
    if found["when"] is not None and _CLAUSE.match(text) is None:
        return None
    event = Event(text, "before" if found["before"] else "at", _days_after(found))
    return Period(found.start(), found.end("event"), found[0].strip(), event=event) if event.terms else None


def _days_after(found: re.Match[str]) -> int:
    if found["count"] is None:
        return 0
    count = 1 if found["count"].lower() in ("a", "an") else int(number_value(found["count"]))
    return count * {"day": 1, "week": 7, "month": 30, "year": 365}[found["unit"].lower()]


def _in_the_past(first: date, last: date, today: date, words: str) -> tuple[date, date]:
    """Return the days, a year earlier where the words name no year, and only the tense tells that they are past."""
    if last < today or first <= today or _YEAR.search(words) is not None:
        return first, last
    with suppress(ValueError):
        return first.replace(year=first.year - 1), last.replace(year=last.year - 1)
    return first, last


def days_of(expression: DateExpression, text: str | None = None) -> tuple[date, date] | None:
    """Return the first and the last day of an expression of a text, None where it names no days of the calendar.

    text: by which "early March" is the first third of the month.
    """
    value, grain = expression.value, expression.grain
    if value is None or grain is None:
        return None
    first = _first_day(value)
    if first is None:
        return None
    if grain in _LONG:
        return _part_of(first, _last_of_long(first, grain), expression, text)
    end = None if expression.end_value is None else _first_day(expression.end_value)
    with suppress(ValueError, OverflowError):
        unit, last = (CalendarUnit.around(day, grain) for day in (first, first if end is None else end))
        following = last.shifted(1) if grain in _CALENDAR else CalendarUnit(last.first, Grain.DAY).shifted(1)
        if grain is Grain.WEEKEND:
            unit = CalendarUnit(unit.first + timedelta(5), grain)
        return _part_of(unit.first, following.first - timedelta(1), expression, text)
    return None


def _last_of_long(first: date, grain: Grain) -> date:
    """Return the last day of a season, half-year or decade."""
    months = {Grain.SEASON: 3, Grain.HALF: 6}.get(grain, 120)
    year, month = divmod(first.year * 12 + first.month - 1 + months - 1, 12)
    return date(min(year, date.max.year), month + 1, calendar.monthrange(min(year, date.max.year), month + 1)[1])


def _part_of(first: date, last: date, expression: DateExpression, text: str | None) -> tuple[date, date]:
    """Return the third of a time that is meant: "early March" and "mid-March"."""
    days = (last - first).days + 1
    words = "" if text is None else text[max(0, expression.start - 10) : expression.end]
    part = _PART.search(words)
    if part is None or days < _MIN_PARTED:
        return first, last
    third = 0 if part["first"] else 1 if part["second"] else 2
    start = first + timedelta(days * third // 3)
    return start, last if third == 2 else first + timedelta(days * (third + 1) // 3 - 1)


def _first_day(value: str) -> date | None:
    found = _VALUE.fullmatch(value)
    if found is None:
        return None
    year, month = int(found["year"] or found["decade"]), 1
    with suppress(ValueError):
        if found["week"] is not None:
            return date.fromisocalendar(year, int(found["week"]), 1)
        if found["decade"] is not None:
            return date(10 * year, 1, 1)
        if found["quarter"] is not None:
            month = 3 * int(found["quarter"]) - 2
        elif found["half"] is not None:
            month = 6 * int(found["half"]) - 5
        elif found["season"] is not None:
            month = _SEASON_STARTS[found["season"]]
        return date(year, int(found["month"] or month), int(found["day"] or 1))
    return None
