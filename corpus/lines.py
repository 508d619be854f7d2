"""The lines of a file that may be large, packed, cut off or no text, one at a time, in memory that stays small."""

import gzip
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corpus.errors import UnreadableDocument
from corpus.folder import shown

STANDARD = "-"
# A JSON string may take 12 bytes a character (\ud83d\ude00), and an article may have 2,000,000 of them.
LONGEST_LINE = 32 * 2**20
_CHUNK = 65_536
_BROKEN = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its end, counted from 1; no bytes where it is longer than lines may be."""

    number: int
    data: bytes | None


class Lines:
    """The lines of an open file, to go through once. `read` and `total` are bytes of the file as it lies there."""

    def __init__(self, file: BinaryIO, name: str, packed: bool = False, longest: int = LONGEST_LINE) -> None:
        self.name, self.longest = name, longest
        self.total = _size(file)
        self._counted = _Counted(file)
        self._file = gzip.GzipFile(fileobj=self._counted) if packed else self._counted  # type: ignore[call-overload]

    @property
    def read(self) -> int:
        """How many bytes of the file have been read."""
        return self._counted.count

    def __iter__(self) -> Iterator[Line]:
        """Yield the lines; raises UnreadableDocument where the file can't be read on."""
        number = 0
        try:
            while data := self._file.readline(self.longest + 1):
                number += 1
                if len(data) > self.longest:
                    while data and not data.endswith(b"\n"):
                        data = self._file.readline(_CHUNK)
                    yield Line(number, None)
                else:
                    yield Line(number, data)
        except _BROKEN as error:
            raise UnreadableDocument(
                f"{self.name} can't be read beyond line {number:,}: {str(error)[:200]}. What came before is kept."
            ) from error


@contextmanager
def opened(source: str, longest: int = LONGEST_LINE) -> Iterator[Lines]:
    """Yield the lines of a file, unpacked where its name ends in .gz, or of standard input for "-".

    Raises UnreadableDocument.
    """
    if source == STANDARD:
        yield Lines(sys.stdin.buffer, "standard input", longest=longest)
        return
    with _opened(source) as file:
        yield Lines(file, shown(source), packed(source), longest)


def packed(name: str) -> bool:
    """Tell by its name whether a file is packed by gzip."""
    return name.lower().endswith(".gz")


def _opened(source: str) -> BinaryIO:
    try:
        return Path(source).open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror is not None else str(error)
        raise UnreadableDocument(f"{shown(source)} can't be read: {reason}.") from error


class _Counted:
    """A file that counts what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.count += len(data)
        return data

    def readline(self, size: int = -1) -> bytes:
        data = self._file.readline(size)
        self.count += len(data)
        return data


def _size(file: BinaryIO) -> int | None:
    """Return how large a file is, None where that is not known, as of a pipe."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
