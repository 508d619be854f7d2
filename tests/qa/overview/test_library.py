from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.store.filters import NO_FILTERS, ArticleFilter
from qa.overview.library import LibraryGuide
from qa.query.overview import find_overview
from qa.types import LibraryReply
from tests.indexing import Workspace

TODAY = date(2026, 5, 20)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def library(workspace: Workspace) -> Workspace:
    for text, title, published, source in (
        ("Lumenar builds a works at Harrow.", "Works for Harrow", "2026-05-07", "Northwire"),
        ("The firm Lumenar halves its plan.", "Half a works", "2026-05-19", "Northwire"),
        ("There are measles in Harrow.", "Measles", "2026-05-13", "Ossery Gazette"),
        ("The library opens at ten.", "Hours", None, None),
    ):
        article = Article.from_draft(Draft(text, title=title, published=published, source=source))
        workspace.store.put(article, f"text:{article.id}")
    return workspace


def answer(workspace: Workspace, question: str, filters: ArticleFilter = NO_FILTERS) -> LibraryReply:
    request = find_overview(question, TODAY)
    assert request is not None
    assert request.kind.is_about_library
    return LibraryGuide(workspace.store).answer(request, filters)


@pytest.mark.parametrize(
    ("question", "count", "text"),
    [
        (
            "How many articles are there?",
            4,
            "There are 4 articles, published from May 7, 2026 to May 19, 2026; 1 has no date.",
        ),
        ("How many articles about Lumenar do you have?", 2, "There are 2 articles that mention “Lumenar”."),
        ("How many articles are from the Gazette?", 1, "There is 1 article from Ossery Gazette."),
        ("How many articles are there from last week?", 1, "There is 1 article from May 11, 2026 until May 17, 2026."),
        ("How many articles mention Zembla?", 0, "There are no articles that mention “Zembla”."),
        (
            "How many articles are from Reuters?",
            0,
            "No article is from Reuters. The articles are from 2 sources: Northwire (2), Ossery Gazette (1).",
        ),
    ],
)
def test_articles_are_counted(library: Workspace, question: str, count: int, text: str) -> None:
    found = answer(library, question)
    assert (count, text) == (found.count, found.text)


def test_filters_limit_what_is_counted(library: Workspace) -> None:
    found = answer(library, "How many articles are there?", ArticleFilter(sources=("northwire",)))
    assert 2 == found.count
    assert "There are 2 articles from Northwire, published from May 7, 2026 to May 19, 2026." == found.text
    assert 3 == answer(library, "How many articles do you have?", ArticleFilter(as_of="2026-05-19")).count


def test_sources_without_an_article_that_passes_the_filters_are_not_named(library: Workspace) -> None:
    filters = ArticleFilter(sources=("northwire",), language="fr")
    assert (
        "There are no articles that pass the filters." == answer(library, "How many articles are there?", filters).text
    )


def test_a_time_beyond_the_bounds_of_the_filters_has_no_articles(library: Workspace) -> None:
    found = answer(library, "How many articles are there from last week?", ArticleFilter(published_to="2026-05-10"))
    assert (0, "There are no articles from May 11, 2026 until May 17, 2026 that pass the filters.") == (
        found.count,
        found.text,
    )


def test_sources_are_named_with_their_articles(library: Workspace) -> None:
    found = answer(library, "Which sources do you have?")
    assert [("Northwire", 2), ("Ossery Gazette", 1)] == [(one.text, one.articles) for one in found.items]
    assert found.text.endswith("1 article has no source.")


def test_topics_are_the_names_in_articles_and_the_newest_titles(library: Workspace) -> None:
    found = answer(library, "What do you know about?")
    assert {("Lumenar", 1), ("Harrow", 2)} <= {(one.text, one.articles) for one in found.items}
    assert ["Half a works", "Measles", "Works for Harrow", "Hours"] == [one.title for one in found.articles]
    assert found.text.startswith("I answer from 4 articles.")


def test_the_newest_and_the_oldest_article_are_named(library: Workspace) -> None:
    newest, oldest = (answer(library, f"What is the {end} article?") for end in ("newest", "oldest"))
    assert ["Half a works"] == [one.title for one in newest.articles]
    assert "The oldest article is “Works for Harrow” (May 7, 2026, Northwire)." == oldest.text
    about = answer(library, "What is the newest article about Harrow?")
    assert ["Measles"] == [one.title for one in about.articles]
    about = answer(library, "What is the oldest article about Lumenar?")
    assert ["Works for Harrow"] == [one.title for one in about.articles]


def test_an_empty_library_says_so(workspace: Workspace) -> None:
    assert "There are no articles yet." == answer(workspace, "How many articles are there?").text
