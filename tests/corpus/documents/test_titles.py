import pytest

from corpus.documents import read_document
from corpus.documents.titles import repeats_title

SRT = "1\n00:00:01,000 --> 00:00:03,000\nThe ferry sails.\n"


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("Name,Post\nPer Dahl,cook\n", "crew-list.csv", "Crew list"),
        ("Name       Room\nPer Dahl   12\nOla Berg   14\n", "village_hall-contacts.txt", "Village hall contacts"),
        ("The hall\n\nName       Room\nPer Dahl   12\nOla Berg   14\n", "village_hall-contacts.txt", None),
        ("Crew 2026,\n,\nName,Post\nPer Dahl,cook\n", "crew-list.csv", None),
        ("Name,Post\nPer Dahl,cook\n", "export (3).csv", None),
        (SRT, "Harbour film.srt", "Harbour film"),
        (f"WEBVTT\n\n{SRT[2:].replace(',000', '.000')}", "talks/2026-05-04_harbour_talk.vtt", "Harbour talk"),
        ("Name,Post\nPer Dahl,cook\n", "courses.csv", "Courses"),
        ("2026-11-18 09:00 INFO started\n", "ferryOS.log", "ferryOS"),
        ("The ferry sails.\n", "notes/harbour.md", "harbour"),
    ],
)
def test_what_has_no_title_is_called_by_its_file(text: str, name: str, title: str | None) -> None:
    assert title == read_document(text.encode(), name).title


@pytest.mark.parametrize(
    ("heading", "repeats"),
    [
        ("Price list 2026", True),
        ("PRICE LIST, 2026:", True),
        ("Halvorsen price list 2026", True),
        ("Price list 2025", False),
        ("2026", False),
        ("Price", False),
        ("Price list", False),
        ("2025 price list 2026", False),
        ("Price list 2026 of the shop at the harbour", False),
    ],
)
def test_a_heading_repeats_a_title_but_for_marks_and_some_words(heading: str, repeats: bool) -> None:
    assert repeats == repeats_title(heading, "Price list 2026")


def test_titles_of_marks_do_not_repeat_each_other() -> None:
    assert not repeats_title("***", "???")
