import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from eval.dev_set import QUESTIONS
from eval.reading import MEANINGS, UNANSWERABLE, Measured, measure_reading
from index.generations.builder import Progress
from qa.query.parser import Question
from qa.reader.base import Reader, SentenceReader
from qa.types import Passage, Reading
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import SUBJECTS, KnownReader, ScoreConfidence, question_rows, write, write_dev

VERBS = {"open": "opens", "painted": "painted", "close": "closed"}


def measured(folder: Path, reader: Reader, threshold: float = 0.5, every: int = 1) -> Measured:
    return measure_reading(
        folder, WordEmbedder(), reader, ScoreConfidence(), threshold, folder / "cache", ignore, every
    )


def test_a_reader_that_knows_all_answers_has_full_marks(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), KnownReader()).figures
    perfect = ["P@1", "R@5", "R@10", "MRR", "EM", "F1", "EM, paragraph given", "F1, paragraph given"]
    assert dict.fromkeys(perfect, 1.0) == {name: figures[name] for name in perfect}
    assert (24, 32) == (figures["questions"], figures["questions, SQuAD 2.0"])
    assert 0.5 == figures["threshold"]
    assert 1.0 == figures["AUROC, SQuAD 2.0, best span"]
    assert 0.0 == figures["AUROC, SQuAD 2.0"]  # its odds are the wrong way round


def test_whole_sentences_are_never_exact(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), SentenceReader()).figures
    assert (0.0, 0.0) == (figures["EM"], figures["EM, paragraph given"])
    # Of equal scores the first: "ferry opens at nine in morning" has both words of "at nine", none of other answers.
    assert pytest.approx(2 * 2 / (2 + 6) / 3) == figures["F1, paragraph given"]
    # Likewise for each of the three facts; a sentence of the same fact about another subject shares as many words.
    assert figures["P@1"] / 2 <= figures["F1"] <= 0.5
    assert 0.5 == figures["AUROC, SQuAD 2.0"]  # it reads nothing


class ElsewhereReader(SentenceReader):
    """Knows what answers, and takes it from the paragraph of another subject."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        subject = next(one for one in SUBJECTS if one in question.text)
        verb = next(verb for asked, verb in VERBS.items() if asked in question.text)
        found = super().read(question, passages)
        chosen = [one for one in found.candidates if verb in one.sentence.text and subject not in one.sentence.text]
        return Reading(tuple(chosen), found.no_answer)


def test_a_sentence_elsewhere_that_says_the_answer_counts_for_one_figure_alone(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), ElsewhereReader()).figures
    assert (0.0, 1.0) == (figures["P@1"], figures["P@1, anywhere"])
    assert 1.0 == measured(tmp_path, KnownReader()).figures["P@1, anywhere"]


def test_every_figure_has_its_meaning_and_its_place(tmp_path: Path) -> None:
    assert list(MEANINGS) == list(measured(write_dev(tmp_path), KnownReader(), threshold=0.0).figures)


def test_figures_and_details_are_plain_json(tmp_path: Path) -> None:
    found = measured(write_dev(tmp_path), KnownReader())
    text = json.dumps([found.figures, found.details], allow_nan=False)
    assert [found.figures, found.details] == json.loads(text)


def test_the_mix_is_every_question_once(tmp_path: Path) -> None:
    mix = measured(write_dev(tmp_path), KnownReader()).mix
    assert (24, 12) == (len(mix.probabilities), mix.answerable.sum())


def test_questions_of_one_kind_alone_are_not_told_apart(tmp_path: Path) -> None:
    write(write_dev(tmp_path) / UNANSWERABLE, question_rows())
    figures = measured(tmp_path, KnownReader()).figures
    assert 24 == figures["questions, SQuAD 2.0"]
    assert "AUROC, SQuAD 2.0" not in figures


def test_every_nth_question_is_asked(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), KnownReader(), every=5).figures
    assert (5, 7) == (figures["questions"], figures["questions, SQuAD 2.0"])


def test_a_second_run_is_the_same(tmp_path: Path) -> None:
    runs = [measured(write_dev(tmp_path), KnownReader()) for _ in range(2)]
    assert (runs[0].figures, runs[0].details) == (runs[1].figures, runs[1].details)


@pytest.mark.parametrize("name", [QUESTIONS, UNANSWERABLE])
def test_a_missing_file_is_named_before_the_work(tmp_path: Path, name: str) -> None:
    (write_dev(tmp_path) / name).unlink()
    heard: list[Progress] = []
    with pytest.raises(UnreadableDocument, match=name):
        measure_reading(
            tmp_path, WordEmbedder(), SentenceReader(), ScoreConfidence(), 0.5, tmp_path / "cache", heard.append
        )
    assert [] == heard
