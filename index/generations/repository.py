"""The folder of the index's generations: numbered folders, and a file that names the current one."""

import re
import shutil
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from corpus.errors import Conflict, CorruptIndex, StorageProblem
from index.files import FileIdentity, sync, sync_tree
from index.generations.generation import Generation
from index.generations.manifest import GenerationManifest

CURRENT = "CURRENT"
_PREFIX = "gen-"
_STAGING = "unfinished-"
_COMPACTION_STAGING = "merging"
_NUMBERED = re.compile(_PREFIX + r"([0-9]{8,18})")


class GenerationRepository:
    """Finds, publishes and removes generations.

    Finding and opening one writes nothing into the folder. So any number of servers can follow a folder that they may
    only read: each calls `open_current` now and then, with the generation that it has open. Methods that write raise
    StorageProblem where the disk is full or read-only.
    """

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
        # The pointer is missing or damaged: whatever is in a numbered folder was complete when it got its name.
        return max(self.numbers(), default=None)

    def open_current(
        self,
        opened: Generation | None = None,
        check: Callable[[GenerationManifest], object] = lambda manifest: None,
    ) -> Generation | None:
        """Open the current generation, None where there is none; return `opened` where it is still current.

        What it shares with `opened` is neither read nor held in memory twice. `check` may refuse a manifest by raising.
        Raises CorruptIndex, OtherVersion, StorageProblem.
        """
        number = self.current()
        while number is not None:
            folder = self.path(number)
            if opened is not None and opened.is_at(folder):
                return opened
            try:
                check(GenerationManifest.read(folder))
                return Generation.open(folder, opened)
            except CorruptIndex:
                newer = self.current()
                if newer == number:
                    raise
                number = newer  # another process published, and removed what was about to be read
        return None

    def numbers(self) -> list[int]:
        """Return the numbers of all generations, ascending."""
        found = (_NUMBERED.fullmatch(path.name) for path in self.folder.glob(f"{_PREFIX}*"))
        return sorted(int(name[1]) for name in found if name is not None)

    def previous(self, number: int) -> int | None:
        """Return the highest number of a generation below another one, None where there is none."""
        return max((older for older in self.numbers() if older < number), default=None)

    def next_number(self) -> int:
        """Return the number of the next generation."""
        return max([*self.numbers(), self.current() or 0]) + 1

    def path(self, number: int) -> Path:
        """Return the folder of a generation."""
        return self.folder / f"{_PREFIX}{number:08d}"

    @contextmanager
    def lock(self, timeout: float = -1) -> Iterator[None]:
        """Exclude all other builders, in this process and others; the system frees the lock of a process that dies.

        Waits up to timeout seconds, without end where it is negative. Raises Conflict where another builds for longer,
        StorageProblem.
        """
        with _wrapped(self.folder):
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
        """Yield an empty folder for a compaction, which is removed afterwards; None while another one is under way.

        Raises StorageProblem.
        """
        folder = self.folder / _COMPACTION_STAGING
        with _wrapped(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                held = FileLock(self.folder / f"{_COMPACTION_STAGING}.lock", thread_local=False).acquire(timeout=0)
            except Timeout:
                yield None
                return
        try:
            with _wrapped(self.folder):
                shutil.rmtree(folder, ignore_errors=True)  # of a process that died
                folder.mkdir()
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            held.lock.release()

    @contextmanager
    def generation_staging(self, number: int) -> Iterator[Path]:
        """Yield an empty folder to make a generation in; unless it is published, it is removed afterwards.

        Raises StorageProblem.
        """
        folder = self.folder / f"{_STAGING}{number:08d}"
        with _wrapped(self.folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        try:
            with _wrapped(self.folder):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, folder: Path, number: int, synced: Container[FileIdentity] = ()) -> Path:
        """Make a finished folder the current generation, in one atomic step; return where it now is.

        `synced` are files that are on the disk already, as they are shared with a published generation. Raises
        StorageProblem.
        """
        target = self.path(number)
        with _wrapped(self.folder):
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
        """Take back a generation, in one atomic step; `clear` removes its files. Call it under the lock.

        Raises StorageProblem.
        """
        with _wrapped(self.folder):
            target = self.folder / f"{_STAGING}withdrawn-{number:08d}"
            shutil.rmtree(target, ignore_errors=True)
            self.path(number).rename(target)
            sync(self.folder)

    def clear(self, keep: int) -> None:
        """Remove the remains of interrupted builds, and all but the newest `keep` generations; call it under the lock.

        The current generation always stays.
        """
        current = self.current()
        for number in self.numbers()[:-keep]:
            if number != current:
                shutil.rmtree(self.path(number), ignore_errors=True)
        for leftover in self.folder.glob(f"{_STAGING}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if (self.folder / _COMPACTION_STAGING).exists():
            with self.compaction_staging():  # which removes it, unless a compaction is under way
                pass


@contextmanager
def _wrapped(folder: Path) -> Iterator[None]:
    """Turn an error of a full or read-only disk into a StorageProblem."""
    try:
        yield
    except OSError as error:
        raise StorageProblem(f"The index folder {folder} can't be written: {error.strerror or error}.") from error
