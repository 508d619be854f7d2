"""Broken documents and bugs of readers: what is whose fault."""

import io
import re
import zipfile

import pytest

from corpus.documents import read_document
from corpus.documents.limits import wrapped_errors
from corpus.errors import UnreadableDocument
from tests.sample_documents import archive, open_document, slides, word, workbook

DOCX = word(lambda document: document.add_paragraph("The ferry sails at noon."))
PPTX = slides(lambda show: show.slides.add_slide(show.slide_layouts[0]))
XLSX = workbook(lambda book: book.active.append(["The ferry sails", "at noon"]))
DAMAGED = DOCX.index(b"word/document.xml") + 40
ODT = open_document("text", "<text:p>The ferry sails at noon.</text:p>")


def changed(data: bytes, member: str, pattern: str, words: str) -> bytes:
    """Return an archive with what matches a pattern replaced in one of its members."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        content = old.read(member).decode()
    assert re.search(pattern, content)
    return archive({member: re.sub(pattern, words, content).encode()}, based_on=data)


BROKEN = {
    "relation.docx": changed(DOCX, "_rels/.rels", "officeDocument", "other"),
    "part.docx": changed(DOCX, "_rels/.rels", "word/document.xml", "word/none.xml"),
    "markup.docx": changed(DOCX, "word/document.xml", "</w:body>", ""),
    "damaged.docx": DOCX.replace(DOCX[DAMAGED : DAMAGED + 9], b"\xff" * 9),
    "slide.pptx": changed(PPTX, "ppt/_rels/presentation.xml.rels", 'Id="[^"]*"', 'Id="other"'),
    "sheet.xlsx": changed(XLSX, "xl/workbook.xml", "<sheet ", '<sheet colour="red" '),
    "cell.xlsx": changed(XLSX, "xl/worksheets/sheet1.xml", 'r="A1"', 'r="²"'),
    "text.xlsx": changed(XLSX, "xl/worksheets/sheet1.xml", 't="inlineStr"><is>.*?</is>', 't="s"><v>99</v>'),
    "style.xlsx": changed(XLSX, "xl/worksheets/sheet1.xml", '<c r="A1"', '<c r="A1" s="99"'),
    "number.rst": f"{'9' * 5000}. Ferry\n".encode(),
    "body.odt": changed(ODT, "content.xml", "office:body", "office:other"),
    "tail.odt": ODT[:-60],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_told_as_broken(name: str) -> None:
    with pytest.raises(UnreadableDocument, match=rf"^{re.escape(name)} is not .* that can be read: it is broken"):
        read_document(BROKEN[name], name)


@pytest.mark.parametrize("number", ["²", "-1", "9" * 5000, "", "two"])
def test_a_number_that_is_none_is_left_out(number: str) -> None:
    body = f'<text:h text:outline-level="{number}">Ferry</text:h><text:p>It<text:s text:c="{number}"/>sails.</text:p>'
    assert "Ferry\n\nIt sails." == read_document(open_document("text", body), "a.odt").text
    assert "a\nb\nc\nd" == read_document(f'[cols="{number}*"]\n|===\n|a |b\n|c |d\n|===\n'.encode(), "a.adoc").text
    level, item = f'<w:outlineLvl w:val="{number}"/>', f'<w:numPr><w:ilvl w:val="{number}"/></w:numPr>'
    span = f'<w:tcPr><w:gridSpan w:val="{number}"/></w:tcPr>'
    cells = [f"<w:tc>{span}<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in ("Bus", "5")]
    paragraphs = [
        f"<w:p><w:pPr>{mark}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
        for mark, text in ((level, "Ferry"), (item, "Rope"))
    ]
    body = f"{''.join(paragraphs)}<w:tbl><w:tr>{''.join(cells)}</w:tr></w:tbl></w:body>"
    assert (
        "Ferry\n\nRope\n\nBus | 5"
        == read_document(changed(DOCX, "word/document.xml", "<w:p>.*</w:body>", body), "a.docx").text
    )


def test_only_the_errors_of_a_library_are_wrapped() -> None:
    with (
        pytest.raises(UnreadableDocument, match=r"a\.csv is not CSV that can be read"),
        wrapped_errors("a.csv", "CSV", KeyError),
    ):
        raise KeyError("a")
    for bug in (TypeError, AttributeError, ZeroDivisionError):
        with pytest.raises(bug), wrapped_errors("a.csv", "CSV", KeyError, ValueError):
            raise bug
