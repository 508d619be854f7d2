"""A feed and its entries."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urldefrag, urljoin

from corpus.text.unicode import join_surrogates

_MAX_KEY = 500  # characters; longer keys are hashed
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed. `key` is unique in the feed; `html` is true where the content is markup.

    `published` and `updated` are in ISO 8601 where they could be parsed, else as they are. `digest` changes with the
    entry.
    """

    key: str
    link: str | None = None
    title: str | None = None
    published: str | None = None
    content: str | None = None
    html: bool = True
    updated: str | None = None
    digest: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Feed:
    """The current content of a feed, newest entries first."""

    title: str | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a parser found. `format` is "" where it is no feed, `broken` says what is wrong with its syntax.

    The key of an entry is its id, "" where it has none.
    """

    format: str
    title: str | None
    entries: Sequence[Entry]
    broken: str = ""


def identified(entries: Sequence[Entry], url: str) -> tuple[Entry, ...]:
    """Return the entries of a feed with absolute links and unique keys, each once.

    An entry is known by its id, else by its link, else by its text. What several entries share says less than what
    sets them apart: their keys hold the link, too, and the text where they share that as well.
    """
    cleaned = [_cleaned(entry, url) for entry in entries]
    words = [" ".join(part for part in (each.title, each.content) if part) for each in cleaned]
    keys = [each.key or each.link or text for each, text in zip(cleaned, words, strict=True)]
    links = [each.link or "" for each in cleaned]
    for others in (links, words):
        counts = Counter(keys)
        keys = [f"{key} {other}" if counts[key] > 1 else key for key, other in zip(keys, others, strict=True)]
    found: dict[str, Entry] = {}
    for key, entry in zip(keys, cleaned, strict=True):
        short = key if len(key) <= _MAX_KEY else hashlib.sha256(key.encode()).hexdigest()
        found.setdefault(short, replace(entry, key=short, digest=_digest(entry)))
    return tuple(found.values())


def _cleaned(entry: Entry, url: str) -> Entry:
    """Return an entry without lone surrogates and empty values; its link is absolute, without a fragment."""
    key, title, published, updated, content = (
        "" if value is None else join_surrogates(value)
        for value in (entry.key, entry.title, entry.published, entry.updated, entry.content)
    )
    link = "" if entry.link is None else join_surrogates(entry.link).strip()
    return Entry(
        key=key.strip(),
        link=urldefrag(absolute(url, link)).url or None if link else None,
        title=title or None,
        published=published or None,
        content=content or None,
        html=entry.html,
        updated=updated or None,
    )


def _digest(entry: Entry) -> str:
    """Return a digest of what readers see of an entry."""
    words = " ".join(_TAG.sub(" ", entry.content or "").split())
    parts = (entry.link, entry.title, entry.published, entry.updated, words)
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()[:32]


def absolute(base: str, link: str) -> str:
    """Return a link of the page `base`, joined to it; a wrong one stays, for fetching it reports the problem."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link
