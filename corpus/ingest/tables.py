"""The lines of a file that may be large, packed, cut off or no text, one at a time, in memory that stays small."""

import csv
import gzip
import json
import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from corpus.article import Draft
from corpus.errors import InvalidInput, TooLarge, UnreadableDocument
from corpus.text.unicode import find_surrogate, printable

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
        yield Lines(file, printable(source), packed(source), longest)


def packed(name: str) -> bool:
    """Tell by its name whether a file is packed by gzip."""
    return name.lower().endswith(".gz")


def _opened(source: str) -> BinaryIO:
    try:
        return Path(source).open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror is not None else str(error)
        raise UnreadableDocument(f"{printable(source)} can't be read: {reason}.") from error


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


NAMES = tuple(field.name for field in fields(Draft))
# What an export tells besides: the id follows from the text; the origin says what a new text from the url replaces.
_ORIGINS = ("url", "text")
_KNOWN = {*NAMES, "id", "origin"}
_MOST_IGNORED = 20
_DELIMITERS = ",;\t"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_AS_UTF8 = 'Save the file as UTF-8 (Excel calls it "CSV UTF-8"), or convert it: iconv -f WINDOWS-1252 -t UTF-8'
_FIRST_ESCAPED = 0xDC00  # of the halves of characters that stand for bytes that are no UTF-8


@dataclass(frozen=True, slots=True)
class Row:
    """What begins on a line: a draft, or what is wrong with it.

    Where `by_url`, the draft replaces what its url gave before.
    """

    line: int
    draft: Draft | None = None
    problem: str | None = None
    by_url: bool = True


class Rows:
    """The rows of a file, to go through once; `ignored` has names of fields or columns that mean nothing here."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.ignored: list[str] = []

    def json_lines(self) -> Iterator[Row]:
        """Yield what each line of JSON gives; blank lines give nothing. Raises UnreadableDocument."""
        for line in self.lines:
            self._check_encoding(line)
            if line.data is None or line.data.strip():
                try:
                    yield self._row(line.number, _object(line, self.lines.longest))
                except InvalidInput as error:
                    yield Row(line.number, problem=str(error))

    def csv(self) -> Iterator[Row]:
        """Yield what each row of a table gives; its first row names the columns. Raises UnreadableDocument."""
        csv.field_size_limit(self.lines.longest)
        source = _Records(self.lines)
        try:
            first = source.next_record()
        except StopIteration:
            raise UnreadableDocument(f"{self.lines.name} is empty: the first row must name the columns.") from None
        if (byte := _no_utf8(first)) is not None:
            said = f"{self.lines.name} was read as UTF-8, but it is not: its first row has the byte {byte}."
            raise UnreadableDocument(f"{said} {_AS_UTF8}.")
        header, delimiter = _header(first)
        if "text" not in header:
            raise UnreadableDocument(
                f'{self.lines.name} has no column "text": its first row names {", ".join(header)[:200]}.'
            )
        for name in set(header) & {*NAMES, "origin"}:
            if header.count(name) > 1:
                raise UnreadableDocument(f"{self.lines.name} has several columns {name!r}.")
        self._ignore(header)
        yield from self._table(source, header, delimiter)

    def _table(self, source: "_Records", header: list[str], delimiter: str) -> Iterator[Row]:
        cells = csv.reader(source, delimiter=delimiter, strict=True)
        while True:
            source.begin()
            try:
                row = next(cells)
                if any(cell.strip() for cell in row):
                    yield self._row(source.first, _named(row, header))
            except StopIteration:
                return
            except UnreadableDocument:
                raise
            except (csv.Error, InvalidInput) as error:
                reason = str(error) if isinstance(error, InvalidInput) else f"It is not CSV: {error}."
                yield Row(source.first, problem=reason)

    def _row(self, line: int, found: dict[str, Any]) -> Row:
        self._ignore(found)
        for name in (*NAMES, "origin"):
            value = found.get(name)
            if value is not None and not isinstance(value, str):
                raise InvalidInput(f"The {name} must be text, not {_kind(value)}.")
        text = found.get("text")
        if text is None:
            raise InvalidInput("It has no text.")
        origin = found.get("origin")
        if origin is not None and origin not in _ORIGINS:
            raise InvalidInput(f"The origin {origin[:40]!r} is neither 'url' nor 'text'.")
        return Row(line, Draft(text, **{name: found.get(name) for name in NAMES[1:]}), by_url=origin != "text")

    def _ignore(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in _KNOWN and name not in self.ignored and len(self.ignored) < _MOST_IGNORED:
                self.ignored.append(name)

    def _check_encoding(self, line: Line) -> None:
        if line.number == 1 and line.data is not None and line.data.startswith(_UTF16):
            raise UnreadableDocument(f"{self.lines.name} is UTF-16. Save it as UTF-8.")


class _Records:
    """Lines as text for Python's CSV reader; a record of it may take no more bytes than a line."""

    def __init__(self, lines: Lines) -> None:
        self._lines, self._longest, self._name = iter(lines), lines.longest, lines.name
        self.first = 1
        self._number = self._size = 0

    def begin(self) -> None:
        """Say that the next line begins a record."""
        self.first, self._size = self._number + 1, 0

    def __iter__(self) -> "_Records":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number = line.number
        if line.data is None:
            raise _too_long(self._longest)
        if line.number == 1 and line.data.startswith(_UTF16):
            raise UnreadableDocument(f"{self._name} is UTF-16. Save it as UTF-8.")
        self._size += len(line.data)
        if self._size > self._longest:
            raise TooLarge(f"It is longer than {self._longest:,} bytes. Is there a quote without its partner?")
        # What is no UTF-8 is told where the record is whole, so that reading goes on behind it.
        return line.data.decode("utf-8-sig" if line.number == 1 else "utf-8", errors="surrogateescape")

    def next_record(self) -> str:
        """Return the first line that is not blank; raises UnreadableDocument where it is too long."""
        try:
            return next(line for line in self if line.strip())
        except TooLarge as error:
            raise UnreadableDocument(f"{self._name} has no row of column names: {error}") from error


def _object(line: Line, longest: int) -> dict[str, Any]:
    """Return the JSON object of a line; raises InvalidInput saying what it is instead."""
    if line.data is None:
        raise _too_long(longest)
    try:
        found = json.loads(line.data.decode("utf-8-sig" if line.number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        found = f"{line.data[error.start]:#04x} is at byte {error.start + 1} of the line"
        raise InvalidInput(f"It was read as UTF-8, but it is not: {found}. Save the file as UTF-8.") from error
    except RecursionError as error:
        raise InvalidInput("It is not an article: it is nested too deeply.") from error
    except json.JSONDecodeError as error:  # the line that it names is that within this one
        raise InvalidInput(f"It is not JSON: {error.msg} (column {error.colno:,}).") from error
    except ValueError as error:
        raise InvalidInput(f"It is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"It must be a JSON object, not {_kind(found)}.")
    return found


def _header(line: str) -> tuple[list[str], str]:
    """Return the names of columns, and what stands between them; spreadsheets save semicolons in some languages."""
    for delimiter in _DELIMITERS:
        try:
            (names,) = csv.reader([line], delimiter=delimiter, strict=True)
        except (csv.Error, ValueError):
            continue
        header = [name.strip().lower() for name in names]
        if "text" in header:
            return header, delimiter
    return [name.strip() for name in line.split(",")], ","


def _named(row: list[str], header: list[str]) -> dict[str, Any]:
    """Return the cells by the names of their columns, None where one is empty."""
    if (byte := next(filter(None, map(_no_utf8, row)), None)) is not None:
        raise InvalidInput(f"It was read as UTF-8, but it is not: it has the byte {byte}. {_AS_UTF8}.")
    if any(row[len(header) :]):
        raise InvalidInput(f"It has {len(row)} cells, but there are {len(header)} columns.")
    found = {name: cell if cell.strip() else None for name, cell in zip(header, row, strict=False)}
    return {name: value for name, value in found.items() if name in _KNOWN}


def _no_utf8(text: str) -> str | None:
    """Return the first byte that is no UTF-8, as 0xe9; None where all is."""
    place = find_surrogate(text)
    return None if place is None else f"{ord(text[place]) - _FIRST_ESCAPED:#04x}"


def _too_long(longest: int) -> TooLarge:
    return TooLarge(f"It is longer than {longest:,} bytes.")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names[type(value)]
