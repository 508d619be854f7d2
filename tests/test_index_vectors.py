from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorruptIndex, StorageProblem
from index.vectors import FaissVectors
from tests.fakes import MemoryVectors

KINDS = [FaissVectors, MemoryVectors]
Kind = type[FaissVectors] | type[MemoryVectors]
every_kind = pytest.mark.parametrize("kind", KINDS)


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
def test_of_equal_vectors_the_lowest_rows_are_found(kind: Kind) -> None:
    vectors = np.ones((300, 8), np.float32)
    vectors[150] = 2
    rows, _ = kind.from_vectors(vectors).search(np.ones(8, np.float32), 5)
    assert [150, 0, 1, 2, 3] == rows.tolist()


@every_kind
def test_scores_are_inner_products_whatever_the_lengths(kind: Kind) -> None:
    rng = np.random.default_rng(7)
    vectors, question = rng.normal(size=(500, 64)).astype(np.float32), 9 * rng.normal(size=64).astype(np.float32)
    rows, scores = kind.from_vectors(vectors).search(question, 20)
    np.testing.assert_allclose(vectors[rows] @ question, scores, rtol=1e-5)
    assert set(np.argsort(-(vectors @ question))[:20].tolist()) == set(rows.tolist())


@every_kind
def test_a_saved_index_is_the_same_when_loaded(kind: Kind, tmp_path: Path) -> None:
    vectors = np.random.default_rng(3).normal(size=(17, 5)).astype(np.float32)
    kind.from_vectors(vectors).save(tmp_path / "v")
    loaded = kind.load(tmp_path / "v")
    np.testing.assert_array_equal(vectors, loaded.take(np.arange(17)))
    assert 17 == len(loaded)


@every_kind
def test_an_empty_index_finds_nothing(kind: Kind, tmp_path: Path) -> None:
    kind.from_vectors(np.empty((0, 4), np.float32)).save(tmp_path / "v")
    rows, scores = kind.load(tmp_path / "v").search(np.ones(4, np.float32), 3)
    assert ([], []) == (rows.tolist(), scores.tolist())


@pytest.mark.parametrize("content", [b"", b"IxFI", b"not an index at all", b"\xff" * 200])
def test_a_file_that_is_no_index_is_corrupt(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(CorruptIndex, match="v"):
        FaissVectors.load(tmp_path / "v")


def test_a_cut_off_file_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "v"
    FaissVectors.from_vectors(np.ones((9, 4), np.float32)).save(path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(CorruptIndex):
        FaissVectors.load(path)


def test_a_place_that_cannot_be_written_is_a_storage_problem(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem, match="missing"):
        FaissVectors.from_vectors(np.ones((1, 4), np.float32)).save(tmp_path / "missing" / "v")
