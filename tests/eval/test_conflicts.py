from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from eval.developing.conflicts import FILE, MEANINGS, measure_conflicts
from qa.reader.base import SentenceReader
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import ScoreConfidence, write

MAST = "How high is the mast of the tower?"
QUAY = "How long is the stone quay?"


def row(number: str, question: str, context: str, right: list[str], wrong: list[str]) -> dict[str, object]:
    return {"id": number, "question": question, "context": context, "gold": right, "wrong": wrong}


def measured(folder: Path, threshold: float, every: int = 1) -> dict[str, float]:
    rows = [
        row("ramdocs-0-1", MAST, "The mast of the tower is 20 metres high.", ["20 metres"], ["30 metres"]),
        row("ramdocs-0-2", MAST, "The mast of the tower is 30 metres high.", ["20 metres"], ["30 metres"]),
        row("ramdocs-1-1", QUAY, "The stone quay is 90 metres long.", ["90 metres", "95 metres"], []),
        row("ramdocs-1-2", QUAY, "The stone quay is in Kelby.", ["90 metres", "95 metres"], []),
    ]
    (folder / "dev").mkdir(exist_ok=True)
    write(folder / FILE, rows)
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    return measure_conflicts(
        folder, WordEmbedder(), SentenceReader(), ScoreConfidence(), threshold, cache, ignore, every
    )


def test_right_and_wrong_values_count_where_answers_name_them(tmp_path: Path) -> None:
    figures = measured(tmp_path, 0.0)
    assert list(MEANINGS) == list(figures)
    assert (2, 1, 0.5, 0.75) == tuple(
        figures[name] for name in ("questions", "answered", "all right values", "right values")
    )
    assert (0, 1) == (figures["only right values"], figures["a wrong value"])  # both heights are named


def test_a_question_is_answered_by_its_own_documents(tmp_path: Path) -> None:
    figures = measured(tmp_path, 0.0, every=2)
    assert (1, 1, 1) == tuple(figures[name] for name in ("questions", "one right value", "one right value, named"))


def test_what_is_not_answered_names_nothing(tmp_path: Path) -> None:
    assert 0 == measured(tmp_path, 2.0)["right values"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="ramdocs_half"):
        measure_conflicts(tmp_path, WordEmbedder(), SentenceReader(), ScoreConfidence(), 0.5, tmp_path, ignore, 1)
