import io
import warnings
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from PIL import Image, ImageDraw, ImageFont

from corpus.article import BlockKind
from corpus.documents import Limits, read_document, supported, worker_seconds
from corpus.documents.ocr import tesseract
from corpus.errors import TooLarge, UnreadableDocument, UnsupportedFormat
from corpus.isolation.process import ProcessWorker
from tests.sample_documents import column, pdf

LINES = (
    "The ferry returned to the harbour on Tuesday after forty",
    "days of repair. It sails at noon from the north pier.",
)


@pytest.fixture
def with_ocr(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tesseract, "find_spec", find_spec)
    tesseract.is_available.cache_clear()
    if not tesseract.is_available():
        pytest.skip("Tesseract is not installed.")
    yield
    tesseract.is_available.cache_clear()


def scan(*lines: str, heading: str = "Ferry back in service") -> Image.Image:
    """A page of paper."""
    image = Image.new("L", (1240, 900), "white")
    draw = ImageDraw.Draw(image)
    draw.text((150, 120), heading, fill="black", font=ImageFont.load_default(56))
    for number, line in enumerate(lines):
        draw.text((150, 300 + 45 * number), line, fill="black", font=ImageFont.load_default(30))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("JPEG", "a.JPG"), ("TIFF", "a.tif"), ("PNG", "a")])
def test_reads_the_text_of_a_picture_as_blocks(with_ocr: None, kind: str, name: str) -> None:
    draft = read_document(saved(scan(*LINES), kind), name)
    assert f"Ferry back in service\n\n{' '.join(LINES)}" == draft.text
    assert [BlockKind.HEADING, BlockKind.PARAGRAPH] == [block.kind for block in draft.blocks]
    assert "Ferry back in service" == draft.title


def test_each_picture_of_a_tiff_file_is_a_page(with_ocr: None) -> None:
    pages = saved(scan(*LINES), "TIFF", save_all=True, append_images=[scan("The bus waits.", heading="Buses")])
    draft = read_document(pages, "a.tiff")
    assert {1, 2} == {block.page for block in draft.blocks}
    with pytest.raises(TooLarge, match=r"a\.tiff has more pages"):
        read_document(pages, "a.tiff", limits=Limits(max_pages=1))


def test_a_picture_that_takes_too_long_leaves_the_filters_of_warnings_as_they_were(with_ocr: None) -> None:
    noise, before = Image.effect_noise((2000, 2000), 100), [*warnings.filters]
    with pytest.raises(TooLarge, match=r"^Reading a\.tiff takes longer") as caught:
        read_document(saved(noise, "TIFF"), "a.tiff", limits=Limits(max_seconds=0))
    assert before == [*warnings.filters]
    assert caught.value.__traceback__ is not None  # which keeps a generator that was not closed


def test_reads_the_scanned_pages_of_a_pdf_and_says_so(with_ocr: None) -> None:
    both = saved(scan(*LINES), "PDF", save_all=True, append_images=[Image.new("L", (1240, 900), "grey")])
    draft = read_document(both, "a.pdf")
    assert " ".join(LINES) in draft.text
    read, missing = draft.notes
    assert "1 of 2 pages was read by OCR, which makes mistakes: 1." == read
    assert "1 of 2 pages holds no text, only a picture: 2." == missing


def test_a_picture_is_read_within_the_limits_of_a_worker(with_ocr: None) -> None:
    data = saved(scan(*LINES), "PNG")
    worker = ProcessWorker()
    try:
        draft = worker.run(_read_png, data, "a.png", worker_seconds(data, Limits()))
    finally:
        worker.close()
    assert LINES[1] in draft.text


def _read_png(data: bytes) -> object:
    return read_document(data, "a.png")


def test_a_picture_without_text_or_broken_or_huge_is_refused(with_ocr: None) -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.png shows no text"):
        read_document(saved(Image.new("L", (300, 300), "white"), "PNG"), "a.png")
    with pytest.raises(UnreadableDocument, match=r"a\.png is not a picture that can be read"):
        read_document(saved(scan(*LINES), "PNG")[:2000], "a.png")
    with pytest.raises(TooLarge, match=r"a\.png has more points"):
        read_document(saved(Image.new("1", (50_000, 50_000)), "PNG"), "a.png")


def test_without_tesseract_the_refusal_says_what_is_missing() -> None:
    with pytest.raises(UnsupportedFormat, match=r"a\.png is a picture .* where Tesseract is installed"):
        read_document(saved(scan(*LINES), "PNG"), "a.png")
    assert not supported("a.png")
    with pytest.raises(UnreadableDocument, match=r"a\.pdf holds no text, only pictures of pages"):
        read_document(saved(scan(*LINES), "PDF"), "a.pdf")
    assert "Buses" in read_document(pdf([column("Buses")]), "a.pdf").text
