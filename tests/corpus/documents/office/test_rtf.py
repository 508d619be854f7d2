import time

import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import InvalidInput, UnreadableDocument

RTF = rb"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}}
{\info{\title Ferry \'e9t\'e9}{\author X}{\creatim\yr2024\mo3\dy5\hr9\min30}}
\pard The caf\'e9 is \u8220?open\u8221? again.{\footnote\pard Since May.} It sells cr\'eapes.\par
{\listtext\pard\plain\'b7\tab}Rope\par{\listtext\'b7\tab}Lamp\par
\trowd\intbl Port\cell Time\cell\row\intbl North\cell 08:15\cell\row
\pard See {\field{\*\fldinst{HYPERLINK "http://ferry.example/"}}{\fldrslt{\ul the page}}}.\par
{\pict\pngblip 89504e470d0a1a0a}{\header Page head}}"""


def test_reads_paragraphs_items_rows_and_footnotes() -> None:
    draft = read_document(RTF, "news.rtf")
    found = [(block.kind, draft.text[block.start : block.end]) for block in draft.blocks]
    assert [
        (BlockKind.PARAGRAPH, "The café is “open” again. It sells crêpes."),
        (BlockKind.ITEM, "Rope"),
        (BlockKind.ITEM, "Lamp"),
        (BlockKind.ROW, "Port | Time"),
        (BlockKind.ROW, "North | 08:15"),
        (BlockKind.PARAGRAPH, "See the page."),
        (BlockKind.PARAGRAPH, "Since May."),
    ] == found
    assert ("Ferry été", "2024-03-05T09:30:00") == (draft.title, draft.published)


def test_headings_are_told_by_their_outline_level_or_style() -> None:
    styles = rb"{\stylesheet{Normal;}{\s1\outlinelevel0\b heading 1;}{\s2 heading 2;}{\s15 Title;}{\s16 Subtitle;}}"
    body = rb"""\pard\s15 {\fs56 The Allotments\line of Kell\par}
\pard\s16 By the committee\par
\pard\s1{\b Who may rent\u8217\par}\pard Anyone over 16.\par
\pard\s2 Waiting list\par Prices\par\pard A plot costs 40.\par
\pard\outlinelevel9 Body\par{\pard\outlinelevel3 Water\par}\pard\s2 Plot\cell Price\cell\row"""
    draft = read_document(rb"{\rtf1\ansi" + styles + body + b"}", "plots.rtf")
    found = [(block.kind, block.level, draft.text[block.start : block.end]) for block in draft.blocks]
    assert [
        (BlockKind.HEADING, 1, "The Allotments of Kell"),
        (BlockKind.PARAGRAPH, 0, "By the committee"),
        (BlockKind.HEADING, 1, "Who may rent’"),
        (BlockKind.PARAGRAPH, 0, "Anyone over 16."),
        (BlockKind.HEADING, 2, "Waiting list"),
        (BlockKind.HEADING, 2, "Prices"),
        (BlockKind.PARAGRAPH, 0, "A plot costs 40."),
        (BlockKind.PARAGRAPH, 0, "Body"),
        (BlockKind.HEADING, 4, "Water"),
        (BlockKind.ROW, 0, "Plot | Price"),
    ] == found
    assert "The Allotments of Kell" == draft.title


def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.rtf holds no text"):
        read_document(rb"{\rtf1{\info{\title Ferry}}}", "a.rtf")


@pytest.mark.parametrize(
    "hostile",
    [
        rb"{\rtf1{\fonttbl" + rb"{\f0\f1 " * 50_000,
        rb"{\rtf1" + b"{" * 300_000,
        rb'{\rtf1{\field{\*\fldinst{HYPERLINK "' * 10_000,
        rb"{\rtf1 " + rb"{\footnote " * 50_000 + b"a" + b"}" * 50_000,
        rb"{\rtf1{\pict\bin99999999999 ",
        rb"{\rtf1{\title " + b"a" * 500_000,
        rb"{\rtf1" + rb"{\s1 a" * 100_000 + rb"{\s1 heading 1;}",
        rb"{\rtf1\outlinelevel1" + rb"{\par" * 50_000,
    ],
)
def test_hostile_markup_takes_bounded_time(hostile: bytes) -> None:
    started = time.process_time()
    try:
        read_document(hostile, "a.rtf")
    except InvalidInput as error:
        assert "a.rtf" in str(error)
    assert time.process_time() - started < 5


def test_a_date_in_the_text_precedes_the_day_of_creation() -> None:
    draft = read_document(RTF.replace(rb"See {", rb"Published: 18 November 2026\par See {"), "news.rtf")
    assert ("2026-11-18", False) == (draft.published, draft.published_is_guess)
    assert read_document(RTF, "news.rtf").published_is_guess
