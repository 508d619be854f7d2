import time
from dataclasses import replace

import pytest

from corpus.article import Draft
from corpus.documents import DEFAULT_LIMITS, Limits, read_document
from corpus.errors import TooLarge, UnreadableDocument

FERRY = (
    "The ferry &amp; its crew came back on <a href='x'>Tuesday</a> after forty days of repairs at the northern yard."
)
PAGE = f"""<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Ferry returns | Harbour Herald</title>
<meta property="og:title" content="Ferry returns to the bay"><meta property="og:site_name" content="Harbour Herald">
<meta property="article:published_time" content="2024-03-05T09:30:00+01:00">
<link rel="canonical" href="https://herald.example/ferry"><script>var never = 1;</script><style>p {{}}</style></head>
<body><nav><a href="/">Home</a><a href="/news">All news</a></nav>
<div id="cookie-banner">We use cookies. <button>Accept all</button></div>
<article><h1>Ferry returns to the bay</h1><p>{FERRY}</p><h2>What was mended</h2>
<p>Divers replaced the rudder,
which weighs two tonnes.</p><ul><li>The hull was painted.</li><li>The engine was cleaned.</li></ul>
<table><tr><th>Port</th><th>Time</th></tr><tr><td>North</td><td>08:15</td></tr></table>
<p>The next sailing is on Friday at noon.</p><script>never()</script></article>
<footer>Copyright Harbour Herald</footer></body></html>"""
UEBER = "Über die Brücke."
PICTURE = f'<img src="data:image/png;base64,{"a/b+" * 100_000}">'
SCRIPT = f"<script>for (i = 0; i<n; i++) {{ {'i = i + 1; ' * 30_000} }}</script>"
TEXT = """Ferry returns to the bay

The ferry & its crew came back on Tuesday after forty days of repairs at the northern yard.

What was mended

Divers replaced the rudder, which weighs two tonnes.

The hull was painted.
The engine was cleaned.

Port | Time
North | 08:15

The next sailing is on Friday at noon."""


def read(page: str | bytes, limits: Limits = DEFAULT_LIMITS, content_type: str | None = None) -> Draft:
    data = page.encode() if isinstance(page, str) else page
    return read_document(data, "page.html", content_type, limits)


@pytest.mark.parametrize("left_out", [("<body>",), ("</head>", "<body>"), ("<head>", "</head>", "<body>", "</body>")])
def test_tags_that_html_lets_a_page_leave_out_change_nothing(left_out: tuple[str, ...]) -> None:
    page = PAGE
    for tag in left_out:
        page = page.replace(tag, "")
    assert read(PAGE) == read(page)


@pytest.mark.parametrize("element", ["article", "main", "section", "div"])
def test_a_page_without_a_head_and_body_is_read(element: str) -> None:
    page = (
        f"<!doctype html><html lang=en><title>Ferry</title><{element}><h1>Ferry</h1><p>{UEBER}</p></{element}></html>"
    )
    assert UEBER in read(page).text


def test_reads_the_main_text_and_metadata_of_a_page() -> None:
    expected = Draft(
        text=TEXT,
        title="Ferry returns to the bay",
        url="https://herald.example/ferry",
        published="2024-03-05T09:30:00+01:00",
        source="Harbour Herald",
        language="en-GB",
    )
    assert expected == replace(read(PAGE), blocks=())


@pytest.mark.parametrize(
    ("head", "footer", "published"),
    [
        (
            '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2023-11-02"}</script>',
            "",
            "2023-11-02",
        ),
        ("", "<footer>© 2019 Herald</footer>", None),  # a copyright line gives no date
    ],
)
def test_reads_the_date_of_json_ld(head: str, footer: str, published: str | None) -> None:
    page = f"<head><title>Notes</title>{head}</head><body><article><p>{FERRY}</p></article>{footer}</body>"
    assert published == read(f"<html>{page}</html>").published


@pytest.mark.parametrize("address", ["/ferry", "ftp://herald.example/ferry", "javascript:alert(1)", "https://[oops"])
def test_a_canonical_url_that_is_no_web_address_is_ignored(address: str) -> None:
    assert read(PAGE.replace("https://herald.example/ferry", address)).url is None


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        ("<p>One.</p><p>Two &amp; three.</p>", "One.\n\nTwo & three."),
        ("words only", "words only"),
        ("<b>Bold</b> words<br>and a line", "Bold words\nand a line"),
        ("<ul><li><p>Rope</p></li><li>Lamp</li></ul>End.", "Rope\nLamp\n\nEnd."),
        ("<p>a</p><script>no()</script><style>no</style><p>b</p>", "a\n\nb"),
        ("<pre>first\n  second</pre>", "first\n  second"),
        ("<p>non&nbsp;breaking &mdash; caf&eacute; &#128674;</p>", "non breaking — café 🚢"),
        ("<table><tr><td><p>North</p></td><td></td><td>08:15</td></tr></table>", "North | | 08:15"),
        ("<p>a&#xD83D;b</p>", "a\ufffdb"),  # a lone surrogate
        ("<html><body><div>Closed on Monday.</div></body></html>", "Closed on Monday."),  # no main text
        # The declaration does not change decoded text.
        ('<?xml version="1.0" encoding="iso-8859-1"?><html><body><p>Über die Brücke.</p></body></html>', UEBER),
        (f"<html><body>{PICTURE}{SCRIPT}<p>words</p></body></html>", "words"),  # not many attributes
    ],
    ids=lambda value: value[:40],
)
def test_reads_all_of_an_html_fragment(piece: str, text: str) -> None:
    assert text == read(piece).text


@pytest.mark.parametrize(
    "page", ["<html></html>", "<script>x()</script>", "<html><body><script>x()</script></body></html>", "<!-- a -->"]
)
def test_a_page_without_text_is_unreadable(page: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"page\.html"):
        read(page)


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("windows-1251", "Паром вернулся в гавань во вторник."),
        ("shift_jis", "船は火曜日に港へ戻った。"),
        ("windows-1252", "Zum Café führt „eine“ Brücke – heißt es."),
        ("utf-16", "Паром & ship"),
    ],
)
def test_the_charset_that_a_page_declares_is_used(charset: str, words: str) -> None:
    page = f'<html><head><meta charset="{charset}"><title>x</title></head><body><p>{words}</p></body></html>'
    assert read(page.encode(charset)).text == words


def test_the_charset_of_the_server_wins_over_that_of_the_page() -> None:
    page = '<html><head><meta charset="utf-8"></head><body><p>Паром вернулся.</p></body></html>'
    assert read(page.encode("koi8-r"), content_type="text/html; charset=koi8-r").text == "Паром вернулся."


@pytest.mark.parametrize("tag", ["div", "b", "ul", "table", "blockquote"])
def test_deep_nesting_is_an_error_and_no_crash(tag: str) -> None:
    with pytest.raises(UnreadableDocument, match="nested too deeply"):
        read(f"<html><body>{f'<{tag}>' * 100_000}deep{f'</{tag}>' * 100_000}</body></html>")


@pytest.mark.parametrize(
    "body",
    [
        "<p>short</p>" * 100_000,
        ("<ul><li>abc def" * 90 + "</ul>" * 90) * 200,
        "<span>a b </span>" * 200_000,
        "<!-- " * 500_000 + "--><p>end</p>",
        "<p " + "a=b " * 500_000 + ">x",
        "<p>a" + " " * 3_000_000 + "b</p>",
        "<table><tr>" + "<th rowspan=100 colspan=100>x" * 1000 + "</tr>" + "<tr><td>a" * 200 + "</table>",
        "<span>" + "<b></b>" * 30_000 + "<img class=latex alt=a>" * 30_000 + "</span>",
        "<sup><a href=#>" * 50 + "<sup><a href=#>1</a></sup>" * 20_000 + "<p>words",
        "<time>Tuesday, 3 March 2020, noon</time> " * 20_000,
        "<ul><li>" + "<div>" * 90 + "<h3>x</h3>" * 30_000,
    ],
)
def test_a_vast_page_takes_bounded_time(body: str) -> None:
    started = time.process_time()
    assert read(f"<html><body>{body}</body></html>", Limits(max_text=10_000_000)).text
    assert time.process_time() - started < 10


@pytest.mark.parametrize("between", [" ", "/", "=1 ", "='x y' "])
@pytest.mark.parametrize("before", ["", "<!-- <a b=' -->", '<script>a<b c="</script>', "<p>" * 1000])
def test_refuses_more_attributes_than_a_parser_can_take(before: str, between: str) -> None:
    started = time.process_time()
    attributes = between.join(f"\xa0{number % 500}\xa0{number // 500}" for number in range(200_000))
    with pytest.raises(TooLarge, match=r"page\.html has tags with more attributes"):
        read(f"<html><body>{before}<p {attributes}>words</p></body></html>")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("start", "repeated", "limits", "message"),
    [
        ("<html><body>", "<a " * 900_000, Limits(), "has tags with more attributes"),
        ("<html><body>", "<b>" * 2_000_000, Limits(), "holds 2,000,002 tags; the limit is 2,000,000"),
        ("<p>", "word " * 400, Limits(max_text=1000), "holds .* an article may have 1,000"),
    ],
    ids=["unclosed tags", "tags", "text"],
)
def test_refuses_a_page_beyond_the_limits(start: str, repeated: str, limits: Limits, message: str) -> None:
    with pytest.raises(TooLarge, match=rf"page\.html {message}"):
        read(start + repeated, limits)
