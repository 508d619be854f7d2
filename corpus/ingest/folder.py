"""Scans folders of documents, and synchronises the stored articles with a folder."""

import errno
import hashlib
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.article import Article
from corpus.documents import READER_VERSION, SIDECAR, Limits, read_bytes, read_file, sidecar_of, supported
from corpus.errors import InvalidInput, NotFound, UnreadableDocument
from corpus.events import log_event
from corpus.ingest.writer import ArticleWriter, DocumentOutcome, folder_prefix, origin_of, path_of
from corpus.isolation.worker import Worker
from corpus.store.article_store import ArticleStore, Origin, same_content
from corpus.text.unicode import printable

log = logging.getLogger(__name__)
# A file that changed this few seconds ago may be half-written.
SETTLE_SECONDS = 0.3
_MAX_ROUNDS = 3
_MAX_LISTED_EXTENSIONS = 10
_STAYS = "The article that was read from it before stays."


@dataclass(frozen=True, slots=True)
class FolderScan:
    """The documents below a folder, and the folders below it that can't be read, each with the reason.

    `ignored` counts the files without a supported format by extension.
    """

    files: tuple[Path, ...]
    unreadable: Mapping[Path, str]
    ignored: Mapping[str, int]


def scan_folder(root: Path) -> FolderScan:
    """List the documents below a folder; raises UnreadableDocument where it is missing or can't be read.

    Hidden files and folders are left out, and so are the sidecars of documents. A symbolic link to a file counts as a
    file (its reader refuses one that leads out of the folder). One to a folder is not followed: it may form a loop, or
    lead to a whole disk.
    """
    files: list[Path] = []
    ignored: Counter[str] = Counter()
    unreadable: dict[Path, str] = {}

    def on_error(error: OSError) -> None:
        folder = root if error.filename is None else Path(error.filename)
        if folder == root or error.errno != errno.ENOENT:  # a folder below may vanish during the scan
            unreadable[folder] = _reason(folder, error)

    for folder, folders, names in os.walk(root, onerror=on_error):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        ignored["links to folders"] += sum(Path(folder, name).is_symlink() for name in folders)
        documents = {name for name in names if supported(name) and not _is_hidden(name)}
        files += [Path(folder, name) for name in sorted(documents)]
        expected = documents | {f"{name}{SIDECAR}" for name in documents}
        others = (name for name in names if name not in expected and not _is_hidden(name))
        ignored.update(printable(Path(name).suffix.lower()) or "no ending" for name in others)
    if root in unreadable:
        raise UnreadableDocument(unreadable[root])
    return FolderScan(tuple(files), unreadable, +ignored)  # + drops counts of 0


def check_readable(root: Path) -> None:
    """Raise UnreadableDocument where a folder is missing or can't be read, without a scan."""
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise UnreadableDocument(_reason(root, error)) from error


def signature(path: Path) -> str | None:
    """Return a text that changes with a file, its sidecar or the version of the readers; None where one can't be read.

    It holds the modification times in ns and the sizes of both, then the inode of the file and the version.
    """
    states = _states(path)
    if not states:
        return None
    times = " ".join(f"{state.st_mtime_ns}:{state.st_size}" for state in states)
    return f"{times} @{states[0].st_ino} {READER_VERSION}"


def has_changed(stored: Origin | None, current: str | None) -> bool:
    """Tell whether a file must be read again, by its stored origin and its current signature."""
    if stored is None:
        return True
    if stored.deleted and same_content(stored.signature, current):
        return False
    return stored.signature is None or stored.signature != current


def settled_files(paths: Iterable[Path], pause: Callable[[float], object]) -> Iterator[Path]:
    """Yield the files that are not being written: unchanged for SETTLE_SECONDS, now or after up to _MAX_ROUNDS pauses.

    `pause` waits for a number of seconds, and returns true to end the waiting.
    """
    unsettled: dict[Path, str | None] = {}
    for path in paths:
        if max((state.st_mtime for state in _states(path)), default=0.0) > time.time() - SETTLE_SECONDS:
            unsettled[path] = signature(path)
        else:
            yield path
    for _ in range(_MAX_ROUNDS):
        if not unsettled or pause(SETTLE_SECONDS):
            return
        current = {path: signature(path) for path in unsettled}
        yield from (path for path in current if current[path] == unsettled[path])
        unsettled = {path: state for path, state in current.items() if state != unsettled[path]}


def describe_ignored(ignored: Mapping[str, int]) -> str:
    """Return a text such as "3 files are of kinds that are not read: .png (2), .csv (1)"."""
    count = sum(ignored.values())
    endings = ", ".join(f"{end} ({number:,})" for end, number in Counter(ignored).most_common(_MAX_LISTED_EXTENSIONS))
    start = "1 file is of a kind that is" if count == 1 else f"{count:,} files are of kinds that are"
    return printable(f"{start} not read: {endings}{', …' if len(ignored) > _MAX_LISTED_EXTENSIONS else ''}")


def _reason(folder: Path, error: OSError) -> str:
    reason = "it is not there" if error.errno == errno.ENOENT else str(error.strerror).lower()
    return f"The folder {printable(folder)} can't be read: {reason}."


def _is_hidden(name: str) -> bool:
    """Tell whether a file or folder is hidden, or the lock file of an Office program."""
    return name.startswith((".", "~$"))


def _without_version(signature: str | None) -> str | None:
    """Return a signature without the version of the readers, which those of former versions of Citeline lack."""
    if signature is None:
        return None
    content, _, rest = signature.partition("@")
    return f"{content}@{rest.partition(' ')[0]}"


def _no_longer_supported(origins: Iterable[Origin]) -> list[Path]:
    """Return the files of origins that were read once, but whose format this machine does not read any more."""
    paths = (path_of(origin.name) for origin in origins if origin.article_id is not None or origin.deleted)
    return [path for path in paths if not supported(path.name) and os.path.isfile(path)]  # noqa: PTH113 - never raises


def _states(path: Path) -> list[os.stat_result]:
    """Return the stat results of a file and of its sidecar, if it has one; none where they can't be read."""
    try:
        states = [path.stat()]
        sidecar = sidecar_of(path)
        if sidecar.exists():
            states.append(sidecar.stat())
    except OSError:
        return []
    return states


class FolderSync:
    """Synchronises the stored articles with a folder; calls `on_change` after each change."""

    def __init__(
        self,
        store: ArticleStore,
        writer: ArticleWriter,
        limits: Limits,
        on_change: Callable[[], None],
        worker: Worker,
    ) -> None:
        self._store, self._writer, self._limits, self._on_change = store, writer, limits, on_change
        self._worker = worker
        self._ignored: dict[Path, Counter[str]] = {}

    def sync(self, folder: Path, pause: Callable[[float], object]) -> Iterator[DocumentOutcome]:
        """Update the articles from a folder and yield what changed, as Library.sync_folder does."""
        root = folder.resolve()
        try:
            scan = scan_folder(root)
        except UnreadableDocument as error:
            yield DocumentOutcome(printable(folder), "failed", problem=str(error))
            return
        if scan.ignored and self._ignored.get(root) != scan.ignored:
            message = f"In {printable(root)}, {describe_ignored(scan.ignored)}."
            log_event(log, logging.INFO, "files_ignored", message, files=sum(scan.ignored.values()))
        self._ignored = {root: Counter(scan.ignored)}
        origins = self._origins(root)
        new = [path for path in scan.files if origin_of(path) not in origins]
        if new:  # files that were moved keep their origins
            moved = {_without_version(found): path for path in new if (found := signature(path)) is not None}
            for origin in list(self._store.origins("file:")):
                has_result = origin.article_id is not None or origin.deleted
                moved_to = moved.get(_without_version(origin.signature)) if has_result else None
                if moved_to is not None and not os.path.lexists(path_of(origin.name)):
                    self._store.rename_origin(origin.name, origin_of(moved_to))
            origins = self._origins(root)
        files = [*scan.files, *_no_longer_supported(origins.values())]
        read = yield from self._read_changed(root, files, origins, pause)
        for below, problem in scan.unreadable.items():
            before = origins.get(origin_of(below))
            if before is None or before.problem != problem:
                self._store.note_problem(origin_of(below), None, problem)
                yield DocumentOutcome(printable(below), "failed", problem=problem)
        yield from self._remove_missing(files, scan.unreadable, origins)
        # The former origins of articles whose files were moved into the folder from outside.
        added = {read[path] for path in new if path in read}
        for origin in self._store.origins("file:") if added else ():
            if origin.article_id in added and not os.path.lexists(path_of(origin.name)):
                self._remove(origin.name)
        yield from self._leave_former_folder(folder_prefix(root))

    def ignored(self, folder: Path) -> Counter[str]:
        """Return how many files of a folder have no supported format, by extension.

        The counts are of the last sync, or of a scan now; there are none for a folder that can't be read.
        """
        root = folder.resolve()
        if root not in self._ignored:
            try:
                self._ignored[root] = Counter(scan_folder(root).ignored)
            except UnreadableDocument:
                return Counter()
        return self._ignored[root]

    def _origins(self, root: Path) -> dict[str, Origin]:
        return {origin.name: origin for origin in self._store.origins(folder_prefix(root))}

    def _read_changed(
        self, root: Path, files: Iterable[Path], origins: Mapping[str, Origin], pause: Callable[[float], object]
    ) -> Generator[DocumentOutcome, None, dict[Path, str]]:
        """Read the files that have changed; return the ids of their articles."""
        ids: dict[Path, str] = {}
        changed = [path for path in files if has_changed(origins.get(origin_of(path)), signature(path))]
        for path in settled_files(changed, pause):
            outcome = self._read(path, origins.get(origin_of(path)), root)
            if outcome is not None:
                yield outcome
                if outcome.article is not None:
                    ids[path] = outcome.article.id
        return ids

    def _read(self, path: Path, before: Origin | None, root: Path) -> DocumentOutcome | None:
        """Read a file of the folder; return the outcome, None where it is the same as before."""
        current = signature(path)
        if before is not None and before.deleted:
            # Touched or copied, the file may still contain the article that a user deleted.
            is_same = self._is_same_file(path, before, current, root)
            with suppress(InvalidInput):  # put_file reports it
                draft, sidecar = read_file(path, self._limits, root, self._worker)
                is_same = is_same or Article.from_draft(draft).id == before.deleted_id
                if is_same:
                    self._writer.note_sidecar_problem(path, sidecar)
            if is_same:
                self._store.stay_deleted(before.name, current)
                return None
        sidecar_problem = self._writer.sidecar_problem(path)
        outcome, was_read = self._writer.put_file(path, current, root)
        if outcome.article is not None:
            is_known = outcome.problem is not None and outcome.problem == sidecar_problem
            return None if is_known and outcome.state == "unchanged" else outcome
        if not os.path.lexists(path):
            return self._remove(origin_of(path))
        if before is not None and before.deleted and not was_read:
            return None
        # A file that is refused as it was read before keeps its article: it is read differently now.
        stays = before is not None and (not was_read or self._is_same_file(path, before, current, root))
        kept = before.article_id if before is not None and stays else None
        problem = str(outcome.problem) if kept is None else f"{outcome.problem} {_STAYS}"
        is_noted = before is not None and (before.problem, before.article_id) == (problem, kept)
        if is_noted and not was_read:
            return None
        self._store.note_problem(origin_of(path), current if was_read else None, problem, kept)
        self._on_change()
        return None if before is not None and before.problem == problem else replace(outcome, problem=problem)

    def _is_same_file(self, path: Path, before: Origin, current: str | None, root: Path) -> bool:
        """Return whether a file is the one that its article was read from; its sidecar may have changed since."""
        if before.signature is not None and current is not None:
            times_and_sizes = (each.partition(" ")[0] for each in (before.signature, current))
            if len(set(times_and_sizes)) == 1:
                return True
        digest = before.deleted_digest
        with suppress(NotFound, InvalidInput):
            if before.article_id is not None:
                digest = self._store.original(before.article_id).digest
            return digest is not None and digest == hashlib.sha256(read_bytes(path, self._limits, root)).hexdigest()
        return False

    def _remove_missing(
        self, files: Iterable[Path], unreadable_folders: Iterable[Path], origins: Iterable[str]
    ) -> Iterator[DocumentOutcome]:
        """Remove the articles of missing files, except below folders that can't be read now."""
        unreadable = tuple(folder_prefix(folder) for folder in unreadable_folders)
        present = {origin_of(path) for path in (*files, *unreadable_folders)}
        for origin in origins:
            is_present = not present.isdisjoint({origin, origin.removesuffix(SIDECAR)})  # of a sidecar: its document
            if not is_present and not origin.startswith(unreadable):
                outcome = self._remove(origin)
                if outcome is not None:
                    yield outcome

    def _leave_former_folder(self, prefix: str) -> Iterator[DocumentOutcome]:
        """Remove the articles of the folder that was synced before, if that was another one."""
        former = self._store.synced_prefix
        if former == prefix:
            return
        for origin in [] if former is None else list(self._store.origins(former)):
            outcome = None if origin.name.startswith(prefix) else self._remove(origin.name)
            if outcome is not None:
                yield outcome
        self._store.set_synced_prefix(prefix)

    def _remove(self, origin: str) -> DocumentOutcome | None:
        """Drop an origin; return the outcome, None where its article stays or it had none."""
        if not self._store.drop_origin(origin):
            return None
        log_event(log, logging.INFO, "article_removed", origin=origin)
        self._on_change()
        return DocumentOutcome(printable(path_of(origin)), "removed")
