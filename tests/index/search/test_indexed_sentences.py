from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from corpus.documents import read_document
from corpus.text.spans import Span
from index.search.indexed_sentences import (
    MAX_PASSAGE_WORDS,
    MIN_PASSAGE_WORDS,
    PLACE_BITS,
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


def test_sentences_are_slices_in_order_with_ascending_keys_title_and_passage() -> None:
    whole = article("Ærø 🚲 is near.\nIt rains.\nThree.")
    found = indexed_sentences(7, whole, lines)
    assert ["Ærø 🚲 is near.", "It rains.", "Three."] == [sentence.text for sentence in found]
    assert [sentence.text for sentence in found] == [whole.text[sentence.start : sentence.end] for sentence in found]
    assert [7 << PLACE_BITS | place for place in range(3)] == [sentence.key for sentence in found]
    assert [7, 7, 7] == [sentence.article for sentence in found]
    assert "A title: It rains." == found[1].titled
    assert {whole.text} == {sentence.passage for sentence in found}, "short neighbours share it"


def test_a_row_of_a_table_is_searched_by_the_names_of_its_columns_too() -> None:
    whole = article("Fares\n\nTicket | Single\nAdult | 14")
    title, header, row = indexed_sentences(1, whole, lines)
    assert ["Fares", "Ticket | Single", "Ticket: Adult | Single: 14"] == [title.text, header.text, row.text]
    assert "Adult | 14" == whole.text[row.start : row.end]


def test_a_sentence_is_searched_with_the_nearest_heading_above_it() -> None:
    markdown = (
        b"# Campsites\n\nThere are two.\n\n## Kettle Bay\n\nIt has pines.\n\nDogs are welcome.\n\n## Hesk\n\nNo dogs."
    )
    whole = Article.from_draft(read_document(markdown, "sites.md"))
    found = indexed_sentences(1, whole, lines)
    assert ["", "", "", "Kettle Bay", "Kettle Bay", "", "Hesk"] == [sentence.heading for sentence in found]
    pines, dogs = found[3:5]
    assert "Campsites: Kettle Bay: It has pines." == pines.titled
    assert "Kettle Bay\nDogs are welcome." == dogs.headed
    assert f"Kettle Bay\n{dogs.passage}" == dogs.headed_passage
    assert [found[1].text, found[1].passage] == [found[1].headed, found[1].headed_passage]


def test_a_text_in_which_no_sentence_is_found_is_one_sentence() -> None:
    (sentence,) = indexed_sentences(1, article("abc"), lambda *_: [])
    assert (0, 3) == (sentence.start, sentence.end)


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
