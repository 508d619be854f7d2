from pathlib import Path

import pytest

from index.onnx.model_files import FILES, MANIFEST
from qa.confidence import CALIBRATION
from qa.reader.model_files import LARGER
from training.model_card import CARD
from training.release import shipped

NAMES = {*FILES, CARD, MANIFEST}


def test_all_files_are_put_in_place_and_the_calibration_of_before_goes(tmp_path: Path) -> None:
    (tmp_path / CALIBRATION.name).write_text("old")
    (tmp_path / ".export-left").mkdir()
    with shipped(tmp_path) as fresh:
        for name in NAMES:
            (fresh / name).write_text("new")
        assert (tmp_path / CALIBRATION.name).exists()
    assert dict.fromkeys(NAMES, "new") == {path.name: path.read_text() for path in tmp_path.iterdir()}


def test_the_calibration_of_a_larger_reader_goes_too_since_it_was_made_with_both(tmp_path: Path) -> None:
    (tmp_path / LARGER).mkdir()
    for name in (CALIBRATION.name, "model.onnx.gz"):
        (tmp_path / LARGER / name).write_text("old")
    with shipped(tmp_path) as fresh:
        for name in NAMES:
            (fresh / name).write_text("new")
    assert ["model.onnx.gz"] == [path.name for path in (tmp_path / LARGER).iterdir()]


@pytest.mark.parametrize("written", [NAMES, {CARD}])
def test_what_was_there_stays_where_anything_fails(tmp_path: Path, written: set[str]) -> None:
    for name in (*NAMES, CALIBRATION.name):
        (tmp_path / name).write_text("old")
    with pytest.raises(RuntimeError), shipped(tmp_path) as fresh:
        for name in written:
            (fresh / name).write_text("new")
        raise RuntimeError
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert dict.fromkeys((*NAMES, CALIBRATION.name), "old") == found
