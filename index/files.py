"""Durable files: identity, hard links, syncing to the disk."""

import os
import shutil
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorruptIndex


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What stays the same over renames and hard links of a file, and changes when it is written to."""

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
    """Give a file that never changes a second name, or copy it where the file system can't.

    Raises CorruptIndex where the file is gone, OSError where the target can't be written.
    """
    try:
        target.hardlink_to(file)
    except OSError as error:
        if not file.exists():
            raise CorruptIndex(f"{file} is missing.") from error
        shutil.copyfile(file, target)


def sync(path: Path) -> None:
    """Have the system put a file or a folder's list of names onto the disk now."""
    with suppress(PermissionError):  # Windows opens no folders
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_tree(folder: Path, synced: Container[FileIdentity] = ()) -> None:
    """Have the system put a folder and all that is below it, but for some files, onto the disk now."""
    for path in folder.rglob("*"):
        if FileIdentity.of(path) not in synced:
            sync(path)
    sync(folder)
