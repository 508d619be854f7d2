import pytest

from corpus.article import BlockKind
from corpus.documents import read_document


@pytest.mark.parametrize(
    ("form", "time"),
    [
        ("[12/06/2026, 18:0{}:37] {}", "18:0{}:37"),
        ("12.06.2026, 18:0{} - {}", "18:0{}"),
        ("\u200e[2026-06-12, 6:0{}\u202fPM] {}", "6:0{} PM"),
    ],
)
def test_an_exported_chat_has_its_days_as_headings(form: str, time: str) -> None:
    messages = ["Priya: Who comes on Sunday?", "+47 555 0123: Me.", "Priya: We meet at the mill\nat nine."]
    chat = "\n".join(form.format(minute, message) for minute, message in enumerate(messages))
    draft = read_document(chat.encode(), "Walking club.txt")
    heading, items = draft.text.split("\n\n")
    expected = [f"{time.format(minute)} {' '.join(message.split())}" for minute, message in enumerate(messages)]
    assert expected == items.split("\n")
    assert [BlockKind.HEADING, *[BlockKind.ITEM] * 3] == [block.kind for block in draft.blocks]
    assert ("Walking club", True) == (draft.title, heading in chat)


@pytest.mark.parametrize(
    "lines",
    [
        ["12.06.2026, 18:00 - Doors open", "12.06.2026, 19:00 - Concert: Bach", "12.06.2026, 21:00 - Bar"],
        ["3.5.2024, 10:30 - 11:00 Talk A", "3.5.2024, 11:30 - 12:00 Talk B", "3.5.2024, 13:30 - 14:00 Talk C"],
        ["2026-05-03 01:00:01 ERROR: disk full", "2026-05-03 01:00:04 ERROR: retry", "2026-05-03 01:00:09 INFO: done"],
        [
            "[12/06/2026, 18:04:37] pump started",
            "[12/06/2026, 18:05:02] pump: stopped",
            "[12/06/2026, 18:06:11] tank full",
        ],
        ["12/06/2026, 18:04 - Priya: Hello", *["The ferry sails at noon."] * 4],
    ],
)
def test_programmes_and_logs_stay_as_they_are(lines: list[str]) -> None:
    assert "\n".join(lines) == read_document("\n".join(lines).encode(), "evening.txt").text


def test_a_chat_keeps_the_day_of_its_publication() -> None:
    chat = "".join(f"12/06/2026, 18:0{minute} - Priya: Hello\n" for minute in range(4))
    draft = read_document(f"{chat}Published: 18 November 2026\n".encode(), "club.txt")
    assert ("2026-11-18", False) == (draft.published, draft.published_is_guess)
