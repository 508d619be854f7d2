"""Files of a folder to drafts, with what a sidecar says of them."""

import errno
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from corpus.article import Draft
from corpus.documents.dates import read_date
from corpus.documents.limits import DEFAULT_LIMITS, Limits, readable
from corpus.documents.reading import read_document
from corpus.errors import InvalidArticle, TooLarge, UnreadableDocument

SIDECAR = ".toml"
_KEYS = ("title", "published", "url", "source", "language")
_SIDECAR_BYTES = 65_536
_REASONS = {
    errno.ENOENT: "it is not there",
    errno.EACCES: "there is no permission to read it",
    errno.EPERM: "there is no permission to read it",
    errno.ELOOP: "its links go round in a circle",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is not a regular file",
}


def read_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> Draft:
    """Return the draft of a file; what `NAME.EXT.toml` beside it says wins over what the document says.

    Raises UnreadableDocument, UnsupportedFormat or TooLarge for the file, InvalidArticle for its sidecar.
    """
    draft = read_document(_read_bytes(path, limits), str(path), limits=limits)
    return _with_sidecar(draft, path.with_name(path.name + SIDECAR))


def _read_bytes(path: Path, limits: Limits) -> bytes:
    """Read a regular file; opening without blocking, since a pipe would wait for ever."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - Path.open takes no flags
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise UnreadableDocument(f"{path} can't be read: it is not a regular file.")
            limits.check_bytes(state.st_size, str(path))
            data = file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{path} can't be read: {_reason(error)}.") from error
    limits.check_bytes(len(data), str(path))
    return data


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError):
        return "its name is not one that a file can have"
    fallback = str(error.strerror).lower() if error.strerror is not None else type(error).__name__
    return fallback if error.errno is None else _REASONS.get(error.errno, fallback)


def _with_sidecar(draft: Draft, sidecar: Path) -> Draft:
    if not os.path.lexists(sidecar):
        return draft
    about = _load(sidecar)
    for key, value in about.items():
        draft = _set(draft, key, value, sidecar)
    return draft


def _load(sidecar: Path) -> Mapping[str, Any]:
    try:
        data = _read_bytes(sidecar, Limits(max_bytes=_SIDECAR_BYTES))
        return tomllib.loads(data.decode("utf-8-sig"))
    except TooLarge as error:
        raise InvalidArticle(
            f"{sidecar} is larger than the {readable(_SIDECAR_BYTES)} that are enough for it."
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidArticle(f"{sidecar} is not valid TOML: {str(error)[:200]}.") from error


def _set(draft: Draft, key: str, value: Any, sidecar: Path) -> Draft:
    if key == "published":
        return replace(draft, published=_published(value, sidecar))
    if key not in _KEYS:
        raise InvalidArticle(f"{sidecar} has the unknown key {key!r}; the keys are {', '.join(_KEYS)}.")
    if not isinstance(value, str):
        raise InvalidArticle(f"{key} in {sidecar} must be a text in quotes, not {value!r:.60}.")
    match key:
        case "title":
            return replace(draft, title=value)
        case "url":
            return replace(draft, url=value)
        case "source":
            return replace(draft, source=value)
        case _:
            return replace(draft, language=value)


def _published(value: Any, sidecar: Path) -> str:
    published = read_date(value) if isinstance(value, str | date) else None
    if published is None:
        raise InvalidArticle(f"published in {sidecar} must be a date such as 2022-01-13, not {str(value)[:60]!r}.")
    return published
