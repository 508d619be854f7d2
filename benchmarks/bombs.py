"""Hostile documents: small inputs that cost a careless parser much time or memory."""

# ruff: noqa: PLW0108 - a lambda makes the bytes of a bomb only when it is called

import gzip
import io
import random
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from corpus.article import Article
from corpus.documents import DEFAULT_LIMITS, read_document, worker_seconds
from corpus.documents.toml import read_sidecar
from corpus.feeds.opml import read_opml
from corpus.feeds.parser import read_feed
from corpus.fetching.robots import applicable_rules, check_rules
from corpus.fetching.sitemaps import read_sitemap
from corpus.isolation.worker import Worker

_URL = "https://hostile.example/"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Bomb:
    """A hostile document. `make` returns its bytes, `parse` is what the service does with them in a worker.

    `is_document` where its text becomes an article.
    """

    name: str
    make: Callable[[], bytes]
    parse: Callable[[bytes], Any]
    is_document: bool = False

    def read(self, data: bytes, worker: Worker) -> str:
        """Read its data as the service does, and return what became of it; raises InvalidInput for a refusal."""
        found = worker.run(self.parse, data, self.name, worker_seconds(data, DEFAULT_LIMITS))
        if not self.is_document:
            return "read"
        return f"read: {len(Article.from_draft(found).text):,} characters"


def _document(name: str, make: Callable[[], bytes]) -> Bomb:
    return Bomb(name, make, partial(read_document, name=name), is_document=True)


def _archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _office(kind: str, part: str, content: bytes, others: dict[str, bytes] | None = None) -> bytes:
    """Return an Open XML document whose main part is `content`."""
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" \
ContentType="application/xml"/><Default Extension="rels" \
ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/{part}" \
ContentType="{_OFFICE}.{kind}.main+xml"/></Types>'
    relations = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship \
Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="{part}"/>\
</Relationships>'
    members = {"[Content_Types].xml": types.encode(), "_rels/.rels": relations.encode(), part: content}
    return _archive(members if others is None else members | others)


def _docx(body: str) -> bytes:
    content = f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'
    return _office("wordprocessingml.document", "word/document.xml", content.encode())


def _open_document(kind: str, body: str) -> bytes:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = f"<office:document-content {names}><office:body>{body}</office:body></office:document-content>"
    media_type = f"application/vnd.oasis.opendocument.{kind}"
    return _archive({"mimetype": media_type.encode(), "content.xml": content.encode()})


def _incompressible(markup: str, count: int) -> str:
    """Return markup so many times, each with a comment that zip can't compress."""
    noise = random.Random(1)
    return "".join(f"{markup}<!--{noise.randbytes(120).hex()}-->" for _ in range(count))


def _pdf(contents: bytes, pages: int = 1, resources: str = "", more: tuple[bytes, ...] = ()) -> bytes:
    """Return a PDF of which all pages have the same contents; `more` are its objects from number 5 on."""
    packed = zlib.compress(contents, 9)
    kids = "3 0 R " * pages
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {pages}/Kids[{kids}]>>".encode(),
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1\
/BaseFont/Helvetica>>>>{resources}>>>>".encode(),
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(packed), packed),
        *more,
    ]
    return pdf_file(objects)


def pdf_file(objects: Sequence[bytes], trailer: str = "") -> bytes:
    """Return a PDF of objects, numbered from 1; the first is its catalog. `trailer` has further entries."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()


def _form(number: int) -> bytes:
    """Return a form of a PDF that draws the next one ten times."""
    body = b"/X Do " * 10
    head = (
        f"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {number + 1} 0 R>>>>/Length {len(body)}>>"
    )
    return head.encode() + b"stream\n" + body + b"\nendstream"


def _page(body: str) -> bytes:
    return f"<!DOCTYPE html><html><head><title>Bomb</title></head><body>{body}</body></html>".encode()


def _numbered(template: str, count: int) -> str:
    return "".join(template.format(number) for number in range(count))


def _robots() -> list[Bomb]:
    agents = _numbered("User-agent: bot-{0}\n", 2500)
    rules = _numbered("Disallow: /{0}\n", 4000)
    wild = "User-agent: *\n" + ("Disallow: /" + "*a" * 900 + "*b\n") * 270
    long_url = partial(check_rules, url=_URL + "a" * 1900)
    return [
        Bomb("robots.txt: agents times rules", lambda: (agents + "User-agent: *\n" + rules).encode(), applicable_rules),
        Bomb("robots.txt: groups", lambda: ("User-agent: *\nDisallow: /a\n" * 18_000).encode(), applicable_rules),
        Bomb("robots.txt: wildcards", lambda: applicable_rules(wild.encode()), long_url),
        Bomb("robots.txt: one line", lambda: b"Disallow" * 64_000, applicable_rules),
    ]


def _toml() -> list[Bomb]:
    dotted = "a." * 30_000 + "a = 1\n"
    sidecar = partial(read_sidecar, name="bomb.txt.toml")
    return [
        Bomb("sidecar: dotted key", dotted.encode, sidecar),
        Bomb("sidecar: dotted keys", lambda: _numbered("a." * 20 + "b{0} = 1\n", 1200).encode(), sidecar),
        Bomb("sidecar: tables", lambda: _numbered("[[a.b.c.d]]\ne{0}.f = 1\n", 2500).encode(), sidecar),
        Bomb("sidecar: nested arrays", lambda: b"a = " + b"[" * 60_000, sidecar),
        Bomb("sidecar: bare word", lambda: b"a" * 65_000, sidecar),
        _document("front-matter-toml.md", lambda: f"+++\n{dotted}+++\nWords.".encode()),
        _document(
            "front-matter-aliases.md",
            lambda: ("---\na0: &a0 [x]\n" + _numbered("b{0}: &b{0} [*a0, *a0, *a0]\n", 1500) + "---\nWords.").encode(),
        ),
        _document("front-matter-nested.md", lambda: b"---\na: " + b"[" * 60_000 + b"\n---\nWords."),
        _document("front-matter-json.md", lambda: b'{"a": ' + b"[" * 60_000 + b"\n\nWords."),
    ]


def _lists() -> list[Bomb]:
    attributes = _numbered(' k{0}="1"', 80_000)
    opml, sitemap = partial(read_opml, name="bomb.opml"), partial(read_sitemap, url=f"{_URL}sitemap.xml")
    entry = "<url><loc>https://hostile.example/{0}</loc></url>"
    return [
        Bomb("OPML: attributes", lambda: f"<opml><outline{attributes}/></opml>".encode(), opml),
        Bomb("OPML: nested", lambda: b"<opml>" + b"<outline>" * 200_000, opml),
        Bomb("OPML: outlines", lambda: f"<opml>{'<outline/>' * 200_000}</opml>".encode(), opml),
        Bomb("sitemap: attributes", lambda: f"<urlset{attributes}></urlset>".encode(), sitemap),
        Bomb("sitemap: entries", lambda: f"<urlset>{_numbered(entry, 300_000)}</urlset>".encode(), sitemap),
        Bomb("sitemap: gzip", lambda: gzip.compress(b"<urlset>" + b" " * 2**30), sitemap),
        Bomb("sitemap: long entry", lambda: b"<urlset><url><loc>" + b"a" * 15_000_000, sitemap),
        Bomb("sitemap: many children", lambda: b"<urlset><url>" + b"<a/>" * 4_000_000, sitemap),
    ]


def _feeds() -> list[Bomb]:
    def rss(items: str) -> bytes:
        return f'<rss version="2.0"><channel><title>Bomb</title>{items}</channel></rss>'.encode()

    parse = partial(read_feed, url=f"{_URL}feed")
    item = "<item><title>a</title><guid>1</guid><description>{0}</description></item>"
    attributes = _numbered(' k{0}="1"', 80_000)
    return [
        Bomb("feed: unclosed tags", lambda: rss("<a>" * 200_000), parse),
        Bomb("feed: open brackets", lambda: rss(item.format("<![CDATA[" + "<" * 2_000_000 + "]]>")), parse),
        Bomb("feed: attributes", lambda: rss(f"<item{attributes}><title>a</title></item>"), parse),
        Bomb("feed: items", lambda: rss("<item><title>a</title></item>" * 150_000), parse),
        Bomb("feed: ampersands", lambda: rss("<item><title>" + "&" * 2_000_000), parse),
        Bomb("feed: comments", lambda: rss("<!--" * 1_000_000), parse),
        Bomb(
            "JSON Feed: nested",
            lambda: b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 10**6,
            parse,
        ),
        Bomb(
            "JSON Feed: numbers",
            lambda: b'{"version": "https://jsonfeed.org/version/1", "items": [' + b"1," * 2_400_000 + b"1]}",
            parse,
        ),
    ]


def _web() -> list[Bomb]:
    attributes = _numbered(" k{0}=1", 80_000)
    table = "<table>" + "<tr>" + "<td>a" * 3000 + "</table>"
    return [
        _document("nested.html", lambda: _page("<div>" * 200_000 + "words")),
        _document("inline.html", lambda: _page("<b><i>" * 100_000 + "words")),
        _document("attributes.html", lambda: _page(f"<p{attributes}>Words.</p>")),
        _document("quotes.html", lambda: _page("<a b='" * 300_000)),
        _document("tags.html", lambda: _page("<p>a" * 1_900_000)),
        _document("paragraphs.html", lambda: _page("<article>" + "<p>The ferry sails at noon today.</p>" * 25_000)),
        _document("links.html", lambda: _page("<div><a href=b>a</a></div>" * 29_000)),
        _document("deep-lists.html", lambda: _page("<ul><li>a" * 30_000)),
        _document("tables.html", lambda: _page(table * 60)),
        _document("nested-tables.html", lambda: _page("<table><tr><td>a" * 20_000)),
        _document("colspan.html", lambda: _page("<table>" + "<tr><td colspan=1000 rowspan=60000>a</td></tr>" * 5000)),
        _document(
            "styles.html", lambda: _page("<p style='" + "display:none;" * 100_000 + "'>a</p>" + "<p>Words.</p>" * 9)
        ),
        _document(
            "selectors.html", lambda: _page("<style>" + ".a .b{display:none}" * 50_000 + "</style><p>Words.</p>")
        ),
        _document(
            "script-data.html", lambda: _page('<script type="application/ld+json">' + "[" * 1_000_000 + "</script>")
        ),
        _document("formulas.html", lambda: _page("<math>" + "<mrow><msup>" * 100_000 + "</math><p>Words.</p>")),
        _document("spaces.html", lambda: _page("<p>a" + " \n" * 4_000_000 + "b</p>")),
        _document("entities.html", lambda: _page("&amp;" * 3_000_000)),
        _document(
            "nested.mhtml",
            lambda: b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n" + b"--a\n\n" * 300_000,
        ),
    ]


def _pdfs() -> list[Bomb]:
    lines = b"".join(b"BT /F 9 Tf 9 %d Td (The ferry sails at noon today.) Tj ET\n" % n for n in range(60))
    forms = tuple(_form(number) for number in range(5, 15))
    return [
        _document("operators.pdf", lambda: _pdf(b"0 0 m 9 9 l S " * 3_000_000)),
        _document("texts.pdf", lambda: _pdf(b"BT /F 9 Tf (a) Tj ET\n" * 400_000)),
        _document("same-page.pdf", lambda: _pdf(lines, 1999)),
        _document("many-pages.pdf", lambda: _pdf(lines, 200_000)),
        _document("operators-on-each-page.pdf", lambda: _pdf(b"q Q " * 100_000, 1999)),
        _document("forms.pdf", lambda: _pdf(b"/X Do", 1, "/XObject<</X 5 0 R>>", forms)),
        _document("nested-arrays.pdf", lambda: _pdf(b"[" * 2_000_000)),
        _document("stream.pdf", lambda: _pdf(b" " * 900_000_000)),
        _document("loop.pdf", lambda: _pdf(lines).replace(b"/Kids[3 0 R ]", b"/Kids[2 0 R ]")),
        _document("objects.pdf", lambda: b"%PDF-1.4\n" + b"1 0 obj\n<<" * 500_000 + b"\n%%EOF"),
    ]


def _offices() -> list[Bomb]:
    deep = "<w:tbl><w:tr><w:tc><w:p/>" * 60 + "</w:tc></w:tr></w:tbl>" * 60
    nested = "<w:tbl><w:tr><w:tc>" * 4000 + "<w:p><w:r><w:t>a</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * 4000
    runs = "<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 2500 + "</w:p>"
    boxes = "<w:p><w:r><w:txbxContent>" * 5000 + "</w:txbxContent></w:r></w:p>" * 5000
    sheet_head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    cell = '<row r="{0}"><c r="XFD{0}" t="inlineStr"><is><t>a</t></is></c></row>'
    repeated = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell \
table:number-columns-repeated="16000"><text:p>a</text:p></table:table-cell></table:table-row>'
    return [
        _document("nested-tables.docx", lambda: _docx(nested)),
        _document("wide-nested-tables.docx", lambda: _docx(_incompressible(deep, 250))),
        _document("runs.docx", lambda: _docx(_incompressible(runs, 120))),
        _document("text-boxes.docx", lambda: _docx(boxes)),
        _document("paragraphs.docx", lambda: _docx(_incompressible("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 1000, 300))),
        _document("zip.docx", lambda: _docx(" " * 190_000_000)),
        _document("far-cells.xlsx", lambda: _workbook(sheet_head + _numbered(cell, 1_000_000))),
        _document(
            "nested.odt", lambda: _open_document("text", "<office:text>" + "<text:list><text:list-item>" * 50_000)
        ),
        _document(
            "repeated.ods",
            lambda: _open_document(
                "spreadsheet",
                f"<office:spreadsheet><table:table>{repeated * 100}</table:table></office:spreadsheet>",
            ),
        ),
        _document("groups.rtf", lambda: b"{\\rtf1 " + b"{\\b " * 500_000),
        _document("binary.rtf", lambda: b"{\\rtf1 " + b"\\'e4" * 4_000_000 + b"}"),
        _document("many.epub", _epub),
        _document("zip-in-zip.docx", lambda: _archive({"a.zip": _archive({"b": b" " * 100_000_000})})),
        _document("files.docx", lambda: _archive({f"{number}.xml": b"" for number in range(60_000)})),
    ]


def _workbook(sheet: str) -> bytes:
    name = "http://schemas.openxmlformats.org"
    book = (
        f'<workbook xmlns="{name}/spreadsheetml/2006/main" xmlns:r="{name}/officeDocument/2006/relationships"><sheets>\
<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    relations = f'<Relationships xmlns="{name}/package/2006/relationships"><Relationship Id="r1" \
Type="{name}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    others = {
        "xl/worksheets/sheet1.xml": f"{sheet}</sheetData></worksheet>".encode(),
        "xl/_rels/workbook.xml.rels": relations.encode(),
    }
    return _office("spreadsheetml.sheet", "xl/workbook.xml", book.encode(), others)


def _epub() -> bytes:
    chapter = (
        b"<html xmlns='http://www.w3.org/1999/xhtml'><body>" + b"<div>" * 200 + b"<p>a</p>" * 2000 + b"</body></html>"
    )
    items = _numbered('<item id="c{0}" href="{0}.xhtml" media-type="application/xhtml+xml"/>', 3000)
    spine = _numbered('<itemref idref="c{0}"/>', 3000)
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    )
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile \
full-path="a.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    members = {"mimetype": b"application/epub+zip", "META-INF/container.xml": container.encode()}
    return _archive(members | {"a.opf": package.encode()} | {f"{number}.xhtml": chapter for number in range(3000)})


def _texts() -> list[Bomb]:
    multipart = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(5000))
    return [
        _document("lines.txt", lambda: b"\n".join(b"%d a" % number for number in range(200_000))),
        _document("one-line.txt", lambda: b"a" * 1_990_000),
        _document("dots.txt", lambda: b"Yes. " * 390_000),
        _document("blanks.txt", lambda: b"a" + b" \n" * 900_000 + b"b"),
        _document("bars.txt", lambda: b"|" * 1_900_000),
        _document("bars-in-lines.txt", lambda: b"a | b | c\n" * 190_000),
        _document("dates.txt", lambda: b"Published: 18 November 2026 at noon or so, we think\n" * 38_000),
        _document("numbers.txt", lambda: b"1 " * 990_000),
        _document("bytes.txt", lambda: bytes(range(32, 256)) * 8_900),
        _document("brackets.md", lambda: b"[" * 49_000),
        _document("emphasis.md", lambda: b"*a_ " * 400_000),
        _document("quotes.md", lambda: b"> " * 500_000 + b"a"),
        _document("backticks.md", lambda: b" ".join(b"`" * number for number in range(1, 1900))),
        _document("links.md", lambda: b"[a](" * 40_000),
        _document("tables.md", lambda: b"|a" * 5000 + b"|\n" + b"|-" * 5000 + b"|\n" + b"|a|\n" * 300_000),
        _document("html.md", lambda: b"<div>\n" * 200_000),
        _document("definitions.md", lambda: _numbered("[a{0}]: /b\n", 100_000).encode() + b"[a1]"),
        _document("footnotes.md", lambda: _numbered("[^{0}]: [^{0}]\n\n", 40_000).encode()),
        _document("wiki.md", lambda: b"[[" * 24_000 + b"![[" * 9_000),
        _document("attachments.eml", lambda: f"From: a@b.c\nMIME-Version: 1.0\n{multipart}".encode()),
        _document("header.eml", lambda: b"From: a@b.c\nSubject: " + b"=?utf-8?q?=41?= " * 300_000 + b"\n\nWords."),
        _document("wide.csv", lambda: (",".join(["a"] * 300_000) + "\n").encode() * 3),
        _document("quotes.csv", lambda: b'a,b\n"' + b'"",' * 600_000),
    ]


KINDS = (_robots, _toml, _lists, _feeds, _web, _pdfs, _offices, _texts)


def bombs() -> list[Bomb]:
    """Return all hostile documents."""
    return [bomb for kind in KINDS for bomb in kind()]
