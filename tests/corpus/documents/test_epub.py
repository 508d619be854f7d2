import pytest

from corpus.article import BlockKind
from corpus.documents import Limits, read_document
from corpus.errors import TooLarge, UnreadableDocument
from tests.sample_documents import archive

PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
<dc:title>The Ferry</dc:title><dc:date>2024-03-05</dc:date><dc:language>en</dc:language>
<dc:publisher>Harbour Press</dc:publisher></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="one" href="text/one%20a.xhtml" media-type="application/xhtml+xml"/>
<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
<item id="cover" href="cover.jpg" media-type="image/jpeg"/></manifest>
<spine><itemref idref="cover"/><itemref idref="nav"/><itemref idref="one"/><itemref idref="two"/>
<itemref idref="one"/><itemref idref="missing"/></spine></package>"""
DOCTYPE = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'


def page(body: str) -> bytes:
    return f"{DOCTYPE}<head><title>Not read</title></head><body>{body}</body></html>".encode()


def book(**members: bytes) -> bytes:
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    links = '<nav><a href="text/one%20a.xhtml">One</a><a href="text/two.xhtml#top">The rope</a></nav>'
    return archive(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "OEBPS/book.opf": PACKAGE.encode(),
            "OEBPS/nav.xhtml": page(links),
            "OEBPS/text/one a.xhtml": page("<h1>The harbour</h1><p>It lies north.</p><ul><li>Rope</li></ul>"),
            "OEBPS/text/two.xhtml": page("<ul><li>Lamp</li></ul>"),
            **members,
        }
    )


def test_reads_chapters_in_order_with_their_headings_and_metadata() -> None:
    draft = read_document(book(), "ferry.epub")
    assert [
        (BlockKind.HEADING, "The harbour"),
        (BlockKind.PARAGRAPH, "It lies north."),
        (BlockKind.ITEM, "Rope"),
        (BlockKind.HEADING, "The rope"),
        (BlockKind.ITEM, "Lamp"),
    ] == [(block.kind, draft.text[block.start : block.end]) for block in draft.blocks]
    assert ("The Ferry", "2024-03-05", "en") == (draft.title, draft.published, draft.language)
    assert "Harbour Press" == draft.source


def test_headings_come_from_the_contents_of_epub_2_as_well() -> None:
    ncx = """<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">
    <ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Of the lamp</text></navLabel>
    <content src="text/two.xhtml"/></navPoint></navMap></ncx>"""
    item = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    package = PACKAGE.replace(' properties="nav"', "").replace("</manifest>", f"{item}</manifest>")
    data = book(**{"OEBPS/toc.ncx": ncx.encode(), "OEBPS/book.opf": package.encode()})
    assert "Of the lamp\n\nLamp" in read_document(data, "ferry.epub").text


def test_a_protected_hostile_or_broken_book_is_refused() -> None:
    locked = '<encryption><CipherReference URI="OEBPS/text/two.xhtml"/></encryption>'
    with pytest.raises(UnreadableDocument, match=r"a\.epub is protected .* \(DRM\)"):
        read_document(book(**{"META-INF/encryption.xml": locked.encode()}), "a.epub")
    fonts = locked.replace("text/two.xhtml", "font.otf")
    assert "Lamp" in read_document(book(**{"META-INF/encryption.xml": fonts.encode()}), "a.epub").text
    with pytest.raises(UnreadableDocument, match=r"a\.epub is not an e-book \(EPUB\) that can be read"):
        read_document(book(**{"OEBPS/book.opf": b"<package>"}), "a.epub")
    with pytest.raises(TooLarge, match="more than 200 times"):
        read_document(book(**{"OEBPS/text/two.xhtml": page("<p>" + "a" * 5_000_000)}), "a.epub")
    with pytest.raises(TooLarge, match="tags"):
        read_document(book(), "a.epub", limits=Limits(max_tags=20))
    with pytest.raises(UnreadableDocument, match="holds no text"):
        read_document(book(**{"OEBPS/text/two.xhtml": page(""), "OEBPS/text/one a.xhtml": page("")}), "a.epub")
