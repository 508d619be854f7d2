"""reStructuredText to drafts, with the directives and roles of Sphinx, which docutils does not know."""

import io
import re
import textwrap

from docutils import ApplicationError, nodes
from docutils.core import publish_doctree

from corpus.article import BlockKind, Draft
from corpus.documents.dates import read_date
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.ordinals import ordinal
from corpus.documents.published import with_publication_date
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument

_LABEL = "reStructuredText"
_MAX_NESTED = 10  # unknown directives within each other
_MAX_SUBSTITUTIONS = 300  # |references| in a text that defines some, each of which may become 10,000 characters
_MAX_LINE = 10_000
# The time of docutils grows with the length of a paragraph times the marks in it: 5 s for this sum.
_MAX_MARKED = 500_000_000
_MARKS = re.compile(r"[*`_]|\|(?=\S)")
_DEFINES = re.compile(r"^\s*\.\. \|", re.M)
_SUBSTITUTION = re.compile(r"\|(?=\S)")
_UNKNOWN = re.compile(r"\.\. (?P<name>[\w:.+-]+)::(?P<argument>[^\n]*)\n?(?P<content>.*)", re.S)
_BLANK = re.compile(r"\n[ \t]*\n")
_OPTION = re.compile(r":[\w-]+:")
# Directives of Sphinx that stand for other documents or for code.
_EMPTY = re.compile(r"toctree|index|highlight|currentmodule|auto\w+|include|literalinclude|raw|only|tabularcolumns")
_ROLE = re.compile(r":[\w:.+-]+:`(?:(?P<title>[^`<]+?)\s*<[^`>]*>|[!~]?(?P<target>[^`]*))`")
_STYLES = {"loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}
_SKIPPED = (
    nodes.comment,
    nodes.substitution_definition,
    nodes.target,
    nodes.raw,
    nodes.pending,
    nodes.meta,
    nodes.transition,
    nodes.label,
    nodes.image,
    nodes.colspec,
    nodes.generated,
)
_SETTINGS = {
    # A document comes from anyone: it includes no file, has no say in the settings, and no message is printed.
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "warning_stream": io.StringIO(),
    "report_level": 3,
    "halt_level": 5,
    "line_length_limit": _MAX_LINE,
    "syntax_highlight": "none",
    "input_encoding": "unicode",
}


def read_restructuredtext(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of a document; its title is that at its top, its date that of its bibliographic fields.

    Raises UnreadableDocument where it is nested too deeply or has no text, TooLarge past a limit.
    """
    if _DEFINES.search(text) and len(_SUBSTITUTION.findall(text)) > _MAX_SUBSTITUTIONS:
        raise TooLarge(f"{name} has more than {_MAX_SUBSTITUTIONS:,} substitutions.")
    if sum(len(_MARKS.findall(block)) * len(block) for block in _BLANK.split(text)) > _MAX_MARKED:
        raise TooLarge(f"{name} has paragraphs with more markup than can be read.")
    writer = DocumentWriter(limits, name)
    tree = _parse(_wrapped_lines(text), name)
    _TreeReader(writer, Deadline(limits, name), name).write(tree, 1)
    date = next((node.astext() for node in tree.findall(nodes.date)), None)
    draft = writer.draft(title=tree.get("title") or None, published=read_date(date))
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    return draft if draft.published is not None else with_publication_date(draft, name, None)


def _parse(text: str, name: str) -> nodes.document:
    with wrapped_errors(name, _LABEL, ApplicationError, ValueError):  # the latter for numbers of 4,301 digits
        return publish_doctree(text, settings_overrides=_SETTINGS)


def _wrapped_lines(text: str) -> str:
    """Return a text with longer lines than docutils takes broken at spaces."""
    if all(len(line) < _MAX_LINE for line in text.split("\n")):
        return text
    lines: list[str] = []
    for line in text.split("\n"):
        indent = " " * min(len(line) - len(line.lstrip()), 80)
        lines += textwrap.wrap(line, _MAX_LINE - 100, subsequent_indent=indent) if len(line) >= _MAX_LINE else [line]
    return "\n".join(lines)


class _TreeReader:
    """Writes the blocks of a document tree."""

    def __init__(self, writer: DocumentWriter, deadline: Deadline, name: str, nested: int = 0) -> None:
        self._writer, self._deadline, self._name, self._nested = writer, deadline, name, nested

    def write(self, node: nodes.Node, level: int, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """Write the blocks below a node; `level` is that of the next heading, `kind` that of paragraphs."""
        for child in node.children:
            self._deadline.check()
            self._write_node(child, level, kind)

    def _write_node(self, node: nodes.Node, level: int, kind: BlockKind) -> None:  # noqa: PLR0912 - a case for each kind of node
        match node:
            case nodes.section():
                self.write(node, level + 1)
            case nodes.title() | nodes.subtitle():
                self._writer.heading(_inline(node), level)
            case nodes.bullet_list() | nodes.enumerated_list():
                self._writer.end_list()
                self._write_list(node, 0)
            case nodes.definition_list_item() | nodes.field() | nodes.option_list_item() | nodes.docinfo():
                self._write_pairs(node)
            case nodes.literal_block() | nodes.doctest_block() | nodes.math_block():
                self._writer.code(node.astext())
            case nodes.block_quote():
                self.write(node, level, BlockKind.QUOTE)
            case nodes.caption():
                self._writer.paragraph(_inline(node), BlockKind.CAPTION)
            case nodes.row():
                cells = (" ".join(map(_inline, entry.children)) for entry in node.children)
                self._writer.row(cells, is_header=isinstance(node.parent, nodes.thead))
            case nodes.table() | nodes.definition_list() | nodes.field_list() | nodes.option_list():
                self._writer.end_list()
                self.write(node, level)
            case nodes.line_block():
                self._writer.paragraph("\n".join(map(_inline, node.findall(nodes.line))), kind)
            case nodes.system_message():
                self._write_unknown(node, level)
            case nodes.topic() if "contents" in node["classes"]:
                pass
            case nodes.TextElement():
                self._writer.paragraph(_inline(node), kind)
            case nodes.Element() if not isinstance(node, _SKIPPED):
                self.write(node, level, kind)

    def _write_list(self, node: nodes.Node, depth: int) -> None:
        for place, item in enumerate(node.children):
            texts: list[str] = []
            label = _label(node, place)
            for child in item.children:
                if isinstance(child, nodes.paragraph):
                    texts.append(_inline(child))
                    continue
                if texts:
                    self._writer.item(" ".join(texts), depth, label)
                    texts, label = [], ""
                if isinstance(child, nodes.bullet_list | nodes.enumerated_list):
                    self._write_list(child, depth + 1)
                else:
                    self._write_node(child, 6, BlockKind.PARAGRAPH)
            self._writer.item(" ".join(texts), depth, label)

    def _write_pairs(self, node: nodes.Node) -> None:
        """Write a term with its definition, a field or an option as one item each."""
        if isinstance(node, nodes.docinfo):
            for field in node.children:
                if isinstance(field, nodes.field):
                    self._write_pairs(field)
                else:
                    self._writer.item(f"{type(field).__name__.capitalize()}: {_inline(field)}")
            return
        last = node.children[-1]
        simple = all(isinstance(child, nodes.paragraph) for child in last.children)
        term = " ".join(map(_inline, node.children[:-1]))
        self._writer.item(f"{term}: {' '.join(map(_inline, last.children))}" if simple and last.children else term)
        if not simple:
            self.write(last, 6)

    def _write_unknown(self, message: nodes.Node, level: int) -> None:
        """Write what an unknown directive holds, which docutils gives in a message about it."""
        for block in message.findall(nodes.literal_block):
            found = _UNKNOWN.match(block.astext())
            if found is None or _EMPTY.fullmatch(found["name"]) or self._nested >= _MAX_NESTED:
                continue
            lines = textwrap.dedent(found["content"]).split("\n")
            while lines and (_OPTION.match(lines[0]) or not lines[0].strip()):
                lines.pop(0)
            inner = _parse("\n".join([found["argument"].strip(), "", *lines]), self._name)
            _TreeReader(self._writer, self._deadline, self._name, self._nested + 1).write(inner, level + 1)


def _label(items: nodes.Node, place: int) -> str:
    """Return the number of an item of a list, such as "3."; "" where that has bullets."""
    if not isinstance(items, nodes.enumerated_list):
        return ""
    number = ordinal(items.get("start", 1) + place, _STYLES.get(items["enumtype"], "1"))
    return f"{items['prefix']}{number}{items['suffix']}"


def _inline(node: nodes.Node) -> str:
    """Return the text of a node without the marks of footnotes; a role that docutils does not know shows its title."""
    if isinstance(node, nodes.problematic):
        return _ROLE.sub(lambda role: role["title"] or role["target"], node.astext())
    if isinstance(node, nodes.Text):
        return str(node.astext())
    if isinstance(node, (nodes.footnote_reference, nodes.citation_reference, nodes.system_message, *_SKIPPED)):
        return ""
    holds_blocks = any(isinstance(child, nodes.Body) and not isinstance(child, nodes.Inline) for child in node.children)
    parts: list[str] = []
    for child in node.children:
        if isinstance(child, nodes.footnote_reference | nodes.citation_reference) and parts:
            parts[-1] = parts[-1].rstrip()
        parts.append(_inline(child))
    return (" " if holds_blocks else "").join(parts)
