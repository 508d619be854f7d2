"""Tables: Markdown's own lines, and lines of cells as documents become them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.tables import find_tables, labelled_rows

FARES = "Fares in crowns\n\nTicket | Single | Return\nAdult | 14 | 25\nDog | 2 |\n\nDogs stay on deck."
MARKDOWN = "| Ticket | Single |\n|---|:-:|\n| Adult | 14 |\n| Dog | |"
TABBED = "Ticket\tSingle\tReturn\nAdult\t14\t25"
LINES = st.lists(
    st.sampled_from(["a | b", "| a | b |", "|---|---|", "a\tb", "\ta", "1.\tb", "|", "| |", "a", "", " | b"])
)


def cells(text: str, start: int = 0, end: int | None = None) -> list[list[list[str]]]:
    return [
        [[text[slice(*cell)] for cell in row.cells] for row in (table.header, *table.rows)]
        for table in find_tables(text, start, end)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FARES, [["Ticket", "Single", "Return"], ["Adult", "14", "25"], ["Dog", "2", ""]]),
        (MARKDOWN, [["Ticket", "Single"], ["Adult", "14"], ["Dog", ""]]),
        (TABBED, [["Ticket", "Single", "Return"], ["Adult", "14", "25"]]),
        ("| Mini | Pro\nPrice | 3 | 4", [["", "Mini", "Pro"], ["Price", "3", "4"]]),
        ("\tMini\tPro\nPrice\t3\t4", [["", "Mini", "Pro"], ["Price", "3", "4"]]),
    ],
)
def test_the_first_line_is_the_header_and_cells_may_be_empty(text: str, expected: list[list[str]]) -> None:
    assert [expected] == cells(text)


@pytest.mark.parametrize(
    "text",
    [
        "Home | News | Sport",
        "One line.\nAnother.",
        "a | b\nalone",
        "1.\tBoil it.\n2.\tDry it.",
        "a | b\n\nc | d",
        "|\n|",
        "",
    ],
)
def test_other_lines_are_no_table(text: str) -> None:
    assert [] == find_tables(text)


def test_a_row_with_other_cells_is_left_out() -> None:
    assert [[["a", "b"], ["e", "f"]]] == cells("a | b\nc | d | x\ne | f")


def test_tables_follow_each_other_after_a_line_without_cells() -> None:
    assert [[["a", "b"], ["1", "2"]], [["c", "d"], ["3", "4"]]] == cells("a | b\n1 | 2\nPrices\nc | d\n3 | 4")


def test_a_region_has_its_own_rows_and_the_header_above() -> None:
    start = FARES.index("Dog")
    assert [[["Ticket", "Single", "Return"], ["Dog", "2", ""]]] == cells(FARES, start, start + 5)
    assert [] == cells(FARES, FARES.index("Dogs"))


@pytest.mark.parametrize("rule", ["", "|---|---|\n"])
@pytest.mark.parametrize("row", [0, 1, 1_500, 2_999])
def test_a_row_of_a_long_table_has_the_header_of_the_whole(rule: str, row: int) -> None:
    rows = "\n".join(f"| row{number} | {number} |" for number in range(3_000))
    text = f"Prices.\n\n{rule}| Name | Price |\n{rows}"
    start = text.index(f"| row{row} |")
    assert [[["Name", "Price"], [f"row{row}", str(row)]]] == cells(text, start, start + 5)


def test_rows_whose_header_is_far_above_are_no_table() -> None:
    text = "Name | Price\n" + "\n".join(f"row{number} | {'9' * 50}" for number in range(5_000))
    start = text.index("row4900 ")
    assert [] == find_tables(text, start, start + 200)
    assert 5_000 == len(find_tables(text)[0].rows)


@pytest.mark.parametrize("wide", ["x|" * 100, f"{'x' * 3_000} | y", "\t|" * 50_000])
def test_a_line_that_is_too_wide_is_no_row_and_no_header(wide: str) -> None:
    assert [[["a", "b"], ["1", "2"], ["3", "4"]]] == cells(f"a | b\n1 | 2\n{wide}\n3 | 4")
    assert [] == cells(f"{wide}\n1 | 2\n3 | 4")
    text = f"a | b\n1 | 2\n{wide}\n3 | 4"
    assert [[["a", "b"], ["3", "4"]]] == cells(text, text.index("3 | 4"))


def test_time_grows_with_the_region_and_not_with_the_table() -> None:
    rows = "\n".join(f"row{number} | {number} | on sale" for number in range(3_000))
    text = f"Name | Price | State\n{rows}\n\n{'a|' * 500_000}"
    started = time.process_time()
    for number in range(0, 3_000, 150):
        start = text.index(f"row{number} ")
        assert find_tables(text, start, start + 700)
    for start in range(len(text) - 900_000, len(text), 45_000):
        assert [] == find_tables(text, start, start + 700)
    assert time.process_time() - started < 0.2


@given(LINES.map("\n".join), st.data())
def test_a_region_has_the_rows_that_the_whole_text_has_there(text: str, data: st.DataObject) -> None:
    whole = {row.start: table.header for table in find_tables(text) for row in table.rows}
    start = data.draw(st.integers(0, len(text)))
    for table in find_tables(text, start, data.draw(st.integers(start, len(text)))):
        for row in table.rows:
            assert table.header.start == whole.get(row.start, table.header).start


@given(LINES.map("\n".join), st.integers(0, 60), st.integers(0, 60))
def test_cells_lie_in_their_rows_and_as_many_as_the_header_has(text: str, start: int, end: int) -> None:
    for table in find_tables(text, min(start, len(text)), min(end, len(text))):
        assert table.rows
        for row in (table.header, *table.rows):
            assert len(row.cells) == len(table.header.cells) >= 2
            assert row.start < row.end
            assert "\n" not in text[row.start : row.end]
            edges = [edge for cell in row.cells for edge in cell]
            assert sorted(edges) == edges


def test_a_labelled_row_has_its_columns_before_its_cells() -> None:
    assert ["Ticket: Adult | Single: 14 | Return: 25", "Ticket: Dog | Single: 2"] == list(labelled_rows(FARES).values())
    assert ["Adult | 14 | 25", "Dog | 2 |"] == [FARES[slice(*span)] for span in labelled_rows(FARES)]
