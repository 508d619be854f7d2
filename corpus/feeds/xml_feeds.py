"""RSS and Atom to entries, also broken ones: by feedparser.

On a broken feed, feedparser can take hours, since its regular expressions and its lenient parser are quadratic. It runs
in a worker, which ends it.
"""

import html
import io
import re
import xml.sax
from calendar import timegm
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import feedparser  # type: ignore[import-untyped]

from corpus.article import parse_published
from corpus.errors import InvalidArticle
from corpus.feeds.feed import Entry, ParsedFeed

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def parse_xml_feed(data: bytes, max_entries: int) -> ParsedFeed:
    """Return the title and the first entries of a feed in UTF-8; its format is "" where the data are none."""
    found = feedparser.parse(
        io.BytesIO(data),  # not a string: feedparser would open a file or url of that name
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    error, broken = found.get("bozo_exception"), ""
    if found.bozo and isinstance(error, xml.sax.SAXParseException):  # feedparser inserts a line at the start
        broken = f"{error.getMessage()} in line {max(1, (error.getLineNumber() or 0) - 1)}"
    elif found.bozo and error is not None:
        broken = str(error)
    version = str(found.get("version") or "")
    entries = [_entry(entry, version) for entry in found.entries[:max_entries]]
    return ParsedFeed(version, found.feed.get("title"), entries, broken)


def _entry(entry: Mapping[str, Any], version: str) -> Entry:
    """Return an entry; its content is the longest one, its link that of a page."""
    parts = [part for part in (*entry.get("content", ()), entry.get("summary_detail")) if part and part.get("value")]
    longest = max(parts, key=lambda part: len(part["value"]), default=None)
    link = str(entry.get("link") or "")
    # Of an entry without a page, feedparser returns the id as the link.
    is_page = any(each.get("rel") == "alternate" for each in entry.get("links", ())) or (
        link.startswith(("http://", "https://")) and (version.startswith("rss") or longest is None)
    )
    published, updated = _date(entry, "published"), _date(entry, "updated")
    if published is None and not version.startswith("atom"):  # dc:date, the only date of RSS 1.0
        published, updated = updated, None
    return Entry(
        key=str(entry.get("id") or ""),
        link=link if is_page else None,
        title=_title(entry),
        published=published,
        content=None if longest is None else longest["value"],
        html=longest is not None and longest.get("type") != "text/plain",
        updated=updated,
    )


def _title(entry: Mapping[str, Any]) -> str | None:
    """Return the title of an entry as plain text."""
    title = entry.get("title")
    if not title or entry.get("title_detail", {}).get("type") == "text/plain":
        return title
    return html.unescape(_TAG.sub("", title))


def _date(entry: Mapping[str, Any], name: str) -> str | None:
    """Return a date of an entry in ISO 8601 where it can be parsed, else as it is."""
    written = entry.get(name) if name in entry else None  # feedparser gives `published` for a missing `updated`
    if not written:
        return None
    with suppress(InvalidArticle):
        return parse_published(written).text
    parsed = entry.get(f"{name}_parsed")
    if parsed is not None:
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(timegm(parsed), UTC).isoformat()
    return str(written)
