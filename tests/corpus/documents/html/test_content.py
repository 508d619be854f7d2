"""The kinds of pages whose articles were cut, or had noise in them."""

import pytest

from corpus.errors import UnreadableDocument
from tests.corpus.documents.html.pages import BODY, PARAGRAPHS, page, read

NAV = "<nav><a href=/>Home</a> <a href=/news>News</a></nav>"
FIRST, SECOND, THIRD, FOURTH = (f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (
            f"<article><header><h1>Back</h1><p class=dek>It cost 90 crowns.</p></header>"
            f"<section>{BODY}</section></article>",
            "90 crowns",
        ),
        (
            f"<div class=hero><h1>Ferry is back</h1><p>It cost 90 crowns.</p></div><div class=text>{BODY}</div>",
            "90 crowns",
        ),
        (
            f"<article>{FIRST}<figure><img><figcaption>The crane is from Orlo.</figcaption></figure>"
            f"{SECOND}{THIRD}</article>",
            "Orlo",
        ),
        (f"<div>{PARAGRAPHS[0]}{SECOND}{PARAGRAPHS[2]}{FOURTH}</div>", PARAGRAPHS[2]),
        (f"<div>{PARAGRAPHS[0]}{SECOND}{PARAGRAPHS[2]}{FOURTH}</div>", PARAGRAPHS[0]),
        (
            f"<table><tr><td>{FIRST}<ul><li>Dogs pay half.</li><li>Bikes are free.</li></ul>"
            f"{SECOND}</td></tr></table>{THIRD}{FOURTH}",
            "Dogs pay half.\nBikes are free.",
        ),
        (
            f"<div id=page><div class='article-body'>{FIRST}{SECOND}</div><div class=ad>Buy now</div>"
            f"<div class='article-body'>{THIRD}{FOURTH}</div></div>",
            PARAGRAPHS[3],
        ),
        (f"<article>{FIRST}{SECOND}<pre>$ tide --port 80\n$ tide --stop</pre>{THIRD}</article>", "80\n$ tide"),
        (f"<form id=aspnetForm><div>{BODY}<h2>Prices</h2><ul><li>Bikes: 3 crowns</li></ul></div></form>", "Bikes: 3"),
        (
            f"<article>{BODY}<h2>Crew</h2><table><tr><th>Role<th>Name<tr><td>Cook<td>Per</table></article>",
            "Role | Name\nCook | Per",
        ),
    ],
)
def test_all_of_an_article_is_read(body: str, kept: str) -> None:
    draft = read(page(NAV + body + "<footer>Copyright Holm News</footer>", title="Ferry is back | Holm News"))
    assert kept in draft.text
    assert "Copyright" not in draft.text
    assert "News" not in draft.text


@pytest.mark.parametrize(
    "noise",
    [
        "<div class='newsletter-box'><h3>Get our letter</h3><p>Noise.</p></div>",
        "<aside><h2>Noise</h2><ul><li><a href=a>Another story about the bridge</a></li></ul></aside>",
        "<h3>Noise to read next</h3><ul><li><a href=a>The bridge of Varde</a><li><a href=b>The mayor of Holm</a></ul>",
        "<div class='share-buttons'>Noise <a href=x>Mail</a></div>",
        "<section id=comments><p>Noise of somebody who has never been to Holm, nor on a boat.</p></section>",
        "<form><label>Noise</label><input><button>Send</button></form>",
    ],
)
def test_noise_within_an_article_is_left_out(noise: str) -> None:
    text = read(page(f"<main><article><h1>Ferry is back</h1>{FIRST}{SECOND}{THIRD}{noise}</article></main>")).text
    assert "Noise" not in text
    assert text.endswith(PARAGRAPHS[2])


def test_a_short_page_keeps_its_lines_and_loses_its_navigation() -> None:
    table = "<table><tr><td>Dinghy</td><td>4 crowns</td></tr><tr><td>Yacht</td><td>19 crowns</td></tr></table>"
    body = f"<main><h1>Hours</h1><p>Open at nine.</p><ul><li>Monday: 9 to 5<li>Friday: 9 to 4</ul>{table}</main>"
    header = "<header><a href=/>Town</a><p>The town by the sea</p></header>"
    expected = "Hours\n\nOpen at nine.\n\nMonday: 9 to 5\nFriday: 9 to 4\n\nDinghy | 4 crowns\nYacht | 19 crowns"
    assert expected == read(page(f"{header}{NAV}{body}<footer>Copyright</footer>", title="Hours")).text
    assert (
        expected.replace("Hours\n\n", "", 1)
        == read(page(f"{header}{NAV}{body[6:].replace('<h1>Hours</h1>', '')}")).text
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<p>You need to enable JavaScript to run this app.</p><script src=a></script>", "JavaScript"),
        ("<div>Bitte aktivieren Sie JavaScript in Ihrem Browser.</div><script></script>", "JavaScript"),
        ("<h1>Sorry</h1><p>This site does not work with JavaScript disabled.</p><script></script>", "JavaScript"),
        ("<p>Checking your browser before accessing holm.example.</p>", "human"),
        (
            "<h1>Your privacy</h1><p>We and our 412 partners use cookies to store personal data.</p>"
            "<p>You may "
            "withdraw your consent in the privacy settings at any time.</p>"
            "<button>Accept all</button><button>Reject</button>",
            "cookies",
        ),
    ],
)
def test_a_page_that_only_asks_for_something_is_refused(body: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=rf"page\.html holds no article.*{reason}"):
        read(page(body))


@pytest.mark.parametrize(
    "body",
    [
        "<main><h1>JavaScript</h1><p>JavaScript was made in ten days in 1995.</p></main><script></script>",
        f"<article>{BODY}</article><div class=cookie-banner>We use cookies.<button>Accept</button></div>",
        "<main><p>Oat cookies need 200 grams of oats.</p><p>Bake for nine minutes.</p></main><button>Accept</button>",
    ],
)
def test_a_page_about_such_things_is_read(body: str) -> None:
    text = read(page(body)).text
    assert text
    assert "We use cookies" not in text
