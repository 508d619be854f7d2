from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from eval.benchmark_corpus import QUESTIONS, SENTENCES
from eval.retrieval import RUNS, measure_retrieval
from index.generations.builder import Progress
from tests.fakes import CountingEmbedder, WordEmbedder
from tests.indexing import ignore
from tests.question_sets import question_rows, sentence_rows, write, write_dev


def test_shared_words_find_the_sentence_first(tmp_path: Path) -> None:
    figures = measure_retrieval(write_dev(tmp_path), WordEmbedder(), tmp_path / "cache", ignore)
    assert list(RUNS) == list(figures)
    assert {"questions": 24, "P@1": 1.0, "R@5": 1.0, "R@10": 1.0, "MRR": 1.0} == figures["keywords alone"]
    assert 24 == figures["fused"]["questions"]
    assert figures["fused"]["R@10"] == 1.0


def test_a_known_miss_is_counted(tmp_path: Path) -> None:
    write_dev(tmp_path)
    rows = question_rows()
    rows[0] = rows[0] | {"question": "Who painted the ferry?"}  # its answer is in another sentence
    write(tmp_path / QUESTIONS, rows)
    found = measure_retrieval(tmp_path, WordEmbedder(), tmp_path / "cache", ignore)["keywords alone"]
    assert pytest.approx(23 / 24) == found["P@1"]
    assert 1.0 == found["R@5"]
    assert 23 / 24 < found["MRR"] < 1


def test_keywords_find_no_sentence_without_a_shared_word(tmp_path: Path) -> None:
    write_dev(tmp_path)
    rows = question_rows()
    rows[0] = rows[0] | {"question": "zyzzyva"}
    write(tmp_path / QUESTIONS, rows)
    figures = measure_retrieval(tmp_path, WordEmbedder(), tmp_path / "cache", ignore)
    assert pytest.approx(23 / 24) == figures["keywords alone"]["R@10"]
    assert pytest.approx(23 / 24) == figures["keywords alone"]["MRR"]
    assert figures["vectors alone"]["MRR"] > 0


def test_questions_without_a_gold_sentence_do_not_count(tmp_path: Path) -> None:
    write_dev(tmp_path)
    write(tmp_path / SENTENCES, sentence_rows()[3:])
    assert 21 == measure_retrieval(tmp_path, WordEmbedder(), tmp_path / "cache", ignore)["fused"]["questions"]


def test_every_nth_question_is_asked(tmp_path: Path) -> None:
    assert (
        5
        == measure_retrieval(write_dev(tmp_path), WordEmbedder(), tmp_path / "c", ignore, every=5)["fused"]["questions"]
    )


def test_a_second_run_is_the_same_with_cached_vectors(tmp_path: Path) -> None:
    write_dev(tmp_path)
    first, second = CountingEmbedder(), CountingEmbedder()
    figures = [measure_retrieval(tmp_path, embedder, tmp_path / "cache", ignore) for embedder in (first, second)]
    assert figures[0] == figures[1]
    assert first.embedded >= 24
    assert 0 == second.embedded


def test_progress_names_every_run(tmp_path: Path) -> None:
    reported: list[Progress] = []
    measure_retrieval(write_dev(tmp_path), WordEmbedder(), tmp_path / "cache", reported.append)
    assert {"questions", *RUNS} <= {progress.stage for progress in reported}
    assert all(0 <= progress.done <= progress.total for progress in reported)


@pytest.mark.parametrize("name", [QUESTIONS, SENTENCES])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write_dev(tmp_path) / name).unlink()
    with pytest.raises(UnreadableDocument, match=name):
        measure_retrieval(tmp_path, WordEmbedder(), tmp_path / "cache", ignore)


def test_sentences_of_unknown_paragraphs_are_an_error(tmp_path: Path) -> None:
    write(write_dev(tmp_path) / SENTENCES, [{"para": 8, "start": 0, "end": 4}])
    with pytest.raises(UnreadableDocument, match="numbers paragraphs"):
        measure_retrieval(tmp_path, WordEmbedder(), tmp_path / "cache", ignore)


def test_answers_in_no_sentence_are_an_error(tmp_path: Path) -> None:
    write(write_dev(tmp_path) / SENTENCES, [{"para": 0, "start": 0, "end": 1}])
    with pytest.raises(UnreadableDocument, match="No answer of"):
        measure_retrieval(tmp_path, WordEmbedder(), tmp_path / "cache", ignore)
