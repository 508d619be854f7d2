"""Arrays in files of NumPy's .npy format, version 1.0.

NumPy's own readers parse the header with `ast`. Before Python 3.11.8 this fails now and then where another thread uses
`ast` at that moment, as every new route of Flask does (https://github.com/python/cpython/issues/106905).
"""

import os
import re
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from corpus.errors import CorruptIndex

_HEADER = re.compile(r"\{'descr': (.+), 'fortran_order': False, 'shape': \(((?:\d+, ?)*\d*)\), \} *\n")


def read_array(path: Path, dtype: DTypeLike, dimensions: int) -> NDArray[Any]:
    """Read an array that np.save wrote, of this type and number of dimensions; raises CorruptIndex."""
    try:
        with path.open("rb") as file:
            shape = _read_shape(file, np.dtype(dtype), dimensions)
            return np.frombuffer(file.read(), dtype).reshape(shape)
    except (OSError, ValueError, OverflowError) as error:
        raise CorruptIndex(f"{path} is missing, damaged or of another kind: {error}") from error


def mapped(path: Path, dtype: DTypeLike, dimensions: int) -> NDArray[Any]:
    """Map an array as in `read_array` into memory, where the system allows; raises CorruptIndex."""
    if os.name == "nt":  # renames no folder with open files; generations are opened before theirs gets its name
        return read_array(path, dtype, dimensions)
    try:
        with path.open("rb") as file:
            shape = _read_shape(file, np.dtype(dtype), dimensions)
            return np.memmap(path, dtype, "r", file.tell(), shape).view(np.ndarray)
    except (OSError, ValueError, OverflowError) as error:
        raise CorruptIndex(f"{path} is missing, damaged or of another kind: {error}") from error


def _read_shape(file: BinaryIO, dtype: np.dtype[Any], dimensions: int) -> tuple[int, ...]:
    """Read the header up to the array's data; raises ValueError where it is not what np.save writes for the type."""
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("The version of its format is not 1.0.")
    header = file.read(int.from_bytes(file.read(2), "little")).decode("latin-1")
    match = _HEADER.fullmatch(header)
    if match is None or match[1] != repr(np.lib.format.dtype_to_descr(dtype)):
        raise ValueError(f"It does not hold {dtype} in rows.")
    shape = tuple(int(size) for size in match[2].split(",") if size.strip())
    if len(shape) != dimensions:
        raise ValueError(f"It has {len(shape)} dimensions instead of {dimensions}.")
    return shape
