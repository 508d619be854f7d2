"""Measure the histories of answers: are all values told, in order of time, each with its first and last report?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.datasets import Row, read_rows
from eval.metrics import has_words, normalize_loosely
from index.generations.builder import Progress
from qa.query.parser import normalize_question
from qa.service import QAService
from qa.types import TimelineEntry

TIMELINES = "timelines.jsonl"
# The figures of measure_timelines, in order, each with its explanation.
MEANINGS = {
    "timelines": "questions whose answer has a history",
    "told": "of these: a history is told",
    "in order": "of these: all its values belong to it, in order of time",
    "whole": "of these: none is missing",
    "dated": "of these: each with the days of its first and last report",
    "values": "values of all histories",
    "values told": "of these: in the timeline",
    "wrong values": "values in timelines that belong to none",
}


@dataclass(frozen=True, slots=True)
class ExpectedValue:
    """A value of a history, in several ways, and the days of its reports; an optional one may be left out."""

    words: tuple[str, ...]
    first: str
    last: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TimelineQuestion:
    """A question with the history of its answer, oldest value first."""

    question: str
    values: tuple[ExpectedValue, ...]


def read_timelines(folder: Path) -> list[TimelineQuestion]:
    """Read the histories of a folder of developing stories, none where it has none; raises UnreadableDocument."""
    return read_rows(folder / TIMELINES, _question) if (folder / TIMELINES).exists() else []


def measure_timelines(
    qa: QAService, questions: Sequence[TimelineQuestion], report: Callable[[Progress], None]
) -> dict[str, Any]:
    """Ask each question for its timeline; return the figures that MEANINGS explains, and the misses."""
    counts = dict.fromkeys(MEANINGS, 0)
    misses = []
    for done, one in enumerate(questions):
        report(Progress("timelines", done, len(questions)))
        entries = qa.ask(one.question, top_k=1, timeline=True).timeline
        places = [_place(entry, one.values) for entry in entries]
        known = [place for place in places if place is not None]
        required = [place for place, value in enumerate(one.values) if not value.optional]
        in_order = bool(known) and len(known) == len(places) and known == sorted(set(known))
        whole = in_order and set(required) <= set(known)
        dated = whole and all(
            (entry.first, entry.last) == (one.values[place].first, one.values[place].last)
            for entry, place in zip(entries, known, strict=True)
        )
        figures = (
            *(True, bool(entries), in_order, whole, dated),
            *(len(required), len(set(required) & set(known)), len(places) - len(known)),
        )
        for name, value in zip(MEANINGS, figures, strict=True):
            counts[name] += int(value)
        if not dated:
            misses.append(
                {
                    "question": one.question,
                    "expected": [f"{value.words[0]} ({value.first} to {value.last})" for value in one.values],
                    "told": [f"{entry.answer.span.text} ({entry.first} to {entry.last})" for entry in entries],
                }
            )
    return {**counts, "misses": misses}


def _question(row: Row) -> TimelineQuestion:
    normalize_question(row["question"])
    values = (
        ExpectedValue(tuple(map(str, value["answer"])), value["first"], value["last"], value.get("optional", False))
        for value in row["timeline"]
    )
    return TimelineQuestion(row["question"], tuple(values))


def _place(entry: TimelineEntry, values: Sequence[ExpectedValue]) -> int | None:
    """Return which of the values an entry tells, None where it is none of them."""
    told = normalize_loosely(entry.answer.span.text)
    for place, value in enumerate(values):
        wanted = (normalize_loosely(words) for words in value.words)
        if any(has_words(told, words) or has_words(words, told) for words in wanted):
            return place
    return None
