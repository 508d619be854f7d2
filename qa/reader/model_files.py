"""The files of a reading model: its manifest, and how the packed larger one is unpacked."""

import gzip
import json
import re
import shutil
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import ModelProblem, StorageProblem
from index.onnx.model_files import GRAPH, MANIFEST, TOKENIZER, Manifest, write_folder

LARGER = "larger"  # the folder of the packed reader, below the small one's
PACKED = f"{GRAPH}.gz"  # the packed graph; the manifest beside it describes the unpacked one
_SHA256 = re.compile("[0-9a-f]{64}")
_NAME_LENGTH = 16  # hex digits of the graph's SHA-256
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderManifest(Manifest):
    """The manifest of a reading model; max_length counts tokens of question, title and text together.

    Args:
        titled: whether it reads "title: text".
        inputs: the names of what the graph takes in.
    """

    titled: bool
    inputs: tuple[str, ...]


def unpack_larger(
    folder: Path, small: ReaderManifest, cache: Path, report: Callable[[str], None] | None = None
) -> tuple[Path, ReaderManifest]:
    """Return the folder of the larger reader, ready to run, and its manifest.

    Args:
        folder: the small reader's folder; the larger one is packed below it and shares its tokenizer.
        small: the small reader's manifest.
        cache: the folder of unpacked models; a damaged one is replaced.
        report: called with one line before unpacking.

    Raises ModelProblem where the packed reader is missing, damaged, or reads other tokens than the small one, and
    StorageProblem where the cache can't be written.
    """
    packed = folder / LARGER
    described = _packed_manifest(packed)
    if (described["files"][TOKENIZER], described["max_length"], described["titled"]) != (
        small.files[TOKENIZER],
        small.max_length,
        small.titled,
    ):
        raise ModelProblem(
            f"The larger reading model in {packed} was made for another small one than that in {folder}. Make it anew "
            "(python -m training.larger), or set the reader to quick, which does without."
        )
    target = cache / f"{LARGER}-{described['files'][GRAPH][:_NAME_LENGTH]}"
    manifest = ReaderManifest.read(target)
    if manifest is None:
        if report is not None:
            report("Unpacking the larger reading model. This happens once.")
        try:
            write_folder(target, lambda fresh: _unpack(packed, folder / TOKENIZER, fresh), ReaderManifest.read)
        except StorageProblem as error:
            reason = f"{error} The larger reading model is unpacked there; the reader quick does without."
            raise StorageProblem(reason) from error
        # Models unpacked by other versions are removed, but not what changed today: another checkout may use it.
        for old in cache.glob(f"{LARGER}-*"):
            if old != target and time.time() - old.stat().st_mtime > _DAY:
                shutil.rmtree(old, ignore_errors=True)
        manifest = ReaderManifest.read(target)
    if manifest is None:
        raise ModelProblem(f"The reading model in {target} was changed while it was loaded; please try again.")
    return target, manifest


def _packed_manifest(packed: Path) -> dict[str, Any]:
    """Return the manifest of the packed reader, of the graph that is packed."""
    try:
        described: dict[str, Any] = json.loads((packed / MANIFEST).read_text("utf-8"))
        if _SHA256.fullmatch(described["files"][GRAPH]) is None or {"max_length", "titled"} - described.keys():
            raise ValueError
        described["files"][TOKENIZER]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(packed) from error
    return described


def _unpack(packed: Path, tokenizer: Path, fresh: Path) -> None:
    try:
        with gzip.open(packed / PACKED) as source, (fresh / GRAPH).open("wb") as target:
            shutil.copyfileobj(source, target)
    except (FileNotFoundError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(packed) from error
    shutil.copyfile(tokenizer, fresh / TOKENIZER)
    shutil.copyfile(packed / MANIFEST, fresh / MANIFEST)
    if ReaderManifest.read(fresh) is None:
        raise _damaged(packed)


def _damaged(packed: Path) -> ModelProblem:
    return ModelProblem(
        f"The larger reading model in {packed} is missing or damaged. Put back the files that came with Citeline, or "
        "set the reader to quick, which does without."
    )
