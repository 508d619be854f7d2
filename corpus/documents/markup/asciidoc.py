"""AsciiDoc to drafts; no well-kept parser for Python has a permissive licence."""

import re
from bisect import bisect_left

from corpus.article import BlockKind, Draft
from corpus.documents.dates import read_date
from corpus.documents.limits import Deadline, Limits
from corpus.documents.ordinals import ordinal
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_TITLE = re.compile(r"(?P<marks>={1,6}|#{1,6})\s+(?P<text>\S.*)")
_ATTRIBUTE = re.compile(r":!?(?P<name>\w[\w-]*)!?:(?:\s+(?P<value>.*))?$")
_REVISION = re.compile(r"(?:v[\w.]+,?\s*)?(?P<date>[^:,]*\d{4}[^:,]*)")
_DELIMITER = re.compile(r"(?P<mark>(?P<sign>[-.=_*+/])(?P=sign){3,}|--|[|!,]={3,})\s*$")
_MAX_DEPTH = 8  # blocks within each other
_CODE = frozenset("-.")
_SKIPPED = frozenset("/+")  # comments, and text in the language of another program
_START = re.compile(r"\bstart=(\d{1,9})\b")
_STYLES = "1aiAI1"  # of lists whose items begin with one dot, two dots …
_ITEM = re.compile(r"\s*(?P<marker>\*{1,6}|\.{1,6}|-|\d+\.)\s+(?:\[[ xX*]\]\s+)?(?P<text>\S.*)")
_TERM = re.compile(r"\s*(?P<term>\S.*?)(?P<marks>:{2,4}|;;)(?:\s+(?P<text>.*))?$")
_ADMONITION = re.compile(r"(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION):\s+")
_BLOCK_ATTRIBUTES = re.compile(r"\[[^\[\]]*\]\s*$|\[\[[^\[\]]*\]\]\s*$")
_BLOCK_TITLE = re.compile(r"\.(?P<text>[^\s.].*)")
_BLOCK_MACRO = re.compile(r"(?P<name>image|video|audio|include|toc|ifdef|ifndef|ifeval|endif)::\S*\[.*\]\s*$")
_CELL = re.compile(r"(?:(?:\d+(?:\.\d+)?[+*])?[<^>]?(?:\.[<^>])?[a-z]?)?\|", re.I)
_COLUMNS = re.compile(r"cols=(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^,\]]*))")
_REFERENCE = re.compile(r"\{(?P<name>\w[\w-]*)\}")
_FOOTNOTE = re.compile(r"footnote:[\w-]*\[(?P<text>[^\[\]]{0,2000})\]")
_LINK = re.compile(
    r"(?:(?:link|xref|mailto):(?P<target>[^\s\[\]]{1,400})|(?P<address>https?://[^\s\[\]<>]{1,400}))\[(?P<text>[^\[\]]{0,500})\]"
)
_CROSS_REFERENCE = re.compile(r"<<(?P<target>[^<>,]{1,300})(?:,\s*(?P<text>[^<>]{1,300}))?>>")
_IMAGE = re.compile(r"(?:image|icon):\S{1,500}\[[^\[\]]{0,500}\]|\[\[[^\[\]]{1,200}\]\]|\(\(\([^()]{1,300}\)\)\)")
_MACRO = re.compile(r"(?:kbd|btn|menu|pass|stem|latexmath|asciimath):\w*\[(?P<text>[^\[\]]{0,500})\]")
_ROLE = re.compile(r"\[[.#%\w-]{1,100}\](?=[#*_`])")
_DOUBLE = re.compile(r"(\*\*|__|``|##)(?=\S)([^\n]{1,500}?)(?<=\S)\1")
_SINGLE = re.compile(r"(?<![\w*_`#^~])([*_`#])(?=\S)([^\n]{0,500}?(?<=\S))\1(?![\w*_`#])")
_HARD_BREAK = re.compile(r" \+$")


def read_asciidoc(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of an AsciiDoc file, with its title, its revision date and its attribute `lang`.

    Files that it includes are not read, as a note says. Raises UnreadableDocument, or TooLarge past a limit.
    """
    reader = _AsciiDocReader(DocumentWriter(limits, name), Deadline(limits, name))
    reader.write(text.expandtabs(8).splitlines())
    date = reader.attributes.get("revdate", reader.attributes.get("docdate"))
    notes = (f"Files that it includes are not read: {', '.join(reader.included[:20])}.",) if reader.included else ()
    draft = reader.writer.draft(
        title=reader.title,
        published=read_date(date),
        language=reader.attributes.get("lang") or None,
        notes=notes,
    )
    if not draft.text:
        raise UnreadableDocument(" ".join([f"{name} holds no text.", *notes]))
    return draft if draft.published is not None else with_publication_date(draft, name, None)


class _AsciiDocReader:
    """Writes the lines of a file."""

    def __init__(self, writer: DocumentWriter, deadline: Deadline) -> None:
        self.writer = writer
        self.title: str | None = None
        self.attributes: dict[str, str] = {}
        self.included: list[str] = []
        self._deadline = deadline
        self._lines: list[str] = []
        self._item: int | None = None  # the depth of the list item that the lines belong to
        self._label = ""
        self._markers: list[str] = []  # of the lists that the item is in
        self._counts: dict[str, int] = {}  # the number of the last item of each of these
        self._kind = BlockKind.PARAGRAPH
        self._block = ""  # the attributes of the next block

    def write(self, lines: list[str]) -> None:
        """Write the blocks of a file."""
        self._write_blocks(lines[self._write_header(lines) :], 0)

    def _write_blocks(self, lines: list[str], depth: int) -> None:
        closings: dict[str, list[int]] = {}
        for index, line in enumerate(lines):
            if (delimiter := _DELIMITER.match(line)) is not None:
                closings.setdefault(delimiter["mark"], []).append(index)
        end = 0
        for index, line in enumerate(lines):
            if index < end:
                continue
            self._deadline.check()
            delimiter = _DELIMITER.match(line)
            places = [] if delimiter is None else closings[delimiter["mark"]]
            at = bisect_left(places, index + 1)
            if delimiter is None or (at == len(places) and delimiter["mark"] == "--"):
                self._write_line(line)
            elif at < len(places) and depth < _MAX_DEPTH:
                self._write_block(delimiter["mark"], lines[index + 1 : places[at]], depth)
                end = places[at] + 1
        self._flush()

    def _write_header(self, lines: list[str]) -> int:
        """Read the title with author, revision and attributes below it; return the index of the line after them."""
        start = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("//")), 0)
        title = _TITLE.match(lines[start]) if lines else None
        if title is None or len(title["marks"]) > 1:
            return 0
        end = start + 1
        while end < len(lines) and lines[end].strip():
            attribute = _ATTRIBUTE.match(lines[end])
            revision = _REVISION.fullmatch(lines[end].partition(":")[0].strip())
            if attribute is not None:
                self._set(attribute)
            elif revision is not None:
                self.attributes.setdefault("revdate", revision["date"].strip())
            end += 1
        self.title = self._plain(title["text"])
        self.writer.heading(self.title, 1)
        return end

    def _set(self, attribute: re.Match[str]) -> None:
        self.attributes[attribute["name"].lower()] = (attribute["value"] or "").strip()

    def _write_block(self, mark: str, lines: list[str], depth: int) -> None:
        """Write the lines between two delimiters."""
        markers = list(self._markers)
        attributes = self._block
        self._flush(stay=True)
        self._block = ""
        if mark[1:2] == "=" and mark[0] in "|!,":
            self._write_table(lines, attributes, ",;" if mark[0] == "," else mark[0])
        elif mark[0] in _SKIPPED:
            pass
        elif mark[0] in _CODE and mark != "--":
            self.writer.code("\n".join(lines))
        else:
            before, self._kind = self._kind, BlockKind.QUOTE if mark[0] == "_" else self._kind
            self._write_blocks(lines, depth + 1)
            self._kind = before
        self._markers = markers

    def _write_table(self, lines: list[str], attributes: str, separators: str) -> None:
        self.writer.end_list()
        columns = _COLUMNS.search(attributes)
        width = 0 if columns is None else _width(columns["quoted"] or columns["bare"] or "")
        text = [line for line in lines if not line.startswith("//")]
        rows: list[list[str]] = []
        cells: list[str] = []
        for line in text:
            if separators not in {"|", "!"}:
                rows.append(re.split(f"[{separators}]", line) if line.strip() else [])
                continue
            starts = list(_CELL.finditer(line)) if "|" in line else []
            if not starts:
                if cells:
                    cells[-1] += f" {line.strip()}"
                elif line.strip():
                    cells.append(line.strip())
                continue
            pieces = [
                line[a.end() : b] for a, b in zip(starts, [*(m.start() for m in starts[1:]), len(line)], strict=True)
            ]
            if not width and len(pieces) > 1:
                width = len(pieces)
            cells += [piece.strip() for piece in pieces]
        width = max(width, 1)
        rows += [cells[at : at + width] for at in range(0, len(cells), width)]
        filled = [index for index, line in enumerate(text) if line.strip()]
        blank_below = len(filled) > 1 and filled[1] > filled[0] + 1 and filled[0] == 0
        has_header = "header" in attributes or (blank_below and "noheader" not in attributes)
        for index, row in enumerate(rows):
            self.writer.row((self._plain(cell) for cell in row), is_header=index == 0 and has_header)

    def _write_line(self, line: str) -> None:
        attribute, title = _ATTRIBUTE.match(line), _TITLE.match(line)
        macro, item, term = _BLOCK_MACRO.match(line), _ITEM.match(line), _TERM.match(line)
        if not line.strip() or line.startswith("//"):
            self._flush()
        elif line.strip() == "+" or line.strip() in {"'''", "---", "<<<"}:
            self._flush(stay=line.strip() == "+")
        elif attribute is not None:
            self._flush()
            self._set(attribute)
        elif macro is not None:
            self._flush()
            if macro["name"] == "include":
                self.included.append(line.partition("::")[2].partition("[")[0])
        elif _BLOCK_ATTRIBUTES.match(line):
            self._flush()
            self._block += line
        elif title is not None and not self._lines:
            self._markers = []
            self.writer.heading(self._plain(title["text"]), len(title["marks"]))
        elif (caption := _BLOCK_TITLE.match(line)) is not None and not self._lines:
            self._flush()
            self.writer.paragraph(self._plain(caption["text"]), BlockKind.CAPTION)
        elif item is not None and not (self._lines and self._item is None):
            marker = item["marker"].lstrip("0123456789")
            self._begin_item(marker, item["text"], item["marker"] if item["marker"] != marker else "")
        elif term is not None and not (self._lines and self._item is None):
            text = "" if term["text"] is None else f" {term['text']}"
            self._begin_item(term["marks"], f"{term['term']}:{text}")
        else:
            self._lines.append(_HARD_BREAK.sub("\n", line.strip() if self._item is not None else line.rstrip()))

    def _begin_item(self, marker: str, text: str, label: str = "") -> None:
        start = _START.search(self._block)
        self._flush(stay=True)
        if not self._markers:
            self.writer.end_list()
        if marker in self._markers:
            self._markers = self._markers[: self._markers.index(marker) + 1]
        else:
            self._markers.append(marker)
            self._counts[marker] = 0 if start is None else int(start[1]) - 1
        self._item, self._lines, self._label = len(self._markers) - 1, [text], label
        if marker.startswith(".") and not label:
            self._counts[marker] += 1
            self._label = f"{ordinal(self._counts[marker], _STYLES[len(marker) - 1])}."

    def _flush(self, stay: bool = False) -> None:
        """Write the collected lines; with `stay`, what comes next is in the same list."""
        if not self._lines:
            return
        text = "\n".join(self._lines) if any("\n" in line for line in self._lines) else " ".join(self._lines)
        if self._item is not None:
            self.writer.item(self._plain(text), self._item, self._label)
        elif self._lines[0][0] == " " and not self._markers:
            self.writer.code(text if "\n" in text else "\n".join(self._lines))
            self._markers = []
        else:
            is_quote = self._block.startswith(("[quote", "[verse"))
            kind = BlockKind.QUOTE if is_quote else self._kind
            self.writer.paragraph(_ADMONITION.sub("", self._plain(text), count=1), kind)
            self._markers = self._markers if stay else []
        self._lines, self._item, self._block = [], None, ""

    def _plain(self, text: str) -> str:
        """Return text without its marks, with the values of the attributes that it refers to."""
        text = _REFERENCE.sub(lambda found: self.attributes.get(found["name"].lower(), found.group())[:500], text)
        text = _FOOTNOTE.sub(r" (\g<text>)", _IMAGE.sub("", text))
        text = _LINK.sub(
            lambda link: link["text"].partition(",")[0].rstrip("^") or link["target"] or link["address"], text
        )
        text = _CROSS_REFERENCE.sub(lambda found: found["text"] or found["target"], text)
        text = _MACRO.sub(r"\g<text>", text)
        return _SINGLE.sub(r"\2", _DOUBLE.sub(r"\2", _ROLE.sub("", text))).strip()


def _width(columns: str) -> int:
    """Return the number of columns that cols="1,2*,3" declares."""
    repeated = re.match(r"(\d{1,3})\*", columns)
    return int(repeated.group(1)) if repeated is not None else len(re.split("[,;]", columns))
