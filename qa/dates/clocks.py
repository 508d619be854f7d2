"""Rules for times of day, which go on from the day beside them or named before."""

import re
from dataclasses import replace
from datetime import date

from qa.dates.calendar_units import CalendarUnit, Grain, clock_value
from qa.dates.context import Context, Resolved, Rule, rule, words_of
from qa.dates.days import DAYS
from qa.dates.vocabulary import (
    DAYPART,
    EARLY,
    ZONE,
    daypart,
)
from qa.query import lexicon

_HOURS = {word: number for number, word in enumerate(lexicon.NUMBER_WORDS.split("|")[:13])}
_BEFORE_CLOCK = re.compile(r"\b(?:at|by|from|to|till|until|since|before|after|about|around) \Z", re.I)
_AFTER_TIME = re.compile(r"(?P<space> )?(?:,? (?:on )?)(?=[\w])")
_RANGE_AFTER = re.compile(r" ?(?:-|–|—|to|until) ?(?:1\d|2[0-4])[:.][0-5]\d(?![\d:.])")
_HALF = r"(?P<half>[ap]\.m\.?|[ap]m\b|[AP]\.M\.?|[AP]M\b)"
_IN_PARTS = {"in the morning": "am", "in the afternoon": "pm", "in the evening": "pm"}
_MINUTES = r"(?:[:.](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?)?"


def _clock(match: re.Match[str], context: Context) -> Resolved | None:
    """Resolve "5:30 p.m.", "14:30 UTC", "noon", "5 to 7 p.m."."""
    word, half = words_of(match, "word"), _IN_PARTS.get(words_of(match, "part"), words_of(match, "half"))
    if word:
        hour = 24 if word == "midnight" else 12
    else:
        hour = _HOURS[words_of(match, "hour")] if match["hour"].isalpha() else int(match["hour"])
        before = _BEFORE_CLOCK.search(context.flat, max(0, match.start() - 8), match.start())
        is_range = _RANGE_AFTER.match(context.flat, match.end()) is not None  # "9:30-17:00"
        if hour > 24 or (half and hour > 12) or not (half or hour > 9 or "clock" in match[0] or before or is_range):
            return None  # "won 4:15"
    hour = _hour_of_day(hour, half)
    minute, second = words_of(match, "minute"), words_of(match, "second")
    grain = Grain.SECOND if second else Grain.MINUTE if minute else Grain.HOUR
    zone = words_of(match, "zone")
    day, stop, guess = _day_of_time(match, context)
    unit = None if day is None else CalendarUnit(day, grain, clock_value(hour, minute, second, zone))
    resolved = replace(Resolved.of(unit, grain, guess), stop=stop)
    if day is None or not words_of(match, "first"):
        return resolved
    first = _hour_of_day(int(match["first"]), half)
    first = first if first < hour else int(match["first"])  # "11 to 1 p.m."
    begin = CalendarUnit(day, grain, clock_value(first, words_of(match, "first_minute"), "", zone))
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


CLOCKS: list[Rule] = [
    rule(
        _clock,
        r"(?<![\d,:/$€£])(?<!\d[.-])(?P<first>1[0-2]|[1-9])(?:[:.](?P<first_minute>[0-5]\d))? ?(?:-|–|—|to|and) ?",
        rf"(?P<hour>1[0-2]|0?[1-9]){_MINUTES} ?{_HALF}(?P<zone>{ZONE})",
    ),
    rule(_clock, rf"(?<![\d,:/$€£])(?<!\d[.-])(?P<hour>1[0-2]|0?[1-9]){_MINUTES} ?{_HALF}(?P<zone>{ZONE})"),
    rule(
        _clock,
        r"(?:(?<![\w.,:/$€£-])|(?<=:\d\d-))(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?",
        rf"(?: ?h(?:ours|rs)?(?!\w))?(?P<zone>{ZONE})(?![:.]\d)",
    ),
    rule(
        _clock,
        rf"(?<![\d,:/$€£])(?<!\d[.-])(?P<hour>(?i:{'|'.join(_HOURS)})|1[0-2]|[1-9])(?:[:.](?P<minute>[0-5]\d))?",
        rf"(?: o['’]clock)? (?P<part>{'|'.join(_IN_PARTS)})",
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
    rule(_clock, "(?:12 )?(?P<word>(?i:noon|midnight))"),
    rule(
        _part_of_named_day,
        rf"(?:(?i:the) )?(?:{EARLY} )?(?P<daypart>(?:{DAYPART})(?<!s)) (?:of|on)(?= \w)",
    ),
]
