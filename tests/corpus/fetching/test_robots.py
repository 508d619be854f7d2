from http.server import BaseHTTPRequestHandler

import pytest

from corpus.errors import FetchFailed, ForbiddenAddress
from corpus.fetching.client import FetchedPage, Fetcher
from corpus.fetching.robots import MAX_BYTES, MAX_CRAWL_DELAY, MAX_RULES, MAX_SITES, Robots, applicable_rules
from tests.waiting import Clock
from tests.web_server import Answer, Site, answer
from tests.web_server import site as site  # noqa: PLC0414


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def robots(clock: Clock) -> Robots:
    return Robots(Fetcher(5, allow_private=True), clock=clock)


def text_file(*lines: str) -> Answer:
    return answer("\n".join(lines).encode(), "text/plain")


@pytest.mark.parametrize(
    ("lines", "refused", "granted"),
    [
        (("Disallow: /private/", "Allow: /"), "/private/a", "/news"),
        (("Allow: /", "Disallow: /a"), "/a", "/b"),  # the longest rule counts, wherever it stands
        (("Disallow: /", "Allow: /a"), "/b", "/a"),
        (("Disallow: /*.pdf$",), "/a/b.pdf", "/a.pdf.html"),
        (("Disallow: //[x", "Crawl-delay: ²", "nonsense", "Disallow: /a"), "/a", "/b"),  # what is no rule is none
    ],
)
def test_rules_follow_the_standard(
    site: Site, robots: Robots, lines: tuple[str, ...], refused: str, granted: str
) -> None:
    site.answers["/robots.txt"] = text_file("User-agent: *", *lines)
    assert 0.0 == robots.crawl_delay(site.url(granted))
    with pytest.raises(ForbiddenAddress, match=rf"{refused} is not fetched: the robots\.txt of its site asks"):
        robots.crawl_delay(site.url(refused))
    assert 1 == len(site.asked)


@pytest.mark.parametrize(
    ("lines", "delay"),
    [
        (("User-agent: *", "Crawl-delay: 2", "Disallow: /private/"), 2.0),
        (("User-agent: *", "Crawl-delay: 100000"), MAX_CRAWL_DELAY),
        (("User-agent: *", "Crawl-delay: soon"), 0.0),
        (("User-agent: *", "Crawl-delay: -1"), 0.0),
        (("User-agent: citeline", "Crawl-delay: 3", "", "User-agent: *", "Disallow: /"), 3.0),  # replaces that for all
    ],
)
def test_crawl_delay_is_capped(site: Site, robots: Robots, lines: tuple[str, ...], delay: float) -> None:
    site.answers["/robots.txt"] = text_file(*lines)
    assert delay == robots.crawl_delay(site.url("/news"))


@pytest.mark.parametrize(
    "robots_txt",
    [answer(status=404), answer(status=403), answer(b"<html>\xff\xfe</html>"), answer(b"\0" * 600_000), answer(b"")],
)
def test_a_missing_or_unreadable_robots_txt_allows_everything(site: Site, robots: Robots, robots_txt: Answer) -> None:
    site.answers["/robots.txt"] = robots_txt
    assert 0.0 == robots.crawl_delay(site.url("/news"))


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_site_that_fails_is_asked_again_after_a_minute(site: Site, robots: Robots, clock: Clock, status: int) -> None:
    site.answers["/robots.txt"] = answer(status=status)
    for _ in range(3):
        with pytest.raises(FetchFailed, match=f"/news is not fetched yet, .* answers {status}") as caught:
            robots.crawl_delay(site.url("/news"))
        assert not isinstance(caught.value, ForbiddenAddress)  # it is tried again
    assert 1 == len(site.asked)
    site.answers["/robots.txt"] = text_file("User-agent: *", "Allow: /")
    clock.now += 61
    assert 0.0 == robots.crawl_delay(site.url("/news"))


def test_each_site_is_asked_once_a_day(site: Site, robots: Robots, clock: Clock) -> None:
    site.answers["/robots.txt"] = text_file("User-agent: *", "Allow: /")
    for _ in range(3):
        robots.crawl_delay(site.url("/news"))
        robots.crawl_delay(site.url("/other").replace("127.0.0.1", "localhost"))
    assert 2 == len(site.asked)
    clock.now += 86_401
    robots.crawl_delay(site.url("/news"))
    assert 3 == len(site.asked)


def test_a_forbidden_address_is_left_to_the_fetcher_to_refuse(site: Site) -> None:
    assert 0.0 == Robots(Fetcher(5)).crawl_delay(site.url("/news"))
    assert [] == site.asked


def test_a_site_that_hangs_up_may_not_be_fetched_yet(site: Site, robots: Robots) -> None:
    def hang_up(request: BaseHTTPRequestHandler) -> None:
        request.connection.close()

    site.answers["/robots.txt"] = hang_up
    with pytest.raises(FetchFailed, match="is not fetched yet"):
        robots.crawl_delay(site.url("/news"))


def rules_of(lines: list[str]) -> list[str]:
    agent, *rules = applicable_rules("\n".join(lines).encode()).decode().split("\n")
    assert "User-agent: *" == agent
    return rules


RULES = [f"Disallow: /{number}" for number in range(2_000)]
OTHER_AGENTS = [f"User-agent: bot-{number}" for number in range(10_000)]


@pytest.mark.parametrize(
    ("lines", "applicable"),
    [
        ([*OTHER_AGENTS, *RULES], []),
        ([line for group in zip(OTHER_AGENTS, RULES * 5, strict=True) for line in group], []),
        ([*OTHER_AGENTS[:999], "User-agent: *", *RULES], RULES),
        (["User-agent: *"] * 1_000 + RULES, RULES),
        (["User-agent: *", *RULES * 5], (RULES * 5)[:MAX_RULES]),
        (["User-agent: *", f"Disallow: /{'*a' * 1_000}", "Disallow: /b"], ["Disallow: /b"]),
    ],
    ids=["one group", "many groups", "among others", "repeated agent", "many rules", "long rule"],
)
def test_only_applicable_rules_are_parsed_of_a_hostile_robots_txt(lines: list[str], applicable: list[str]) -> None:
    assert applicable == rules_of(lines)


@pytest.mark.parametrize(
    ("lines", "applicable"),
    [
        (
            ["User-agent: *", "Disallow: /a", "", "User-agent: x", "Disallow: /b", "", "User-agent: *", "Allow: /c"],
            "ac",
        ),
        (["User-agent: *", "Disallow: /a", "User-agent: CiteLine/0.1 # us", "Disallow: /b # why"], "b"),
        (["User-agent: x", "user agent: citeline", "Sitemap: /s", "", "useragent *", "Dissalow: /a"], "a"),
        (["User-agent: citeline", "Crawl-delay: 3", "User-agent: *", "Disallow: /"], "3"),
        (["User-agent: citeline", "Disallow:", "User-agent: *", "Disallow: /a"], ""),
        (["User-agent: citelines", "Disallow: /a", "User-agent: cite", "Disallow: /b"], ""),
        (["Disallow: /a", "User-agent:", "Disallow: /b"], ""),
    ],
)
def test_groups_are_merged_and_a_group_for_citeline_replaces_the_others(lines: list[str], applicable: str) -> None:
    found = (rule.partition(":")[2].strip() for rule in rules_of(lines))
    assert applicable == "".join(value.removeprefix("/") for value in found)


class CountingFetcher(Fetcher):
    """Answers every url with one robots.txt."""

    def __init__(self, robots_txt: str) -> None:
        super().__init__()
        self.data, self.asked = robots_txt.encode(), 0

    def fetch(self, url: str, *_: object, **__: object) -> FetchedPage:
        self.asked += 1
        return FetchedPage(url, "text/plain", self.data)


@pytest.mark.parametrize(
    ("robots_txt", "cached"),
    [
        ("User-agent: *\nAllow: /", MAX_SITES),
        ("User-agent: *" + f"\nAllow: /{'a' * 1_900}" * 200, MAX_BYTES // 382_000),
    ],
)
def test_the_least_recently_used_sites_leave_a_full_cache(robots_txt: str, cached: int) -> None:
    fetcher = CountingFetcher(robots_txt)
    robots = Robots(fetcher)
    urls = [f"https://{number}.example/" for number in range(cached + 1)]
    for url in [*urls[:-1], urls[0], urls[-1], urls[0]]:
        robots.crawl_delay(url)
    assert cached + 1 == fetcher.asked
    robots.crawl_delay(urls[1])
    assert cached + 2 == fetcher.asked
