from datetime import date
from typing import Any

import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import TooLarge, UnreadableDocument
from tests.sample_documents import archive, workbook


def fares(book: Any) -> None:
    sheet = book.active
    sheet.title = "Fares"
    sheet["B2"] = "Fares of the ferry"
    for row in ([], [None, "Name", "Price", "From"], [None, "Adult", 12.5, date(2026, 4, 1)], [None, "Child", 0.5]):
        sheet.append(row)
    sheet["C5"].number_format, sheet["C6"].number_format, sheet["D5"].number_format = '0.00 "EUR"', "0%", "d mmmm yyyy"
    book.create_sheet("Staff").append(["Per Dahl", "treasurer"])
    hidden = book.create_sheet("Drafts")
    hidden.append(["not for readers"])
    hidden.sheet_state = "hidden"


def test_reads_visible_sheets_as_headings_and_tables_of_shown_values() -> None:
    draft = read_document(workbook(fares), "fares.xlsx")
    found = [(block.kind, draft.text[block.start : block.end]) for block in draft.blocks]
    assert [
        (BlockKind.HEADING, "Fares"),
        (BlockKind.PARAGRAPH, "Fares of the ferry"),
        (BlockKind.HEADER, "Name | Price | From"),
        (BlockKind.ROW, "Adult | 12.50 EUR | 1 April 2026"),
        (BlockKind.ROW, "Child | 50% |"),
        (BlockKind.HEADING, "Staff"),
        (BlockKind.ROW, "Per Dahl | treasurer"),
    ] == found


def test_the_name_that_the_program_gave_a_lone_sheet_is_no_heading() -> None:
    def write(book: Any) -> None:
        book.active.title = "Sheet1"
        book.active.append(["The ferry sails at noon."])

    assert "The ferry sails at noon." == read_document(workbook(write), "a.xlsx").text


def test_a_workbook_without_properties_has_no_date() -> None:
    data = workbook(fares)
    assert read_document(data, "a.xlsx").published is not None
    core = b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
    assert read_document(archive({"docProps/core.xml": core}, based_on=data), "a.xlsx").published is None


def test_an_empty_broken_or_endless_workbook_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.xlsx holds no text"):
        read_document(workbook(lambda book: None), "a.xlsx")
    with pytest.raises(UnreadableDocument, match=r"a\.xlsx is not an Excel workbook that can be read"):
        read_document(archive({"xl/worksheets/sheet1.xml": b"<worksheet"}, based_on=workbook(fares)), "a.xlsx")
    rows = "".join(f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>' for row in range(1, 400))
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    with pytest.raises(TooLarge, match=r"a\.xlsx has more than 5,000,000 cells"):
        read_document(archive({"xl/worksheets/sheet1.xml": sheet}, based_on=workbook(fares)), "a.xlsx")
