import re
from pathlib import Path

from click.testing import CliRunner

from benchmarks.reading import main, write_ordinary
from corpus.documents import read_document
from eval.service_process import ROOT


def test_ordinary_documents_are_alike_in_all_formats(tmp_path: Path) -> None:
    write_ordinary(tmp_path)
    files = sorted((tmp_path / "short").glob("0.*"))
    assert [".docx", ".html", ".md", ".pdf"] == [file.suffix for file in files]
    texts = [read_document(file.read_bytes(), file.name).text for file in files]
    words = [re.findall(r"\w{4,}", text) for text in texts]
    assert {True} == {0.95 < len(found) / len(words[2]) < 1.1 for found in words}


def test_files_are_timed_by_format_in_two_trees_and_refused_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ferry leaves at noon.", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Ferry\n\nIt leaves at noon.\n", encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4")
    ran = CliRunner().invoke(main, [str(tmp_path), "--rounds", "2", "--against", str(ROOT)], catch_exceptions=False)
    heading, *rows = ran.stdout.splitlines()
    assert ["files", "kB", "ms a file", "kB/s", "ms, other tree", "ratio"] == re.split(r"\s{2,}", heading.strip())
    assert ["md", "txt"] == [row.split()[0] for row in rows]
    assert all(float(cell) > 0 for row in rows for cell in row.split()[1:])
