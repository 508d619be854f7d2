"""Vector search by FAISS in immutable, memory-mapped files, whose memory all processes share."""

import math
import os
from functools import cached_property
from pathlib import Path
from typing import Self

import faiss
import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex, StorageProblem
from index.search.arrays import mapped

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]
CLUSTERED_FROM = 30_000  # vectors; an exhaustive search of fewer takes a few milliseconds
# The figures behind these are in docs/decisions.md.
PROBED_SHARE = 0.1  # of the clusters, those with the nearest centroids
_MIN_PROBED = 96  # clusters
_NEARLY_ALL = 0.9  # of the vectors; where more are allowed, as many clusters are probed as if all were
_TRAINING_VECTORS = 64  # per cluster
_RESCORED = 4  # times k: the number of best vectors by 8-bit codes that are rescored with full precision
_MIN_RESCORED = 400


class VectorIndex:
    """An immutable set of vectors by row, searched exhaustively, or from CLUSTERED_FROM vectors on by an IVF index.

    The candidates of the IVF index, which has 8-bit codes, are rescored, so that inner products are exact either way.
    """

    def __init__(self, vectors: Vectors, clusters: faiss.IndexIVF | None = None, loaded: bool = False) -> None:
        self._vectors = vectors
        self._clusters = clusters
        self._loaded = loaded

    @classmethod
    def from_vectors(cls, vectors: Vectors, clustered_from: int = CLUSTERED_FROM) -> Self:
        """Index vectors of shape (n, dimension)."""
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        return cls(vectors, _clustered(vectors) if len(vectors) >= clustered_from else None)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open an index that `save` wrote, without reading it into memory; raises CorruptIndex."""
        vectors = mapped(path, np.float32, dimensions=2)
        beside = clusters_path(path)
        if not beside.exists():
            return cls(vectors, loaded=True)
        try:
            # As for the vectors: Windows renames no folder with open files.
            clusters = faiss.read_index(str(beside), 0 if os.name == "nt" else faiss.IO_FLAG_MMAP)
        except (RuntimeError, MemoryError) as error:
            raise CorruptIndex(f"The clusters in {beside} can't be read.") from error
        if not isinstance(clusters, faiss.IndexIVFScalarQuantizer):
            raise CorruptIndex(f"The clusters in {beside} are of another kind than this version of Citeline writes.")
        lists = faiss.downcast_InvertedLists(clusters.invlists)  # type: ignore[arg-type]
        if isinstance(lists, faiss.OnDiskInvertedLists):
            lists.prefetch_nthread = 0  # it would start threads for every question, to read what is in memory already
        if beside.stat().st_size < clusters.ntotal * clusters.code_size:  # FAISS wrote mapped clusters
            raise CorruptIndex(f"{beside} only points to the clusters in another file.")
        if (clusters.ntotal, clusters.d) != vectors.shape:
            raise CorruptIndex(f"{beside} and {path} do not hold the same vectors.")
        return cls(vectors, clusters, loaded=True)

    @property
    def dimension(self) -> int:
        """The number of components of a vector."""
        return int(self._vectors.shape[1])

    @property
    def is_clustered(self) -> bool:
        """Whether the search is by an IVF index, which compares the vectors of some clusters only."""
        return self._clusters is not None

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, question: Vectors, k: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """Return the k rows with the highest inner product, best first (ties: lower row first), and their products.

        `question` has shape (dimension,) and any norm, `allowed` shape (len(self),). Fewer than k where fewer are
        allowed. A clustered search is approximate: it may miss some of the k, most likely the last ones.
        """
        question = np.ascontiguousarray(question, dtype=np.float32)
        available = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if min(k, available) == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if self._clusters is None or (allowed is not None and available < CLUSTERED_FROM) or k * _RESCORED >= available:
            return self._search_exhaustively(question, min(k, available), allowed, available)
        return self._search_clusters(self._clusters, question, k, allowed, available)

    def take(self, rows: Rows) -> Vectors:
        """Return the vectors at rows, of shape (len(rows), dimension)."""
        return self._vectors.take(rows, axis=0)  # releases the GIL

    def save(self, path: Path) -> None:
        """Write the index to a file, and the clusters to one beside it; raises StorageProblem."""
        try:
            with path.open("wb") as file:
                np.save(file, self._vectors)
            if self._clusters is not None:
                # FAISS can't write clusters that it maps from a file to another one: they are made once more.
                clusters = _clustered(self._vectors) if self._loaded else self._clusters
                faiss.write_index(clusters, str(clusters_path(path)))
        except (RuntimeError, OSError) as error:
            raise StorageProblem(f"{path} can't be written. Is the disk full?") from error

    def _search_exhaustively(
        self, question: Vectors, k: int, allowed: Mask | None, available: int
    ) -> tuple[Rows, Scores]:
        rows, scores = self._knn(question, min(k + 1, available), allowed)
        # Of equal products FAISS returns any: search deeper until the k-th is better than the last one.
        while len(rows) < available and scores[-1] == scores[k - 1]:
            rows, scores = self._knn(question, min(4 * len(rows), available), allowed)
        return _best(rows, scores, k)

    def _knn(self, question: Vectors, k: int, allowed: Mask | None) -> tuple[Rows, Scores]:
        rows, scores = np.empty(k, np.int64), np.empty(k, np.float32)
        selector, _bits = _selector(allowed)
        _on_one_thread()
        pointers = [faiss.swig_ptr(array) for array in (question, self._vectors)]
        found = [faiss.swig_ptr(array) for array in (scores, rows)]
        shape = (self._vectors.shape[1], 1, len(self))
        faiss.knn_inner_product(*pointers, *shape, k, *found, selector)  # type: ignore[call-arg]  # it takes that, too
        return rows, scores

    def _search_clusters(
        self, clusters: faiss.IndexIVF, question: Vectors, k: int, allowed: Mask | None, available: int
    ) -> tuple[Rows, Scores]:
        # At first, the nearest clusters are searched that have at least PROBED_SHARE of the allowed vectors.
        share = min(1.0, max(PROBED_SHARE, _MIN_PROBED / clusters.nlist))
        if allowed is None or available > _NEARLY_ALL * len(self):
            probes = math.ceil(share * clusters.nlist)
        else:
            counts = np.bincount(self._cluster_of_row[allowed], minlength=clusters.nlist)
            _, order = clusters.quantizer.search(question.reshape(1, -1), clusters.nlist)
            probes = min(clusters.nlist, 1 + int(np.searchsorted(np.cumsum(counts[order[0]]), share * available)))
        selector, _bits = _selector(allowed)
        params = faiss.SearchParametersIVF()
        params.nprobe, params.sel = probes, selector
        _on_one_thread()
        wanted = min(available, max(_MIN_RESCORED, _RESCORED * k))
        while True:
            _, rows = clusters.search(question.reshape(1, -1), wanted, params=params)
            found = rows[0][rows[0] >= 0]
            if len(found) == wanted or params.nprobe == clusters.nlist:
                return _best(found, self.take(found) @ question, k)
            params.nprobe = min(clusters.nlist, 2 * params.nprobe)

    @cached_property
    def _cluster_of_row(self) -> NDArray[np.int32]:
        """The number of every row's cluster."""
        assert self._clusters is not None
        numbers, lists = np.empty(len(self), np.int32), self._clusters.invlists
        assert lists is not None
        for number in range(self._clusters.nlist):
            size = lists.list_size(number)
            if size:
                numbers[faiss.rev_swig_ptr(lists.get_ids(number), size)] = number
        return numbers


def clusters_path(path: Path) -> Path:
    """Return the path of the clusters of a file of vectors, which exists if it has any."""
    return path.with_suffix(".clusters")


def _clustered(vectors: Vectors) -> faiss.IndexIVF:
    count, dimension = vectors.shape
    number = max(1, int(np.sqrt(count)))
    inner = faiss.METRIC_INNER_PRODUCT
    clusters = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension), dimension, number, faiss.ScalarQuantizer.QT_8bit, inner, False
    )
    _on_one_thread()
    clusters.train(vectors[:: max(1, count // (_TRAINING_VECTORS * number))])
    clusters.add(vectors)
    return clusters


def _selector(allowed: Mask | None) -> tuple[faiss.IDSelector | None, NDArray[np.uint8] | None]:
    """Return FAISS's selector of the allowed rows, and the bits it points to, which the caller must keep alive."""
    if allowed is None:
        return None, None
    bits = np.packbits(allowed, bitorder="little")
    return faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits)), bits


def _on_one_thread() -> None:
    # For the calling thread only. FAISS runs each query on one thread: with one query, the others only spin.
    faiss.omp_set_num_threads(1)


def _best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]
