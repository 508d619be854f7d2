"""What is in a folder of documents: which files, in which state, at rest or still being written."""

import errno
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes
from urllib.request import url2pathname

from corpus.documents import SIDECAR, sidecar_of, supported
from corpus.errors import UnreadableDocument
from corpus.store.schema import Origin
from corpus.text.unicode import printable

# A file that changed this few seconds ago may be half-written.
REST_SECONDS = 0.3
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Look:
    """The documents below a folder, and the folders below it that can't be looked into, with the reason.

    `ignored` counts what is of no kind that is read, by the ends of names.
    """

    files: tuple[Path, ...]
    unreadable: Mapping[Path, str]
    ignored: Mapping[str, int]


def look(root: Path) -> Look:
    """Return what is below a folder; raises UnreadableDocument where the folder is not there or can't be read.

    Hidden files and folders are none of it, and sidecars neither where their document is there. A link to a file counts
    as a file, since somebody put it there to be read (whoever reads it checks that it leads to nothing outside); a link
    to a folder is not followed, since it may lead round in a circle or to a whole disk.
    """
    files: list[Path] = []
    ignored: Counter[str] = Counter()
    unreadable: dict[Path, str] = {}

    def refused(error: OSError) -> None:
        folder = root if error.filename is None else Path(error.filename)
        if folder == root or error.errno != errno.ENOENT:  # a folder that vanishes meanwhile is no trouble
            unreadable[folder] = _why(folder, error)

    for folder, folders, names in os.walk(root, onerror=refused):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        ignored["links to folders"] += sum(Path(folder, name).is_symlink() for name in folders)
        documents = {name for name in names if supported(name) and not _hidden(name)}
        files += [Path(folder, name) for name in sorted(documents)]
        beside = documents | {f"{name}{SIDECAR}" for name in documents}
        ignored.update(_end(name) for name in names if name not in beside and not _hidden(name))
    if root in unreadable:
        raise UnreadableDocument(unreadable[root])
    return Look(tuple(files), unreadable, +ignored)  # without those of which there are none


def check_readable(root: Path) -> None:
    """Raise UnreadableDocument where `look` would, without looking at all that is below a folder."""
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise UnreadableDocument(_why(root, error)) from error


def signature(path: Path) -> str | None:
    """Return what changes when a file or its sidecar does, None where neither can be asked."""
    marks = _marks(path)
    if not marks:
        return None
    return f"{' '.join(f'{mark.st_mtime_ns}:{mark.st_size}' for mark in marks)} @{marks[0].st_ino}"


def same_content(before: str | None, now: str | None) -> bool:
    """Tell whether two signatures differ at most in where the file lies on the disk, which a copy changes."""
    return before is not None and now is not None and before.partition("@")[0] == now.partition("@")[0]


def has_changed(before: Origin | None, now: str | None) -> bool:
    """Tell whether a file is to be read again, by what is known of it and its signature now."""
    if before is None:
        return True
    if before.deleted and same_content(before.signature, now):
        return False
    out_of_reach = before.article_id is not None and before.problem is not None
    return out_of_reach or before.signature is None or before.signature != now


def at_rest(paths: Iterable[Path], pause: Callable[[float], object]) -> Iterator[Path]:
    """Yield files once they are not being written: most of them at once, others after a moment, if they come to rest.

    `pause` waits for so many seconds; where it returns something true, waiting is given up.
    """
    waiting: dict[Path, str | None] = {}
    for path in paths:
        if _last_change(path) > time.time() - REST_SECONDS:
            waiting[path] = signature(path)
        else:
            yield path
    for _ in range(_ROUNDS):
        if not waiting or pause(REST_SECONDS):
            return
        states = {path: signature(path) for path in waiting}
        rested = [path for path, state in states.items() if state == waiting[path]]
        yield from rested
        waiting = {path: state for path, state in states.items() if path not in set(rested)}


def origin_of(path: Path) -> str:
    """Return the name of a file as an origin: a file: address, which any file name fits into."""
    return path.as_uri()


def path_of(origin: str) -> Path:
    """Return the file that an origin names."""
    name = origin.removeprefix("file://")
    return Path(url2pathname(name)) if os.name == "nt" else Path(os.fsdecode(unquote_to_bytes(name)))


def below(folder: Path) -> str:
    """Return how the origins of all files below a folder begin."""
    return f"{origin_of(folder).rstrip('/')}/"


def _why(folder: Path, error: OSError) -> str:
    reason = "it is not there" if error.errno == errno.ENOENT else str(error.strerror).lower()
    return f"The folder {printable(folder)} can't be read: {reason}."


def _end(name: str) -> str:
    return printable(Path(name).suffix.lower()) or "no ending"


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$"))


def _marks(path: Path) -> list[os.stat_result]:
    try:
        marks = [path.stat()]
        sidecar = sidecar_of(path)
        if sidecar.exists():
            marks.append(sidecar.stat())
    except OSError:
        return []
    return marks


def _last_change(path: Path) -> float:
    return max((mark.st_mtime for mark in _marks(path)), default=0.0)
