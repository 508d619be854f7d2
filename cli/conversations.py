"""Conversations in files, which `ask --conversation FILE` carries on."""

import json
from pathlib import Path

from corpus.errors import StorageProblem, UnreadableDocument
from qa.conversation.history import MAX_TURNS, Conversation, Turn


def read_conversation(path: Path) -> Conversation:
    """Read a conversation: a list of `{"question", "answer"}`, oldest first; a missing file is a new conversation.

    Raises UnreadableDocument.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        turns = tuple(_turn(row) for row in rows)[-MAX_TURNS:]
    except FileNotFoundError:
        return Conversation()
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableDocument(
            f'{path} is no conversation: a JSON list of {{"question": "...", "answer": "..."}}, oldest first.'
        ) from error
    return Conversation(turns)


def write_conversation(path: Path, conversation: Conversation) -> None:
    """Write a conversation; raises StorageProblem."""
    rows = [{"question": one.question, "answer": one.answer} for one in conversation.turns]
    try:
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageProblem(f"The conversation can't be written to {path}: {error.strerror}.") from error


def _turn(row: object) -> Turn:
    if not isinstance(row, dict) or not isinstance(row["question"], str):
        raise TypeError("A turn is an object with a question.")
    answer = row.get("answer")
    if answer is not None and not isinstance(answer, str):
        raise TypeError("An answer is a string or null.")
    return Turn(row["question"], answer)
