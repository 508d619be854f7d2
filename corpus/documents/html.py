"""HTML pages to drafts: the main text that trafilatura finds, and the metadata of the page."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import trafilatura
from lxml import etree, html  # type: ignore[import-untyped]

from corpus.article import Draft, is_web_address, parse_published
from corpus.documents.encoding import charset_of_html, decode
from corpus.documents.limits import Deadline, Limits
from corpus.errors import CitelineError, InvalidArticle, TooLarge, UnreadableDocument

# The tags of HTML, and those of trafilatura's trees (head, list, item, quote, row, cell, lb).
# fmt: off
_PARAGRAPH_TAGS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hgroup", "hr", "html", "legend", "list", "main", "menu", "ol", "p", "pre",
    "quote", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "ul",
})
_SKIPPED_TAGS = frozenset({
    "audio", "button", "canvas", "datalist", "embed", "graphic", "iframe", "input", "map", "math",
    "nav", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "video",
})
# fmt: on
_LINE_TAGS = frozenset({"br", "item", "lb", "li", "row", "tr"})
_ITEM_TAGS = frozenset({"item", "li"})
_ROW_TAGS = frozenset({"row", "tr"})
_CELL_TAGS = frozenset({"cell", "td", "th"})
# trafilatura recurses, and takes about 0.1 ms an element, more the deeper they nest (66 s for 36,000 of depth 90).
# Pages beyond these limits keep all their text. Pages of newspapers have some 4,000 elements, 20 deep.
_MAX_ELEMENTS = 30_000
_MAX_DEPTH = 100
_MAX_SUM_OF_DEPTHS = 500_000
# The parser's time grows with the square of a tag's attributes: 1 s for 20,000, 20 to 60 s for 80,000.
_MAX_SQUARED_ATTRIBUTES = 400_000_000
_LONG_TAG = 1000  # characters; shorter tags have few attributes
# Characters of tags to check, in all or for each character of a longer page: tags may nest in unclosed quotes.
_MAX_CHECKED, _MAX_CHECKED_FACTOR = 10_000_000, 5
_S = r" \t\n\r\f"  # the space characters of HTML
_NAME = rf"[^{_S}/>][^{_S}/>=]*+"
_VALUE = rf"""(?:[{_S}]*+=[{_S}]*+(?:"[^"]*+"|'[^']*+'|[^{_S}>]*+))?+"""
_ATTRIBUTE = re.compile(f"({_NAME}){_VALUE}")
# Every place where a tag could begin, even inside another: a comment may hold a "tag" with an open quote.
_TAG = re.compile(rf"<(?=([a-zA-Z](?:[{_S}/]*+{_NAME}{_VALUE})*+))")
_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.I)
_XML_START = re.compile(r"^\s*<\?xml[^>]*>", re.I)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PUBLISHED = (
    "string(//meta[@property='article:published_time' or @name='article:published_time' or @itemprop='datePublished'"
    " or @property='og:published_time' or @name='date' or @name='dc.date' or @name='DC.date.issued']/@content)"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")

for _name in ("trafilatura", "htmldate", "justext", "courlan"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def read_html(data: bytes, name: str, charset: str | None, limits: Limits) -> Draft:
    """Return the main text and the metadata of a page.

    `charset` is the server's, and wins over the page's own. Raises UnreadableDocument, or TooLarge past a limit.
    """
    declared = charset if charset is not None else charset_of_html(data)
    page = decode(data, name, declared)
    _check_markup(page, name, limits)
    deadline = Deadline(limits, name)
    with _wrapped_errors(name):
        tree = _parse(page)
        # A fragment was pasted by a person, who means all of it.
        draft = _read_page(tree, deadline) if _PAGE.search(page) else Draft(text=_text_of(tree, deadline))
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text to read. Pages that a script fills can't be read.")
    return draft


def body_text(markup: str, limits: Limits, name: str) -> str:
    """Return all visible text of a fragment of HTML. Raises UnreadableDocument, or TooLarge past a limit."""
    _check_markup(markup, name, limits)
    with _wrapped_errors(name):
        try:
            return _text_of(_parse(markup), Deadline(limits, name))
        except etree.ParserError:  # the fragment has nothing but comments
            return ""


def _check_markup(markup: str, name: str, limits: Limits) -> None:
    """Raise TooLarge for markup whose parsing, which can't be interrupted, would take too much memory or time."""
    limits.check_tags(markup.count("<"), name)
    checked = squares = 0
    max_checked = max(_MAX_CHECKED, _MAX_CHECKED_FACTOR * len(markup))
    for found in _TAG.finditer(markup):
        start, end = found.span(1)
        checked += end - start
        if end - start > _LONG_TAG:
            squares += len(set(_ATTRIBUTE.findall(markup, start, end))) ** 2
        if squares > _MAX_SQUARED_ATTRIBUTES or checked > max_checked:
            raise TooLarge(f"{name} has tags with more attributes than can be read.")


@contextmanager
def _wrapped_errors(name: str) -> Iterator[None]:
    """Raise UnreadableDocument for any error of lxml and trafilatura."""
    try:
        yield
    except CitelineError:
        raise
    except Exception as error:
        reason = str(error)[:100] if str(error) else type(error).__name__
        raise UnreadableDocument(f"{name} is not HTML that can be read: {reason}.") from error


def _parse(page: str) -> Any:
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8")
    clean = _NOT_XML.sub("", _XML_START.sub("", page))
    tree = html.document_fromstring(clean.encode("utf-8", "replace"), parser=parser)
    if any("depth" in entry.message for entry in parser.error_log):
        raise ValueError("it is nested too deeply")
    return tree


def _read_page(tree: Any, deadline: Deadline) -> Draft:
    if _is_too_complex(tree):
        return Draft(text=_text_of(tree, deadline), title=_plain(tree.findtext(".//title")), language=_language(tree))
    text = _main_text(tree, deadline, favor_recall=False) or _main_text(tree, deadline, favor_recall=True)
    metadata = trafilatura.extract_metadata(tree, date_config={"extensive_search": False, "original_date": True})
    published = None  # the moment in the page's metadata, or else the day that trafilatura found
    for value in (str(tree.xpath(_PUBLISHED)), metadata.date):
        with suppress(InvalidArticle):
            if value and published is None:
                published = parse_published(value).text
    return Draft(
        text=text if text else _text_of(tree, deadline),
        title=_plain(metadata.title),
        url=metadata.url if metadata.url is not None and is_web_address(metadata.url) else None,
        published=published,
        source=_plain(metadata.sitename),
        language=_language(tree),
    )


def _is_too_complex(tree: Any) -> bool:
    """Tell whether trafilatura would take too long for a tree."""
    depth = elements = total = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        total += depth if event == "start" else 0
        if depth > _MAX_DEPTH or elements > _MAX_ELEMENTS or total > _MAX_SUM_OF_DEPTHS:
            return True
    return False


def _main_text(tree: Any, deadline: Deadline, favor_recall: bool) -> str:
    """Return the main text of a page, empty where trafilatura finds none."""
    document: Any = trafilatura.bare_extraction(
        tree, favor_recall=favor_recall, include_comments=False, include_tables=True
    )
    return "" if document is None else _text_of(document.body, deadline)


def _language(tree: Any) -> str | None:
    lang = str(tree.xpath("string(/html/@lang)")) or str(tree.xpath("string(//meta[@property='og:locale']/@content)"))
    match = _LANGUAGE.fullmatch(lang.strip())
    return None if match is None else match.group().replace("_", "-")


def _plain(value: str | None) -> str | None:
    return None if value is None else " ".join(value.split()) or None


def _text_of(tree: Any, deadline: Deadline) -> str:
    """Return the text below an element: paragraphs between blank lines, one line for a list item or table row.

    Works without recursion, so that deep nesting does no harm.
    """
    writer = _HtmlWriter()
    walker = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for count, (event, element) in enumerate(walker):
        if count % 4096 == 0:
            deadline.check()
        if event == "start" and isinstance(element.tag, str):
            parent = element.getparent()
            is_page_head = element.tag == "head" and parent is not None and parent.tag == "html"
            if element.tag in _SKIPPED_TAGS or is_page_head:
                walker.skip_subtree()
            else:
                writer.open(element)
        else:
            writer.close(element, element is tree)
    return writer.text()


class _HtmlWriter:
    """Writes paragraphs of lines; counts the lists, cells and preformatted elements that it is in."""

    def __init__(self) -> None:
        self._paragraphs: list[str] = []
        self._lines: list[str] = []
        self._line: list[str] = []
        self._items = self._cells = self._preformatted = self._cells_of_row = 0

    def open(self, element: Any) -> None:
        """Write the text between the start of an element and its first child."""
        tag = element.tag
        self._break(tag)
        self._items += tag in _ITEM_TAGS
        self._preformatted += tag == "pre"
        if tag in _ROW_TAGS:
            self._cells_of_row = 0
        if tag in _CELL_TAGS:
            if self._cells_of_row:
                self._line.append(" | ")
            self._cells_of_row += 1
            self._cells += 1
        self._add(element.text)

    def close(self, element: Any, is_root: bool) -> None:
        """Write the text between the end of an element and its next sibling."""
        tag = element.tag
        if isinstance(tag, str) and tag not in _SKIPPED_TAGS:
            self._items -= tag in _ITEM_TAGS and self._items > 0
            self._cells -= tag in _CELL_TAGS and self._cells > 0
            self._break(tag)
            self._preformatted -= tag == "pre" and self._preformatted > 0
        if not is_root:
            self._add(element.tail)

    def text(self) -> str:
        """Return the written text."""
        self._end_paragraph()
        return "\n\n".join(self._paragraphs)

    def _break(self, tag: str) -> None:
        if self._cells and (tag in _PARAGRAPH_TAGS or tag in _LINE_TAGS):
            self._line.append(" ")
        elif tag in _LINE_TAGS or (self._items and tag in _PARAGRAPH_TAGS):
            self._end_line()
        elif tag in _PARAGRAPH_TAGS:
            self._end_paragraph()

    def _add(self, text: str | None) -> None:
        if text is None:
            return
        if not self._preformatted or self._cells:
            self._line.append(text)
            return
        first, *others = text.split("\n")
        self._line.append(first)
        for other in others:
            self._end_line()
            self._line.append(other)

    def _end_line(self) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._preformatted else " ".join(line.split())
        self._line = []
        if line.strip(" |"):
            self._lines.append(line)

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._lines:
            self._paragraphs.append("\n".join(self._lines))
        self._lines = []
