import os
import shutil
import threading
from pathlib import Path

import pytest

from corpus.errors import Conflict, CorruptIndex, StorageProblem
from index.files import FileIdentity, link
from index.generations.repository import GenerationRepository


@pytest.fixture
def repository(tmp_path: Path) -> GenerationRepository:
    return GenerationRepository(tmp_path / "index")


def publish(repository: GenerationRepository, number: int) -> Path:
    with repository.lock(), repository.generation_staging(number) as folder:
        (folder / "inside").mkdir()
        (folder / "inside" / "file").write_text(str(number))
        return repository.publish(folder, number)


def names(repository: GenerationRepository) -> set[str]:
    return {path.name for path in repository.folder.iterdir()} - {"lock"}


def test_a_folder_that_is_not_there_has_no_generation(repository: GenerationRepository) -> None:
    assert (None, []) == (repository.current(), repository.numbers())


def test_what_is_published_is_current(repository: GenerationRepository) -> None:
    folder = publish(repository, 1)
    assert (1, repository.path(1), "1") == (repository.current(), folder, (folder / "inside" / "file").read_text())
    publish(repository, 2)
    assert (2, [1, 2]) == (repository.current(), repository.numbers())


def test_what_is_not_published_is_thrown_away(repository: GenerationRepository) -> None:
    with pytest.raises(RuntimeError), repository.generation_staging(3) as folder:
        (folder / "file").write_text("")
        raise RuntimeError
    assert set() == names(repository)


def test_a_staging_folder_is_empty_whatever_was_left_there(repository: GenerationRepository) -> None:
    (repository.folder / "unfinished-00000003").mkdir(parents=True)
    (repository.folder / "unfinished-00000003" / "old").write_text("")
    with repository.generation_staging(3) as folder:
        assert [] == list(folder.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"seven", b"\xff\xfe", b"99", b"-2", b"1" * 5000, b"2 2"])
def test_where_the_pointer_is_missing_or_damaged_the_newest_is_current(
    repository: GenerationRepository, content: bytes | None
) -> None:
    publish(repository, 1)
    publish(repository, 2)
    (repository.folder / "CURRENT").unlink()
    if content is not None:
        (repository.folder / "CURRENT").write_bytes(content)
    assert 2 == repository.current()


def test_other_names_are_no_generations(repository: GenerationRepository) -> None:
    publish(repository, 4)
    for name in ("gen-x", "gen-", "gen-²²²²²²²²", "gen-00000007.bak", "gen-7"):
        (repository.folder / name).mkdir()
    assert [4] == repository.numbers()


def test_clearing_keeps_the_newest_and_the_current(repository: GenerationRepository) -> None:
    for number in range(1, 6):
        publish(repository, number)
    (repository.folder / "CURRENT").write_text("2")
    (repository.folder / "unfinished-00000009").mkdir()
    repository.clear(2)
    assert {"CURRENT", "gen-00000002", "gen-00000004", "gen-00000005"} == names(repository)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of open files are known on Linux only")
def test_the_pointer_is_the_last_thing_to_change(
    repository: GenerationRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but a power cut shows a missing sync, so the order of calls is what can be tested."""
    publish(repository, 1)
    calls: list[str] = []
    real_fsync, real_rename, real_replace = os.fsync, Path.rename, Path.replace

    def fsync(descriptor: int) -> None:
        calls.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        real_fsync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        calls.append(f"rename to {target.name}")
        return real_rename(path, target)

    def replace(path: Path, target: Path) -> Path:
        calls.append(f"rename to {target.name}")
        return real_replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(Path, "replace", replace)
    publish(repository, 2)
    assert {"sync inside", "sync file", "sync unfinished-00000002"} == set(calls[:3])
    assert [
        "rename to gen-00000002",
        "sync index",
        "sync CURRENT.new",
        "rename to CURRENT",
        "sync index",
    ] == calls[3:]


def test_what_is_on_the_disk_already_is_not_put_there_again(
    repository: GenerationRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    publish(repository, 1)
    shared = repository.path(1) / "inside" / "file"
    with repository.generation_staging(2) as folder:
        (folder / "new").write_text("content")
        link(shared, folder / "shared")
        shutil.copyfile(shared, folder / "copy")
        expected = {(folder / name).stat().st_ino for name in ("new", "copy", ".")}
        monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
        repository.publish(folder, 2, {FileIdentity.of(shared)})
    assert expected <= set(synced)
    assert shared.stat().st_ino not in synced


def test_one_builds_at_a_time(repository: GenerationRepository) -> None:
    with repository.lock(), pytest.raises(Conflict), repository.lock(0):
        pass
    with repository.lock(0):
        pass


def test_threads_wait_for_each_other(repository: GenerationRepository) -> None:
    inside, max_inside = 0, 0

    def work() -> None:
        nonlocal inside, max_inside
        with repository.lock():
            inside += 1
            max_inside = max(max_inside, inside)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == max_inside


def test_a_file_in_the_folders_place_is_a_storage_problem(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file")
    repository = GenerationRepository(tmp_path / "index")
    assert None is repository.current()
    with pytest.raises(StorageProblem, match="index"), repository.lock():
        pass


def test_linking_a_missing_file_is_corruption(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndex, match="nowhere"):
        link(tmp_path / "nowhere", tmp_path / "b")


def test_the_next_number_is_above_all_that_were_given(repository: GenerationRepository) -> None:
    assert 1 == repository.next_number()
    publish(repository, 4)
    publish(repository, 7)
    assert (8, 4, None) == (repository.next_number(), repository.previous(7), repository.previous(4))


def test_what_is_withdrawn_is_no_generation_any_more(repository: GenerationRepository) -> None:
    publish(repository, 1)
    publish(repository, 2)
    repository.withdraw(2)
    assert (1, [1]) == (repository.current(), repository.numbers())
    repository.clear(1)
    assert {"CURRENT", "gen-00000001"} == names(repository)
