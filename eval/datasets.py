"""Read question sets from JSON Lines, plain or compressed by gzip."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import InvalidInput, UnreadableDocument

# Files of the training folder.
WIKI = "squadshifts_new_wiki"
FORUMS = ("squadshifts_reddit", "squadshifts_amazon_reviews")
SINGLE_SENTENCES = "qamr"
SQUAD = "squad_v1.1"
SQUAD_UNANSWERABLE = "squad_v2.0_unanswerable"
_HELD_OUT = 6  # one title in 6 is held out

Span = tuple[int, int]
Row = dict[str, Any]
T = TypeVar("T")
# Errors of reading a file, and of taking values from a row of the wrong shape.
FILE_ERRORS = (OSError, EOFError, zlib.error)
ROW_ERRORS = (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidInput)


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question about a paragraph and its answers as (start, text); without any, it is unanswerable."""

    id: str
    title: str
    question: str
    context: str
    answers: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """A sentence of a numbered paragraph, `[start, end)` in code points."""

    paragraph: int
    start: int
    end: int


def read_questions(path: Path) -> list[LabelledQuestion]:
    """Read `{"id", "title", "question", "context", "answers": [{"start", "text"}]}`; raises UnreadableDocument."""
    return read_rows(path, labelled_question)


def read_sentences(path: Path) -> list[GoldSentence]:
    """Read `{"para", "start", "end"}`, ordered by place; raises UnreadableDocument."""
    return sorted(read_rows(path, _sentence), key=lambda row: (row.paragraph, row.start))


def read_rows(path: Path, take: Callable[[Row], T]) -> list[T]:
    """Return `take(row)` for every row of a JSON Lines file.

    Raises UnreadableDocument, which names the file and the line, and for a file without rows.
    """
    rows = []
    for number, line in _lines(path):
        try:
            row = json.loads(line.decode("utf-8"))
            if not isinstance(row, dict):
                raise ValueError('it is no JSON object, such as {"question": "..."}.')
            rows.append(take(row))
        except ROW_ERRORS as error:
            raise UnreadableDocument(f"{path}, line {number}: {describe_error(error)}") from error
    if not rows:
        raise UnreadableDocument(f"{path} is empty.")
    return rows


def describe_error(error: Exception) -> str:
    """Return the message of one of ROW_ERRORS for the author of the file."""
    if isinstance(error, KeyError):
        return f"there is no {str(error.args[0])!r}."
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text."
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON ({error.msg}, column {error.colno})."
    if isinstance(error, InvalidInput | ValueError):
        return str(error)
    return f"a value is of another kind than expected ({error})."


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file that are not blank; raises UnreadableDocument, also where there is none."""
    lines = [line.strip() for line in read_text(path).split("\n") if line.strip()]
    if not lines:
        raise UnreadableDocument(f"{path} is empty.")
    return lines


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without a byte order mark; raises UnreadableDocument."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UnreadableDocument(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableDocument(f"{path} is not UTF-8 text. Save it as UTF-8.") from error
    except OSError as error:
        raise UnreadableDocument(f"{path} can't be read: {error.strerror or error}.") from error


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the numbered lines that are not blank, as bytes, so that an encoding error is found in its own line."""
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if text.strip():
                    yield number, text
    except FileNotFoundError as error:
        raise UnreadableDocument(f"There is no file {path}.") from error
    except FILE_ERRORS as error:
        where = f" after line {number}" if number else ""
        raise UnreadableDocument(f"{path} can't be read{where}: {error}") from error


def labelled_question(row: Row) -> LabelledQuestion:
    """Return the question of a row; raises ValueError where an answer is not where it says."""
    context, answers = row["context"], tuple((answer["start"], answer["text"]) for answer in row["answers"])
    if any(context[start : start + len(text)] != text for start, text in answers):
        raise ValueError("an answer is not where its 'start' says.")
    return LabelledQuestion(row["id"], row["title"].replace("_", " "), row["question"], context, answers)


def _sentence(row: Row) -> GoldSentence:
    paragraph, start, end = (index(row[name]) for name in ("para", "start", "end"))
    return GoldSentence(paragraph, start, end)


def held_out(title: str) -> bool:
    """Return whether a title is held out from training, for calibration and validation."""
    return hashlib.sha256(title.encode()).digest()[1] % _HELD_OUT == 0
