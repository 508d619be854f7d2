import pytest

from corpus.documents import read_fetched
from tests.corpus.documents.html.pages import BODY, page, read


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    ("head", "above", "published"),
    [
        (
            "<meta property='article:modified_time' content='2025-01-07T09:08:22+00:00'>"
            + ld('{"@graph": [{"@type": "NewsArticle", "datePublished": "2020-07-10T14:15:42+00:00"}]}'),
            "",
            "2020-07-10T14:15:42+00:00",
        ),
        ("<meta name='parsely-pub-date' content='2020-07-10'>", "", "2020-07-10"),
        ("<meta name='citation_publication_date' content='2020/07/10'>", "", "2020-07-10"),
        (
            "",
            "<time itemprop=dateModified datetime=2021-12-10>x</time><time itemprop=datePublished datetime=2019-04-09>",
            "2019-04-09",
        ),
        (
            "",
            "<time class=updated datetime=2021-12-10>x</time><time class='entry-date published' datetime=2019-04-09>",
            "2019-04-09",
        ),
        ("", "<p>Updated 12 December 2021 | Published 9 April 2019</p>", "2019-04-09"),
        ("", "<p>Published: 18 November 2026</p>", "2026-11-18"),
        ("", "<p>By Nora Lind, posted on Nov. 18, 2026 at 9:15 AM</p>", "2026-11-18T09:15:00"),
        ("", "<p>Veröffentlicht am 18. November 2026</p>", "2026-11-18"),
        ("", "<p>Published 10/04/2016 05:07 AM EDT</p>", "2016-10-04T05:07:00-04:00"),
        ("", "<p>Published 10/04/2016</p>", None),  # October or April
        ("", "<p>Published 04.10.2016</p>", "2016-10-04"),
        ("", "<p>The book was first published on 3 May 1999 in Holm.</p>", None),
        ("", "<p>Last updated: 12 December 2021</p>", None),
    ],
)
def test_the_date_is_that_of_publication(head: str, above: str, published: str | None) -> None:
    draft = read(page(f"<article><h1>Ferry is back</h1>{above}{BODY}</article>", head, "Ferry is back"))
    assert (published, False) == (draft.published, draft.published_is_guess)


@pytest.mark.parametrize(
    "above",
    [
        "<p>18 November 2026</p>",
        "<p>HOLM, Nov. 18, 2026 (Coast News) — The ferry sails again from the old pier, the council said.</p>",
        "<time datetime=2026-11-18>Wednesday</time>",
        "<div class=byline>Nora Lind · November 18, 2026</div>",
    ],
)
def test_a_date_that_a_page_does_not_explain_is_a_guess(above: str) -> None:
    draft = read(page(f"<article><h1>Ferry is back</h1>{above}{BODY}</article>", "", "Ferry is back"))
    assert ("2026-11-18", True) == (draft.published, draft.published_is_guess)


@pytest.mark.parametrize(
    ("head", "above"),
    [
        ("<meta property='article:modified_time' content='2026-11-19'>", ""),
        (ld('{"@type": "NewsArticle", "datePublished": "2026-11-18", "dateModified": "2026-11-19"}'), ""),
        (
            "",
            "<time itemprop=dateModified datetime=2026-11-19>",
        ),
        ("", "<time class='entry-date published' datetime=2026-11-18>x</time><time class=updated datetime=2026-11-19>"),
        ("", "<p>Published 18 November 2026 · Last updated 19 November 2026</p>"),
        ("", "<p>This page was last reviewed on 19 November 2026.</p>"),
    ],
)
def test_the_date_of_the_last_change_is_kept(head: str, above: str) -> None:
    draft = read(page(f"<article><h1>Ferry is back</h1>{above}{BODY}</article>", head, "Ferry is back"))
    assert "2026-11-19" == draft.updated


@pytest.mark.parametrize(
    "above",
    [
        "<p>Published 18 November 2026</p>",
        "<p>The law was last changed on 19 November 2026.</p>",
        "<aside><time class=updated datetime=2026-11-19>Another page</time></aside>",
    ],
)
def test_a_page_that_names_no_change_has_none(above: str) -> None:
    draft = read(page(f"<article><h1>Ferry is back</h1>{above}{BODY}</article>", "", "Ferry is back"))
    assert draft.updated is None


@pytest.mark.parametrize("path", ["/2026/11/18/ferry", "/news/2026-11-18-ferry.html", "/ferry-20261118"])
def test_the_address_of_a_page_may_name_its_day(path: str) -> None:
    draft = read_fetched(page().encode(), f"https://holm.example{path}", "text/html")
    assert ("2026-11-18", False) == (draft.published, draft.published_is_guess)


@pytest.mark.parametrize("path", ["/2026/11/ferry", "/ferry-2026111812345", "/archive/1234567890", "/ferry?2026/11/18"])
def test_other_numbers_of_an_address_are_no_day(path: str) -> None:
    assert read_fetched(page().encode(), f"https://holm.example{path}", "text/html").published is None


def test_dates_of_other_pages_and_of_comments_are_not_taken() -> None:
    aside = "<aside><time itemprop=datePublished datetime=2001-01-01>x</time></aside>"
    comment = (
        "<div itemscope itemtype='https://schema.org/Comment'>"
        "<time itemprop=datePublished datetime=2002-02-02>x</time></div>"
    )
    body = f"{aside}{comment}<article><time itemprop=datePublished datetime=2019-04-09>x</time>{BODY}</article>"
    assert "2019-04-09" == read(page(body)).published
