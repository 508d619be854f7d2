"""What rules of time expressions are made of: names of months, weekdays and units, and counts, as patterns."""

import re
from collections.abc import Callable
from datetime import date
from functools import partial

from dateutil.easter import easter
from dateutil.relativedelta import MO, TH, relativedelta

from qa.dates.calendar_units import Grain
from qa.query import lexicon


def _alternatives(names: str) -> str:
    return "|".join(form for name in names.split("|") for form in (name.title(), name.upper()))


_MONTHS, _WEEKDAYS = lexicon.MONTHS.split("|"), lexicon.WEEKDAYS.split("|")
# With a capital: "march" is a verb.
MONTH_NAME = f"(?:{_alternatives(lexicon.MONTHS)})"
MONTH = rf"(?:{_alternatives(lexicon.MONTHS)}|(?:{_alternatives(lexicon.SHORT_MONTHS)}|Sept|SEPT)\b\.?)"
WEEKDAY = f"(?:{_alternatives(lexicon.WEEKDAYS)})"
SHORT_WEEKDAY = rf"(?:{_alternatives(lexicon.SHORT_WEEKDAYS)}|Tues|Thur|Thurs)\b\.?"
DAY = r"(?:(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?)(?![\w%]|[.,:]\d)"
YEAR = r"(?:1\d{3}|20\d\d)(?!\w|[.,:]\d)"
SEASON = "(?i:spring|summer|autumn|fall|winter)"
_SEASON_MONTHS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
DAYPART = r"(?i:mornings?|afternoons?|evenings?|nights?|midday)"
_DAYPARTS = {"morning": "TMO", "afternoon": "TAF", "evening": "TEV", "night": "TNI", "midday": "TMI"}
ORDINAL = rf"(?i:{'|'.join(word for word in lexicon.ORDINALS)})"
ZONE = (
    r"(?: ?\(?(?:GMT|UTC|Z|BST|CES?T|EES?T|MSK|JST|IST|[ECMP][SD]?T)\b(?: ?[+-] ?\d{1,2}(?::?\d\d)?)?\)?"
    r"| (?:local|[Ee]astern|[Pp]acific|[Cc]entral|[Mm]ountain)(?: (?:standard|daylight))?(?: time)?\b)?"
)

_UNIT_NAMES = {
    **{Grain.SECOND: "seconds?", Grain.MINUTE: "minutes?|mins?", Grain.HOUR: "hours?|hrs?", Grain.DAY: "days?"},
    **{Grain.WEEKEND: "weekends?", Grain.WEEK: "weeks?", Grain.MONTH: "months?", Grain.YEAR: "years?|yrs?"},
    **{Grain.DECADE: "decades?", Grain.CENTURY: "century|centuries", Grain.QUARTER: "quarters?"},
}
# Without quarters, which mostly are fourths.
UNIT = f"(?i:{'|'.join(names for grain, names in _UNIT_NAMES.items() if grain is not Grain.QUARTER)})"
_UNITS = {
    form: grain
    for grain, names in _UNIT_NAMES.items()
    for name in names.split("|")
    for form in {name.replace("?", ""), name.replace("s?", "")}
}
PERIOD = r"(?i:days?|weekends?|weeks?|months?|years?|decades?|century|centuries|quarters?)"

_NUMBER_WORDS = lexicon.NUMBER_WORDS.split("|")
_WORD_VALUES = {
    **{word: float(number) for number, word in enumerate(_NUMBER_WORDS[:21])},
    **{word: 10.0 * tens for tens, word in enumerate(_NUMBER_WORDS[21:28], start=3)},
    **{"dozen": 12.0, "hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12},
    **{"a": 1.0, "an": 1.0, "single": 1.0, "couple": 2.0, "half": 0.5},
}
_NUMBER_WORD = rf"(?i:{lexicon.NUMBER_WORDS})"
_SCALE = f"(?i:{'|'.join(_NUMBER_WORDS[28:])})"
NUMBER = (
    rf"(?:\d{{1,12}}(?:,\d{{3}}){{0,4}}(?:\.\d{{1,6}})?(?![,.]?\d)(?! ?(?:%|per))(?: {_SCALE})?"
    rf"|(?:(?i:an? )(?={_SCALE})|(?!{_SCALE})){_NUMBER_WORD}(?:(?:[ -]|[ -]and[ -]){_NUMBER_WORD}){{0,6}})"
)
VAGUE = r"(?i:(?:(?:just|only|quite|the|these) )?(?:a (?:few|number of)|several|few|many|some|numerous|countless))"
APPROXIMATE = (
    r"(?i:(?:(?:no|not|little|slightly|just) )?(?:more|less|longer|fewer) than|(?:just )?(?:over|under)"
    r"|at (?:least|most)|up to|as (?:many|long|much) as|about|around|almost|nearly|roughly|approximately|some"
    r"|exactly|only|just|another|barely|close to|an? (?:additional|estimated)|the entire|the whole|a full)"
)
PART = (
    r"(?i:(?:the )?(?:very )?(?:beginning|start|end|middle|rest|remainder|close|turn|whole|course) of"
    r"|(?:earlier|later|early|late)(?: on)?(?: in)?|the (?:early|late)(?: part of)?|mid)"
)
EARLY = "(?i:early|late|mid)"
RELATION = "(?P<relation>(?i:last|this(?: past| coming)?|next|past|coming|following|previous|preceding))"
_CENTURY_OF_TWO_DIGITS = 40  # '39 is 2039, '40 is 1940


def month_number(name: str) -> int:
    """Return the number of a month by its name, also a short one."""
    short = name.lower()[:3]
    return lexicon.SHORT_MONTHS.split("|").index(short) + 1


def weekday_number(name: str) -> int:
    """Return the number of a weekday by its name, also a short one; Monday is 0."""
    return lexicon.SHORT_WEEKDAYS.split("|").index(name.lower()[:3])


def season_month(name: str) -> int:
    """Return the month that a season begins in."""
    return _SEASON_MONTHS[name.lower()]


def daypart(name: str) -> str:
    """Return the code of a part of the day, such as TMO."""
    return _DAYPARTS[name.lower().removesuffix("s")]


def unit_grain(name: str) -> Grain:
    """Return the grain that a unit's name stands for."""
    return _UNITS[name.lower()]


def ordinal_number(word: str) -> int:
    """Return the number of an ordinal."""
    return int(lexicon.ORDINALS[word.lower()])


def whole_year(digits: str) -> int:
    """Return a year of four digits, or of two: 68 is 1968."""
    century = 0 if len(digits) > 2 else 2000 if int(digits) < _CENTURY_OF_TWO_DIGITS else 1900
    return century + int(digits)


def number_value(words: str) -> float:
    """Return the number that digits or words say, as in "2.5", "twenty-five" and "two and a half"."""
    if words[0].isdigit():
        digits, _, scale = words.replace(",", "").partition(" ")
        return float(digits) * _WORD_VALUES.get(scale.lower(), 1.0)
    total, below = 0.0, 0.0
    for word in re.split(r"[\s-]+", words.lower()):
        value = _WORD_VALUES.get(word)
        if value is None:
            continue
        if value >= 100 or word == "dozen":
            below = (below or 1.0) * value
            if value >= 1e3:
                total, below = total + below, 0.0
        else:
            below += value
    return total + below


def _fixed(month: int, day: int, year: int) -> date:
    return date(year, month, day)


def _from_easter(days: int, year: int) -> date:
    day: date = easter(year) + relativedelta(days=days)
    return day


def _counted(month: int, rule: relativedelta, year: int) -> date:
    day: date = date(year, month, 1) + rule
    return day


# The day of a holiday in a year, by its name in lower case. Several countries keep some of them on another day.
HOLIDAYS: dict[str, Callable[[int], date]] = {
    "christmas": partial(_fixed, 12, 25),
    "christmas day": partial(_fixed, 12, 25),
    "christmas eve": partial(_fixed, 12, 24),
    "boxing day": partial(_fixed, 12, 26),
    "new year's day": partial(_fixed, 1, 1),
    "new year's": partial(_fixed, 1, 1),
    "new year's eve": partial(_fixed, 12, 31),
    "halloween": partial(_fixed, 10, 31),
    "valentine's day": partial(_fixed, 2, 14),
    "st patrick's day": partial(_fixed, 3, 17),
    "independence day": partial(_fixed, 7, 4),
    "veterans day": partial(_fixed, 11, 11),
    "armistice day": partial(_fixed, 11, 11),
    "may day": partial(_fixed, 5, 1),
    "bastille day": partial(_fixed, 7, 14),
    "easter": partial(_from_easter, 0),
    "easter sunday": partial(_from_easter, 0),
    "easter monday": partial(_from_easter, 1),
    "good friday": partial(_from_easter, -2),
    "maundy thursday": partial(_from_easter, -3),
    "palm sunday": partial(_from_easter, -7),
    "ash wednesday": partial(_from_easter, -46),
    "shrove tuesday": partial(_from_easter, -47),
    "ascension day": partial(_from_easter, 39),
    "whit monday": partial(_from_easter, 50),
    "thanksgiving": partial(_counted, 11, relativedelta(weekday=TH(+4))),
    "thanksgiving day": partial(_counted, 11, relativedelta(weekday=TH(+4))),
    "labor day": partial(_counted, 9, relativedelta(weekday=MO(+1))),
    "memorial day": partial(_counted, 5, relativedelta(day=31, weekday=MO(-1))),
    "martin luther king day": partial(_counted, 1, relativedelta(weekday=MO(+3))),
    "presidents' day": partial(_counted, 2, relativedelta(weekday=MO(+3))),
    "columbus day": partial(_counted, 10, relativedelta(weekday=MO(+2))),
}
# These have a day of their own in other countries.
LOCAL_HOLIDAYS = {"independence day", "thanksgiving", "thanksgiving day", "labor day", "may day", "memorial day"}
HOLIDAY = "|".join(
    sorted((name.title().replace("'S", "['’]s").replace("s'", "s['’]?") for name in HOLIDAYS), reverse=True)
)
