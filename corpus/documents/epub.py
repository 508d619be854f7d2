"""E-books (EPUB) to drafts: their chapters in reading order, and the metadata of the package."""

import posixpath
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from corpus.article import BlockKind, Draft
from corpus.documents.dates import read_date
from corpus.documents.encoding import charset_of_html, decode
from corpus.documents.html import write_fragment
from corpus.documents.limits import Limits
from corpus.documents.office.archive import DocumentArchive
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_LABEL = "an e-book (EPUB)"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = frozenset({"application/xhtml+xml", "text/html"})
_HEADING = re.compile(r"<h[1-6][\s>]", re.I)


def read_epub(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the draft of an e-book. A chapter without a heading has that of the table of contents.

    Raises UnreadableDocument where it is broken, protected or has no text, TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    with DocumentArchive(data, name, _LABEL, limits) as archive:
        root = next((each.get("full-path") for each in archive.xml(_CONTAINER).iter("{*}rootfile")), None)
        if root is None:
            raise archive.broken()
        package = archive.xml(root)
        manifest = {item.get("id"): item for item in package.iter("{*}item")}
        spine = [manifest[each.get("idref")] for each in package.iter("{*}itemref") if each.get("idref") in manifest]
        chapters = dict.fromkeys(
            _path(root, item.get("href", ""))
            for item in spine
            if item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
        )
        if not set(_encrypted(archive)).isdisjoint(chapters):
            raise UnreadableDocument(f"{name} is protected against reading by other programs (DRM).")
        contents = _contents(archive, root, list(manifest.values()))
        for chapter in chapters:
            page = archive.read(chapter)
            markup = decode(page, name, charset_of_html(page))
            if chapter in contents and not _HEADING.search(markup):
                writer.heading(contents[chapter], 2)
            write_fragment(markup, writer, limits, name)
            writer.end_list()
        metadata = {part: package.findtext(f".//{_DC}{part}") for part in ("title", "date", "language", "publisher")}
    plain = {part: " ".join(value.split()) or None for part, value in metadata.items() if value is not None}
    draft = writer.draft(
        title=plain.get("title"),
        published=read_date(plain.get("date")),
        language=plain.get("language"),
        source=plain.get("publisher"),
    )
    if all(block.kind is BlockKind.HEADING for block in draft.blocks):
        raise UnreadableDocument(f"{name} holds no text, only pictures.")
    return draft


def _path(base: str, href: str) -> str:
    """Return the member that a reference in another member leads to."""
    try:
        path = urlsplit(href).path
    except ValueError:  # a wrong host
        path = ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(path)))


def _encrypted(archive: DocumentArchive) -> list[str]:
    """Return the members that are encrypted; fonts often are, without any protection of the text."""
    if _ENCRYPTION not in archive.names:
        return []
    return [unquote(each.get("URI", "")) for each in archive.xml(_ENCRYPTION).iter("{*}CipherReference")]


def _contents(archive: DocumentArchive, root: str, items: list[Any]) -> dict[str, str]:
    """Return the headings of the table of contents (EPUB 3 or 2) by the member that they lead to."""
    found: dict[str, str] = {}
    for item in items:
        path = _path(root, item.get("href", ""))
        if path not in archive.names:
            continue
        if "nav" in item.get("properties", "").split():
            links = archive.xml(path).iter("{*}a")
            pairs = [(link.get("href", ""), "".join(link.itertext())) for link in links]
        elif item.get("media-type") == "application/x-dtbncx+xml":
            points = archive.xml(path).iter("{*}navPoint")
            pairs = [(_source(point), point.findtext("{*}navLabel/{*}text", "")) for point in points]
        else:
            continue
        for href, label in pairs:
            if href and " ".join(label.split()):
                found.setdefault(_path(path, href), " ".join(label.split()))
    return found


def _source(point: Any) -> str:
    content = point.find("{*}content")
    return "" if content is None else str(content.get("src", ""))
