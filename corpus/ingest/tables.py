"""Reads articles from JSON Lines and CSV files, gzipped or not, as a stream."""

import csv
import gzip
import io
import json
import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from corpus.article import METADATA, Draft, split_tags
from corpus.blocks import parse_blocks
from corpus.errors import InvalidArticle, InvalidInput, TooLarge, UnreadableDocument
from corpus.text.unicode import find_surrogate, printable

STANDARD_STREAM = "-"
# A JSON string may take 12 bytes a character (\ud83d\ude00), and an article may have 2,000,000 characters.
MAX_LINE_BYTES = 32 * 2**20
FIELDS = ("text", *METADATA)
# An export also has the id, which follows from the text, and the origin: "url" where a new text replaces the url's.
_ORIGINS = ("url", "text")
_KNOWN_FIELDS = {*FIELDS, "id", "origin"}
_MAX_UNKNOWN_FIELDS = 20
_CHUNK = 65_536
_CSV = (".csv", ".tsv", ".tab")
_DELIMITERS = ",;\t"  # spreadsheets write semicolons in some languages
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AS_UTF8 = 'Save the file as UTF-8 (Excel calls it "CSV UTF-8"), or convert it: iconv -f WINDOWS-1252 -t UTF-8'
_FIRST_ESCAPE = 0xDC00  # "surrogateescape" decodes byte 0xe9, where it is not UTF-8, as this and 0xe9


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line including its line break, and its number, from 1; `data` is None where it is too long."""

    number: int
    data: bytes | None


class LineReader:
    """Reads the lines of an open file once.

    `total` is the size of the file in bytes, before unpacking, None for a pipe. Lines have at most `max_bytes`.
    """

    def __init__(self, file: BinaryIO, name: str, gzipped: bool = False, max_bytes: int = MAX_LINE_BYTES) -> None:
        self.name, self.max_bytes = name, max_bytes
        self.total = _size(file)
        self._counting = _CountingFile(file)
        self._file = gzip.GzipFile(fileobj=self._counting) if gzipped else self._counting  # type: ignore[call-overload]

    @property
    def bytes_read(self) -> int:
        """The number of bytes read from the file, before unpacking."""
        return self._counting.count

    def __iter__(self) -> Iterator[RawLine]:
        """Yield the lines; raises UnreadableDocument where the rest of the file can't be read."""
        number = 0
        try:
            while data := self._file.readline(self.max_bytes + 1):
                number += 1
                if len(data) > self.max_bytes:
                    while data and not data.endswith(b"\n"):
                        data = self._file.readline(_CHUNK)
                    yield RawLine(number, None)
                else:
                    yield RawLine(number, data)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableDocument(
                f"{self.name} can't be read beyond line {number:,}: {str(error)[:200]}. What came before is kept."
            ) from error


@contextmanager
def open_lines(source: str, max_bytes: int = MAX_LINE_BYTES) -> Iterator[LineReader]:
    """Open a file for reading its lines, or standard input for "-"; names that end in .gz are unpacked.

    Raises UnreadableDocument.
    """
    if source == STANDARD_STREAM:
        yield LineReader(sys.stdin.buffer, "standard input", max_bytes=max_bytes)
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror is not None else str(error)
        raise UnreadableDocument(f"{printable(source)} can't be read: {reason}.") from error
    with file:
        yield LineReader(file, printable(source), is_gzip(source), max_bytes)


def is_gzip(name: str) -> bool:
    """Tell whether the name of a file ends in .gz."""
    return name.lower().endswith(".gz")


class _CountingFile:
    """A file that counts the bytes read from it."""

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
    """Return the size of a regular file in bytes, None for a pipe or another kind of file."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read_table(data: bytes, name: str) -> list["TableRow"]:
    """Return the rows of an uploaded table: CSV by its name, else JSON Lines. Raises UnreadableDocument."""
    reader = TableReader(LineReader(io.BytesIO(data), name))
    return list(reader.csv() if name.lower().endswith(_CSV) else reader.json_lines())


@dataclass(frozen=True, slots=True)
class TableRow:
    """The draft of a row, or the row's problem; `line` is the number of its first line, from 1.

    With `by_url`, the draft replaces the former article of its url.
    """

    line: int
    draft: Draft | None = None
    problem: str | None = None
    by_url: bool = True


class TableReader:
    """Reads the rows of a file once; `unknown_fields` collects the names of fields or columns that are ignored."""

    def __init__(self, lines: LineReader) -> None:
        self.lines = lines
        self.unknown_fields: list[str] = []

    def json_lines(self) -> Iterator[TableRow]:
        """Yield a row for each JSON object, one per line; blank lines are skipped. Raises UnreadableDocument."""
        for line in self.lines:
            _check_not_utf16(line, self.lines.name)
            if line.data is None or line.data.strip():
                try:
                    yield self._row(line.number, _parse_json(line, self.lines.max_bytes))
                except InvalidInput as error:
                    yield TableRow(line.number, problem=str(error))

    def csv(self) -> Iterator[TableRow]:
        """Yield the rows of a CSV file whose first row names the columns. Raises UnreadableDocument."""
        csv.field_size_limit(self.lines.max_bytes)
        lines, name = _CsvLines(self.lines), self.lines.name
        try:
            first = next(line for line in lines if line.strip())
        except StopIteration:
            raise UnreadableDocument(f"{name} is empty: the first row must name the columns.") from None
        except TooLarge as error:
            raise UnreadableDocument(f"{name} has no row of column names: {error}") from error
        if (byte := _first_non_utf8(first)) is not None:
            problem = f"{name} was read as UTF-8, but it is not: its first row has the byte {byte}."
            raise UnreadableDocument(f"{problem} {_SAVE_AS_UTF8}.")
        header, delimiter = _parse_header(first)
        if "text" not in header:
            raise UnreadableDocument(f'{name} has no column "text": its first row names {", ".join(header)[:200]}.')
        for column in set(header) & {*FIELDS, "origin"}:
            if header.count(column) > 1:
                raise UnreadableDocument(f"{name} has several columns {column!r}.")
        self._note_unknown(header)
        yield from self._csv_rows(lines, header, delimiter)

    def _csv_rows(self, lines: "_CsvLines", header: list[str], delimiter: str) -> Iterator[TableRow]:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            lines.begin_record()
            try:
                cells = next(reader)
                if not any(cell.strip() for cell in cells):
                    continue
                if (byte := next(filter(None, map(_first_non_utf8, cells)), None)) is not None:
                    problem = f"It was read as UTF-8, but it is not: it has the byte {byte}. {_SAVE_AS_UTF8}."
                    raise InvalidInput(problem)
                if any(cells[len(header) :]):
                    raise InvalidInput(f"It has {len(cells)} cells, but there are {len(header)} columns.")
                named = zip(header, cells, strict=False)
                values = {name: cell if cell.strip() else None for name, cell in named if name in _KNOWN_FIELDS}
                yield self._row(lines.first, values)
            except StopIteration:
                return
            except UnreadableDocument:
                raise
            except csv.Error as error:
                yield TableRow(lines.first, problem=f"It is not CSV: {error}.")
            except InvalidInput as error:
                yield TableRow(lines.first, problem=str(error))

    def _row(self, line: int, values: dict[str, Any]) -> TableRow:
        self._note_unknown(name for name in values if name not in {"blocks", "published_is_guess"})
        for name in (*FIELDS, "origin"):
            value = values.get(name)
            if name == "tags" and isinstance(value, list):
                wrong = next((each for each in value if not isinstance(each, str)), None)
                if wrong is not None:
                    raise InvalidInput(f"Each of the tags must be text, not {_type_name(wrong)}.")
            elif value is not None and not isinstance(value, str):
                raise InvalidInput(f"The {name} must be text, not {_type_name(value)}.")
        text, origin = values.get("text"), values.get("origin")
        if text is None:
            raise InvalidInput("It has no text.")
        if origin is not None and origin not in _ORIGINS:
            raise InvalidInput(f"The origin {origin[:40]!r} is neither 'url' nor 'text'.")
        tags = values.get("tags") or ()
        metadata = {name: values.get(name) for name in METADATA}
        metadata["tags"] = split_tags(tags) if isinstance(tags, str) else tuple(tags)
        draft = Draft(text, **metadata)  # type: ignore[arg-type]
        if values.get("published_is_guess") is True:
            draft = replace(draft, published_is_guess=True)
        if "blocks" in values:  # of an export; other programs may mean something else by them
            try:
                draft = replace(draft, blocks=parse_blocks(values["blocks"], len(text)))
            except InvalidArticle:
                self._note_unknown(["blocks"])
        return TableRow(line, draft, by_url=origin != "text")

    def _note_unknown(self, names: Iterable[str]) -> None:
        for name in names:
            is_new = name not in _KNOWN_FIELDS and name not in self.unknown_fields
            if is_new and len(self.unknown_fields) < _MAX_UNKNOWN_FIELDS:
                self.unknown_fields.append(name)


class _CsvLines:
    """Yields decoded lines to csv.reader; limits a record of several lines to the bytes of one."""

    def __init__(self, lines: LineReader) -> None:
        self._lines, self._max_bytes, self._name = iter(lines), lines.max_bytes, lines.name
        self.first = 1  # the number of the first line of the record
        self._number = self._size = 0

    def begin_record(self) -> None:
        self.first, self._size = self._number + 1, 0

    def __iter__(self) -> "_CsvLines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number = line.number
        _check_not_utf16(line, self._name)
        if line.data is None:
            raise _too_long(self._max_bytes)
        self._size += len(line.data)
        if self._size > self._max_bytes:
            raise TooLarge(f"It is longer than {self._max_bytes:,} bytes. Is there a quote without its partner?")
        # Bytes that are not UTF-8 are a problem of the whole record, so that reading continues after it.
        return line.data.decode("utf-8-sig" if line.number == 1 else "utf-8", errors="surrogateescape")


def _parse_json(line: RawLine, max_bytes: int) -> dict[str, Any]:
    """Return the JSON object of a line; raises InvalidInput."""
    if line.data is None:
        raise _too_long(max_bytes)
    try:
        value = json.loads(line.data.decode("utf-8-sig" if line.number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        byte = f"{line.data[error.start]:#04x} is at byte {error.start + 1} of the line"
        raise InvalidInput(f"It was read as UTF-8, but it is not: {byte}. Save the file as UTF-8.") from error
    except RecursionError as error:
        raise InvalidInput("It is not an article: it is nested too deeply.") from error
    except json.JSONDecodeError as error:  # its line number counts within this line
        raise InvalidInput(f"It is not JSON: {error.msg} (column {error.colno:,}).") from error
    except ValueError as error:
        raise InvalidInput(f"It is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InvalidInput(f"It must be a JSON object, not {_type_name(value)}.")
    return value


def _parse_header(line: str) -> tuple[list[str], str]:
    """Return the names of the columns, and the delimiter between them."""
    for delimiter in _DELIMITERS:
        try:
            (names,) = csv.reader([line], delimiter=delimiter, strict=True)
        except (csv.Error, ValueError):
            continue
        header = [name.strip().lower() for name in names]
        if "text" in header:
            return header, delimiter
    return [name.strip() for name in line.split(",")], ","


def _check_not_utf16(line: RawLine, name: str) -> None:
    if line.number == 1 and line.data is not None and line.data.startswith(_UTF16_MARKS):
        raise UnreadableDocument(f"{name} is UTF-16. Save it as UTF-8.")


def _first_non_utf8(text: str) -> str | None:
    """Return the first byte that was not UTF-8, such as 0xe9, None where there is none."""
    index = find_surrogate(text)
    return None if index is None else f"{ord(text[index]) - _FIRST_ESCAPE:#04x}"


def _too_long(max_bytes: int) -> TooLarge:
    return TooLarge(f"It is longer than {max_bytes:,} bytes.")


def _type_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names[type(value)]
