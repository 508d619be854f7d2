"""Disks that are small, and folders that can't be written to for a while."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class Disk:
    """A small file system of its own, which a file fills but for so many bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @property
    def free(self) -> int:
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize

    @property
    def names(self) -> list[str]:
        """What is on it but for the filler."""
        return sorted(path.name for path in self.folder.iterdir() if path != self._filler)

    def fill(self, room: int = 0) -> None:
        self.empty()
        # What writes to the disk meanwhile takes room, too: then it is full before.
        with suppress(OSError), self._filler.open("wb", buffering=0) as file:
            file.write(b"\0" * max(0, self.free - room))

    def empty(self) -> None:
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Disk]:
    """Yield a disk of a size as `mount` takes it; skips the test where this user may mount none."""
    folder.mkdir()
    _mounted("-t", "tmpfs", "-o", f"size={size}", "none", str(folder))
    try:
        yield Disk(folder)
    finally:
        _unmount(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Have nobody open a file in a folder for writing; who has one open already goes on, as after a chmod.

    Root, to whom modes are nothing, gets the folder laid over itself, read-only.
    """
    if os.name != "posix":
        pytest.skip("modes are POSIX's")
    if os.geteuid() == 0:
        _mounted("--bind", "-o", "ro", str(folder), str(folder))
        try:
            yield
        finally:
            _unmount(folder)
        return
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)


def _mounted(*arguments: str) -> None:
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, check=False, text=True)
    except OSError as error:
        pytest.skip(f"there is no mount: {error}")
    if done.returncode != 0:
        pytest.skip(f"this user may mount nothing: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], check=True)
