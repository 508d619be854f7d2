import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorruptIndex
from index.search.indexed_sentences import PLACE_BITS, SPAN_DTYPE, IndexedSentence
from index.search.segments import Segment, compact, files, live_mask
from index.search.vectors import VectorIndex


def segment(articles: dict[int, int]) -> Segment:
    """Return a segment with so many sentences of each article; the vectors tell which sentence they are of."""
    keys = [number << PLACE_BITS | place for number, count in articles.items() for place in range(count)]
    vectors = np.array([vector(key) for key in keys], np.float32).reshape(len(keys), 2)
    return Segment.of([IndexedSentence(key, 0, 1, "", "", "") for key in keys], vectors)


def vector(key: int) -> tuple[int, int]:
    return key >> PLACE_BITS, key & (2**PLACE_BITS - 1)


def live_keys(segments: list[Segment], tombstones: np.ndarray) -> list[int]:
    return [int(key) for part in segments for key in part.spans["key"][~np.isin(part.articles, tombstones)]]


@given(
    st.lists(st.tuples(st.lists(st.integers(1, 9), max_size=4), st.lists(st.integers(0, 30), max_size=5)), max_size=12)
)
def test_live_rows_stay_with_their_vectors_whatever_is_added_and_deleted(
    batches: list[tuple[list[int], list[int]]],
) -> None:
    segments: list[Segment] = []
    tombstones: set[int] = set()
    expected: list[int] = []
    number = 0
    for counts, chosen in batches:
        removed = {article for article in chosen if 0 < article <= number}
        fresh = dict(enumerate(counts, number + 1))
        number += len(counts)
        tombstones |= removed
        numbers = np.array(sorted(tombstones), np.int64)
        segments = compact([*segments, *([segment(fresh)] if fresh else [])], numbers)
        expected = [key for key in expected if key >> PLACE_BITS not in tombstones]
        expected += [article << PLACE_BITS | place for article, count in fresh.items() for place in range(count)]
        assert expected == live_keys(segments, numbers)
        assert all(part.spans["key"].tolist() == sorted(part.spans["key"].tolist()) for part in segments)
        rows = [part.vectors.take(np.arange(len(part))).tolist() for part in segments]
        assert [[list(vector(int(key))) for key in part.spans["key"]] for part in segments] == rows
        assert len(segments) <= math.log2(max(1, sum(map(len, segments)))) + 1
        assert sum(map(len, segments)) <= 2 * len(expected)


def test_a_long_segment_is_not_written_again_for_a_short_one() -> None:
    long, short = segment({1: 100}), segment({2: 3})
    assert [long.name, short.name] == [part.name for part in compact([long, short], np.empty(0, np.int64))]


def test_rows_of_deleted_articles_are_not_live() -> None:
    articles = np.array([1, 1, 2, 4, 4, 9])
    assert [False, False, True, False, False, True] == live_mask(articles, np.array([1, 3, 4])).tolist()


def test_a_saved_segment_is_the_same_when_loaded(tmp_path: Path) -> None:
    saved = segment({1: 3, 4: 2})
    saved.save(tmp_path)
    loaded = Segment.load(tmp_path, saved.name)
    assert saved.spans.tolist() == loaded.spans.tolist()
    assert saved.vectors.take(np.arange(5)).tolist() == loaded.vectors.take(np.arange(5)).tolist()


def test_a_segment_whose_files_do_not_fit_each_other_is_corrupt(tmp_path: Path) -> None:
    one, other = segment({1: 3}), segment({2: 4})
    one.save(tmp_path)
    other.save(tmp_path)
    (tmp_path / files(one.name)[0]).replace(tmp_path / files(other.name)[0])
    with pytest.raises(CorruptIndex, match="3 sentences but 4 vectors"):
        Segment.load(tmp_path, other.name)


@pytest.mark.parametrize("which", [0, 1])
def test_a_segment_without_one_of_its_files_is_corrupt(tmp_path: Path, which: int) -> None:
    saved = segment({1: 3})
    saved.save(tmp_path)
    (tmp_path / files(saved.name)[which]).unlink()
    with pytest.raises(CorruptIndex):
        Segment.load(tmp_path, saved.name)


@given(st.lists(st.integers(1, 4), max_size=8), st.sets(st.integers(0, 12)))
def test_live_sentences_and_deleted_articles_are_counted(counts: list[int], tombstones: set[int]) -> None:
    articles = {2 * number: count for number, count in enumerate(counts)}
    part, numbers = segment(articles), np.array(sorted(tombstones), np.int64)
    assert sorted(articles) == part.article_numbers.tolist()
    assert sorted(tombstones & set(articles)) == part.present(numbers).tolist()
    assert sum(count for number, count in articles.items() if number not in tombstones) == part.live_count(numbers)


def test_clusters_are_among_a_segments_files(tmp_path: Path) -> None:
    small = segment({1: 3})
    clustered = Segment("b", small.spans, VectorIndex.from_vectors(np.eye(3, dtype=np.float32), clustered_from=1))
    for part in (small, clustered):
        part.save(tmp_path)
    assert {*small.files, *clustered.files} == {path.name for path in tmp_path.iterdir()}
    assert (2, 3) == (len(small.files), len(Segment.load(tmp_path, "b").files))


@pytest.mark.parametrize("keys", [[], [5, 4], [4, 4]])
def test_a_segment_in_no_order_is_corrupt(tmp_path: Path, keys: list[int]) -> None:
    spans = np.array([(key, 0, 1) for key in keys], SPAN_DTYPE)
    Segment("a", spans, VectorIndex.from_vectors(np.ones((len(keys), 2), np.float32))).save(tmp_path)
    with pytest.raises(CorruptIndex, match="in no order"):
        Segment.load(tmp_path, "a")
