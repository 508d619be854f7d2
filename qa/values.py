"""Compares the values of answers: numbers with their units, names with their variants, other words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache

from text_to_num import alpha2digit  # type: ignore[import-untyped]

from qa.query import lexicon
from qa.query.lexicon import CAPITAL, CURRENCIES, MONTHS, TIME_UNITS, WEEKDAYS
from qa.query.phrases import normalized_words

# "4.2 million", "€2.7bn", "1,240"; the converter of words leaves "4.2 1000000" of the first.
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:[\s-]*(?P<scale>1000000000|1000000|1000|bn|billion|m|mn|million|k|thousand)(?![\w.,]*\d|\w))?",
    re.I,
)
_SCALES = {"b": 1e9, "m": 1e6, "k": 1e3, "t": 1e3}
_APPROXIMATE = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|almost|some|over|more than|close to|up to)\b", re.I
)
_TOLERANCE = 0.1  # of a number that is called approximate
_MIN_ROUNDED = 1_000  # from here on "4.2 million" is also 4,198,000
_NONE = re.compile(r"\W*(?:no|none|nobody|no one|nothing|zero)\b", re.I)
_MONEY = re.compile(rf"[$£€¥₹]|\b(?:{CURRENCIES})(?!\w)", re.I)
_SHARE = re.compile(r"%|\bper ?cent(?:age)?\b", re.I)
_CALENDAR = re.compile(
    rf"\b(?:{MONTHS}|{WEEKDAYS}|today|tomorrow|yesterday|noon|midnight)s?\b|\b[12]\d{{3}}\b|\d:\d\d", re.I
)
_DURATION = re.compile(rf"\b(?:{TIME_UNITS})s?\b", re.I)
_NAME = re.compile(rf"\b{CAPITAL}\w")
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
    NUMBER = auto()
    NAME = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an answer's words. number: None where the words hold none. words: without articles and titles."""

    kind: ValueKind
    number: float | None
    is_approximate: bool
    words: frozenset[str]

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, text: str) -> "Value":
        """Read the value of an answer's words."""
        number = _number_in(text)
        words = frozenset(normalized_words(text)) - _FILLERS
        return cls(_kind_of(text, number), number, _APPROXIMATE.search(text) is not None, words)

    def agrees(self, other: "Value") -> bool:
        """Return whether both say the same: the same number, perhaps rounded, or one's words are among the other's."""
        if self.number is not None and other.number is not None and self.kind is not ValueKind.DATE:
            return _same_number(self, other)
        short, long = sorted((self.words, other.words), key=len)
        return bool(short) and short <= long

    def is_in(self, sentence: str) -> bool:
        """Return whether a sentence gives the value: a number that is the same, or all of its words."""
        if self.number is not None and self.kind is not ValueKind.DATE:
            is_money = self.kind is not ValueKind.MONEY or _MONEY.search(sentence) is not None
            return is_money and any(_same_number(self, replace(self, number=one)) for one in _numbers_in(sentence))
        return bool(self.words) and self.words <= set(normalized_words(sentence))


def _number_in(text: str) -> float | None:
    if _NONE.match(text):
        return 0.0
    return next(_numbers_in(text), None)


def _numbers_in(text: str) -> Iterator[float]:
    for found in _NUMBER.finditer(alpha2digit(text, "en")):
        scale = found["scale"]
        factor = 1.0 if scale is None else float(scale) if scale.isdigit() else _SCALES[scale[0].lower()]
        yield float(found["digits"].replace(",", "")) * factor


def _kind_of(text: str, number: float | None) -> ValueKind:
    if _SHARE.search(text) and number is not None:
        return ValueKind.SHARE
    if _MONEY.search(text) and number is not None:
        return ValueKind.MONEY
    if _CALENDAR.search(text):
        return ValueKind.DATE
    if number is not None:
        return ValueKind.DURATION if _DURATION.search(text) else ValueKind.NUMBER
    return ValueKind.NAME if _NAME.search(text) else ValueKind.WORDS


def _same_number(one: Value, other: Value) -> bool:
    low, high = sorted((abs(one.number or 0.0), abs(other.number or 0.0)))
    if low == high:
        return True
    if one.is_approximate or other.is_approximate:
        return high - low <= _TOLERANCE * high
    return low >= _MIN_ROUNDED and (_rounds_to(low, high) or _rounds_to(high, low))


def _rounds_to(exact: float, rounded: float) -> bool:
    """Return whether a number is another one, rounded to its digits: 4,198,000 and 4,200,000."""
    digits = len(f"{rounded:.0f}".rstrip("0"))
    return float(f"{exact:.{max(0, digits - 1)}e}") == rounded
