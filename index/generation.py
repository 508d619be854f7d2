"""One immutable, numbered state of the index: what questions are asked of."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorruptIndex, OtherVersion
from index.keywords import TantivyKeywords
from index.segments import Segment, alive_rows
from index.units import PLACE_BITS, SPAN_DTYPE
from index.vectors import Rows, Scores, Vectors

FORMAT = 1
MANIFEST = "manifest.json"
KEYWORDS = "keywords"
DEAD = "dead.npy"
# Tantivy's lock files are empty and are made again at will.
_UNCHECKED = {MANIFEST, ".tantivy-writer.lock", ".tantivy-meta.lock"}


@dataclass(frozen=True, slots=True)
class FileMark:
    """A file's size in bytes and SHA-256, by which a damaged one is noticed."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What stays the same over renames and hard links of a file, and changes when it is written to."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> "FileIdentity":
        """Return the identity of a file; raises OSError."""
        stat = path.stat()
        return cls(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


Checked = Mapping[FileIdentity, FileMark]  # files that were read before, so that they need not be read again


@dataclass(frozen=True, slots=True)
class Known:
    """What was read and checked of a generation, without its open files."""

    segments: tuple[Segment, ...]
    checked: Checked


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of, as it stands in its manifest.json.

    `revision` is that of the store when its articles were listed: a store with a lower one is an older copy.
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

    def write(self, folder: Path) -> None:
        """Write the manifest, with a checksum of itself, into a folder."""
        fields = asdict(self)
        text = json.dumps({"checksum": _checksum(fields), **fields}, indent=1)
        (folder / MANIFEST).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
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


@dataclass(frozen=True, eq=False)
class Generation:
    """A generation, opened for reading; nothing about it ever changes.

    Rows number the sentences of all segments in order; dead rows (of articles that are gone) are never returned.
    """

    folder: Path
    manifest: Manifest
    segments: tuple[Segment, ...]
    keywords: TantivyKeywords
    dead: NDArray[np.int64]
    checked: Checked = field(repr=False)
    identity: FileIdentity  # that of its manifest.json, by which another generation of the same number is told apart

    @classmethod
    def open(cls, folder: Path, before: "Generation | Known | None" = None) -> "Generation":
        """Open a folder and check its files.

        What it shares with `before` is neither read nor held in memory twice. Raises CorruptIndex, OtherVersion,
        StorageProblem.
        """
        manifest = Manifest.read(folder)
        checked = _check(folder, manifest, {} if before is None else before.checked)
        known = {} if before is None else {segment.name: segment for segment in before.segments}
        try:
            generation = cls(
                folder,
                manifest,
                tuple(known.get(name) or Segment.load(folder, name) for name in manifest.segments),
                TantivyKeywords(folder / KEYWORDS),
                np.load(folder / DEAD, allow_pickle=False),
                checked,
                FileIdentity.of(folder / MANIFEST),
            )
        except (OSError, ValueError) as error:
            raise CorruptIndex(f"{folder} is damaged: {error}") from error
        generation._check_counts()
        return generation

    @property
    def number(self) -> int:
        """The generation's number."""
        return self.manifest.generation

    @property
    def known(self) -> Known:
        """What another generation may share."""
        return Known(self.segments, self.checked)

    def is_at(self, folder: Path) -> bool:
        """Return whether this is the very generation that is in a folder now."""
        try:
            return self.identity == FileIdentity.of(folder / MANIFEST)
        except OSError:
            return False

    def check_files(self) -> None:
        """Compare with the manifest all files that changed since they were read; raises CorruptIndex."""
        _check(self.folder, self.manifest, self.checked)

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        """The first row of every segment, and the number of rows."""
        return np.cumsum([0, *(len(segment) for segment in self.segments)])

    @cached_property
    def spans(self) -> NDArray[np.void]:
        """All rows' keys and spans, of SPAN_DTYPE, ascending by key."""
        return np.concatenate([np.empty(0, SPAN_DTYPE), *(segment.spans for segment in self.segments)])

    @cached_property
    def articles(self) -> NDArray[np.int64]:
        """Every row's article number."""
        numbers: NDArray[np.int64] = self.spans["key"] >> PLACE_BITS
        return numbers

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """Which rows are of articles that are still there."""
        return alive_rows(self.articles, self.dead)

    @cached_property
    def article_numbers(self) -> frozenset[int]:
        """The numbers of the articles that have a sentence here and are not dead."""
        return frozenset(np.unique(self.articles[self.alive]).tolist())

    def allowed(self, numbers: Sequence[int]) -> NDArray[np.bool_]:
        """Return which rows are alive and of the numbered articles."""
        mask: NDArray[np.bool_] = self.alive & np.isin(self.articles, np.asarray(numbers, np.int64))
        return mask

    def search_vectors(
        self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, Scores]:
        """Return the k nearest alive and allowed rows, best first, and their inner products with the question."""
        mask = self.alive if allowed is None else allowed
        rows, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for segment, start in zip(self.segments, self._offsets, strict=False):
            here = mask[start : start + len(segment)]
            found, products = segment.vectors.search(question, k, None if here.all() else here)
            rows.append(found + start)
            scores.append(products)
        all_rows, all_scores = np.concatenate(rows), np.concatenate(scores)
        best = np.lexsort((all_rows, -all_scores))[:k]
        return all_rows[best], all_scores[best]

    def search_keywords(self, question: str, k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the k alive and allowed rows with the best BM25 scores, best first, and their scores."""
        mask = self.alive if allowed is None else allowed
        depth = k
        while True:
            keys, scores = self.keywords.search(question, depth)
            rows = self.rows(keys)
            kept = mask[rows]
            if kept.sum() >= min(k, mask.sum()) or len(keys) < depth:
                return rows[kept][:k], scores[kept][:k]
            depth *= 4

    def similarities(self, question: Vectors, rows: Rows) -> Scores:
        """Return the inner products of the question with the vectors at rows."""
        return self.take(rows) @ question

    def take(self, rows: Rows) -> Vectors:
        """Return the vectors at rows, of shape (len(rows), dimension)."""
        vectors = np.empty((len(rows), self.manifest.dimension), np.float32)
        owner = np.searchsorted(self._offsets, rows, side="right") - 1
        for place, segment in enumerate(self.segments):
            here = owner == place
            vectors[here] = segment.vectors.take(rows[here] - self._offsets[place])
        return vectors

    def rows(self, keys: NDArray[np.int64]) -> Rows:
        """Return the rows of keys that are known to be here."""
        return np.searchsorted(self.spans["key"], keys)

    def _check_counts(self) -> None:
        """Compare what is here with what the manifest and the keyword index say; raises CorruptIndex."""
        counts = {int(self.alive.sum()), len(self.keywords), self.manifest.sentences}
        keys = self.spans["key"]
        if len(counts) > 1 or (keys[1:] <= keys[:-1]).any():
            raise CorruptIndex(f"{self.folder}: vectors, keywords and manifest do not hold the same sentences.")


def mark_files(folder: Path, checked: Checked) -> dict[str, FileMark]:
    """Return the marks of all files below a folder, by their paths in it; what was checked is not read again."""
    return {name: checked.get(FileIdentity.of(folder / name)) or _mark(folder / name) for name in file_names(folder)}


def file_names(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, as its manifest names them."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in _UNCHECKED)
    return [path.relative_to(folder).as_posix() for path in paths]


def _mark(path: Path) -> FileMark:
    with path.open("rb") as file:
        return FileMark(os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())


def compared(folder: Path, manifest: Manifest, checked: Checked) -> tuple[Checked, list[str]]:
    """Compare all files with their marks; return those that are as they should be, and a line for each other one."""
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


def _check(folder: Path, manifest: Manifest, checked: Checked) -> Checked:
    """Compare all files with their marks, and return these; raises CorruptIndex."""
    found, problems = compared(folder, manifest, checked)
    if problems:
        raise CorruptIndex(problems[0])
    return found


def _checksum(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
