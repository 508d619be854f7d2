import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import StorageProblem
from eval.metrics import Bin
from eval.report import bars, can_plot, listing, reliability, risk_against_coverage, table, write_json

ROWS = {"keywords alone": {"questions": 1234, "P@1": 0.5}, "fused": {"questions": 7, "P@1": 0.66666, "MRR": 1.0}}


def test_a_table_aligns_counts_and_shares() -> None:
    expected = """\
                questions    P@1    MRR
keywords alone      1,234  0.500       
fused                   7  0.667  1.000"""  # noqa: W291
    assert expected == table(ROWS)


def test_a_listing_explains_figures() -> None:
    expected = "questions  1,234  asked\nP@1        0.500"
    assert expected == listing(ROWS["keywords alone"], {"questions": "asked", "MRR": "not there"})
    assert "" == listing({}, {})


def test_figures_are_written_into_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "figures.json"
    write_json({"text": "é🦊", **ROWS}, path)
    assert {"text": "é🦊", **ROWS} == json.loads(path.read_text(encoding="utf-8"))


def test_a_lone_surrogate_is_written_as_a_question_mark(tmp_path: Path) -> None:
    write_json({"file": "\udcff.jsonl"}, tmp_path / "figures.json")
    assert {"file": "?.jsonl"} == json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))


def test_figures_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageProblem, match=r"figures\.json can't be written"):
        write_json({}, tmp_path / "file" / "figures.json")


PLOTTED = {"vectors alone": {"questions": 3, "P@1": 0.2}, "fused": {"questions": 3, "P@1": 0.4}}
Draw = Callable[[Path], None]
DRAWINGS: list[Draw] = [
    lambda path: bars(PLOTTED, "Title", path),
    lambda path: risk_against_coverage([(0.5, 0.0), (1.0, 0.25)], "Title", path),
    lambda path: risk_against_coverage([(1.0, 1.0)], "Title", path),
    lambda path: reliability([Bin(3, 0.2, 0.0), Bin(1, 1.0, 1.0)], "Title", path),
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_plot_is_a_png_in_a_new_folder(tmp_path: Path, draw: Draw) -> None:
    path = tmp_path / "plots" / "one.png"
    draw(path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_plot_that_cannot_be_written_is_named(tmp_path: Path, draw: Draw) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageProblem, match=r"one\.png can't be written"):
        draw(tmp_path / "file" / "one.png")


def test_a_picture_depends_on_its_figures_alone(tmp_path: Path) -> None:
    for name, risk in (("a", 0.1), ("b", 0.9), ("c", 0.1)):
        risk_against_coverage([(0.5, 0.0), (1.0, risk)], "Title", tmp_path / f"{name}.png")
    first, second, third = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first != second
    assert first == third


def test_plots_need_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_plot()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert not can_plot()
