"""Files of a folder to drafts, with what a sidecar says of them."""

import errno
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from corpus.article import Draft, is_web_address
from corpus.documents.dates import read_date
from corpus.documents.limits import DEFAULT_LIMITS, Limits, readable
from corpus.documents.parsing import read_document
from corpus.errors import InvalidArticle, InvalidInput, InvalidSidecar, TooLarge, UnreadableDocument

SIDECAR = ".toml"
_KEYS = ("title", "published", "url", "source", "language")
_SIDECAR_BYTES = 65_536
_TOML_LINE = re.compile(r"line (\d+)")
_REASONS = {
    errno.ENOENT: "it is not there",
    errno.EACCES: "there is no permission to read it",
    errno.EPERM: "there is no permission to read it",
    errno.ELOOP: "its links go round in a circle",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is not a regular file",
}


def sidecar_of(path: Path) -> Path:
    """Return the file beside a document that tells what is known of it."""
    return path.with_name(path.name + SIDECAR)


def read_file(path: Path, limits: Limits = DEFAULT_LIMITS, root: Path | None = None) -> Draft:
    """Return the draft of a file; what `NAME.EXT.toml` beside it says wins over what the document says.

    `root` is the folder, without links in its path, that links may not lead out of. Raises UnreadableDocument,
    UnsupportedFormat or TooLarge for the file, InvalidSidecar with the draft for what stands beside it.
    """
    draft, sidecar = read_document(_read_bytes(path, limits, root), str(path), limits=limits), sidecar_of(path)
    try:
        return _with_sidecar(draft, sidecar, root)
    except InvalidInput as error:
        fault = InvalidSidecar(str(error))
        fault.document, fault.out_of_reach = draft, isinstance(error.__cause__, OSError)
        raise fault from error


def _inside(path: Path, root: Path) -> Path | None:
    """Return a path without the links in it, None where they lead out of a folder."""
    real = Path(os.path.realpath(path))  # Path.resolve raises for a circle
    return real if real.is_relative_to(root) else None


def _check_inside(path: Path, root: Path | None) -> None:
    if root is not None and _inside(path, root) is None:
        raise UnreadableDocument(
            f"{path} is a link that leads out of the folder {root}, so it is not read. Put the file itself there."
        )


def _read_bytes(path: Path, limits: Limits, root: Path | None) -> bytes:
    """Read a regular file; opening without blocking, since a pipe would wait for ever."""
    _check_inside(path, root)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - Path.open takes no flags
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise UnreadableDocument(f"{path} can't be read: it is not a regular file.")
            if root is not None and not _is_inside(path, root, state):
                raise UnreadableDocument(f"{path} can't be read: it was exchanged for a link meanwhile.")
            limits.check_bytes(state.st_size, str(path))
            data = file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{path} can't be read: {_reason(error)}.") from error
    limits.check_bytes(len(data), str(path))
    return data


def _is_inside(path: Path, root: Path, opened: os.stat_result) -> bool:
    """Tell whether what was opened by a path is a file in a folder, and not what a link led to by then."""
    real = _inside(path, root)
    return real is not None and os.path.samestat(opened, real.lstat())


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError):
        return "its name is not one that a file can have"
    fallback = str(error.strerror).lower() if error.strerror is not None else type(error).__name__
    return fallback if error.errno is None else _REASONS.get(error.errno, fallback)


def _with_sidecar(draft: Draft, sidecar: Path, root: Path | None) -> Draft:
    if not os.path.lexists(sidecar):
        return draft
    text = _text(sidecar, root)
    for key, value in _parsed(text, sidecar).items():
        draft = _set(draft, key, value, f"{sidecar}{_line_of(key, text)}")
    return draft


def _text(sidecar: Path, root: Path | None) -> str:
    try:
        data = _read_bytes(sidecar, Limits(max_bytes=_SIDECAR_BYTES), root)
    except TooLarge as error:
        raise InvalidArticle(
            f"{sidecar} is larger than the {readable(_SIDECAR_BYTES)} that are enough for it."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidArticle(f"{sidecar} is not valid TOML in line {line}: it is not UTF-8 text.") from error


def _parsed(text: str, sidecar: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InvalidArticle(f"{sidecar} is not valid TOML: it is nested too deeply.") from error
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).removesuffix(")").rpartition(" (at ")
        line = match.group(1) if (match := _TOML_LINE.match(place)) is not None else text.rstrip().count("\n") + 1
        raise InvalidArticle(f"{sidecar} is not valid TOML in line {line}: {_lower(reason)[:200]}.") from error


def _lower(reason: str) -> str:
    return f"{reason[:1].lower()}{reason[1:]}"


def _line_of(key: str, text: str) -> str:
    """Return where a key stands, to be told behind the name of the file; nothing where it can't be found."""
    found = re.search(rf"^[ \t\[]*[\"']?{re.escape(key)}\b", text, re.MULTILINE)
    return "" if found is None else f", line {text.count(chr(10), 0, found.start()) + 1},"


def _set(draft: Draft, key: str, value: Any, place: str) -> Draft:
    if key == "published":
        return replace(draft, published=_published(value, place))
    if key not in _KEYS:
        raise InvalidArticle(f"{place} has the unknown key {key!r}; the keys are {', '.join(_KEYS)}.")
    if not isinstance(value, str):
        raise InvalidArticle(f"{key} in {place} must be a text in quotes, not {value!r:.60}.")
    match key:
        case "title":
            return replace(draft, title=value)
        case "url":
            return replace(draft, url=_url(value, place))
        case "source":
            return replace(draft, source=value)
        case _:
            return replace(draft, language=value)


def _published(value: Any, place: str) -> str:
    published = read_date(value) if isinstance(value, str | date) else None
    if published is None:
        raise InvalidArticle(f"published in {place} must be a date such as 2022-01-13, not {str(value)[:60]!r}.")
    return published


def _url(value: str, place: str) -> str:
    if value.strip() and not is_web_address(value.strip()):
        raise InvalidArticle(f"url in {place} must be a web address (http or https), not {value[:60]!r}.")
    return value
