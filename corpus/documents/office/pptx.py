"""PowerPoint presentations (PPTX) to drafts: each slide a page with its title as a heading, and its notes."""

import posixpath
from collections.abc import Iterator
from typing import Any

from corpus.article import Draft
from corpus.documents.limits import Deadline, Limits
from corpus.documents.office.archive import DocumentArchive
from corpus.documents.office.properties import core_properties, whole_number
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument

_LABEL = "a PowerPoint presentation"
_MAIN = "ppt/presentation.xml"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TITLES = frozenset({"title", "ctrTitle"})
_LISTS = frozenset({"body", "obj"})
_MARGINS = frozenset({"dt", "ftr", "hdr", "sldNum"})
_MERGED = ("hMerge", "vMerge")  # cells whose text stands in another one


def read_pptx(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the draft of a presentation; its title is that of its properties or of its first slide.

    Raises UnreadableDocument where it is broken or has no text, TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    with DocumentArchive(data, name, _LABEL, limits) as archive:
        properties, deadline, first_title = core_properties(archive), Deadline(limits, name), None
        slides = _relations(archive, _MAIN)
        for number, entry in enumerate(archive.xml(_MAIN).iter("{*}sldId"), 1):
            if number > limits.max_pages:
                raise TooLarge(f"{name} has more slides than the limit of {limits.max_pages:,}.")
            deadline.check()
            writer.page = number
            slide = slides.get(entry.get(f"{_R}id"))
            if slide is None:
                raise archive.broken()
            title = _SlideReader(archive, writer, slide[1]).write()
            first_title = first_title if first_title else title
    created = properties.pop("published", None)
    if properties.get("title") is None:
        properties["title"] = first_title or None
    draft = with_publication_date(writer.draft(**properties), name, created)
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text, only pictures.")
    return draft


def _relations(archive: DocumentArchive, part: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the member of each part that a part refers to, by the id of the reference."""
    folder, file = posixpath.split(part)
    member = f"{folder}/_rels/{file}.rels"
    if member not in archive.names:
        return {}
    return {
        each.get("Id"): (
            posixpath.basename(each.get("Type", "")),
            posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
        )
        for each in archive.xml(member)
        if each.get("TargetMode") != "External"
    }


class _SlideReader:
    """Writes the text of a slide."""

    def __init__(self, archive: DocumentArchive, writer: DocumentWriter, part: str) -> None:
        self._archive, self._writer, self._part = archive, writer, part
        self._relations = _relations(archive, part)

    def write(self) -> str:
        """Write the slide and its notes; return its title."""
        shapes = list(_shapes(self._archive.xml(self._part).find("{*}cSld/{*}spTree")))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        title = " ".join(" ".join(_text(each) for shape in titles for each in shape.iter(f"{_A}p")).split())
        self._writer.heading(title, 2)
        for shape in shapes:
            if shape not in titles and _placeholder(shape) not in _MARGINS:
                self._write_shape(shape)
        for kind, member in self._relations.values():
            if kind == "notesSlide":
                for shape in _shapes(self._archive.xml(member).find("{*}cSld/{*}spTree")):
                    if _placeholder(shape) == "body":
                        for paragraph in shape.iter(f"{_A}p"):
                            self._writer.paragraph(_text(paragraph))
        return title

    def _write_shape(self, shape: Any) -> None:
        table = next(shape.iter(f"{_A}tbl"), None)
        if table is not None:
            self._write_table(table)
            return
        paragraphs = [each for each in shape.findall("{*}txBody/{*}p") if _text(each).strip()]
        self._writer.end_list()
        for paragraph in paragraphs:
            properties = paragraph.find(f"{_A}pPr")
            has_bullet = properties is None or properties.find(f"{_A}buNone") is None
            if _placeholder(shape) in _LISTS and len(paragraphs) > 1 and has_bullet:
                self._writer.item(_text(paragraph), 0 if properties is None else whole_number(properties.get("lvl"), 0))
            else:
                self._writer.paragraph(_text(paragraph))
        for reference in (*shape.iter("{*}chart"), *shape.iter("{*}relIds")):
            kind, member = self._relations.get(reference.get(f"{_R}id") or reference.get(f"{_R}dm"), ("", ""))
            if kind == "chart":
                self._write_chart(self._archive.xml(member))
            elif kind == "diagramData":
                self._writer.end_list()
                for paragraph in self._archive.xml(member).iter(f"{_A}p"):
                    self._writer.item(_text(paragraph))

    def _write_table(self, table: Any) -> None:
        self._writer.end_list()
        has_header = table.find(f"{_A}tblPr[@firstRow='1']") is not None
        for index, row in enumerate(table.iter(f"{_A}tr")):
            cells = [
                ""
                if any(cell.get(merged) in {"1", "true"} for merged in _MERGED)
                else " ".join(_text(paragraph) for paragraph in cell.iter(f"{_A}p"))
                for cell in row.iterchildren(f"{_A}tc")
            ]
            self._writer.row(cells, is_header=index == 0 and has_header)

    def _write_chart(self, chart: Any) -> None:
        """Write the values of a chart as a table: a row for each category, a column for each series."""
        for paragraph in chart.iterfind(".//{*}title//{*}p"):
            self._writer.paragraph(_text(paragraph))
        series = list(chart.iter("{*}ser"))
        columns = [_points(each.find("{*}val")) for each in series]
        categories = _points(series[0].find("{*}cat")) if series else {}
        self._writer.end_list()
        self._writer.row(["", *(" ".join(_points(each.find("{*}tx")).values()) for each in series)], is_header=True)
        for index in sorted({index for column in columns for index in column} | set(categories)):
            self._writer.row([categories.get(index, ""), *(column.get(index, "") for column in columns)])


def _shapes(tree: Any) -> Iterator[Any]:
    """Yield the shapes of a slide, those of groups in place of the groups, without fallbacks for old versions."""
    for shape in () if tree is None else tree:
        tag = shape.tag.rpartition("}")[2]
        if tag in {"grpSp", "AlternateContent", "Choice"}:
            yield from _shapes(shape)
        elif tag in {"sp", "graphicFrame", "cxnSp"}:
            yield shape


def _placeholder(shape: Any) -> str | None:
    """Return the type of a placeholder, None where the shape is none."""
    found = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    return None if found is None else str(found.get("type", "obj"))


def _text(paragraph: Any) -> str:
    """Return the text of a paragraph."""
    parts = paragraph.iter(f"{_A}t", f"{_A}br")
    return "".join("\n" if part.tag == f"{_A}br" else part.text or "" for part in parts)


def _points(data: Any) -> dict[int, str]:
    """Return the values of a part of a chart by their places."""
    if data is None:
        return {}
    return {whole_number(point.get("idx"), 0): str(point.findtext("{*}v", "")) for point in data.iter("{*}pt")}
