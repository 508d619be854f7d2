"""Asking the questions of a file, for `ask --batch`."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from cli.files import read_text
from cli.progress import counter
from corpus.errors import InvalidInput
from qa.batch.asking import ask_each
from qa.batch.questions import read_csv, read_json_lines, read_lines
from qa.batch.table import csv_writer
from qa.types import Reply
from web.serialization import batch_line_json

_READERS = {".csv": read_csv, ".tsv": read_csv, ".jsonl": read_json_lines, ".ndjson": read_json_lines}


def read_questions(path: Path) -> list[str]:
    """Return the questions of a file by its extension, of standard input one a line; raises InvalidInput."""
    return _READERS.get(path.suffix.lower(), read_lines)(read_text(path), str(path))


def print_batch(questions: Sequence[str], ask: Callable[[str], Reply], table_format: str) -> None:
    """Print the reply to each question once it is there, with a progress bar; raises InvalidInput where one failed."""
    write_row = csv_writer(sys.stdout) if table_format == "csv" else None
    failed = 0
    with counter("asking", len(questions), "question") as count:
        for batched in ask_each(questions, ask):
            if write_row is None:
                click.echo(json.dumps(batch_line_json(batched), ensure_ascii=False))
            else:
                write_row(batched)
            failed += batched.problem is not None
            count(batched.number)
    if failed:
        raise InvalidInput(f"{failed:,} of {len(questions):,} questions failed.")
