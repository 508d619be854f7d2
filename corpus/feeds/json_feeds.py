"""JSON Feed (https://www.jsonfeed.org/version/1.1/) to entries."""

import json
from typing import Any

from corpus.feeds.feed import Entry, ParsedFeed

_VERSION = "jsonfeed.org/version/"


def parse_json_feed(text: str, max_entries: int) -> ParsedFeed:
    """Return the title and the first entries of a JSON Feed; its format is "" where the text is none."""
    try:
        found = json.loads(text)
    except ValueError as error:
        return ParsedFeed("json" if _VERSION in text[:1000].replace("\\/", "/") else "", None, (), str(error))
    if not isinstance(found, dict) or _VERSION not in str(found.get("version"))[:100]:
        return ParsedFeed("", None, ())
    items = found.get("items")
    rows = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return ParsedFeed("json", _text(found, "title"), [_entry(item) for item in rows[:max_entries]])


def _entry(item: dict[str, Any]) -> Entry:
    key = item.get("id")
    markup = _text(item, "content_html")
    plain = _text(item, "content_text") or _text(item, "summary")
    return Entry(
        key=str(key)[:10_000] if isinstance(key, str | int | float) else "",
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        published=_text(item, "date_published"),
        content=plain if markup is None else markup,
        html=markup is not None,
        updated=_text(item, "date_modified"),
    )


def _text(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and value.strip() else None
