import json
from pathlib import Path

import pytest

from corpus.errors import StorageProblem
from eval.report import listing, table, write_json

ROWS = {"keywords alone": {"questions": 1234, "P@1": 0.5}, "fused": {"questions": 7, "P@1": 0.66666, "MRR": 1.0}}


def test_a_table_lines_up_counts_and_shares() -> None:
    expected = """\
                questions    P@1    MRR
keywords alone      1,234  0.500       
fused                   7  0.667  1.000"""  # noqa: W291
    assert expected == table(ROWS)


def test_a_listing_says_what_figures_mean() -> None:
    expected = "questions  1,234  asked\nP@1        0.500"
    assert expected == listing(ROWS["keywords alone"], {"questions": "asked", "MRR": "not there"})
    assert "" == listing({}, {})


def test_json_is_written_whole_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "figures.json"
    write_json({"text": "é🦊", **ROWS}, path)
    assert {"text": "é🦊", **ROWS} == json.loads(path.read_text(encoding="utf-8"))


def test_half_a_character_does_not_keep_figures_from_being_written(tmp_path: Path) -> None:
    write_json({"file": "\udcff.jsonl"}, tmp_path / "figures.json")
    assert {"file": "?.jsonl"} == json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageProblem, match=r"figures\.json can't be written"):
        write_json({}, tmp_path / "file" / "figures.json")
