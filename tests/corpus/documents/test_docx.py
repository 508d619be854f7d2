import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

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
        ["Ferry back in service", SENTENCE, "Rope\nLamp", "Port | Time\nNorth | 08:15", "It sails again."]
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
    cell = f"<w:tc><w:p><w:r><w:t>North </w:t>{box}</w:r></w:p>{inner}</w:tc>"
    body = f"<w:tbl><w:tr>{cell}<w:tc>{inner}</w:tc></w:tr></w:tbl>"
    assert "North boxed | boxed\n\nboxed" == read(with_body(body))


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
    styles = {"word/styles.xml": b"<a>" + b"<b/>" * 9000 + b"</a>"}
    assert SENTENCE == read(archive(styles, based_on=simple()))
    with pytest.raises(TooLarge, match="the limit is 9,000"):
        read(archive(styles, based_on=simple()), Limits(max_tags=9_000))


def texts(body: str) -> list[tuple[str, str]]:
    draft = read_document(with_body(body), "notes.docx")
    return [(block.kind.value, draft.text[block.start : block.end]) for block in draft.blocks]


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def p(content: str, properties: str = "") -> str:
    content = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def tc(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def sdt(content: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def test_blocks_follow_the_styles() -> None:
    def write(document: Any) -> None:
        document.add_heading("Harbour book", 0)
        document.add_heading("Fees", 2)
        document.add_paragraph("Boats pay.", style="Intense Quote")
        document.add_paragraph("Rope", style="List Number 2")
        document.add_paragraph("Figure 1: the wall", style="Caption")

    draft = read_document(word(write), "notes.docx")
    expected = [("heading", 1), ("heading", 2), ("quote", 0), ("item", 0), ("caption", 0)]
    assert expected == [(block.kind.value, block.level) for block in draft.blocks]
    assert draft.title == "Harbour book"


LIST = f"""<w:abstractNum {nsdecls("w")} w:abstractNumId="90">
<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="Art. %1"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>
</w:abstractNum>"""
RESTARTED = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'


def test_items_have_the_numbers_of_their_lists() -> None:
    def write(document: Any) -> None:
        numberings = document.part.numbering_part.element
        numberings.insert(0, parse_xml(LIST))
        for number, override in ((90, ""), (91, RESTARTED)):
            content = f'<w:abstractNumId w:val="90"/>{override}'
            numberings.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}">{content}</w:num>'))
        for style in ("List Number", "List Number", "List Bullet"):
            document.add_paragraph("Rope", style=style)
        for number, level in ((90, 0), (90, 1), (90, 1), (90, 0), (90, 1), (91, 0), (91, 0), (0, 0), (999, 0)):
            properties = document.add_paragraph("Lamp")._p.get_or_add_pPr()
            content = f'<w:ilvl w:val="{level}"/><w:numId w:val="{number}"/>'
            properties.append(parse_xml(f"<w:numPr {nsdecls('w')}>{content}</w:numPr>"))
        document.add_paragraph("Rope", style="List Number")

    labels = ["1.", "2.", "", "Art. 3", "3.a)", "3.b)", "Art. 4", "4.a)", "Art. 7", "Art. 8", "", "", "3."]
    assert labels == [block.label for block in read_document(word(write), "notes.docx").blocks]


def test_a_short_bold_paragraph_is_a_heading() -> None:
    body = p(run("Fees", "<w:b/>")) + p(run("Boats", "<w:b/>") + run(" pay a fee")) + p(run("Pay here.", "<w:b/>"))
    assert [("heading", "Fees"), ("paragraph", "Boats pay a fee"), ("paragraph", "Pay here.")] == texts(body)


def test_footnotes_and_endnotes_follow_the_paragraph_that_refers_to_them() -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = ("footnote", "endnote")
    members = {
        f"word/{kind}s.xml": (
            f"<w:{kind}s xmlns:w='{space}'><w:{kind} w:id='0' w:type='separator'>{p('-')}</w:{kind}>"
            f"<w:{kind} w:id='2'>{p(f'The {kind} tells it.')}</w:{kind}></w:{kind}s>"
        ).encode()
        for kind in kinds
    }
    related = "".join(f"<Relationship Id='{kind}' Type='{rels}/{kind}s' Target='{kind}s.xml'/>" for kind in kinds)
    members["word/_rels/document.xml.rels"] = f"<Relationships>{related}</Relationships>".encode()
    references = "".join(f"<w:r><w:{kind}Reference w:id='2'/></w:r>" for kind in kinds)
    members["word/document.xml"] = _document(p(run("Oil burned") + references + run(" here.")) + p("It is late."))
    expected = ["Oil burned here.", "The footnote tells it.", "The endnote tells it.", "It is late."]
    assert "\n\n".join(expected) == read(archive(members, based_on=simple()))


def test_rows_and_cells_in_content_controls_are_read_but_placeholders_and_deleted_rows_are_not() -> None:
    rows = [
        f"<w:tr>{tc('Boat')}{sdt(tc('Fee'))}{tc('Pier')}</w:tr>",
        sdt(f"<w:tr>{tc('Canoe')}{tc('12 crowns')}{tc('1')}</w:tr>"),
        f"<w:tr><w:trPr><w:del/></w:trPr>{tc('Raft')}{tc('0')}{tc('3')}</w:tr>",
    ]
    body = f"<w:tbl>{''.join(rows)}</w:tbl>" + sdt(p("Click here to enter text."), "<w:showingPlcHdr/>")
    assert [("header", "Boat | Fee | Pier"), ("row", "Canoe | 12 crowns | 1")] == texts(body)


def test_merged_cells_are_repeated() -> None:
    merged = [tc("North", "<w:vMerge w:val='restart'/>"), tc("", "<w:vMerge/>")]
    rows = [f"<w:tr>{cell}{tc(time)}</w:tr>" for cell, time in zip(merged, ("08:15", "09:15"), strict=True)]
    wide = "<w:tr>" + tc("Port", "<w:gridSpan w:val='2'/>") + tc("Day") + "</w:tr>"
    narrow = f"<w:tr>{tc('North')}{tc('08:15')}{tc('Sunday')}</w:tr>"
    assert [("row", "North | 08:15"), ("row", "North | 09:15")] == texts(f"<w:tbl>{''.join(rows)}</w:tbl>")
    assert [text for _, text in texts(f"<w:tbl>{wide}{narrow}</w:tbl>")] == [
        "Port | Port | Day",
        "North | 08:15 | Sunday",
    ]


def test_tables_of_labels_are_items_and_tables_for_layout_are_text() -> None:
    form = "".join(f"<w:tr>{tc(label)}{tc(value)}</w:tr>" for label, value in (("Name:", "Anna"), ("Date:", "14 May")))
    assert [("item", "Name: Anna"), ("item", "Date: 14 May")] == texts(f"<w:tbl>{form}</w:tbl>")
    inner = f"<w:tc>{p('Moor here.')}<w:tbl><w:tr>{tc('a')}{tc('1')}</w:tr></w:tbl></w:tc>"
    layout = f"<w:tbl><w:tr>{inner}{tc('Note')}</w:tr></w:tbl>"
    assert [("paragraph", "Moor here."), ("row", "a | 1"), ("paragraph", "Note")] == texts(layout)


def test_moved_text_is_read_at_its_new_place_and_hidden_text_is_not_read() -> None:
    moved = [f"<w:{tag}>{run('Dogs are allowed.')}</w:{tag}>" for tag in ("moveFrom", "moveTo")]
    body = p(moved[0]) + p(run("It opens at nine.") + run("Secret.", "<w:vanish/>")) + p(moved[1])
    assert [text for _, text in texts(body)] == ["It opens at nine.", "Dogs are allowed."]


def test_paragraphs_of_a_text_box_stand_apart_and_are_read_once() -> None:
    space = "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'"
    box = f"<w:txbxContent>{p('Closed in May')}{p('Moor at pier four')}</w:txbxContent>"
    both = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    drawn = f"<w:r><mc:AlternateContent {space}>{both}</mc:AlternateContent></w:r>"
    found = [text for _, text in texts(p(run("Notice.") + drawn) + p("Signed."))]
    assert found == ["Notice.", "Closed in May", "Moor at pier four", "Signed."]


def test_strict_open_xml_is_read() -> None:
    transitional = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    strict = _document(p(SENTENCE)).replace(transitional, b"http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert SENTENCE == read(archive({"word/document.xml": strict}, based_on=simple()))


def test_a_date_in_the_text_goes_before_the_day_when_the_file_was_made() -> None:
    def write(document: Any) -> None:
        document.add_paragraph("Published: 18 November 2023")
        document.add_paragraph(SENTENCE)
        document.core_properties.created = datetime(2024, 3, 5, 9, 30, tzinfo=UTC)

    draft = read_document(word(write), "notes.docx")
    assert ("2023-11-18", False) == (draft.published, draft.published_is_guess)


def test_deep_content_controls_take_bounded_time() -> None:
    nested = sdt(p("deep")) * 20_000
    started = time.process_time()
    assert read(with_body(nested)).count("deep") == 20_000
    assert time.process_time() - started < 10
