import pytest

from corpus.article import BlockKind
from corpus.documents.limits import Limits
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge


def test_blocks_stand_apart_and_lists_and_tables_keep_their_lines() -> None:
    writer = DocumentWriter(Limits(), "fees.html")
    writer.heading("Harbour\n fees", 2)
    writer.paragraph("Boats pay  a fee.\nDogs don't.")
    writer.item("rowing boats")
    writer.item("canoes", depth=1)
    writer.row(["Boat", "Fee | year"], is_header=True)
    writer.row(["Canoe", "12 crowns"])
    draft = writer.draft(title="Fees")
    assert draft.text == (
        "Harbour fees\n\nBoats pay a fee.\nDogs don't.\n\nrowing boats\ncanoes\n\nBoat | Fee year\nCanoe | 12 crowns"
    )
    assert "Fees" == draft.title


def test_the_span_of_a_block_is_its_text() -> None:
    writer = DocumentWriter(Limits(), "fees.pdf")
    writer.page = 3
    writer.paragraph(" \ufeffThe har\xadbour\u200b\0 opens.\r\n")
    writer.code("  --port 80\n\tend  ")
    writer.paragraph("\u200b \xad")
    draft = writer.draft()
    assert ["The harbour opens.", "--port 80\n        end"] == [
        draft.text[each.start : each.end] for each in draft.blocks
    ]
    assert [BlockKind.PARAGRAPH, BlockKind.CODE] == [each.kind for each in draft.blocks]
    assert {3} == {each.page for each in draft.blocks}


def test_another_list_or_table_begins_after_a_blank_line() -> None:
    writer = DocumentWriter(Limits(), "lists.md")
    writer.item("one")
    writer.end_list()
    writer.item("two")
    writer.row(["a", "b"])
    writer.row(["c", "d"], is_header=True)
    assert "one\n\ntwo\n\na | b\n\nc | d" == writer.draft().text


def test_a_text_past_the_limit_is_refused() -> None:
    writer = DocumentWriter(Limits(max_text=10), "long.md")
    with pytest.raises(TooLarge, match=r"long\.md"):
        writer.paragraph("more than ten characters")


def test_form_feeds_say_where_the_pages_of_a_block_begin() -> None:
    writer = DocumentWriter(Limits(), "report.pdf")
    writer.page = 6
    writer.heading("Repairs", 1)
    writer.paragraph("The  har\xadbour \fwall was re\fpaired in\nMay.\f")
    heading, wall = writer.draft().blocks
    text = writer.draft().text
    assert "Repairs\n\nThe harbour wall was repaired in\nMay." == text
    assert [6, 6, 7, 8, 8] == [wall.page_at(text.index(words)) for words in ("The", "harbour", "wall", "paired", "May")]
    assert (6, ()) == (heading.page_at(3), heading.page_breaks)


def test_a_form_feed_without_pages_is_a_space() -> None:
    writer = DocumentWriter(Limits(), "note.md")
    writer.paragraph("The wall\fwas repaired.")
    assert "The wall was repaired." == writer.draft().text
    assert () == writer.draft().blocks[0].page_breaks
