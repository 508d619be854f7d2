"""Backup archives: tar files that begin with a list of their members, with sizes and checksums."""

import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

from corpus.errors import InvalidInput, OtherVersion, StorageProblem
from index.files import sync
from index.generations.manifest import FileMark

CONTENTS = "citeline-backup.json"
FORMAT = 1
_MAX_CONTENTS_BYTES = 16 * 2**20
_BLOCK = 2**20
_NAME = re.compile(r"(?:index/|index/keywords/)?(?!\.{1,2}$)[A-Za-z0-9._-]+")


def pack(file: Path, members: Mapping[str, BufferedReader]) -> None:
    """Write open files, by their names in the archive, into an archive, which appears complete or not at all.

    Raises InvalidInput where another file than an archive would be replaced, StorageProblem where the disk refuses.
    """
    if file.exists() and not is_archive(file):
        raise InvalidInput(f"{file} is there already, and is no backup. Choose another name.")
    try:
        marks = {name: FileMark.of(source) for name, source in members.items()}
        contents = {"format": FORMAT, "files": {name: [mark.size, mark.sha256] for name, mark in marks.items()}}
        listing = json.dumps(contents, indent=1).encode()
        handle, made = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
                _put(tar, CONTENTS, BytesIO(listing), len(listing))
                for name, source in members.items():
                    source.seek(0)
                    _put(tar, name, source, marks[name].size)
            sync(Path(made))
            Path(made).replace(file)
            sync(file.parent)
        finally:
            Path(made).unlink(missing_ok=True)
    except OSError as error:
        raise StorageProblem(f"The backup {file} can't be written: {error.strerror or error}.") from error


def unpack(file: Path, folder: Path) -> list[str]:
    """Extract an archive into a folder, checking every file, and return their names.

    Raises InvalidInput for anything but a complete archive, OtherVersion, StorageProblem where the disk refuses.
    """
    with _opened(file) as tar:
        marks = _contents(file, tar)
        missing = dict(marks)
        for member in _members(file, tar):
            mark = missing.pop(member.name, None)
            if mark is None or not _is_plain(member) or member.size != mark.size:
                raise InvalidInput(f"{file} is no backup: it holds {member.name!r}, which is not as its list says.")
            if _extract(file, tar, member, folder / member.name) != mark:
                raise InvalidInput(f"{file} is damaged: {member.name!r} is not what was backed up.")
    if missing:
        raise InvalidInput(f"{file} is damaged: {min(missing)!r} is missing.")
    return list(marks)


def is_archive(file: Path) -> bool:
    """Return whether a file begins as a backup archive does."""
    try:
        with _opened(file) as tar:
            return bool(_contents(file, tar))
    except (InvalidInput, OtherVersion, StorageProblem):
        return False


def _put(tar: tarfile.TarFile, name: str, source: BinaryIO, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, source)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise InvalidInput(f"{file} is no backup, or is damaged: {error}.") from error
    except OSError as error:
        if error.filename is not None and Path(error.filename) == file:
            raise InvalidInput(f"{file} can't be read: {error.strerror}.") from error
        raise StorageProblem(f"The backup {file} can't be unpacked: {error.strerror or error}.") from error


def _members(file: Path, tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while True:
        try:
            member = tar.next()
        except (ValueError, OverflowError) as error:  # of headers that tarfile does not expect
            raise InvalidInput(f"{file} is no backup, or is damaged.") from error
        if member is None:
            return
        yield member


def _is_plain(member: tarfile.TarInfo) -> bool:
    """Return whether a member is an ordinary file: no link, no folder, no sparse file that unpacks to any size."""
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def _contents(file: Path, tar: tarfile.TarFile) -> dict[str, FileMark]:
    member = next(_members(file, tar), None)
    if member is None or member.name != CONTENTS or not _is_plain(member) or member.size > _MAX_CONTENTS_BYTES:
        raise InvalidInput(f"{file} is no backup of Citeline.")
    try:
        source = tar.extractfile(member)
        found = json.loads(b"" if source is None else source.read())
        if found["format"] != FORMAT:
            raise OtherVersion(
                f"{file} was written by another version of Citeline: its format is {found['format']}, not {FORMAT}."
            )
        marks = {str(name): FileMark(int(size), str(sha256)) for name, (size, sha256) in found["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"{file} is damaged: its list of files can't be read.") from error
    wrong = [name for name in marks if _NAME.fullmatch(name) is None]
    if wrong:
        raise InvalidInput(f"{file} is no backup: it names {wrong[0]!r}.")
    return marks


def _extract(file: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> FileMark:
    source = tar.extractfile(member)
    if source is None:
        raise InvalidInput(f"{file} is damaged.")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as out:
        while block := source.read(_BLOCK):
            out.write(block)
            digest.update(block)
            size += len(block)
    return FileMark(size, digest.hexdigest())
