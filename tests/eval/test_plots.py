import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import StorageProblem
from eval.metrics import Bin
from eval.report import bars, can_plot, reliability, risk_against_coverage

pytest.importorskip("matplotlib", reason="matplotlib draws the plots")
ROWS = {"vectors alone": {"questions": 3, "P@1": 0.2}, "fused": {"questions": 3, "P@1": 0.4}}
Draw = Callable[[Path], None]
DRAWINGS: list[Draw] = [
    lambda path: bars(ROWS, "Title", path),
    lambda path: risk_against_coverage([(0.5, 0.0), (1.0, 0.25)], "Title", path),
    lambda path: risk_against_coverage([(1.0, 1.0)], "Title", path),
    lambda path: reliability([Bin(3, 0.2, 0.0), Bin(1, 1.0, 1.0)], "Title", path),
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_plot_is_a_picture_in_a_new_folder(tmp_path: Path, draw: Draw) -> None:
    path = tmp_path / "plots" / "one.png"
    draw(path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_place_that_can_not_be_written_is_named(tmp_path: Path, draw: Draw) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageProblem, match=r"one\.png can't be written"):
        draw(tmp_path / "file" / "one.png")


def test_other_figures_make_another_picture(tmp_path: Path) -> None:
    for name, risk in (("a", 0.1), ("b", 0.9), ("c", 0.1)):
        risk_against_coverage([(0.5, 0.0), (1.0, risk)], "Title", tmp_path / f"{name}.png")
    first, second, third = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first != second
    assert first == third


def test_it_can_be_told_whether_there_are_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_plot()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert not can_plot()
