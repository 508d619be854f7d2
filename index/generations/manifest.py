"""The manifest of a generation, with the marks of its files by which damage is noticed."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any

from corpus.errors import CorruptIndex, OtherVersion
from index.files import FileIdentity
from index.search.keywords import LOCK_FILES

FORMAT = 2
MANIFEST = "manifest.json"
_UNMARKED = {MANIFEST, *LOCK_FILES}


@dataclass(frozen=True, slots=True)
class FileMark:
    """A file's size in bytes and its SHA-256."""

    size: int
    sha256: str

    @classmethod
    def of(cls, file: BufferedReader) -> "FileMark":
        """Return the mark of an open file; raises OSError."""
        file.seek(0)
        return cls(os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())


CheckedFiles = Mapping[FileIdentity, FileMark]  # the marks of files that were read before


@dataclass(frozen=True, slots=True)
class GenerationManifest:
    """What a generation is made of, as in its manifest.json.

    `revision` is the store's when its articles were listed: a store with a lower one is an older copy. `text_version`
    is that of the texts that were embedded.
    """

    generation: int
    store_id: str
    revision: int
    model: str
    dimension: int
    built_at: str
    articles: int
    sentences: int
    segments: tuple[str, ...]
    files: dict[str, FileMark] = field(repr=False)
    format: int = FORMAT
    text_version: int = 1

    def write(self, folder: Path) -> None:
        """Write the manifest, with a checksum of itself, into a folder; raises OSError."""
        fields = asdict(self)
        text = json.dumps({"checksum": _checksum(fields), **fields}, indent=1)
        (folder / MANIFEST).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "GenerationManifest":
        """Read a folder's manifest; raises CorruptIndex, OtherVersion."""
        path = folder / MANIFEST
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if fields.pop("checksum") != _checksum(fields):
                raise CorruptIndex(f"{path} is damaged: it is not what its checksum says.")
            if fields["format"] != FORMAT:
                raise OtherVersion(
                    f"{folder} was written by another version of Citeline (format {fields['format']}, this one reads "
                    f"{FORMAT}). Rebuild the index: python app.py rebuild"
                )
            files = {name: FileMark(**mark) for name, mark in fields.pop("files").items()}
            return cls(**{**fields, "segments": tuple(fields["segments"])}, files=files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CorruptIndex(f"{path} is missing or damaged.") from error


def mark_files(folder: Path, checked: CheckedFiles) -> dict[str, FileMark]:
    """Return the marks of all files below a folder, by their paths in it; files in `checked` are not read.

    Raises OSError.
    """
    return {name: checked.get(FileIdentity.of(folder / name)) or _mark(folder / name) for name in file_names(folder)}


def file_names(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, as its manifest names them."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in _UNMARKED)
    return [path.relative_to(folder).as_posix() for path in paths]


def _mark(path: Path) -> FileMark:
    with path.open("rb") as file:
        return FileMark.of(file)


def compare_files(folder: Path, manifest: GenerationManifest, checked: CheckedFiles) -> tuple[CheckedFiles, list[str]]:
    """Compare all files with the manifest's marks; return those that agree, and a line for each other one."""
    found: dict[FileIdentity, FileMark] = {}
    problems: list[str] = []
    for name, mark in manifest.files.items():
        path = folder / name
        try:
            identity = FileIdentity.of(path)
            damaged = identity.size != mark.size or (checked.get(identity) or _mark(path)) != mark
        except OSError:
            problems.append(f"{path} is missing or can't be read.")
            continue
        if damaged:
            problems.append(f"{path} is damaged: it is not what the manifest says.")
        else:
            found[identity] = mark
    return found, problems


def _checksum(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
