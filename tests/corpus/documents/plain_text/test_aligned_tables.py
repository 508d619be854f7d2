import time

import pytest

from corpus.article import Article, BlockKind, Draft
from corpus.documents import Limits, read_document


def read(text: str) -> Draft:
    return read_document(text.encode(), "fares.txt")


def test_lines_of_cells_that_spaces_align_are_rows() -> None:
    text = """Fares

Ticket      Price  Valid from
Adult        6.40  1 May 2026
Child 5-15   3.20
Motorhome   29.00  1 June, with
                   its driver

Dogs travel free.  Bikes pay.
"""
    draft = read(text)
    rows = ["Ticket | Price | Valid from", "Adult | 6.40 | 1 May 2026", "Child 5-15 | 3.20 |"]
    rows.append("Motorhome | 29.00 | 1 June, with its driver")
    assert "\n".join(["Fares", "", *rows, "", "Dogs travel free.  Bikes pay."]) == draft.text
    assert rows == [draft.text[block.start : block.end] for block in draft.blocks]
    assert [BlockKind.HEADER, *[BlockKind.ROW] * 3] == [block.kind for block in draft.blocks]


def test_a_header_may_stand_beside_its_numbers_and_over_a_rule() -> None:
    text = "         Single   Return\n-------  ------   ------\nAdult       6.40    11.80\nChild       3.20     5.90\n"
    assert "| Single | Return\nAdult | 6.40 | 11.80\nChild | 3.20 | 5.90" == read(text).text


def test_other_text_with_wide_spaces_stays_as_it_is() -> None:
    for text in (
        "The ferry sails at noon.  It is late.\nDogs travel free.  Bikes pay.\nThe  bar opens when it is dark.",
        "1.  Open the valve.\n2.  Press the button.\n3.  Wait.",
        "Name:    Per Dahl\nPost:    cook\nBoat:    Gannet",
        "Adult    6.40\nChild    3.20",
        "Per Dahl            Ola Berg\n14 Corn Street      2 Mill Road\nAstonbury           Hexley",
        "The sea is cold     and the wind\nThe boat is old     and the sail\nThe net is full     and the quay",
        "Adams     Brown     Clark\nDavis     Evans     Frank\nGreen     Hill      Irwin",
        "1  The sea is cold.\n2  The boat is old.\n3  The net is full.",
        "Valve  open   3\nPump  shut\nx  y  z  a  b  c  d  e  f  g  h  i  j  k",
    ):
        assert text == read(text).text


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("Ticket    2024   2025\nAdult     6.40   6.90\nChild     3.20   3.40", BlockKind.HEADER),
        ("          Zone 1   Zone 2\nAdult       6.40     6.90\nChild       3.20     3.40", BlockKind.HEADER),
        ("Skipper     Boat 1\n----------  ------\nPer Dahl    Gannet\nOla Berg    Plover", BlockKind.HEADER),
        ("Adult     6.40   16.90\nChild     3.20    3.40\nBike      29     31", BlockKind.ROW),
        ("Arden     2011   5034\nBrinn     2004    871\nCorve     1998    650", BlockKind.ROW),
    ],
)
def test_the_first_row_is_a_header_where_the_others_are_of_other_types(table: str, kind: BlockKind) -> None:
    draft = read(f"Harbour\n\n{table}\n")
    assert [kind, BlockKind.ROW, BlockKind.ROW] == [block.kind for block in draft.blocks]


@pytest.mark.parametrize(
    "around", ["Home | Fares\n\n{}", "A\tB\n{}\n", " \n\t\n{}", f"\x0c \n{{}}\n\x07{'The end. ' * 30}"]
)
def test_bars_tabs_and_blank_lines_around_a_table_change_nothing_in_it(around: str) -> None:
    table = "Ticket    Price\nAdult      6.40\nChild      3.20"
    article = Article.from_draft(read(around.format(table)))
    assert ["Ticket | Price", "Adult | 6.40", "Child | 3.20"] == [
        article.text[block.start : block.end] for block in article.blocks
    ]


@pytest.mark.parametrize(
    "lines", [["Adult     6.40   11.80"] * 40_000, ["a   b   c", *["    d"] * 200_000], ["a   b", f"{'-' * 900_000}x"]]
)
def test_reading_takes_time_in_proportion(lines: list[str]) -> None:
    begun = time.process_time()
    read("\n".join(lines))
    assert time.process_time() - begun < 5


def test_bars_make_no_text_too_large() -> None:
    text = "\n".join(["a  1  2  3  4"] * 3)
    assert text == read_document(text.encode(), "a.txt", limits=Limits(max_text=len(text))).text
