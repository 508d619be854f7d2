import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.store.duplicates import ALIKE, BANDS, MAX_WORDS, MIN_SHINGLES, SHINGLE, bands, resemblance, shingles, words
from tests.near_duplicates import article_text, cut, framed, sentences

texts = st.lists(st.sampled_from([f"word{number}" for number in range(40)]), max_size=400).map(" ".join)


def test_words_are_the_same_whatever_their_capitals_quotes_dashes_and_code_points() -> None:
    one = "“Don’t leave,” she said – to the Café ﬁrst."
    other = "'DON'T LEAVE' -- SHE SAID (TO THE CAFE\u0301) FIRST"
    assert words(one) == words(other)
    assert ["don", "t", "leave", "she", "said", "to", "the", "café", "first"] == words(one)


def test_a_text_has_a_shingle_from_every_word_on_but_the_last_ones() -> None:
    text = " ".join(f"w{number}" for number in range(MIN_SHINGLES + SHINGLE - 1))
    found = shingles(text)
    assert MIN_SHINGLES == len(found)
    assert {"w0 w1 w2", "w1 w2 w3"} <= found


@pytest.mark.parametrize("text", ["", "The ferry leaves at noon.", "ferry " * 500, "電車は遅れています。" * 200])
def test_a_text_that_is_short_or_says_one_thing_only_has_no_shingles_and_no_bands(text: str) -> None:
    assert frozenset() == shingles(text)
    assert [] == bands(shingles(text))


def test_no_more_of_a_book_is_looked_at_than_its_start() -> None:
    start = " ".join(f"w{number}" for number in range(MAX_WORDS))
    assert shingles(start) == shingles(f"{start} and much more")


@given(texts, texts)
def test_resemblance_is_symmetric_and_between_none_and_all(one: str, other: str) -> None:
    left, right = shingles(one), shingles(other)
    assert 0.0 <= resemblance(left, right) <= 1.0
    assert resemblance(left, right) == resemblance(right, left)
    assert resemblance(left, left) == (1.0 if left else 0.0)
    assert (resemblance(left, right) == 1.0) == (left == right != frozenset())


@given(texts)
def test_bands_depend_on_the_shingles_alone_and_fit_into_six_bytes(text: str) -> None:
    found = bands(shingles(text))
    assert found == bands(shingles(text.upper()))
    assert len(found) in {0, BANDS}
    assert len(set(found)) == len(found)
    assert all(-(2**47) <= band < 2**47 for band in found)


def test_copies_resemble_each_other_and_other_articles_do_not() -> None:
    original = shingles(article_text(1))
    for copy in (framed(article_text(1)), cut(article_text(1), 8), framed(cut(article_text(1), 8))):
        assert resemblance(original, shingles(copy)) >= ALIKE
    boilerplate = "\n".join(sentences(9, 20))
    for other in (
        article_text(2),
        f"{article_text(2)}\n{boilerplate}",
        f"{article_text(2)}\n{cut(article_text(1), 13)}",
    ):
        assert resemblance(shingles(f"{article_text(1)}\n{boilerplate}"), shingles(other)) < ALIKE


def test_copies_have_more_bands_in_common_than_other_articles() -> None:
    original, copy, other = (
        set(bands(shingles(text))) for text in (article_text(1), framed(article_text(1)), article_text(2))
    )
    assert len(original & copy) > BANDS // 2
    assert set() == original & other


def test_bands_are_those_that_are_kept_in_stores() -> None:
    # Where this fails, the library hashes in another way: a new version of the article store must make them anew.
    found = bands(shingles(article_text(1)))
    assert [-69239122780525, -64724708547021, 31984080489970] == found[:3]
