"""Parses HTML that comes from anyone: what would take too much time or memory is refused before the parser sees it."""

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.limits import Limits, wrapped_errors
from corpus.errors import TooLarge, UnreadableDocument

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
_XML_START = re.compile(r"^\s*<\?xml[^>]*>", re.I)
_HEAD_TAGS = {"base", "link", "meta", "noscript", "script", "style", "template", "title"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def check_markup(markup: str, name: str, limits: Limits) -> None:
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


def parse(markup: str, name: str) -> Any:
    """Return the tree of a page or fragment, without comments; None where there is nothing else.

    Raises UnreadableDocument where it is empty or nested too deeply.
    """
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8")
    clean = _NOT_XML.sub("", _XML_START.sub("", markup))
    with wrapped_errors(name, "HTML", etree.LxmlError):
        tree = etree.fromstring(clean.encode("utf-8", "replace"), parser=parser)
    if any("depth" in entry.message for entry in parser.error_log):
        raise UnreadableDocument(f"{name} is not HTML that can be read: it is nested too deeply.")
    if tree is not None:
        _end_head(tree)
    return tree


def _end_head(tree: Any) -> None:
    """Move to the body what can't stand in the head: libxml2 keeps it there where the page leaves out its tags."""
    head = tree.find("head")
    first = None if head is None else next((one for one in head if one.tag not in _HEAD_TAGS), None)
    if first is None:
        return
    body = tree.find("body")
    if body is None:
        body = etree.SubElement(tree, "body")
    content = [first, *first.itersiblings()]
    content[-1].tail, body.text = (content[-1].tail or "") + (body.text or ""), None
    body[:0] = content
