from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from eval.benchmark_corpus import QUESTIONS, SENTENCES
from eval.retrieval import RUNS, measure_retrieval
from index.generations.builder import Progress
from tests.fakes import CountingEmbedder, WordEmbedder
from tests.indexing import ignore
from tests.question_sets import question_rows, write, write_dev


def test_shared_words_find_the_sentence_first(tmp_path: Path) -> None:
    figures = measure_retrieval(write_dev(tmp_path), WordEmbedder(), tmp_path / "cache", ignore)
    assert list(RUNS) == list(figures)
    assert {"questions": 24, "P@1": 1.0, "R@5": 1.0, "R@10": 1.0, "MRR": 1.0} == figures["keywords alone"]
    assert 24 == figures["fused"]["questions"]
    assert figures["fused"]["R@10"] == 1.0


def measure_with(folder: Path, question: str) -> dict[str, dict[str, float]]:
    """Measure with another first question."""
    first, *others = question_rows()
    write(write_dev(folder) / QUESTIONS, [first | {"question": question}, *others])
    return measure_retrieval(folder, WordEmbedder(), folder / "cache", ignore)


def test_a_known_miss_is_counted(tmp_path: Path) -> None:
    found = measure_with(tmp_path, "Who painted the ferry?")["keywords alone"]  # its answer is in another sentence
    assert (pytest.approx(23 / 24), 1.0) == (found["P@1"], found["R@5"])
    assert 23 / 24 < found["MRR"] < 1


def test_keywords_find_no_sentence_without_a_shared_word(tmp_path: Path) -> None:
    figures = measure_with(tmp_path, "zyzzyva")
    found = figures["keywords alone"]
    assert (pytest.approx(23 / 24), pytest.approx(23 / 24)) == (found["R@10"], found["MRR"])
    assert figures["vectors alone"]["MRR"] > 0


def test_spelling_is_corrected_before_the_search(tmp_path: Path) -> None:
    figures = [
        measure_with(tmp_path, f"When is it that the {word} opens in the morning?") for word in ("ferry", "frery")
    ]
    assert figures[0] == figures[1]


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


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ({"para": 8, "start": 0, "end": 4}, "numbers paragraphs"),
        ({"para": 0, "start": 0, "end": 1}, "No answer of"),
    ],
)
def test_sentences_that_fit_no_question_are_an_error(tmp_path: Path, sentence: dict[str, object], problem: str) -> None:
    write(write_dev(tmp_path) / SENTENCES, [sentence])
    with pytest.raises(UnreadableDocument, match=problem):
        measure_retrieval(tmp_path, WordEmbedder(), tmp_path / "cache", ignore)
