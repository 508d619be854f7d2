"""What is left on the disk when a process dies, or the disk is full, at any moment of building an index."""

import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus.errors import StorageProblem
from index.generations import builder
from index.maintenance.consistency import check
from tests.disks import Disk, read_only, small_disk
from tests.indexing import Workspace, found, ignore, sentences, split_lines

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

FILE_EVENTS = {"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "os.scandir", "shutil.copyfile"}
# A server that has imported everything and has one thread: its children start in milliseconds, and safely.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.indexing"])


def dies_at(event: int) -> None:
    """Have this process end right before the numbered event from now on that has to do with files."""
    seen = 0

    def count(name: str, _: tuple[object, ...]) -> None:
        nonlocal seen
        seen += name in FILE_EVENTS
        if seen >= event:
            os._exit(9)

    sys.addaudithook(count)


def die_at(folder: Path, event: int, rebuild: bool) -> None:
    """Build, and die without a farewell right before the numbered event that has to do with files."""
    workspace = Workspace.open(folder)
    dies_at(event)
    workspace.rebuild() if rebuild else workspace.update()


def merge(folder: Path) -> None:
    """Merge what builds left, beside them."""
    builder.MAX_MERGED_SENTENCES = 4
    workspace = Workspace.open(folder)
    current = workspace.builder.open_current()
    with workspace.builder.stage_compaction(current) as compaction:
        assert compaction is not None
        workspace.builder.publish_compaction(compaction, current, ignore)


def die_merging(folder: Path, event: int) -> None:
    """Merge, and die right before the numbered event that has to do with files."""
    dies_at(event)
    merge(folder)


def build_repeatedly(folder: Path, ready: Path) -> None:
    """Rebuild until someone ends it."""
    workspace = Workspace.open(folder)
    ready.write_text("")
    while True:
        workspace.rebuild()


def build_with_little_room(folder: Path, largest_file: int) -> None:
    """Build where no file may be larger than so many bytes, and exit with 3 where that is a StorageProblem."""
    workspace = Workspace.open(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
    try:
        workspace.update()
    except StorageProblem:
        os._exit(3)
    os._exit(0)


def run(target: Callable[..., None], *args: object) -> int:
    process = PROCESSES.Process(target=target, args=args)
    process.start()
    process.join(60)
    code = process.exitcode
    process.close()
    assert code is not None
    return code


def answers_of(folder: Path) -> list[str] | None:
    """Return what the published generation holds, whose files are all checked by that; None where there is none."""
    workspace = Workspace.open(folder)
    generation = workspace.builder.open_current()
    answers = None if generation is None else sorted(found(workspace, generation, "sailed"))
    if generation is not None:
        assert answers == sorted(sentences(workspace, generation))
    workspace.close()
    return answers


def after_an_update(folder: Path) -> list[str]:
    workspace = Workspace.open(folder)
    generation = workspace.update()
    answers = sorted(found(workspace, generation, "sailed"))
    assert answers == sorted(sentences(workspace, generation))
    workspace.close()
    return answers


def test_a_death_at_any_moment_leaves_the_old_generation_or_the_new(tmp_path: Path) -> None:
    rng = random.Random(11)
    old: list[str] | None = None
    deaths = 0
    for step in range(20):
        workspace = Workspace.open(tmp_path)
        workspace.add(f"Ship{step} sailed.")
        new = [f"Ship{number} sailed." for number in range(step + 1)]
        workspace.close()
        deaths += run(die_at, tmp_path, rng.randint(1, 90), step % 5 == 4) == 9
        left = answers_of(tmp_path)
        assert left in (old, sorted(new))
        old = left
        if step % 3 == 2:
            assert sorted(new) == after_an_update(tmp_path)
            old = sorted(new)
    assert deaths > 8, "too few of the processes died before they were done"
    workspace = Workspace.open(tmp_path)
    workspace.add("Ship99 sailed.")
    workspace.update()
    assert [] == list((tmp_path / "index").glob("unfinished-*"))
    assert len(workspace.repository.numbers()) <= 3
    workspace.close()


def test_a_death_at_any_moment_of_a_merge_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "MAX_MERGED_SENTENCES", 4)
    expected: list[str] = []
    deaths = 0
    for step in range(12):
        workspace = Workspace.open(tmp_path)
        current = workspace.builder.open_current()
        for _ in range(4 if step == 0 else 2):
            expected.append(f"Ship{len(expected)} sailed.")
            workspace.add("\n".join([expected[-1], *(f"It is {len(expected)}, {word}." for word in "abc")]))
            current = workspace.update(current)
        before = workspace.repository.numbers()
        workspace.close()
        deaths += run(die_merging, tmp_path, 1 + 9 * step) == 9
        workspace = Workspace.open(tmp_path)
        current = workspace.builder.open_current()
        assert current is not None
        assert sorted(expected) == sorted(one for one in sentences(workspace, current) if "sailed" in one)
        assert () == check(workspace.store, workspace.repository, split_lines).problems
        assert before[0] in workspace.repository.numbers(), "what was before can still be gone back to"
        assert 0 == workspace.builder.pending(current)
        workspace.close()
    assert deaths > 6, "too few of the processes died before they were done"
    assert 0 == run(merge, tmp_path)
    assert [] == [path.name for name in ("merging", "unfinished-*") for path in (tmp_path / "index").glob(name)]
    workspace = Workspace.open(tmp_path)
    merged = workspace.builder.open_current()
    assert merged is not None
    assert len(merged.segments) < len(current.segments)
    assert sorted(expected) == sorted(one for one in sentences(workspace, merged) if "sailed" in one)
    workspace.close()


def test_sigkill_at_any_moment_leaves_a_whole_generation(tmp_path: Path) -> None:
    rng = random.Random(5)
    workspace = Workspace.open(tmp_path)
    workspace.add_many(0, 60)
    expected = sorted(f"Ship{number} sailed." for number in range(8))
    for sentence in expected:
        workspace.add(sentence)
    workspace.update()
    workspace.close()
    for step in range(6):
        ready = tmp_path / f"ready{step}"
        process = PROCESSES.Process(target=build_repeatedly, args=(tmp_path, ready))
        process.start()
        while not ready.exists():
            time.sleep(0.002)
        time.sleep(rng.random() * 0.2)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        process.close()
        workspace = Workspace.open(tmp_path)
        generation = workspace.builder.open_current()
        assert generation is not None
        assert expected == found(workspace, generation, "sailed")
        assert 68 == generation.manifest.articles
        workspace.close()


def test_processes_that_build_at_once_lose_nothing(tmp_path: Path) -> None:
    Workspace.open(tmp_path).close()
    processes = [PROCESSES.Process(target=add_and_update, args=(tmp_path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [0, 0, 0] == [process.exitcode for process in processes]
    assert sorted(f"Ship{number} sailed on day{day}." for number in range(3) for day in range(4)) == answers_of(
        tmp_path
    )


def add_and_update(folder: Path, number: int) -> None:
    workspace = Workspace.open(folder)
    current = None
    for day in range(4):
        workspace.add(f"Ship{number} sailed on day{day}.")
        current = workspace.update(current)


def test_a_disk_that_refuses_leaves_the_last_generation_and_room_cures_it(tmp_path: Path) -> None:
    expected: list[str] = []
    refused = 0
    for step, largest in enumerate([0, 40, 150, 400, 900, 2000, 4000, 9000, 20_000]):
        workspace = Workspace.open(tmp_path)
        for number in range(20):
            workspace.add(f"Ship{step}x{number} sailed.")
        fresh = sorted([*expected, *(f"Ship{step}x{number} sailed." for number in range(20))])
        workspace.embeddings.embed([f"News: {text}" for text in fresh] + fresh)
        workspace.close()
        code = run(build_with_little_room, tmp_path, largest)
        assert code in (0, 3), f"the build ended with {code} where files may have {largest} bytes"
        refused += code == 3
        left = answers_of(tmp_path)
        assert (expected or None if code == 3 else fresh) == left
        assert [] == list((tmp_path / "index").glob("unfinished-*"))
        expected = after_an_update(tmp_path)
        assert fresh == expected
    assert refused > 3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", "256k") as made:
        yield made


def test_a_full_disk_is_a_storage_problem_and_room_cures_it(tmp_path: Path, disk: Disk) -> None:
    workspace = Workspace.open(tmp_path, index=disk.folder / "index")
    workspace.add("Ship1 sailed.")
    current = workspace.update()
    workspace.add_many(0, 50)
    for room in range(0, 160_000, 8_000):
        disk.fill(room)
        try:
            workspace.update(current)
            break
        except StorageProblem as error:
            assert str(disk.folder) in str(error)
        assert current.number == workspace.repository.current()
        assert ["Ship1 sailed."] == found(workspace, current, "sailed")
    assert room > 0, "it was never full"
    disk.empty()
    assert 51 == workspace.update(current).manifest.articles
    workspace.close()


def test_a_read_only_index_answers_on_and_says_why_it_cannot_grow(tmp_path: Path, disk: Disk) -> None:
    workspace = Workspace.open(tmp_path, index=disk.folder / "index")
    workspace.add("Ship1 sailed.")
    current = workspace.update()
    with read_only(disk.folder):
        assert current is workspace.update(current)
        assert ["Ship1 sailed."] == found(workspace, current, "sailed")
        assert ["Ship1 sailed."] == found(workspace, workspace.update(), "sailed")
        indexer = workspace.indexer()
        indexer.open()
        assert None is indexer.problem
        workspace.add("Ship2 sailed.")
        with pytest.raises(StorageProblem, match=r"[Rr]ead-only"):
            workspace.update(current)
    workspace.close()
