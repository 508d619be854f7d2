"""Dates as documents write them, to ISO 8601."""

from datetime import UTC, date, datetime

from corpus.article import parse_published
from corpus.errors import InvalidArticle

_LONGEST = 60
_EARLIEST = 1000
_ORDERS = ("DMY", "MDY")


def read_date(value: object) -> str | None:
    """Return a date or date-time in ISO 8601, or None where it is none, incomplete, or may mean two days."""
    if isinstance(value, datetime | date):
        return _sensible(value)
    if not isinstance(value, str) or not 6 <= len(value.strip()) <= _LONGEST:
        return None
    written = value.strip()
    try:
        return parse_published(written).text
    except InvalidArticle:
        return _worded(written)


def not_later_than_now(value: datetime | None) -> str | None:
    """Return the moment a file says it was made at, unless that is before computers or still to come."""
    if value is None or value.year < 1980:
        return None
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return None if aware > datetime.now(UTC) else value.isoformat()


def _worded(written: str) -> str | None:
    readings = {_parse(written, order) for order in _ORDERS}
    if len(readings) != 1:
        return None
    moment = readings.pop()
    if moment is None:
        return None
    return _sensible(moment.date() if _is_midnight(moment) else moment)


def _parse(written: str, order: str) -> datetime | None:
    import dateparser  # type: ignore[import-untyped]  # noqa: PLC0415 - a tenth of a second, for dates in words alone

    settings = {
        "REQUIRE_PARTS": ["day", "month", "year"],
        "PARSERS": ["absolute-time"],
        "DATE_ORDER": order,
        "PREFER_LOCALE_DATE_ORDER": False,
    }
    try:
        moment = dateparser.parse(written, settings=settings)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    return moment if isinstance(moment, datetime) else None


def _is_midnight(moment: datetime) -> bool:
    return moment.tzinfo is None and (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)


def _sensible(value: date) -> str | None:
    return value.isoformat() if value.year >= _EARLIEST else None
