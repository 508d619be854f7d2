"""Scheduled backups: a folder keeps the newest ones of each library, named by their time."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from corpus.errors import Conflict, StorageProblem
from corpus.store.article_store import ArticleStore
from index.files import sync
from index.maintenance.archive import is_archive
from index.maintenance.backup import BackupContents, back_up
from index.state_folder import StateFolder

_TIME = "%Y-%m-%dT%H%M%SZ"
_TIME_PATTERN = r"\d{4}-\d\d-\d\dT\d{6}Z"
_LOCK = ".citeline-backup.lock"


@dataclass(frozen=True, slots=True)
class RotatedBackup:
    """A backup that was written into a folder, and the older ones that were deleted there."""

    file: Path
    contents: BackupContents
    deleted: tuple[Path, ...]


def back_up_into(state: StateFolder, folder: Path, keep: int, now: datetime) -> RotatedBackup:
    """Back up into a folder as `citeline-LIBRARY-TIME.tar`, then delete all but the `keep` newest of this library.

    Only complete archives of that name are counted and deleted, and none before the new one is on the disk. `now` is
    the time of the backup. Raises what `back_up` raises, and Conflict where another backup into the folder is running.
    """
    if not state.articles.exists() or not folder.is_dir():
        back_up(state, folder / "backup.tar")  # raises
    with closing(ArticleStore.open(state.articles)) as store:
        prefix = f"citeline-{store.store_id[:8]}-"
    with _locked(folder):
        _remove_leftovers(folder, prefix)
        file = folder / f"{prefix}{now.astimezone(UTC).strftime(_TIME)}.tar"
        contents = back_up(state, file)
        name = re.compile(rf"{prefix}{_TIME_PATTERN}\.tar")
        others = [
            path
            for path in folder.iterdir()
            if name.fullmatch(path.name) and path != file and not path.is_symlink() and path.is_file()
        ]
        newest_first = sorted(filter(is_archive, others), reverse=True)
        deleted = tuple(sorted(newest_first[keep - 1 :]))
        try:
            for path in deleted:
                path.unlink()
            sync(folder)
        except OSError as error:
            raise StorageProblem(
                f"The backup {file} is written, but older ones can't be deleted: {error.strerror or error}."
            ) from error
    return RotatedBackup(file, contents, deleted)


def _remove_leftovers(folder: Path, prefix: str) -> None:
    """Remove what backups of this library that were killed have left."""
    for path in folder.glob(f".{prefix}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        held = FileLock(folder / _LOCK).acquire(timeout=0)
    except Timeout as error:
        raise Conflict(f"Another backup into {folder} is running.") from error
    except OSError as error:
        raise StorageProblem(f"The folder {folder} can't be written: {error.strerror or error}.") from error
    with held:
        yield
