"""Calendar units, such as the third week of 2022, and their values as TIMEX3 writes them: 2022-W03, 2022-Q1, P2D."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from dateutil.relativedelta import relativedelta

PAST, PRESENT, FUTURE = "PAST_REF", "PRESENT_REF", "FUTURE_REF"


class Grain(StrEnum):
    """How long the time is that an expression names."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAYPART = "part of day"
    DAY = "day"
    WEEKEND = "weekend"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    SEASON = "season"
    HALF = "half-year"
    YEAR = "year"
    DECADE = "decade"
    CENTURY = "century"


_ORDER = list(Grain)
_MONTHS = {
    **{Grain.MONTH: 1, Grain.QUARTER: 3, Grain.SEASON: 3, Grain.HALF: 6},
    **{Grain.YEAR: 12, Grain.DECADE: 120, Grain.CENTURY: 1200},
}
_SEASONS = {3: "SP", 6: "SU", 9: "FA", 12: "WI"}  # by the month that a season begins in
_CLOCK = {Grain.SECOND: "T{}S", Grain.MINUTE: "T{}M", Grain.HOUR: "T{}H"}
_DURATIONS = _CLOCK | {
    **{Grain.DAY: "{}D", Grain.WEEKEND: "{}WE", Grain.WEEK: "{}W", Grain.MONTH: "{}M", Grain.QUARTER: "{}Q"},
    **{Grain.YEAR: "{}Y", Grain.DECADE: "{}E", Grain.CENTURY: "{}C", Grain.SEASON: "{}S"},
}


@dataclass(frozen=True, slots=True)
class CalendarUnit:
    """A day, or the week, month, year ... that begins on a day; `time` is that of a day, such as "T14:30" or "TMO".

    Arithmetic raises ValueError or OverflowError where it leaves the calendar.
    """

    first: date
    grain: Grain
    time: str = ""

    @classmethod
    def around(cls, day: date, grain: Grain) -> Self:
        """Return the unit of a grain that a day lies in. A season is that of the northern year."""
        if grain in {Grain.WEEK, Grain.WEEKEND}:
            return cls(day - timedelta(day.weekday()), grain)
        if grain in _MONTHS:
            months = _MONTHS[grain]
            if grain is Grain.SEASON:
                month = day.month // 3 * 3
                return cls(date(day.year, month, 1) if month else date(day.year - 1, 12, 1), grain)
            count = day.year * 12 + day.month - 1
            year, month = divmod(count - count % months, 12)
            return cls(date(max(year, 1), month + 1, 1), grain)
        return cls(day, grain)

    @property
    def value(self) -> str:
        """The unit as TIMEX3 writes it."""
        year, month = f"{self.first.year:04}", self.first.month
        if self.grain in {Grain.WEEK, Grain.WEEKEND}:
            week_year, week, _ = self.first.isocalendar()
            return f"{week_year:04}-W{week:02}{'-WE' if self.grain is Grain.WEEKEND else ''}"
        larger = {
            Grain.MONTH: f"{year}-{month:02}",
            Grain.QUARTER: f"{year}-Q{(month + 2) // 3}",
            Grain.SEASON: f"{year}-{_SEASONS.get(month)}",
            Grain.HALF: f"{year}-H{(month + 5) // 6}",
            Grain.YEAR: year,
            Grain.DECADE: year[:3],
            Grain.CENTURY: year[:2],
        }
        return larger.get(self.grain, f"{self.first.isoformat()}{self.time}")

    def shifted(self, count: int, grain: Grain | None = None) -> Self:
        """Return the unit of the same grain that is so many units later, by default units of its own grain."""
        unit = self.grain if grain is None else grain
        if unit in {Grain.WEEK, Grain.WEEKEND}:
            step: timedelta | relativedelta = timedelta(weeks=count)
        elif unit in _MONTHS:
            step = relativedelta(months=count * _MONTHS[unit])
        else:
            step = timedelta(count)
        return type(self)(self.first + step, self.grain, self.time)


def is_finer(grain: Grain, other: Grain) -> bool:
    """Tell whether a grain is as fine as another or finer."""
    return _ORDER.index(grain) <= _ORDER.index(other)


def duration(*parts: tuple[float | None, Grain]) -> str:
    """Return a duration of numbers and units, as "P2Y6M"; None is an unknown number, as in "PXD".

    TIMEX3 counts decades (P2E), but no centuries.
    """
    parts = tuple(
        (100 * count, Grain.YEAR) if grain is Grain.CENTURY and count is not None else (count, grain)
        for count, grain in parts
    )
    days = "".join(_DURATIONS[grain].format(_number(count)) for count, grain in parts if grain not in _CLOCK)
    clock = "".join(_CLOCK[grain].format(_number(count))[1:] for count, grain in parts if grain in _CLOCK)
    return f"P{days}{'T' if clock else ''}{clock}"


def _number(count: float | None) -> str:
    return "X" if count is None else f"{count:.10g}"


def clock_value(hour: int, minute: str, second: str, zone: str) -> str:
    """Return a time of day as TIMEX3 writes it, such as "T14:30"; of the zones, only UTC is told."""
    utc = "Z" if zone.strip(" ()").lower() in {"utc", "gmt", "z"} else ""
    return f"T{hour:02}:{minute or '00'}{f':{second}' if second else ''}{utc}"


def days_later(day: date, days: int) -> date:
    """Return the day so many days later, or the first or last one of the calendar where that is outside of it."""
    return date.fromordinal(max(date.min.toordinal(), min(date.max.toordinal(), day.toordinal() + days)))
