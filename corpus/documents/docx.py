"""Word documents (DOCX) to drafts: their blocks by style, footnotes, text boxes and tables, and their properties."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

from corpus.article import BlockKind, Draft
from corpus.blocks import MAX_LABEL
from corpus.documents.limits import Deadline, Limits
from corpus.documents.office.archive import DocumentArchive
from corpus.documents.office.properties import core_properties, whole_number
from corpus.documents.ordinals import ordinal
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_LABEL = "a Word document"
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Deleted and moved away, instructions of fields, placeholders, pronunciations, old forms of what stands beside them.
_SKIPPED = frozenset({"del", "moveFrom", "delText", "instrText", "rPr", "pPr", "sdtPr", "sdtEndPr", "rt", "Fallback"})
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_HEADING = re.compile(r"heading (\d)")
_BULLET = re.compile(r"[•▪◦‣●○·■□–—*-]\s+(?=\S)")
_ITEM_STYLE = re.compile(r"list (?:bullet|number)\b")
_CODE_STYLE = re.compile(r"html preformatted|(?:source )?code\b|macro text")
_KINDS = {"caption": BlockKind.CAPTION, "quote": BlockKind.QUOTE, "intense quote": BlockKind.QUOTE}
_MAX_BOLD_HEADING = 120  # characters of a bold paragraph that is a heading
_BOLD_LEVEL = 4  # of such a heading
_MAX_CELL = 600  # characters; a table with longer cells on average is for layout
_MAX_SPAN = 64  # columns of a cell
_STYLES = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}  # of the numbers of lists
_OFF = frozenset({"0", "false", "off"})


@dataclass(frozen=True, slots=True)
class _WordStyle:
    """What a paragraph style says: its name in lower-case English, the levels of its heading and list, its numbers."""

    name: str = ""
    heading: int | None = None
    item: int | None = None
    numbering: str | None = None


@dataclass(slots=True)
class _Inline:
    """The text of a paragraph, whether all of it is bold, the notes that it refers to, and its text boxes."""

    parts: list[str] = field(default_factory=list)
    bold: bool = True
    notes: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)


def read_docx(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the text and properties of a Word document.

    Raises UnreadableDocument where it is broken or has no text, TooLarge past a limit.
    """
    with DocumentArchive(data, name, _LABEL, limits) as archive:
        parts = _parts(archive)
        notes = {
            (kind, str(_value(note, "id"))): note
            for kind in ("footnote", "endnote")
            for note in (archive.xml(parts[f"{kind}s"]) if f"{kind}s" in parts else ())
            if _value(note, "type") in {None, "normal"}
        }
        styles = _style_finder(archive.xml(parts["styles"]) if "styles" in parts else ())
        numbering = _Numbering(archive.xml(parts["numbering"]) if "numbering" in parts else ())
        reader = _DocxReader(DocumentWriter(limits, name), Deadline(limits, name), styles, numbering, notes)
        reader.write(archive.xml(parts["officeDocument"]))
        properties: dict[str, Any] = {}
        with suppress(UnreadableDocument):  # broken properties leave a text that can be read
            properties = core_properties(archive)
    draft = reader.writer.draft(language=properties.get("language"))
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    title = properties.get("title")
    return with_publication_date(
        replace(draft, title=reader.title if title is None else title), name, properties.get("published")
    )


def _parts(archive: DocumentArchive) -> dict[str, str]:
    """Return the members of the archive that hold the document, its styles and notes, by the kind of relationship."""
    main = _related(archive, "").get("officeDocument")
    if main is None:
        raise archive.broken()
    return {"officeDocument": main} | _related(archive, main)


def _related(archive: DocumentArchive, member: str) -> dict[str, str]:
    folder, file = posixpath.split(member)
    relations = posixpath.join(folder, "_rels", f"{file}.rels")
    found: dict[str, str] = {}
    for relation in archive.xml(relations) if relations in archive.names else ():
        kind = relation.get("Type", "").rpartition("/")[2]
        target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        if relation.get("TargetMode") != "External" and target in archive.names:
            found.setdefault(kind, target)
    return found


def _style_finder(root: Any) -> Callable[[str | None], _WordStyle]:
    """Return the function from the id of a paragraph style to the style with what it inherits.

    Styles are read when they are asked for: a file has some 150, and uses five.
    """
    elements = {_value(style, "styleId"): style for style in root if _tag(style) == "style"}

    @cache
    def find(style_id: str | None, depth: int = 0) -> _WordStyle:
        element = None if style_id is None else elements.get(style_id)
        if element is None or depth > 20:
            return _WordStyle()
        children = _children(element)
        base = find(_value(children.get("basedOn")), depth + 1)
        name = (_value(children.get("name")) or "").lower()
        properties = _children(children.get("pPr"))
        heading = _HEADING.fullmatch(name)
        level = int(heading.group(1)) if heading is not None else 1 if name == "title" else _outline_level(properties)
        item = _list_level(properties)
        if _ITEM_STYLE.match(name) and item is None:
            item = 0
        numbering = _value(_child(properties.get("numPr"), "numId"))
        return _WordStyle(
            name,
            base.heading if level is None else level,
            base.item if item is None else item,
            base.numbering if numbering is None else numbering,
        )

    return find


class _Numbering:
    """Counts the paragraphs of lists, whose numbers stand in no paragraph."""

    def __init__(self, root: Any) -> None:
        lists = {_value(element, "abstractNumId"): element for element in root if _tag(element) == "abstractNum"}
        self._levels: dict[str, dict[int, dict[str, Any]]] = {}  # the properties of each level of a numbering
        self._list_of: dict[str, str | None] = {}  # numberings of one list go on counting
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str | None, dict[int, int]] = {}
        for element in root:
            if _tag(element) == "num":
                key = str(_value(element, "numId"))
                self._list_of[key] = _value(_child(element, "abstractNumId"))
                levels = (level for level in lists.get(self._list_of[key], ()) if _tag(level) == "lvl")
                self._levels[key] = {whole_number(_value(level, "ilvl"), 0): _children(level) for level in levels}
                starts = ((_value(each, "ilvl"), _child(each, "startOverride")) for each in element)
                self._restarts[key] = {
                    whole_number(level, 0): whole_number(_value(start), 1)
                    for level, start in starts
                    if start is not None
                }

    def next_label(self, numbering: str | None, level: int) -> str:
        """Count a paragraph, and return its number, such as "3." or "2.1"; "" where it has a bullet."""
        levels = {} if numbering is None else self._levels.get(numbering, {})
        if numbering is None or level not in levels:
            return ""
        counts = self._counts.setdefault(self._list_of[numbering], {})
        for restarted, start in self._restarts.pop(numbering, {}).items():
            counts[restarted] = start - 1
        counts[level] = counts.get(level, self._start(levels[level]) - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]

        def number(found: re.Match[str]) -> str:
            place = int(found[1]) - 1
            properties = levels.get(place, {})
            style = _STYLES.get(_value(properties.get("numFmt")) or "decimal", "1")
            return ordinal(counts.get(place, self._start(properties)), style)

        if _value(levels[level].get("numFmt")) in {"bullet", "none"}:
            return ""
        label = re.sub(r"%([1-9])", number, _value(levels[level].get("lvlText")) or "").strip()
        return label if len(label) <= MAX_LABEL else ""

    @staticmethod
    def _start(level: Mapping[str, Any]) -> int:
        return whole_number(_value(level.get("start")), 1)


def _outline_level(properties: Mapping[str, Any]) -> int | None:
    level = whole_number(_value(properties.get("outlineLvl")), 9)
    return level + 1 if level < 9 else None


def _list_level(properties: Mapping[str, Any]) -> int | None:
    if "numPr" not in properties:
        return None
    numbering = _children(properties["numPr"])
    if _value(numbering.get("numId")) == "0":  # 0 takes a paragraph from its list
        return None
    return whole_number(_value(numbering.get("ilvl")), 0)


@lru_cache(2048)
def _local_name(tag: str) -> str:
    """Return a name without its namespace, which differs in Strict Open XML."""
    return tag.rpartition("}")[2]


def _tag(element: Any) -> str:
    tag = element.tag
    return _local_name(tag) if isinstance(tag, str) else ""


def _children(element: Any) -> dict[str, Any]:
    """Return the first child of each name."""
    found: dict[str, Any] = {}
    for child in element if element is not None else ():
        found.setdefault(_tag(child), child)
    return found


def _child(element: Any, tag: str) -> Any:
    for child in element if element is not None else ():
        if _tag(child) == tag:
            return child
    return None


def _value(element: Any, name: str = "val") -> str | None:
    """Return an attribute of an element, in whichever namespace."""
    for key, value in element.items() if element is not None else ():
        if _local_name(key) == name:
            return str(value)
    return None


def _is_on(element: Any) -> bool:
    """Tell whether a property that an element switches on is on."""
    return element is not None and _value(element) not in _OFF


class _DocxReader:
    """Writes the blocks of a document; `title` is its first title or main heading, or else its first heading."""

    def __init__(
        self,
        writer: DocumentWriter,
        deadline: Deadline,
        find_style: Callable[[str | None], _WordStyle],
        numbering: _Numbering,
        notes: Mapping[tuple[str, str], Any],
    ) -> None:
        self.writer = writer
        self._deadline, self._find_style, self._numbering, self._notes = deadline, find_style, numbering, notes
        self._headings: dict[int, str] = {}  # the first of each level
        self._code: list[str] = []

    @property
    def title(self) -> str | None:
        return self._headings.get(1, next(iter(self._headings.values()), None))

    def write(self, root: Any) -> None:
        """Write the blocks of a document, footnote or text box."""
        self._blocks(root)
        self._end_code()

    def _blocks(self, parent: Any) -> None:
        for element in _shown(parent):
            self._deadline.check()
            tag = _tag(element)
            if tag == "p":
                self._paragraph(element)
            elif tag == "tbl":
                self._end_code()
                self._table(element)
            else:
                self._blocks(element)

    def _paragraph(self, paragraph: Any) -> None:
        properties = _children(_child(paragraph, "pPr"))
        style = self._find_style(_value(properties.get("pStyle")))
        if re.match(r"toc \d", style.name):
            return
        inline = self._read(paragraph)
        text = inline.text
        if _CODE_STYLE.match(style.name):
            self._code.append(text)
            self._write_pending(inline)
            return
        self._end_code()
        level = _outline_level(properties)
        level = style.heading if level is None else level
        item = _list_level(properties)
        item = style.item if item is None and _child(properties.get("numPr"), "numId") is None else item
        number = _value(_child(properties.get("numPr"), "numId"))
        label = self._numbering.next_label(style.numbering if number is None else number, 0 if item is None else item)
        line = " ".join(text.split())
        if level is None and item is None and inline.bold and _is_bold_heading(line):
            level = _BOLD_LEVEL
        if not line:
            pass
        elif level is not None:
            self._headings.setdefault(level, line)
            self.writer.heading(line, level)
        elif item is not None or _BULLET.match(line):
            depth = 0 if item is None else item
            self.writer.item(_BULLET.sub("", line, count=1) if item is None else line, depth, label)
        else:
            self.writer.paragraph(text, _KINDS.get(style.name, BlockKind.PARAGRAPH))
        self._write_pending(inline)

    def _inline(self, parent: Any, inline: _Inline) -> None:
        """Collect the text of a paragraph or run."""
        for element in _shown(parent):
            tag = _tag(element)
            if tag == "t":
                inline.parts.append(str(element.text or ""))
            elif tag in _CHARACTERS:
                inline.parts.append(_CHARACTERS[tag])
            elif tag in _NOTES:
                inline.notes.append((_NOTES[tag], str(_value(element, "id"))))
            elif tag == "txbxContent":
                inline.boxes.append(element)
            elif tag == "r":
                properties = _children(_child(element, "rPr"))
                if _is_on(properties.get("vanish")):
                    continue
                count = len(inline.parts)
                self._inline(element, inline)
                if inline.bold and not _is_on(properties.get("b")) and "".join(inline.parts[count:]).strip():
                    inline.bold = False
            else:
                self._inline(element, inline)

    def _write_pending(self, *inlines: _Inline) -> None:
        """Write the text boxes and notes of paragraphs behind them."""
        for inline in inlines:
            for box in inline.boxes:
                self.write(box)
            for key in inline.notes:
                if key in self._notes:
                    self.write(self._notes[key])

    def _end_code(self) -> None:
        lines, self._code = self._code, []
        if lines:
            self.writer.code("\n".join(lines))

    def _table(self, table: Any) -> None:
        elements = [row for row in _cells(table, "tr") if _child(_child(row, "trPr"), "del") is None]
        rows = [list(_cells(row, "tc")) for row in elements]
        if _is_layout(rows):
            for cell in (cell for row in rows for cell in row):
                self._blocks(cell)
                self._end_code()
            return
        inlines: list[_Inline] = []
        texts: list[list[str]] = []
        bold: list[bool] = []
        for row in rows:
            cells: list[str] = []
            first = len(inlines)
            for cell in row:
                self._deadline.check()
                found = [self._read(paragraph) for paragraph in _paragraphs(cell)]
                inlines += found
                properties, column = _child(cell, "tcPr"), len(cells)
                merged = _child(properties, "vMerge")
                is_continued = merged is not None and _value(merged) != "restart" and texts and column < len(texts[-1])
                text = texts[-1][column] if is_continued else " ".join(inline.text for inline in found)
                span = whole_number(_value(_child(properties, "gridSpan")), 1)
                cells += [text] * (min(max(span, 1), _MAX_SPAN) if len(row) > 1 else 1)
            texts.append(cells)
            bold.append(all(inline.bold for inline in inlines[first:] if inline.text.strip()))
        is_named = len(texts) > 1 and (
            _is_on(_child(_child(elements[0], "trPr"), "tblHeader"))
            or (bold[0] and not bold[1])
            or _names_columns(texts[0])
        )
        self._write_rows(texts, is_named)
        self._write_pending(*inlines)

    def _read(self, paragraph: Any) -> _Inline:
        inline = _Inline()
        self._inline(paragraph, inline)
        return inline

    def _write_rows(self, rows: list[list[str]], has_header: bool) -> None:
        labels = [row[0].rstrip().endswith(":") for row in rows if len(row) == 2]
        if labels and len(labels) == len(rows) and 2 * sum(labels) > len(rows):
            for row in rows:
                self.writer.item(" ".join(row))
            return
        self.writer.end_list()
        for number, row in enumerate(rows):
            self.writer.row(row, is_header=has_header and number == 0)
        self.writer.end_list()


def _shown(parent: Any) -> list[Any]:
    """Return the children of an element that are shown: of alternatives the first, of placeholders none."""
    shown: list[Any] = []
    for element in parent:
        tag = _tag(element)
        if tag == "AlternateContent":
            shown += element[:1]
        elif tag == "sdt":
            properties = _children(_child(element, "sdtPr"))
            gallery = _child(properties.get("docPartObj"), "docPartGallery")
            if not _is_on(properties.get("showingPlcHdr")) and _value(gallery) != "Table of Contents":
                shown.append(element)
        elif tag and tag not in _SKIPPED:
            shown.append(element)
    return shown


def _cells(parent: Any, tag: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, in content controls, too."""
    for element in _shown(parent):
        if _tag(element) == tag:
            yield element
        elif _tag(element) not in {"tbl", "tr", "tc", "p"}:
            yield from _cells(element, tag)


def _paragraphs(cell: Any) -> Iterator[Any]:
    for element in _shown(cell):
        if _tag(element) == "p":
            yield element
        else:
            yield from _paragraphs(element)


def _is_layout(rows: list[list[Any]]) -> bool:
    """Tell whether a table only places text: in one column, with tables or long texts in its cells."""
    cells = [cell for row in rows for cell in row]
    if max(map(len, rows), default=0) < 2 or any(_tag(child) == "tbl" for cell in cells for child in _shown(cell)):
        return True
    length = sum(len(text.text or "") for cell in cells for text in cell.iter("{*}t"))
    return length > _MAX_CELL * len(cells)


def _names_columns(row: list[str]) -> bool:
    return len(row) > 2 and all(text.strip() and not re.search(r"\d", text) for text in row)


def _is_bold_heading(line: str) -> bool:
    return 0 < len(line) <= _MAX_BOLD_HEADING and not line.endswith((".", ",", ";")) and any(map(str.isalpha, line))
