"""Paraphrases of questions, with a WordNet of a few words that is laid out as WordNet's files are."""

import random
from pathlib import Path

import pytest

from corpus.errors import ModelProblem
from training.data.paraphrase import WordNet, keywords, ramble, replace_words, turn_question_word

# A sense: its words, and the number of the more general one. The lemmas of a sense with tags occur in tagged texts.
_SENSES = {
    "noun": [
        ("way artifact", None),
        ("road route", 0),
        ("bicycle bike wheel", None),
        ("phone_book telephone_directory", None),
    ],
    "verb": [("buy purchase", None), ("close shut_down", None)],
    "adj": [("big large", None)],
}
_UNTAGGED = {"route", "artifact"}
_HEADER = "  1 A licence that is no entry.  \n"


@pytest.fixture(scope="module")
def wordnet(tmp_path_factory: pytest.TempPathFactory) -> WordNet:
    folder = tmp_path_factory.mktemp("dict")
    for part, senses in _SENSES.items():
        data, index, offsets = _HEADER, {}, []
        for words, general in senses:
            offsets.append(len(data))
            lemmas = words.split()
            pointers = "000" if general is None else f"001 @ {offsets[general]:08d} n 0000"
            data += f"{len(data):08d} 06 n {len(lemmas):02x} "
            data += " ".join(f"{lemma} 0" for lemma in lemmas) + f" {pointers} | an example  \n"
            index |= dict.fromkeys(lemmas, offsets[-1])
        (folder / f"data.{part}").write_text(data, "latin-1")
        lines = [
            f"{lemma} n 1 1 @ 1 {int(lemma not in _UNTAGGED)} {offset:08d}  \n"
            for lemma, offset in sorted(index.items())
        ]
        (folder / f"index.{part}").write_text(_HEADER + "".join(lines), "latin-1")
    return WordNet(folder)


def results(question: str, wordnet: WordNet) -> set[str]:
    return {replace_words(question, wordnet, random.Random(seed)) for seed in range(60)}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who did they say bought it?", {"Who did they say purchased it?"}),
        ("Where are the bikes?", {"Where are the bicycles?", "Where are the wheels?"}),
        ("How large is it?", {"How big is it?"}),
        ("Why was it closed?", {"Why was it shut down?"}),
        ("Whose roads are these?", {"Whose routes are these?", "Whose ways are these?", "Whose artifacts are these?"}),
        ("Where is route 9?", set()),  # a word that the tagged texts lack
        ("Who wrote Bikes and Roads?", set()),  # names
        ("Where is Ann?", set()),
    ],
)
def test_words_are_replaced_by_synonyms_in_the_same_form(question: str, expected: set[str], wordnet: WordNet) -> None:
    assert expected == results(question, wordnet) - {question}


def test_at_most_three_words_are_replaced(wordnet: WordNet) -> None:
    question = "Who did they say bought the large bike and closed it?"
    for found in results(question, wordnet):
        assert 1 <= sum(word in found.split() for word in ("bought", "large", "bike", "closed"))


def test_a_folder_without_wordnet_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=f"There is no WordNet in {tmp_path}"):
        WordNet(tmp_path)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "When did it end?",
            {f"{start} did it end?" for start in ("In what year", "At what time", "On what date", "What time")},
        ),
        ("In what year did it end?", {"When did it end?", "What year did it end?"}),
        ("Whose is it?", {"Whose is it?"}),
        ("Is it closed?", {"Is it closed?"}),
    ],
)  # fmt: skip
def test_the_question_word_is_turned_into_one_of_the_same_meaning(question: str, expected: set[str]) -> None:
    assert expected == {turn_question_word(question, random.Random(seed)) for seed in range(60)}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When does the ferry to Hesk leave?", "ferry Hesk leave"),
        ("Who won?", "Who won?"),
        ("How many crowns is $5 in 1,000 towns?", "many crowns $5 1,000 towns"),
    ],
)
def test_keywords_are_the_content_words(question: str, expected: str) -> None:
    assert expected == keywords(question)


def test_a_rambling_question_ends_with_the_question() -> None:
    found = {ramble("When does the ferry leave?", random.Random(seed)) for seed in range(60)}
    assert len(found) > 10
    assert all("hen does the ferry leave?" in one and len(one) > 30 for one in found)
