"""Question sets: read from JSON Lines (plain or gzip) and from SQuAD's JSON."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableDocument

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a paragraph; no answers: the paragraph does not answer it. `answers` are (start, text)."""

    id: str
    title: str
    question: str
    context: str
    answers: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """A sentence of the numbered paragraph, `[start, end)` in code points."""

    paragraph: int
    start: int
    end: int


def read_questions(path: Path) -> list[Question]:
    """Read a question set in the format that the data folder's README describes; raises UnreadableDocument."""
    return [
        Question(
            row["id"],
            row["title"].replace("_", " "),
            row["question"],
            row["context"],
            tuple((answer["start"], answer["text"]) for answer in row["answers"]),
        )
        for row in read_lines(path)
    ]


def read_sentences(path: Path) -> list[GoldSentence]:
    """Read sentences in the format of multireqa_squad_sentences, ordered by place; raises UnreadableDocument."""
    rows = [GoldSentence(row["para"], row["start"], row["end"]) for row in read_lines(path)]
    return sorted(rows, key=lambda row: (row.paragraph, row.start))


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file, gzip or not; raises UnreadableDocument naming the file and the line."""
    number = 0
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    yield json.loads(line)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableDocument(f"{path}, line {number}, can't be read: {error}") from error
