from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from corpus.errors import FetchFailed, ForbiddenAddress
from corpus.fetching.client import Fetcher
from corpus.fetching.robots import LONGEST_PAUSE, Robots
from tests.corpus.fetching.test_client import Answer, Site, answer
from tests.waiting import Clock


@pytest.fixture
def site() -> Iterator[Site]:
    with closing(Site()) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def robots(clock: Clock) -> Robots:
    return Robots(Fetcher(5, allow_private=True), clock)


def said(*lines: str) -> Answer:
    return answer("\n".join(lines).encode(), "text/plain")


def test_pages_that_programs_are_to_keep_away_from_are_refused_and_no_others(site: Site, robots: Robots) -> None:
    site.answers["/robots.txt"] = said("User-agent: *", "Disallow: /private/", "Allow: /")
    assert 0.0 == robots.pause(site.url("/news"))
    with pytest.raises(ForbiddenAddress, match=r"/private/a is not fetched: the robots\.txt of its site asks"):
        robots.pause(site.url("/private/a"))


@pytest.mark.parametrize(
    ("lines", "refused", "granted"),
    [
        (("Allow: /", "Disallow: /a"), "/a", "/b"),  # the longest rule counts, wherever it stands
        (("Disallow: /", "Allow: /a"), "/b", "/a"),
        (("Disallow: /*.pdf$",), "/a/b.pdf", "/a.pdf.html"),
        (("Disallow: //[x", "Crawl-delay: ²", "nonsense", "Disallow: /a"), "/a", "/b"),  # what is no rule is none
    ],
)
def test_rules_are_taken_as_the_standard_has_it(
    site: Site, robots: Robots, lines: tuple[str, ...], refused: str, granted: str
) -> None:
    site.answers["/robots.txt"] = said("User-agent: *", *lines)
    assert 0.0 == robots.pause(site.url(granted))
    with pytest.raises(ForbiddenAddress):
        robots.pause(site.url(refused))
    assert 1 == len(site.asked)


def test_what_is_said_to_citeline_goes_before_what_is_said_to_all(site: Site, robots: Robots) -> None:
    site.answers["/robots.txt"] = said("User-agent: citeline", "Crawl-delay: 3", "", "User-agent: *", "Disallow: /")
    assert 3.0 == robots.pause(site.url("/news"))


@pytest.mark.parametrize(("asked", "granted"), [("2", 2.0), ("100000", LONGEST_PAUSE), ("soon", 0.0), ("-1", 0.0)])
def test_a_pause_is_granted_within_reason(site: Site, robots: Robots, asked: str, granted: float) -> None:
    site.answers["/robots.txt"] = said("User-agent: *", f"Crawl-delay: {asked}", "Disallow: /private/")
    assert granted == robots.pause(site.url("/news"))


@pytest.mark.parametrize(
    "robots_txt",
    [answer(status=404), answer(status=403), answer(b"<html>\xff\xfe</html>"), answer(b"\0" * 600_000), answer(b"")],
)
def test_a_site_that_says_nothing_that_can_be_read_asks_for_nothing(
    site: Site, robots: Robots, robots_txt: Answer
) -> None:
    site.answers["/robots.txt"] = robots_txt
    assert 0.0 == robots.pause(site.url("/news"))


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_site_that_can_not_tell_is_asked_again_later(site: Site, robots: Robots, clock: Clock, status: int) -> None:
    site.answers["/robots.txt"] = answer(status=status)
    for _ in range(3):
        with pytest.raises(FetchFailed, match=f"/news is not fetched yet, .* answers {status}") as caught:
            robots.pause(site.url("/news"))
        assert not isinstance(caught.value, ForbiddenAddress)  # it is tried again
    assert 1 == len(site.asked)
    site.answers["/robots.txt"] = said("User-agent: *", "Allow: /")
    clock.now += 61
    assert 0.0 == robots.pause(site.url("/news"))


def test_each_site_is_asked_once_a_day(site: Site, robots: Robots, clock: Clock) -> None:
    site.answers["/robots.txt"] = said("User-agent: *", "Allow: /")
    for _ in range(3):
        robots.pause(site.url("/news"))
        robots.pause(site.url("/other").replace("127.0.0.1", "localhost"))
    assert 2 == len(site.asked)
    clock.now += 86_401
    robots.pause(site.url("/news"))
    assert 3 == len(site.asked)


def test_an_address_that_is_out_of_bounds_is_left_to_the_fetcher_to_refuse(site: Site) -> None:
    assert 0.0 == Robots(Fetcher(5)).pause(site.url("/news"))
    assert [] == site.asked


def test_a_site_that_hangs_up_can_not_tell(site: Site, robots: Robots) -> None:
    def hang_up(request: BaseHTTPRequestHandler) -> None:
        request.connection.close()

    site.answers["/robots.txt"] = hang_up
    with pytest.raises(FetchFailed, match="is not fetched yet"):
        robots.pause(site.url("/news"))
