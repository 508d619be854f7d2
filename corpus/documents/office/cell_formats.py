"""Values of spreadsheet cells as their number format shows them: "12%", "1,250.00 €", "18 November 2026"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from sys import float_info

_GENERAL_DIGITS = 11
_MAX_DECIMALS = 30
# The short date of the reader's own country, in which day and month may be either way round.
_LOCAL_DATES = frozenset({"mm-dd-yy", "m/d/yy", "m/d/yyyy"})
# "text", \c, [$€-407], _c (a space as wide as c), *c (a filler), [Red]; then what stands for a part of the value.
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|(?P<condition>\[[<>=][^\]]*\])'
    r"|(?P<elapsed>\[(?:h+|m+|s+)\])|(?P<skipped>\[[^\]]*\]|_.|\*.)|(?P<general>General)|(?P<text>@)"
    r"|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|am/pm|a/p)|(?P<digits>[#0?][#0?,]*(?:\.[#0?]*,*)?|\.[#0?]+,*)"
    r"|(?P<exponent>E[+-]0+)|(?P<end>;)|(?P<other>.)",
    re.I | re.S,
)
_LITERALS = frozenset({"quoted", "escaped", "currency", "other"})


@dataclass(frozen=True, slots=True)
class _FormatToken:
    kind: str
    text: str


def show_cell(value: object, number_format: str) -> str:
    """Return the value of a cell as it is shown; empty for None."""
    if value is None or isinstance(value, str):
        return "" if value is None else value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, timedelta):
        return _show_elapsed(value, "s" in number_format.lower())
    if isinstance(value, datetime | date | time):
        return _show_date(value, number_format)
    if isinstance(value, int | float):
        return str(value) if abs(value) > float_info.max else _show_number(value, number_format)
    return str(value)


@lru_cache(maxsize=256)
def _sections(number_format: str) -> list[list[_FormatToken]]:
    """Return the tokens of the parts of a format: for positive and negative numbers, for zero, for text."""
    sections: list[list[_FormatToken]] = [[]]
    for found in _TOKEN.finditer(number_format):
        kind = str(found.lastgroup)
        if kind == "end":
            sections.append([])
        elif kind != "skipped":
            sections[-1].append(_FormatToken(kind, found[kind]))
    return sections


def _show_number(value: float, number_format: str) -> str:
    sections = _sections(number_format if number_format.strip() else "General")
    tokens = sections[0]
    if not isfinite(value) or any(token.kind == "condition" for section in sections for token in section):
        return _show_general(value)
    if value < 0 and len(sections) > 1:
        tokens, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        tokens = sections[2]
    kinds = [token.kind for token in tokens]
    is_fraction = any(token.kind == "other" and token.text == "/" for token in tokens)
    if "date" in kinds or "elapsed" in kinds or is_fraction:
        return _show_general(value)
    if "exponent" in kinds and "digits" in kinds:
        decimals = len(tokens[kinds.index("digits")].text.partition(".")[2])
        return f"{value:.{min(decimals, _MAX_DECIMALS)}E}"
    percents = sum(token.kind == "other" and token.text == "%" for token in tokens)
    patterns = [token.text for token in tokens if token.kind == "digits"]
    shown = iter(_digits(Decimal(repr(value)).scaleb(2 * percents), patterns))
    sign = ""
    parts = []
    for token in tokens:
        part = token.text if token.kind in _LITERALS else ""
        if token.kind == "digits":
            part = next(shown)
        elif token.kind in {"general", "text"}:
            part = _show_general(value)
        if token.kind not in _LITERALS and part.startswith("-"):
            sign, part = "-", part[1:]
        parts.append(part)
    return sign + "".join(parts).strip()


def _digits(value: Decimal, patterns: Sequence[str]) -> list[str]:
    """Return the digits of a number for each pattern of its format, such as #,##0.00, or 000 and 0000 in 000-0000."""
    if len(patterns) < 2:
        return [_one_pattern(value, pattern) for pattern in patterns]
    digits = f"{abs(value):.0f}".zfill(sum(pattern.count("0") for pattern in patterns))
    parts: list[str] = []
    for pattern in reversed(patterns[1:]):
        digits, part = digits[: -len(pattern)], digits[-len(pattern) :]
        parts.insert(0, part)
    return [("-" if value < 0 else "") + digits, *parts]


def _one_pattern(value: Decimal, pattern: str) -> str:
    thousands = len(pattern) - len(pattern.rstrip(","))  # each comma behind the digits divides by a thousand
    whole, _, fraction = pattern.rstrip(",").partition(".")
    decimals = min(len(fraction), _MAX_DECIMALS)
    try:
        rounded = value.scaleb(-3 * thousands).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    except InvalidOperation:  # more digits than a decimal has
        return f"{value:g}"
    group = "," if "," in whole else ""
    integer, _, decimal = f"{abs(rounded):{group}.{decimals}f}".partition(".")
    decimal = decimal[: fraction.count("0")] + decimal[fraction.count("0") :].rstrip("0")
    integer = "" if integer == "0" and "0" not in whole and decimal else integer.zfill(whole.count("0"))
    return ("-" if rounded < 0 else "") + integer + (f".{decimal}" if decimal else "")


def _show_general(value: float) -> str:
    if isinstance(value, int) or (abs(value) < 1e15 and value == int(value)):
        return str(int(value))
    return f"{value:.{_GENERAL_DIGITS}g}".replace("e", "E")


def _show_elapsed(value: timedelta, with_seconds: bool) -> str:
    minutes, seconds = divmod(abs(round(value.total_seconds())), 60)
    shown = f"{'-' if value < timedelta() else ''}{minutes // 60}:{minutes % 60:02d}"
    return f"{shown}:{seconds:02d}" if with_seconds else shown


def _show_date(value: datetime | date | time, number_format: str) -> str:
    """Return a date as its format shows it, in ISO 8601 where that depends on the reader's country."""
    tokens = _sections(number_format)[0]
    dates = [index for index, token in enumerate(tokens) if token.kind == "date"]
    is_local = number_format.partition(";")[0].lower() in _LOCAL_DATES
    if is_local or not dates:
        is_day = isinstance(value, datetime) and value.time() == time.min
        return (value.date() if is_day and isinstance(value, datetime) else value).isoformat().replace("T", " ")
    twelve_hours = any("/" in tokens[index].text for index in dates)
    initials = [tokens[index].text[0].lower() for index in dates]
    parts = [token.text if token.kind in _LITERALS else "" for token in tokens]
    for order, index in enumerate(dates):
        # m is the minute behind an hour and before a second, else the month.
        is_minute = "h" in initials[max(order - 1, 0) : order] or "s" in initials[order + 1 : order + 2]
        parts[index] = _date_part(value, tokens[index].text.lower(), is_minute, twelve_hours)
    return "".join(parts).strip()


def _date_part(value: datetime | date | time, token: str, is_minute: bool, twelve_hours: bool) -> str:
    """Return the part of a date that a token such as yyyy or mm stands for; empty where the value has no such part."""
    initial, width = token[0], len(token.partition(".")[0])
    is_minute = initial == "m" and is_minute
    if is_minute or initial in "hsa":
        directive = {"h": "%I" if twelve_hours else "%H", "m": "%M", "s": "%S", "a": "%p"}[initial]
        shown = value.strftime(directive) if isinstance(value, datetime | time) else ""
    elif isinstance(value, date):
        long = {"y": "%Y", "m": "%b" if width == 3 else "%B", "d": "%a" if width == 3 else "%A"}
        shown = value.strftime(long[initial] if width > 2 else f"%{initial}")
    else:
        return ""
    return (shown.lstrip("0") or "0") if width == 1 and initial not in "ya" else shown
