"""Compares the values of answers: numbers with their units, dates, names with their variants, other words."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from qa.dates.vocabulary import number_value
from qa.query import lexicon
from qa.query.lexicon import (
    CAPITAL,
    CURRENCIES,
    MONTHS,
    NUMBER_WORDS,
    SEASONS,
    SHORT_MONTHS,
    TIME_UNITS,
    UNITS,
    WEEKDAYS,
)
from qa.query.phrases import normalized_words

# "4.2 million", "€2.7bn", "1,240", "twenty-one", "one hundred and five"
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<sign>[-−–](?=\d))?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,15}(?:\.\d{1,9})?)"
    r"(?:[\s-]?(?P<scale>bn|billion|mn?|million|k|thousand|hundred|trillion)\b)?(?![.,]?\d)"
    rf"|\b(?P<words>(?:{NUMBER_WORDS})(?:(?:[ -]|[ -]and[ -])(?:{NUMBER_WORDS})){{0,8}}"
    r"(?:[ -]and[ -]a[ -]half\b(?:[ -](?:dozen|hundred|thousand|million|billion|trillion)\b)?)?"
    r"|half an? (?:dozen|hundred|thousand|million|billion|trillion))\b",
    re.I,
)
_ARTICLE = re.compile(r"\ban?[ -]", re.I)  # "half a million", "two and a half"
_SCALES = {"hundred": 1e2, "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_NONE = re.compile(
    r"\W*(?:(?i:none|nobody|no one|nothing|neither|zero)\b|[Nn]o (?!(?:fewer|less|more|later|earlier) than\b)(?=[a-z])"
    r"|[Ff]ree(?=(?: of charge| to all)?\W*\Z))"
)
_NOBODY = re.compile(r"\b(?:none|nobody|no one|neither)\b", re.I)
_ORDINAL = re.compile(rf"(?:(?:the|an?) )?(?P<ordinal>{'|'.join(lexicon.ORDINALS)})", re.I)
_APPROXIMATE = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|almost|some|over|more than|close to|up to)\b", re.I
)
_BEFORE_NUMBER = re.compile(
    rf"(?:{_APPROXIMATE.pattern}|at (?:least|most)|only|just|all|exactly|another|fewer than|less than|{_NONE.pattern})",
    re.I,
)
# "half", "about two thirds", "a quarter of the stock", "nine out of ten"; not "half an hour", "a third man"
_ABOUT = r"\W*(?:(?:about|around|roughly|nearly|almost|some|just|only|over|under|more|less|than|at least|well|up to) )*"
_OF = r"(?=\W*\Z| (?:of|the|its|their|his|her|all)\b)"
_FRACTION = re.compile(
    rf"{_ABOUT}(?:(?P<half>half){_OF}(?! (?:of )?an? )"
    rf"|(?:an? |one[ -])(?P<one>third|quarter|fifth|tenth){_OF}(?! of an hour)"
    r"|(?P<count>two|three|four|nine)[ -](?P<parts>thirds|quarters|fifths|tenths)\b"
    r"(?! of an? (?:hour|day|week|month|year|century)\b)"
    rf"|(?P<some>{NUMBER_WORDS}|\d{{1,3}}) (?:in|out of)(?: every)? (?P<all>{NUMBER_WORDS}|\d{{1,3}})"
    r"(?=\W*\Z| (?![\d-])\w+))",
    re.I,
)
_PARTS = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_DURATION_TOLERANCE = 0.002  # of a duration: 12 months are a year
_SHARE_TOLERANCE = 1.0  # percentage points between a fraction and its percentage
# "an hour", "half an hour", "a fortnight"
_ONE_UNIT = re.compile(
    rf"{_ABOUT}(?:(?:for|within|in|every) )?(?P<count>half an?|half|(?:three[ -]|(?:a )?)quarters? of an?|an?) "
    r"(?P<unit>second|minute|hour|day|week|fortnight|month|year|decade|century)\b(?!['’-])(?P<half> and a half\b)?",
    re.I,
)
_AT_LEAST = re.compile(
    r"\b(?:more than|over|at least|well over|no fewer than|no less than|upwards of)(?: an?)?\W*\Z", re.I
)
_AT_MOST = re.compile(r"\b(?:fewer than|less than|under|at most|up to|no more than|nearly|almost)(?: an?)?\W*\Z", re.I)
_OR_MORE = re.compile(r"(?: [\w-]+)? or more\b| (?:and|or) (?:above|over)\b|\+", re.I)
_OR_LESS = re.compile(r"(?: [\w-]+)? or (?:less|fewer)\b", re.I)
_OR_SO = re.compile(r"-odd\b|(?: [\w-]+)? or so\b", re.I)
_SEVERAL = re.compile(r"\b(?:several|a few|many|some) \Z", re.I)
_TO = re.compile(r"(?: ?[-–] ?| (?:to|or) )\Z| and \Z", re.I)  # "40 to 50", "two or three", "between 40 and 50"
_HALF_AFTER_SCALE = re.compile(r"\b(?P<scale>hundred|thousand|million|billion|trillion) and a half\Z", re.I)
# Names that are written in two ways.
_WRITTEN_OUT = (
    (re.compile(r"\bSt\.? (?=[A-Z])"), "Saint "),
    (re.compile(r"\bMt\.? (?=[A-Z])"), "Mount "),
    (re.compile(r"\bU\.S\.(?:A\.)?(?!\w)|\bUSA?\b(?!\$)"), "United States"),
    (re.compile(r"\bU\.K\.(?!\w)|\bUK\b|\bGreat Britain\b|\bBritain\b"), "United Kingdom"),
)
_MAX_BEYOND = 1.5  # times a number that is a bound
_CLOCK = re.compile(
    r"\W*(?:(?:at|by|around|about|shortly|just|before|after|until|from) )*"
    r"(?:noon|midnight|\d{1,2}:\d\d(?: ?[ap]\.?m\b\.?)?|\d{1,2}(?:\.\d\d)? ?[ap]\.?m\b\.?"
    rf"|(?:\d{{1,2}}|{NUMBER_WORDS}) (?:o['’]clock|in the (?:morning|afternoon|evening)))\W*",
    re.I,
)
# "from nine to six", "every day from 10 to 16", "9.30 am to 5 pm"; not "two to five"
_HOUR = rf"(?:\d{{1,2}}(?:[:.]\d\d)?|{NUMBER_WORDS}|noon|midnight)(?: ?[ap]\.?m\b\.?| o['’]clock| in the \w+)?"
_HOURS = re.compile(
    r"\W*(?=.*(?:\b(?:from|between|daily|every day)\b|\d ?[ap]\.?m\b|:\d\d|o['’]clock|in the))(?:open )?"
    rf"(?:(?:daily|every day) )?(?:(?:from|between) )?(?P<first>{_HOUR})(?: ?[-–] ?| (?:to|and|until"
    rf"|till) )(?P<last>{_HOUR})"
    r"(?: (?:daily|every day))?\W*",
    re.I,
)
_MAX_HOUR = 24.0
_TIME_OF_DAY = re.compile(r"T(?P<time>\d\d:\d\d)\Z")
_TOLERANCE = 0.1  # of a number that is called approximate
_MAX_ROUNDING = 0.05  # of a number
_YEARS = 1900, 2100
_YEAR = re.compile(r".*?\b(?:in|since|by|of|until|from) [12]\d{3}$")
_MIN_ROUNDED = 1_000  # from here on "4.2 million" is also 4,198,000
_MONEY = re.compile(rf"[$£€¥₹]|\b(?:{CURRENCIES})(?!\w)", re.I)
_SHARE = re.compile(r"%|\bper ?cent(?:age)?\b", re.I)
_CALENDAR = re.compile(
    rf"\b(?:{MONTHS}|{WEEKDAYS}|today|tomorrow|yesterday|noon|midnight)s?\b"
    rf"|\b(?:{SHORT_MONTHS})\.? \d|\d (?:{SHORT_MONTHS})\b|\b\d{{1,2}}:\d\d\b|\b\d{{1,2}} ?[ap]\.?m\b|\bo['’]clock\b"
    rf"|\b\d{{4}}-\d\d"
    rf"|\b(?:{'|'.join(sorted(SEASONS))}|in|since|by|of|until|from|early|late|mid)[ -][12]\d{{3}}$",
    re.I,
)
_DURATION = re.compile(rf"\b(?:{TIME_UNITS})\b", re.I)
_UNIT = re.compile(rf"(?<!\w)(?:{UNITS})(?!\w)")
_DAYS = {
    "second": 1 / 86_400,
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "night": 1.0,
    "week": 7.0,
    "fortnight": 14.0,
} | {**{"month": 30.4, "season": 91.0, "year": 365.25, "decade": 3652.5, "century": 36525.0, "centuries": 36525.0}}
# Other units, in metres, square metres, kilograms, litres and metres a second.
_MEASURES = {
    **dict.fromkeys(("km", "kilometre", "kilometer"), ("metre", 1000.0)),
    **dict.fromkeys(("mile", "mi"), ("metre", 1609.344)),
    **dict.fromkeys(("foot", "feet", "ft"), ("metre", 0.3048)),
    **dict.fromkeys(("m", "metre", "meter"), ("metre", 1.0)),
    "yard": ("metre", 0.9144),
    "hectare": ("square metre", 10_000.0),
    "acre": ("square metre", 4_046.9),
    **dict.fromkeys(("square kilometre", "square kilometer", "km²"), ("square metre", 1000000.0)),
    "square mile": ("square metre", 2_589_988.0),
    **dict.fromkeys(("cm", "centimetre", "centimeter"), ("metre", 0.01)),
    **dict.fromkeys(("mm", "millimetre", "millimeter"), ("metre", 0.001)),
    **dict.fromkeys(("inch", "inche"), ("metre", 0.0254)),
    **dict.fromkeys(("kg", "kilogram", "kilo"), ("kilogram", 1.0)),
    **dict.fromkeys(("g", "gram"), ("kilogram", 0.001)),
    **dict.fromkeys(("tonne", "ton", "metric ton"), ("kilogram", 1_000.0)),
    **dict.fromkeys(("litre", "liter"), ("litre", 1.0)),
    **dict.fromkeys(("ml", "millilitre", "milliliter"), ("litre", 0.001)),
    **dict.fromkeys(("km/h", "kph"), ("metre a second", 1 / 3.6)),
    "mph": ("metre a second", 0.44704),
    **dict.fromkeys(("degrees celsiu", "degree celsiu", "°c"), ("degree", 1.0)),
}
_BASE_UNITS = {unit for unit, _ in _MEASURES.values()}
_MEASURE_TOLERANCE = 0.003  # of a length or a weight: six feet are 1.83 metres
_SYMBOLS = {"$": "dollar", "us$": "dollar", "usd": "dollar", "€": "euro", "eur": "euro", "£": "pound", "gbp": "pound"}
_FILLERS = lexicon.word_set("""
    a an the of in on at by for to from and or with about around nearly almost some only just his her its their
    mr mrs ms dr prof professor sir dame
""")


class ValueKind(Enum):
    """What kind of value an answer gives. Only values of one kind are compared."""

    MONEY = auto()
    SHARE = auto()
    DATE = auto()
    DURATION = auto()
    HOURS = auto()
    NUMBER = auto()
    NAME = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an answer's words.

    number: in days for a duration, in (square) metres for lengths and areas; None where the words hold none. unit: a
    currency or another unit, None where there is none. words: in lower case, without articles and titles. names: those
    with a capital, in their order, but for titles and roles. date: as TIMEX3 writes it, where that is known. bounds:
    between which a number is that is told as a bound, "more than a hundred". is_time_of_day: whether no day is told.
    """

    kind: ValueKind
    number: float | None
    unit: str | None
    is_approximate: bool
    words: frozenset[str]
    date: str | None = None
    names: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    is_time_of_day: bool = False

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, text: str, date: str | None = None) -> "Value":
        """Read the value of an answer's words; `date` is what a time expression among them stands for."""
        text = _written_out(text)
        words = frozenset(normalized_words(text)) - _FILLERS
        share, duration = _share_of(text), _one_unit_of(text)
        if share is not None:
            return cls(ValueKind.SHARE, share, None, True, words)
        if duration is not None:
            days, before = duration
            is_about = _APPROXIMATE.search(text) is not None
            return cls(ValueKind.DURATION, days, None, is_about, words, bounds=_bounds(days, before, ""))
        hours = _hours_of(text)
        if hours is not None:
            return cls(ValueKind.HOURS, None, None, False, frozenset(hours))
        found = next(iter(numbers_in(text)), None)
        ordinal = _ORDINAL.fullmatch(text)
        number = 0.0 if _NONE.match(text) else None if found is None else found[0]
        if ordinal is not None:
            number = float(lexicon.ORDINALS[ordinal["ordinal"].lower()])
        kind = _kind_of(text, number)
        unit = _unit_of(text, kind)
        factor = 1.0
        if kind is ValueKind.DURATION and number is not None and unit is not None:
            factor, unit = _DAYS[unit], None
        if number is not None and unit in _MEASURES:
            unit, factor = _MEASURES[unit]
        bounds = None
        if number is not None:
            number *= factor
        if number is not None and found is not None:
            last = _end_of_range(text, found)
            bounds = (
                (number, last * factor) if last is not None else _bounds(number, text[: found[1]], text[found[2] :])
            )
        is_time_of_day = kind is ValueKind.DATE and _CLOCK.fullmatch(text) is not None
        is_approximate = _APPROXIMATE.search(text) is not None
        is_approximate |= found is not None and _OR_SO.match(text, found[2]) is not None
        return cls(kind, number, unit, is_approximate, words, date, _names_of(text), bounds, is_time_of_day)

    def is_comparable(self, other: "Value") -> bool:
        """Return whether both are of one kind; a number may be of money or a year: "275 million", "nothing", "1998"."""
        if self.kind is other.kind:
            return True
        number = self if self.kind is ValueKind.NUMBER else other
        if {self.kind, other.kind} == {ValueKind.NUMBER, ValueKind.DATE}:
            return number.unit is None and number.number in range(*_YEARS)
        may_be_price = number.unit is None and (number.number == 0 or (number.number or 0.0) >= _MIN_ROUNDED)
        return may_be_price and {self.kind, other.kind} == {ValueKind.NUMBER, ValueKind.MONEY}

    def agrees(self, other: "Value") -> bool:
        """Return whether both say the same: the same number, perhaps rounded, or one's words are among the other's."""
        if self.kind is ValueKind.DATE and self.date is not None and other.date is not None:
            if self.is_time_of_day or other.is_time_of_day:
                times = [_TIME_OF_DAY.search(one.date or "") for one in (self, other)]
                return len({None if one is None else one["time"].replace("24:", "00:") for one in times}) == 1
            short, long = sorted((self.date, other.date), key=len)
            if long.startswith(short):
                return True
            # A year that both leave out may have been guessed differently: "March", "31 March".
            has_months = re.fullmatch(rf"(?:{MONTHS})", " ".join(self.words & other.words), re.I) is not None
            return has_months and long[4:].startswith(short[4:])
        if self.is_number and other.is_number:
            is_same_unit = None in (self.unit, other.unit) or self.unit == other.unit
            return self.is_comparable(other) and is_same_unit and _same_number(self, other)
        fewer, more = sorted((self.words, other.words), key=len)
        if bool(fewer) and fewer <= more:
            return True
        # "A hotel in Marden" and "the sports hall of Marden" share a name that is not theirs.
        are_named_alike = self._other_words <= other._other_words or other._other_words <= self._other_words
        is_name = self.kind is other.kind is ValueKind.NAME and are_named_alike
        return is_name and _is_same_name(self.names, other.names)

    @property
    def _other_words(self) -> frozenset[str]:
        """The words that are neither of a name nor of a role."""
        return self.words - {name.lower() for name in self.names} - lexicon.ROLE_NOUNS

    def may_agree(self, other: "Value") -> bool:
        """Return whether both may be true of one thing: they agree, or one is told as a bound ("more than a hundred").

        Times of day and days ("noon", "Thursday") may, and so may a year by the way and a day ("1908", "9 May").
        """
        if self.agrees(other):
            return True
        if self.kind is other.kind is ValueKind.DATE and self.date is not None and other.date is not None:
            return self.is_time_of_day or other.is_time_of_day or self._is_year != other._is_year
        if {self.kind, other.kind} == {ValueKind.NUMBER, ValueKind.DATE}:
            return self._is_year != other._is_year
        if not (self.is_number and other.is_number and self.is_comparable(other)):
            return False
        if self.bounds is not None and other.bounds is not None:
            return self.bounds[0] <= other.bounds[1] and other.bounds[0] <= self.bounds[1]
        return any(
            one.bounds is not None and one.bounds[0] <= (another.number or 0.0) <= one.bounds[1]
            for one, another in ((self, other), (other, self))
        )

    def is_in(self, sentence: str) -> bool:
        """Return whether a sentence gives the value: a number of its kind that is the same, or all of its words."""
        if not self.is_number:
            return bool(self.words) and self.words <= set(normalized_words(_written_out(sentence)))
        around = (_with_neighbours(sentence, start, end) for _, start, end in numbers_in(sentence))
        values = map(Value.of, around)
        return any(one.is_number and self.agrees(one) for one in values)

    @property
    def _is_year(self) -> bool:
        return self.kind is ValueKind.NUMBER or (self.date is not None and len(self.date) == len("2026"))

    @property
    def is_number(self) -> bool:
        """Whether it is a number, of money or of whatever else, and neither a date nor part of a name."""
        return self.number is not None and self.kind not in (ValueKind.DATE, ValueKind.NAME)


def number_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the plain numbers of a text, and of "nobody" and "none"."""
    found = ((start, end) for _, start, end in numbers_in(text))
    plain = [
        (start, end)
        for start, end in found
        if Value.of(_with_neighbours(text, start, end)).kind is ValueKind.NUMBER and not _YEAR.match(text[:end][-8:])
    ]
    return [*plain, *(match.span() for match in _NOBODY.finditer(text))]


def numbers_in(text: str) -> Iterator[tuple[float, int, int]]:
    """Yield the numbers of a text with their spans."""
    for found in _NUMBER.finditer(text):
        if found["words"] is not None:
            number = number_value(_ARTICLE.sub("", found["words"]))
            half = _HALF_AFTER_SCALE.search(found["words"])
            if half is not None:  # "two million and a half"
                number = int(number) + 0.5 * number_value(half["scale"])
            yield number, *found.span()
            continue
        factor = 1.0 if found["scale"] is None else _SCALES.get(found["scale"].lower(), 1e12)
        sign = 1.0 if found["sign"] is None else -1.0
        yield sign * float(found["digits"].replace(",", "")) * factor, *found.span()


def _with_neighbours(text: str, start: int, end: int) -> str:
    """Return a number with the sign before it and two words after it."""
    following = re.match(r"\s?\S+(?:\s\S+)?", text[end : end + 60])
    before = re.search(r"(?:\w+\s|[$£€¥₹])\Z", text[max(0, start - 20) : start])
    return f"{'' if before is None else before[0]}{text[start:end]}{'' if following is None else following[0]}"


def _kind_of(text: str, number: float | None) -> ValueKind:
    first = next((word for word in re.findall(r"[^\W\d_]+", text) if word.lower() not in _FILLERS), "")
    if number is not None and _SHARE.search(text):
        return ValueKind.SHARE
    if number is not None and _MONEY.search(text):
        return ValueKind.MONEY
    if _CALENDAR.search(text):
        return ValueKind.DATE
    is_number_word = re.fullmatch(f"{NUMBER_WORDS}|half", first, re.I) is not None
    is_name = re.match(rf"{CAPITAL}\w", first) is not None and not is_number_word
    begins_with_name = is_name and text.lstrip().startswith(first) and not _BEFORE_NUMBER.match(text.lstrip())
    if number is not None and not begins_with_name:
        return ValueKind.DURATION if _DURATION.search(text) else ValueKind.NUMBER
    return ValueKind.NAME if re.search(rf"\b{CAPITAL}\w", text) else ValueKind.WORDS


def _unit_of(text: str, kind: ValueKind) -> str | None:
    if kind is ValueKind.DURATION:
        found = _DURATION.search(text)
        unit = "" if found is None else found[0].lower()
        return unit if unit in _DAYS else unit.removesuffix("s") if unit.removesuffix("s") in _DAYS else None
    found = (_MONEY if kind is ValueKind.MONEY else _UNIT).search(text)
    if found is None or kind is ValueKind.SHARE:
        return None
    unit = found[0].lower()
    return _SYMBOLS.get(unit, unit.removesuffix("s"))


def _hours_of(text: str) -> tuple[str, str] | None:
    """Return from which hour until which one something lasts, of twelve a day; None where a text tells no hours."""
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    hours = list[str]()
    for name, word in (("first", "from"), ("last", "to")):
        number = next(iter(numbers_in(found[name].replace(":", "."))), (12.0, 0, 0))[0]  # noon, midnight
        if number > _MAX_HOUR:
            return None
        hours.append(f"{word} {number % 12:.2f}")
    return hours[0], hours[1]


def _share_of(text: str) -> float | None:
    """Return the percentage that a text begins with as a fraction, None without one."""
    found = _FRACTION.match(text)
    if found is None:
        return None
    if found["half"] is not None:
        return 50.0
    if found["some"] is not None:
        some, whole = number_value(found["some"]), number_value(found["all"])
        return 100.0 * some / whole if 0 < some < whole else None
    part = found["one"] or found["parts"].removesuffix("s")
    return 100.0 * (1.0 if found["one"] is not None else number_value(found["count"])) / _PARTS[part.lower()]


def _one_unit_of(text: str) -> tuple[float, str] | None:
    """Return the days of a duration without a number, "an hour", "half a day", and what stands before its unit."""
    found = _ONE_UNIT.match(text)
    if found is None:
        return None
    count = found["count"].lower()
    part = 0.75 if "three" in count else 0.25 if "quarter" in count else 0.5 if "half" in count else 1.0
    days = _DAYS[found["unit"].lower()]
    return days * (part + 0.5 * (found["half"] is not None)), text[: found.start("unit")]


def _bounds(number: float, before: str, after: str) -> tuple[float, float] | None:
    """Return between which a number lies that is told as a bound or as "several hundred", None for another one."""
    if _SEVERAL.search(before) is not None and after[:1] != "," and number in (100.0, 1_000.0, 1_000_000.0):
        return 2 * number, 10 * number
    if _AT_LEAST.search(before) is not None or _OR_MORE.match(after) is not None:
        return number, number * _MAX_BEYOND
    is_most = _AT_MOST.search(before) is not None or _OR_LESS.match(after) is not None
    return (number / _MAX_BEYOND, number) if is_most else None


def _end_of_range(text: str, first: tuple[float, int, int]) -> float | None:
    """Return the second number of "40 to 50", "two or three" and "between 40 and 50", None without one."""
    second = next((one for one in numbers_in(text[first[2] :].replace("-", " ").replace("–", " "))), None)
    if second is None or second[0] <= first[0]:
        return None
    joined = _TO.fullmatch(text[first[2] : first[2] + second[1]])
    has_between = text[: first[1]].rstrip().lower().endswith("between")
    return second[0] if joined is not None and ("and" not in joined[0] or has_between) else None


def _written_out(text: str) -> str:
    """Return a text with "Saint" for "St", "Mount" for "Mt", and "United States" for "US"."""
    for pattern, words in _WRITTEN_OUT:
        text = pattern.sub(words, text)
    return text


def _names_of(text: str) -> tuple[str, ...]:
    words = re.findall(r"[^\W\d_]+", text)
    return tuple(
        word if word.isupper() and len(word) > 1 else word.lower()
        for word in words
        if word[0].isupper() and word.lower() not in _FILLERS | lexicon.ROLE_NOUNS
    )


def _is_same_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether names are variants of one: "manager Falk" and "Anna Falk", "J. Reim", "UN" for two capitals."""
    fewer, more = sorted((one, other), key=lambda names: (len(names), len("".join(names))))
    if not fewer:
        return False
    if len(fewer) == 1 and fewer[0].isupper():
        return fewer[0].lower() == "".join(name[0] for name in more).lower()
    firsts = {name for name in fewer if len(name) == 1}
    known = {name.lower() for name in more}
    return (
        len(fewer[-1]) > 1
        and fewer[-1].lower() == more[-1].lower()
        and all(name.lower() in known for name in fewer if name not in firsts)
        and firsts <= {name[0] for name in known}
    )


def _same_number(one: Value, other: Value) -> bool:
    first, second = one.number or 0.0, other.number or 0.0
    is_measure = one.unit == other.unit and one.unit in _BASE_UNITS
    tolerance = _DURATION_TOLERANCE if one.kind is ValueKind.DURATION else _MEASURE_TOLERANCE if is_measure else 1e-9
    if math.isclose(first, second, rel_tol=tolerance):
        return True
    if first * second < 0:
        return False
    low, high = sorted((abs(first), abs(second)))
    if one.kind is other.kind is ValueKind.SHARE and high - low <= _SHARE_TOLERANCE:
        return one.is_approximate or other.is_approximate
    if one.is_approximate or other.is_approximate:
        return high - low <= _TOLERANCE * high
    is_near = low >= _MIN_ROUNDED and high - low <= _MAX_ROUNDING * high
    return is_near and (_rounds_to(low, high) or _rounds_to(high, low))


def _rounds_to(exact: float, rounded: float) -> bool:
    """Return whether a number is another one, rounded to its digits: 4,198,000 and 4,200,000."""
    digits = len(f"{rounded:.0f}".rstrip("0"))
    return float(f"{exact:.{max(0, digits - 1)}e}") == rounded
