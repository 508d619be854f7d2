import time

import pytest

from corpus.article import BlockKind
from corpus.documents import Limits, read_document
from corpus.errors import TooLarge, UnsupportedFormat

EXPECTED = "Name | Post\nPer Dahl | treasurer\nBerg, Ola | cook"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('Name,Post\nPer Dahl,treasurer\n"Berg, Ola",cook\n', "staff.csv"),
        ("Name;Post\r\nPer Dahl;treasurer\r\nBerg, Ola;cook\r\n", "staff.csv"),
        ("Name\tPost\nPer Dahl\ttreasurer\nBerg, Ola\tcook", "staff.tsv"),
    ],
)
def test_reads_rows_below_their_header(text: str, name: str) -> None:
    draft = read_document(text.encode(), name)
    assert EXPECTED == draft.text
    assert [BlockKind.HEADER, BlockKind.ROW, BlockKind.ROW] == [block.kind for block in draft.blocks]


def test_a_title_and_blank_rows_part_tables() -> None:
    text = "Fares 2026,,\n\nName,Price\nAdult,12\n,\nPort,Time\nNorth,08:15\n"
    draft = read_document(text.encode(), "fares.csv")
    assert "Fares 2026\n\nName | Price\nAdult | 12\n\nPort | Time\nNorth | 08:15" == draft.text
    kinds = [BlockKind.PARAGRAPH, BlockKind.HEADER, BlockKind.ROW, BlockKind.HEADER, BlockKind.ROW]
    assert kinds == [block.kind for block in draft.blocks]


def test_a_first_row_with_numbers_is_no_header() -> None:
    draft = read_document(b"2025,1200\n2026,1350\n", "riders.csv")
    assert [BlockKind.ROW, BlockKind.ROW] == [block.kind for block in draft.blocks]


def test_a_quote_without_its_partner_hides_no_rows() -> None:
    text = 'Name,Size\nRope,"5 m\nLamp,2 m\n'
    assert 'Name | Size\nRope | "5 m\nLamp | 2 m' == read_document(text.encode(), "a.csv").text


def test_a_table_of_articles_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnsupportedFormat, match=r"news\.csv is a table of articles.*app\.py add --csv"):
        read_document(b"title,Text\nFerry,It sails at noon.\n", "news.csv")


def test_hostile_quotes_and_cells_take_bounded_time() -> None:
    started = time.process_time()
    read_document(b'a,"b\n' * 100_000, "a.csv")
    with pytest.raises(TooLarge):
        read_document(b"," * 1_900_000 + b"\n,,,a" * 10, "a.csv", limits=Limits(max_text=100_000))
    assert time.process_time() - started < 10
