"""The files of an exported model: its graph, its tokenizer and their manifest, written in one step and checked."""

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from filelock import FileLock

from corpus.errors import StorageProblem
from index.files import sync_tree

VERSION = 2  # of the export; another one is exported again
GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
MANIFEST = "manifest.json"
FILES = (GRAPH, TOKENIZER)
_UNFINISHED = ".export-"
_LOCK = ".export.lock"  # held while a finished folder is put in place
_HOUR = 3600.0

Agreement = dict[str, float]  # figures of how far an export agrees with the model it was made from, by their names


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an exported model is: all that is needed to run it, and to see that its files are whole.

    Args:
        model_id: the model's name, and where there is one a fingerprint.
        max_length: tokens that the model takes in.
        pad_id: the token that fills shorter texts.
        variant: how the weights are stored.
        agreement: with the model that it was made from.
        rejected: by variant, the agreement of those that were tried before.
        files: by name, their SHA-256.
        machine: the kind of processor that it was checked on and is for; None for any.
    """

    model_id: str
    max_length: int
    pad_id: int
    variant: str = ""
    agreement: Agreement = field(default_factory=dict)
    rejected: dict[str, Agreement] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    machine: str | None = None
    version: int = VERSION

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the manifest of a folder; None where files are missing or damaged, or for other processors."""
        try:
            values = json.loads((folder / MANIFEST).read_text("utf-8"))
            lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
            manifest = cls(**{**values, **lists})
            whole = all(sha256(folder / name) == manifest.files[name] for name in {*FILES, *manifest.files})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        usable = manifest.version == VERSION and manifest.machine in {None, platform.machine()}
        return manifest if whole and usable else None

    def write(self, folder: Path) -> None:
        """Write the manifest, last: a folder with one is complete."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_folder(target: Path, fill: Callable[[Path], None], read: Callable[[Path], object | None]) -> None:
    """Let `fill` write a new folder, and put it at `target` in one step; what was there before is removed.

    Nobody ever sees a half-written target, and of two processes that write it at once one wins: what `read` finds whole
    stays. Raises StorageProblem.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        fresh = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
        try:
            fill(fresh)
            sync_tree(fresh)
            _move(fresh, target, read)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise StorageProblem(f"The exported model can't be written to {target.parent}: {error}") from error


def write_text(file: Path, text: str) -> None:
    """Write a small file in one step; raises StorageProblem."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(0o644)  # others may read it, as any file; mkstemp's are private
        Path(name).replace(file)
    except OSError as error:
        raise StorageProblem(f"{file} can't be written: {error}") from error


def _move(fresh: Path, target: Path, read: Callable[[Path], object | None]) -> None:
    # Between the look at a damaged target and its removal, another process could put a whole one there.
    with FileLock(target.parent / _LOCK):
        if target.exists():
            if read(target) is not None:
                return  # another process finished the same export first
            aside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
            try:
                target.rename(aside / "old")
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        fresh.rename(target)


def _sweep(cache: Path) -> None:
    """Remove what a crash left behind long ago."""
    for path in cache.glob(_UNFINISHED + "*"):
        with suppress(FileNotFoundError):  # another process has just finished its own
            if time.time() - path.stat().st_mtime > _HOUR:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
