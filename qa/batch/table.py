"""Replies as rows of a table for spreadsheets."""

import csv
from collections.abc import Callable, Sequence
from typing import TextIO

from qa.batch.asking import BatchedReply
from qa.types import Answer, Evidence

COLUMNS = (
    *("number", "question", "answered", "answer", "confidence", "quotation", "article", "published", "source", "url"),
    *("page", "heading", "evidence", "article_id", "start", "end", "note"),
)
_MET = {True: "yes", False: "no", None: "perhaps"}
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_writer(file: TextIO) -> Callable[[BatchedReply], None]:
    """Write the names of the columns to a file, and return what writes a reply as a row: its first answer."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    return lambda batched: writer.writerow([_safe(cell) for cell in _row(batched)])


def _row(batched: BatchedReply) -> list[str | float | None]:
    reply = batched.reply
    if reply is None or not reply.answers:
        note = batched.problem if reply is None else reply.hint
        answered = "failed" if reply is None else "no"
        return [batched.number, batched.question, answered, *[None] * (len(COLUMNS) - 4), note]
    answer = reply.answers[0]
    return [batched.number, batched.question, "yes", *_cells(answer), None]


def _cells(answer: Answer) -> list[str | float | None]:
    article, place = answer.span.article, answer.place
    return [
        answer.span.text,
        round(answer.confidence, 4),
        answer.sentence.text,
        article.title,
        article.published,
        article.source,
        article.url,
        None if place is None else place.page,
        None if place is None else place.heading,
        _told(answer.evidence),
        article.id,
        answer.span.start,
        answer.span.end,
    ]


def _told(evidence: Sequence[Evidence]) -> str:
    return "; ".join(f"{one.text}: {_MET[one.met]}" for one in evidence)


def _safe(cell: str | float | None) -> str | float | None:
    """Return a cell that no spreadsheet takes for a formula: text that looks like one gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_BEGINNINGS) else cell
