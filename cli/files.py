"""Texts that commands read from files or from standard input."""

import sys
from pathlib import Path

from corpus.article import Article
from corpus.documents import DEFAULT_LIMITS, read_bytes, read_file
from corpus.documents.encoding import decode
from corpus.documents.formats import TEXT

STANDARD_INPUT = Path("-")
_AS_THEY_ARE = {*TEXT.extensions, ".md", ".markdown"}


def read_text(path: Path) -> str:
    """Return the text of a file with one kind of newline, or of standard input for "-"; raises UnreadableDocument."""
    if path == STANDARD_INPUT:
        data, name = sys.stdin.buffer.read(DEFAULT_LIMITS.max_bytes), "standard input"
    else:
        data, name = read_bytes(path, DEFAULT_LIMITS, None), str(path)
    return decode(data, name).replace("\r\n", "\n").removeprefix("\ufeff")


def read_draft(path: Path) -> str:
    """Return the text of a draft: of plain text and Markdown as it is, of another document what an article has."""
    if path == STANDARD_INPUT or path.suffix.lower() in _AS_THEY_ARE:
        return read_text(path)
    return Article.from_draft(read_file(path)[0]).text
