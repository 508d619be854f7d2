"""Files that never change: their identity, hard links, syncing to the disk."""

import os
import shutil
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorruptIndex


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Identifies the content of a file: the same after a rename or hard link, another one after a write."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> "FileIdentity":
        """Return the identity of a file; raises OSError."""
        stat = path.stat()
        return cls(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


def link(file: Path, target: Path) -> None:
    """Hard-link a file, or copy it where the file system has no hard links.

    Raises CorruptIndex where the file is missing, OSError where the target can't be written.
    """
    try:
        target.hardlink_to(file)
    except OSError as error:
        if not file.exists():
            raise CorruptIndex(f"{file} is missing.") from error
        shutil.copyfile(file, target)


def symbolic_link(file: Path, target: Path) -> None:
    """Link to a file on any disk, or share it by `link` where there are no symbolic links; raises what that does."""
    try:
        target.symlink_to(file.resolve())
    except OSError:
        link(file, target)


def sync(path: Path) -> None:
    """Flush a file, or a folder's list of names, to the disk; raises OSError."""
    with suppress(PermissionError):  # Windows opens no folders
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_tree(folder: Path, synced: Container[FileIdentity] = ()) -> None:
    """Flush a folder and all below it, but for the files in `synced`, to the disk; raises OSError."""
    for path in folder.rglob("*"):
        if FileIdentity.of(path) not in synced:
            sync(path)
    sync(folder)
