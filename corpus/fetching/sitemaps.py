"""Sitemaps: the pages that a site lists, and which of them have changed since they were fetched."""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin, urlsplit

from lxml import etree  # type: ignore[import-untyped]

from corpus.article import parse_published
from corpus.errors import InvalidArticle, InvalidInput, TooLarge, UnreadableDocument
from corpus.fetching.client import Fetcher, decompress_gzip
from corpus.isolation.worker import INLINE, Worker
from corpus.store.article_store import Origin

MAX_PAGES = 1_000
PAUSE_SECONDS = 1.0
MAX_ENTRIES = 50_000  # what the protocol allows, https://www.sitemaps.org/protocol.html
_MAX_UNPACKED = 50 * 2**20  # as well
_MAX_DEPTH = 3  # the protocol allows one level of sitemap indexes; sites nest more
_CHUNK = 65_536
_SIGNATURE_PREFIX = "sitemap"


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of a sitemap; `changed` is its last modification in seconds since 1970, None where unknown.

    With a `problem`, `url` is that of a sitemap that can't be read.
    """

    url: str
    changed: float | None = None
    problem: str | None = None

    def signature(self) -> str | None:
        """Return the signature to store with a page that is fetched now, None where the sitemap has no date."""
        # A date without a time counts as the end of its day; for today, changes are known only up to now.
        return None if self.changed is None else f"{_SIGNATURE_PREFIX} {min(self.changed, time.time())!r} {self.url}"

    def is_unchanged(self, known_until: dict[str, float]) -> bool:
        """Return whether a page has not changed since it was fetched; `known_until` is what `fetched_until` returns."""
        return self.changed is not None and self.url in known_until and self.changed <= known_until[self.url]


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The entries of a sitemap, each with whether it is a sitemap itself, and why there are no more of them."""

    entries: tuple[tuple[bool, ListedPage], ...]
    problem: str | None = None


class Throttle:
    """Pauses before each request to a host but the first."""

    def __init__(self, seconds: float = PAUSE_SECONDS, sleep: Callable[[float], object] = time.sleep) -> None:
        self._seconds, self._sleep = seconds, sleep
        self._hosts: set[str] = set()

    def wait(self, url: str, min_seconds: float = 0.0) -> None:
        """Pause before the request for a url, or longer where its site asks for it."""
        host = urlsplit(url).netloc.lower()
        if host in self._hosts:
            self._sleep(max(self._seconds, min_seconds))
        self._hosts.add(host)


def fetched_until(origins: Iterable[Origin]) -> dict[str, float]:
    """Return, by url of each page fetched from a sitemap, the time up to which its changes are known.

    Times are seconds since 1970.
    """
    known_until: dict[str, float] = {}
    for origin in origins:
        prefix, _, rest = ("" if origin.signature is None else origin.signature).partition(" ")
        if prefix == _SIGNATURE_PREFIX and origin.article_id is not None:
            moment, _, url = rest.partition(" ")
            known_until[url] = float(moment)
    return known_until


def walk_sitemap(url: str, fetcher: Fetcher, throttle: Throttle, worker: Worker = INLINE) -> Iterator[ListedPage]:
    """Yield the pages of a sitemap or sitemap index, each once, and the sitemaps that can't be read."""
    stack, seen = [(url, 0)], {url}
    while stack:
        address, depth = stack.pop()
        found: list[tuple[str, int]] = []
        try:
            throttle.wait(address)
            data = fetcher.fetch(address).data
            sitemap = worker.run(partial(read_sitemap, url=address), data, address)
        except (InvalidInput, ValueError) as error:
            yield ListedPage(address, problem=str(error))
            continue
        for is_index, entry in sitemap.entries:
            if entry.url in seen:
                continue
            seen.add(entry.url)
            if not is_index:
                yield entry
            elif depth < _MAX_DEPTH:
                found.append((entry.url, depth + 1))
        if sitemap.problem is not None:
            yield ListedPage(address, problem=sitemap.problem)
        stack += reversed(found)


def read_sitemap(data: bytes, url: str) -> Sitemap:
    """Return the entries of a sitemap, up to what can't be read."""
    entries: list[tuple[bool, ListedPage]] = []
    try:
        for entry in _entries(_unpacked(data, url), url):
            if len(entries) == MAX_ENTRIES:
                raise TooLarge(f"{url} lists more than {MAX_ENTRIES:,} pages; the first ones are read.")
            entries.append(entry)
    except (InvalidInput, ValueError) as error:
        return Sitemap(tuple(entries), str(error))
    return Sitemap(tuple(entries))


def _entries(chunks: Iterable[bytes], url: str) -> Iterator[tuple[bool, ListedPage]]:
    """Yield the entries of a sitemap, and whether each is a sitemap itself; raises UnreadableDocument."""
    parser = etree.XMLPullParser(("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    root = None
    try:
        for chunk in chunks:
            parser.feed(chunk)
            for event, element in parser.read_events():
                if root is None:
                    root = _checked(element, url)
                if event == "end" and element.getparent() is root:
                    entry = _entry(element, url)
                    if entry is not None:
                        yield _name(element) == "sitemap", entry
                    element.clear()
                    while element.getprevious() is not None:
                        del root[0]
        parser.close()
    except etree.LxmlError as error:
        reason = error.msg if isinstance(error, SyntaxError) else error  # else it names a file `<string>`
        raise UnreadableDocument(f"{url} is not a sitemap: {str(reason)[:200]}.") from error


def _checked(root: etree._Element, url: str) -> etree._Element:
    """Return the root of a sitemap; raises UnreadableDocument for any other document."""
    if _name(root) not in {"urlset", "sitemapindex"}:
        raise UnreadableDocument(f"{url} is not a sitemap: it begins with <{_name(root)[:40]}>.")
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument(f"{url} is not a sitemap: it declares a document type.")
    return root


def _entry(element: etree._Element, url: str) -> ListedPage | None:
    if _name(element) not in {"url", "sitemap"}:
        return None
    fields = {_name(child): str(child.text).strip() for child in element if child.text}
    if not fields.get("loc"):
        return None
    address, date, changed = fields["loc"], fields.get("lastmod"), None
    if date is not None:
        with suppress(InvalidArticle):  # such as a month without a day
            changed = parse_published(date).last
    if not address.startswith(("https://", "http://")):
        address = urljoin(url, address)
    return ListedPage(address, changed)


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _unpacked(data: bytes, url: str) -> Iterator[bytes]:
    """Yield a sitemap in chunks, decompressed where it is gzip; raises TooLarge or UnreadableDocument."""
    if not data.startswith(b"\x1f\x8b"):
        yield from (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))
        return
    size = 0
    try:
        for chunk in decompress_gzip([data]):
            size += len(chunk)
            if size > _MAX_UNPACKED:
                raise TooLarge(f"{url} is larger than {_MAX_UNPACKED:,} bytes when unpacked.")
            yield chunk
    except zlib.error as error:
        raise UnreadableDocument(f"{url} can't be unpacked: {error}.") from error
