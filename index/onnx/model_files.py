"""The files of an exported embedding model: its manifest, and how a folder of it is written and checked."""

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

from corpus.errors import StorageProblem
from index.files import sync_tree

VERSION = 2  # of the export; another one is exported again
GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
MANIFEST = "manifest.json"
_UNFINISHED = ".export-"
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far an export agrees with the model it was made from, on the built-in texts."""

    texts: int
    mean_cosine: float
    min_cosine: float
    same_nearest: float  # the share of texts whose nearest other text is the same one


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export is: all that is needed to run it, and to see that its files are whole."""

    model_id: str
    dimension: int
    max_length: int
    pad_id: int
    query_prompt: str
    document_prompt: str
    variant: str
    agreement: Agreement
    rejected: dict[str, Agreement] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # name -> SHA-256
    machine: str = field(default_factory=platform.machine)
    version: int = VERSION


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a whole export made for this kind of processor, None where there is none."""
    try:
        values = json.loads((folder / MANIFEST).read_text("utf-8"))
        values["agreement"] = Agreement(**values["agreement"])
        values["rejected"] = {name: Agreement(**figures) for name, figures in values["rejected"].items()}
        manifest = Manifest(**values)
        whole = all(sha256(folder / name) == manifest.files[name] for name in (GRAPH, TOKENIZER))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return manifest if whole and (manifest.version, manifest.machine) == (VERSION, platform.machine()) else None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest last: a folder with one is complete."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_folder(
    target: Path, fill: Callable[[Path], None], read: Callable[[Path], object | None] = read_manifest
) -> None:
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
    if target.exists() and read(target) is None:
        _set_aside(target)
    try:
        fresh.rename(target)
    except OSError:
        if read(target) is None:
            raise
        # Another process finished the same export first.


def _set_aside(target: Path) -> None:
    aside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        target.rename(aside / "old")
    except FileNotFoundError:
        return  # another process did
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(cache: Path) -> None:
    """Remove what a crash left behind long ago."""
    for path in cache.glob(_UNFINISHED + "*"):
        with suppress(FileNotFoundError):  # another process has just finished its own
            if time.time() - path.stat().st_mtime > _HOUR:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
