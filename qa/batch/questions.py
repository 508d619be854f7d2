"""Reads questions from CSV, JSON Lines or plain lines."""

import csv
import json
from collections.abc import Iterator

from corpus.errors import InvalidInput
from corpus.text.unicode import replace_surrogates

MAX_QUESTIONS = 1_000
COLUMN = "question"
_DELIMITERS = ",;\t"  # spreadsheets write semicolons in some languages


def read_csv(text: str, name: str) -> list[str]:
    """Return the questions of a CSV file whose first row names a column "question"; raises InvalidInput."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    first = lines[0] if lines else ""
    for delimiter in _DELIMITERS:
        header = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=delimiter), [])]
        if COLUMN in header:
            break
    else:
        raise InvalidInput(f'{name} has no column "{COLUMN}": its first row must name the columns.')
    at = header.index(COLUMN)
    try:
        rows = list(csv.reader(lines[1:], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidInput(f"{name} is not CSV: {error}.") from error
    return _checked([row[at] for row in rows if len(row) > at], name)


def read_json_lines(text: str, name: str) -> list[str]:
    """Return the questions of JSON Lines: an object with "question", or a string, a line; raises InvalidInput."""
    return _checked(list(_from_json(text, name)), name)


def read_lines(text: str, name: str) -> list[str]:
    """Return the questions of a text, one a line; raises InvalidInput."""
    return _checked(text.splitlines(), name)


def _from_json(text: str, name: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"Line {number:,} of {name} is not JSON: {error}.") from error
        question = value.get(COLUMN) if isinstance(value, dict) else value
        if not isinstance(question, str):
            raise InvalidInput(f'Line {number:,} of {name} has no text "{COLUMN}".')
        yield replace_surrogates(question)


def _checked(questions: list[str], name: str) -> list[str]:
    found = [one.strip() for one in questions if one.strip()]
    if not found:
        raise InvalidInput(f"{name} holds no questions.")
    if len(found) > MAX_QUESTIONS:
        raise InvalidInput(f"{name} holds {len(found):,} questions, more than {MAX_QUESTIONS:,}. Send them in parts.")
    return found
