import pytest

from corpus.article import BlockKind
from corpus.documents import read_document


@pytest.mark.parametrize(
    "form", ["[12/06/2026, 18:0{}:37] {}", "12.06.2026, 18:0{} - {}", "\u200e[2026-06-12, 6:0{}\u202fPM] {}"]
)
def test_an_exported_chat_has_days_and_senders_without_times(form: str) -> None:
    messages = ["Priya: Who comes on Sunday?", "Jean: Me.", "Priya: We meet at the mill\nat nine."]
    chat = "\n".join(form.format(minute, message) for minute, message in enumerate(messages))
    draft = read_document(chat.encode(), "Walking club.txt")
    heading, items = draft.text.split("\n\n")
    assert ["Priya: Who comes on Sunday?", "Jean: Me.", "Priya: We meet at the mill at nine."] == items.split("\n")
    assert [BlockKind.HEADING, *[BlockKind.ITEM] * 3] == [block.kind for block in draft.blocks]
    assert ("Walking club", True) == (draft.title, heading in chat)
