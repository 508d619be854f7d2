import json
from pathlib import Path

import pytest

from cli.conversations import read_conversation, write_conversation
from corpus.errors import StorageProblem, UnreadableDocument
from qa.conversation.history import MAX_TURNS, Conversation, Turn


def test_a_conversation_is_carried_on_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    begun = read_conversation(path)
    assert () == begun.turns
    write_conversation(path, begun.followed_by(Turn("Who left?", "Ann")).followed_by(Turn("Why?")))
    assert (Turn("Who left?", "Ann"), Turn("Why?")) == read_conversation(path).turns


def test_only_the_last_turns_of_a_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text(json.dumps([{"question": f"{number}?"} for number in range(50)]), encoding="utf-8")
    assert "49?" == read_conversation(path).turns[-1].question
    assert MAX_TURNS == len(read_conversation(path).turns)


@pytest.mark.parametrize("text", ["", "{", "7", '["who?"]', '[{"answer": "Ann"}]', '[{"question": "a", "answer": 1}]'])
def test_a_file_of_another_form_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "talk.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableDocument, match=r"talk\.json is no conversation"):
        read_conversation(path)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem, match=r"missing/talk\.json"):
        write_conversation(tmp_path / "missing" / "talk.json", Conversation())
