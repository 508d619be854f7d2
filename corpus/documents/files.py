"""Files of a folder, with the metadata of their sidecars, to drafts."""

import errno
import os
import stat
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from corpus.article import Draft
from corpus.documents.formats import read_document, worker_seconds
from corpus.documents.limits import DEFAULT_LIMITS, Limits, format_size
from corpus.documents.originals import with_original
from corpus.documents.toml import read_sidecar
from corpus.errors import InvalidArticle, InvalidInput, TooLarge, UnreadableDocument
from corpus.isolation.worker import INLINE, Worker

SIDECAR = ".toml"
_MAX_SIDECAR_BYTES = 65_536
_REASONS = {
    errno.ENOENT: "it is not there",
    errno.EACCES: "there is no permission to read it",
    errno.EPERM: "there is no permission to read it",
    errno.ELOOP: "its links go round in a circle",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is not a regular file",
}


@dataclass(frozen=True, slots=True)
class SidecarProblem:
    """Why a sidecar was not used; `temporary` where the system refused to read it."""

    message: str
    temporary: bool


def sidecar_of(path: Path) -> Path:
    """Return the path of a document's sidecar, `NAME.EXT.toml`."""
    return path.with_name(path.name + SIDECAR)


def read_file(
    path: Path, limits: Limits = DEFAULT_LIMITS, root: Path | None = None, worker: Worker = INLINE
) -> tuple[Draft, SidecarProblem | None]:
    """Return the draft of a file, and the reason why its sidecar was not used, None where nothing is wrong with it.

    The sidecar's metadata takes precedence over the document's own. `root` is a resolved folder: symbolic links that
    lead out of it are refused. Raises UnreadableDocument, UnsupportedFormat or TooLarge for the file, WorkerProblem.
    """
    data, name = read_bytes(path, limits, root), str(path)
    draft = worker.run(partial(read_document, name=name, limits=limits), data, name, worker_seconds(data, limits))
    draft = with_original(draft, data, name, limits)
    try:
        return _with_sidecar(draft, sidecar_of(path), root, worker), None
    except InvalidInput as error:
        return draft, SidecarProblem(str(error), temporary=isinstance(error.__cause__, OSError))


def _resolve_inside(path: Path, root: Path) -> Path | None:
    """Return a path with its symbolic links resolved, None where it is outside of a folder."""
    resolved = Path(os.path.realpath(path))  # Path.resolve raises for a loop of links
    return resolved if resolved.is_relative_to(root) else None


def read_bytes(path: Path, limits: Limits, root: Path | None) -> bytes:
    """Return the bytes of a regular file, opened without blocking, since opening a pipe may never return.

    Raises UnreadableDocument, also for a symbolic link that leads out of `root`, or TooLarge past the limit.
    """
    if root is not None and _resolve_inside(path, root) is None:
        raise UnreadableDocument(
            f"{path} is a link that leads out of the folder {root}, so it is not read. Put the file itself there."
        )
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - Path.open takes no flags
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise UnreadableDocument(f"{path} can't be read: it is not a regular file.")
            if root is not None:
                resolved = _resolve_inside(path, root)
                if resolved is None or not os.path.samestat(state, resolved.lstat()):
                    raise UnreadableDocument(f"{path} can't be read: it was exchanged for a link meanwhile.")
            limits.check_bytes(state.st_size, str(path))
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        reason = str(error.strerror).lower() if error.strerror is not None else type(error).__name__
        reason = reason if error.errno is None else _REASONS.get(error.errno, reason)
        raise UnreadableDocument(f"{path} can't be read: {reason}.") from error
    except ValueError as error:
        raise UnreadableDocument(f"{path} can't be read: its name is not one that a file can have.") from error
    limits.check_bytes(len(data), str(path))
    return data


def _with_sidecar(draft: Draft, sidecar: Path, root: Path | None, worker: Worker) -> Draft:
    """Return a draft with the metadata of a sidecar, if that exists; raises InvalidInput for a bad sidecar."""
    if not os.path.lexists(sidecar):
        return draft
    try:
        data = read_bytes(sidecar, Limits(max_bytes=_MAX_SIDECAR_BYTES), root)
    except TooLarge as error:
        limit = format_size(_MAX_SIDECAR_BYTES)
        raise InvalidArticle(f"{sidecar} is larger than the {limit} that are enough for it.") from error
    metadata = worker.run(partial(read_sidecar, name=str(sidecar)), data, str(sidecar))
    is_guess = draft.published_is_guess and "published" not in metadata
    return replace(draft, published_is_guess=is_guess, **metadata)  # type: ignore[arg-type]
