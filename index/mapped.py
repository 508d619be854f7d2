"""Arrays in files that never change, read where they are: all processes that open one share its memory."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex


def mapped(path: Path) -> NDArray[Any]:
    """Open an array that np.save wrote; raises CorruptIndex."""
    try:
        if os.name == "nt":  # renames no folder with open files; generations are opened before theirs gets its name
            with path.open("rb") as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        return np.lib.format.open_memmap(path, mode="r").view(np.ndarray)
    except (OSError, ValueError, EOFError) as error:
        raise CorruptIndex(f"{path} is missing or damaged.") from error
