"""Documents that tests make up: PDF and OpenDocument by hand, those of Office with their libraries."""

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import docx
import openpyxl
import pptx
from docx.document import Document

from benchmarks.bombs import pdf_file

PLACES = list[tuple[float, float, float, str]]


def pdf(
    pages: Sequence[PLACES],
    *,
    info: str = "",
    extra: str = "",
    contents: Sequence[bytes] | None = None,
    catalog: str = "",
    fields: Sequence[tuple[float, str]] = (),
) -> bytes:
    """Return a PDF whose pages hold lines, each at `(x, y, size)`, or the raw content streams given.

    The streams may use the fonts /F, /B (bold), /M (letters of one width) and /G, whose letters have glyph numbers as
    names. Each field, at `y`, has its value in a text field of the first page's form.
    """
    streams = [_content(page) for page in pages] if contents is None else list(contents)
    objects = [
        b"",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/ABCDEF+Sub/FirstChar 97/LastChar 122/Widths[%b]/Encoding<</Differences"
        b"[97 %b]>>>>" % (b"500 " * 26, b"".join(b"/g%d" % number for number in range(26))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>",
        *(
            f"<</Type/Annot/Subtype/Widget/FT/Tx/T(field{y})/V({value})/Rect[220 {y - 4} 420 {y + 12}]/F 4>>".encode()
            for y, value in fields
        ),
    ]
    annotations = "".join(f"{number} 0 R " for number in range(7, 7 + len(fields)))
    form = f"/AcroForm<</Fields[{annotations}]>>" if fields else ""
    objects[0] = f"<</Type/Catalog/Pages 2 0 R{form}{catalog}>>".encode()
    kids: list[str] = []
    for stream in streams:
        number = len(objects) + 1
        kids.append(f"{number} 0 R")
        shown = "" if kids[1:] else f"/Annots[{annotations}]"
        fonts = f"/MediaBox[0 0 595 842]{shown}/Resources<</Font<</F 3 0 R/B 4 0 R/G 5 0 R/M 6 0 R>>>>"
        page = f"<</Type/Page/Parent 2 0 R{fonts}/Contents {number + 1} 0 R>>"
        packed = zlib.compress(stream, 9)
        objects += [page.encode(), _stream(packed)]
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
    objects.append(f"<<{info}>>".encode())
    return pdf_file(objects, f"/Info {len(objects)} 0 R{extra}")


def _content(page: PLACES) -> bytes:
    lines = "".join(f"BT /F {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n" for x, y, size, text in page)
    return lines.encode("cp1252")


def _stream(packed: bytes) -> bytes:
    return b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(packed), packed)


def column(*lines: str, top: float = 760, x: float = 72, size: float = 11, leading: float = 14) -> PLACES:
    """Place lines below each other."""
    return [(x, top - leading * number, size, line) for number, line in enumerate(lines)]


def word(write: Callable[[Document], object]) -> bytes:
    """Return a DOCX that holds what `write` puts into it."""
    document = docx.Document()
    write(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def archive(members: dict[str, bytes], *, based_on: bytes | None = None) -> bytes:
    """Return a zip archive, of another's members where these don't replace them."""
    kept: dict[str, bytes] = {}
    if based_on is not None:
        with zipfile.ZipFile(io.BytesIO(based_on)) as old:
            kept = {name: old.read(name) for name in old.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in (kept | members).items():
            new.writestr(name, content)
    return out.getvalue()


def slides(write: Callable[[Any], object]) -> bytes:
    """Return a PPTX that holds what `write` puts into it."""
    presentation = pptx.Presentation()
    write(presentation)
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def workbook(write: Callable[[Any], object]) -> bytes:
    """Return an XLSX that holds what `write` puts into it."""
    book = openpyxl.Workbook()
    write(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_OPEN_DOCUMENT = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "presentation": "presentation",
        "meta": "meta",
        "style": "style",
    }.items()
)


def open_document(kind: str, body: str, meta: str = "", before: str = "") -> bytes:
    """Return an OpenDocument file of a kind, such as "text", with this body."""
    spaces = f"{_OPEN_DOCUMENT} xmlns:dc='http://purl.org/dc/elements/1.1/'"
    properties = f"<office:meta>{meta}</office:meta>"
    content = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    return archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}".encode(),
            "content.xml": f"{before}<office:document-content {spaces}>{content}</office:document-content>".encode(),
            "meta.xml": f"<office:document-meta {spaces}>{properties}</office:document-meta>".encode(),
        }
    )
