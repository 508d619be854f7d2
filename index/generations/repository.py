"""The folder where generations live: numbered folders, and a file that names the current one."""

import re
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from corpus.errors import Conflict, StorageProblem
from index.files import FileIdentity, sync, sync_tree

CURRENT = "CURRENT"
_PREFIX = "gen-"
_UNFINISHED = "unfinished-"
_APART = "merging"
_NUMBERED = re.compile(_PREFIX + r"([0-9]{8,18})")


class GenerationRepository:
    """Finds, publishes and clears away generations. Raises StorageProblem where the disk does not play along."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> int | None:
        """Return the number of the current generation, None where there is none."""
        try:
            number = int((self.folder / CURRENT).read_text(encoding="ascii"))
            if self.path(number).is_dir():
                return number
        except (ValueError, OSError):
            pass
        # The pointer is gone or damaged: whatever is in a numbered folder was complete when it got its name.
        return max(self.numbers(), default=None)

    def numbers(self) -> list[int]:
        """Return the numbers of the generations that are there, ascending."""
        found = (_NUMBERED.fullmatch(path.name) for path in self.folder.glob(f"{_PREFIX}*"))
        return sorted(int(name[1]) for name in found if name is not None)

    def before(self, number: int) -> int | None:
        """Return the number of the newest generation that is older than another, None where there is none."""
        return max((older for older in self.numbers() if older < number), default=None)

    def unused(self) -> int:
        """Return the number of the next generation."""
        return max([*self.numbers(), self.current() or 0]) + 1

    def path(self, number: int) -> Path:
        """Return the folder of a generation."""
        return self.folder / f"{_PREFIX}{number:08d}"

    @contextmanager
    def lock(self, timeout: float = -1) -> Iterator[None]:
        """Be the only one to build, among threads and processes; the system frees the lock of a process that died.

        Raises Conflict where another builds for longer than timeout seconds (negative: wait as long as it takes).
        """
        with wrapped(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                held = FileLock(self.folder / "lock", thread_local=False).acquire(timeout=timeout)
            except Timeout as error:
                raise Conflict("The index is being built by another process.") from error
        try:
            yield
        finally:
            held.lock.release()

    @contextmanager
    def compaction_staging(self) -> Iterator[Path | None]:
        """Yield an empty folder for work beside the builds, or None while another does such work."""
        folder = self.folder / _APART
        with wrapped(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                held = FileLock(self.folder / f"{_APART}.lock", thread_local=False).acquire(timeout=0)
            except Timeout:
                yield None
                return
        try:
            with wrapped(self.folder):
                shutil.rmtree(folder, ignore_errors=True)  # of one that died
                folder.mkdir()
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            held.lock.release()

    @contextmanager
    def generation_staging(self, number: int) -> Iterator[Path]:
        """Yield a folder in which to make a generation; what is not published from it is thrown away."""
        folder = self.folder / f"{_UNFINISHED}{number:08d}"
        with wrapped(self.folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        try:
            with wrapped(self.folder):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, folder: Path, number: int, synced: Container[FileIdentity] = ()) -> Path:
        """Make the finished folder the current generation, in one atomic step, and return where it now is.

        `synced` are files that are on the disk already, since they are shared with what was published before.
        """
        target = self.path(number)
        with wrapped(self.folder):
            sync_tree(folder, synced)
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
            sync(self.folder)
            pointer = self.folder / f"{CURRENT}.new"
            pointer.write_text(str(number), encoding="ascii")
            sync(pointer)
            pointer.replace(self.folder / CURRENT)
            sync(self.folder)
        return target

    def withdraw(self, number: int) -> None:
        """Take a generation's name away, in one atomic step; `clear` removes the rest of it. Call it under the lock."""
        with wrapped(self.folder):
            target = self.folder / f"{_UNFINISHED}withdrawn-{number:08d}"
            shutil.rmtree(target, ignore_errors=True)
            self.path(number).rename(target)
            sync(self.folder)

    def clear(self, keep: int) -> None:
        """Remove what an interrupted build left, and all but the newest `keep` generations; call it under the lock."""
        current = self.current()
        for number in self.numbers()[:-keep]:
            if number != current:
                shutil.rmtree(self.path(number), ignore_errors=True)
        for leftover in self.folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if (self.folder / _APART).exists():
            with self.compaction_staging():  # unless it is at work, which takes it away
                pass


@contextmanager
def wrapped(folder: Path) -> Iterator[None]:
    """Turn what the system says of a full or read-only disk into a StorageProblem."""
    try:
        yield
    except OSError as error:
        raise StorageProblem(f"The index folder {folder} can't be written: {error.strerror or error}.") from error
