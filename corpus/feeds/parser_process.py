"""A program that reads a feed on standard input and prints its entries as JSON.

It runs in a process of its own, which can be killed: on a broken feed, feedparser can take hours, since its regular
expressions and its lenient parser are quadratic.
"""

import io
import json
import sys
import xml.sax
from calendar import timegm
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import feedparser  # type: ignore[import-untyped]

from corpus.article import parse_published
from corpus.errors import InvalidArticle

MAX_MEMORY = 1 << 30
MAX_ENTRIES = 1000


def parse(data: bytes) -> dict[str, Any]:
    """Return the version, title and first MAX_ENTRIES entries of a feed in UTF-8; the version is "" for no feed."""
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
    return {
        "version": found.get("version") or "",
        "broken": broken,
        "title": found.feed.get("title"),
        "entries": [_entry(entry, found.get("version") or "") for entry in found.entries[:MAX_ENTRIES]],
    }


def _entry(entry: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return the fields of an entry; its content is the longest one, its link that of a page."""
    parts = [part for part in (*entry.get("content", ()), entry.get("summary_detail")) if part and part.get("value")]
    longest = max(parts, key=lambda part: len(part["value"]), default=None)
    link = str(entry.get("link") or "")
    # Of an entry without a page, feedparser returns the id as the link.
    is_page = any(each.get("rel") == "alternate" for each in entry.get("links", ())) or (
        link.startswith(("http://", "https://")) and (version.startswith("rss") or longest is None)
    )
    return {
        "id": entry.get("id"),
        "link": link if is_page else None,
        "title": entry.get("title"),
        "published": _published(entry),
        "content": None if longest is None else longest["value"],
        "html": longest is not None and longest.get("type") != "text/plain",
    }


def _published(entry: Mapping[str, Any]) -> str | None:
    """Return the date of an entry in ISO 8601 where it can be parsed, else as it is."""
    name = "published" if entry.get("published") else "updated"
    written = entry.get(name)
    if not written:
        return None
    with suppress(InvalidArticle):
        return parse_published(written).text
    parsed = entry.get(f"{name}_parsed")
    if parsed is not None:
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(timegm(parsed), UTC).isoformat()
    return str(written)


def main() -> None:
    """Read, parse and print within MAX_MEMORY, where the system can limit memory."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    sys.stdout.write(json.dumps(parse(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
