"""The pages for people, rendered without a browser."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import EXAMPLE_QUESTIONS
from corpus.article import Article, Block, BlockKind, Draft, Original
from corpus.documents import Limits
from corpus.documents.writer import DocumentWriter
from corpus.errors import NotFound
from corpus.fetching.client import Fetcher
from corpus.ingest.library import Library
from corpus.store.article_store import ArticleStore, ArticleSummary
from web.pages import pages_blueprint, suggest_questions
from web.reading import MAX_PART

SAMPLE = Path(__file__).parents[2] / "corpus" / "articles" / "kazakhstan-withdrawal.txt"
TEXT = "The ferry leaves at noon.\nIt carries 🚲 bicycles.\n\nNobody pays."


class Shelf:
    def __init__(self, *articles: Article) -> None:
        self._articles = {article.id: article for article in articles}

    def get(self, article_id: str) -> Article:
        if article_id not in self._articles:
            raise NotFound(article_id)
        return self._articles[article_id]

    def get_version(self, article_id: str) -> tuple[Article, str | None]:
        return self.get(article_id), None

    def blocks(self, article_id: str) -> tuple[Block, ...]:
        return self._articles[article_id].blocks

    def original_type(self, article_id: str) -> str | None:
        original = self._articles[article_id].original
        return None if original is None else original.media_type

    def page(self, page: int, per_page: int) -> list[ArticleSummary]:
        same = ("id", "title", "url", "published", "source", "language")
        return [
            ArticleSummary(**{name: getattr(one, name) for name in same}, cluster=one.id, added_at="", characters=0)
            for one in self._articles.values()
        ][:per_page]

    def count(self) -> int:
        return len(self._articles)


def client_of(*articles: Article, examples: dict[str, tuple[str, ...]] | None = None) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(pages_blueprint())
    app.extensions["citeline"] = SimpleNamespace(
        library=Shelf(*articles),
        examples={} if examples is None else examples,
        questions=SimpleNamespace(enabled=False),
    )
    return app.test_client()


def page(article: Article, query: str = "") -> str:
    return client_of(article).get(f"/read/{article.id}{query}").text


def test_the_span_is_marked_at_its_code_points() -> None:
    start = TEXT.index("bicycles")
    article = Article.from_draft(Draft(TEXT))
    assert '<mark id="here">bicycles</mark>.' in page(article, f"?start={start}&end={start + 8}")


def test_a_span_over_two_paragraphs_is_marked_in_both() -> None:
    html = page(Article.from_draft(Draft(TEXT)), f"?start=20&end={TEXT.index('bicycles')}")
    assert html.count("<mark") == 2
    assert html.count('id="here"') == 1


def test_the_rest_of_the_sentence_is_tinted_around_the_words() -> None:
    start, end = TEXT.index("bicycles"), TEXT.index("bicycles") + 8
    query = f"?start={start}&end={end}&from={TEXT.index('It')}&to={end + 1}"
    html = page(Article.from_draft(Draft(TEXT)), query)
    assert '<span class="near">It carries 🚲 </span><mark id="here">bicycles</mark><span class="near">.</span>' in html


@pytest.mark.parametrize("sentence", ["", "&from=0", "&from=0&to=9", "&from=a&to=b", "&from=0&to=99999"])
def test_a_sentence_that_does_not_contain_the_span_tints_nothing(sentence: str) -> None:
    start = TEXT.index("bicycles")
    html = page(Article.from_draft(Draft(TEXT)), f"?start={start}&end={start + 8}{sentence}")
    assert '<mark id="here">bicycles</mark>.' in html
    assert 'class="near"' not in html


@pytest.mark.parametrize(
    "query",
    [
        *("", "?start=3", "?start=a&end=b", "?start=9&end=4", "?start=-3&end=4", "?start=0&end=99999"),
        *("?start=25&end=26", "?from=0&to=20"),
    ],
)
def test_an_invalid_span_marks_nothing_and_shows_the_article(query: str) -> None:
    html = page(Article.from_draft(Draft(TEXT)), query)
    assert "<mark" not in html
    assert 'class="near"' not in html
    assert "Go to the quote" not in html
    assert "Nobody pays." in html


def test_all_parts_of_an_answer_are_marked_and_the_page_opens_at_the_first_of_the_link() -> None:
    start, also = TEXT.index("bicycles"), TEXT.index("ferry")
    query = f"?start={start}&end={start + 8}&also={also}-{also + 5},9-4,x,{len(TEXT)}-999"
    html = page(Article.from_draft(Draft(TEXT, "Ferries")), query)
    assert ["ferry", "bicycles"] == re.findall(r"<mark[^>]*>(.*?)</mark>", html)
    assert '<mark id="here">bicycles</mark>' in html


def test_markup_in_an_article_is_shown_as_text() -> None:
    html = page(Article.from_draft(Draft("<script>alert(1)</script>", title='"><img src=x onerror=alert(2)>')))
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_original_is_linked_without_a_referrer() -> None:
    html = page(Article.from_draft(Draft("A text.", url="https://example.org/a")))
    assert '<a href="https://example.org/a" rel="noopener noreferrer nofollow" target="_blank">' in html


def test_only_http_addresses_are_linked() -> None:
    text = "A text."
    article = Article(text, "A title", Article.from_draft(Draft(text)).id, url="javascript:alert(1)")
    assert "javascript:" not in page(article)


def test_the_chat_shows_suggestions_and_the_number_of_articles() -> None:
    ferry = Article.from_draft(Draft(TEXT))
    html = client_of(ferry, examples={ferry.id: ("When does the <ferry> leave?",)}).get("/").text
    assert "When does the &lt;ferry&gt; leave?" in html
    assert "Tell me about" not in html
    assert ">1 article<" in html


def test_the_chat_without_articles_offers_to_add_one() -> None:
    html = client_of(examples={"0123456789abcdef": ("When does the ferry leave?",)}).get("/").text
    assert '<div class="none">' in html
    assert "When does the ferry leave?" not in html


def test_no_page_holds_inline_script_or_style() -> None:
    article = Article.from_draft(Draft(TEXT, published="2025-02-20", source="Gazette", url="https://example.org/"))
    for html in (client_of(article).get("/").text, page(article, "?start=0&end=9")):
        assert "style=" not in html
        assert "<style" not in html
        assert html.count("<script") == html.count("<script src=") + html.count('<script type="module" src=')


def test_every_file_that_a_page_names_exists() -> None:
    client = client_of(Article.from_draft(Draft(TEXT)))
    html = "".join(client.get(path).text for path in ("/", "/library", "/settings", "/verify"))
    names = {part.split('"')[0] for part in html.split('="')[1:] if part.startswith("/static/")}
    assert {f"/static/js/{name}.js" for name in ("main", "chat", "add", "library", "theme")} < names
    for name in sorted(names):
        with client.get(name) as response:
            assert (name, 200) == (name, response.status_code)


def test_the_original_file_is_offered_where_it_is_kept() -> None:
    article = Article.from_draft(Draft(TEXT, original=Original("ferry.pdf", "application/pdf", b"%PDF-")))
    assert f'<a href="/articles/{article.id}/original" download>Original file</a>' in page(article)
    assert "Original file" not in page(Article.from_draft(Draft(TEXT)))


def test_the_page_of_the_article_is_linked_at_the_quotation() -> None:
    article = Article.from_draft(Draft(TEXT, url="https://example.org/a"))
    assert 'href="https://example.org/a#:~:text=It%20carries"' in page(article, "?start=26&end=36")
    assert 'href="https://example.org/a"' in page(article)


def test_blocks_are_shown_as_what_they_are() -> None:
    writer = DocumentWriter(Limits(), "handbook.docx")
    writer.heading("Handbook", 1)
    writer.heading("Leave & <rest>", 3)
    writer.item("25 days")
    writer.item("in summer", 1)
    writer.row(["Grade", "Days"], is_header=True)
    writer.row(["Senior", "30"])
    writer.paragraph("Rest is work.", BlockKind.QUOTE)
    writer.code("leave <now>")
    article = Article.from_draft(writer.draft(title="Handbook"))
    start = article.text.index("30")
    html = page(article, f"?start={start}&end={start + 2}")
    for expected in (
        '<h1 dir="auto">Handbook</h1>',
        '<h3 dir="auto">Leave &amp; &lt;rest&gt;</h3>',
        '<ul><li dir="auto">25 days<ul><li dir="auto">in summer</li></ul></li></ul>',
        '<tr><th scope="col" dir="auto">Grade</th><th scope="col" dir="auto">Days</th></tr>',
        '<td dir="auto">Senior</td><td dir="auto"><mark id="here">30</mark></td>',
        '<blockquote><p dir="auto">Rest is work.</p></blockquote>',
        "<code>leave &lt;now&gt;</code>",
    ):
        assert expected in html
    assert 1 == html.count(">Handbook<")


def test_a_long_article_opens_at_the_part_with_the_quotation() -> None:
    lines = [f"Line {number} of the long report says nothing new." for number in range(4000)]
    lines[3000] = "The dam broke at noon."
    article = Article.from_draft(Draft("\n".join(lines), "Report"))
    start = article.text.index("noon")
    html = page(article, f"?start={start}&end={start + 4}")
    assert '<mark id="here">noon</mark>' in html
    assert len(html) < 3 * MAX_PART
    assert "Part 3 of 4" in html
    assert f"?part=2&amp;start={start}&amp;end={start + 4}" in html
    other = page(article, f"?part=1&start={start}&end={start + 4}")
    assert "Line 0 of" in other
    assert f'<a class="button quiet" href="/read/{article.id}?start={start}&amp;end={start + 4}' in other
    assert "Part 4 of 4" in page(article, "?part=4")
    for number in ("0", "5", "x"):
        assert "Part 1 of 4" in page(article, f"?part={number}")


# Suggestions


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        yield Library(store, Fetcher(), Limits())


def suggested(library: Library) -> list[str]:
    return [each.question for each in suggest_questions(library, EXAMPLE_QUESTIONS)]


def test_the_sample_article_has_example_questions_until_it_is_removed(library: Library) -> None:
    sample = library.add_file(SAMPLE).article
    assert sample is not None
    assert [(question, sample.id) for question in EXAMPLE_QUESTIONS[sample.id]] == [
        (each.question, each.article) for each in suggest_questions(library, EXAMPLE_QUESTIONS)
    ]
    library.remove(sample.id)
    assert [] == suggest_questions(library, EXAMPLE_QUESTIONS)


def test_suggestions_ask_about_the_newest_titles(library: Library) -> None:
    library.add_file(SAMPLE)
    library.add_draft(Draft("High tide is at six.", "Tides"))
    assert ["Tell me about “Tides”", "When does the withdrawal finish?"] == suggested(library)[:2]
    for title in ("Ferry", "Bridge"):
        library.add_draft(Draft(f"{title} words.", title))
    assert [f"Tell me about “{title}”" for title in ("Bridge", "Ferry", "Tides")] == suggested(library)


def test_long_titles_and_near_duplicates_are_not_suggested(library: Library) -> None:
    words = " ".join(
        f"The ferry leaves pier {pier} at noon and takes bicycles for {pier} crowns." for pier in range(20)
    )
    for number in range(2):
        library.add_draft(Draft(f"{words} {number}", f"Ferry {number}"))
    library.add_draft(Draft("High tide is at six.", "Tide " * 20))
    assert ["Tell me about “Ferry 1”"] == suggested(library)
