from pathlib import Path

from eval.overview.suggestions import LISTED, MEANINGS, SETS, measure_suggestions
from qa.reader.base import SentenceReader
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import ScoreConfidence, write

TEXT = "The Corran Bridge was opened in 1931. Nothing more is known about it."


def test_the_questions_of_texts_are_asked_and_listed(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    for file, field in SETS.values():
        write(tmp_path / file, [{field: TEXT}, {field: TEXT}])
    models = WordEmbedder(), SentenceReader(), ScoreConfidence()
    figures = measure_suggestions(tmp_path, *models, 0.0, tmp_path, ignore, 1)
    assert list(SETS) == list(figures)
    assert all(list(MEANINGS) == list(one) for one in figures.values())
    assert (1, 2, 50) == tuple(figures["SQuAD"][name] for name in ("articles", "sentences", "questions"))
    assert "\tWhen was the Corran Bridge opened?\tin 1931\t" in (tmp_path / LISTED).read_text()
