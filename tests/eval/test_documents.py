from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from eval.documents.measure import means, measure

GOLD = 'title = "Fees"\npublished = "2020-05-04"\ntext = "Boats pay nine crowns.\\nDogs are free."\n'


def test_compares_title_date_and_words_with_the_gold(tmp_path: Path) -> None:
    (tmp_path / "fees.md").write_text("---\ntitle: Fees\n---\nBoats pay nine crowns.\n")
    (tmp_path / "fees.toml").write_text(GOLD)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "broken.toml").write_text(GOLD)
    broken, fees = measure(tmp_path)
    assert {"title right": 1.0, "date right": 0.0, "precision": 1.0, "recall": 0.4} == fees.row()
    assert "broken.pdf" in str(broken.problem)
    assert 0.2 == means([broken, fees])["all"]["recall"]


@pytest.mark.parametrize("gold", ["title = ", 'title = "Fees"'])
def test_names_gold_that_is_broken(tmp_path: Path, gold: str) -> None:
    (tmp_path / "fees.md").write_text("words")
    (tmp_path / "fees.toml").write_text(gold)
    with pytest.raises(UnreadableDocument, match=r"fees\.toml"):
        list(measure(tmp_path))


def test_the_gold_pages_are_read_right() -> None:
    figures = list(measure())
    assert [] == [each.name for each in figures if not (each.title and each.date)]
    assert means(figures)[".html"]["precision"] > 0.95
    assert means(figures)[".html"]["recall"] > 0.98
