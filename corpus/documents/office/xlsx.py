"""Excel workbooks (XLSX) to drafts: each sheet a heading and its rows, their cells as they are shown."""

import io
import warnings
from collections.abc import Iterator, Sequence

from openpyxl import load_workbook
from openpyxl.utils.exceptions import CellCoordinatesException, InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from corpus.article import BlockKind, Draft
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.office.archive import DocumentArchive
from corpus.documents.office.cell_formats import show_cell
from corpus.documents.office.properties import core_properties
from corpus.documents.office.tables import is_own_name, titled_table, write_rows
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_LABEL = "an Excel workbook"
# What openpyxl raises for a workbook that lacks a part, a text or a style, or has a wrong value, an attribute that it
# does not know (it passes them to constructors), or XML that is none.
_ERRORS = (InvalidFileException, CellCoordinatesException, LookupError, ValueError, TypeError, OSError, SyntaxError)


def read_xlsx(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the draft of a workbook, of its visible sheets, with its properties.

    Raises UnreadableDocument where it is broken or has no text, TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    with DocumentArchive(data, name, _LABEL, limits) as archive:
        properties, plain = core_properties(archive), io.BytesIO(archive.repacked())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of extensions that it does not know
        with wrapped_errors(name, _LABEL, *_ERRORS):
            workbook = load_workbook(plain, read_only=True, data_only=True, keep_links=False)
        deadline = Deadline(limits, name)
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            sheet.reset_dimensions()  # some programs declare wrong ones
            if len(sheets) > 1 or is_own_name(sheet.title):
                writer.heading(sheet.title, 2)
            write_rows(writer, _rows(sheet, name), deadline, name)
    created = properties.pop("published", None)
    draft = with_publication_date(titled_table(writer.draft(**properties), name), name, created)
    if all(block.kind is BlockKind.HEADING for block in draft.blocks):
        raise UnreadableDocument(f"{name} holds no text.")
    return draft


def _rows(sheet: Worksheet, name: str) -> Iterator[Sequence[str]]:
    rows = sheet.iter_rows()
    while True:
        with wrapped_errors(name, _LABEL, *_ERRORS):
            row = next(rows, None)
            if row is None:
                return
            cells = [None if cell.value is None else (cell.value, cell.number_format) for cell in row]
        yield ["" if cell is None else show_cell(*cell) for cell in cells]
