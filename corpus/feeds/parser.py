"""Reads RSS and Atom feeds in a subprocess, which can be killed after a time limit."""

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.encoding import charset_of_header, charset_of_html, decode
from corpus.errors import NotAFeed, TooLarge, UnreadableDocument
from corpus.text.unicode import join_surrogates

MAX_BYTES = 5 * 2**20
MAX_SECONDS = 30.0
_MAX_KEY = 500  # characters; longer keys are hashed
_ROOT = Path(__file__).resolve().parents[2]
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_MAX_SEARCHED = 200_000  # characters of a web page that are searched for links to feeds
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml"})
_CONTENT_FIELDS = ("id", "link", "title", "content")  # an entry without any of them is ignored
_ENTITY = re.compile(r"<!ENTITY\b", re.I)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed. `key` is unique in the feed; `html` is true where the content is markup."""

    key: str
    link: str | None = None
    title: str | None = None
    published: str | None = None
    content: str | None = None
    html: bool = True


@dataclass(frozen=True, slots=True)
class Feed:
    """The current content of a feed, newest entries first."""

    title: str | None
    entries: tuple[Entry, ...]


def read_feed(data: bytes, url: str, content_type: str = "", seconds: float = MAX_SECONDS) -> Feed:
    """Return a feed; raises UnreadableDocument, NotAFeed or TooLarge, whose messages name its url."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The feed {url} is larger than the {MAX_BYTES // 2**20} MiB that are read of a feed.")
    declared = charset_of_header(content_type)
    try:
        text = decode(data, url, charset_of_html(data) if declared is None else declared)
    except UnreadableDocument as error:
        raise NotAFeed(f"{error} That is not an RSS or Atom feed.") from error
    if _ENTITY.search(text):
        raise UnreadableDocument(f"The feed {url} declares entities of its own, which are not read.")
    found = _parsed(_DECLARATION.sub("", text.removeprefix("\ufeff")).encode("utf-8", "replace"), url, seconds)
    found["entries"] = [each for each in found["entries"] if any(each[name] for name in _CONTENT_FIELDS)]
    if not found["version"] and not found["entries"]:
        # A web page may link to its feed.
        page = text[:_MAX_SEARCHED].encode("utf-8", "replace")
        parser = etree.HTMLParser(encoding="utf-8", no_network=True)
        root = etree.fromstring(page, parser) if page.strip() else None
        links = [] if root is None else [each for each in root.iter("link") if each.get("type", "") in _FEED_TYPES]
        urls = [_joined(url, each.get("href").strip()) for each in links if each.get("href")]
        hint = f" The page names this one: {urls[0][:500]}" if urls else ""
        raise NotAFeed(f"{url} is not an RSS or Atom feed.{hint}")
    if found["broken"] and not found["entries"]:
        raise UnreadableDocument(f"The feed {url} is broken: {found['broken'][:200]}.")
    entries = {entry.key: entry for entry in (_entry(each, url) for each in reversed(found["entries"]))}
    return Feed(found["title"] or None, tuple(reversed(entries.values())))


def _parsed(data: bytes, url: str, seconds: float) -> dict[str, Any]:
    """Return the output of `parser_process` for a feed; raises UnreadableDocument, or TooLarge after `seconds`."""
    command = [sys.executable, "-W", "ignore", "-m", "corpus.feeds.parser_process"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, cwd=_ROOT, check=True)
    except subprocess.TimeoutExpired as error:
        raise TooLarge(f"Reading the feed {url} takes longer than the limit of {seconds:g} seconds.") from error
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
        raise UnreadableDocument(f"The feed {url} can't be read: {reason}.") from error
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _entry(found: dict[str, Any], url: str) -> Entry:
    values = {name: join_surrogates(value) for name, value in found.items() if isinstance(value, str)}
    link = values.get("link", "").strip()
    link = urldefrag(_joined(url, link)).url if link else ""
    key = values.get("id", "").strip() or link or " ".join(values.get(name, "") for name in ("title", "content"))
    return Entry(
        key=key if len(key) <= _MAX_KEY else hashlib.sha256(key.encode()).hexdigest(),
        link=link or None,
        title=values.get("title") or None,
        published=values.get("published") or None,
        content=values.get("content") or None,
        html=bool(found["html"]),
    )


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # fetching it will report the problem
        return link
