from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from corpus.errors import Conflict, InvalidInput, NotFound, StorageProblem
from index.maintenance import backup
from index.maintenance.backup import BackupContents, restore
from index.maintenance.consistency import check_state
from index.maintenance.rotation import back_up_into
from index.state_folder import StateFolder
from tests.indexing import Workspace, split_lines

MONDAY = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with closing(Workspace.open(tmp_path / "state")) as workspace:
        workspace.add("Ship1 sailed.")
        workspace.update()
        yield workspace


@pytest.fixture
def state(workspace: Workspace) -> StateFolder:
    return StateFolder(workspace.folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


def archives(folder: Path) -> list[str]:
    return sorted(path.name[-20:] for path in folder.glob("citeline-*.tar"))


def test_the_newest_are_kept_and_each_can_be_restored(state: StateFolder, folder: Path, tmp_path: Path) -> None:
    written = [back_up_into(state, folder, 3, MONDAY + timedelta(days=day)) for day in range(5)]
    assert [(), (), (), (written[0].file,), (written[1].file,)] == [one.deleted for one in written]
    assert ["03-04T033000Z.tar", "03-05T033000Z.tar", "03-06T033000Z.tar"] == [name[3:] for name in archives(folder)]
    for one in written[2:]:
        restored = StateFolder(tmp_path / one.file.stem)
        assert BackupContents(1, 1) == restore(one.file, restored)
        assert () == check_state(restored, split_lines).problems


def test_fewer_to_keep_deletes_all_but_the_newest(state: StateFolder, folder: Path) -> None:
    written = [back_up_into(state, folder, 7, MONDAY + timedelta(hours=hour)).file for hour in range(3)]
    last = back_up_into(state, folder, 1, MONDAY + timedelta(hours=3))
    assert tuple(written) == last.deleted
    assert [last.file] == [*folder.glob("*.tar")]


def test_the_new_backup_is_kept_where_the_clock_went_back(state: StateFolder, folder: Path) -> None:
    later = back_up_into(state, folder, 1, MONDAY).file
    earlier = back_up_into(state, folder, 1, MONDAY - timedelta(days=1))
    assert (later,) == earlier.deleted
    assert earlier.file.exists()


def test_what_is_no_backup_of_this_library_stays(state: StateFolder, folder: Path, tmp_path: Path) -> None:
    first = back_up_into(state, folder, 1, MONDAY).file
    prefix = first.name[: len("citeline-12345678-")]
    others = {
        "notes.txt": b"notes",
        f"{prefix}2020-01-01T000000Z.tar": b"no archive",
        f"{prefix}2020-01-01T000000Z.tar.gpg": b"encrypted",
        "backup.tar": first.read_bytes(),
        f"{prefix}before-the-move.tar": first.read_bytes(),
        "citeline-00000000-2020-01-01T000000Z.tar": first.read_bytes(),
    }
    for name, content in others.items():
        (folder / name).write_bytes(content)
    outside = tmp_path / "outside.tar"
    outside.write_bytes(first.read_bytes())
    (folder / f"{prefix}2020-01-02T000000Z.tar").symlink_to(outside)
    (folder / f"{prefix}2020-01-03T000000Z.tar").mkdir()
    assert (first,) == back_up_into(state, folder, 1, MONDAY + timedelta(days=1)).deleted
    assert {name: content for name, content in others.items() if (folder / name).read_bytes() == content} == others
    assert outside.exists()
    assert (folder / f"{prefix}2020-01-02T000000Z.tar").is_symlink()
    assert (folder / f"{prefix}2020-01-03T000000Z.tar").is_dir()


def test_a_backup_that_fails_deletes_none(state: StateFolder, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = back_up_into(state, folder, 1, MONDAY).file

    def fail(*_: object) -> None:
        raise StorageProblem("The disk is full.")

    monkeypatch.setattr(backup, "pack", fail)
    with pytest.raises(StorageProblem):
        back_up_into(state, folder, 1, MONDAY + timedelta(days=1))
    assert [first] == [*folder.glob("*.tar")]


def test_what_a_killed_backup_left_is_removed(state: StateFolder, folder: Path) -> None:
    first = back_up_into(state, folder, 2, MONDAY).file
    (folder / f".{first.name}.abc.part").write_bytes(b"half of it")
    (folder / f".{first.name}.def").mkdir()
    (folder / f".{first.name}.def" / "articles.sqlite").write_bytes(b"half of it")
    back_up_into(state, folder, 2, MONDAY + timedelta(days=1))
    assert [".citeline-backup.lock"] == [path.name for path in folder.glob(".*")]


def test_two_backups_into_one_folder_do_not_run_at_once(state: StateFolder, folder: Path) -> None:
    with FileLock(folder / ".citeline-backup.lock"), pytest.raises(Conflict, match="is running"):
        back_up_into(state, folder, 1, MONDAY)
    assert [] == [*folder.glob("*.tar")]


def test_a_missing_folder_or_library_is_an_error(state: StateFolder, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no folder"):
        back_up_into(state, tmp_path / "unplugged", 7, MONDAY)
    with pytest.raises(NotFound, match="no article store"):
        back_up_into(StateFolder(tmp_path / "nowhere"), folder, 7, MONDAY)
    assert [] == [*folder.iterdir()]
