"""Files of the index that are cut off, flipped or missing: noticed, logged, and made again from the articles."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.generations.generation import Generation
from index.maintenance.consistency import check
from tests.indexing import Workspace, found, sentences, split_lines

SAILED = [f"Ship{number} sailed." for number in range(40)]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with several segments, merged and not, and with a deleted article."""
    workspace = Workspace.open(tmp_path / "state")
    current = None
    for start, end in ((0, 34), (34, 39), (39, 40)):
        for text in SAILED[start:end]:
            workspace.add(text)
        current = workspace.update(current)
    workspace.store.delete(workspace.add("Ship3 sank.").id)
    deleted = workspace.add("Ship4 sank.")
    current = workspace.update(current)
    workspace.store.delete(deleted.id)
    workspace.update(current)
    yield workspace
    workspace.close()


def kind(path: Path) -> str:
    """What a file is: its name without what is drawn anew for every file."""
    return path.name if path.name in {"manifest.json", "dead.npy", "meta.json", ".managed.json"} else path.suffix


def one_of_each_kind(folder: Path) -> list[Path]:
    """One file of every kind that a generation is made of; the locks hold nothing."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock"]
    return list({kind(path): path for path in files}.values())


def damage(path: Path, how: str) -> None:
    """Damage a file: another takes its place, since who maps one into memory dies where it is cut off beneath."""
    whole = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :]
        other = path.with_name("other")
        other.write_bytes(whole[:-1] if how == "cut off" else flipped)
        other.replace(path)


def everything(workspace: Workspace, generation: Generation) -> list[str]:
    """What search finds, after it was compared with the segments and with the store."""
    assert sorted(sentences(workspace, generation)) == found(workspace, generation, "sailed")
    assert () == check(workspace.store, workspace.repository, split_lines).problems
    return found(workspace, generation, "sailed")


@pytest.mark.parametrize("how", ["flipped", "cut off", "gone"])
def test_every_kind_of_damaged_file_is_noticed_logged_and_made_again(
    workspace: Workspace, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    kinds = set()
    for number in range(100):
        generation = workspace.builder.open_current()
        assert generation is not None
        waiting = [path for path in one_of_each_kind(generation.folder) if kind(path) not in kinds]
        if not waiting:
            break
        kinds.add(kind(waiting[0]))
        del generation
        damage(waiting[0], how)
        caplog.clear()
        indexer = workspace.indexer()
        indexer.open()
        indexer.start()
        indexer.wait(60)
        indexer.stop()
        warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(warnings) == 1, f"{number}, {waiting[0].name}: {warnings}"
        assert str(workspace.repository.folder) in warnings[0]
        assert "rebuilt from the articles" in warnings[0]
        assert sorted(SAILED) == everything(workspace, indexer.generation())
    assert {"manifest.json", "dead.npy", "meta.json", ".npy"} < kinds
    assert len(kinds) > 9


@pytest.mark.parametrize("how", ["flipped", "cut off"])
def test_damage_beneath_a_running_service_does_not_get_into_the_next_generation(
    workspace: Workspace, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the next generation's checksums would be those of the damaged files that it shares."""
    folder = workspace.repository.path(workspace.repository.current() or 0)
    kinds = [kind(path) for path in one_of_each_kind(folder) if kind(path) not in ("manifest.json", ".managed.json")]
    for name in kinds:
        copied = workspace.folder.parent / f"{name} {how}"
        shutil.copytree(workspace.folder, copied)
        running = Workspace.open(copied)
        generation = running.builder.open_current()
        assert generation is not None
        indexer = running.indexer()
        indexer.open()
        damaged = next(path for path in one_of_each_kind(generation.folder) if kind(path) == name)
        damage(damaged, how)
        caplog.clear()
        running.add("Ship77 sailed.")
        assert sorted([*SAILED, "Ship77 sailed."]) == everything(running, indexer.catch_up())
        assert any("rebuilt from the articles" in record.getMessage() for record in caplog.records), name
        running.close()
