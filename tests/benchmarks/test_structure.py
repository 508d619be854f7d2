import shutil
from pathlib import Path

import pytest

from benchmarks.structure import in_cycles, main, measure, read_modules

SMALL = """
class Twice:
    def method(self):
        return _once()


def _once():
    return 1
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Three modules: two import each other, and all define the same class."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "one.py").write_text(f"from corpus import two\n{SMALL}")
    (tmp_path / "corpus" / "two.py").write_text(f"import corpus.one\n{SMALL}")
    (tmp_path / "corpus" / "three.py").write_text(SMALL)
    return tmp_path


def test_figures_of_a_small_checkout(checkout: Path) -> None:
    figures = measure(checkout)
    assert "26" == figures["lines, corpus"] == figures["lines, product and tools"]
    assert "3" == figures["modules, product and tools"]
    assert "3 (50% of all functions)" == figures["private functions with one caller"]
    assert "1" == figures["class names defined more than once"]
    assert "2" == figures["modules in import cycles"]


def test_modules_that_import_each_other_are_in_a_cycle(checkout: Path) -> None:
    assert {"corpus.one", "corpus.two"} == in_cycles(read_modules(checkout, "corpus"))


def test_the_table_has_a_column_for_each_checkout(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = checkout / "other"
    shutil.copytree(checkout / "corpus", other / "corpus")
    monkeypatch.setattr("sys.argv", ["structure", str(checkout), str(other)])
    main()
    rows = capsys.readouterr().out.splitlines()
    assert f"|  | {checkout} | {other} |" == rows[0]
    assert "| functions | 6 | 6 |" in rows
