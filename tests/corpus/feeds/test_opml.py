import pytest

from corpus.errors import TooLarge, UnreadableDocument
from corpus.feeds.opml import MAX_BYTES, MAX_FEEDS, read_opml, write_opml


def opml(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><body>{body}</body></opml>'.encode()


def test_feeds_are_found_in_folders_and_each_once() -> None:
    inner = '<outline text="b" XMLURL="http://b.example/?a=1&amp;b=2"/><outline xmlUrl="http://a.example/"/>'
    data = opml(f'<outline text="a" xmlUrl="http://a.example/"/><outline text="folder">{inner}</outline>')
    assert ["http://a.example/", "http://b.example/?a=1&b=2"] == read_opml(data, "feeds.opml")


def test_written_opml_reads_the_same() -> None:
    feeds = [("http://a.example/?x=1&y=\"2'", 'Fish & <chips> "now"'), ("http://b.example/", None)]
    assert [url for url, _ in feeds] == read_opml(write_opml(feeds).encode(), "feeds.opml")


def test_an_old_encoding_is_understood() -> None:
    data = (
        '<?xml version="1.0" encoding="iso-8859-1"?><opml><outline text="Brücke" xmlUrl="http://a.example/ü"/></opml>'
    )
    assert ["http://a.example/ü"] == read_opml(data.encode("iso-8859-1"), "feeds.opml")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<opml><body>", r"feeds.opml is not OPML that can be read: Premature end .*, line 1, column 13\.$"),
        (b"<rss></rss>", "its root is <rss>"),
        (opml(""), "lists no feeds"),
        (b"", "is not OPML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><opml>&b;</opml>', "holds a DOCTYPE"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><opml>&b;</opml>'.encode("utf-16"), "holds a DOCTYPE"),
    ],
)
def test_other_documents_are_refused_as_opml(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words):
        read_opml(data, "feeds.opml")


def test_too_large_and_too_many_are_refused() -> None:
    with pytest.raises(TooLarge, match="2 MiB"):
        read_opml(b" " * (MAX_BYTES + 1), "feeds.opml")
    with pytest.raises(TooLarge, match="5,001 feeds"):
        read_opml(opml("".join(f'<outline xmlUrl="http://{n}.example/"/>' for n in range(MAX_FEEDS + 1))), "f")


def test_an_outline_of_many_attributes_is_refused() -> None:
    def outline(count: int) -> bytes:
        attributes = " ".join(f'k{number}="1"' for number in range(count))
        return f'<opml><outline {attributes} xmlUrl="http://a.b/"/></opml>'.encode()

    assert ["http://a.b/"] == read_opml(outline(900), "x.opml")
    with pytest.raises(TooLarge, match=r"^x\.opml has a tag with more than 1,000 attributes\.$"):
        read_opml(outline(80_000), "x.opml")
