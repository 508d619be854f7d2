from pathlib import Path

import numpy as np
import pytest

from corpus.errors import CorruptIndex
from index.search.vectors import mapped


def test_an_array_is_read_where_it_is_and_stays_when_its_file_loses_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(12).reshape(3, 4))
    array = mapped(path)
    path.unlink()
    assert [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] == array.tolist()
    assert not array.flags.owndata
    assert not array.flags.writeable


def test_an_empty_array_is_one(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.empty((0, 4)))
    assert (0, 4) == mapped(tmp_path / "a.npy").shape


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array", b"PK\x03\x04", b"\xff" * 200])
def test_a_file_that_is_no_array_is_corrupt(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(CorruptIndex, match=r"a\.npy"):
        mapped(tmp_path / "a.npy")


def test_a_missing_or_cut_off_file_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndex):
        mapped(tmp_path / "nowhere.npy")
    np.save(tmp_path / "a.npy", np.arange(100))
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-1])
    with pytest.raises(CorruptIndex):
        mapped(tmp_path / "a.npy")


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(CorruptIndex):
        mapped(tmp_path / "a.npy")
