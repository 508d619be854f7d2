import os
import sys
import threading

import numpy as np
import pytest

from corpus.errors import StorageProblem
from index.generations import manifest
from index.generations.compaction import Compactor, due_merges
from index.maintenance.consistency import check
from index.search.indexed_sentences import PLACE_BITS, SPAN_DTYPE
from index.search.segments import Segment
from index.search.vectors import VectorIndex
from tests.indexing import Workspace, found, ignore, sentences, split_lines
from tests.waiting import comes

NONE = np.empty(0, np.int64)


@pytest.fixture
def workspace(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """With six articles of three sentences that were added one by one, so that there are segments to merge."""
    monkeypatch.setattr("index.generations.builder.MAX_MERGED_SENTENCES", 4)  # else it takes thousands of sentences
    current = None
    for number in range(6):
        workspace.add_many(101 * number, 1)
        current = workspace.update(current)
    return workspace


def compact_once(workspace: Workspace) -> bool:
    """Merge what is due; return whether that was anything."""
    current = workspace.builder.open_current()
    with workspace.builder.stage_compaction(current) as compaction:
        return (
            compaction is not None and workspace.builder.publish_compaction(compaction, current, ignore) is not current
        )


def segment(first: int, count: int) -> Segment:
    spans = np.array([(number << PLACE_BITS, 0, 1) for number in range(first, first + count)], SPAN_DTYPE)
    return Segment(f"{first}", spans, VectorIndex.from_vectors(np.ones((count, 2), np.float32)))


def names(lengths: list[int], max_sentences: int, tombstones: np.ndarray = NONE) -> list[list[str]]:
    starts = np.cumsum([0, *lengths]).tolist()
    segments = [segment(start, count) for start, count in zip(starts, lengths, strict=False)]
    return [[one.name for one in run] for run in due_merges(segments, tombstones, max_sentences)]


def test_builds_leave_long_merges_and_the_last_segments_are_left_to_builds() -> None:
    assert [] == names([], 10)
    assert [] == names([100, 50, 25], 10)
    assert [["0", "50"]] == names([50, 50], 10)
    assert [] == names([9], 10)
    assert [] == names([50, 4, 3], 10), "builds merge these two"
    assert [["50", "58"]] == names([50, 8, 8, 3], 10)
    assert [["0"]] == names([50, 3], 10, np.arange(40)), "most of it is deleted"


def test_merged_segments_take_the_place_of_the_others_and_answer_the_same(workspace: Workspace) -> None:
    before = workspace.builder.open_current()
    assert before is not None
    assert len(before.segments) > 2
    assert compact_once(workspace)
    after = workspace.builder.open_current()
    assert after is not None
    assert len(after.segments) < len(before.segments)
    assert before.manifest.revision == after.manifest.revision
    assert sentences(workspace, before) == sentences(workspace, after)
    np.testing.assert_array_equal(before.take(np.arange(18)), after.take(np.arange(18)))
    assert found(workspace, before, "harbour1") == found(workspace, after, "harbour1")
    assert () == check(workspace.store, workspace.repository, split_lines).problems
    assert not compact_once(workspace), "nothing is left to be done"


def test_the_generation_to_roll_back_to_stays_after_a_compaction(workspace: Workspace) -> None:
    before_last = workspace.repository.numbers()[0]
    assert compact_once(workspace)
    assert [before_last, 7] == workspace.repository.numbers()
    assert 1 == workspace.builder.pending(workspace.builder.roll_back(ignore))


def test_what_is_added_and_deleted_while_segments_are_merged_is_not_lost(workspace: Workspace) -> None:
    first = workspace.builder.open_current()
    articles = workspace.store.page(0, 100)
    with workspace.builder.stage_compaction(first) as compaction:
        assert compaction is not None
        workspace.store.delete(articles[-1].id)
        workspace.add("A whale was seen")
        workspace.update()
        taken = workspace.builder.publish_compaction(compaction, first, ignore)
    assert taken is not None
    assert ["A whale was seen"] == found(workspace, taken, "whale")
    assert len(sentences(workspace, taken)) == 5 * 3 + 1
    assert () == check(workspace.store, workspace.repository, split_lines).problems
    assert [] == [path.name for path in workspace.repository.folder.glob("merging*") if path.is_dir()]


def test_a_merge_of_what_a_rebuild_replaced_changes_nothing(workspace: Workspace) -> None:
    first = workspace.builder.open_current()
    with workspace.builder.stage_compaction(first) as compaction:
        assert compaction is not None
        rebuilt = workspace.rebuild()
        assert rebuilt is workspace.builder.publish_compaction(compaction, rebuilt, ignore)


def test_one_merges_at_a_time_and_leaves_what_another_left(workspace: Workspace) -> None:
    with workspace.repository.compaction_staging() as folder:
        assert folder is not None
        (folder / "left").write_text("by one that is killed")
        assert not compact_once(workspace)
    (workspace.repository.folder / "merging").mkdir()
    (workspace.repository.folder / "merging" / "left").write_text("by one that was killed")
    assert compact_once(workspace)
    assert not (workspace.repository.folder / "merging").exists()


def test_what_is_merged_is_read_and_checked_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    current = workspace.builder.open_current()
    with workspace.builder.stage_compaction(current) as compaction:
        assert compaction is not None
        read: list[str] = []
        mark = manifest._mark
        # Nothing else shows which files are read.
        monkeypatch.setattr(manifest, "_mark", lambda path: (read.append(path.name), mark(path))[1])
        assert current is not workspace.builder.publish_compaction(compaction, current, ignore)
    assert "dead.npy" in read
    assert not any(name.endswith(".vectors.npy") for name in read)


def test_an_indexer_merges_by_itself(workspace: Workspace) -> None:
    indexer = workspace.indexer()
    indexer.open()
    assert indexer.current is not None
    count = len(indexer.current.segments)
    merged_once = threading.Event()
    merge = indexer._compact
    indexer._compactor._compact = lambda: (merge(), merged_once.set())  # type: ignore[method-assign]
    indexer.start()
    assert merged_once.wait(20)
    indexer.stop()
    assert len(indexer.current.segments) < count


def test_a_command_merges_when_it_is_done(workspace: Workspace) -> None:
    indexer = workspace.indexer()
    indexer.open()
    before = indexer.catch_up()
    indexer.compact_now()
    assert indexer.current is not None
    assert len(indexer.current.segments) < len(before.segments)
    assert indexer.current is workspace.builder.open_current(indexer.current)


def test_a_compaction_notices_a_rollback_meanwhile(workspace: Workspace) -> None:
    indexer = workspace.indexer()
    indexer.open()
    indexer.catch_up()
    workspace.builder.roll_back(ignore)
    indexer.compact_now()
    assert 1 == indexer.pending()
    indexer.start()
    assert comes(lambda: indexer.pending() == 0), "whether or not the store changes again"
    indexer.stop()


def test_an_article_that_is_live_again_after_a_rollback_is_not_left_out(workspace: Workspace) -> None:
    workspace.store.delete(workspace.store.page(0, 100)[-1].id)
    current = workspace.update()
    with workspace.builder.stage_compaction(current) as compaction:
        assert compaction is not None
        back = workspace.builder.roll_back(ignore)
        assert back is not None
        taken = workspace.builder.publish_compaction(compaction, back, ignore)
    assert taken is not None
    assert back.spans["key"][back.live].tolist() == taken.spans["key"][taken.live].tolist()
    assert 1 == workspace.builder.pending(taken)


def test_a_lack_of_room_is_reported_before_any_is_taken(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.generations.compaction._SPACE_FACTOR", 1e15)  # as if the disk were full
    with pytest.raises(StorageProblem, match="no room for it in"):
        compact_once(workspace)
    assert not (workspace.repository.folder / "merging").exists()


def test_what_a_killed_merge_left_goes_with_the_next_build(workspace: Workspace) -> None:
    (workspace.repository.folder / "merging").mkdir()
    (workspace.repository.folder / "merging" / "left").write_text("by one that was killed")
    workspace.add("A whale was seen")
    workspace.update()
    assert not (workspace.repository.folder / "merging").exists()


def test_a_failing_compaction_is_logged_once_and_retried(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.generations.compaction._RETRY_SECONDS", 0.001)
    monkeypatch.setattr("index.generations.compaction._MAX_RETRY_SECONDS", 0.001)
    tried, often = [], threading.Event()

    def merge() -> None:
        tried.append(1)
        if len(tried) == 3:
            often.set()
        raise OSError("The disk is full.")

    compactor = Compactor(merge)
    compactor.start()
    compactor.wake()
    assert often.wait(20)
    compactor.stop()
    assert 1 == caplog.text.count("can't be merged. The disk is full.")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, a thread has no priority of its own")
def test_a_process_of_the_lowest_priority_merges_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refused)
    done = threading.Event()
    compactor = Compactor(done.set)
    compactor.start()
    compactor.wake()
    assert done.wait(20)
    compactor.stop()
