import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import TooLarge, UnreadableDocument
from tests.sample_documents import archive, open_document


def cell(text: str) -> str:
    return f"<table:table-cell><text:p>{text}</text:p></table:table-cell>"


def row(*texts: str) -> str:
    return f"<table:table-row>{''.join(map(cell, texts))}</table:table-row>"


TEXT = f"""
<text:tracked-changes><text:deletion><text:p>gone</text:p></text:deletion></text:tracked-changes>
<text:h text:outline-level="1">Ferry <text:span>back</text:span></text:h>
<text:p>It sails<text:s text:c="3"/>again.<text:note><text:note-citation>1</text:note-citation>
<text:note-body><text:p>Since May.</text:p></text:note-body></text:note>
<office:annotation><text:p>remark</text:p></office:annotation></text:p>
<text:list><text:list-item><text:p>Rope</text:p>
<text:list><text:list-item><text:p>red</text:p></text:list-item></text:list></text:list-item>
<text:list-item><text:p>Lamp</text:p></text:list-item></text:list>
<text:section><table:table>{row("Port", "Time")}{row("North", "08:15")}</table:table></text:section>
<text:p><draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame></text:p>
<text:p text:style-name="Quotations">Keep right.</text:p>
"""


def test_reads_a_text_with_its_structure_and_properties() -> None:
    meta = "<dc:title>Ferry news</dc:title><meta:creation-date>2024-03-05T09:30:00</meta:creation-date>"
    draft = read_document(open_document("text", TEXT, meta + "<dc:language>en-GB</dc:language>"), "news.odt")
    found = [(block.kind, block.level, draft.text[block.start : block.end]) for block in draft.blocks]
    assert [
        (BlockKind.HEADING, 1, "Ferry back"),
        (BlockKind.PARAGRAPH, 0, "It sails again."),
        (BlockKind.PARAGRAPH, 0, "Since May."),
        (BlockKind.ITEM, 0, "Rope"),
        (BlockKind.ITEM, 1, "red"),
        (BlockKind.ITEM, 0, "Lamp"),
        (BlockKind.HEADER, 0, "Port | Time"),
        (BlockKind.ROW, 0, "North | 08:15"),
        (BlockKind.PARAGRAPH, 0, "In a box."),
        (BlockKind.QUOTE, 0, "Keep right."),
    ] == found
    assert ("Ferry news", "2024-03-05T09:30:00", "en-GB") == (draft.title, draft.published, draft.language)


def test_reads_sheets_without_their_endless_empty_cells() -> None:
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rest = f'<table:table-row table:number-rows-repeated="1048570">{empty}</table:table-row>'
    body = (
        f'<table:table table:name="Fares">{row("Name", "Price")}{row("Adult", "12.50")}{rest}</table:table>'
        f'<table:table table:name="Staff">{row("Per Dahl", "treasurer")}</table:table>'
    )
    draft = read_document(open_document("spreadsheet", body), "fares.ods")
    assert "Fares\n\nName | Price\nAdult | 12.50\n\nStaff\n\nPer Dahl | treasurer" == draft.text


@pytest.mark.parametrize(("name", "text"), [("Fares", "Fares\n\nSails at noon."), ("Sheet1", "Sails at noon.")])
def test_the_name_of_a_lone_sheet_is_a_heading_where_a_person_gave_it(name: str, text: str) -> None:
    body = f'<table:table table:name="{name}">{row("Sails at noon.")}</table:table>'
    assert text == read_document(open_document("spreadsheet", body), "fares.ods").text


def test_reads_slides_as_pages_with_notes() -> None:
    def frame(kind: str, text: str) -> str:
        box = f"<draw:text-box><text:p>{text}</text:p></draw:text-box>"
        return f'<draw:frame presentation:class="{kind}">{box}</draw:frame>'

    notes = f"<presentation:notes>{frame('notes', 'Ask Per.')}{frame('page-number', '1')}</presentation:notes>"
    body = f"<draw:page>{frame('outline', 'Per Dahl')}{frame('title', 'Staff')}{notes}</draw:page>"
    draft = read_document(open_document("presentation", body), "plan.odp")
    assert ("Staff\n\nPer Dahl\n\nAsk Per.", "Staff") == (draft.text, draft.title)
    assert {1} == {block.page for block in draft.blocks}


def test_a_locked_hostile_or_broken_file_is_refused() -> None:
    plain = open_document("text", "<text:p>The ferry sails.</text:p>")
    locked = archive({"META-INF/manifest.xml": b"<manifest:encryption-data/>"}, based_on=plain)
    with pytest.raises(UnreadableDocument, match=r"a\.odt is locked with a password"):
        read_document(locked, "a.odt")
    bomb = open_document("text", "<text:p>&a;</text:p>", before="<!DOCTYPE x [<!ENTITY a 'aaaa'>]>")
    with pytest.raises(
        UnreadableDocument, match=r"a\.odt is not an OpenDocument file that can be read: its XML declares"
    ):
        read_document(bomb, "a.odt")
    with pytest.raises(UnreadableDocument, match=r"a\.odt is not an OpenDocument file"):
        read_document(plain[:-40], "a.odt")
    wide = '<table:table-cell table:number-columns-repeated="9000000"><text:p>a</text:p></table:table-cell>'
    sheet = f"<table:table><table:table-row>{wide}</table:table-row></table:table>"
    with pytest.raises(TooLarge, match="more than 5,000,000 cells"):
        read_document(open_document("spreadsheet", sheet), "a.ods")
    with pytest.raises(UnreadableDocument, match=r"a\.odt holds no text"):
        read_document(open_document("text", ""), "a.odt")


NUMBERS = """<text:list-style style:name="L1">
<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="." text:start-value="3"/>
<text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/>
<text:list-level-style-bullet text:level="3"/></text:list-style>"""


def test_items_have_the_numbers_of_their_lists() -> None:
    def items(*texts: str, attribute: str = "") -> str:
        return "".join(f"<text:list-item {attribute}><text:p>{text}</text:p></text:list-item>" for text in texts)

    inner = f"<text:list>{items('hot', 'cold')}</text:list>"
    nested = f"<text:list-item><text:p>test</text:p>{inner}</text:list-item>"
    named = '<text:list text:style-name="L1"'
    body = f"{NUMBERS}{named}>{items('oil')}{nested}{items('rope')}</text:list><text:p>Text.</text:p>"
    body += f'{named} text:continue-numbering="true">{items("lamp")}</text:list><text:p>Text.</text:p>'
    nine = items("sign", attribute='text:start-value="9"')
    body += f"{named}>{items('wick')}{nine}</text:list>"
    body += f"<text:list>{items('lock')}</text:list>"
    labels = ["3.", "4.", "(a)", "(b)", "5.", "", "6.", "", "3.", "9.", ""]
    assert labels == [block.label for block in read_document(open_document("text", body), "a.odt").blocks]
