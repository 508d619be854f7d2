"""Rules for expressions that name a calendar unit: dates, weekdays, months, years, decades, holidays, times of day."""

import re
from dataclasses import replace
from datetime import date, timedelta

from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta

from qa.dates.calendar_units import CalendarUnit, Grain
from qa.dates.context import Context, Resolved, Rule, Tense, rule, words_of
from qa.dates.vocabulary import (
    DAY,
    DAYPART,
    HOLIDAY,
    HOLIDAYS,
    LOCAL_HOLIDAYS,
    MONTH,
    MONTH_NAME,
    ORDINAL,
    PART,
    SEASON,
    SHORT_WEEKDAY,
    WEEKDAY,
    YEAR,
    ZONE,
    daypart,
    month_number,
    ordinal_number,
    season_month,
    weekday_number,
)
from qa.query import lexicon

_HOURS = {word: number for number, word in enumerate(lexicon.NUMBER_WORDS.split("|")[:13])}
_CENTURIES = {"nineteenth": 19, "eighteenth": 18, "seventeenth": 17, "sixteenth": 16, "fifteenth": 15, "fourteenth": 14}
_CENTURIES |= {"twentieth": 20, "twenty-first": 21, "thirteenth": 13, "twelfth": 12, "eleventh": 11, "tenth": 10}
_STEPS = {  # days
    **{"the day before yesterday": -2, "the day after tomorrow": 2},
    **{"today": 0, "yesterday": -1, "tomorrow": 1, "tonight": 0, "last night": -1},
}
_WEEKDAYS = (MO, TU, WE, TH, FR, SA, SU)
_MAX_NEWS = 31  # days before publication of what is told as news
_SEPTEMBER_11 = re.compile(r",? (?:\w+ )?(?:attack|terror|hijack)")
_LEAP = 2000  # the year of a day whose year is not known yet
_CENTURY_OF_TWO_DIGITS = 40  # '39 is 2039, '40 is 1940
_WEEKDAY_OF_DATE = rf"(?:(?P<weekday>{WEEKDAY}|{SHORT_WEEKDAY}),? (?:the )?)?"
_YEAR_OF_DATE = rf"(?:,? (?:of )?(?P<year>{YEAR})(?! people\b))?"
_BEFORE_YEAR = re.compile(
    r"\b(?:in|since|by|until|till|before|after|during|from|to|of|between|and|through|throughout|early|late|mid|circa|around"
    r"|about|year|fiscal|or|for|than|c\.) ?\Z|[(–—-]\Z",
    re.I,
)
_COUNTED_AFTER = re.compile(
    r" (?:[a-z]+ )?(?:people|men|women|children|percent|per|million|billion|[a-z]{3,}(?<!s)s)\b"
    r"|-[a-z]| ?(?:%|€|°|k?m\b|kg\b|ft\b)"
)
_NO_YEAR_BEFORE = re.compile(
    r"(?:[$€£¥#№@/\\_]|\b(?:[Nn]o\.?|[Nn]umber|[Pp]ages?|pp?\.|[Rr]oom|[Ff]light|[Rr]oute|[Ss]ection|[Rr]esolution|about"
    r"|only|over|than|to|some|nearly|almost|another|USD|EUR|GBP)) ?\Z"
)
_IN_NAME = re.compile(r" (?:Times|Telegraph|Mail|Mirror|Express|Post|Herald|Tribune|Night|Club)\b|-[A-Z]")
_HOLIDAY_WEEKDAY = re.compile(rf"\b(?:{'|'.join(sorted(lexicon.HOLIDAYS - {'the'}))}) \Z", re.I)
_NOT_BARE = re.compile(
    r"s?(?: [A-Z]|-[a-z]| (?:vacations?|jobs?|camps?|schools?|holidays?|break|house|coats?|sports)\b)"
)
_BEFORE_SEASON = re.compile(r"\b(?:in|the|since|by|until|during|of|for|this|last|next|each|every|through|and) \Z")
_BEFORE_HOLIDAY = re.compile(r"\b(?:on|at|by|before|after|since|until|over|for|of|to|from|every|during) \Z", re.I)
_BEFORE_CLOCK = re.compile(r"\b(?:at|by|from|to|till|until|since|before|after|about|around) \Z", re.I)
_IN_HER = re.compile(r"\b(?:low|high|upper)[ -]\Z|\b(?:his|her|their|its|my|our) (?:\w+[ -])?\Z|\btemperatures?\b.*\Z")
_AFTER_TIME = re.compile(r"(?P<space> )?(?:,? (?:on )?)(?=[\w])")


def _clock_value(hour: int, minute: str, second: str, zone: str) -> str:
    utc = "Z" if zone.strip(" ()").lower() in {"utc", "gmt", "z"} else ""
    return f"T{hour:02}:{minute or '00'}{f':{second}' if second else ''}{utc}"


def _iso(match: re.Match[str], context: Context) -> Resolved | None:
    day = date(*map(int, match.group("y", "m", "d")))
    if match["hour"] is None:
        return Resolved.of(CalendarUnit(day, Grain.DAY), Grain.DAY)
    grain = Grain.SECOND if match["second"] else Grain.MINUTE
    time = _clock_value(int(match["hour"]), *(words_of(match, name) for name in ("minute", "second", "zone")))
    return Resolved.of(CalendarUnit(day, grain, time), grain)


def _whole_year(digits: str) -> int:
    """Return a year of four digits, or of two: 68 is 1968."""
    century = 0 if len(digits) > 2 else 2000 if int(digits) < _CENTURY_OF_TWO_DIGITS else 1900
    return century + int(digits)


def _numeric(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve 19/01/2022, 1/19/22 and 19.1.2022; where either number may be the month, what is nearer to today."""
    first, second = int(match["first"]), int(match["second"])
    year = _whole_year(match["year"])
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
        far = told is not None and context.is_close(start) and abs((told.first - published).days) > _MAX_NEWS
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


def _year(match: re.Match[str], context: Context) -> Resolved | None:
    if match["era"] is not None:
        return (
            Resolved(f"BC{int(match['year']):04}", Grain.YEAR)
            if match["era"].upper().startswith("B")
            else (Resolved.of(CalendarUnit(date(int(match["year"]), 1, 1), Grain.YEAR), Grain.YEAR))
        )
    year, (start, end) = int(match["year"]), match.span("year")
    if not match["part"] and not _is_year(year, start, end, context):
        return None
    unit = CalendarUnit(date(year, 1, 1), Grain.YEAR)
    resolved = Resolved.of(unit, Grain.YEAR)
    if match["last"] is None:
        return resolved
    last = int(str(year)[: -len(match["last"])] + match["last"])
    if last <= year:
        return None
    end_unit = replace(unit, first=date(last, 1, 1))
    return replace(resolved, end_unit=end_unit, end_value=end_unit.value)


def _is_year(year: int, start: int, end: int, context: Context) -> bool:
    """Tell whether four digits are a year: after a preposition of time, or as they can hardly count anything."""
    text = context.flat
    said = _BEFORE_YEAR.search(text, max(0, start - 12), start) is not None
    counts = _COUNTED_AFTER.match(text, end) is not None
    if _NO_YEAR_BEFORE.search(text, max(0, start - 14), start) and not text[max(0, start - 6) : start].endswith(" to "):
        return False
    if 1900 <= year <= 2049:
        return said and not (counts and year % 100 == 0) if counts or year % 100 == 0 else True
    return said and not counts and year >= 1000


def _decade(match: re.Match[str], context: Context) -> Resolved | None:
    digits = match["decade"]
    if len(digits) == 2:
        if digits in {"20", "30"} and match["mark"] is None:
            return None  # "in her 30s"
        if _IN_HER.search(context.flat, max(0, match.start() - 40), match.start("decade")):
            return None
        digits = f"19{digits}" if int(digits) >= _CENTURY_OF_TWO_DIGITS or digits in {"20", "30"} else f"20{digits}"
    century = digits.endswith("00") and len(match["decade"]) == 4 and int(digits) < 1900
    grain = Grain.CENTURY if century else Grain.DECADE
    return Resolved.of(CalendarUnit(date(int(digits), 1, 1), grain), grain)


def _century(match: re.Match[str], context: Context) -> Resolved | None:
    words = match["number"].lower()
    number = int(re.sub(r"\D", "", words)) if words[0].isdigit() else _CENTURIES[words]
    if not 1 < number <= 30:
        return None
    if match["era"] is not None and match["era"].upper().startswith("B"):
        return Resolved(None, Grain.CENTURY)
    return Resolved.of(CalendarUnit(date((number - 1) * 100, 1, 1), Grain.CENTURY), Grain.CENTURY)


def _year_of_words(words: str, context: Context) -> int | None:
    """Return the year that "2009", "last year", "this year" or "the year" names."""
    digits = re.search(r"\d+", words)
    if digits is not None:
        return _whole_year(digits[0])
    if context.published is None:
        return None
    lower = words.lower()
    step = -1 if re.search("last|previous|prior|earlier|ago", lower) else 1 if re.search("next|coming", lower) else 0
    return context.published.year + step


def _part_of_year(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve quarters, halves and seasons, of a year that is said or not."""
    if words_of(match, "season"):
        grain, month = Grain.SEASON, season_month(match["season"])
    elif match["kind"].lower() == "half":
        grain, month = Grain.HALF, {1: 1, 2: 7}.get(ordinal_number(match["number"]), 0)
    else:
        number = int(match["number"]) if match["number"].isdigit() else ordinal_number(match["number"])
        grain, month = Grain.QUARTER, {1: 1, 2: 4, 3: 7, 4: 10}.get(number, 0)
    if month == 0 or (grain is Grain.HALF and match["of"] is None) or not _is_season(match, grain, context):
        return None
    if match["of"] is not None:
        year = _year_of_words(match["of"], context)
        unit = None if year is None else CalendarUnit(date(year, month, 1), grain)
        return Resolved.of(unit, grain, guess="fiscal" in match["of"].lower())
    if context.published is None:
        return Resolved(None, grain)
    unit = CalendarUnit(date(context.published.year, month, 1), grain)
    relation = words_of(match, "relation")
    current = CalendarUnit.around(context.published, grain)
    if relation.startswith(("last", "past")):
        unit = unit if unit.first < current.first else unit.shifted(-1, Grain.YEAR)
    elif relation.startswith(("next", "coming")):
        unit = unit if unit.first > current.first else unit.shifted(1, Grain.YEAR)
    elif not relation.startswith("this"):
        tense = context.tense(*match.span())
        if unit.first > current.first and tense is not Tense.FUTURE:
            months = (unit.first.year - current.first.year) * 12 + unit.first.month - current.first.month
            unit = unit if months <= 3 and tense is Tense.UNKNOWN else unit.shifted(-1, Grain.YEAR)
        elif unit.first < current.first and tense is Tense.FUTURE and grain is Grain.SEASON:
            unit = unit.shifted(1, Grain.YEAR)
        return Resolved.of(unit, grain, guess=True, assumed_year=True)
    elif grain is Grain.SEASON and current.first.month == 12 == month:
        unit = current
    return Resolved.of(unit, grain)


def _is_season(match: re.Match[str], grain: Grain, context: Context) -> bool:
    """Tell whether a word is a season: "fall" and "spring" are also verbs, and "Winter Palace" is a name."""
    if grain is not Grain.SEASON or match["relation"] is not None or match["of"] is not None:
        return True
    said = _BEFORE_SEASON.search(context.flat, max(0, match.start("season") - 8), match.start("season")) is not None
    alone = _NOT_BARE.match(context.flat, match.end()) is None
    return alone and (said or match["season"].lower() in {"summer", "winter", "autumn"})


def _fiscal(match: re.Match[str], context: Context) -> Resolved | None:
    return Resolved(f"FY{_whole_year(match['year'])}", Grain.YEAR)


def _holiday(match: re.Match[str], context: Context) -> Resolved | None:
    name = match["holiday"].lower().replace("’", "'").replace("presidents day", "presidents' day")
    relation, year, published = words_of(match, "relation"), words_of(match, "year"), context.published
    before = _BEFORE_HOLIDAY.search(context.flat, max(0, match.start() - 8), match.start())
    if not (relation or year or before):
        return None
    guess = name in LOCAL_HOLIDAYS
    if year:
        return Resolved.of(CalendarUnit(HOLIDAYS[name](int(year)), Grain.DAY), Grain.DAY, guess)
    if published is None:
        return Resolved(None, Grain.DAY)
    days = [HOLIDAYS[name](published.year + step) for step in (-1, 0, 1)]
    tense = context.tense(*match.span())
    if relation in {"last", "past"} or (not relation and tense is Tense.PAST):
        day = [one for one in days if one <= published][-1]
    elif relation in {"next", "coming"} or (not relation and tense is Tense.FUTURE):
        day = next(one for one in days if one >= published)
    else:
        day = days[1] if relation else min(days, key=lambda one: abs((one - published).days))
    return Resolved.of(CalendarUnit(day, Grain.DAY), Grain.DAY, guess or not relation, assumed_year=True)


def _clock(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "5:30 p.m.", "14:30 UTC", "noon", "5 to 7 p.m."."""
    word, half = words_of(match, "word"), words_of(match, "half")
    if word:
        hour = 24 if word == "midnight" else 12
    else:
        hour = _HOURS[words_of(match, "hour")] if match["hour"].isalpha() else int(match["hour"])
        before = _BEFORE_CLOCK.search(context.flat, max(0, match.start() - 8), match.start())
        if hour > 24 or (half and hour > 12) or not (half or hour > 9 or "clock" in match.group() or before):
            return None  # "won 4:15"
    hour = _hour_of_day(hour, half)
    minute, second = words_of(match, "minute"), words_of(match, "second")
    grain = Grain.SECOND if second else Grain.MINUTE if minute else Grain.HOUR
    zone = words_of(match, "zone")
    day, stop, guess = _day_of_time(match, context)
    unit = None if day is None else CalendarUnit(day, grain, _clock_value(hour, minute, second, zone))
    resolved = replace(Resolved.of(unit, grain, guess), stop=stop)
    if day is None or not words_of(match, "first"):
        return resolved
    first = _hour_of_day(int(match["first"]), half)
    first = first if first < hour else int(match["first"])  # "11 to 1 p.m."
    begin = CalendarUnit(day, grain, _clock_value(first, words_of(match, "first_minute"), "", zone))
    return replace(resolved, value=begin.value, unit=begin, end_unit=unit, end_value=resolved.value)


def _hour_of_day(hour: int, half: str) -> int:
    if half.startswith("p") and hour < 12:
        return hour + 12
    return 0 if half.startswith("a") and hour == 12 else hour


def _day_of_time(match: re.Match[str], context: Context) -> tuple[date | None, int | None, bool]:
    """Return the day of a time, where an expression ends that goes on with it, and whether the day is a guess."""
    beside = _AFTER_TIME.match(context.flat, match.end())
    named = None if beside is None else _day_at(beside.end(), context)
    if beside is not None and named is not None:
        unit, end, guess = named
        return unit.first, end if "," not in beside.group() and unit.grain is Grain.DAY else None, guess
    sentence = context.sentence(match.start())[0]
    mentioned = context.last(match.start(), Grain.DAY)
    if mentioned is not None and context.is_close(match.start()):
        return mentioned.first, None, context.mentions[-1].start < sentence
    return context.published, None, True


def _day_at(position: int, context: Context) -> tuple[CalendarUnit, int, bool] | None:
    """Return the day that an expression names which begins at a position, its end, and whether it is a guess."""
    for pattern, resolve in DAYS:
        found = pattern.match(context.flat, position)
        named = None if found is None else resolve(found, context)
        if found is not None and named is not None and named.unit is not None:
            return named.unit, found.end(), named.guess
    return None


def _part_of_named_day(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the morning of May 3"."""
    named = _day_at(match.end() + 1, context)
    if named is None or named[0].grain is not Grain.DAY:
        return None
    unit = replace(named[0], grain=Grain.DAYPART, time=daypart(match["daypart"]))
    return replace(Resolved.of(unit, Grain.DAYPART, named[2]), stop=named[1])


_EARLY = "(?i:early|late|mid)"
_MONTH_OF_WEEKDAY = re.compile(rf"(?P<part>)(?P<month>{MONTH})(?:,? (?:of )?(?P<year>{YEAR}))?")
_RELATION = "(?P<relation>(?i:last|this(?: past| coming)?|next|past|coming|following|previous|preceding))"
_BEFORE = f"(?:{PART}[ -])?(?i:the )?"
_NAMED_YEAR = (
    f"(?i:fiscal(?: year)?|the(?: (?:current|previous))? year|(?:last|this|next) year)(?: {YEAR})?|{YEAR}|['’]\\d\\d"
)
_OF_YEAR = f"(?:,? (?:of |in )?(?P<of>{_NAMED_YEAR}))?"
_ERA = r"(?P<era> (?:AD|BCE?|CE|A\.D\.|B\.C\.)(?!\w))?"
_HALF = r"(?P<half>[ap]\.?m\b\.?|[AP]\.?M\b\.?)"
_MINUTES = r"(?:[:.](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?)?"
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
        rf"(?:{_EARLY}[ -])?(?:(?i:the (?=past|coming|following|previous|preceding))?{_RELATION} )?",
        rf"(?P<weekday>{WEEKDAY}|(?:{SHORT_WEEKDAY})(?<=\.))",
        rf"(?:,? (?:(?i:early|late) )?(?P<daypart>(?:{DAYPART})(?<!s)))?",
        "(?P<following>(?i: next| last week| next week))?",
    ),
    rule(
        _deictic,
        rf"(?:(?i:early|late|earlier|later) )?(?P<deictic>(?i:{'|'.join(_STEPS)}))",
        rf"(?:(?:['’]s)? (?P<daypart>(?:{DAYPART})(?<!s)))?",
    ),
]
CLOCKS: list[Rule] = [
    rule(
        _clock,
        r"(?<![\d,:/$€£])(?<!\d[.-])(?P<first>1[0-2]|[1-9])(?:[:.](?P<first_minute>[0-5]\d))? ?(?:-|–|—|to|and) ?",
        rf"(?P<hour>1[0-2]|0?[1-9]){_MINUTES} ?{_HALF}(?P<zone>{ZONE})",
    ),
    rule(_clock, rf"(?<![\d,:/$€£])(?<!\d[.-])(?P<hour>1[0-2]|0?[1-9]){_MINUTES} ?{_HALF}(?P<zone>{ZONE})"),
    rule(
        _clock,
        r"(?<![\w.,:/$€£-])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?",
        rf"(?: ?h(?:ours|rs)?(?!\w))?(?P<zone>{ZONE})(?![:.]\d)",
    ),
    rule(
        _clock,
        rf"(?P<hour>(?i:{'|'.join(_HOURS)})|1?\d) o['’]clock",
    ),
    rule(  # 1430 GMT
        _clock,
        r"(?<![\w.,:/$€£-])(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?= (?:GMT|UTC|[ECMP][SD]T|local))",
        rf"(?P<zone>{ZONE})",
    ),
    rule(_clock, "(?P<word>(?i:noon|midnight))"),
    rule(
        _part_of_named_day,
        rf"(?:(?i:the) )?(?:{_EARLY} )?(?P<daypart>(?:{DAYPART})(?<!s)) (?:of|on)(?= \w)",
    ),
]
UNITS_OF_CALENDAR: list[Rule] = [
    rule(
        _month,
        rf"(?P<part>{PART}[ -])?(?:the )?(?:{_RELATION} )?(?:month of )?(?P<month>{MONTH})(?:,| of)? (?P<year>{YEAR})",
    ),
    rule(
        _month,
        rf"(?P<part>{PART}[ -])?(?:the )?(?:{_RELATION} )?(?:month of )?",
        rf"(?P<month>{MONTH_NAME}|{MONTH}(?:(?<=\.)|(?=[–-]{MONTH})))(?P<following> (?:of )?(?i:last|this|next) year)?",
        rf"(?! \d{{1,2}}(?:st|nd|rd|th)?\b(?! ?%)|['’]s? [A-Z]|-(?!{MONTH})[A-Z])",
    ),
    rule(
        _part_of_year,
        rf"{_BEFORE}(?:{_RELATION} )?(?P<number>{ORDINAL})(?:[ -](?i:fiscal|financial))?",
        rf"[ -](?P<kind>(?i:quarter|half)){_OF_YEAR}(?!-?(?:final|back))",
    ),
    rule(_part_of_year, rf"(?:{_RELATION} )?(?P<kind>Q)(?P<number>[1-4]){_OF_YEAR}"),
    rule(_part_of_year, rf"{_BEFORE}(?:{_EARLY}[ -])?(?:{_RELATION} )?(?P<season>{SEASON}){_OF_YEAR}"),
    rule(
        _fiscal,
        rf"{_BEFORE}(?i:fiscal|FY)(?:[ -]year)? ?(?:ended |ending )?(?P<year>{YEAR}|\d\d)(?!-)",
    ),
    rule(
        _decade,
        rf"{_BEFORE}(?:{_EARLY}[ -])?(?P<mark>['’‘])?(?<![\d$€£.,])(?P<decade>1\d\d0|20\d0|[2-9]0|00)['’]?s(?! of age)",
    ),
    rule(
        _century,
        rf"{_BEFORE}(?:{_EARLY}[ -])?(?P<number>\d{{1,2}}(?:st|nd|rd|th)|(?i:{'|'.join(_CENTURIES)}))",
        rf"[ -](?i:century|centuries){_ERA}",
    ),
    rule(
        _year,
        rf"(?:{PART}[ -])?(?:the (?=year))?(?P<part>(?i:early|late|mid)[- ]|(?:the )?(?i:year) )?",
        rf"(?<![\w.,:/$€£#])(?<!\d-)(?P<year>{YEAR})(?:[–/-](?P<last>\d{{4}}|\d\d)(?![\w-]))?(?![/-]\d){_ERA}",
    ),
    rule(_holiday, rf"(?:{_RELATION} )?(?P<holiday>{HOLIDAY})(?:,? (?P<year>{YEAR}))?(?! [A-Z]|-)"),
]
