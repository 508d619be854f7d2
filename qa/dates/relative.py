"""Rules for expressions that count from another time, for durations, for what recurs, and for vague times."""

import re
from dataclasses import replace
from datetime import date, timedelta

from qa.dates.calendar_units import FUTURE, PAST, PRESENT, CalendarUnit, Grain, duration, is_finer
from qa.dates.context import Context, Resolved, Rule, Tense, rule, words_of
from qa.dates.vocabulary import (
    APPROXIMATE,
    DAYPART,
    MONTH,
    MONTH_NAME,
    NUMBER,
    PART,
    PERIOD,
    UNIT,
    VAGUE,
    WEEKDAY,
    daypart,
    month_number,
    number_value,
    unit_grain,
    weekday_number,
)

_ENDS_CLAUSE = re.compile(r"\s*(?:[.,;:)!?—–\"”]|\Z|and\b|but\b|when\b)")
_CLOCK = {Grain.SECOND, Grain.MINUTE, Grain.HOUR}
_COMPARED = {Grain.MONTH, Grain.QUARTER, Grain.HALF}
_MAX_COUNT = 2_000  # units ago; beyond, numbers are rounded too much for a year
_WAR = re.compile(r"['’]s? [A-Z]| War\b")
_SMALLER = {  # what a part of a unit is counted in
    **{Grain.HOUR: (60, Grain.MINUTE), Grain.DAY: (24, Grain.HOUR), Grain.YEAR: (12, Grain.MONTH)},
    **{Grain.DECADE: (10, Grain.YEAR), Grain.CENTURY: (100, Grain.YEAR)},
}
_BEFORE_A_DAY = re.compile(
    r"[\d$€£][\d.]*(?: (?!and\b)\w+){0,3} \Z|\b(?:once|twice|times|hours|minutes|for|in|within|than|after) \Z", re.I
)
_BEFORE_UNCOUNTED = re.compile(r"\b(?:for|in|over|after|within|of|takes?|took|spent|by|than|lasts?|lasted) \Z", re.I)
_BEFORE_THE_UNIT = re.compile(
    r"\b(?:in|of|for|during|by|until|throughout|through|over|end|ends|ended|ending|close|closed|finish|finished|start"
    r"|started|begin|began) \Z",
    re.I,
)
_BEFORE_COUNTED_TIME = re.compile(r"\bin(?: (?:the|just|only|about|around|less than|under|another))? \Z", re.I)


def _part_of_day(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "this morning" by the publication, "in the morning" by the day named before."""
    time = daypart(match["daypart"])
    relation = match["relation"].lower()
    if relation == "this":
        day, guess = context.published, False
    else:
        mentioned = context.last(match.start(), Grain.DAY) if context.is_close(match.start()) else None
        day, guess = (context.published if mentioned is None else mentioned.first), True
        if day is not None:
            day += timedelta(relation.endswith(("next", "following")) - relation.endswith("previous"))
    return Resolved.of(None if day is None else CalendarUnit(day, Grain.DAYPART, time), Grain.DAYPART, guess)


def _this_unit(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "last year", "this week", "next month"."""
    grain, relation = unit_grain(match["unit"]), match["relation"].lower()
    step = {"last": -1, "next": 1}.get(relation, 0)
    if context.published is None:
        return Resolved(None, grain)
    is_weekend = grain is Grain.WEEKEND
    step = _step_to_weekend(match, context) if is_weekend and step == 0 else step
    # Said on a Saturday, "last weekend" is not the one that has begun; "this" and "next" are ambiguous.
    guess = is_weekend and relation != "last"
    return Resolved.of(CalendarUnit.around(context.published, grain).shifted(step), grain, guess)


def _step_to_weekend(match: re.Match[str], context: Context) -> int:
    """Return 0 for the weekend of the week of publication, -1 for the one before: of the past, early in a week."""
    published = context.published
    early = published is not None and published.weekday() < 4
    return -1 if early and context.tense(*match.span()) is Tense.PAST else 0


def _the_unit(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the end of the year", "later in the day", which mostly are those of the publication."""
    grain, start = unit_grain(match["unit"]), match.start()
    if words_of(match, "bare") and not _BEFORE_THE_UNIT.search(context.flat, max(0, start - 12), start):
        return None
    mentioned = context.last(match.start(), grain) if context.is_close(match.start()) else None
    named = None if mentioned is None else CalendarUnit.around(mentioned.first, grain)
    published = None if context.published is None else CalendarUnit.around(context.published, grain)
    if grain is Grain.WEEKEND and published is not None:
        return Resolved.of(published.shifted(_step_to_weekend(match, context)), grain, guess=True)
    far = named is not None and (
        published is None or grain is Grain.DAY or abs((named.first - published.first).days) > 400
    )
    return Resolved.of(named if far else published, grain, guess=True)


def _same_unit(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the same day", "that year", by what was named last."""
    name = match["unit"].lower()
    if name in {"period", "time"}:
        return None
    grain = unit_grain(name)
    mentioned = context.last(match.start(), grain)
    if mentioned is None:
        return Resolved(None, grain)
    return Resolved.of(CalendarUnit.around(mentioned.first, grain), grain, not context.is_said(match.start()))


def _same_period(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the same period last year" and "the year-earlier quarter", by what was named last."""
    mentioned = context.last(match.start(), Grain.HALF)
    if mentioned is None:
        return Resolved(None, Grain.YEAR)
    year = re.search(r"\d{4}", match.group())
    if year is not None:
        return Resolved.of(
            mentioned.shifted(int(year[0]) - mentioned.first.year, Grain.YEAR), mentioned.grain, guess=True
        )
    return Resolved.of(mentioned.shifted(-1, Grain.YEAR), mentioned.grain, guess=True)


def _week_of_month(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the last week of March": the week of the month's first, second ... Thursday."""
    first = date(2000 if match["year"] is None else int(match["year"]), month_number(match["month"]), 1)
    unit: CalendarUnit | None = CalendarUnit(first, Grain.MONTH)
    if unit is not None and match["year"] is None:
        unit, _ = context.of_year(unit, *match.span())
    if unit is None:
        return Resolved(None, Grain.WEEK)
    thursday = unit.first + timedelta((3 - unit.first.weekday()) % 7)
    number = _WEEKS[match["number"].lower()]
    day = thursday + timedelta(weeks=number - 1)
    if number == 0:
        last = unit.shifted(1).first - timedelta(1)
        day = last - timedelta((last.weekday() - 3) % 7)
    return Resolved.of(CalendarUnit.around(day, Grain.WEEK), Grain.WEEK, guess=True)


_WEEKS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
    "last": 0,
    "final": 0,
}


def _neighbour(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the next day", "the following week", "the previous year", "the day before", by what was named last."""
    grain = unit_grain(match["unit"])
    words = f"{words_of(match, 'relation')} {words_of(match, 'after')}"
    step = -1 if re.search("previous|preceding|prior|before|earlier", words) else 1
    if words_of(match, "after") and not _ENDS_CLAUSE.match(context.flat, match.end()):
        return None  # "the day after the vote"
    mentioned = context.last(match.start(), grain)
    if mentioned is None:
        if context.published is None or step > 0:
            return Resolved(None, grain)
        return Resolved.of(CalendarUnit.around(context.published, grain).shifted(step), grain, guess=True)
    unit = CalendarUnit.around(mentioned.first, grain).shifted(step)
    return Resolved.of(unit, grain, not context.is_said(match.start()))


def _span_of_time(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the past two years" and "the next 24 hours"."""
    grain = unit_grain(match["unit"])
    words = match["count"]
    relation = match["relation"].lower()
    if words is None:
        if match["unit"].endswith("s"):
            return (
                Resolved(PAST, None, guess=True) if relation == "recent" else Resolved(duration((None, grain)), grain)
            )
        is_counted = relation in {"past", "coming"} or (relation in {"last", "next"} and grain is not Grain.DAY)
        # "The last year" and "the past decade" are the time up to now, or the last one of the calendar.
        is_guess = relation in {"last", "next"} or is_finer(Grain.DECADE, grain)
        return Resolved(duration((1, grain)), grain, guess=is_guess) if is_counted else None
    return Resolved(duration((_count(words), grain)), grain)


def _count(words: str) -> float | None:
    """Return the number that words say, None for "several"."""
    lower = words.lower()
    if re.match("(?:an? )?half", lower):
        return 0.5
    if "quarter" in lower:
        return 0.75 if lower.startswith("three") else 0.25
    if re.search("couple|pair", lower):
        return 2.0
    if re.search("few|several|many|some|number of|numerous|countless", lower):
        return None
    return number_value(lower)


def _quantity(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve a number of units: a duration, or with "ago", "later", "in" a time that it leads to."""
    grain, count, article = unit_grain(match["unit"]), _count(match["count"]), match["count"].lower() in {"a", "an"}
    direction = words_of(match, "direction").strip()
    if (article and grain is Grain.SECOND) or (
        count == 1
        and grain is Grain.DAY
        and not (direction or match["approximate"] or "-" in match.group() or match["count"].lower() == "single")
        and not _BEFORE_A_DAY.search(context.flat, max(0, match.start() - 30), match.start())
    ):
        return None  # "one day", "a day to remember", "wait a second"
    if count is not None and (match["half"] or match["half_after"]):
        count += 0.5
    size, smaller = _SMALLER.get(grain, (1, grain))
    is_part = count is not None and count < 1
    value = duration((count * size, smaller) if count is not None and is_part else (count, grain))
    if count is not None and match["count2"] is not None:
        value = duration((count, grain), (_count(match["count2"]), unit_grain(match["unit2"])))
    resolved = Resolved(value, grain)
    if match["unit"][0].isupper() and _WAR.match(context.flat, match.end()):
        return None  # "the Seven Years' War"
    is_compared = direction in {"earlier", "later"} and context.flat.startswith(" than", match.end())
    is_event = direction in {"before", "after", "afterwards", "afterward"}
    if is_compared or (is_event and not _ENDS_CLAUSE.match(context.flat, match.end())):
        return replace(resolved, stop=match.start("direction"))  # "two days after the vote"
    return _led_to(resolved, count, grain, direction, match, context)


def _led_to(
    length: Resolved, count: float | None, grain: Grain, direction: str, match: re.Match[str], context: Context
) -> Resolved:
    """Return the time that a number of units leads to: before or after the publication, or what was named last."""
    if direction in {"", "old", "-old"}:
        is_ahead = _BEFORE_COUNTED_TIME.search(context.flat, max(0, match.start() - 20), match.start()) is not None
        if not is_ahead or context.tense(match.start() - 3, match.end()) is not Tense.FUTURE:
            return length
        ahead = _from_publication(count, grain, context)
        return length if ahead is None else Resolved.of(ahead, grain, guess=True)  # "in three days"
    if direction == "ago" and count is None:
        return Resolved(PAST, None)
    step = count if count is None or direction not in {"ago", "earlier", "before"} else -count
    if direction == "ago" and grain is Grain.YEAR and _compares(match.start(), context):
        direction = "earlier"  # "rose to 3% in May from 2% a year ago"
    if direction in {"ago", "from now", "from today", "hence"} or direction.endswith("time"):
        unit = _from_publication(step, grain, context)
        return Resolved.of(unit, grain, guess=grain is not Grain.DAY)  # years are rounded
    return _from_mention(step, grain, match.start(), context)


def _compares(start: int, context: Context) -> bool:
    """Tell whether a month or quarter is named in the sentence before, which "a year ago" is compared with."""
    mentioned = context.last(start)
    return mentioned is not None and context.is_said(start) and mentioned.grain in _COMPARED


def _from_publication(count: float | None, grain: Grain, context: Context) -> CalendarUnit | None:
    """Return the unit that is so many units after that of the publication, None where that can't be known."""
    if context.published is None or count is None or grain in _CLOCK:
        return None
    if abs(count) > _MAX_COUNT:
        return None
    months = count * 12
    if grain is Grain.YEAR and not count.is_integer() and months.is_integer():
        return CalendarUnit.around(context.published, Grain.MONTH).shifted(int(months))
    return CalendarUnit.around(context.published, grain).shifted(int(count)) if count.is_integer() else None


def _from_mention(count: float | None, grain: Grain, start: int, context: Context) -> Resolved:
    """Resolve "two days later" and "a year earlier" by what was named last."""
    mentioned = context.last(start)
    if mentioned is None or count is None or grain in _CLOCK or not count.is_integer():
        return Resolved(None, grain)
    if is_finer(grain, mentioned.grain) and grain is not mentioned.grain:  # "in 2014 ... two days later"
        return Resolved(None, grain)
    moved = mentioned.shifted(int(count), grain)
    if grain is Grain.YEAR and mentioned.grain in _COMPARED:
        return Resolved.of(moved, mentioned.grain, guess=True)
    guess = grain is not Grain.DAY or not context.is_said(start)  # years are rounded
    return Resolved.of(CalendarUnit.around(moved.first, grain), grain, guess)


def _uncounted(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "for years" and "decades ago"."""
    if match["ago"] is not None:
        return Resolved(PAST, None)
    before = _BEFORE_UNCOUNTED.search(context.flat, max(0, match.start() - 8), match.start())
    if before is None and not context.flat.startswith(" of ", match.end()):
        return None
    grain = unit_grain(match["unit"])
    return Resolved(duration((None, grain)), grain)


def _lasting(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "weeklong", "a year-long", "decades-long"."""
    unit = words_of(match, "unit") or words_of(match, "word").removesuffix("long")
    grain = unit_grain(unit)
    return Resolved(duration((None if unit.endswith("s") else 1, grain)), grain)


def _end_of_unit(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "year-end" and "the month's end"."""
    grain = unit_grain(match["unit"])
    if match.group().lower() == "weekend" or context.published is None:
        return None
    return Resolved.of(CalendarUnit.around(context.published, grain), grain, guess=True)


def _this_year(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "the current fiscal year": the year in which it ends is a guess."""
    if context.published is None:
        return Resolved(None, Grain.YEAR)
    step = {"last": -1, "next": 1}.get(match["relation"].lower(), 0)
    return Resolved.of(CalendarUnit.around(context.published, Grain.YEAR).shifted(step), Grain.YEAR, guess=True)


def _range_of_counts(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "60 to 90 days"."""
    grain = unit_grain(match["unit"])
    first, last = number_value(match["count"]), number_value(match["last"])
    if last <= first:
        return None
    return replace(Resolved(duration((first, grain)), grain), end_value=duration((last, grain)))


def _every(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "every Friday", "each year", "every two weeks"."""
    if match["weekday"] is not None:
        time = "" if match["part"] is None else daypart(match["part"])
        return Resolved(f"XXXX-WXX-{weekday_number(match['weekday']) + 1}{time}", Grain.DAY)
    if match["month"] is not None:
        return Resolved(f"XXXX-{month_number(match['month']):02}", Grain.MONTH)
    if match["daypart"] is not None:
        return Resolved(f"XXXX-XX-XX{daypart(match['daypart'])}", Grain.DAYPART)
    grain = unit_grain(match["unit"])
    if grain is Grain.WEEKEND:
        return Resolved("XXXX-WXX-WE", grain)
    count = 2.0 if match["other"] else 1.0 if match["count"] is None else _count(match["count"])
    return Resolved(duration((count, grain)), grain)


_FREQUENCIES = {
    "hourly": duration((1, Grain.HOUR)),
    "daily": duration((1, Grain.DAY)),
    "nightly": duration((1, Grain.DAY)),
    "weekly": duration((1, Grain.WEEK)),
    "fortnightly": duration((2, Grain.WEEK)),
    "biweekly": duration((2, Grain.WEEK)),
    "monthly": duration((1, Grain.MONTH)),
    "quarterly": duration((1, Grain.QUARTER)),
    "yearly": duration((1, Grain.YEAR)),
    "annual": duration((1, Grain.YEAR)),
    "annually": duration((1, Grain.YEAR)),
    "biennial": duration((2, Grain.YEAR)),
}
_GRAINS = {"H": Grain.HOUR, "D": Grain.DAY, "W": Grain.WEEK, "M": Grain.MONTH, "Q": Grain.QUARTER, "Y": Grain.YEAR}


def _frequency(match: re.Match[str], context: Context) -> Resolved | None:
    word = match["frequency"]
    if word[0].isupper() and re.match(r" [A-Z]", context.flat[match.end() : match.end() + 2]):
        return None  # "Daily Mail", "Annual General Meeting"
    if word[0].isupper() and context.sentence(match.start())[0] != match.start():
        return None
    value = _FREQUENCIES[word.lower()]
    return Resolved(value, _GRAINS[value[-1]])


def _plural_weekday(match: re.Match[str], context: Context) -> Resolved | None:
    time = "" if match["daypart"] is None else daypart(match["daypart"])
    return Resolved(f"XXXX-WXX-{weekday_number(match['weekday']) + 1}{time}", Grain.DAY)


def _reference(match: re.Match[str], context: Context) -> Resolved | None:
    return Resolved(next(name for name in (PAST, PRESENT, FUTURE) if words_of(match, name)), None)


_NO_NOUN = r"(?! (?:of|at|in|is|was|flows?|through|between|and|account|affairs)\b)"  # after "current"
_DAYPART = f"(?P<daypart>(?:{DAYPART})(?<!s))"
_EARLY = "(?:(?i:early|late|earlier|later) )?"
_PARTLY = f"(?:{PART} )?"
_PART_OF_UNIT = "(?i:half an?|a half(?= hour)|(?:an? )?half(?=-)|(?:a |three )?quarters? of an?)"
_COUNT = f"(?P<count>{VAGUE}|(?i:a couple(?: of)?)|{_PART_OF_UNIT}|{NUMBER}|(?i:an?|single))"
_DIRECTION = (
    r"\bago|\bearlier|\bbefore|\blater|\bafterwards?|\bafter|\bfrom now|\bfrom today|\bhence|\bold|-old|['’]s? time"
)
_SINGULAR = "(?P<unit>(?i:day|weekend|week|month|quarter|year))"
_ALIKE = "same|corresponding|comparable|year-(?:earlier|ago)|prior-year"
RELATIVE: list[Rule] = [
    rule(
        _part_of_day,
        rf"{_EARLY}(?P<relation>(?i:this|that|the(?: next| following| previous)?)) {_EARLY}{_DAYPART}(?! of\b|['’-])",
    ),
    rule(
        _week_of_month,
        rf"{_PARTLY}(?i:the )?(?P<number>(?i:{'|'.join(_WEEKS)})) (?i:week) (?:of|in) (?P<month>{MONTH})",
        r"(?:,? (?:of )?(?P<year>\d{4}))?",
    ),
    rule(
        _same_period,
        rf"(?i:the (?:{_ALIKE}) (?:period|quarter|half|months?|week|year|time),? (?:of |in )?",
        r"(?:a year (?:earlier|ago|before)|(?:the )?(?:last|previous|prior|preceding) year|\d{4}))",
    ),
    rule(_same_period, r"(?i:(?:the )?(?:year-(?:earlier|ago)|prior-year)(?: (?:period|quarter|half|month))?)"),
    rule(_same_unit, rf"{_PARTLY}(?i:the same|that(?: same| very)?|the very same) (?P<unit>{PERIOD})(?<!s)"),
    rule(_this_unit, rf"{_PARTLY}(?P<relation>(?i:last|this|next|the current)) (?P<unit>{PERIOD})(?<!s)(?<!day)"),
    rule(_neighbour, rf"(?i:the )(?P<relation>(?i:next|following|previous|preceding|prior)) (?P<unit>{PERIOD})(?<!s)"),
    rule(_neighbour, r"(?P<relation>(?i:next)) (?P<unit>(?i:day))"),
    rule(_neighbour, rf"(?i:the ){_SINGULAR} (?P<after>(?i:before|after))"),
    rule(
        _span_of_time,
        "(?:(?i:the|these|those|his|her|its|their|our|my) )?",
        "(?P<relation>(?i:last|past|previous|preceding|next|coming|following|first|final|recent)) ",
        rf"(?:(?P<count>{VAGUE}|(?i:couple(?: of)?|dozen)|{NUMBER}) )?(?P<unit>{UNIT}|(?i:quarters))",
    ),
    rule(
        _range_of_counts,
        rf"(?:{APPROXIMATE} )?(?<![\w.,$€£-])(?P<count>{NUMBER}) ?(?:-|–|—|to|or|and) ?(?P<last>{NUMBER})",
        rf"[ -](?P<unit>{UNIT})(?! (?:ago|later|earlier|old)|-old)",
    ),
    rule(
        _every,
        rf"(?i:every|each)(?P<other>(?i: other| second))? (?:(?P<weekday>{WEEKDAY})(?: (?P<part>(?:{DAYPART})(?<!s)))?",
        rf"|(?P<month>{MONTH_NAME})|{_DAYPART}|(?:(?P<count>{VAGUE}|{NUMBER}) )?(?P<unit>{UNIT}))",
    ),
    rule(
        _quantity,
        rf"(?:(?P<approximate>{APPROXIMATE}) )?(?<![\w.,$€£])(?<![a-z]-){_COUNT}(?P<half>[ -]and[ -]a[ -]half)?[ -]",
        "(?:(?i:full|long|short|whole|straight|consecutive|more|additional|further|calendar|business|working) )?",
        rf"(?P<unit>{UNIT})(?!-(?:earlier|ago|end|round))(?P<half_after> and a half)?",
        rf"(?: and (?P<count2>{NUMBER}) (?P<unit2>{UNIT}))?",
        rf"(?P<direction> ?(?i:{_DIRECTION}))?",
    ),
    rule(_lasting, r"(?P<unit>(?i:hour|day|week|month|year|decade|century)s?)-(?i:long)"),
    rule(_lasting, r"(?P<word>(?i:daylong|weeklong|monthlong|yearlong))"),
    rule(_end_of_unit, r"(?P<unit>(?i:year|month|quarter|week))(?:-|['’]s )?(?i:end)(?=[\s.,;:)'’-]|\Z)"),
    rule(
        _this_year,
        r"(?P<relation>(?i:last|this|next|the current|the)) (?i:fiscal|financial|calendar|school|academic) (?i:year)",
    ),
    rule(_uncounted, r"(?P<unit>(?i:minutes|hours|days|weeks|months|years|decades|centuries))(?P<ago> ago)?"),
    rule(_frequency, rf"(?:(?:once|twice|{NUMBER} times) )?(?P<frequency>(?i:{'|'.join(_FREQUENCIES)}))"),
    rule(_plural_weekday, rf"(?P<weekday>{WEEKDAY})(?:s| (?P<daypart>(?:{DAYPART})(?<=s)))"),
    rule(
        _the_unit,
        rf"(?P<bare>(?i:the (?:entire |whole |full )?)){_SINGULAR}",
        r"(?! (?:of|that|to|before|after|when|ended|ending|long)\b|(?<!end) (?:he|she|they|we|it|the)\b|-|['’])",
    ),
    rule(
        _the_unit,
        "(?:(?i:the )?(?i:beginning|start|end|middle|rest|remainder|close|turn) of the |",
        rf"(?i:earlier|later|early|late)(?: on)? in the ){_SINGULAR}(?! (?:of|that)\b)",
    ),
    rule(
        _reference,
        rf"(?P<{PAST}>(?<!more )(?<!most )(?i:recently|recent(?! edition| version)|in the (?:recent|distant) past",
        r"|the(?: recent| distant| not-too-distant)? past(?! \d| \w+ (?:days|weeks|months|years))))",
    ),
    rule(
        _reference,
        rf"(?P<{PRESENT}>(?i:now(?! that\b)|currently|current{_NO_NOUN}|presently|nowadays|at present|these days",
        r"|at the moment|at this (?:time|point)|the present(?: day)?|right now))",
    ),
    rule(
        _reference,
        rf"(?P<{FUTURE}>(?i:the (?:near |foreseeable |distant |not-too-distant )?future|near future",
        r"|the (?:near|short|long|longer|medium) term))",
    ),
]
