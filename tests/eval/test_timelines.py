from pathlib import Path
from typing import cast

import pytest

from eval.developing.timelines import (
    MEANINGS,
    ExpectedValue,
    TimelineQuestion,
    measure_timelines,
    read_timelines,
)
from qa.service import QAService
from qa.types import Reply, TimelineEntry, Understood
from tests.eval.test_developing import SETS, answer
from tests.indexing import ignore

ELEVEN, SEVEN = ExpectedValue(("eleven", "11"), "2026-03-03", "2026-03-04"), ExpectedValue(("seven",), "5", "5")
NINE = ExpectedValue(("nine",), "6", "6", optional=True)
QUESTION = TimelineQuestion("how many?", (ELEVEN, SEVEN, NINE))


class FakeService:
    """Gives the same timeline for every question."""

    def __init__(self, *entries: tuple[str, str, str]) -> None:
        self.entries = tuple(TimelineEntry(answer(words), first, last) for words, first, last in entries)

    def ask(self, question: str, top_k: int, timeline: bool) -> Reply:
        return Reply(question, (), (), 1, 0.1, Understood(question), timeline=self.entries if timeline else ())


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([("Eleven", "2026-03-03", "2026-03-04"), ("Seven", "5", "5")], [1, 1, 1, 1, 1, 2, 2, 0]),
        ([("Eleven", "2026-03-03", "2026-03-04"), ("Seven", "5", "5"), ("Nine", "6", "6")], [1, 1, 1, 1, 1, 2, 2, 0]),
        ([("Eleven", "2026-03-03", "2026-03-03"), ("Seven", "5", "5")], [1, 1, 1, 1, 0, 2, 2, 0]),
        ([("Seven", "5", "5"), ("Eleven", "2026-03-03", "2026-03-04")], [1, 1, 0, 0, 0, 2, 2, 0]),
        ([("Eleven", "2026-03-03", "2026-03-04"), ("missing", "5", "5")], [1, 1, 0, 0, 0, 2, 1, 1]),
        ([("Eleven", "2026-03-03", "2026-03-04"), ("Nine", "6", "6")], [1, 1, 1, 0, 0, 2, 1, 0]),
        ([], [1, 0, 0, 0, 0, 2, 0, 0]),
    ],
)
def test_a_timeline_is_compared_with_the_history(entries: list[tuple[str, str, str]], expected: list[int]) -> None:
    figures = measure_timelines(cast(QAService, FakeService(*entries)), [QUESTION], ignore)
    assert (expected[4] == 0) == bool(figures.pop("misses"))
    assert dict(zip(MEANINGS, expected, strict=True)) == figures


def test_the_shipped_histories_can_be_read(tmp_path: Path) -> None:
    assert [18, 0] == [len(read_timelines(folder)) for folder in (SETS / "choose", tmp_path)]
    values = [value for one in read_timelines(SETS / "choose") for value in one.values]
    assert all(value.first <= value.last for value in values)
