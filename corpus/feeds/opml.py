"""Lists of feeds as feed readers exchange them: OPML."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.encoding import charset_of_html, decode
from corpus.errors import TooLarge, UnreadableDocument

MAX_BYTES = 2 * 2**20
MAX_FEEDS = 5000
MAX_ATTRIBUTES = 1000  # of a tag; the parser's time grows with their square: 7.6 s for 0.9 MB
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")


def read_opml(data: bytes, name: str) -> list[str]:
    """Return the urls of the feeds in an OPML file, each once; raises UnreadableDocument, TooLarge."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{name} is larger than the {MAX_BYTES // 2**20} MiB that are read of a list of feeds.")
    text = _DECLARATION.sub("", decode(data, name, charset_of_html(data)).removeprefix("\ufeff"))
    if "<!doctype" in text.lower() or "<!entity" in text.lower():
        raise UnreadableDocument(f"{name} holds a DOCTYPE, which is not read in a list of feeds.")
    if any(tag.count("=") > MAX_ATTRIBUTES for tag in text.split("<")):
        raise TooLarge(f"{name} has a tag with more than {MAX_ATTRIBUTES:,} attributes.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableDocument(f"{name} is not OPML that can be read: {error.msg}.") from error
    if etree.QName(root).localname.lower() != "opml":
        raise UnreadableDocument(f"{name} is not OPML: its root is <{etree.QName(root).localname}>.")
    # Not items(): it looks up every attribute from the first one on, 26 s for an outline of 40,000.
    outlines = ((outline, key) for outline in root.iter("outline") for key in outline.keys())  # noqa: SIM118
    values = (outline.get(key).strip() for outline, key in outlines if key.lower() == "xmlurl")
    urls = list(dict.fromkeys(value for value in values if value))
    if not urls:
        raise UnreadableDocument(f"{name} lists no feeds (outlines with an xmlUrl).")
    if len(urls) > MAX_FEEDS:
        raise TooLarge(f"{name} lists {len(urls):,} feeds; {MAX_FEEDS:,} are read.")
    return urls


def write_opml(feeds: Iterable[tuple[str, str | None]]) -> str:
    """Return OPML 2.0 of feeds, each a url and a title."""
    lines = [
        f'    <outline type="rss" text={quoteattr(url if title is None else title)} xmlUrl={quoteattr(url)}/>'
        for url, title in feeds
    ]
    head = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head><title>Feeds</title></head>"]
    return "\n".join([*head, "  <body>", *lines, "  </body>", "</opml>"])
