"""Titles of documents: from the names of their files, and whether a heading repeats one."""

import re
from collections.abc import Iterable
from pathlib import PurePath

from corpus.web_address import is_web_address

_DATE_BEFORE_SLUG = re.compile(r"(?:\d{4}[-_]\d\d[-_]\d\d|\d{8}|\d{12})[-_ ]+")
_SLUG = re.compile(r"[^\W_]+(?:[-_][^\W_]+)+")
# Names that say nothing about what is in a file.
_GENERAL_NAME = re.compile(
    r"(?:article|blog|book|changelog|content|copy|data|doc|document|download|draft|export|file|home|index|log|main|"
    r"markdown|memo|new|notes?|output|page|paste|post|readme|sheet|subtitles?|table|text|todo|untitled|upload|workbook)"
    r"[ \d()_-]*",
    re.I,
)
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"[^\W\d_a-z][\w'’&.-]*(?: (?:(?:of|the|and|&) )*[^\W\d_a-z][\w'’&.-]*){1,6}")
_ORGANISATION = re.compile(
    r"\b(?:agency|association|authority|bank|board|bureau|church|cinema|club|college|committee|company|cooperative|"
    r"council|department|federation|foundation|group|hospital|institute|library|ministry|museum|office|parish|school|"
    r"services|society|theatre|trust|union|university|ltd|limited|inc|plc|gmbh)\b",
    re.I,
)
_MIN_SHARED = 0.6  # of the words of the longer of two titles


def title_of_file(name: str, is_note: bool = False) -> str | None:
    """Return the name of a file as a title, None for a general one, and for an address.

    Names of words between hyphens are written as Jekyll does. Else a note is called by its file, as in Obsidian, where
    other files get a capital.
    """
    if is_web_address(name):
        return None
    stem = _DATE_BEFORE_SLUG.sub("", PurePath(name.replace("\\", "/")).stem, count=1).strip()
    if _GENERAL_NAME.fullmatch(stem) or not any(letter.isalpha() for letter in stem):
        return None
    is_slug = _SLUG.fullmatch(stem) is not None
    title = f"{stem[:1].upper()}{stem[1:]}" if is_slug or (stem.islower() and not is_note) else stem
    return re.sub("[-_]", " ", title) if is_slug else title


def with_publisher(title: str, running: Iterable[str]) -> str:
    """Return a title with the organisation that running lines name, alone or beside the title: "Tolm Museum: Guide"."""
    for line in running:
        before, found, after = line.partition(title)
        name = (before.strip(" |·•:,–—-") or after.strip(" |·•:,–—-")) if found else line
        if _NAME.fullmatch(name) and _ORGANISATION.search(name) and name.casefold() not in title.casefold():
            return f"{name}: {title}"
    return title


def repeats_title(heading: str, title: str) -> bool:
    """Tell whether a heading says the same as a title: but for case and marks, and for some words before or behind.

    "Price list 2026" repeats "Price list 2026 (final)", but "Minutes" does not repeat "Minutes of the board", nor
    "Annual report" "Annual report 2024".
    """
    shorter, longer = sorted((_words(heading), _words(title)), key=len)
    if shorter == longer:
        return len(shorter) > 0
    if len(shorter) < max(2, _MIN_SHARED * len(longer)):
        return False
    begins, ends = longer[: len(shorter)] == shorter, longer[-len(shorter) :] == shorter
    others = longer[len(shorter) :] if begins else longer[: -len(shorter)]
    return (begins or ends) and not any(map(str.isdigit, "".join(others)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
