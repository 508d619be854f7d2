"""Feeds of any supported format to entries: RSS, Atom and JSON Feed."""

import re

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.encoding import charset_of_header, charset_of_html, decode
from corpus.errors import NotAFeed, TooLarge, UnreadableDocument
from corpus.feeds.feed import Feed, ParsedFeed, absolute, identified

MAX_BYTES = 5 * 2**20
MAX_ENTRIES = 1000
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_MAX_SEARCHED = 200_000  # characters of a web page that are searched for links to feeds
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
_ENTITY = re.compile(r"<!ENTITY\b", re.I)


def read_feed(data: bytes, url: str, content_type: str = "") -> Feed:
    """Return a feed; raises UnreadableDocument, NotAFeed or TooLarge, whose messages name its url."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The feed {url} is larger than the {MAX_BYTES // 2**20} MiB that are read of a feed.")
    declared = charset_of_header(content_type)
    try:
        text = decode(data, url, charset_of_html(data) if declared is None else declared)
    except UnreadableDocument as error:
        raise NotAFeed(f"{error} That is not an RSS, Atom or JSON feed.") from error
    if _ENTITY.search(text):
        raise UnreadableDocument(f"The feed {url} declares entities of its own, which are not read.")
    found = _parsed(text.removeprefix("\ufeff"))
    entries = [each for each in found.entries if each.key or each.link or each.title or each.content]
    if not found.format and not entries:
        # A web page may link to its feed.
        page = text[:_MAX_SEARCHED].encode("utf-8", "replace")
        parser = etree.HTMLParser(encoding="utf-8", no_network=True)
        root = etree.fromstring(page, parser) if page.strip() else None
        links = [] if root is None else [each for each in root.iter("link") if each.get("type", "") in _FEED_TYPES]
        urls = [absolute(url, each.get("href").strip()) for each in links if each.get("href")]
        hint = f" The page names this one: {urls[0][:500]}" if urls else ""
        raise NotAFeed(f"{url} is not an RSS, Atom or JSON feed.{hint}")
    if found.broken and not entries:
        raise UnreadableDocument(f"The feed {url} is broken: {found.broken[:200]}.")
    return Feed(found.title or None, identified(entries, url))


def _parsed(text: str) -> ParsedFeed:
    if text.lstrip().startswith("{"):
        from corpus.feeds.json_feeds import parse_json_feed  # noqa: PLC0415 - only for such feeds

        return parse_json_feed(text, MAX_ENTRIES)
    from corpus.feeds.xml_feeds import parse_xml_feed  # noqa: PLC0415 - takes 30 ms, in the worker alone

    return parse_xml_feed(_DECLARATION.sub("", text).encode("utf-8", "replace"), MAX_ENTRIES)
