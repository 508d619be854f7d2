"""Limits of the size, text, pages, tags and reading time of a document."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from corpus.errors import AboveUploadLimit, TooLarge, UnreadableDocument

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits for a document.

    max_bytes: of the file. max_text: characters. max_unpacked: bytes of an archive's content. max_ratio: unpacked to
    packed bytes. max_pages: of a PDF. max_tags: of markup. max_seconds: of reading. max_original: bytes of a file
    that is kept beside its article, 0 for none.
    """

    max_bytes: int = 20 * MIB
    max_text: int = 2_000_000
    max_unpacked: int = 200 * MIB
    max_ratio: int = 200
    max_pages: int = 2_000
    max_tags: int = 2_000_000
    max_seconds: float = 60
    max_original: int = 20 * MIB

    def check_bytes(self, size: int, name: str) -> None:
        """Raise AboveUploadLimit where a document has more than max_bytes."""
        if size > self.max_bytes:
            raise AboveUploadLimit(
                f"{name} is larger than the limit of {format_size(self.max_bytes)}; CITELINE_MAX_UPLOAD sets the limit."
            )

    def check_text(self, length: int, name: str) -> None:
        """Raise TooLarge where a document has more than max_text characters."""
        if length > self.max_text:
            raise TooLarge(
                f"{name} holds {length:,} characters of text; an article may have {self.max_text:,}. "
                "Split it into several documents."
            )

    def check_tags(self, count: int, name: str) -> None:
        """Raise TooLarge where markup has more than max_tags, which would need too much memory as a tree."""
        if count > self.max_tags:
            raise TooLarge(f"{name} holds {count:,} tags; the limit is {self.max_tags:,}.")


DEFAULT_LIMITS = Limits()


class Deadline:
    """The deadline for reading a document: max_seconds after this object is made."""

    def __init__(self, limits: Limits, name: str) -> None:
        self._seconds, self.name = limits.max_seconds, name
        self._end = time.monotonic() + limits.max_seconds

    def remaining(self) -> float:
        """Return the seconds until the deadline, 0 after it."""
        return max(self._end - time.monotonic(), 0.0)

    def check(self) -> None:
        """Raise TooLarge once the deadline has passed."""
        if time.monotonic() > self._end:
            raise self.exceeded()

    def exceeded(self) -> TooLarge:
        """Return the error of a document that takes too long."""
        return TooLarge(f"Reading {self.name} takes longer than the limit of {self._seconds:g} seconds.")


@contextmanager
def wrapped_errors(name: str, label: str, *errors: type[Exception]) -> Iterator[None]:
    """Raise these errors, by which a library refuses a document, as UnreadableDocument.

    `label` is what the document should be: "a PDF". Any other error is a bug of the reader, which the worker reports.
    """
    try:
        yield
    except errors as error:
        raise broken(name, label) from error


def broken(name: str, label: str) -> UnreadableDocument:
    """Return the error of a document that is broken."""
    return UnreadableDocument(f"{name} is not {label} that can be read: it is broken or cut off.")


def format_size(size: int) -> str:
    """Return a number of bytes as text, such as "20 MiB"."""
    return f"{size / MIB:g} MiB" if size >= MIB else f"{size:,} bytes"
