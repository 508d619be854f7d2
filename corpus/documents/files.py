"""Files of a folder, with the metadata of their sidecars, to drafts."""

import errno
import os
import re
import stat
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from corpus.article import Draft, is_web_address
from corpus.documents.dates import read_date
from corpus.documents.formats import read_document
from corpus.documents.limits import DEFAULT_LIMITS, Limits, format_size
from corpus.documents.originals import with_original
from corpus.errors import InvalidArticle, InvalidInput, TooLarge, UnreadableDocument

SIDECAR = ".toml"
_KEYS = ("title", "published", "url", "source", "language")
_MAX_SIDECAR_BYTES = 65_536
_UNCLOSED = "illegal character '\\n'"  # tomllib: a line ends within quotation marks
_LINE_FORM = 'A line must look like title = "The ferry" or published = 2022-01-13.'
_TOML_LINE = re.compile(r"line (\d+)")
_REASONS = {
    errno.ENOENT: "it is not there",
    errno.EACCES: "there is no permission to read it",
    errno.EPERM: "there is no permission to read it",
    errno.ELOOP: "its links go round in a circle",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is not a regular file",
}


@dataclass(frozen=True, slots=True)
class SidecarProblem:
    """Why a sidecar was not used; `temporary` where the system refused to read it."""

    message: str
    temporary: bool


def sidecar_of(path: Path) -> Path:
    """Return the path of a document's sidecar, `NAME.EXT.toml`."""
    return path.with_name(path.name + SIDECAR)


def read_file(
    path: Path, limits: Limits = DEFAULT_LIMITS, root: Path | None = None
) -> tuple[Draft, SidecarProblem | None]:
    """Return the draft of a file, and the reason why its sidecar was not used, None where nothing is wrong with it.

    The sidecar's metadata takes precedence over the document's own. `root` is a resolved folder: symbolic links that
    lead out of it are refused. Raises UnreadableDocument, UnsupportedFormat or TooLarge for the file.
    """
    data = _read_bytes(path, limits, root)
    draft = with_original(read_document(data, str(path), limits=limits), data, str(path), limits)
    try:
        return _with_sidecar(draft, sidecar_of(path), root), None
    except InvalidInput as error:
        return draft, SidecarProblem(str(error), temporary=isinstance(error.__cause__, OSError))


def _resolve_inside(path: Path, root: Path) -> Path | None:
    """Return a path with its symbolic links resolved, None where it is outside of a folder."""
    resolved = Path(os.path.realpath(path))  # Path.resolve raises for a loop of links
    return resolved if resolved.is_relative_to(root) else None


def _read_bytes(path: Path, limits: Limits, root: Path | None) -> bytes:
    """Return the bytes of a regular file, opened without blocking, since opening a pipe may never return.

    Raises UnreadableDocument, also for a symbolic link that leads out of `root`, or TooLarge past the limit.
    """
    if root is not None and _resolve_inside(path, root) is None:
        raise UnreadableDocument(
            f"{path} is a link that leads out of the folder {root}, so it is not read. Put the file itself there."
        )
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - Path.open takes no flags
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise UnreadableDocument(f"{path} can't be read: it is not a regular file.")
            if root is not None:
                resolved = _resolve_inside(path, root)
                if resolved is None or not os.path.samestat(state, resolved.lstat()):
                    raise UnreadableDocument(f"{path} can't be read: it was exchanged for a link meanwhile.")
            limits.check_bytes(state.st_size, str(path))
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        reason = str(error.strerror).lower() if error.strerror is not None else type(error).__name__
        reason = reason if error.errno is None else _REASONS.get(error.errno, reason)
        raise UnreadableDocument(f"{path} can't be read: {reason}.") from error
    except ValueError as error:
        raise UnreadableDocument(f"{path} can't be read: its name is not one that a file can have.") from error
    limits.check_bytes(len(data), str(path))
    return data


def _with_sidecar(draft: Draft, sidecar: Path, root: Path | None) -> Draft:
    """Return a draft with the metadata of a sidecar, if that exists; raises InvalidInput for a bad sidecar."""
    if not os.path.lexists(sidecar):
        return draft
    try:
        data = _read_bytes(sidecar, Limits(max_bytes=_MAX_SIDECAR_BYTES), root)
        text = data.decode("utf-8-sig")
        values = tomllib.loads(text)
    except TooLarge as error:
        limit = format_size(_MAX_SIDECAR_BYTES)
        raise InvalidArticle(f"{sidecar} is larger than the {limit} that are enough for it.") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidArticle(f"{sidecar} is not valid TOML in line {line}: it is not UTF-8 text.") from error
    except RecursionError as error:
        raise InvalidArticle(f"{sidecar} is not valid TOML: it is nested too deeply.") from error
    except tomllib.TOMLDecodeError as error:
        reason, _, position = str(error).removesuffix(")").rpartition(" (at ")
        match = _TOML_LINE.match(position)
        line = text.rstrip().count("\n") + 1 if match is None else int(match.group(1))
        reason = f"{reason[:1].lower()}{reason[1:200]}"
        reason = "a quotation mark is missing" if reason == _UNCLOSED else reason
        message = f"{sidecar} is not valid TOML in line {line}: {reason}. {_LINE_FORM}"
        raise InvalidArticle(message) from error
    for key, value in values.items():
        found = re.search(rf"^[ \t\[]*[\"']?{re.escape(key)}\b", text, re.MULTILINE)
        location = str(sidecar) if found is None else f"{sidecar}, line {text.count(chr(10), 0, found.start()) + 1},"
        draft = replace(draft, **{key: _checked_value(key, value, location)})  # type: ignore[arg-type]
    return draft


def _checked_value(key: str, value: Any, location: str) -> str:
    """Return the value of a key as text; raises InvalidArticle, whose message names the location."""
    if key not in _KEYS:
        raise InvalidArticle(f"{location} has the unknown key {key!r}; the keys are {', '.join(_KEYS)}.")
    if key == "published":
        published = read_date(value) if isinstance(value, str | date) else None
        if published is None:
            raise InvalidArticle(f"published in {location} must be a date such as 2022-01-13, not {str(value)[:60]!r}.")
        return published
    if not isinstance(value, str):
        raise InvalidArticle(f"{key} in {location} must be a text in quotes, not {value!r:.60}.")
    if key == "url" and value.strip() and not is_web_address(value.strip()):
        raise InvalidArticle(f"url in {location} must be a web address (http or https), not {value[:60]!r}.")
    return value
