import pytest

from corpus.documents import read_document
from corpus.documents.titles import repeats_title, with_publisher

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


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Tolm Water Company Annual report", "Tolm Water Company: Annual report"),
        ("Annual report | Society of Reeds", "Society of Reeds: Annual report"),
        ("Fenn School", "Fenn School: Annual report"),
        ("Annual report", "Annual report"),
        ("Draft for the Council of Tolm", "Annual report"),
        ("Chapter Two", "Annual report"),
        ("The museum and its staff", "Annual report"),
        ("School", "Annual report"),
        ("Annual report 2025 of the Tolm Water Company", "Annual report"),
    ],
)
def test_a_title_gets_the_organisation_that_running_lines_name(line: str, title: str) -> None:
    assert title == with_publisher("Annual report", [line])
