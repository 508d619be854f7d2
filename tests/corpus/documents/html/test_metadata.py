import pytest

from corpus.documents import read_fetched
from tests.corpus.documents.html.pages import BODY, page, read

HEADLINE = "Ferry is back"


@pytest.mark.parametrize(
    ("body", "head", "title"),
    [
        (
            f"<header><h1>Holm Post</h1></header><div class=main><h2>{HEADLINE}</h2>{BODY}</div>",
            "",
            f"{HEADLINE} | Holm Post",
        ),
        (
            f"<div class=main><h2>{HEADLINE}</h2>{BODY}</div><div class=box><h1>Get our letter</h1></div>",
            "",
            f"{HEADLINE} - Holm Post",
        ),
        (f"<div>{BODY}</div>", "", f"{HEADLINE} — Holm Post"),
        (
            f"<h1 class=menu-title>The Holm Book</h1><main><h1>{HEADLINE}</h1>{BODY}</main>",
            "",
            f"{HEADLINE} - The Holm Book",
        ),
        (
            f"<header><h1>The Holm Book of Ferries</h1></header><main>{BODY}</main>",
            "",
            f"{HEADLINE} - The Holm Book of Ferries",
        ),
        (f"<div>{BODY}</div>", "<meta property='og:site_name' content='Holm Post'>", f"Holm Post: | {HEADLINE}"),
        (f"<div>{BODY}</div>", f"<meta property='og:title' content='{HEADLINE}'>", "Holm Post"),
        (
            f"<article><h1>{HEADLINE}</h1>{BODY}</article>",
            "<meta property='og:site_name' content='Holm Post'>",
            "Holm Post",
        ),
        (f"<article><h1>{HEADLINE}</h1>{BODY}</article>", "", "Home"),
        (f"<article><h1>{HEADLINE}</h1>{BODY}</article>", "", ""),
        (
            f"<div>{BODY}</div>",
            '<script type="application/ld+json">{"@type":"Article","headline":"Ferry is back"}</script>',
            "",
        ),
        (f"<div>{BODY}</div>", "", HEADLINE),
    ],
)
def test_the_title_is_that_of_the_article(body: str, head: str, title: str) -> None:
    assert HEADLINE == read(page(body, head, title)).title


@pytest.mark.parametrize(
    ("canonical", "url"),
    [
        ("https://holm.example/news/ferry", "https://holm.example/news/ferry"),
        ("/news/the-ferry", "https://holm.example/news/the-ferry"),
        ("https://holm.example/", None),
        ("https://holm.example", None),
        ("https://holm.example/news/", None),
        ("https://holm.example/news/ferry?id=7", "https://holm.example/news/ferry?id=7"),
        ("https://[oops", None),
    ],
)
@pytest.mark.parametrize("markup", ["<link rel=canonical href='{}'>", "<meta property='og:url' content='{}'>"])
def test_an_address_is_believed_where_it_may_be_that_of_the_page(markup: str, canonical: str, url: str | None) -> None:
    fetched_from = "https://holm.example/news/ferry/amp?utm_source=mail"
    data = page(head=markup.format(canonical)).encode()
    assert (fetched_from if url is None else url) == read_fetched(data, fetched_from, "text/html").url


def test_a_page_keeps_its_parameters_where_its_address_leaves_them_out() -> None:
    data = page(head="<link rel=canonical href='https://holm.example/show'>").encode()
    address = "https://holm.example/show?id=7"
    assert address == read_fetched(data, address, "text/html").url


def test_og_url_is_taken_where_the_canonical_address_is_the_home_page() -> None:
    head = "<link rel=canonical href=https://holm.example/><meta property=og:url content=https://holm.example/ferry>"
    assert "https://holm.example/ferry" == read(page(head=head)).url
