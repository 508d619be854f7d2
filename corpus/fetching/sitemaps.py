"""Which pages a site lists in its sitemap, and which of them have changed since they were fetched."""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree  # type: ignore[import-untyped]

from corpus.article import parse_published
from corpus.errors import InvalidArticle, InvalidInput, TooLarge, UnreadableDocument
from corpus.fetching.client import Fetcher
from corpus.store.article_store import Origin

MAX_PAGES = 1_000
PAUSE_SECONDS = 1.0
_MAX_UNPACKED = 50 * 2**20  # what the protocol allows, https://www.sitemaps.org/protocol.html
_MAX_DEPTH = 3  # the protocol knows one index of sitemaps; sites nest them all the same
_CHUNK = 65_536
_MARK = "sitemap"


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page that a sitemap lists, the last moment at which it may have changed if told (seconds since 1970).

    With a problem, it is a sitemap that can't be read.
    """

    url: str
    changed: float | None = None
    problem: str | None = None

    def signature(self) -> str | None:
        """Return what to keep with a page that is fetched now, None where nothing can be told from it later."""
        # A day that is not over may bring another change: of it, no more is known than up to now.
        return None if self.changed is None else f"{_MARK} {min(self.changed, time.time())!r} {self.url}"

    def is_unchanged(self, known: dict[str, float]) -> bool:
        """Tell whether a page has not changed since it was fetched, by what `fetched` returned."""
        return self.changed is not None and self.url in known and self.changed <= known[self.url]


class Throttle:
    """Waits before every request to a host but the first."""

    def __init__(self, seconds: float = PAUSE_SECONDS, sleep: Callable[[float], object] = time.sleep) -> None:
        self._seconds, self._sleep = seconds, sleep
        self._asked: set[str] = set()

    def wait(self, url: str, at_least: float = 0.0) -> None:
        """Wait as long as is polite before a url is asked for, or as its site wants."""
        host = urlsplit(url).netloc.lower()
        if host in self._asked:
            self._sleep(max(self._seconds, at_least))
        self._asked.add(host)


def fetched_until(origins: Iterable[Origin]) -> dict[str, float]:
    """Return, for the pages that came by a sitemap, up to which moment their changes are known."""
    known: dict[str, float] = {}
    for origin in origins:
        mark, _, rest = ("" if origin.signature is None else origin.signature).partition(" ")
        if mark == _MARK and origin.article_id is not None:
            moment, _, url = rest.partition(" ")
            known[url] = float(moment)
    return known


def walk_sitemap(url: str, fetcher: Fetcher, throttle: Throttle) -> Iterator[ListedPage]:
    """Yield the pages of a sitemap, or of all that an index lists, each once; and the sitemaps that can't be read."""
    waiting, seen = [(url, 0)], {url}
    while waiting:
        sitemap, depth = waiting.pop()
        found: list[tuple[str, int]] = []
        try:
            throttle.wait(sitemap)
            for is_index, entry in _entries(_unpacked(fetcher.fetch(sitemap).data, sitemap), sitemap):
                if entry.url in seen:
                    continue
                seen.add(entry.url)
                if not is_index:
                    yield entry
                elif depth < _MAX_DEPTH:
                    found.append((entry.url, depth + 1))
        except (InvalidInput, ValueError) as error:
            yield ListedPage(sitemap, problem=str(error))
        waiting += reversed(found)


def _entries(chunks: Iterable[bytes], url: str) -> Iterator[tuple[bool, ListedPage]]:
    """Yield what a sitemap lists, and whether that is a sitemap; raises UnreadableDocument."""
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
    if _name(root) not in {"urlset", "sitemapindex"}:
        raise UnreadableDocument(f"{url} is not a sitemap: it begins with <{_name(root)[:40]}>.")
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument(f"{url} is not a sitemap: it declares a document type.")
    return root


def _entry(element: etree._Element, url: str) -> ListedPage | None:
    if _name(element) not in {"url", "sitemap"}:
        return None
    told = {_name(child): str(child.text).strip() for child in element if child.text}
    if not told.get("loc"):
        return None
    return ListedPage(urljoin(url, told["loc"]), _moment(told.get("lastmod")))


def _moment(lastmod: str | None) -> float | None:
    try:
        return None if lastmod is None else parse_published(lastmod).last
    except InvalidArticle:  # such as a month without a day: then nothing is known
        return None


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _unpacked(data: bytes, url: str) -> Iterator[bytes]:
    """Yield a sitemap in pieces, unpacked where it is gzip; raises TooLarge, UnreadableDocument."""
    if not data.startswith(b"\x1f\x8b"):
        yield from (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))
        return
    unzip, size, rest = zlib.decompressobj(31), 0, data
    try:
        while not unzip.eof and (piece := unzip.decompress(rest, _CHUNK)):
            size, rest = size + len(piece), unzip.unconsumed_tail
            if size > _MAX_UNPACKED:
                raise TooLarge(f"{url} is larger than {_MAX_UNPACKED:,} bytes when unpacked.")
            yield piece
    except zlib.error as error:
        raise UnreadableDocument(f"{url} can't be unpacked: {error}.") from error
    if not unzip.eof:
        raise UnreadableDocument(f"{url} can't be unpacked: it is cut off.")
