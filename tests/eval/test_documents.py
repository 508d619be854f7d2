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


def test_counts_the_headings_items_and_rows_of_the_gold_that_are_kept(tmp_path: Path) -> None:
    (tmp_path / "fees.md").write_text("# Fees\n\nBoats\n\n- one\n- two\n\n| a | b |\n|---|---|\n| c | d |\n")
    (tmp_path / "fees.toml").write_text(
        'title = "Fees"\ntext = """\n# Fees\n# Boats\n- one\n- two\n- three\n| a | b\n| c | d\n"""'
    )
    (figures,) = measure(tmp_path)
    assert {"headings": (1, 2), "items": (2, 3), "rows": (2, 2)} == figures.structure
    assert 0.5 == means([figures])[".md"]["headings"]


def test_tells_rightly_refused_documents_from_those_that_could_not_be_read(tmp_path: Path) -> None:
    for name in ("cut", "wrong"):
        (tmp_path / f"{name}.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "cut.toml").write_text('refused = "is cut off"')
    (tmp_path / "wrong.toml").write_text('refused = "is locked"')
    assert [True, False] == [each.is_refused for each in measure(tmp_path)]
    assert {"documents": 2, "read": 0, "refused": 1} == dict(list(means(list(measure(tmp_path)))[".pdf"].items())[:3])


@pytest.mark.parametrize("gold", ["title = ", 'title = "Fees"'])
def test_names_gold_that_is_broken(tmp_path: Path, gold: str) -> None:
    (tmp_path / "fees.md").write_text("words")
    (tmp_path / "fees.toml").write_text(gold)
    with pytest.raises(UnreadableDocument, match=r"fees\.toml"):
        list(measure(tmp_path))


def test_the_gold_documents_are_read_right() -> None:
    figures = [each for each in measure() if not each.is_refused]
    assert [] == [each.name for each in figures if each.title is False or not each.date]
    for row in means(figures).values():
        assert row["precision"] > 0.95
        assert row["recall"] > 0.98
