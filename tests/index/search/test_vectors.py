from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorruptIndex, StorageProblem
from index.search.vectors import CLUSTERED_FROM, VectorIndex, clusters_path
from tests.fakes import MemoryVectors

Kind = type[VectorIndex] | type[MemoryVectors]
every_kind = pytest.mark.parametrize("kind", [VectorIndex, MemoryVectors])


def oracle(vectors: np.ndarray, question: np.ndarray, k: int, allowed: np.ndarray | None) -> list[tuple[float, int]]:
    rows = range(len(vectors)) if allowed is None else [row for row in range(len(vectors)) if allowed[row]]
    return sorted((-float(np.dot(vectors[row], question)), row) for row in rows)[:k]


@every_kind
@given(data=st.data())
def test_finds_what_comparing_with_every_vector_finds_ties_included(kind: Kind, data: st.DataObject) -> None:
    # Small whole numbers: products are exact, ties are many, and no vector is unit.
    count = data.draw(st.integers(0, 40))
    numbers = st.lists(st.integers(-2, 2), min_size=3 * count, max_size=3 * count)
    vectors = np.array(data.draw(numbers), np.float32).reshape(count, 3)
    question = np.array(data.draw(st.lists(st.integers(-5, 5), min_size=3, max_size=3)), np.float32)
    allowed = data.draw(st.none() | st.lists(st.booleans(), min_size=count, max_size=count))
    mask = None if allowed is None else np.array(allowed, np.bool_)
    k = data.draw(st.integers(0, 50))
    rows, scores = kind.from_vectors(vectors).search(question, k, mask)
    expected = oracle(vectors, question, k, mask)
    assert [row for _, row in expected] == rows.tolist()
    assert [-score for score, _ in expected] == scores.tolist()


@every_kind
def test_of_many_equal_vectors_the_lowest_rows_are_found(kind: Kind) -> None:
    vectors = np.ones((300, 8), np.float32)
    vectors[150] = 2
    rows, _ = kind.from_vectors(vectors).search(np.ones(8, np.float32), 5)
    assert [150, 0, 1, 2, 3] == rows.tolist()


@every_kind
@pytest.mark.parametrize("count", [0, 17])
def test_a_saved_index_is_the_same_when_loaded(kind: Kind, tmp_path: Path, count: int) -> None:
    vectors = np.random.default_rng(3).normal(size=(count, 5)).astype(np.float32)
    kind.from_vectors(vectors).save(tmp_path / "v")
    loaded = kind.load(tmp_path / "v")
    np.testing.assert_array_equal(vectors, loaded.take(np.arange(count)))
    rows, scores = loaded.search(np.ones(5, np.float32), 99)
    assert (count, count, count) == (len(loaded), len(rows), len(scores))


def test_a_place_that_cannot_be_written_is_a_storage_problem(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem, match="missing"):
        VectorIndex.from_vectors(np.ones((1, 4), np.float32)).save(tmp_path / "missing" / "v")


def clouds(count: int, dimension: int = 24) -> np.ndarray:
    """Return vectors around 60 centres, of lengths between 1 and 2."""
    rng = np.random.default_rng(count)
    centres = rng.normal(size=(60, dimension))
    vectors = centres[rng.integers(0, 60, count)] + 0.6 * rng.normal(size=(count, dimension))
    lengths = rng.uniform(1, 2, (count, 1)) / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors * lengths).astype(np.float32)


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    """So many vectors that they are clustered, as they are opened from their files."""
    path = tmp_path_factory.mktemp("clustered") / "v.npy"
    VectorIndex.from_vectors(clouds(40_000)).save(path)
    loaded = VectorIndex.load(path)
    assert loaded.is_clustered
    return loaded


MASKS = {
    "all": lambda rows: np.ones(len(rows), np.bool_),
    "all but one": lambda rows: rows != 17,
    "most": lambda rows: rows % 9 != 0,
    "half": lambda rows: rows % 2 == 0,
    "few": lambda rows: rows % 2_000 == 0,
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("k", [1, 10, 100])
def test_of_very_many_nearly_all_of_the_nearest_are_found(clustered: VectorIndex, k: int, name: str) -> None:
    vectors, found, wanted = clouds(40_000), 0, 0
    mask = MASKS[name](np.arange(len(vectors)))
    for question in clouds(60):
        rows, scores = clustered.search(3 * question, k, None if name == "all" else mask)
        products = vectors @ (3 * question)
        np.testing.assert_allclose(products[rows], scores, rtol=1e-5, atol=1e-6)
        assert (np.diff(scores) <= 0).all()
        assert mask[rows].all()
        best = nearest(products, mask, k)
        assert len(best) == len(rows) == len(set(rows.tolist()))
        found, wanted = found + len(set(best.tolist()) & set(rows.tolist())), wanted + len(best)
    assert found >= 0.99 * wanted


def nearest(products: np.ndarray, mask: np.ndarray, k: int) -> np.ndarray:
    candidates = np.flatnonzero(mask)
    return candidates[np.argsort(-products[candidates])[:k]]


def test_farther_clusters_are_searched_where_near_rows_are_not_allowed(
    clustered: VectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.vectors._MIN_PROBED", 1)  # a tenth of the clusters, as of a million vectors
    vectors, found = clouds(40_000), 0
    for question in clouds(60):
        products = vectors @ question
        mask = products < np.quantile(products, 0.8)
        assert mask.sum() >= CLUSTERED_FROM
        rows, _ = clustered.search(question, 10, mask)
        found += len(set(nearest(products, mask, 10).tolist()) & set(rows.tolist()))
    assert found >= 0.45 * 600, "a share of clusters as if the allowed were spread evenly gives .24"


def test_what_was_opened_is_saved_like_what_was_made(clustered: VectorIndex, tmp_path: Path) -> None:
    clustered.save(tmp_path / "v.npy")
    again = VectorIndex.load(tmp_path / "v.npy")
    for question in clouds(5):
        assert clustered.search(question, 10)[0].tolist() == again.search(question, 10)[0].tolist()


def test_clusters_that_are_in_another_file_are_corrupt(clustered: VectorIndex, tmp_path: Path) -> None:
    clustered.save(tmp_path / "v.npy")
    faiss.write_index(faiss.read_index(str(tmp_path / "v.clusters"), faiss.IO_FLAG_MMAP), str(tmp_path / "w.clusters"))
    (tmp_path / "v.npy").rename(tmp_path / "w.npy")
    with pytest.raises(CorruptIndex, match="only points to the clusters in another file"):
        VectorIndex.load(tmp_path / "w.npy")


def test_all_that_is_asked_for_is_found_however_much(clustered: VectorIndex) -> None:
    rows, _ = clustered.search(clouds(1)[0], 39_999)
    assert 39_999 == len(set(rows.tolist()))
    allowed = np.zeros(len(clustered), np.bool_)
    allowed[[5, 39_000]] = True
    assert {5, 39_000} == set(clustered.search(clouds(1)[0], 10, allowed)[0].tolist())


def test_of_equal_vectors_among_very_many_none_is_found_twice() -> None:
    same = VectorIndex.from_vectors(np.ones((5_000, 8), np.float32), clustered_from=1_000)
    rows, scores = same.search(np.ones(8, np.float32), 5)
    assert (5, [8.0] * 5) == (len(set(rows.tolist())), scores.tolist())


def test_fewer_are_compared_with_each(tmp_path: Path) -> None:
    VectorIndex.from_vectors(clouds(1_000)).save(tmp_path / "v.npy")
    assert ["v.npy"] == [path.name for path in tmp_path.iterdir()]
    assert not VectorIndex.load(tmp_path / "v.npy").is_clustered


@pytest.mark.parametrize("content", [b"", b"IxFI", b"not clusters at all", b"\xff" * 200])
def test_damaged_clusters_are_corrupt(tmp_path: Path, content: bytes) -> None:
    VectorIndex.from_vectors(clouds(500), clustered_from=100).save(tmp_path / "v.npy")
    clusters_path(tmp_path / "v.npy").write_bytes(content)
    with pytest.raises(CorruptIndex, match="v"):
        VectorIndex.load(tmp_path / "v.npy")


def test_clusters_of_other_vectors_are_corrupt(tmp_path: Path) -> None:
    VectorIndex.from_vectors(clouds(500), clustered_from=100).save(tmp_path / "v.npy")
    VectorIndex.from_vectors(clouds(400)).save(tmp_path / "v.npy")
    with pytest.raises(CorruptIndex, match="do not hold the same vectors"):
        VectorIndex.load(tmp_path / "v.npy")


def test_vectors_of_another_kind_are_corrupt(tmp_path: Path) -> None:
    for other in (np.ones((3, 4)), np.ones(3, np.float32), np.asfortranarray(np.ones((3, 4), np.float32))):
        np.save(tmp_path / "v.npy", other)
        with pytest.raises(CorruptIndex, match="another kind"):
            VectorIndex.load(tmp_path / "v.npy")
