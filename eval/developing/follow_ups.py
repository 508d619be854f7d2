"""Measure follow-up questions on developing stories: are they understood from their conversation, and answered?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.store.filters import ArticleFilter
from eval.datasets import Row, read_rows
from eval.developing.measure import gives
from index.generations.builder import Progress
from qa.conversation.history import NO_CONVERSATION, Conversation, Turn
from qa.service import QAService
from qa.types import Reply

FOLLOW_UPS = "follow_ups.jsonl"
# The figures of measure_follow_ups, in order, each with its explanation.
MEANINGS = {
    "follow-ups": "questions that depend on their conversation",
    "right": "of these: the first answer holds what was expected, or there is none where none was",
    "wrong": "of these: the first answer holds something else",
    "right alone": "of these, asked without the conversation",
}


@dataclass(frozen=True, slots=True)
class FollowUpQuestion:
    """A question asked in a conversation on a day, and the words that answer it; none where nothing does."""

    question: str
    conversation: Conversation
    expected: tuple[str, ...]
    now: str


def read_follow_ups(folder: Path) -> list[FollowUpQuestion]:
    """Read the follow-up questions of a folder, none where it has no file of them; raises UnreadableDocument."""
    path = folder / FOLLOW_UPS
    return read_rows(path, _follow_up) if path.exists() else []


def measure_follow_ups(
    qa: QAService, questions: Sequence[FollowUpQuestion], report: Callable[[Progress], None]
) -> dict[str, Any]:
    """Ask each question as of its day; return the figures that MEANINGS explains, and the misses."""
    right = wrong = alone = 0
    misses = []
    for done, one in enumerate(questions):
        report(Progress("follow-up questions", done, len(questions)))
        on_day = ArticleFilter(as_of=one.now)
        reply = qa.ask(one.question, filters=on_day, conversation=one.conversation)
        bare = qa.ask(one.question, filters=on_day, conversation=NO_CONVERSATION)
        is_right = _is_right(reply, one)
        right += is_right
        wrong += reply.answered and not is_right
        alone += _is_right(bare, one)
        if not is_right:
            first = reply.answers[0] if reply.answered else None
            misses.append(
                {
                    "conversation": [f"{turn.question} {turn.answer}" for turn in one.conversation.turns],
                    "question": one.question,
                    "understood": reply.understood.question,
                    "expected": list(one.expected),
                    "answered": None if first is None else f"{first.span.text} ({first.confidence:.2f})",
                }
            )
    figures = {"follow-ups": len(questions), "right": right, "wrong": wrong, "right alone": alone}
    return {**figures, "misses": misses}


def _is_right(reply: Reply, asked: FollowUpQuestion) -> bool:
    if not asked.expected:
        return not reply.answered
    return reply.answered and gives(reply.answers[0], asked.expected)


def _follow_up(row: Row) -> FollowUpQuestion:
    turns = tuple(Turn(str(turn["question"]), turn.get("answer")) for turn in row["conversation"])
    return FollowUpQuestion(row["question"], Conversation(turns), tuple(map(str, row["expected"])), row["now"])
