from pathlib import Path

import pytest

from index.onnx.model_files import FILES, MANIFEST
from qa.confidence import CALIBRATION
from training.export import CARD, replaced_reader

NAMES = {*FILES, CARD, MANIFEST}


def test_files_are_put_in_place_and_the_old_calibration_is_removed(tmp_path: Path) -> None:
    (tmp_path / CALIBRATION.name).write_text("old")
    (tmp_path / ".export-left").mkdir()
    with replaced_reader(tmp_path) as folder:
        for name in NAMES:
            (folder / name).write_text("new")
        assert (tmp_path / CALIBRATION.name).exists()
    assert dict.fromkeys(NAMES, "new") == {path.name: path.read_text() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("written", [NAMES, {CARD}])
def test_a_failed_export_leaves_the_old_files(tmp_path: Path, written: set[str]) -> None:
    for name in (*NAMES, CALIBRATION.name):
        (tmp_path / name).write_text("old")
    with pytest.raises(RuntimeError), replaced_reader(tmp_path) as folder:
        for name in written:
            (folder / name).write_text("new")
        raise RuntimeError
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert dict.fromkeys((*NAMES, CALIBRATION.name), "old") == found
