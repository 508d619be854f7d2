"""OpenDocument files (ODT, ODS, ODP) to drafts: texts, sheets and slides, with their properties."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from corpus.article import BlockKind, Draft
from corpus.blocks import MAX_LABEL
from corpus.documents.limits import Deadline, Limits
from corpus.documents.office.archive import DocumentArchive
from corpus.documents.office.properties import read_created, real_title, whole_number
from corpus.documents.office.tables import MAX_CELLS, is_own_name, titled_table, write_rows
from corpus.documents.ordinals import ordinal
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument

_LABEL = "an OpenDocument file"
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_TEXT, _TABLE, _DRAW, _OFFICE, _SLIDE, _META, _STYLE = (
    "{" + _NAMESPACE.format(part) + "}"
    for part in ("text", "table", "drawing", "office", "presentation", "meta", "style")
)
_DC = "{http://purl.org/dc/elements/1.1/}"
# What is no text of the document: deleted text, remarks of readers, contents lists, and counters.
_SKIPPED = frozenset(
    {
        f"{_TEXT}tracked-changes",
        f"{_TEXT}sequence-decls",
        f"{_TEXT}table-of-content",
        f"{_TEXT}alphabetical-index",
        f"{_TEXT}illustration-index",
        f"{_TEXT}table-index",
        f"{_OFFICE}annotation",
        f"{_OFFICE}forms",
        f"{_TABLE}shapes",
        f"{_TEXT}note-citation",
        f"{_TEXT}ruby-text",
    }
)
_MARGINS = frozenset({"header", "footer", "date-time", "page-number"})  # of slides and notes
_MAX_SPACES = 100
_ROWS = (f"{_TABLE}table-header-rows", f"{_TABLE}table-rows", f"{_TABLE}table-row-group")


def read_opendocument(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the draft of an OpenDocument file; its title is that of its properties or its text.

    Raises UnreadableDocument where it is broken, locked or has no text, TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    with DocumentArchive(data, name, _LABEL, limits) as archive:
        manifest = "META-INF/manifest.xml"
        if manifest in archive.names and b"encryption-data" in archive.read(manifest):
            raise UnreadableDocument(f"{name} is locked with a password. Save it without one.")
        content = archive.xml("content.xml")
        styles = (content, *([archive.xml("styles.xml")] if "styles.xml" in archive.names else ()))
        reader = _BodyReader(writer, limits, name, styles)
        body = content.find(f"{_OFFICE}body")
        if body is None:
            raise archive.broken()
        reader.write(body)
        meta = archive.xml("meta.xml").find(f"{_OFFICE}meta") if "meta.xml" in archive.names else None
        fields = {} if meta is None else {child.tag: str(child.text or "").strip() for child in meta}
    title = real_title(fields.get(f"{_DC}title"))
    draft = writer.draft(title=reader.title if title is None else title, language=fields.get(f"{_DC}language") or None)
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    draft = titled_table(draft, name)
    return with_publication_date(draft, name, read_created(fields.get(f"{_META}creation-date", "")))


class _BodyReader:
    """Writes the blocks of a body. `title` is the first title or main heading."""

    def __init__(self, writer: DocumentWriter, limits: Limits, name: str, styles: Iterable[Any]) -> None:
        self.title: str | None = None
        self._levels = _list_levels(styles)
        self._counts: dict[tuple[str, int], int] = {}  # the number of the last item of each style and depth
        self._writer, self._limits, self._name = writer, limits, name
        self._deadline = Deadline(limits, name)
        self._slides = 0

    def write(self, element: Any) -> None:
        """Write the blocks below an element."""
        for child in element:
            self._write_block(child)

    def _write_block(self, element: Any) -> None:
        self._deadline.check()
        tag = element.tag
        if tag == f"{_TEXT}p":
            self._write_paragraph(element)
        elif tag == f"{_TEXT}h":
            self._write_heading(element, whole_number(element.get(f"{_TEXT}outline-level"), 1))
        elif tag == f"{_TEXT}list":
            self._writer.end_list()
            self._write_list(element, 0, "")
        elif tag == f"{_TABLE}table":
            self._write_table(element)
        elif tag == f"{_DRAW}page":
            self._write_slide(element)
        elif tag not in _SKIPPED and element.get(f"{_SLIDE}class") not in _MARGINS:
            self.write(element)

    def _write_heading(self, element: Any, level: int) -> None:
        text, inner = _inline(element)
        if self.title is None and level == 1:
            self.title = " ".join(text.split()) or None
        self._writer.heading(text, level)
        self._write_inner(inner)

    def _write_paragraph(self, element: Any) -> None:
        style = element.get(f"{_TEXT}style-name", "")
        if style == "Title":
            self._write_heading(element, 1)
            return
        text, inner = _inline(element)
        if style.startswith("Preformatted"):
            self._writer.code(text)
        else:
            self._writer.paragraph(text, BlockKind.QUOTE if style == "Quotations" else BlockKind.PARAGRAPH)
        self._write_inner(inner)

    def _write_inner(self, inner: Sequence[Any]) -> None:
        """Write the footnotes and text boxes of a paragraph, below it."""
        for element in inner:
            self._write_block(element)

    def _next_label(self, item: Any, style: str, depth: int) -> str:
        """Count an item of a list, and return its number, such as "3."; "" where it has a bullet."""
        level = self._levels.get((style, depth))
        if level is None or item.tag != f"{_TEXT}list-item":
            return ""
        before = self._counts.get((style, depth), whole_number(level.get(f"{_TEXT}start-value"), 1) - 1)
        number = self._counts[style, depth] = whole_number(item.get(f"{_TEXT}start-value"), before + 1)
        prefix, kind, suffix = (level.get(f"{_STYLE}num-{part}", "") for part in ("prefix", "format", "suffix"))
        return f"{prefix}{ordinal(number, kind)}{suffix}".strip()[:MAX_LABEL] if kind else ""

    def _write_list(self, element: Any, depth: int, style: str) -> None:
        style = element.get(f"{_TEXT}style-name", style)
        if element.get(f"{_TEXT}continue-numbering") != "true" and f"{_TEXT}continue-list" not in element.attrib:
            self._counts.pop((style, depth), None)
        for item in element:
            texts: list[str] = []
            label = self._next_label(item, style, depth)
            inner: list[Any] = []
            for child in item:
                if child.tag in {f"{_TEXT}p", f"{_TEXT}h"}:
                    text, found = _inline(child)
                    texts.append(text)
                    inner += found
                elif child.tag == f"{_TEXT}list":
                    if texts:
                        self._writer.item(" ".join(texts), depth, label)
                        texts, label = [], ""
                    self._write_list(child, depth + 1, style)
                else:
                    inner.append(child)
            self._writer.item(" ".join(texts), depth, label)
            self._write_inner(inner)

    def _write_table(self, element: Any) -> None:
        is_sheet = element.getparent().tag == f"{_OFFICE}spreadsheet"
        name = element.get(f"{_TABLE}name", "")
        sheets = sum(1 for _ in element.itersiblings(element.tag, preceding=True)) if is_sheet else 0
        if is_sheet and (sheets or element.getnext() is not None or is_own_name(name)):
            self._writer.heading(name, 2)
        write_rows(self._writer, self._rows(element), self._deadline, self._name)

    def _rows(self, table: Any) -> Iterator[Sequence[str]]:
        for child in table:
            if child.tag in _ROWS:
                yield from self._rows(child)
            elif child.tag == f"{_TABLE}table-row":
                cells = self._cells(child)
                repeated = whole_number(child.get(f"{_TABLE}number-rows-repeated"), 1)
                yield from (cells for _ in range(repeated if cells else 1))

    def _cells(self, row: Any) -> list[str]:
        """Return the cells of a row without those at its end that are empty."""
        cells: list[str] = []
        empty = 0
        for cell in row:
            text = _plain(cell)
            repeated = whole_number(cell.get(f"{_TABLE}number-columns-repeated"), 1)
            if text.strip():
                if empty + repeated > MAX_CELLS:
                    raise TooLarge(f"{self._name} has more than {MAX_CELLS:,} cells.")
                cells += [*[""] * empty, *[text] * repeated]
                empty = 0
            else:
                empty += repeated
        return cells

    def _write_slide(self, page: Any) -> None:
        self._slides += 1
        if self._slides > self._limits.max_pages:
            raise TooLarge(f"{self._name} has more slides than the limit of {self._limits.max_pages:,}.")
        self._writer.page = self._slides
        titles = [frame for frame in page if frame.get(f"{_SLIDE}class") == "title"]
        for title in titles:
            text = _plain(title)
            self.title = " ".join(text.split()) or None if self.title is None else self.title
            self._writer.heading(text, 2)
            page.remove(title)
        self.write(page)


def _plain(element: Any) -> str:
    """Return the text of all paragraphs below an element, without remarks of readers."""
    paragraphs = element.iter(f"{_TEXT}p", f"{_TEXT}h")
    texts = (_inline(each)[0] for each in paragraphs if next(each.iterancestors(f"{_OFFICE}annotation"), None) is None)
    return " ".join(texts)


def _list_levels(styles: Iterable[Any]) -> dict[tuple[str, int], Any]:
    """Return the levels of lists that have numbers, by the name of their style and their depth from 0."""
    return {
        (style.get(f"{_STYLE}name", ""), whole_number(level.get(f"{_TEXT}level"), 1) - 1): level
        for root in styles
        for style in root.iter(f"{_TEXT}list-style")
        for level in style.iterchildren(f"{_TEXT}list-level-style-number")
    }


def _inline(element: Any) -> tuple[str, list[Any]]:
    """Return the text of a paragraph, and the footnotes and text boxes in it."""
    parts = [element.text or ""]
    inner: list[Any] = []
    for child in element:
        if child.tag in {f"{_TEXT}note", f"{_DRAW}frame", f"{_DRAW}g", f"{_DRAW}custom-shape"}:
            inner.append(child)
        elif child.tag == f"{_TEXT}s":
            parts.append(" " * min(whole_number(child.get(f"{_TEXT}c"), 1), _MAX_SPACES))
        elif child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif child.tag not in _SKIPPED:
            text, found = _inline(child)
            parts.append(text)
            inner += found
        parts.append(child.tail or "")
    return "".join(parts), inner
