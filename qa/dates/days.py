"""Rules for days, weekdays and months: dates, "last Friday", "yesterday", "March 2021"."""

import re
from dataclasses import replace
from datetime import date, timedelta

from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta

from qa.dates.calendar_units import CalendarUnit, Grain, clock_value
from qa.dates.context import Context, Resolved, Rule, Tense, rule, words_of
from qa.dates.vocabulary import (
    DAY,
    DAYPART,
    EARLY,
    MONTH,
    MONTH_NAME,
    ORDINAL,
    PART,
    RELATION,
    SHORT_WEEKDAY,
    WEEKDAY,
    YEAR,
    daypart,
    month_number,
    ordinal_number,
    weekday_number,
    whole_year,
)
from qa.query import lexicon

_STEPS = {  # days
    **{"the day before yesterday": -2, "the day after tomorrow": 2},
    **{"today": 0, "yesterday": -1, "tomorrow": 1, "tonight": 0, "last night": -1},
}
_WEEKDAYS = (MO, TU, WE, TH, FR, SA, SU)
_MAX_NEWS = 31  # days before publication of what is told as news
_SEPTEMBER_11 = re.compile(r",? (?:\w+ )?(?:attack|terror|hijack)")
_LEAP = 2000  # the year of a day whose year is not known yet
_WEEKDAY_OF_DATE = rf"(?:(?P<weekday>{WEEKDAY}|{SHORT_WEEKDAY}),? (?:the )?)?"
_YEAR_OF_DATE = rf"(?:,? (?:of )?(?P<year>{YEAR})(?! people\b))?"
_IN_NAME = re.compile(r" (?:Times|Telegraph|Mail|Mirror|Express|Post|Herald|Tribune|Night|Club)\b|-[A-Z]")
_HOLIDAY_WEEKDAY = re.compile(rf"\b(?:{'|'.join(sorted(lexicon.HOLIDAYS - {'the'}))}) \Z", re.I)
_EARLY_YEAR = re.compile(r",? (?:\d{1,3} (?:BCE?|AD|CE)|AD \d|\d{3}(?: and|[,;.)]))")  # "September 21, 19 BC"
_MONTH_OF_WEEKDAY = re.compile(rf"(?P<part>)(?P<month>{MONTH})(?:,? (?:of )?(?P<year>{YEAR}))?")


def _iso(match: re.Match[str], context: Context) -> Resolved | None:
    day = date(*map(int, match.group("y", "m", "d")))
    if match["hour"] is None:
        return Resolved.of(CalendarUnit(day, Grain.DAY), Grain.DAY)
    grain = Grain.SECOND if match["second"] else Grain.MINUTE
    time = clock_value(int(match["hour"]), *(words_of(match, name) for name in ("minute", "second", "zone")))
    return Resolved.of(CalendarUnit(day, grain, time), grain)


def _numeric(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve 19/01/2022, 1/19/22 and 19.1.2022; where either number may be the month, what is nearer to today."""
    first, second = int(match["first"]), int(match["second"])
    year = whole_year(match["year"])
    orders = {(second, first)} if match["mark"] == "." else {(second, first), (first, second)}
    days = [date(year, month, day) for month, day in sorted(orders) if month <= 12 and day <= 31]
    if not days:
        return None
    if len(days) > 1 and context.published is None:
        return Resolved(None, Grain.DAY)
    published = context.published
    day = days[0] if published is None else min(days, key=lambda one: abs((one - published).days))
    return Resolved.of(CalendarUnit(day, Grain.DAY), Grain.DAY, guess=len(days) > 1)


def _day(match: re.Match[str], context: Context) -> Resolved | None:
    month, number = month_number(match["month"]), int(re.sub(r"\D", "", match["day"]))
    last = int(re.sub(r"\D", "", match["last"])) if match["last"] else None
    if match["year"] is not None:
        year: int | None = int(match["year"])
    elif match["weekday"] is not None and context.published is not None:
        year = _year_of_weekday(month, number, weekday_number(match["weekday"]), context.published)
    elif (month, number) == (9, 11) and _SEPTEMBER_11.match(context.flat, match.end()):
        year = 2001
    else:
        year = None
    unit = CalendarUnit(date(_LEAP if year is None else year, month, number), Grain.DAY)
    guess = False
    if year is None and _EARLY_YEAR.match(context.flat, match.end()):
        return Resolved(None, Grain.DAY)
    if year is None:
        found, guess = context.of_year(unit, match.start(), match.end())
        if found is None:
            return Resolved(None, Grain.DAY)
        unit, guess = found, guess or match["weekday"] is not None
    resolved = Resolved.of(unit, Grain.DAY, guess, assumed_year=match["year"] is None)
    if last is None:
        return resolved
    if last <= number:
        return None
    end = replace(unit, first=unit.first.replace(day=last))
    return replace(resolved, end_unit=end, end_value=end.value)


def _year_of_weekday(month: int, number: int, weekday: int, published: date) -> int | None:
    """Return the year nearest to publication in which a day of a month is a weekday, None where it is far away."""
    for year in (published.year, published.year - 1, published.year + 1):
        if date(year, month, number).weekday() == weekday:
            return year
    return None


def _month(match: re.Match[str], context: Context) -> Resolved | None:
    number, start = month_number(match["month"]), match.start("month")
    if words_of(match, "year"):
        return Resolved.of(CalendarUnit(date(int(match["year"]), number, 1), Grain.MONTH), Grain.MONTH)
    relation, published = words_of(match, "relation"), context.published
    if not relation and not match["part"] and not _is_month(match["month"], start, match.end(), context):
        return None
    unit = CalendarUnit(date(_LEAP, number, 1), Grain.MONTH)
    following = words_of(match, "following")
    if published is not None and (relation or following):
        year = published.year
        if relation == "last":
            year -= number >= published.month
        elif relation == "next":
            year += number <= published.month
        year += ("next" in following) - ("last" in following)
        return Resolved.of(replace(unit, first=date(year, number, 1)), Grain.MONTH)
    found, guess = context.of_year(unit, start, match.end())
    return Resolved.of(found, Grain.MONTH, guess, assumed_year=True)


def _is_month(name: str, start: int, end: int, context: Context) -> bool:
    """Tell whether a word that may be a name, or begin a sentence as a verb, is a month."""
    words = context.flat[max(0, start - 20) : start].lower().replace("-", " ").split()
    before = words[-1] if words else ""
    if name.lower() in {"march", *lexicon.MONTHS_IN_NAMES}:
        return before in lexicon.BEFORE_MONTHS | {
            "of",
            "by",
            "between",
            "through",
            "before",
            "after",
            "and",
            "for",
            "to",
        }
    return not name.endswith(".") or before in lexicon.BEFORE_MONTHS | {"of", "by"}


def _weekday(match: re.Match[str], context: Context) -> Resolved | None:
    start, end = match.span()
    if _IN_NAME.match(context.flat, end) or _HOLIDAY_WEEKDAY.search(context.flat, max(0, start - 10), start):
        return None
    time = "" if match["daypart"] is None else daypart(match["daypart"])
    grain = Grain.DAYPART if time else Grain.DAY
    if context.published is None:
        return Resolved(None, grain)
    day, guess = _day_of_week(match, context, context.published)
    return Resolved.of(None if day is None else CalendarUnit(day, grain, time), grain, guess)


def _day_of_week(match: re.Match[str], context: Context, published: date) -> tuple[date | None, bool]:
    """Return the day that a weekday means, and whether that is a guess."""
    number, (start, end) = weekday_number(match["weekday"]), match.span()
    relation, following = words_of(match, "relation"), words_of(match, "following").strip()
    back, ahead, monday = (published.weekday() - number) % 7, (number - published.weekday()) % 7, -published.weekday()
    guess = False
    if following in {"last week", "next week"}:
        days = monday + number + (7 if following == "next week" else -7)
    elif relation in {"last", "past"}:
        days = -(back or 7)
    elif relation in {"next", "coming"} or following == "next":
        # In the next calendar week; "next Friday", said on a Monday, is that of the same week for some.
        guess = relation == "next" and published.weekday() < number
        days = ahead + 7 if guess else ahead or 7
    elif relation == "this":
        days = monday + number
        days += 7 if days < 0 and context.tense(start, end) is Tense.FUTURE else 0
    elif relation in {"following", "previous", "preceding"}:
        mentioned = context.last(start, Grain.DAY)
        if mentioned is None:
            return None, False
        apart = (number - mentioned.first.weekday()) % 7 or 7
        days = (mentioned.first - published).days + (apart if relation == "following" or apart == 7 else apart - 7)
        days -= 14 if apart == 7 and relation != "following" else 0
        guess = not context.is_said(start)
    else:
        tense = context.tense(start, end)
        days = ahead if tense is Tense.FUTURE else -back
        # Said on a Friday, "Friday" is today or another one; told of last year, it is one of then.
        told = context.mentions[-1].unit if context.mentions else None
        far = told is not None and context.is_close(start) and (published - told.first).days > _MAX_NEWS
        guess = tense is Tense.UNKNOWN or days == 0 or far
    return published + timedelta(days), guess


def _weekday_of_month(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the last Friday of March 2021"; of "each month" it has no value."""
    months = None if match["month"] is None else _MONTH_OF_WEEKDAY.match(context.flat, match.start("month"))
    month = None if months is None else _month(months, context)
    if month is None or month.unit is None:
        return Resolved(None, Grain.DAY)
    number = -1 if words_of(match, "number") in {"last", "final"} else ordinal_number(match["number"])
    weekday = _WEEKDAYS[weekday_number(match["weekday"])]
    start = month.unit.first + relativedelta(day=31 if number < 0 else 1)
    day: date = start + relativedelta(weekday=weekday(number))
    if day.month != month.unit.first.month:
        return None
    return Resolved.of(CalendarUnit(day, Grain.DAY), Grain.DAY, month.guess, month.assumed_year)


def _deictic(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "today", "yesterday evening", "last night"."""
    words = match["deictic"].lower()
    part = match["daypart"]
    time = "TNI" if words.endswith("night") else "" if part is None else daypart(part)
    grain = Grain.DAYPART if time else Grain.DAY
    if context.published is None:
        return Resolved(None, grain)
    step = _STEPS[words]
    unit = CalendarUnit(context.published + timedelta(step), grain, time)
    return Resolved.of(unit, grain)


DAYS: list[Rule] = [
    rule(
        _iso,
        r"(?<![\w./-])(?P<y>\d{4})-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])",
        r"(?:[T ](?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?",
        r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?(?![\w-])",
    ),
    rule(  # 19 January 2022, the 19th of January, 3-5 May
        _day,
        rf"{_WEEKDAY_OF_DATE}(?:(?i:the|early|late) )?(?<![\d.,:/$€£-])(?P<day>{DAY})",
        rf"(?: ?(?:-|–|—|to|and|until) ?(?P<last>{DAY}))? (?:of )?(?P<month>{MONTH}){_YEAR_OF_DATE}",
    ),
    rule(  # January 19, 2022
        _day,
        rf"{_WEEKDAY_OF_DATE}(?:(?i:early|late) )?(?P<month>{MONTH}) (?:the )?(?P<day>{DAY})",
        rf"(?: ?(?:-|–|—|to) ?(?P<last>{DAY})(?! {MONTH}))?{_YEAR_OF_DATE}",
    ),
    rule(
        _numeric,
        r"(?<![\w./-])(?P<first>0?[1-9]|[12]\d|3[01])(?P<mark>[/.-])(?P<second>0?[1-9]|[12]\d|3[01])(?P=mark)",
        r"(?P<year>(?:19|20)\d\d|\d\d)(?![\w/-]|\.\d)",
    ),
    rule(
        _weekday_of_month,
        rf"(?i:the )?(?P<number>{ORDINAL}|(?i:last|final)) (?P<weekday>{WEEKDAY}) (?:of|in) ",
        rf"(?:(?P<month>{MONTH}(?:,? (?:of )?{YEAR})?)|(?i:(?:each|every|the|this|next|last)(?: other)? month))",
    ),
    rule(
        _weekday,
        rf"(?:{EARLY}[ -])?(?:(?i:the (?=past|coming|following|previous|preceding))?{RELATION} )?",
        rf"(?P<weekday>{WEEKDAY}|(?:{SHORT_WEEKDAY})(?<=\.))",
        rf"(?:,? (?:(?i:early|late) )?(?P<daypart>(?:{DAYPART})(?<!s)))?",
        "(?P<following>(?i: next week| last week| next))?",
    ),
    rule(
        _deictic,
        rf"(?:(?i:early|late|earlier|later) )?(?P<deictic>(?i:{'|'.join(_STEPS)}))",
        rf"(?:(?:['’]s)? (?P<daypart>(?:{DAYPART})(?<!s)))?",
    ),
]
MONTHS: list[Rule] = [
    rule(
        _month,
        rf"(?P<part>{PART}[ -])?(?:the )?(?:{RELATION} )?(?:month of )?(?P<month>{MONTH})(?:,| of)? (?P<year>{YEAR})",
    ),
    rule(
        _month,
        rf"(?P<part>{PART}[ -])?(?:the )?(?:{RELATION} )?(?:month of )?",
        rf"(?P<month>{MONTH_NAME}|{MONTH}(?:(?<=\.)|(?=[–-]{MONTH})))(?P<following> (?:of )?(?i:last|this|next) year)?",
        rf"(?! \d{{1,2}}(?:st|nd|rd|th)?\b(?! ?%)|['’]s? [A-Z]|-(?!{MONTH})[A-Z])",
    ),
]
