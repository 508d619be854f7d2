"""Citations are read back by the libraries of their formats."""

import json

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from corpus.article import Article, Draft
from corpus.citations import Citation, CitationFormat

TITLE = "CSTO {withdraws: *100%* & $5 from Überblick\\x_y"
QUOTE = "1. The “final” withdrawal | is due\n- on # January 19 &lt;"


def article_of(title: str = TITLE, **fields: str | None) -> Article:
    return Article.from_draft(Draft(text="Any text.", title=title, **fields))


def cited(style: CitationFormat, title: str = TITLE, quote: str = QUOTE) -> str:
    article = article_of(
        title, url="https://example.org/a_b", published="2022-01-13", source="The Gazette", language="en"
    )
    return Citation(article, "https://example.org/a_b#:~:text=a%20{b", [quote], 7).write(style)


def test_bibtex_has_all_fields() -> None:
    library = parse_string(cited(CitationFormat.BIBTEX), append_middleware=[LatexDecodingMiddleware()])
    assert not library.failed_blocks
    fields = {name: field.value for name, field in library.entries[0].fields_dict.items()}
    # The decoder drops the names of braces.
    assert TITLE.replace("{", "").replace("}", "") == fields.pop("title")
    assert "January 19" in fields.pop("note")
    del fields["url"]  # LaTeX means nothing in an address
    assert fields == {
        "howpublished": "The Gazette",
        "year": "2022",
        "month": "01",
        "day": "13",
        "language": "en",
    }
    assert "url = {https://example.org/a_b#:~:text=a%20%7Bb}" in cited(CitationFormat.BIBTEX)


def test_ris_has_all_fields() -> None:
    [found] = rispy.loads(cited(CitationFormat.RIS))
    assert "ELEC" == found["type_of_reference"]
    assert (TITLE, "2022/01/13", "The Gazette") == (found["title"], found["date"], found["publisher"])
    assert [f"p. 7: “{' '.join(QUOTE.split())}”"] == found["notes"]


def test_csl_json_has_all_fields() -> None:
    [found] = json.loads(cited(CitationFormat.CSL_JSON))
    assert ("webpage", TITLE, [[2022, 1, 13]]) == (found["type"], found["title"], found["issued"]["date-parts"])


def text_of(markdown: str) -> str:
    """Return the text that a reader of Markdown sees."""
    tokens = (child for token in MarkdownIt().parse(markdown) for child in token.children or [])
    return "".join("\n" if token.type == "softbreak" else token.content for token in tokens)


def test_markdown_shows_the_words_as_they_are() -> None:
    found = cited(CitationFormat.MARKDOWN)
    assert found.startswith("> ")
    assert f"{QUOTE}— {TITLE}, p. 7, The Gazette, 2022-01-13" == text_of(found)


@given(title=st.text(alphabet="aé1 {}\\%$#_^~&\"'<>@,=-[]()*`|+.!\n", min_size=1).filter(str.strip))
def test_any_title_and_quote_is_read_back(title: str) -> None:
    text = " ".join(title.split())
    library = parse_string(cited(CitationFormat.BIBTEX, title, title))
    assert 1 == len(library.entries)
    assert not library.failed_blocks
    assert text == rispy.loads(cited(CitationFormat.RIS, title, title))[0]["title"]
    assert text == json.loads(cited(CitationFormat.CSL_JSON, title, title))[0]["title"]
    assert text in text_of(cited(CitationFormat.MARKDOWN, title, "quoted"))


@pytest.mark.parametrize(("published", "date"), [(None, []), ("2022-01-13T10:00:00+00:00", ["2022", "01", "13"])])
def test_the_date_is_that_of_the_article(published: str | None, date: list[str]) -> None:
    assert date == Citation(article_of(published=published), "https://example.org/").date


def test_an_article_without_an_address_is_a_document() -> None:
    citation = Citation(article_of("Plan"), "http://localhost/read/1")
    assert "document" == json.loads(citation.write(CitationFormat.CSL_JSON))[0]["type"]
    assert "[Plan](<http://localhost/read/1>)\n" == citation.write(CitationFormat.MARKDOWN)
    assert citation.key.startswith("plan-")
