"""TOML of documents: front matter, and sidecars, which are files of metadata beside documents."""

import re
import tomllib
from contextlib import suppress
from datetime import date
from typing import Any

from corpus.article import METADATA, is_article_reference, split_tags
from corpus.documents.dates import read_date
from corpus.errors import InvalidArticle
from corpus.web_address import is_web_address

_DATES = ("published", "updated", "effective")
MAX_DOTS = 20  # of a key; memory grows with their square, 3.5 GiB for 60 KB
_UNCLOSED = "illegal character '\\n'"  # tomllib: a line ends within quotation marks
_LINE_FORM = 'A line must look like title = "The ferry" or published = 2022-01-13.'
_LINE = re.compile(r"line (\d+)")
_DATE = re.compile(r"\b(\d{4})-(\d\d?)-(\d\d?)\b")
_KEY = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![\w-]){_KEY}(?:[ \t]*+\.[ \t]*+{_KEY}){{{MAX_DOTS + 1}}}")


def load_toml(text: str) -> dict[str, Any]:
    """Return the values of TOML; raises tomllib.TOMLDecodeError, also for a key with more than MAX_DOTS dots."""
    found = _LONG_KEY.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise tomllib.TOMLDecodeError(f"a key has more than {MAX_DOTS} dots (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("it is nested too deeply (at end of document)") from error


def read_sidecar(data: bytes, name: str) -> dict[str, str | tuple[str, ...]]:
    """Return the metadata in a sidecar, by the names of a draft's fields; raises InvalidArticle, naming the line."""
    try:
        text = data.decode("utf-8-sig")
        values = load_toml(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidArticle(f"{name} is not valid TOML in line {line}: it is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        reason, _, position = str(error).removesuffix(")").rpartition(" (at ")
        match = _LINE.match(position)
        line = text.rstrip().count("\n") + 1 if match is None else int(match.group(1))
        reason = f"{reason[:1].lower()}{reason[1:200]}"
        reason = "a quotation mark is missing" if reason == _UNCLOSED else reason
        impossible = _impossible_date(text.split("\n")[line - 1])
        if impossible is not None:
            raise InvalidArticle(f"The date in {name}, line {line}, can't be: {impossible}.") from error
        raise InvalidArticle(f"{name} is not valid TOML in line {line}: {reason}. {_LINE_FORM}") from error
    metadata: dict[str, str | tuple[str, ...]] = {}
    for key, value in values.items():
        found = re.search(rf"^[ \t\[]*[\"']?{re.escape(key)}\b", text, re.MULTILINE)
        location = name if found is None else f"{name}, line {text.count(chr(10), 0, found.start()) + 1},"
        metadata[key] = _checked_value(key, value, location)
    return metadata


def _checked_value(key: str, value: Any, location: str) -> str | tuple[str, ...]:
    """Return the value of a key as a draft has it; raises InvalidArticle, whose message names the location."""
    if key not in METADATA:
        raise InvalidArticle(f"{location} has the unknown key {key!r}; the keys are {', '.join(METADATA)}.")
    if key in _DATES:
        found = read_date(value) if isinstance(value, str | date) else None
        if found is None:
            impossible = _impossible_date(str(value))
            if impossible is not None:
                raise InvalidArticle(f"{key} in {location} can't be: {impossible}.")
            raise InvalidArticle(f"{key} in {location} must be a date such as 2022-01-13, not {str(value)[:60]!r}.")
        return found
    if key == "tags" and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if not isinstance(value, str):
        raise InvalidArticle(f"{key} in {location} must be a text in quotes, not {value!r:.60}.")
    if key == "url" and value.strip() and not is_web_address(value.strip()):
        raise InvalidArticle(f"url in {location} must be a web address (http or https), not {value[:60]!r}.")
    if key == "replaces" and value.strip() and not is_article_reference(value.strip()):
        wanted = "the id of an article or a web address"
        raise InvalidArticle(f"replaces in {location} must be {wanted}, not {value[:60]!r}.")
    return split_tags(value) if key == "tags" else value


def _impossible_date(text: str) -> str | None:
    """Return what is wrong with the date in a text, as "there is no month 13 in 2024-13-01"; None for nothing."""
    found = _DATE.search(text)
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    with suppress(ValueError):
        date(year, month, day)
        return None
    wrong = f"day {day}" if 1 <= month <= 12 else f"month {month}"
    return f"there is no {wrong} in {found.group()}"
