"""PowerPoint presentations (PPTX) to drafts: each slide a page with its title as a heading, and its notes."""

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pptx
from lxml import etree  # type: ignore[import-untyped]
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.shapes.group import GroupShape

from corpus.article import Draft
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.office.archive import DocumentArchive
from corpus.documents.office.cell_formats import show_cell
from corpus.documents.office.properties import core_properties
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument

_LABEL = "a PowerPoint presentation"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_LISTS = frozenset({PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY})
_MARGINS = frozenset({PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.SLIDE_NUMBER})


def read_pptx(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the draft of a presentation; its title is that of its properties or of its first slide.

    Raises UnreadableDocument where it is broken or has no text, TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    with wrapped_errors(name, _LABEL):
        with DocumentArchive(data, name, _LABEL, limits) as archive:
            properties, plain = core_properties(archive), io.BytesIO(archive.repacked())
        deadline, title = Deadline(limits, name), None
        for number, slide in enumerate(pptx.Presentation(plain).slides, 1):
            if number > limits.max_pages:
                raise TooLarge(f"{name} has more slides than the limit of {limits.max_pages:,}.")
            deadline.check()
            writer.page = number
            heading = slide.shapes.title
            text = "" if heading is None or not heading.has_text_frame else " ".join(heading.text_frame.text.split())
            title = title if title else text
            writer.heading(text, 2)
            for shape in _shapes(slide.shapes):
                if heading is None or shape.shape_id != heading.shape_id:
                    _write_shape(writer, shape)
            if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
                for paragraph in slide.notes_slide.notes_text_frame.paragraphs:
                    writer.paragraph(_text(paragraph))
    if properties.get("title") is None:
        properties["title"] = title or None
    created = properties.pop("published", None)
    draft = with_publication_date(writer.draft(**properties), name, created)
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text, only pictures.")
    return draft


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """Yield the shapes of a slide, those of groups in place of the groups."""
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _write_shape(writer: DocumentWriter, shape: Any) -> None:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind in _MARGINS:
        return
    if getattr(shape, "has_table", False):
        _write_table(writer, shape.table)
    elif getattr(shape, "has_chart", False):
        with suppress(ValueError):  # a kind of chart that python-pptx does not know
            _write_chart(writer, shape.chart)
    elif shape.has_text_frame:
        paragraphs = [paragraph for paragraph in shape.text_frame.paragraphs if _text(paragraph).strip()]
        writer.end_list()
        for paragraph in paragraphs:
            properties = paragraph._p.pPr
            has_bullet = properties is None or properties.find(f"{_A}buNone") is None
            if kind in _LISTS and len(paragraphs) > 1 and has_bullet:
                writer.item(_text(paragraph), paragraph.level)
            else:
                writer.paragraph(_text(paragraph))
    else:
        _write_diagram(writer, shape)


def _text(paragraph: Any) -> str:
    return str(paragraph.text).replace("\v", "\n")


def _write_table(writer: DocumentWriter, table: Any) -> None:
    writer.end_list()
    for index, row in enumerate(table.rows):
        # A merged cell has its text once.
        cells = ["" if cell.is_spanned else cell.text_frame.text for cell in row.cells]
        writer.row(cells, is_header=index == 0 and table.first_row)


def _write_chart(writer: DocumentWriter, chart: Any) -> None:
    """Write the values of a chart as a table: a row for each category, a column for each series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        writer.paragraph(chart.chart_title.text_frame.text)
    for plot in chart.plots:
        series = list(plot.series)
        writer.end_list()
        writer.row(["", *(str(each.name) for each in series)], is_header=True)
        columns = [list(each.values) for each in series]
        for index, category in enumerate(plot.categories):
            values = (column[index] if index < len(column) else None for column in columns)
            writer.row([str(category), *(show_cell(value, "General") for value in values)])


def _write_diagram(writer: DocumentWriter, shape: Any) -> None:
    """Write the texts of a diagram (SmartArt), which stand in a part of their own."""
    relation = next((element.get(_RELATIONSHIP) for element in shape._element.iter(_DIAGRAM)), None)
    if relation is None or relation not in shape.part.rels:
        return
    part = shape.part.rels[relation]
    if part.is_external or part.reltype != RELATIONSHIP_TYPE.DIAGRAM_DATA:
        return
    writer.end_list()
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for paragraph in etree.fromstring(part.target_part.blob, parser).iter(f"{_A}p"):
        writer.item("".join(text.text or "" for text in paragraph.iter(f"{_A}t")))
