import time
from contextlib import closing
from functools import partial

import pytest

from corpus.errors import NotAFeed, TooLarge, UnreadableDocument
from corpus.feeds.feed import Entry, Feed
from corpus.feeds.parser import MAX_BYTES, MAX_ENTRIES, read_feed
from corpus.isolation.process import ProcessWorker
from tests.waiting import PATIENCE

URL = "http://news.example/feed.xml"
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title>
<entry><id>tag:a</id><title>Ferry &amp; bridge</title><link href="/ferry#top"/>
<updated>2022-01-13T10:00:00Z</updated></entry>
<entry><id>tag:b</id><title>Note</title><content type="html">&lt;p&gt;High tide.&lt;/p&gt;</content></entry></feed>"""


def rss(items: str, head: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>Harbour</title>{items}</channel></rss>'.encode()


def only(items: str) -> Entry:
    (entry,) = read_feed(rss(items), URL).entries
    return entry


def test_atom_gives_its_entries() -> None:
    ferry = Entry(
        "tag:a", "http://news.example/ferry", "Ferry & bridge", None, None, False, "2022-01-13T10:00:00+00:00"
    )
    note = Entry("tag:b", None, "Note", None, "<p>High tide.</p>")
    assert Feed("Harbour", (ferry, note)) == read_feed(ATOM.encode(), URL)
    assert Feed("Harbour", ()) == read_feed(rss(""), URL)


def test_rss_entries_without_an_id_are_known_by_their_link() -> None:
    entry = only("<item><title>Tide</title><link>tide.html</link><description>High.</description></item>")
    link = "http://news.example/tide.html"
    assert (link, link, "Tide", "High.") == (entry.key, entry.link, entry.title, entry.content)


def test_entries_without_id_and_link_are_known_by_their_content() -> None:
    entry = only(f"<item><title>Tide</title><description>{'High. ' * 200}</description></item>")
    assert (None, 64) == (entry.link, len(entry.key))


@pytest.mark.parametrize(("guid", "link"), [("http://a.example/1", "http://a.example/1"), ("1", None), ("tag:1", None)])
def test_an_id_is_a_link_only_where_it_is_a_url(guid: str, link: str | None) -> None:
    assert (guid, link) == ((entry := only(f"<item><guid>{guid}</guid></item>")).key, entry.link)


ITEM = "<item><title>{}</title><link>{}</link>{}<description>{}</description></item>"
GUID = "<guid isPermaLink='false'>1</guid>"


@pytest.mark.parametrize(
    "items",
    [
        [("Ferry", "/a", GUID, ""), ("Tide", "/b", GUID, "")],
        [("Ferry", "/a", GUID, "It sails."), ("Tide", "/a", GUID, "It is high.")],
        [("Ferry", "", GUID, "It sails."), ("Ferry", "", GUID, "It stays.")],
        [("Ferry", "/a", "", ""), ("Tide", "/a", "", "")],
    ],
    ids=["id", "id and link", "id, title and no link", "link and no id"],
)
def test_entries_that_share_an_id_or_a_link_are_different_entries(items: list[tuple[str, ...]]) -> None:
    found = read_feed(rss("".join(ITEM.format(*item) for item in [*items, items[0]])), URL).entries
    assert [(title, content or None) for title, _, _, content in items] == [(one.title, one.content) for one in found]
    assert len(items) == len({one.key for one in found})


def test_the_key_of_an_entry_does_not_depend_on_the_other_entries_where_its_id_is_its_own() -> None:
    ferry, tide = ITEM.format("Ferry", "/a", "<guid>1</guid>", ""), ITEM.format("Tide", "/a", "<guid>2</guid>", "")
    assert ["1", "2"] == [entry.key for entry in read_feed(rss(ferry + tide), URL).entries]


@pytest.mark.parametrize("changed", [("Fare", "/a", "", "12 crowns."), ("Fee", "/a", "", "13 crowns.")])
def test_the_digest_of_an_entry_changes_with_its_words(changed: tuple[str, ...]) -> None:
    before = ITEM.format("Fee", "/a", "", "12 crowns.")
    assert only(before).digest == only(ITEM.format("Fee", "/a", "", "12 <![CDATA[<b>crowns.</b>]]>")).digest
    assert only(before).digest != only(ITEM.format(*changed)).digest


def test_a_date_of_publication_and_one_of_a_change_are_two_things() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id>{}</entry></feed>"
    written = "<published>2020-01-02T00:00:00Z</published><updated>2021-01-02T00:00:00Z</updated>"
    (entry,) = read_feed(atom.format(written).encode(), URL).entries
    assert ("2020-01-02T00:00:00+00:00", "2021-01-02T00:00:00+00:00") == (entry.published, entry.updated)
    dublin_core = "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>{}</channel></rss>"
    (entry,) = read_feed(
        dublin_core.format("<item><title>a</title><dc:date>2020-01-02</dc:date></item>").encode(), URL
    ).entries
    assert ("2020-01-02", None) == (entry.published, entry.updated)


def test_a_title_is_plain_text() -> None:
    item = "<item><title>Fish &amp;amp; &lt;b&gt;chips&lt;/b&gt; &amp;lt;3</title></item>"
    assert "Fish & chips <3" == only(item).title


JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour", "items": [
{"id": 2, "url": "/ferry#top", "title": "Ferry", "content_html": "<p>It sails.</p>", "content_text": "It",
"date_published": "2022-01-13T10:00:00Z", "date_modified": "2022-02-01"},
{"id": "a", "content_text": "High tide."}, {"external_url": "http://a.example/", "summary": "Low tide."}, 7, {}]}"""


def test_json_feed_gives_its_entries() -> None:
    ferry = Entry(
        "2", "http://news.example/ferry", "Ferry", "2022-01-13T10:00:00Z", "<p>It sails.</p>", True, "2022-02-01"
    )
    high, low = Entry("a", None, None, None, "High tide.", False), "http://a.example/"
    expected = Feed("Harbour", (ferry, high, Entry(low, low, None, None, "Low tide.", False)))
    assert expected == read_feed(JSON_FEED.encode(), URL)
    assert Feed(None, ()) == read_feed(b'{"version": "https://jsonfeed.org/version/1"}', URL)
    with pytest.raises(UnreadableDocument, match=r"is broken: Expecting ',' delimiter: line 4") as caught:
        read_feed(JSON_FEED.encode()[:-10], URL)
    assert not isinstance(caught.value, NotAFeed)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("Thu, 13 Jan 2022 10:00:00 +0100", "2022-01-13T09:00:00+00:00"),
        ("13 Jan 22 10:00 GMT", "2022-01-13T10:00:00+00:00"),
        ("2022-01-13", "2022-01-13"),
        ("13. Januar 2022", "13. Januar 2022"),  # parsed when the article is made
        ("soon", "soon"),
    ],
)
def test_dates_come_in_many_forms(written: str, understood: str) -> None:
    assert understood == only(f"<item><title>a</title><pubDate>{written}</pubDate></item>").published


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", ""),
        ("iso-8859-1", "iso-8859-1", "application/rss+xml"),
        ("cp1251", "utf-8", "text/xml; charset=windows-1251"),
        ("utf-16", "utf-16", ""),
        ("shift_jis", "shift_jis", ""),
    ],
)
def test_encodings_are_understood(encoding: str, declared: str, content_type: str) -> None:
    title = {"cp1251": "Гавань и мост", "shift_jis": "港の橋"}.get(encoding, "Brücke über den Hafen")
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    data = rss(f"<item><title>{title}</title></item>", head).decode().encode(encoding)
    assert title == read_feed(data, URL, content_type).entries[0].title


def test_broken_xml_gives_its_readable_entries() -> None:
    data = rss("<item><title>Fish & chips<b></title><link>http://a.example/1</link></item><item>")[:-20]
    assert "http://a.example/1" == read_feed(data, URL).entries[0].link


@pytest.mark.parametrize("data", [b"<html><body><p>No feed.</p></body></html>", b"words", b"", b'{"a": 1}', b"<opml/>"])
def test_other_documents_are_no_feed(data: bytes) -> None:
    with pytest.raises(NotAFeed, match=r"http://news\.example/feed\.xml is not an RSS, Atom or JSON feed\.$"):
        read_feed(data, URL)


@pytest.mark.parametrize("kind", ["application/rss+xml", "application/atom+xml"])
def test_the_error_names_the_feed_that_a_web_page_links_to(kind: str) -> None:
    page = f'<html><head><link rel="alternate" type="{kind}" href="/feeds/all"></head><body>Words</body></html>'
    with pytest.raises(NotAFeed, match=r"names this one: http://news\.example/feeds/all$"):
        read_feed(page.encode(), URL)


def test_the_error_names_the_line_of_a_broken_feed() -> None:
    with pytest.raises(UnreadableDocument, match=r"is broken: mismatched tag in line 3\.") as caught:
        read_feed(b"<rss version='2.0'><channel>\n\n</b></rss>", URL)
    assert not isinstance(caught.value, NotAFeed)


def test_empty_entries_are_left_out() -> None:
    assert "Tide" == only("<item/><item><title>Tide</title></item>").title
    with pytest.raises(UnreadableDocument, match="mismatched tag in line 2"):
        read_feed(b"<rss version='2.0'><channel><item>\n</rss>", URL)


LEVELS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "lol">{LEVELS}]><rss><channel>&a11;</channel></rss>'
FILE = '<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel><title>&f;</title></channel></rss>'


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"\x00\x01\x02" * 100, NotAFeed, "binary"),
        (BOMB.encode(), UnreadableDocument, "declares entities"),
        (BOMB.encode("utf-16"), UnreadableDocument, "declares entities"),
        (FILE.encode(), UnreadableDocument, "declares entities"),
    ],
)
def test_binary_and_entities_are_refused_before_they_are_parsed(
    data: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_feed(data, URL)


def test_a_feed_that_takes_too_long_to_parse_is_refused() -> None:
    begun = time.monotonic()
    with (
        closing(ProcessWorker()) as worker,
        pytest.raises(TooLarge, match="Reading the feed takes longer than the limit of 2 seconds"),
    ):
        worker.run(partial(read_feed, url=URL), rss("<a>" * 200_000), "the feed", seconds=2)
    assert time.monotonic() - begun < PATIENCE


def test_a_huge_feed_is_refused_and_a_long_one_cut() -> None:
    with pytest.raises(TooLarge, match="larger than the 5 MiB"):
        read_feed(b" " * (MAX_BYTES + 1), URL)
    items = "".join(f"<item><guid>{number}</guid></item>" for number in range(MAX_ENTRIES + 5))
    entries = read_feed(rss(items), URL).entries
    assert (MAX_ENTRIES, "0") == (len(entries), entries[0].key)


def test_lone_surrogates_are_replaced() -> None:
    title = only("<item><title>a&amp;#xD800;b</title></item>").title
    assert title is not None
    title.encode()
