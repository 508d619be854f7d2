"""Arrays in files that never change, read where they are: all processes that open one share its memory."""

import math
import os
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex, StorageProblem


def mapped(path: Path) -> NDArray[Any]:
    """Open an array that np.save wrote; raises CorruptIndex."""
    try:
        if os.name == "nt":  # renames no folder with open files; generations are opened before theirs gets its name
            with path.open("rb") as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        return np.lib.format.open_memmap(path, mode="r").view(np.ndarray)
    except (OSError, ValueError, EOFError) as error:
        raise CorruptIndex(f"{path} is missing or damaged.") from error


Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]
# From this many vectors on they are clustered; comparing with each of fewer takes some milliseconds.
CLUSTERED = 30_000
# The figures behind these are in docs/decisions.md.
PROBED = 0.1  # of the clusters are looked at, those whose centres are nearest
_LEAST_PROBED = 96
_NEARLY = 0.9  # of the vectors allowed are as good as all
_TRAINED = 64  # vectors a cluster that its centre is found with
_REFINED = 4  # times as many as are wanted are compared in full, after a look at them in 8 bits
_LEAST_REFINED = 400


class VectorIndex(Protocol):
    """An immutable set of numbered vectors. A generation holds one a segment; the retriever searches them."""

    def __len__(self) -> int:
        """Return how many vectors there are."""
        ...

    def search(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the k rows with the highest inner product, best first (ties: lower row first), and their products.

        `question` has shape (dimension,) and any length, `allowed` shape (len(self),). Fewer than k where there are
        fewer. Among very many vectors a few of the k may be missed, the nearest last.
        """
        ...

    def take(self, rows: Rows) -> Vectors:
        """Return the vectors at rows, of shape (len(rows), dimension)."""
        ...

    def save(self, path: Path) -> None:
        """Write the index to a file, and others beside it; raises StorageProblem."""
        ...


class FaissVectors:
    """A VectorIndex by FAISS: an exhaustive search, or, of `clusters`, one of those whose centres are near.

    What clusters find in 8 bits is compared again in full, so products are exact whichever way.
    """

    def __init__(self, vectors: Vectors, clusters: faiss.IndexIVF | None = None, loaded: bool = False) -> None:
        self._vectors = vectors
        self._clusters = clusters
        self._loaded = loaded

    @classmethod
    def from_vectors(cls, vectors: Vectors, clustered_from: int = CLUSTERED) -> Self:
        """Index vectors of shape (n, dimension)."""
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        return cls(vectors, _clustered(vectors) if len(vectors) >= clustered_from else None)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open an index that `save` wrote, without reading it into memory; raises CorruptIndex."""
        vectors = mapped(path)
        if vectors.dtype != np.float32 or vectors.ndim != 2 or not vectors.flags.c_contiguous:
            raise CorruptIndex(f"The vectors in {path} are of another kind than this version of Citeline writes.")
        beside = clusters_path(path)
        clusters = _load_clusters(beside) if beside.exists() else None
        if clusters is not None and (clusters.ntotal, clusters.d) != vectors.shape:
            raise CorruptIndex(f"{beside} and {path} do not hold the same vectors.")
        return cls(vectors, clusters, loaded=True)

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return int(self._vectors.shape[1])

    @property
    def is_clustered(self) -> bool:
        """Whether not all vectors are compared with a question."""
        return self._clusters is not None

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the k rows with the highest inner product, best first, and their products."""
        question = np.ascontiguousarray(question, dtype=np.float32)
        most = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if min(k, most) == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if self._clusters is None or (allowed is not None and most < CLUSTERED) or k * _REFINED >= most:
            return self._exactly(question, min(k, most), allowed, most)
        return self._by_clusters(self._clusters, question, k, allowed, most)

    def take(self, rows: Rows) -> Vectors:
        """Return the vectors at rows, of shape (len(rows), dimension)."""
        return self._vectors.take(rows, axis=0)  # lets other threads run meanwhile

    def save(self, path: Path) -> None:
        """Write the index to a file, and the clusters to one beside it; raises StorageProblem."""
        try:
            with path.open("wb") as file:
                np.save(file, self._vectors)
            if self._clusters is not None:
                # What is open for reading in its file can't be written to another: it is made once more.
                clusters = _clustered(self._vectors) if self._loaded else self._clusters
                faiss.write_index(clusters, str(clusters_path(path)))
        except (RuntimeError, OSError) as error:
            raise StorageProblem(f"{path} can't be written. Is the disk full?") from error

    def _exactly(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None, most: int) -> tuple[Rows, Scores]:
        rows, scores = self._nearest(question, min(k + 1, most), allowed)
        # Of equal products FAISS keeps any, so go on until the k-th is better than the last one seen.
        while len(rows) < most and scores[-1] == scores[k - 1]:
            rows, scores = self._nearest(question, min(4 * len(rows), most), allowed)
        return _best(rows, scores, k)

    def _nearest(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None) -> tuple[Rows, Scores]:
        rows, scores = np.empty(k, np.int64), np.empty(k, np.float32)
        selector, _bits = _selector(allowed)
        _on_one_thread()
        pointers = [faiss.swig_ptr(array) for array in (question, self._vectors)]
        found = [faiss.swig_ptr(array) for array in (scores, rows)]
        shape = (self._vectors.shape[1], 1, len(self))
        faiss.knn_inner_product(*pointers, *shape, k, *found, selector)  # type: ignore[call-arg]  # it takes that, too
        return rows, scores

    def _by_clusters(
        self, clusters: faiss.IndexIVF, question: Vectors, k: int, allowed: NDArray[np.bool_] | None, most: int
    ) -> tuple[Rows, Scores]:
        selector, _bits = _selector(allowed)
        params = faiss.SearchParametersIVF()
        params.nprobe, params.sel = self._probed(clusters, question, allowed, most), selector
        _on_one_thread()
        wanted = min(most, max(_LEAST_REFINED, _REFINED * k))
        while True:
            _, rows = clusters.search(question.reshape(1, -1), wanted, params=params)
            found = rows[0][rows[0] >= 0]
            if len(found) == wanted or params.nprobe == clusters.nlist:
                return _best(found, self.take(found) @ question, k)
            params.nprobe = min(clusters.nlist, 2 * params.nprobe)

    def _probed(self, clusters: faiss.IndexIVF, question: Vectors, allowed: NDArray[np.bool_] | None, most: int) -> int:
        """Return how many clusters to look at, nearest first: so many that the share of what is allowed is the same."""
        share = min(1.0, max(PROBED, _LEAST_PROBED / clusters.nlist))
        if allowed is None or most > _NEARLY * len(self):
            return math.ceil(share * clusters.nlist)
        counts = np.bincount(self._owners[allowed], minlength=clusters.nlist)
        _, order = clusters.quantizer.search(question.reshape(1, -1), clusters.nlist)
        return min(clusters.nlist, 1 + int(np.searchsorted(np.cumsum(counts[order[0]]), share * most)))

    @cached_property
    def _owners(self) -> NDArray[np.int32]:
        """The cluster of every row."""
        assert self._clusters is not None
        owners, lists = np.empty(len(self), np.int32), self._clusters.invlists
        assert lists is not None
        for number in range(self._clusters.nlist):
            size = lists.list_size(number)
            if size:
                owners[faiss.rev_swig_ptr(lists.get_ids(number), size)] = number
        return owners


def clusters_path(path: Path) -> Path:
    """Return where the clusters of the vectors in a file are, if they have any."""
    return path.with_suffix(".clusters")


def _clustered(vectors: Vectors) -> faiss.IndexIVF:
    count, dimension = vectors.shape
    number = max(1, int(np.sqrt(count)))
    inner = faiss.METRIC_INNER_PRODUCT
    clusters = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension), dimension, number, faiss.ScalarQuantizer.QT_8bit, inner, False
    )
    _on_one_thread()
    clusters.train(vectors[:: max(1, count // (_TRAINED * number))])
    clusters.add(vectors)
    return clusters


def _load_clusters(path: Path) -> faiss.IndexIVF:
    try:
        # As for the vectors: Windows renames no folder with open files.
        clusters = faiss.read_index(str(path), 0 if os.name == "nt" else faiss.IO_FLAG_MMAP)
    except (RuntimeError, MemoryError) as error:
        raise CorruptIndex(f"The clusters in {path} can't be read.") from error
    if not isinstance(clusters, faiss.IndexIVFScalarQuantizer):
        raise CorruptIndex(f"The clusters in {path} are of another kind than this version of Citeline writes.")
    lists = faiss.downcast_InvertedLists(clusters.invlists)  # type: ignore[arg-type]
    if isinstance(lists, faiss.OnDiskInvertedLists):
        lists.prefetch_nthread = 0  # it would start threads for every question, to read what is in memory already
    if path.stat().st_size < clusters.ntotal * clusters.code_size:  # one that was opened so, and written again
        raise CorruptIndex(f"{path} only points to the clusters in another file.")
    return clusters


def _selector(allowed: NDArray[np.bool_] | None) -> tuple[faiss.IDSelector | None, NDArray[np.uint8] | None]:
    """Return FAISS' way to say which rows are allowed, and the bits to hold on to: it keeps no reference."""
    if allowed is None:
        return None, None
    bits = np.packbits(allowed, bitorder="little")
    return faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits)), bits


def _on_one_thread() -> None:
    # Of this thread only. FAISS shares out questions among threads: for one question, a team of them just spins.
    faiss.omp_set_num_threads(1)


def _best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]
