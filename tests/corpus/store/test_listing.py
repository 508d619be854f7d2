from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from corpus.store.article_store import ArticleStore, fold, has_words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ferry", "ferry"),
        ("Zürich", "zurich"),
        ("Straße", "strasse"),
        ("ÉTÉ", "ete"),
        ("Ñandú ﬁsh", "nandu fish"),
        ("ℌ", "h"),
    ],
)
def test_case_and_accents_may_be_left_out(text: str, folded: str) -> None:
    assert folded == fold(text)


@given(st.text(max_size=50))
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(text) == fold(fold(text))


@given(st.text(max_size=50))
def test_whatever_a_title_says_finds_it(title: str) -> None:
    assert has_words(fold(title).split(), title, None)
    assert has_words(fold(title.upper()).split(), title.upper(), None)


@pytest.mark.parametrize(
    ("about", "is_there"),
    [
        ("ferry", True),
        ("FERR times", True),
        ("times ferry", True),
        ("ferry tomorrow", False),
        ("harbour", False),
        ("", True),
    ],
)
def test_all_words_must_be_there_in_title_or_source(about: str, is_there: bool) -> None:
    assert is_there == has_words(fold(about).split(), "The ferry leaves", "Island Times")


def test_the_pages_of_what_is_looked_for_have_all_of_it_once(tmp_path: Path) -> None:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        for number in range(10):
            title = f"{'Ferry' if number % 2 else 'Bridge'} %{number}_"
            store.put(Article.from_draft(Draft(f"Words of {number}.", title)), f"text:{number}")
        pages = [store.page(offset, 2, "ferry") for offset in (0, 2, 4)]
        assert [f"Ferry %{number}_" for number in (9, 7, 5, 3, 1)] == [one.title for page in pages for one in page]
        assert [5, 10, 1, 0, 10] == [store.count(about) for about in ("ferry", "%", "%3_", "f%y", " ")]
