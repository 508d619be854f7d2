"""Nearest vectors by inner product, exactly."""

from pathlib import Path
from typing import Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex, StorageProblem

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]


class VectorIndex(Protocol):
    """An immutable set of numbered vectors. A generation holds one a segment; the retriever searches them."""

    def __len__(self) -> int:
        """Return how many vectors there are."""
        ...

    def search(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the k rows with the highest inner product, best first (ties: lower row first), and their products.

        `question` has shape (dimension,) and any length, `allowed` shape (len(self),). Fewer than k where there are
        fewer.
        """
        ...

    def take(self, rows: Rows) -> Vectors:
        """Return the vectors at rows, of shape (len(rows), dimension)."""
        ...

    def save(self, path: Path) -> None:
        """Write the index to a file; raises StorageProblem."""
        ...


class FaissVectors:
    """A VectorIndex on FAISS' exhaustive inner-product index: no training, no approximation."""

    def __init__(self, flat: faiss.IndexFlatIP) -> None:
        self._flat = flat
        self._vectors: Vectors = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d).reshape(flat.ntotal, flat.d)

    @classmethod
    def from_vectors(cls, vectors: Vectors) -> Self:
        """Index vectors of shape (n, dimension)."""
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(flat)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an index that `save` wrote; raises CorruptIndex."""
        try:
            index = faiss.read_index(str(path))
        except (RuntimeError, MemoryError) as error:
            raise CorruptIndex(f"The vectors in {path} can't be read.") from error
        if not isinstance(index, faiss.IndexFlatIP):
            raise CorruptIndex(f"The vectors in {path} are of another kind than this version of Citeline writes.")
        return cls(index)

    def __len__(self) -> int:
        return int(self._flat.ntotal)

    def search(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the k rows with the highest inner product, best first, and their products."""
        most = len(self) if allowed is None else int(allowed.sum())
        k = min(k, most)
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, scores = self._search(question, min(k + 1, most), allowed)
        # Of equal products FAISS keeps any, so go on until the k-th is better than the last one seen.
        while len(rows) < most and scores[-1] == scores[k - 1]:
            rows, scores = self._search(question, min(4 * len(rows), most), allowed)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def take(self, rows: Rows) -> Vectors:
        """Return the vectors at rows, of shape (len(rows), dimension)."""
        return self._vectors[rows]

    def save(self, path: Path) -> None:
        """Write the index to a file; raises StorageProblem."""
        try:
            faiss.write_index(self._flat, str(path))
        except RuntimeError as error:
            raise StorageProblem(f"{path} can't be written. Is the disk full?") from error

    def _search(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None) -> tuple[Rows, Scores]:
        params = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")  # held in a variable: FAISS keeps no reference
            params = faiss.SearchParameters()
            params.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        # Of this thread only. FAISS shares out questions among threads: for one question, a team of them just spins.
        faiss.omp_set_num_threads(1)
        scores, rows = self._flat.search(question.reshape(1, -1).astype(np.float32), k, params=params)
        return rows[0], scores[0]
