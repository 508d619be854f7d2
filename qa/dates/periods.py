"""Rules for years, decades, centuries, quarters, halves, seasons, fiscal years and holidays."""

import re
from dataclasses import replace
from datetime import date

from qa.dates.calendar_units import CalendarUnit, Grain
from qa.dates.context import Context, Resolved, Rule, Tense, rule, words_of
from qa.dates.vocabulary import (
    EARLY,
    HOLIDAY,
    HOLIDAYS,
    LOCAL_HOLIDAYS,
    ORDINAL,
    PART,
    RELATION,
    SEASON,
    YEAR,
    ordinal_number,
    season_month,
    whole_year,
)

_CENTURIES = {"nineteenth": 19, "eighteenth": 18, "seventeenth": 17, "sixteenth": 16, "fifteenth": 15, "fourteenth": 14}
_CENTURIES |= {"twentieth": 20, "twenty-first": 21, "thirteenth": 13, "twelfth": 12, "eleventh": 11, "tenth": 10}
_BEFORE_YEAR = re.compile(
    r"\b(?:in|since|by|until|till|before|after|during|from|to|of|between|and|through|throughout|early|late|mid|circa|around"
    r"|about|year|fiscal|or|for|than|c\.) ?\Z|[(–—-]\Z",
    re.I,
)
_PEOPLE_AFTER = re.compile(
    r" (?:[a-z]+ )?(?:people|men|women|children|percent|per|million|billion)\b|-[a-z]| ?(?:%|€|°|k?m\b|kg\b|ft\b)"
)
_PLURAL_AFTER = re.compile(r" (?:[a-z]+ )?[a-z]{2,}[^isu\W]s\b")
_DETERMINER = re.compile(r"\b(?:the|an?|its|his|her|their|our|this)(?<!\d) \Z|['’]s \Z", re.I)
_NO_YEAR_BEFORE = re.compile(
    r"(?:[$€£¥#№@/\\_]|\b(?:[Nn]o\.?|[Nn]umber|[Pp]ages?|pp?\.|[Rr]oom|[Ff]light|[Rr]oute|[Ss]ection|[Rr]esolution|about"
    r"|only|over|than|some|nearly|almost|another|USD|EUR|GBP)) ?\Z"
)
_NOT_BARE = re.compile(
    r"s?(?: [A-Z]|-[a-z]| (?:vacations?|jobs?|camps?|schools?|holidays?|break|house|coats?|sports|tides?|tickets?)\b)"
)
_BEFORE_SEASON = re.compile(r"\b(?:in|the|since|by|until|during|of|for|this|last|next|each|every|through|and) \Z")
_BEFORE_HOLIDAY = re.compile(r"\b(?:on|at|by|before|after|since|until|over|for|of|to|from|every|during) \Z", re.I)
_IN_HER = re.compile(r"\b(?:low|high|upper)[ -]\Z|\b(?:his|her|their|its|my|our) (?:\w+[ -])?\Z|\btemperatures?\b.*\Z")
_BEFORE = f"(?:{PART}[ -])?(?i:the )?"
_NAMED_YEAR = (
    f"(?i:fiscal(?: year)?|the(?: (?:current|previous))? year|(?:last|this|next) year)(?: {YEAR})?|{YEAR}|['’]\\d\\d"
)
_OF_YEAR = f"(?: (?:of |in )?(?P<of>{_NAMED_YEAR}))?"
_ERA = r"(?P<era> (?:AD|BCE?|CE|A\.D\.|B\.C\.)(?!\w))?"


def _year(match: re.Match[str], context: Context) -> Resolved | None:
    era = words_of(match, "era").strip()
    if era.startswith("b"):
        return Resolved(f"BC{int(match['year']):04}", Grain.YEAR)
    year, (start, end) = int(match["year"]), match.span("year")
    if not match["part"] and not era and not _is_year(year, start, end, context):
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
    counts_people = _PEOPLE_AFTER.match(text, end) is not None
    counts = counts_people or _PLURAL_AFTER.match(text, end) is not None
    if _NO_YEAR_BEFORE.search(text, max(0, start - 14), start):
        return False
    # "the 2011 elections"
    named = not counts_people and _DETERMINER.search(text, max(0, start - 6), start) is not None
    if 1900 <= year <= 2049:
        return (not counts and year % 100 != 0) or ((said or named) and not (counts and year % 100 == 0))
    return said and not counts and year >= 1000


def _decade(match: re.Match[str], context: Context) -> Resolved | None:
    digits = match["decade"]
    if len(digits) == 2:
        if digits in {"20", "30"} and match["mark"] is None:
            return None  # "in her 30s"
        if _IN_HER.search(context.flat, max(0, match.start() - 40), match.start("decade")):
            return None
        digits = "2000" if digits == "00" else f"19{digits}"
    century = digits.endswith("00") and len(match["decade"]) == 4 and int(digits) < 1900
    grain = Grain.CENTURY if century else Grain.DECADE
    return Resolved.of(CalendarUnit(date(int(digits), 1, 1), grain), grain)


def _century(match: re.Match[str], context: Context) -> Resolved | None:
    words = match["number"].lower()
    if words in _CENTURIES:
        number = _CENTURIES[words]
    else:
        number = ordinal_number(words) if words.isalpha() else int(re.sub(r"\D", "", words))
    if not 1 <= number <= 30:
        return None
    if words_of(match, "era").strip().startswith("b"):
        return Resolved(None, Grain.CENTURY)
    if number == 1:
        return Resolved("00", Grain.CENTURY)  # it would begin with a year 0
    return Resolved.of(CalendarUnit(date((number - 1) * 100, 1, 1), Grain.CENTURY), Grain.CENTURY)


def _year_of_words(words: str, context: Context) -> int | None:
    """Return the year that "2009", "last year", "this year" or "the year" names."""
    digits = re.search(r"\d+", words)
    if digits is not None:
        return whole_year(digits[0])
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
        unit = next(one for step in (1, 0, -1, -2) if (one := unit.shifted(step, Grain.YEAR)).first < current.first)
    elif relation.startswith(("next", "coming")):
        unit = next(one for step in (-1, 0, 1, 2) if (one := unit.shifted(step, Grain.YEAR)).first > current.first)
    elif not relation.startswith("this"):
        tense = context.tense(*match.span())
        if unit.first > current.first and tense is not Tense.FUTURE:
            months = (unit.first.year - current.first.year) * 12 + unit.first.month - current.first.month
            unit = unit if months <= 3 and tense is Tense.UNKNOWN else unit.shifted(-1, Grain.YEAR)
        elif unit.first < current.first and tense is Tense.FUTURE and grain is Grain.SEASON:
            unit = unit.shifted(1, Grain.YEAR)
        return Resolved.of(unit, grain, guess=True, assumed_year=True)
    elif grain is Grain.SEASON and month == 12 and context.published.month <= 6:
        unit = unit.shifted(-1, Grain.YEAR)  # the winter that began last year
    return Resolved.of(unit, grain)


def _is_season(match: re.Match[str], grain: Grain, context: Context) -> bool:
    """Tell whether a word is a season: "fall" and "spring" are also verbs, and "Winter Palace" is a name."""
    if grain is not Grain.SEASON or match["relation"] is not None or match["of"] is not None:
        return True
    said = _BEFORE_SEASON.search(context.flat, max(0, match.start("season") - 8), match.start("season")) is not None
    alone = _NOT_BARE.match(context.flat, match.end()) is None
    return alone and (said or match["season"].lower() in {"summer", "winter", "autumn"})


def _fiscal(match: re.Match[str], context: Context) -> Resolved | None:
    return Resolved(f"FY{whole_year(match['year'])}", Grain.YEAR)


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


PERIODS: list[Rule] = [
    rule(
        _part_of_year,
        rf"{_BEFORE}(?:{RELATION} )?(?P<number>{ORDINAL})(?:[ -](?i:fiscal|financial))?",
        rf"[ -](?P<kind>(?i:quarter|half)){_OF_YEAR}(?!-?(?:final|back))",
    ),
    rule(  # the 2009 first quarter, 2009's first half
        _part_of_year,
        rf"(?i:the )?(?:fiscal )?(?P<of>{YEAR})(?:['’]s)? (?:fiscal )?(?P<number>{ORDINAL})",
        "[ -](?P<kind>(?i:quarter|half))",
    ),
    rule(_part_of_year, rf"(?P<of>{YEAR})[ -](?P<kind>Q)(?P<number>[1-4])"),
    rule(_part_of_year, rf"(?:{RELATION} )?(?P<kind>Q)(?P<number>[1-4]){_OF_YEAR}"),
    rule(_part_of_year, rf"{_BEFORE}(?:{EARLY}[ -])?(?:{RELATION} )?(?P<season>{SEASON}){_OF_YEAR}"),
    rule(
        _fiscal,
        rf"{_BEFORE}(?i:fiscal|FY)(?:[ -]year)? ?(?:ended |ending )?(?P<year>{YEAR}|\d\d)(?!-)",
    ),
    rule(
        _decade,
        rf"{_BEFORE}(?:{EARLY}[ -])?(?P<mark>['’‘])?(?<![\d$€£.,])(?P<decade>1\d\d0|20\d0|[2-9]0|00)['’]?s(?! of age)",
    ),
    rule(
        _century,
        rf"{_BEFORE}(?:{EARLY}[ -])?(?P<number>\d{{1,2}}(?:st|nd|rd|th)|{ORDINAL}|(?i:{'|'.join(_CENTURIES)}))",
        rf"[ -](?i:century|centuries){_ERA}",
    ),
    rule(
        _year,
        rf"(?:{PART}[ -])?(?:the (?=year))?(?P<part>(?i:early|late|mid)[- ]|(?:the )?(?i:year) )?",
        rf"(?<![\w.,:/$€£#])(?<!\d-)(?P<year>{YEAR})(?:[–/-](?P<last>\d{{4}}|\d\d)(?![\w-]))?(?![/-]\d){_ERA}",
    ),
    rule(
        _holiday,
        "(?:(?P<relation>(?i:last|this|next|past|coming)) )?",
        rf"(?P<holiday>{HOLIDAY})(?:,? (?P<year>{YEAR}))?(?! [A-Z]|-)",
    ),
]
