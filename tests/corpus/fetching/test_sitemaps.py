import gzip
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from corpus.documents import Limits
from corpus.fetching.client import Fetcher
from corpus.fetching.sitemaps import ListedPage, Throttle, walk_sitemap
from corpus.ingest.library import Library
from corpus.store.article_store import ArticleStore
from tests.web_server import Site, answer
from tests.web_server import site as site  # noqa: PLC0414

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def fetcher(timeout: float = 5) -> Fetcher:
    return Fetcher(timeout, 1_000_000, allow_private=True)


def added(store: ArticleStore, url: str, limit: int = 100, timeout: float = 5) -> list[tuple[str, str]]:
    library = Library(store, fetcher(timeout), Limits())
    found = library.add_sitemap(url, limit, Throttle(0))
    return [(outcome.name.rpartition("/")[2], outcome.state) for outcome in found]


def listing(site: Site, *names: str, lastmod: str = "", kind: str = "url") -> bytes:
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    root = "urlset" if kind == "url" else "sitemapindex"
    rows = "".join(f"<{kind}><loc> {site.url(name)}\n</loc>{date}</{kind}>" for name in names)
    return f'<?xml version="1.0"?><{root} {NAMESPACE}><!-- all -->{rows}</{root}>'.encode()


def page(words: str) -> bytes:
    body = f"<body><article><p>The {words} sails at noon, they say.</p></article></body>"
    return f"<html><title>{words}</title>{body}</html>".encode()


def walked(site: Site, path: str = "/s.xml") -> list[ListedPage]:
    return list(walk_sitemap(site.url(path), fetcher(), Throttle(0)))


def test_pages_are_added_and_failures_reported(site: Site, store: ArticleStore) -> None:
    def slow(request: BaseHTTPRequestHandler) -> None:
        time.sleep(3.5)

    site.answers["/s.xml"] = answer(listing(site, "/a", "/gone", "/moved", "/slow", "/b", "/a"), "application/xml")
    site.answers["/a"], site.answers["/b"] = answer(page("ferry")), answer(page("barge"))
    site.answers["/gone"] = answer(status=404)
    site.answers["/moved"] = answer(status=301, Location="/c")
    site.answers["/c"] = answer(page("cutter"))
    site.answers["/slow"] = slow
    expected = [("a", "added"), ("gone", "failed"), ("moved", "added"), ("slow", "failed"), ("b", "added")]
    assert expected == added(store, site.url("/s.xml"), timeout=3)
    assert {site.url("/a"), site.url("/b"), site.url("/c")} == {article.url for article, _ in store.each()}


def test_nested_gzipped_and_circular_indexes_are_walked(site: Site) -> None:
    site.answers["/s.xml"] = answer(listing(site, "/one.xml.gz", "/none.xml", "/s.xml", "/two.xml", kind="sitemap"))
    site.answers["/one.xml.gz"] = answer(gzip.compress(listing(site, "/a", "/b")), "application/gzip")
    site.answers["/none.xml"] = answer(status=500)
    site.answers["/two.xml"] = answer(listing(site, "/a", "/c"))
    found = walked(site)
    assert ["/a", "/b", "/none.xml", "/c"] == [f"/{one.url.rpartition('/')[2]}" for one in found]
    assert "answers 500" in str(found[2].problem)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>no</body></html>", "it begins with <html>"),
        (b"<urlset><url><loc>http://a.example/</loc></url>", "in tag urlset line 1, line 1, column 48."),
        (b"words", "is not a sitemap: "),
        (b"", "is not a sitemap: "),
        (b"\x1f\x8bwords", "can't be unpacked"),
        (gzip.compress(b"<urlset></urlset>", mtime=0)[:-6], "cut off"),
        (b'<!DOCTYPE urlset [<!ENTITY a "b">]><urlset></urlset>', "declares a document type"),
        (
            gzip.compress(b"<urlset>" + (b"<a>" + b" " * 1_000_000 + b"</a>") * 53, mtime=0),
            "larger than 52,428,800 bytes when unpacked",
        ),
    ],
)
def test_other_documents_are_no_sitemap(site: Site, body: bytes, words: str) -> None:
    site.answers["/s.xml"] = answer(body)
    found = walked(site)
    assert [site.url("/s.xml")] == [one.url for one in found if one.problem is not None]
    assert words in str(found[-1].problem)


def test_no_entity_reads_a_file_or_another_address(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for target in (secret.as_uri(), site.url("/secret")):
        text = f'<!DOCTYPE urlset [<!ENTITY a SYSTEM "{target}">]><urlset><url><loc>http://a/&a;</loc></url></urlset>'
        site.answers["/s.xml"] = answer(text.encode())
        (found,) = walked(site)
        assert "declares a document type" in str(found.problem)
    assert {"/s.xml"} == {path for path, _ in site.asked}


def test_unchanged_pages_are_not_fetched_again(site: Site, store: ArticleStore) -> None:
    site.answers["/a"] = answer(page("ferry"))
    for lastmod, state in (
        ("2024-05-01T10:00:00Z", "added"),
        ("2024-05-01T10:00:00Z", "unchanged"),
        ("2024-04-30", "unchanged"),
        ("2024-05-01T10:00:01Z", "fetched"),
        ("2024-05", "fetched"),
        ("2024-05-01", "fetched"),
        ("2024-05-01", "unchanged"),
        ("", "fetched"),
    ):
        site.answers["/s.xml"] = answer(listing(site, "/a", lastmod=lastmod))
        site.asked.clear()
        (outcome,) = added(store, site.url("/s.xml"))
        assert ("a", "unchanged" if state == "fetched" else state) == outcome
        assert (state != "unchanged") == ("/a" in [path for path, _ in site.asked]), lastmod


def test_a_page_that_changed_today_may_change_again(site: Site, store: ArticleStore) -> None:
    site.answers["/a"] = answer(page("ferry"))
    site.answers["/s.xml"] = answer(listing(site, "/a", lastmod=datetime.now(UTC).date().isoformat()))
    added(store, site.url("/s.xml"))
    site.answers["/a"] = answer(page("barge"))
    assert [("a", "added")] == added(store, site.url("/s.xml"))
    assert 1 == store.count()


def test_the_limit_counts_pages_that_are_fetched(site: Site, store: ArticleStore) -> None:
    names = ["/a", "/b", "/c"]
    for name in names:
        site.answers[name] = answer(page(f"ship{name[1:]}"))
    site.answers["/s.xml"] = answer(listing(site, *names, lastmod="2024-05-01"))
    assert [("a", "added"), ("b", "added")] == added(store, site.url("/s.xml"), limit=2)
    assert [("a", "unchanged"), ("b", "unchanged"), ("c", "added")] == added(store, site.url("/s.xml"), limit=2)


def test_disallowed_pages_are_left_out(site: Site, store: ArticleStore) -> None:
    site.answers |= {"/a": answer(page("ship")), "/private": answer(page("boat"))}
    site.answers["/robots.txt"] = answer(b"User-agent: *\nDisallow: /private\n", "text/plain")
    site.answers["/s.xml"] = answer(listing(site, "/private", "/a"))
    assert [("private", "failed"), ("a", "added")] == added(store, site.url("/s.xml"))
    assert "/private" not in [path for path, _ in site.asked]


def test_requests_to_a_host_are_paused_for_its_crawl_delay_at_least() -> None:
    slept: list[float] = []
    throttle = Throttle(1.5, slept.append)
    for url in ("http://a.example/1", "http://b.example/", "http://A.example/2", "http://a.example:81/"):
        throttle.wait(url)
    assert [1.5] == slept
    for seconds in (4.0, 1.0):
        throttle.wait("http://a.example/", seconds)
    assert [1.5, 4.0, 1.5] == slept


def test_addresses_of_private_networks_are_refused(site: Site, store: ArticleStore) -> None:
    site.answers["/s.xml"] = answer(listing(site, "/a"))
    (found,) = walk_sitemap(site.url("/s.xml"), Fetcher(5), Throttle(0))
    assert "private network" in str(found.problem)
    assert not site.asked
