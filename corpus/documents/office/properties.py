"""The properties of documents of Office Open XML (DOCX, PPTX, XLSX): title, time of creation, language."""

import re
from datetime import datetime
from typing import Any

from corpus.documents.dates import not_later_than_now
from corpus.documents.office.archive import DocumentArchive

_CORE = "docProps/core.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
_MAX_DIGITS = 9
_TERMS = "{http://purl.org/dc/terms/}"
_PLACEHOLDER = re.compile(
    r"\W*|(?:powerpoint|excel|word)[- ]?(?:presentation|document|workbook)"
    r"|(?:presentation|document|workbook|book)\s*\d*|untitled.*|.*\.(?:docx?|pptx?|xlsx?|odt|ods|odp)",
    re.I | re.S,
)
# The times of the empty files that Excel, python-pptx and python-docx begin with.
_TEMPLATE_TIMES = ("2006-09-16T", "2015-06-05T18:1", "2013-01-27T09:14:16", "2013-12-23T23:15")


def core_properties(archive: DocumentArchive) -> dict[str, Any]:
    """Return the title, date and language of a document as fields of its draft, None where there are none.

    Raises as DocumentArchive.xml does.
    """
    if _CORE not in archive.names:
        return {}
    root = archive.xml(_CORE)
    created = root.findtext(f"{_TERMS}created", "").strip()
    return {
        "title": real_title(root.findtext(f"{_DC}title")),
        "published": None if created.startswith(_TEMPLATE_TIMES) else read_created(created),
        "language": root.findtext(f"{_DC}language", "").strip() or None,
    }


def real_title(title: str | None) -> str | None:
    """Return a title as one line, None where it is one that programs write by themselves."""
    line = "" if title is None else " ".join(title[:1000].split())
    return None if _PLACEHOLDER.fullmatch(line) else line


def whole_number(value: str | None, default: int) -> int:
    """Return the number in an attribute; the default where there is none, or none of a usual size."""
    return int(value) if value is not None and value.isdecimal() and len(value) <= _MAX_DIGITS else default


def read_created(value: str) -> str | None:
    """Return a time of creation in ISO 8601, None where it is none or can't be true."""
    try:
        return not_later_than_now(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None
