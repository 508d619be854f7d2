"""robots.txt (RFC 9309): which pages of a site a crawler may fetch, and the crawl delay between two fetches.

Citeline obeys it for pages found in feeds and sitemaps. A page whose address a user gives is fetched regardless.
A worker reads the files of sites and matches their rules; this process keeps the rules that apply to Citeline, as text.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import urlsplit

from protego import Protego

from corpus.errors import FetchFailed, ForbiddenAddress, InvalidInput, TooLarge
from corpus.fetching.client import Fetcher
from corpus.isolation.worker import INLINE, Worker
from corpus.web_address import MAX_URL

MAX_CRAWL_DELAY = 30.0  # seconds; a longer crawl delay would hold up all other sites
MAX_RULES = 5_000  # per site
MAX_SITES = 256  # of the cache
MAX_BYTES = 4 * 2**20
_MAX_PARSED = 4  # sites whose rules a worker keeps parsed, which takes up to 45 MiB for one
_AGENT = "citeline"
_MAX_BYTES = 500 * 1024  # the least that RFC 9309 asks crawlers to parse
_FRESH_SECONDS = 86_400.0
_RETRY_SECONDS = 60.0
# The directives in the spellings that Protego accepts.
_DIRECTIVE = re.compile(r"(user[- ]?agent|allow|dis+al+[ao]w|diasllow|crawl[- ]delay)(?:\s*:|\s)\s*(.*)", re.IGNORECASE)
_PRODUCT_TOKEN = re.compile(r"\*|[a-z_-]*")


@dataclass(frozen=True, slots=True)
class _Site:
    """The cached rules of a site, or why its robots.txt can't be used; `expires_at` is a time of the clock."""

    expires_at: float
    rules: bytes
    problem: str | None = None


class Robots:
    """Fetches the robots.txt of sites and caches them for a day. Not thread-safe."""

    def __init__(self, fetcher: Fetcher, worker: Worker = INLINE, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher, self._worker, self._clock = fetcher, worker, clock
        self._sites: dict[str, _Site] = {}  # the least recently used first

    def crawl_delay(self, url: str) -> float:
        """Return the crawl delay of the site of a page in seconds, at most MAX_CRAWL_DELAY, 0 where it sets none.

        Raises ForbiddenAddress where robots.txt disallows the page, FetchFailed where robots.txt can't be fetched or
        read now.
        """
        name = _site_name(url)
        site = self._site(name)
        if site.problem is None:
            try:
                allowed, delay = self._worker.run(partial(check_rules, url=url), site.rules, f"{name}/robots.txt")
            except InvalidInput as error:  # it is not matched again, as it is not read again, for a day
                site = self._sites[name] = _Site(self._clock() + _FRESH_SECONDS, b"", str(error))
        if site.problem is not None:
            raise FetchFailed(f"{url} is not fetched yet, since its site can't say whether it may be: {site.problem}")
        if not allowed:
            raise ForbiddenAddress(f"{url} is not fetched: the robots.txt of its site asks programs to keep away.")
        return 0.0 if delay is None else min(delay, MAX_CRAWL_DELAY)

    def _site(self, name: str) -> _Site:
        """Return a site, such as "https://example.org"; its robots.txt is fetched where it is not cached."""
        now = self._clock()
        site = self._sites.pop(name, None)
        if site is None or site.expires_at <= now:
            site = self._fetched(f"{name}/robots.txt", now)
        self._sites[name] = site
        size = sum(len(each.rules) for each in self._sites.values())
        while len(self._sites) > MAX_SITES or size > MAX_BYTES:
            size -= len(self._sites.pop(next(iter(self._sites))).rules)
        return site

    def _fetched(self, url: str, now: float) -> _Site:
        """Fetch the robots.txt of a site. One that can't be read is not tried again for a day."""
        try:
            data = self._fetcher.fetch(url).data[:_MAX_BYTES]
        except (ForbiddenAddress, TooLarge):  # the page would be refused as well, or this is not a robots.txt
            data = b""
        except FetchFailed as error:
            if error.status is None or error.status >= 500 or error.status == 429:  # other statuses: no robots.txt
                return _Site(now + _RETRY_SECONDS, b"", str(error))
            data = b""
        try:
            return _Site(now + _FRESH_SECONDS, self._worker.run(applicable_rules, data, url))
        except InvalidInput as error:
            return _Site(now + _FRESH_SECONDS, b"", str(error))


def _site_name(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def check_rules(rules: bytes, url: str) -> tuple[bool, float | None]:
    """Return whether the rules of a site allow a page, and the crawl delay that they set."""
    parsed = _parsed_rules(rules)
    return parsed.can_fetch(url, _AGENT), parsed.crawl_delay(_AGENT)


@lru_cache(_MAX_PARSED)
def _parsed_rules(rules: bytes) -> Protego:
    return Protego.parse(rules.decode())


def applicable_rules(data: bytes) -> bytes:
    """Return the rules of a robots.txt for Citeline, or else those for `*`, as a group for `*`: MAX_RULES at most.

    Protego copies each rule for each agent of its group: 3,000 agents and 3,800 rules took it 70 s and 794 MiB.
    """
    text = data.decode("utf-8-sig", "replace")
    groups: dict[str, list[str]] = {}
    agents: set[str] = set()
    in_header = False
    for line in text.splitlines():
        directive = _DIRECTIVE.match(line.partition("#")[0].strip())
        if directive is None:
            continue
        name, value = directive.groups()
        if name.lower().startswith("user"):
            if not in_header:
                agents, in_header = set(), True
            token = _PRODUCT_TOKEN.match(value.lower())
            if token is not None and token[0] in {_AGENT, "*"}:
                agents.add(token[0])
                groups.setdefault(token[0], [])  # a group without rules allows everything
            continue
        in_header = False
        for agent in agents:
            if len(groups[agent]) < MAX_RULES and len(value) <= MAX_URL:  # a longer rule matches no url
                groups[agent].append(directive[0])
    return "\n".join(["User-agent: *", *groups.get(_AGENT, groups.get("*", []))]).encode()
