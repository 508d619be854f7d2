"""Lists of articles: words, filters, order, states."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from corpus.article import Article, Draft
from corpus.errors import UnknownFilterValue
from corpus.store.article_store import ArticleStore
from corpus.store.filters import ArticleFilter
from corpus.store.listing import ArticleListing

ARTICLES = [
    Draft("The ferry leaves.", "Éclair", published="2024-05-01", source="Gazette", tags=("tea", "cake")),
    Draft("High tide is at six.", "apple", published="2023-03-01", source="the Herald", tags=("tea",)),
    Draft("A café opened.", "Zebra", source="Gazette"),
    Draft("Nobody came.", "Bell", published="2025-01-02"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArticleStore]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as made:
        for place, draft in enumerate(ARTICLES):
            made.put(Article.from_draft(draft), f"file:/{place}")
        yield made


def titles(store: ArticleStore, **listing: Any) -> list[str]:
    found, total = store.listed(ArticleListing(**listing), 0, 10)
    assert total == len(found)
    return [one.summary.title for one in found]


@pytest.mark.parametrize(
    ("sort", "ascending", "descending"),
    [
        ("added", ["Éclair", "apple", "Zebra", "Bell"], ["Bell", "Zebra", "apple", "Éclair"]),
        ("title", ["apple", "Bell", "Éclair", "Zebra"], ["Zebra", "Éclair", "Bell", "apple"]),
        ("published", ["apple", "Éclair", "Bell", "Zebra"], ["Bell", "Éclair", "apple", "Zebra"]),
        ("source", ["Zebra", "Éclair", "apple", "Bell"], ["apple", "Zebra", "Éclair", "Bell"]),
    ],
)
def test_articles_are_sorted_and_those_without_a_value_come_last(
    store: ArticleStore, sort: Any, ascending: list[str], descending: list[str]
) -> None:
    assert ascending == titles(store, sort=sort, descending=False)
    assert descending == titles(store, sort=sort, descending=True)


def test_words_are_found_in_titles_and_sources_and_on_request_in_texts(store: ArticleStore) -> None:
    assert ["Zebra", "Éclair"] == titles(store, words="GAZ")
    assert ["Éclair"] == titles(store, words="eclair gazette")
    assert [] == titles(store, words="ferry")
    assert ["Éclair"] == titles(store, words="Ferry gazette", in_text=True)
    assert ["Zebra"] == titles(store, words="CAFÉ", in_text=True)


def test_filters_narrow_the_list(store: ArticleStore) -> None:
    assert ["Zebra", "Éclair"] == titles(store, filters=ArticleFilter(sources=("gazette",)))
    assert ["Éclair"] == titles(store, tag="cake")
    assert ["apple", "Éclair"] == titles(store, tag="tea")
    assert ["Bell", "Éclair"] == titles(store, filters=ArticleFilter("2024-01-01"))
    assert {"tea": 2, "cake": 1} == store.tags()
    with pytest.raises(UnknownFilterValue, match="Courier"):
        titles(store, filters=ArticleFilter(sources=("Courier",)))


def test_states_tell_what_answers_and_what_cannot_be_read(store: ArticleStore) -> None:
    store.note_problem("file:/1", None, "It is locked.")
    indexed = sorted(store.numbers())[1]
    assert ["Éclair"] == titles(store, state="ready", indexed=indexed)
    assert ["Bell", "Zebra"] == titles(store, state="indexing", indexed=indexed)
    ((found,), total) = store.listed(ArticleListing(state="problem"), 0, 10)
    assert ("apple", "It is locked.", 1) == (found.summary.title, found.problem, total)


def test_a_slice_comes_with_the_number_of_all(store: ArticleStore) -> None:
    found, total = store.listed(ArticleListing(sort="title", descending=False), 1, 2)
    assert (["Bell", "Éclair"], 4) == ([one.summary.title for one in found], total)
    assert ([], 4) == store.listed(ArticleListing(), 10, 2)
