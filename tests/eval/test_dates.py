"""Measuring time expressions against marked ones."""

import gzip
import json
from pathlib import Path

import pytest

from eval.dates import FILE, measure_dates

LINES = [
    "Bridge shut",
    "January 13, 2022",
    "It was shut yesterday.",
    "From 2009 to 2011, and in 2014.",
    "",
    "",
    "In 1990.",
]
TEXT = "\n".join(LINES)


def marked(words: str, value: str) -> dict[str, object]:
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words), "text": words, "type": "DATE", "value": value}


def test_marked_expressions_are_paired_with_those_found(tmp_path: Path) -> None:
    expressions = [
        marked("January 13, 2022", "2022-01-13"),
        marked("was shut yesterday", "2022-01-12"),  # found with other words
        marked("2009", "2009"),
        marked("2011", "2011"),  # found as one range with the one before
        marked("2014", "2015"),  # wrong
    ]
    row = {"doc": "1", "dct": "2022-01-13", "timexes": expressions, "text": TEXT, "source": ""}
    (tmp_path / "dev").mkdir()
    (tmp_path / FILE).write_bytes(gzip.compress(json.dumps(row).encode()))
    figures = measure_dates(tmp_path)["all"]
    assert (1, 5) == (figures["articles"], figures["expressions"])
    # Four are found of five, below the sixth line none.
    assert (8 / 9, 2 / 9) == pytest.approx((figures["find F1"], figures["find F1, strict"] - 2 / 9))
    assert (3 / 4, 6 / 9) == pytest.approx((figures["right value"], figures["value F1"]))
    assert (1 / 4, 0) == (figures["silent wrong values"], figures["without a value"])
