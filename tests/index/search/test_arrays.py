from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from corpus.errors import CorruptIndex
from index.search.arrays import mapped, read_array

Load = Callable[[Path, DTypeLike, int], NDArray[Any]]
every_way = pytest.mark.parametrize("load", [mapped, read_array])
SPAN = np.dtype([("key", "<i8"), ("start", "<i4")])


def npy(array: np.ndarray) -> bytes:
    file = BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


@given(dtype=st.sampled_from([np.dtype(np.int64), np.dtype(np.float32), SPAN]), shape=st.data())
def test_reads_what_numpy_writes(
    tmp_path_factory: pytest.TempPathFactory, dtype: np.dtype[Any], shape: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "read.npy"
    sizes = tuple(shape.draw(st.lists(st.integers(1, 12), min_size=1, max_size=3)))
    written = np.arange(np.prod(sizes)).astype(dtype).reshape(sizes)
    np.save(path, written)
    for load in (mapped, read_array):
        read = load(path, dtype, len(sizes))
        assert dtype == read.dtype
        assert written.tolist() == read.tolist()


def test_reads_an_array_of_no_rows(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.empty(0, np.int64))
    assert [] == read_array(tmp_path / "a.npy", np.int64, 1).tolist()


@every_way
@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"IxFI",
        b"\x93NUMPY",
        b"PK\x03\x04",
        b"no array",
        b"\xff" * 200,
        npy(np.ones((9, 4), np.float32))[:-3],
        npy(np.ones((9, 4), np.float32))[:60],
        npy(np.ones((9, 4), np.float32)).replace(b"(9, 4), }", b"(9" + b"0" * 25 + b", 4), }"),
        npy(np.array([[{}]], object)),
        npy(np.ones((3, 4))),
        npy(np.ones(3, np.float32)),
        npy(np.asfortranarray(np.ones((3, 4), np.float32))),
    ],
)
def test_what_is_no_such_array_is_corrupt(tmp_path: Path, load: Load, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(CorruptIndex, match=r"a\.npy is missing, damaged or of another kind"):
        load(tmp_path / "a.npy", np.float32, 2)


def test_reading_parses_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 4), np.float32))
    monkeypatch.setattr("ast.parse", None)
    assert (3, 4) == mapped(tmp_path / "a.npy", np.float32, 2).shape
    assert (3, 4) == read_array(tmp_path / "a.npy", np.float32, 2).shape


def test_a_mapped_array_survives_the_deletion_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(12).reshape(3, 4))
    array = mapped(path, np.int64, 2)
    path.unlink()
    assert [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] == array.tolist()
    assert not array.flags.owndata
    assert not array.flags.writeable
