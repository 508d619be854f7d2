"""Writes an Atom feed (RFC 4287)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

_NAMESPACE = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """An entry: its id (an IRI), when it came (ISO 8601), and the address that it leads to, where it has one."""

    id: str
    title: str
    updated: str
    text: str
    link: str | None


def write_atom(feed_id: str, title: str, address: str, updated: str, entries: Iterable[AtomEntry]) -> bytes:
    """Return a feed, whose own address is given; `updated` is when it last changed."""
    root = etree.Element(f"{{{_NAMESPACE}}}feed", nsmap={None: _NAMESPACE})
    for name, text in (("id", feed_id), ("title", title), ("updated", updated)):
        _add(root, name, text)
    _add(_add(root, "author"), "name", "Citeline")
    _add(root, "link", rel="self", type="application/atom+xml", href=address)
    for entry in entries:
        node = _add(root, "entry")
        for name, text in (("id", entry.id), ("title", entry.title), ("updated", entry.updated)):
            _add(node, name, text)
        if entry.link is not None:
            _add(node, "link", rel="alternate", href=entry.link)
        _add(node, "content", entry.text, type="text")
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    values = {key: _NOT_XML.sub("\ufffd", value) for key, value in attributes.items()}
    node = etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", values)
    node.text = None if text is None else _NOT_XML.sub("\ufffd", text)
    return node
