from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from index.search.indexed_sentences import (
    MAX_PASSAGE_WORDS,
    MIN_PASSAGE_WORDS,
    PLACE_BITS,
    Span,
    indexed_sentences,
    passages,
)


def article(text: str) -> Article:
    return Article.from_draft(Draft(text, title="A title"))


def lines(text: str, language: str | None = None) -> list[Span]:
    spans, start = [], 0
    for line in text.split("\n"):
        if line:
            spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def test_units_are_the_sentences_in_order_with_ascending_keys() -> None:
    found = indexed_sentences(7, article("One fox.\nTwo foxes.\nThree."), lines)
    assert ["One fox.", "Two foxes.", "Three."] == [sentence.text for sentence in found]
    assert [7 << PLACE_BITS | place for place in range(3)] == [sentence.key for sentence in found]
    assert [7, 7, 7] == [sentence.article for sentence in found]


def test_spans_slice_the_sentence_out_of_the_article() -> None:
    whole = article("Ærø 🚲 is near.\nIt rains.")
    assert [sentence.text for sentence in indexed_sentences(1, whole, lines)] == [
        whole.text[sentence.start : sentence.end] for sentence in indexed_sentences(1, whole, lines)
    ]


def test_a_sentence_is_embedded_with_its_title() -> None:
    assert ["A title: It rains."] == [sentence.titled for sentence in indexed_sentences(1, article("It rains."), lines)]


def test_a_text_in_which_no_sentence_is_found_is_one_sentence() -> None:
    assert [(0, 3)] == [
        (sentence.start, sentence.end) for sentence in indexed_sentences(1, article("abc"), lambda *_: [])
    ]


def test_short_neighbours_share_a_passage() -> None:
    assert {"One fox.\nTwo foxes."} == {
        sentence.passage for sentence in indexed_sentences(1, article("One fox.\nTwo foxes."), lines)
    }


def test_the_language_reaches_the_splitter() -> None:
    heard: list[str | None] = []

    def split(text: str, language: str | None) -> list[Span]:
        heard.append(language)
        return lines(text)

    indexed_sentences(1, Article.from_draft(Draft("Ja.", language="de")), split)
    assert ["de"] == heard


@given(st.lists(st.integers(1, 200), min_size=0, max_size=40))
def test_passages_cover_every_sentence_once_and_are_not_too_long(lengths: list[int]) -> None:
    text = "\n".join("w " * (length - 1) + "w" for length in lengths)
    spans = lines(text)
    found = list(passages(text, spans))
    assert list(range(len(spans))) == [place for first, last in found for place in range(first, last + 1)]
    assert all(last + 1 == first for (_, last), (first, _) in pairwise(found))
    assert all(first == last or sum(lengths[first : last + 1]) <= MAX_PASSAGE_WORDS for first, last in found)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_passages_of_short_paragraphs_are_long_enough_but_the_last(lengths: list[int]) -> None:
    text = "\n".join("w " * (length - 1) + "w" for length in lengths)
    sizes = [sum(lengths[first : last + 1]) for first, last in passages(text, lines(text))]
    assert all(size >= MIN_PASSAGE_WORDS for size in sizes[:-1])
