import json
from pathlib import Path
from typing import cast

import pytest

from corpus.errors import UnreadableDocument
from corpus.store.filters import ArticleFilter
from eval.developing.follow_ups import MEANINGS, measure_follow_ups, read_follow_ups
from qa.conversation.history import Conversation
from qa.service import QAService
from qa.types import Answer, Reply, Understood
from tests.eval.test_developing import SETS, answer
from tests.indexing import ignore


class ConversationService:
    """Answers by the last answer of the conversation."""

    def __init__(self, **answers: tuple[Answer, ...]) -> None:
        self.answers = answers

    def ask(self, question: str, filters: ArticleFilter, conversation: Conversation) -> Reply:
        last = conversation.turns[-1].answer if conversation.turns else None
        return Reply(question, self.answers.get(last or "alone", ()), (), 1, 0.1, Understood(question))


def test_all_figures_of_a_small_set(tmp_path: Path) -> None:
    rows = [
        {"conversation": [{"question": "Who?", "answer": last}], "question": "How many?", "now": "2026-03-09"}
        | {"expected": ["Seven"]}
        for last in ("right", "wrong", "none")
    ]
    (tmp_path / "follow_ups.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    qa = cast(QAService, ConversationService(right=(answer("Seven"),), wrong=(answer("Eleven"),)))
    figures = measure_follow_ups(qa, read_follow_ups(tmp_path), ignore)
    assert [3, 1, 1, 0] == [figures[name] for name in MEANINGS]
    assert ["Eleven (0.90)", None] == [miss["answered"] for miss in figures["misses"]]


def test_a_folder_without_follow_ups_has_none(tmp_path: Path) -> None:
    assert [] == read_follow_ups(tmp_path)


def test_a_row_without_a_conversation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "follow_ups.jsonl").write_text('{"question": "Why?"}\n', encoding="utf-8")
    with pytest.raises(UnreadableDocument, match=r"follow_ups\.jsonl, line 1"):
        read_follow_ups(tmp_path)


def test_the_set_that_comes_with_citeline_can_be_read() -> None:
    assert [68, 22, 20] == [len(read_follow_ups(SETS / name)) for name in ("choose", "judge", "held_out")]
