"""Dates as documents write them, in ISO 8601."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time

from corpus.article import parse_published
from corpus.errors import InvalidArticle

_MIN_LENGTH, _MAX_LENGTH = 6, 60
_MIN_YEAR = 1000
_AMERICAN_ZONE = re.compile(r"\b(?:[ECMP][SD]?T|AK[SD]T|HST)\b")  # beside it, the month stands first
_DOTTED = re.compile(r"\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b")  # written so, the day stands first
_ENGLISH = re.compile(r"(?:(\d{1,2}) ([A-Z][a-z]+),? |([A-Z][a-z]+) (\d{1,2}),? )(\d{4})")  # 18 November 2026
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_FIRST_COMPUTERS = 1980  # an earlier time of creation is that of a clock that was never set


def read_date(value: object) -> str | None:
    """Return a date or date-time in ISO 8601, None where it is incomplete, ambiguous or no date."""
    if isinstance(value, datetime | date):
        return _iso(value)
    if not isinstance(value, str) or not _MIN_LENGTH <= len(value.strip()) <= _MAX_LENGTH:
        return None
    try:
        return parse_published(value).text
    except InvalidArticle:
        return _parse_words(value.strip())


def not_later_than_now(value: datetime | None) -> str | None:
    """Return a time of creation in ISO 8601, None where it is before 1980 or in the future."""
    if value is None or value.year < _FIRST_COMPUTERS:
        return None
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return None if aware > datetime.now(UTC) else value.isoformat()


def _parse_words(text: str) -> str | None:
    """Return a date in words, None where day and month may be either way round."""
    if (plain := _ENGLISH.fullmatch(text)) is not None and (month := plain[2] or plain[3]) in _MONTHS:
        with suppress(ValueError):
            return _iso(date(int(plain[5]), _MONTHS.index(month) + 1, int(plain[1] or plain[4])))
    import dateparser  # type: ignore[import-untyped]  # noqa: PLC0415 - takes 0.1 s, and dates in words are rare

    orders = ["DMY"] if _DOTTED.search(text) else ["MDY"] if _AMERICAN_ZONE.search(text) else ["DMY", "MDY"]
    moments: set[object] = set()
    for order in orders:
        settings = {
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["absolute-time"],
            "DATE_ORDER": order,
            "PREFER_LOCALE_DATE_ORDER": False,
        }
        try:
            moments.add(dateparser.parse(text, settings=settings))
        except (ValueError, OverflowError, TypeError, AttributeError):
            return None
    moment = moments.pop()
    if moments or not isinstance(moment, datetime):
        return None
    has_time = moment.tzinfo is not None or moment.time() != time.min
    return _iso(moment if has_time else moment.date())


def _iso(value: date) -> str | None:
    return value.isoformat() if value.year >= _MIN_YEAR else None
