from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app import EXAMPLES
from corpus.article import Draft
from corpus.documents import Limits
from corpus.fetching.client import Fetcher
from corpus.ingest.library import Library
from corpus.store.article_store import ArticleStore
from web.suggestions import suggestions

SAMPLE = Path(__file__).parents[2] / "corpus" / "articles" / "kazakhstan-withdrawal.txt"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        yield Library(store, Fetcher(), Limits())


def proposed(library: Library) -> list[str]:
    return [each.question for each in suggestions(library, EXAMPLES)]


def test_without_articles_nothing_is_proposed(library: Library) -> None:
    assert [] == suggestions(library, EXAMPLES)


def test_the_sample_has_questions_of_its_own_as_long_as_it_is_there(library: Library) -> None:
    sample = library.add_file(SAMPLE).article
    assert sample is not None
    assert [(question, sample.id) for question in EXAMPLES[sample.id]] == [
        (each.question, each.article) for each in suggestions(library, EXAMPLES)
    ]
    library.remove(sample.id)
    assert [] == suggestions(library, EXAMPLES)


def test_the_titles_of_the_newest_articles_are_asked_about(library: Library) -> None:
    library.add_file(SAMPLE)
    library.add_draft(Draft("High tide is at six.", "Tides"))
    assert ["Tell me about “Tides”", "When does the withdrawal finish?"] == proposed(library)[:2]
    for title in ("Ferry", "Bridge"):
        library.add_draft(Draft(f"{title} words.", title))
    assert [f"Tell me about “{title}”" for title in ("Bridge", "Ferry", "Tides")] == proposed(library)


def test_long_titles_and_copies_are_passed_over(library: Library) -> None:
    words = " ".join(
        f"The ferry leaves pier {pier} at noon and takes bicycles for {pier} crowns." for pier in range(20)
    )
    for number in range(2):
        library.add_draft(Draft(f"{words} {number}", f"Ferry {number}"))
    library.add_draft(Draft("High tide is at six.", "Tide " * 20))
    assert ["Tell me about “Ferry 1”"] == proposed(library)
