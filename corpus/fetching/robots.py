"""robots.txt (RFC 9309): which pages of a site a crawler may fetch, and the crawl delay between two fetches.

Citeline obeys it for pages found in feeds and sitemaps. A page whose address a user gives is fetched regardless.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from corpus.article import MAX_URL
from corpus.errors import FetchFailed, ForbiddenAddress, TooLarge
from corpus.fetching.client import Fetcher

MAX_CRAWL_DELAY = 30.0  # seconds; a longer crawl delay would hold up all other sites
MAX_RULES = 5_000  # per site
# The size of the cache. A parsed character of rules takes up to 90 bytes of memory, so the cache at most 90 MiB.
MAX_SITES = 256
MAX_CHARACTERS = 2**20
_AGENT = "citeline"
_MAX_BYTES = 500 * 1024  # the least that RFC 9309 asks crawlers to parse
_FRESH_SECONDS = 86_400.0
_RETRY_SECONDS = 60.0
# The directives in the spellings that Protego accepts.
_DIRECTIVE = re.compile(r"(user[- ]?agent|allow|dis+al+[ao]w|diasllow|crawl[- ]delay)(?:\s*:|\s)\s*(.*)", re.IGNORECASE)
_PRODUCT_TOKEN = re.compile(r"\*|[a-z_-]*")


@dataclass(frozen=True, slots=True)
class _Site:
    """The cached rules of a site, or why its robots.txt could not be fetched; `expires_at` is a time of the clock."""

    expires_at: float
    rules: Protego
    characters: int
    problem: str | None = None


class Robots:
    """Fetches the robots.txt of sites and caches them for a day. Not thread-safe."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher, self._clock = fetcher, clock
        self._sites: dict[str, _Site] = {}  # the least recently used first

    def crawl_delay(self, url: str) -> float:
        """Return the crawl delay of the site of a page in seconds, at most MAX_CRAWL_DELAY, 0 where it sets none.

        Raises ForbiddenAddress where robots.txt disallows the page, FetchFailed where robots.txt can't be fetched now.
        """
        site = self._site(url)
        if site.problem is not None:
            raise FetchFailed(f"{url} is not fetched yet, since its site can't say whether it may be: {site.problem}")
        if not site.rules.can_fetch(url, _AGENT):
            raise ForbiddenAddress(f"{url} is not fetched: the robots.txt of its site asks programs to keep away.")
        delay = site.rules.crawl_delay(_AGENT)
        return 0.0 if delay is None else min(delay, MAX_CRAWL_DELAY)

    def _site(self, url: str) -> _Site:
        """Return the site of a page; its robots.txt is fetched where it is not cached."""
        parts = urlsplit(url)
        name, now = f"{parts.scheme}://{parts.netloc.lower()}", self._clock()
        site = self._sites.pop(name, None)
        if site is None or site.expires_at <= now:
            expires_at, problem, text = now + _FRESH_SECONDS, None, ""
            try:
                text = self._fetcher.fetch(f"{name}/robots.txt").data[:_MAX_BYTES].decode("utf-8-sig", "replace")
            except (ForbiddenAddress, TooLarge):  # the page would be refused as well, or this is not a robots.txt
                pass
            except FetchFailed as error:
                if error.status is None or error.status >= 500 or error.status == 429:  # other statuses: no robots.txt
                    expires_at, problem = now + _RETRY_SECONDS, str(error)
            rules = "\n".join(["User-agent: *", *applicable_rules(text)])
            site = _Site(expires_at, Protego.parse(rules), len(rules), problem)
        self._sites[name] = site
        characters = sum(each.characters for each in self._sites.values())
        while len(self._sites) > MAX_SITES or characters > MAX_CHARACTERS:
            characters -= self._sites.pop(next(iter(self._sites))).characters
        return site


def applicable_rules(text: str) -> list[str]:
    """Return the rules of a robots.txt in all groups for Citeline, or else in all groups for `*`: MAX_RULES at most.

    Protego copies each rule for each agent of its group: 3,000 agents and 3,800 rules took it 70 s and 794 MiB.
    """
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
    return groups.get(_AGENT, groups.get("*", []))
