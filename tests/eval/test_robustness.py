import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.terminal import CONFIDENCE_LEVELS
from corpus.errors import UnreadableDocument
from eval.robustness import MEANINGS, measure_robustness, misspell
from qa.reader.base import Reader, SentenceReader
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import KnownReader, ScoreConfidence, question_rows, write, write_dev


def measured(folder: Path, reader: Reader, every: int = 1) -> dict[str, float]:
    return measure_robustness(folder, WordEmbedder(), reader, ScoreConfidence(), 0.5, folder / "cache", ignore, every)


def test_what_is_known_in_any_words_is_right_by_every_figure(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), KnownReader())
    assert list(MEANINGS) == [name for name in figures if ": " not in name]
    assert (24, 24, 32) == tuple(
        figures[name] for name in ("questions, ParaSQuAD", "questions, Disfl-QA", "pairs, CAsT")
    )
    assert {1.0} == {
        figures[name] for name in ("P@1, as asked", "P@1, paraphrased", "P@1, as written", "P@1, as spoken")
    }
    assert 32 == sum(value for name, value in figures.items() if name.endswith(": answers"))


def test_other_words_count_for_themselves(tmp_path: Path) -> None:
    rows = question_rows()
    write_dev(tmp_path)
    write(tmp_path / "dev/parasquad.jsonl.gz", [row | {"paraphrase": "Which goat is blue?"} for row in rows])
    elsewhere = {**rows[0], "context": "The ferry opens at nine.", "answers": []}
    spoken = [row | {"original": "Which goat is blue?"} for row in [*rows, elsewhere]]
    write(tmp_path / "dev/disflqa.jsonl.gz", spoken)
    figures = measured(tmp_path, KnownReader(), every=2)
    assert (12, 12) == (figures["questions, ParaSQuAD"], figures["questions, Disfl-QA"])
    assert 1.0 == figures["P@1, as asked"] == figures["P@1, as spoken"]
    assert 0.2 > figures["P@1, paraphrased"]
    assert 0.2 > figures["P@1, as written"]


def test_an_answer_is_right_inside_a_gold_answer_or_around_it(tmp_path: Path) -> None:
    write_dev(tmp_path)
    whole = [row | {"answers": [{"start": 0, "text": row["context"]}]} for row in question_rows()]
    write(tmp_path / "dev/cast_answerability_half.jsonl.gz", whole)
    figures = measured(tmp_path, KnownReader())
    assert {1.0} == {value for name, value in figures.items() if name.endswith(": right")}
    nothing = [row | {"answers": []} for row in question_rows()[:12]]
    write(tmp_path / "dev/cast_answerability_half.jsonl.gz", [*whole[12:], *nothing])
    figures = measured(tmp_path, KnownReader())
    levels = [words for _, words in CONFIDENCE_LEVELS if f"{words}: answers" in figures]
    assert 12 == pytest.approx(sum(figures[f"{words}: answers"] * figures[f"{words}: right"] for words in levels))
    assert pytest.approx(2 / 3 - 1 / 2) == figures["ECE, CAsT"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_dev(tmp_path)
    (tmp_path / "dev/parasquad.jsonl.gz").unlink()
    with pytest.raises(UnreadableDocument, match=r"There is no file .*parasquad"):
        measured(tmp_path, SentenceReader())


def test_misspelling_swaps_drops_or_doubles_a_letter_of_a_long_word() -> None:
    swapped = {"who may laeve", "who may levae", "who may leaev"}
    dropped = {"who may lave", "who may leve", "who may leae"}
    doubled = {"who may leeave", "who may leaave", "who may leavve"}
    assert swapped | dropped | doubled == {misspell("who may leave", random.Random(seed)) for seed in range(300)}


def test_two_words_are_misspelt_where_there_are_two_long_ones() -> None:
    for seed in range(50):
        who, *words = misspell("who painted ferries", random.Random(seed), 2).split(" ")
        assert "who" == who
        assert all(word != other for word, other in zip(words, ["painted", "ferries"], strict=True))
        assert "who sails" != misspell("who sails", random.Random(seed), 2)


@pytest.mark.parametrize("question", ["Who ate it in 1999, O'Brien-Smith?", ""])
def test_short_words_and_words_with_marks_are_not_misspelled(question: str) -> None:
    assert question == misspell(question, random.Random(0))


@given(st.text(), st.integers(0, 99))
def test_misspelling_changes_at_most_one_word_of_any_text(text: str, seed: int) -> None:
    before, after = text.split(" "), misspell(text, random.Random(seed)).split(" ")
    assert len(before) == len(after)
    assert sum(one != two for one, two in zip(before, after, strict=True)) <= 1
