"""A tree of HTML, or of what trafilatura makes of it, to readable text."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import trafilatura
from lxml import etree, html  # type: ignore[import-untyped]

from corpus.article import Draft, is_web_address, parse_published
from corpus.documents.encoding import charset_of_html, decode
from corpus.documents.limits import Deadline, Limits
from corpus.errors import CitelineError, InvalidArticle, TooLarge, UnreadableDocument

# trafilatura's own names (head, list, item, quote, row, cell, lb) stand beside those of HTML.
# fmt: off
_PARAGRAPHS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hgroup", "hr", "html", "legend", "list", "main", "menu", "ol", "p", "pre",
    "quote", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "ul",
})
_NEVER = frozenset({
    "audio", "button", "canvas", "datalist", "embed", "graphic", "iframe", "input", "map", "math",
    "nav", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "video",
})
# fmt: on
_LINES = frozenset({"br", "item", "lb", "li", "row", "tr"})
_ITEMS = frozenset({"item", "li"})
_ROWS = frozenset({"row", "tr"})
_CELLS = frozenset({"cell", "td", "th"})
_KEEP_SPACES = frozenset({"pre"})


def text_of(tree: Any, deadline: Deadline) -> str:
    """Return the text below an element: a blank line between paragraphs, an item or a row of a table a line.

    Walks without recursion, so that no depth of nesting harms it.
    """
    writer = _Writer()
    walker = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for count, (event, element) in enumerate(walker):
        if count % 4096 == 0:
            deadline.check()
        if event == "start" and isinstance(element.tag, str):
            if _is_skipped(element):
                walker.skip_subtree()
            else:
                writer.open(element)
        else:
            writer.close(element, element is tree)
    return writer.text()


def _is_skipped(element: Any) -> bool:
    return element.tag in _NEVER or (element.tag == "head" and _is_page_head(element))


def _is_page_head(element: Any) -> bool:
    """HTML's head, not a heading of trafilatura."""
    parent = element.getparent()
    return parent is not None and parent.tag == "html"


class _Writer:
    """Writes paragraphs of lines, and knows in which list, row and preformatted text it is."""

    def __init__(self) -> None:
        self._paragraphs: list[str] = []
        self._lines: list[str] = []
        self._line: list[str] = []
        self._items = self._cells = self._kept = self._in_row = 0

    def open(self, element: Any) -> None:
        """Take an element's start and the text that follows it."""
        tag = element.tag
        self._break(tag)
        self._items += tag in _ITEMS
        self._kept += tag in _KEEP_SPACES
        if tag in _ROWS:
            self._in_row = 0
        if tag in _CELLS:
            self._open_cell()
        self._add(element.text)

    def close(self, element: Any, is_root: bool) -> None:
        """Take an element's end and the text behind it."""
        tag = element.tag
        if isinstance(tag, str) and tag not in _NEVER:
            self._items -= tag in _ITEMS and self._items > 0
            self._cells -= tag in _CELLS and self._cells > 0
            self._break(tag)
            self._kept -= tag in _KEEP_SPACES and self._kept > 0
        if not is_root:
            self._add(element.tail)

    def text(self) -> str:
        """Return what is written."""
        self._end_paragraph()
        return "\n\n".join(self._paragraphs)

    def _open_cell(self) -> None:
        if self._in_row:
            self._line.append(" | ")
        self._in_row += 1
        self._cells += 1

    def _break(self, tag: str) -> None:
        if self._cells and (tag in _PARAGRAPHS or tag in _LINES):
            self._line.append(" ")
        elif tag in _LINES or (self._items and tag in _PARAGRAPHS):
            self._end_line()
        elif tag in _PARAGRAPHS:
            self._end_paragraph()

    def _add(self, text: str | None) -> None:
        if text is None:
            return
        if not self._kept or self._cells:
            self._line.append(text)
            return
        first, *others = text.split("\n")
        self._line.append(first)
        for other in others:
            self._end_line()
            self._line.append(other)

    def _end_line(self) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._kept else " ".join(line.split())
        self._line = []
        if line.strip(" |"):
            self._lines.append(line)

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._lines:
            self._paragraphs.append("\n".join(self._lines))
        self._lines = []


# trafilatura takes about 0.1 ms an element, more the deeper they nest (66 s for 36,000 of depth 90), and recurses.
# A page past this gives its whole text. Pages of newspapers have some 4,000 elements, 20 deep.
_MOST_ELEMENTS = 30_000
_DEEPEST = 100
_MOST_DEPTH_IN_ALL = 500_000
# The parser's time grows with the square of the names of a tag's attributes: 1 s for 20,000, 20 to 60 s for 80,000.
_MOST_SQUARED = 400_000_000
_LONG_TAG = 1000  # characters; what is shorter has few attributes
_LOOKS = (10_000_000, 5)  # characters that are looked at, and how often each of a longer page, on average
_S = r" \t\n\r\f"  # what HTML counts as space
_NAME = rf"[^{_S}/>][^{_S}/>=]*+"
_VALUE = rf"""(?:[{_S}]*+=[{_S}]*+(?:"[^"]*+"|'[^']*+'|[^{_S}>]*+))?+"""
_ATTRIBUTE = re.compile(f"({_NAME}){_VALUE}")
# Every place where a tag could begin, also within another: a comment may hold what looks like a tag with an open quote.
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
    """Return the article of a page and what its head says of it.

    The charset that a server declares comes before the page's own. Raises UnreadableDocument where nothing is to read.
    """
    declared = charset if charset is not None else charset_of_html(data)
    return read_markup(decode(data, name, declared), name, limits)


def read_markup(page: str, name: str, limits: Limits) -> Draft:
    """Return the article of a page that is decoded."""
    _check_markup(page, name, limits)
    deadline = Deadline(limits, name)
    with _wrapped(name):
        draft = _read(_parse(page), deadline) if _PAGE.search(page) else _read_piece(_parse(page), deadline)
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text to read. Pages that a script fills can't be read.")
    return draft


def body_text(markup: str, limits: Limits, name: str) -> str:
    """Return all text of some markup that a reader would see."""
    _check_markup(markup, name, limits)
    with _wrapped(name):
        try:
            return text_of(_parse(markup), Deadline(limits, name))
        except etree.ParserError:  # there is nothing but comments
            return ""


def _check_markup(markup: str, name: str, limits: Limits) -> None:
    """Raise TooLarge for markup whose parsing would take too much memory or time; nothing can interrupt it."""
    limits.check_tags(markup.count("<"), name)
    looked_at = squares = 0
    most = max(_LOOKS[0], _LOOKS[1] * len(markup))
    for found in _TAG.finditer(markup):
        start, end = found.span(1)
        looked_at += end - start
        if end - start > _LONG_TAG:
            squares += len(set(_ATTRIBUTE.findall(markup, start, end))) ** 2
        if squares > _MOST_SQUARED or looked_at > most:
            raise TooLarge(f"{name} has tags with more attributes than can be read.")


@contextmanager
def _wrapped(name: str) -> Iterator[None]:
    """Say whatever a broken page makes lxml and trafilatura raise in words of Citeline."""
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


def _read_piece(tree: Any, deadline: Deadline) -> Draft:
    """Read what a person pasted: all of it is meant."""
    return Draft(text=text_of(tree, deadline))


def _read(tree: Any, deadline: Deadline) -> Draft:
    if _is_vast(tree):
        return Draft(text=text_of(tree, deadline), title=_plain(tree.findtext(".//title")), language=_language(tree))
    found = _extract(tree, favor_recall=False)
    text = "" if found is None else text_of(found.body, deadline)
    if not text:
        found = _extract(tree, favor_recall=True)
        text = "" if found is None else text_of(found.body, deadline)
    about = trafilatura.extract_metadata(tree, date_config={"extensive_search": False, "original_date": True})
    return Draft(
        text=text if text else text_of(tree, deadline),
        title=_plain(about.title),
        url=about.url if about.url is not None and is_web_address(about.url) else None,
        published=_published(tree, about.date),
        source=_plain(about.sitename),
        language=_language(tree),
    )


def _is_vast(tree: Any) -> bool:
    depth = elements = total = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        total += depth if event == "start" else 0
        if depth > _DEEPEST or elements > _MOST_ELEMENTS or total > _MOST_DEPTH_IN_ALL:
            return True
    return False


def _extract(tree: Any, favor_recall: bool) -> Any:
    return trafilatura.bare_extraction(tree, favor_recall=favor_recall, include_comments=False, include_tables=True)


def _published(tree: Any, found: str | None) -> str | None:
    """Return the moment that the page's head gives, or else the day that trafilatura found."""
    for value in (str(tree.xpath(_PUBLISHED)), found):
        try:
            if value:
                return parse_published(value).text
        except InvalidArticle:
            continue
    return None


def _language(tree: Any) -> str | None:
    lang = str(tree.xpath("string(/html/@lang)")) or str(tree.xpath("string(//meta[@property='og:locale']/@content)"))
    match = _LANGUAGE.fullmatch(lang.strip())
    return None if match is None else match.group().replace("_", "-")


def _plain(value: str | None) -> str | None:
    return None if value is None else " ".join(value.split()) or None
