import random
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.article import BlockKind, Draft
from corpus.documents import DEFAULT_LIMITS, Limits, read_document
from corpus.errors import TooLarge, UnreadableDocument
from tests.sample_documents import column, pdf

DATA_FOLDER = Path(__file__).parents[3] / "data" / "pdf"
END = b"\nstartxref\n0\n%%EOF\n"
PARTS = (0.3, 0.6, 0.9, 0.97)
LONG = "The harbour office opened a second counter on Monday because the queues had grown"


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    return read_document(data, "notes.pdf", limits=limits).text


def test_unwraps_the_lines_of_a_paragraph() -> None:
    page = column(LONG, "too long for the one clerk who used to sell tickets there.")
    assert f"{LONG} too long for the one clerk who used to sell tickets there." == read(pdf([page]))


def test_keeps_paragraphs_and_headings_apart() -> None:
    heading = [(72.0, 800.0, 18.0, "A second counter")]
    first, second = column(LONG, "too long.", top=760), column("The clerk was glad.", top=720)
    expected = f"A second counter\n\n{LONG} too long.\n\nThe clerk was glad."
    assert expected == read(pdf([heading + first + second]))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ("Ferries of the coast and of the islands keep to the rules of the inter-", "national harbour league."),
            ["the rules of the international harbour league."],
        ),
        (  # the document has the word with its hyphen elsewhere
            (
                "The well-known captain is on board today, and he is the most well-",
                "known of them all, say the people who sail with him every day.",
            ),
            ["the most well-known of them all"],
        ),
        (  # before a capital, and between numbers
            (
                f"{LONG} in the Anglo-",
                f"Frisian years of the harbour, which were {LONG.lower()} in 1920-",
                "1925, it is said.",
            ),
            ["Anglo-Frisian", "1920-1925"],
        ),
    ],
)
def test_joins_a_word_that_is_broken_and_keeps_other_hyphens(lines: tuple[str, ...], words: list[str]) -> None:
    text = read(pdf([column(*lines)]))
    assert words == [word for word in words if word in text]


def test_drops_page_numbers_and_running_heads() -> None:
    def page(number: int) -> list[tuple[float, float, float, str]]:
        body = column(f"Berth {number} is closed while the divers look at it.", LONG, "too long.", top=760)
        return [(72, 810, 9, f"Harbour report {number}"), *body, (280, 30, 9, f"- {number} -")]

    text = read(pdf([page(number) for number in (1, 2, 3, 4)]))
    assert "Harbour report" not in text
    assert "- 2 -" not in text
    assert text.count("is closed") == 4


def test_the_organisation_that_running_heads_name_is_in_the_title() -> None:
    head = [(72, 810, 9, "Fenn Rowing Club"), (400, 810, 9, "Members' guide")]
    pages = [[*head, *column(f"Boat {number} is at sea.", LONG, "too long.", top=760)] for number in range(3)]
    data = pdf(pages, info="/Title(Members' guide)")
    assert read_document(data, "guide.pdf").title == "Fenn Rowing Club: Members' guide"


def test_a_sentence_continues_on_the_next_page() -> None:
    pages = [column("Berth one is closed.", LONG), column("too long for the clerk.", "Nobody minds.")]
    assert f"{LONG} too long for the clerk." in read(pdf(pages))


def test_each_item_of_a_list_is_a_line() -> None:
    page = column(f"{LONG}.", "• Ropes", "• Nets and what else is needed for a day at sea", "• Lamps")
    assert "\nRopes\nNets and what else is needed for a day at sea\nLamps" in read(pdf([page]))


def test_reads_title_date_and_language_from_the_metadata() -> None:
    data = pdf(
        [column(LONG)], info="/Title(Harbour notes)/CreationDate(D:20240305093000+01'00')", catalog="/Lang(en-GB)"
    )
    draft = read_document(data, "notes.pdf")
    assert (draft.title, draft.published, draft.language) == ("Harbour notes", "2024-03-05T09:30:00+01:00", "en-GB")


@pytest.mark.parametrize("title", ["untitled", "Microsoft Word - doc1.docx", "report.indd", "Document1", "12_34", " "])
def test_a_placeholder_title_is_ignored(title: str) -> None:
    assert read_document(pdf([column(LONG)], info=f"/Title({title})"), "notes.pdf").title is None


@pytest.mark.parametrize(
    "written", ["D:29990101000000Z", "D:19040101000000Z", "D:0000", "D:20240305093000+24'00'", "soon"]
)
def test_an_impossible_date_is_ignored(written: str) -> None:
    assert read_document(pdf([column(LONG)], info=f"/CreationDate({written})"), "notes.pdf").published is None


GLYPHS = b"BT /G 11 Tf 72 700 Td (the fee is fifteen crowns a night) Tj ET"
DATA = pdf([column(LONG)])
BROKEN = [b"", b"\nnonsense\n", b"\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\ntrailer<</Root 1 0 R>>"]


def test_the_time_of_a_pdf_does_not_grow_with_the_square_of_its_streams() -> None:
    stream = b"<</Filter/FlateDecode>>stream\n" + zlib.compress(random.Random(1).randbytes(4_000)) + b"\nendstream\n"
    start = time.process_time()
    with pytest.raises(UnreadableDocument, match="it is broken"):
        read_draft(b"%PDF-1.7\n" + stream * 3_000 + END)
    assert 1 > time.process_time() - start


def test_a_bomb_that_is_broken_at_its_end_is_refused() -> None:
    bomb = b"<</Filter/FlateDecode>>stream\n" + zlib.compress(bytes(60_000_000))[:-10] + b"nonsense\nendstream\n"
    with pytest.raises(TooLarge, match="unpacks to more"):
        read_draft(b"%PDF-1.7\n" + bomb + END)


@pytest.mark.parametrize(
    ("make", "limits", "error", "message"),
    [
        (lambda: pdf([[], []]), {}, UnreadableDocument, "holds no text, only pictures"),
        ((DATA_FOLDER / "locked.pdf").read_bytes, {}, UnreadableDocument, "locked with a password"),
        *((lambda part=part: DATA[: int(len(DATA) * part)], {}, UnreadableDocument, "cut off") for part in PARTS),
        *((lambda body=body: b"%PDF-1.7" + body + END, {}, UnreadableDocument, "") for body in BROKEN),
        (lambda: pdf([], contents=[b" " * 60_000_000]), {}, TooLarge, "unpacks to more"),
        (lambda: pdf([column(LONG)] * 4), {"max_pages": 3}, TooLarge, "more pages than the limit of 3"),
        (lambda: pdf([column(LONG, LONG)]), {"max_text": 100}, TooLarge, "an article may have 100"),
        (lambda: pdf([], contents=[b"[" * 200_000]), {}, (UnreadableDocument, TooLarge), ""),
        (lambda: pdf([], contents=[GLYPHS]), {}, UnreadableDocument, "fonts don't tell which letters"),
    ],
)
def test_a_bad_pdf_is_refused_with_a_reason(
    make: Callable[[], bytes], limits: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=rf"notes\.pdf.*{message}"):
        read(make(), Limits(**limits))


def test_a_pdf_that_anyone_may_read_but_not_change_is_read() -> None:
    assert read((DATA_FOLDER / "open-password.pdf").read_bytes()) == LONG


def test_reading_stops_at_the_deadline() -> None:
    busy = b"BT /F 11 Tf " + b"1 0 0 1 72 700 Tm (x) Tj " * 30_000 + b"ET"
    started = time.process_time()
    with pytest.raises(TooLarge, match=r"longer than the limit of 0\.2 seconds"):
        read(pdf([], contents=[busy] * 20), Limits(max_seconds=0.2))
    assert time.process_time() - started < 10


def test_the_time_for_recognising_pictures_is_none_for_busy_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.documents.formats.MAX_SECONDS", 0.01)
    busy = b"q Q " * 400_000
    with pytest.raises(TooLarge, match=r"Reading .* takes longer than the limit of 0\.\d+ seconds"):
        read(pdf([], contents=[busy] * 20), Limits(max_seconds=60))


def test_an_endless_word_takes_bounded_time() -> None:
    started = time.process_time()
    read(pdf([], contents=[b"BT /F 11 Tf 72 700 Td (" + b"x" * 500_000 + b") Tj ET"] * 2))
    assert time.process_time() - started < 10


def test_repairs_are_not_logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    data = pdf([column(LONG)]).replace(b"startxref\n", b"startxref\n9")
    assert read(data) == LONG
    assert not caplog.records
    assert capsys.readouterr().err == ""


def read_draft(data: bytes) -> Draft:
    return read_document(data, "notes.pdf")


def test_pages_without_text_are_noted_though_others_have_some() -> None:
    picture = b"0 0 500 700 re f"
    draft = read_draft(pdf([], contents=[b"BT /F 11 Tf 72 700 Td (Minutes of May) Tj ET", picture, b"", picture]))
    assert "Minutes of May" == draft.text
    (note,) = draft.notes
    assert note.startswith("2 of 4 pages hold no text, only a picture: 2, 4.")


def test_a_page_whose_letters_cannot_be_told_is_left_out_and_noted() -> None:
    draft = read_draft(pdf([], contents=[b"BT /F 11 Tf 72 700 Td (Minutes of May) Tj ET", GLYPHS]))
    assert "Minutes of May" == draft.text
    assert "1 of 2 pages holds no text" in draft.notes[0]


def test_the_values_of_a_form_stand_behind_their_labels() -> None:
    page = column("Application for a berth", top=790) + column("Name of the applicant:", "Date:", top=744, leading=24)
    text = read(pdf([page], fields=[(744, "Anna Torvald"), (720, "14 May 2020")]))
    assert "Application for a berth\n\nName of the applicant: Anna Torvald\nDate: 14 May 2020" == text


def test_the_largest_heading_is_the_title_over_all_its_lines() -> None:
    page = [
        *column("A Study of Fees in the Small", "Harbours of the Coast", size=22, leading=27),
        *column(LONG, top=690),
    ]
    draft = read_draft(pdf([page]))
    assert "A Study of Fees in the Small Harbours of the Coast" == draft.title
    assert [BlockKind.HEADING, BlockKind.PARAGRAPH] == [block.kind for block in draft.blocks]


def test_a_paragraph_over_two_pages_knows_where_the_second_begins() -> None:
    draft = read_draft(pdf([column(LONG), column("too long for the clerk.")]))
    (block,) = draft.blocks
    assert [1, 2] == [block.page_at(0), block.page_at(draft.text.index("too long"))]


@pytest.mark.parametrize(
    ("line", "published", "is_guess"),
    [
        ("Published: 18 November 2023", "2023-11-18", False),
        ("Brindle, 3 March 2019", "2019-03-03", True),
        ("The storm of 3 March 1987 broke eleven planks of the pier.", "2024-11-30T10:00:00+00:00", True),
    ],
)
def test_a_date_in_the_text_goes_before_the_day_of_printing(line: str, published: str, is_guess: bool) -> None:
    page = column("Fees of the harbour", size=18) + column(line, top=730) + column(LONG, top=700)
    draft = read_draft(pdf([page], info="/CreationDate(D:20241130100000Z)"))
    assert (published, is_guess) == (draft.published, draft.published_is_guess)
