"""Sentences and paragraphs: the hand-written cases, the laws that hold for any text, and hostile text."""

import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.splitters import GoldText, boundaries, citeline, quality, read_cases
from corpus.text import sentences as splitter
from corpus.text.sentences import MAX_SENTENCE, paragraphs, split

ARTICLE = Path(__file__).parents[3] / "corpus" / "articles" / "kazakhstan-withdrawal.txt"
# What comes out wrong, so that a change for the better or the worse is seen. sentencex takes "no." and "C." for
# abbreviations, "?!" before an apostrophe for the middle of a quotation and "[note" for a sentence, and knows "3. Mai"
# in German only.
KNOWN_WRONG = {"vitamin C", "ellipsis character", "many marks", "a note mark alone", "German"}
TEXTS = st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("aB1. \n\"'“”().,;!?—-\t\u00a0"), max_size=300)
PIECES = st.lists(st.sampled_from(["He left. ", "“Go!” ", "a ", "\n", "\n\n", "- b", "Mr. ", "(No. ", "1) ", "火车。"]))


def sentences(text: str, language: str | None = None) -> list[str]:
    return [text[start:end] for start, end in split(text, language)]


def dense(text: str, spans: list[tuple[int, int]]) -> str:
    return "".join("".join(text[start:end].split()) for start, end in spans)


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case.name)
def test_a_hand_written_case_splits_as_expected(case: GoldText) -> None:
    right = boundaries(sentences(case.text)) == case.boundaries
    assert (case.name not in KNOWN_WRONG) == right


def test_the_benchmark_counts_every_case_but_the_known_failures() -> None:
    _, right = quality(citeline(splitter), read_cases())
    assert len(read_cases()) - len(KNOWN_WRONG) == right


@given(TEXTS | PIECES.map("".join))
def test_sentences_cover_all_characters_but_space_in_order(text: str) -> None:
    spans = split(text)
    edges = [edge for span in spans for edge in span]
    assert sorted(edges) == edges
    assert "".join(text.split()) == dense(text, spans)


@given(TEXTS | PIECES.map("".join))
def test_sentences_are_stripped_not_empty_and_not_too_long(text: str) -> None:
    for sentence in sentences(text * 8):
        assert sentence == sentence.strip() != ""
        assert len(sentence) <= MAX_SENTENCE


@given(TEXTS | PIECES.map("".join))
def test_every_sentence_lies_within_one_paragraph(text: str) -> None:
    whole = paragraphs(text)
    assert "".join(text.split()) == dense(text, whole)
    for start, end in split(text):
        assert sum(low <= start and end <= high for low, high in whole) == 1


@given(PIECES.map("".join))
def test_splitting_again_gives_the_same(text: str) -> None:
    assert split(text) == split(text)
    assert paragraphs(text) == paragraphs(text)


@given(st.text(alphabet=st.characters(categories=["Cs", "Lu", "Zs", "Po"])))
def test_surrogates_do_no_harm(text: str) -> None:
    assert "".join(text.split()) == dense(text, split(text))


@pytest.mark.parametrize("space", ["\u00a0", "\u0085", "\u2028", "\u3000"])
def test_no_kind_of_space_makes_sentencex_panic(space: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert " ".join(sentences(f"Вот B{space}. Да.", "ru")) == f"Вот B{space}. Да."
    assert capfd.readouterr().err == ""


def test_a_panic_of_sentencex_leaves_sentences_at_full_stops(capfd: pytest.CaptureFixture[str]) -> None:
    assert splitter._boundaries("Да. B\u0085. Нет", "ru") == {4, 8, 11}
    assert "panicked" in capfd.readouterr().err


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "\t \u00a0\u2003\n"])
def test_a_text_of_space_has_no_sentences_and_no_paragraphs(text: str) -> None:
    assert [] == split(text) == paragraphs(text)


def test_the_sample_article_splits_right() -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    found = sentences(text)
    assert found[1] == "This is reported on the Kremlin's website."
    assert found[2].endswith("in practical work.")
    assert found[3] == 'In general, we need to return home — we have fulfilled our task," the Russian leader said.'
    assert "The final withdrawal of peacekeepers is scheduled to be completed on January 19." in found
    assert len(found) == 22
    assert len(paragraphs(text)) == 10


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", ["Am 3. Mai kam er.", "Es war z. B. kalt."]), ("DE-at", ["Am 3. Mai kam er.", "Es war z. B. kalt."])],
)
def test_a_known_language_has_rules_of_its_own(language: str, expected: list[str]) -> None:
    assert expected == sentences("Am 3. Mai kam er. Es war z. B. kalt.", language)


@pytest.mark.parametrize("language", ["", "xx", "tlh-Latn", "not a tag"])
def test_an_unknown_language_still_splits(language: str) -> None:
    assert sentences("He left. She stayed.", language) == ["He left.", "She stayed."]


@pytest.mark.parametrize("text", ["Poems, ed. Smith, Oxford.", "Open Sat. 9:30 a.m. Sun. 10 to 5."])
def test_an_abbreviation_before_a_name_or_an_hour_ends_no_sentence(text: str) -> None:
    assert [text] == sentences(text)


def test_windows_line_ends_separate_paragraphs_too() -> None:
    assert sentences("first part\r\n\r\nsecond part\r\n") == ["first part", "second part"]


def test_wrapped_text_is_one_paragraph_with_complete_sentences() -> None:
    text = (
        "The ferry to the northern islands was late again on\n"
        "Friday, because the crew had to wait for the tide. The\n"
        "harbour office said that a longer pier would help, but\n"
        "that it would cost more than the town can pay."
    )
    assert len(paragraphs(text)) == 1
    first, second = sentences(text)
    assert first.endswith("for the tide.")
    assert second.startswith("The\nharbour office")


def test_headlines_of_like_length_stay_apart() -> None:
    lines = [
        "Council approves the new bridge over the river",
        "Ferry to the islands is late for a third day now",
        "Rain",
    ]
    assert lines == sentences("\n".join(lines))


def test_blank_lines_separate_paragraphs_and_short_lines_do_not() -> None:
    text = "Shopping\n\nbread\nmilk\n\nThat was all."
    assert [text[s:e] for s, e in paragraphs(text)] == ["Shopping", "bread\nmilk", "That was all."]


def test_long_lines_below_a_title_are_paragraphs() -> None:
    line = "The port reopened on Friday. " * 6
    text = f"The port\n\n{line.strip()}\n{line.strip()}"
    assert len(paragraphs(text)) == 3


def test_a_list_item_keeps_its_marker() -> None:
    assert sentences("Bring:\n1. A tent.\n2) A lamp.\n• A rope.") == ["Bring:", "1. A tent.", "2) A lamp.", "• A rope."]


@pytest.mark.parametrize(
    ("mark", "ending"), [("; ", ";"), (", ", ","), (" ", "d"), (". b ", "."), ("；", "；"), ("", "d")]
)
def test_a_sentence_that_is_too_long_is_cut_at_the_best_place(mark: str, ending: str) -> None:
    text = f"{'word ' * 120}word{mark}{'word ' * 120}".replace("word word", "wordword" if mark == "" else "word word")
    first = sentences(text)[0]
    assert MAX_SENTENCE // 2 < len(first) <= MAX_SENTENCE
    assert ending == first[-1]


def test_a_hard_cut_leaves_accents_and_joined_emoji_whole() -> None:
    for letter in ("e\u0301\u0323", "👩\u200d🚀", "👍🏽"):
        for sentence in sentences("a" + letter * 1000):
            assert not unicodedata.combining(sentence[0])
            assert sentence[0] not in "\u200d🚀🏽"


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "make",
    [
        lambda: "a. " * (MEGABYTE // 3),
        lambda: "a" * MEGABYTE,
        lambda: "." * MEGABYTE,
        lambda: "\n" * 100_000,
        lambda: "“" * 100_000,
        lambda: '"a. ' * 100_000,
        lambda: "(A b. " * 100_000,
        lambda: "((" * 100_000,
        lambda: "1. a\n" * 100_000,
        lambda: "1. a " * 100_000,
        lambda: "A b\n" * 100_000,
        lambda: " \n" * 100_000 + "a",
        lambda: "a" + " " * MEGABYTE + "b",
        lambda: "e\u0301" * 300_000,
        lambda: "\u0301" * 300_000,
        lambda: "火车。" * 100_000,
    ],
    ids=lambda make: repr(make()[:6]),
)
def test_hostile_text_takes_time_in_proportion_to_its_length(make: Callable[[], str]) -> None:
    text = make()
    begin = time.process_time()
    spans = split(text)
    whole = paragraphs(text)
    assert time.process_time() - begin < 6
    assert len("".join(text.split())) == len(dense(text, spans)) == len(dense(text, whole))


def test_twice_the_text_takes_about_twice_the_time() -> None:
    def seconds(repeats: int) -> float:
        text = '1. He said "a. B" (c. D) and left. ' * repeats
        begin = time.process_time()
        split(text)
        return time.process_time() - begin

    assert min(seconds(8000) for _ in range(3)) < 3 * min(seconds(4000) for _ in range(3)) + 0.05


def test_each_row_of_a_table_is_one_sentence() -> None:
    rows = [
        "Place | Boat | What its long-standing cox said",
        "1 | Grey Lady | We won. At last!",
        "2 | Fulmar | nothing",
    ]
    text = "\n".join(["The race was rowed in fog.", "", *rows, "", "It ended at noon. Nobody sank."])
    assert ["The race was rowed in fog.", *rows, "It ended at noon.", "Nobody sank."] == sentences(text)


def test_a_long_row_of_a_table_is_split_like_other_text() -> None:
    text = f"Fault | Remedy\nIt hums | {'Turn it off at once. ' * 30}"
    assert len(sentences(text)) > 30
