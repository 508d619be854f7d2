"""Tesseract, which needs the program and what requirements-ocr.txt names: the words in a picture."""

import os
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from corpus.documents.limits import Deadline
from corpus.errors import UnreadableDocument

# The first bytes of pictures that are read: PNG, JPEG, TIFF.
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
_MAX_LANGUAGES = 3  # each makes it slower
_MIN_CONFIDENCE = 30  # of 100; below are specks and lines


@dataclass(frozen=True, slots=True)
class RecognisedWord:
    """A word with its box and the bottom and top of its line, in pixels from the top left of its picture."""

    text: str
    left: float
    right: float
    line: tuple[float, float]


@cache
def is_available() -> bool:
    """Tell whether pictures can be read."""
    return find_spec("pytesseract") is not None and shutil.which("tesseract") is not None


@cache
def _languages() -> str:
    import pytesseract  # noqa: PLC0415 - not installed everywhere

    found = [name for name in pytesseract.get_languages() if name not in {"osd", "snum", "equ"}]
    return "+".join(sorted(found, key=lambda name: name != "eng")[:_MAX_LANGUAGES])


def recognise(image: Any, deadline: Deadline) -> list[RecognisedWord]:
    """Return the words of a picture (of Pillow) in reading order.

    Raises TooLarge after the deadline, UnreadableDocument where Tesseract fails.
    """
    import pytesseract  # noqa: PLC0415 - not installed everywhere

    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # more threads take more time, and more memory than a worker has
    try:
        found = pytesseract.image_to_data(
            image, lang=_languages(), timeout=max(deadline.remaining(), 0.1), output_type=pytesseract.Output.DICT
        )
    except pytesseract.TesseractError as error:
        raise UnreadableDocument(f"Tesseract can't read {deadline.name}: {error.message[:200]}.") from error
    except RuntimeError as error:  # pytesseract has no class for it
        if "timeout" in str(error).lower():
            raise deadline.exceeded() from error
        raise
    words: list[RecognisedWord] = []
    line = (0.0, 0.0)
    for level, text, left, top, width, height, confidence in zip(
        *(found[key] for key in ("level", "text", "left", "top", "width", "height", "conf")), strict=True
    ):
        if level == 4:
            line = (float(top + height), float(top))
        elif level == 5 and text.strip() and float(confidence) >= _MIN_CONFIDENCE:
            words.append(RecognisedWord(text, float(left), float(left + width), line))
    return words
