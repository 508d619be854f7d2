"""The metadata at the beginning of Markdown: YAML, TOML or JSON, pandoc's title block, or Pelican's first lines."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml  # type: ignore[import-untyped]

from corpus.article import split_tags
from corpus.documents.dates import read_date
from corpus.documents.toml import load_toml

_MAX_LENGTH = 65_536
_YAML = re.compile(rf"\s*?^---[ \t]*\n(.{{0,{_MAX_LENGTH}}}?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_TOML = re.compile(rf"\s*?^\+\+\+[ \t]*\n(.{{0,{_MAX_LENGTH}}}?)^\+\+\+[ \t]*(?:\n|\Z)", re.S | re.M)
_PANDOC = re.compile(r"(?:%(?:[ \t][^\n]*|)(?:\n[ \t]+\S[^\n]*)*(?:\n|\Z)){1,3}")
_PANDOC_FIELD = re.compile(r"^%((?:[^\n]|\n(?=[ \t]))*)", re.M)
_PELICAN_KEYS = (
    "title|subtitle|date|modified|authors?|category|tags|slug|summary|status|lang|translation|template|keywords|"
    "description|save_as|url|copyright|email|affiliation|language|version"
)
_PELICAN = re.compile(rf"(?=title:)(?:(?:{_PELICAN_KEYS}):[^\n]*\n(?:[ \t]+\S[^\n]*\n)*)+(?:[ \t]*\n|\Z)", re.I)
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w .-]{0,60}?)[ \t]*(?P<separator>[:=])(?:[ \t]+|\Z)(?P<value>.*)", re.S)
_NOT_IN_KEY = re.compile(r"[\W_]+")
_QUOTED = re.compile(r"""(["'])(.*)\1""", re.S)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# The first that names a date counts: Jekyll's "published" is true or false. A note's day of creation comes last.
_PUBLISHED_KEYS = (
    "datepublished", "published", "publishedat", "publisheddate", "publishedtime", "publishdate", "publicationdate",
    "pubdate", "date", "dateissued", "issued", "posted", "created", "createdat", "datecreated", "creationdate",
)  # fmt: skip
_UPDATED_KEYS = (
    "datemodified", "updated", "updatedat", "updateddate", "dateupdated", "lastupdated", "lastupdate", "lastmod",
    "lastmodified", "lastmodifiedat", "modified", "modifiedat", "modifieddate", "modificationdate", "revised",
)  # fmt: skip
_EFFECTIVE_KEYS = ("effective", "effectivedate", "effectivefrom", "dateeffective", "validfrom")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values of front matter, by their keys in lower case without spaces and punctuation."""

    values: Mapping[str, Any]

    def line(self, *keys: str) -> str | None:
        """Return the value of the first of these keys that has one, as one line of text."""
        value = next((self.values[key] for key in keys if self.values.get(key) is not None), None)
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            return None
        try:
            line = " ".join(str(value).split())
        except ValueError:  # an integer with more digits than Python converts to text
            return None
        return None if line in _NULLS else line

    def published(self) -> str | None:
        """Return the date of publication in ISO 8601: the first value of a key for it that is a date."""
        # MkDocs Material nests them: "date: {created: 2024-03-05, updated: 2024-04-01}".
        values = (self.values.get(key) for key in _PUBLISHED_KEYS)
        return _first_date(value.get("created") if isinstance(value, dict) else value for value in values)

    def updated(self) -> str | None:
        """Return the date of the last change in ISO 8601: the first value of a key for it that is a date."""
        nested = self.values.get("date")
        values = (self.values.get(key) for key in _UPDATED_KEYS)
        return _first_date([*values, nested.get("updated") if isinstance(nested, dict) else None])

    def effective(self) -> str | None:
        """Return the date from which on the text holds in ISO 8601."""
        return _first_date(self.values.get(key) for key in _EFFECTIVE_KEYS)

    def tags(self) -> tuple[str, ...]:
        """Return the tags, which are a list, or one text with commas."""
        value = self.values.get("tags")
        if isinstance(value, list):
            return tuple(str(each) for each in value if isinstance(each, str | int | float | date))
        line = self.line("tags")
        return () if line is None else split_tags(line.removeprefix("[").removesuffix("]"))


def _first_date(values: Iterable[object]) -> str | None:
    return next((found for value in values if (found := read_date(value)) is not None), None)


def read_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter of Markdown, and the text after it.

    Without front matter, such as after a horizontal rule at the start, that is no values and the whole text.
    """
    for values, rest in _readings(text):
        if values:
            return FrontMatter({_NOT_IN_KEY.sub("", str(key)).lower(): values[key] for key in values}), rest
    return FrontMatter({}), text


def _readings(text: str) -> Iterator[tuple[Mapping[str, Any] | None, str]]:
    """Yield the values of front matter in each form that the beginning of a text has, with the text after it."""
    if match := _YAML.match(text):
        yield _yaml_values(match.group(1)), text[match.end() :]
    if match := _TOML.match(text):
        yield _toml_values(match.group(1)), text[match.end() :]
    if text.startswith("{"):
        yield _json_values(text)
    if match := _PANDOC.match(text):
        fields = [" ".join(field.split()) for field in _PANDOC_FIELD.findall(match.group())]
        yield dict(zip(("title", "author", "date"), fields, strict=False)), text[match.end() :]
    if match := _PELICAN.match(text):
        yield _lenient_values(match.group(), ":"), text[match.end() :]


def _yaml_values(header: str) -> Mapping[str, Any] | None:
    """Return the values of YAML as the text that they are written in.

    BaseLoader knows neither types nor merge keys (<<), each of which can double the size.
    """
    try:
        values = yaml.load(header, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, AttributeError):
        return _lenient_values(header, ":")
    return values if isinstance(values, dict) else None


def _toml_values(header: str) -> Mapping[str, Any] | None:
    try:
        return load_toml(header)
    except (tomllib.TOMLDecodeError, ValueError, TypeError, RecursionError):
        return _lenient_values(header, "=")


def _json_values(text: str) -> tuple[Mapping[str, Any] | None, str]:
    try:
        values, end = json.JSONDecoder().raw_decode(text[:_MAX_LENGTH])
    except (ValueError, RecursionError):
        return None, text
    ends_line = not text[end:].partition("\n")[0].strip()
    return (values, text[end:]) if isinstance(values, dict) and ends_line else (None, text)


def _lenient_values(header: str, separator: str) -> Mapping[str, str] | None:
    """Return what stands behind the keys of lines, as in `title: Harbour: the fees`; None where a line has no key."""
    values: dict[str, str] = {}
    last = None
    for line in header.splitlines():
        match = _KEY.fullmatch(line)
        if match is not None and match["separator"] == separator:
            last = match["key"]
            values.setdefault(last, _unquoted(match["value"].strip()))
        elif not line.strip() or line.startswith("#"):
            continue
        elif last is None or not line.startswith((" ", "\t", "-", "]", "}")):
            return None
    return values


def _unquoted(value: str) -> str:
    match = _QUOTED.fullmatch(value)
    return value if match is None else match.group(2)
