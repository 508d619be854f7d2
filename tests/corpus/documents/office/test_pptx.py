from typing import Any

import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from corpus.article import BlockKind
from corpus.documents import Limits, read_document
from corpus.errors import TooLarge, UnreadableDocument
from tests.sample_documents import archive, slides


def plan(presentation: Any) -> None:
    first = presentation.slides.add_slide(presentation.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = "Plan of the ferry", "For the council"
    staff = presentation.slides.add_slide(presentation.slide_layouts[1])
    staff.shapes.title.text = "Staff"
    frame = staff.placeholders[1].text_frame
    frame.text = "Per Dahl, treasurer"
    below = frame.add_paragraph()
    below.text, below.level = "Ola Berg, cook", 1
    staff.notes_slide.notes_text_frame.text = "Ask Per about the budget."
    table = staff.shapes.add_table(2, 2, 0, 0, Inches(3), Inches(1)).table
    for row, cells in enumerate((("Port", "Time"), ("North", "08:15"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Riders", (1_234_567, 1350.5))
    last = presentation.slides.add_slide(presentation.slide_layouts[6])
    last.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(3), Inches(3), data)


def test_reads_slides_as_pages_with_titles_lists_tables_notes_and_charts() -> None:
    draft = read_document(slides(plan), "plan.pptx")
    found = [(block.kind, block.page, draft.text[block.start : block.end]) for block in draft.blocks]
    assert [
        (BlockKind.HEADING, 1, "Plan of the ferry"),
        (BlockKind.PARAGRAPH, 1, "For the council"),
        (BlockKind.HEADING, 2, "Staff"),
        (BlockKind.ITEM, 2, "Per Dahl, treasurer"),
        (BlockKind.ITEM, 2, "Ola Berg, cook"),
        (BlockKind.HEADER, 2, "Port | Time"),
        (BlockKind.ROW, 2, "North | 08:15"),
        (BlockKind.PARAGRAPH, 2, "Ask Per about the budget."),
        (BlockKind.HEADER, 3, "| Riders"),
        (BlockKind.ROW, 3, "2024 | 1234567"),
        (BlockKind.ROW, 3, "2025 | 1350.5"),
    ] == found
    assert ("Plan of the ferry", None) == (draft.title, draft.published)


def test_reads_the_shapes_of_groups() -> None:
    def write(presentation: Any) -> None:
        group = presentation.slides.add_slide(presentation.slide_layouts[6]).shapes.add_group_shape()
        group.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.text = "The ferry sails at noon."

    assert "The ferry sails at noon." == read_document(slides(write), "plan.pptx").text


def test_an_empty_long_or_broken_presentation_is_refused() -> None:
    data = slides(plan)
    with pytest.raises(UnreadableDocument, match=r"plan\.pptx holds no text, only pictures"):
        read_document(slides(lambda presentation: None), "plan.pptx")
    with pytest.raises(TooLarge, match=r"plan\.pptx has more slides than the limit of 2"):
        read_document(data, "plan.pptx", limits=Limits(max_pages=2))
    for part in (data[:3000], archive({"ppt/slides/slide1.xml": b"<p:sld"}, based_on=data)):
        with pytest.raises(UnreadableDocument, match=r"plan\.pptx is not a PowerPoint presentation that can be read"):
            read_document(part, "plan.pptx")
