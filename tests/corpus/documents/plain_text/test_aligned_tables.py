from corpus.article import BlockKind, Draft
from corpus.documents import read_document


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
    ):
        assert text == read(text).text
