import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from corpus.documents import DEFAULT_LIMITS, Limits, read_document
from corpus.errors import TooLarge, UnreadableDocument, UnsupportedFormat
from tests.sample_documents import archive, word

PARTS = (0.2, 0.5, 0.9, 0.999)
SENTENCE = "The divers mended the rudder on Tuesday."


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    return read_document(data, "notes.docx", limits=limits).text


def simple() -> bytes:
    return word(lambda document: document.add_paragraph(SENTENCE))


def cut(data: bytes, part: float) -> bytes:
    return data[: int(len(data) * part)]


def test_reads_headings_paragraphs_lists_and_tables() -> None:
    def write(document: Any) -> None:
        document.add_heading("Ferry back in service", 1)
        document.add_paragraph(SENTENCE)
        document.add_paragraph("Rope", style="List Bullet")
        document.add_paragraph("Lamp", style="List Bullet")
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(
            (c for row in table.rows for c in row.cells), ("Port", "Time", "North", "08:15"), strict=True
        ):
            cell.text = text
        document.add_paragraph("It sails again.")

    expected = "\n\n".join(
        ["Ferry back in service", SENTENCE, "Rope\nLamp\nPort | Time\nNorth | 08:15", "It sails again."]
    )
    assert expected == read(word(write))


def test_reads_title_date_and_language_from_the_properties() -> None:
    def write(document: Any) -> None:
        document.add_paragraph(SENTENCE)
        properties = document.core_properties
        properties.title, properties.language = "Rudder mended", "en-GB"
        properties.created = datetime(2024, 3, 5, 9, 30, tzinfo=UTC)

    draft = read_document(word(write), "notes.docx")
    assert (draft.title, draft.language) == ("Rudder mended", "en-GB")
    assert draft.published is not None
    assert draft.published.startswith("2024-03-05T09:30:00")


def test_the_first_main_heading_is_the_title_and_a_template_date_is_ignored() -> None:
    def write(document: Any) -> None:
        document.core_properties.title = "Document1"
        document.add_paragraph(SENTENCE)
        document.add_heading("Rudder mended", 1)

    draft = read_document(word(write), "notes.docx")
    assert (draft.title, draft.published) == ("Rudder mended", None)


def test_reads_inserted_text_and_content_controls_but_not_deleted_text() -> None:
    body = (
        "<w:p><w:r><w:t xml:space='preserve'>The ferry </w:t></w:r><w:ins><w:r><w:t>sails</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>sinks</w:delText></w:r></w:del><w:r><w:t>.</w:t></w:r></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>At noon.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    assert read(archive({"word/document.xml": _document(body)}, based_on=simple())) == "The ferry sails.\n\nAt noon."


def test_text_boxes_in_tables_are_read_once() -> None:
    inner = "<w:p><w:r><w:t>boxed</w:t></w:r></w:p>"
    box = f"<w:txbxContent>{inner}</w:txbxContent>"
    body = f"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>North </w:t>{box}</w:r></w:p>{inner}</w:tc></w:tr></w:tbl>"
    assert "North boxed boxed" == read(archive({"word/document.xml": _document(body)}, based_on=simple()))


def _document(body: str, before: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f"{before}<w:document xmlns:w='{space}'><w:body>{body}</w:body></w:document>".encode()


def with_body(body: str, before: str = "") -> bytes:
    return archive({"word/document.xml": _document(body, before)}, based_on=simple())


def with_media(size: int) -> bytes:
    return archive({"word/media/a.bin": b"\0" * size}, based_on=simple())


def locked() -> bytes:
    data = bytearray(simple())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as plain:
        start = plain.start_dir
    data[start + 8] |= 1
    return bytes(data)


def of_type(content_type: str) -> bytes:
    declared = f'<Override ContentType="application/vnd.openxmlformats-officedocument.{content_type}"/>'
    return archive({"[Content_Types].xml": declared.encode()})


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
SECTIONS = "<w:sdt><w:sdtContent>" * 50_000 + "</w:sdtContent></w:sdt>" * 50_000


@pytest.mark.parametrize(
    ("make", "limits", "error", "message"),
    [
        (lambda: with_body("<w:p><w:r><w:t>&b;</w:t></w:r></w:p>", BOMB), {}, UnreadableDocument, "declares entities"),
        (lambda: with_media(3_000_000), {"max_unpacked": 2 * 1024 * 1024}, TooLarge, "the limit is 2 MiB"),
        (lambda: with_media(30_000_000), {}, TooLarge, "more than 200 times"),
        (lambda: _lying(b"<w:p/>" * 2_000_000), {}, (TooLarge, UnreadableDocument), ""),
        (lambda: with_body("<w:p/>" * 5000), {"max_tags": 1000}, TooLarge, "the limit is 1,000"),
        (lambda: with_body(SECTIONS), {}, UnreadableDocument, ""),
        *((lambda part=part: cut(simple(), part), {}, UnreadableDocument, "broken or cut off") for part in PARTS),
        (lambda: word(lambda document: document.add_paragraph("  ")), {}, UnreadableDocument, "holds no text"),
        (locked, {}, UnreadableDocument, "locked with a password"),
        (lambda: archive({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0"}), {}, UnsupportedFormat, "a zip archive"),
        (lambda: of_type("drawingml.diagram.main+xml"), {}, UnsupportedFormat, "is an Office document of another kind"),
    ],
)
def test_a_bad_document_is_refused_with_a_reason(
    make: Callable[[], bytes], limits: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=rf"notes\.docx.*{message}"):
        read(make(), Limits(**limits))


def _lying(content: bytes) -> bytes:
    """An archive whose member says that it unpacks to 100 bytes."""
    data = bytearray(archive({"word/document.xml": content}, based_on=simple()))
    real, crc = struct.pack("<I", len(content)), struct.pack("<I", zlib.crc32(content))
    position = data.find(real)
    while position >= 0:
        data[position : position + 4] = struct.pack("<I", 100)
        position = data.find(real, position)
    return bytes(data).replace(crc, struct.pack("<I", zlib.crc32(content[:100])))


def test_counts_the_tags_of_all_parts_together() -> None:
    extra = {f"word/extra{number}.xml": b"<a>" + b"<b/>" * 9000 + b"</a>" for number in range(3)}
    assert SENTENCE == read(archive(extra, based_on=simple()))
    with pytest.raises(TooLarge, match="the limit is 40,000"):
        read(archive(extra, based_on=simple()), Limits(max_tags=40_000))
