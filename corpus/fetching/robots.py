"""What sites ask of programs in their robots.txt (RFC 9309): which pages to keep away from, how long to pause.

It is for pages that nobody named: those of feeds and sitemaps. What a person names is fetched anyway.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from corpus.errors import FetchFailed, ForbiddenAddress, InvalidInput
from corpus.fetching.client import Fetcher

LONGEST_PAUSE = 30.0  # seconds; who asks for more would keep all others waiting
_NAME = "Citeline"
_READ = 500 * 1024  # bytes, as the RFC has it
_GOOD_FOR = 86_400.0
_TRIED_AGAIN_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class _Site:
    """The rules of a site, or why they can't be had now, and until when that holds."""

    until: float
    rules: Protego
    problem: str | None = None


class Robots:
    """Knows the rules of sites, each asked for once a day. For one thread."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher, self._clock = fetcher, clock
        self._sites: dict[str, _Site] = {}

    def pause(self, url: str) -> float:
        """Return how many seconds a page's site wants between two pages, 0 where it says nothing.

        Raises ForbiddenAddress for a page that programs are to keep away from; FetchFailed where the site can't tell.
        """
        site = self._site(url)
        if site.problem is not None:
            raise FetchFailed(f"{url} is not fetched yet, since its site can't say whether it may be: {site.problem}")
        if not site.rules.can_fetch(url, _NAME):
            raise ForbiddenAddress(f"{url} is not fetched: the robots.txt of its site asks programs to keep away.")
        delay = site.rules.crawl_delay(_NAME)
        return 0.0 if delay is None else max(0.0, min(delay, LONGEST_PAUSE))

    def _site(self, url: str) -> _Site:
        parts = urlsplit(url)
        name, now = f"{parts.scheme}://{parts.netloc.lower()}", self._clock()
        self._sites = {other: site for other, site in self._sites.items() if site.until > now}
        if name not in self._sites:
            self._sites[name] = self._asked(f"{name}/robots.txt", now)
        return self._sites[name]

    def _asked(self, url: str, now: float) -> _Site:
        until, problem, told = now + _GOOD_FOR, None, ""
        try:
            told = self._fetcher.fetch(url).data[:_READ].decode("utf-8-sig", "replace")
        except InvalidInput as error:
            if _may_pass(error):
                until, problem = now + _TRIED_AGAIN_AFTER, str(error)
        return _Site(until, Protego.parse(told), problem)


def _may_pass(error: InvalidInput) -> bool:
    """Tell whether a site that could not be asked may tell later: not one without such a file, or out of bounds."""
    if not isinstance(error, FetchFailed) or isinstance(error, ForbiddenAddress):
        return False
    return error.status is None or error.status >= 500 or error.status == 429
