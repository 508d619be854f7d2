from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.documents import read_document, read_fetched, read_file
from corpus.errors import InvalidArticle
from corpus.feeds.parser import read_feed
from corpus.fetching.client import site_of
from corpus.web_address import host_of, read_web_address


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "https://A.Example:443/x?q=a\\b#c\\d",
        "http://a.example:8080/x@y",
        "http://[2001:db8::1]:8080/",
        "https://xn--bcher-kva.example/ä",
        "https://bücher.example/ä",
        "http://a.example./",
        "https://a.example/?to=https://b.example/",
    ],
)
def test_an_address_that_all_read_alike_stays_as_it_is(url: str) -> None:
    assert url == read_web_address(f" {url}\n")


@pytest.mark.parametrize(
    ("url", "standard"),
    [
        ("https://good.example\\@evil.example/", "https://good.example/@evil.example/"),
        ("https://good.example\\.evil.example/", "https://good.example/.evil.example/"),
        ("https://good.example/a\\b", "https://good.example/a/b"),
        ("https:\\\\good.example/", "https://good.example/"),
        ("https://ｂücher.example/", "https://xn--bcher-kva.example/"),
        ("http://a。example/", "http://a.example/"),
        ("http://a%2eexample/", "http://a.example/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://ⓐ.example/", "http://a.example/"),
        ("http://@a.example/", "http://a.example/"),
    ],
)
def test_an_address_that_may_be_read_differently_is_serialised_by_the_standard(url: str, standard: str) -> None:
    assert standard == read_web_address(url)
    assert standard == read_web_address(standard)


@pytest.mark.parametrize(
    "url",
    [
        "https://user@evil.example/",
        "https://good.example@evil.example/",
        "https://good.example:443@evil.example/",
        "https://good.example\uff0f@evil.example/",
        "https://good.example%2f@evil.example/",
        "https://good.example%2fevil.example/",
        "https://good.example%00.evil.example/",
        "ht\ttps://a.example/",
        "https://a.ex\tample/",
        "https://a.example/\r\nx",
        "https://a.example/\u202egpj.exe",
        "https://a\u200b.example/",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:٤٤٣/",
        "https://1.2.3.4.5/",
        "https://a b.example/",
        "https:a.example/",
        "https:///a.example/",
        "//a.example/",
        "javascript:alert(1)//https://a.example/",
        "",
    ],
)
def test_what_browsers_read_as_another_site_or_none_is_no_address(url: str) -> None:
    assert read_web_address(url) is None


def test_the_source_of_a_page_is_its_host_as_browsers_read_it() -> None:
    assert "good.example" == host_of("https://good.example\\@evil.example/") == site_of("https://www.good.example\\@e/")
    assert "" == host_of("no address")


BACKSLASH, READ = "https://good.example\\@evil.example/mill", "https://good.example/@evil.example/mill"
USER = "https://good.example@evil.example/mill"
TEXT = "The mill grinds oats."


def test_front_matter_has_no_address_of_another_site() -> None:
    def url(written: str) -> str | None:
        draft = read_document(f"---\nurl: '{written}'\n---\n{TEXT}".encode(), "mill.md")
        return Article.from_draft(draft).url

    assert (READ, None) == (url(BACKSLASH), url(USER))


def test_a_sidecar_has_no_address_of_another_site(tmp_path: Path) -> None:
    (tmp_path / "mill.txt").write_text(TEXT)
    sidecar = tmp_path / "mill.txt.toml"
    sidecar.write_text(f"url = '{BACKSLASH}'\n")
    draft, problem = read_file(tmp_path / "mill.txt")
    assert (READ, None) == (Article.from_draft(draft).url, problem)
    sidecar.write_text(f"url = '{USER}'\n")
    draft, problem = read_file(tmp_path / "mill.txt")
    assert (None, True) == (draft.url, "must be a web address" in str(problem))


@pytest.mark.parametrize("tag", ['<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">'])
def test_a_page_names_no_address_of_another_site(tag: str) -> None:
    def url(written: str) -> str | None:
        page = f"<html><head>{tag.format(written)}</head><body><article><p>{TEXT}</p></article></body></html>"
        draft = read_fetched(page.encode(), "https://good.example/mill", "text/html")
        return Article.from_draft(draft).url

    assert READ == url(BACKSLASH)
    assert "https://good.example/mill" == url(USER)


def test_a_feed_names_no_address_of_another_site() -> None:
    item = f"<item><title>Mill</title><link>{BACKSLASH}</link></item>"
    source = f"<rss version='2.0'><channel>{item}</channel></rss>".encode()
    feed = read_feed(source, "https://good.example/feed", "text/xml")
    link = feed.entries[0].link
    assert link is not None
    assert READ == Article.from_draft(Draft(TEXT, url=link)).url
    with pytest.raises(InvalidArticle, match="without a user name"):
        Article.from_draft(Draft(TEXT, url=USER))


def test_what_an_article_replaces_is_an_address_as_browsers_read_it() -> None:
    assert READ == Article.from_draft(Draft(TEXT, replaces=BACKSLASH)).replaces
    with pytest.raises(InvalidArticle, match="replaces"):
        Article.from_draft(Draft(TEXT, replaces=USER))
