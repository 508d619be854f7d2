import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Draft
from corpus.documents import EXTENSIONS, Limits, formats, read_document, supported, worker_seconds
from corpus.documents.formats import BY_MEDIA_TYPE, FORMATS, TEXT, load_reader
from corpus.errors import InvalidInput, TooLarge, UnreadableDocument, UnsupportedFormat
from tests.sample_documents import column, pdf, word

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PDF = pdf([column("The ferry sails at noon.")])
DOCX = word(lambda document: document.add_paragraph("The ferry sails at noon."))
HTML = b"<!doctype html><html><body><p>The ferry sails at noon.</p></body></html>"
SENTENCE = "The ferry sails at noon."


def test_plain_text_stays_exactly_as_it_is() -> None:
    text = "  One\r\n\r\n\ttwo  \n# three\n"
    assert Draft(text=text) == read_document(text.encode(), "notes.txt")


@pytest.mark.parametrize(
    ("data", "name", "content_type"),
    [
        (PDF, "a.PDF", None),
        (DOCX, "a.docx", None),
        (HTML, "a.htm", None),
        (b"*The ferry* sails at noon.", "a.markdown", None),
        (PDF, "a", None),
        (DOCX, "upload", "application/octet-stream"),
        (HTML, "page", None),
        (b"<p>The ferry sails at noon.</p>", "snippet", None),
        (b"The ferry sails at noon.", "Notes of Mr. Smith and others", None),
        (b"The ferry sails at noon.", "story.php", "text/plain"),
        (HTML, "story.php", "text/html; charset=utf-8"),
        (b"junk before\n" + PDF, "a.pdf", None),
        (b"The ferry sails at noon.", "a.html", None),
        (HTML, "folder.txt/a.html", "application/pdf"),
    ],
)
def test_the_format_follows_from_name_type_and_content(data: bytes, name: str, content_type: str | None) -> None:
    assert read_document(data, name, content_type).text.strip() == SENTENCE


@pytest.mark.parametrize(
    ("data", "name", "error", "message"),
    [
        (PNG, "a.txt", UnreadableDocument, r"a\.txt should be plain text, but it is a picture \(PNG"),
        (PNG, "a.pdf", UnreadableDocument, r"a\.pdf should be a PDF, but it is a picture"),
        (b"GIF89a", "a", UnsupportedFormat, r"a is a picture \(GIF\)\. Citeline reads"),
        (PNG, "a.gif", UnsupportedFormat, r"a\.gif can't be read: \.gif is no format that Citeline reads\. Citeline"),
        (PNG, "a", UnsupportedFormat, r"a is a picture .* where Tesseract is installed"),
        (PNG, "a.png", UnsupportedFormat, r"a\.png is a picture .* where Tesseract is installed"),
        (PDF, "a.txt", UnreadableDocument, r"a\.txt should be plain text, but it is a PDF"),
        (HTML, "a.pdf", UnreadableDocument, r"a\.pdf should be a PDF, but it is HTML"),
        (HTML, "a.txt", UnreadableDocument, r"a\.txt should be plain text, but it is HTML"),
        (DOCX, "a.html", UnreadableDocument, r"a\.html should be HTML, but it is a Word"),
        (b"words", "a.docx", UnreadableDocument, r"a\.docx should be a Word document"),
        (b"words", "a.pdf", UnreadableDocument, r"a\.pdf should be a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.docx", UnsupportedFormat, r"an old Office file .* locked"),
        (b"", "a.txt", UnreadableDocument, r"a\.txt is empty"),
        (b" \n\t ", "a.pdf", UnreadableDocument, r"a\.pdf is empty"),
        ("\u2003\u00a0".encode(), "a.txt", UnreadableDocument, r"a\.txt is empty"),
        (b"words\0" * 40, "a.txt", UnreadableDocument, r"a\.txt is not text"),
        (bytes(range(1, 256)) * 4, "a.md", UnreadableDocument, r"a\.md is not text"),
    ],
)
def test_a_refused_document_has_a_reason(data: bytes, name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_document(data, name)


def test_many_comments_before_a_page_take_bounded_time() -> None:
    started = time.process_time()
    assert read_document(b"<!-- a -->" * 400 + b"<p>The ferry sails.</p>", "page").text.endswith("The ferry sails.</p>")
    assert read_document(b"<!-- a -->" * 40 + HTML, "page").text == SENTENCE
    assert time.process_time() - started < 5


def test_refuses_too_many_bytes_and_too_much_text() -> None:
    with pytest.raises(TooLarge, match=r"a\.txt is larger than the limit of 100 bytes; CITELINE_MAX_UPLOAD"):
        read_document(b"x" * 101, "a.txt", limits=Limits(max_bytes=100))
    with pytest.raises(TooLarge, match=r"a\.txt holds 101 characters of text; an article may have 100"):
        read_document("é".encode() * 101, "a.txt", limits=Limits(max_text=100))


RUSSIAN = "Паром вернулся в гавань во вторник после сорока дней ремонта. Следующий рейс отправится в пятницу в полдень."
GERMAN = "Die Fähre kehrte am Dienstag zurück. Über die Brücke führt der Weg zum Café – so heißt es jedenfalls."
JAPANESE = "船は火曜日に港へ戻った。修理には四十日かかった。次の便は金曜日の正午に出る。"


SWEDISH = "Fiskarna betalar en årlig avgift, som rådet fastställer varje år. Färjan går till ön också på lördagar."
NORWEGIAN = "Fergen går til øya to ganger om dagen.\nFyrvokteren bor ved sjøen og tenner lykten når det mørkner."
POLISH = "Rybacy płacą teraz roczną opłatę, którą rada ustala każdego roku. Prom pływa na wyspę, gdy łodzi jest dużo."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN, "utf-8"),
        (RUSSIAN, "utf-8-sig"),
        (RUSSIAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (RUSSIAN, "utf-32"),
        (RUSSIAN, "windows-1251"),
        (GERMAN, "windows-1252"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (GERMAN * 2000, "windows-1252"),
        # With few letters beyond ASCII:
        ("Old encoding\n\nThe café of René Dupré in Nîmes opened in 1987 and sells crêpes.", "cp1252"),
        ("Hélène Müller ordered crêpes and Gruyère. Son frère François préfère la forêt, the waiter said.", "cp1252"),
        ("“It’s over” – so said the mayor… The fare is €5 and the fine £80.", "cp1252"),
        ("El niño", "cp1252"),
        ("Café table;Ø 70 cm;149,00 €\nBench “Malmö”;140 cm;215,50 €", "cp1252"),
        ("See § 5.", "cp1252"),
        # In languages of the north and east:
        (SWEDISH, "cp1252"),
        (SWEDISH, "cp437"),
        (SWEDISH, "mac-roman"),
        (NORWEGIAN, "cp1252"),
        (NORWEGIAN, "cp865"),
        (NORWEGIAN[:38], "cp865"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (POLISH, "cp852"),
        ("Fiskarna betalar en årlig avgift.", "cp850"),
    ],
)
def test_reads_text_of_many_encodings(text: str, encoding: str) -> None:
    assert text == read_document(text.encode(encoding), "a.txt").text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("The harbour’s wall, said Zoë M".encode() + b"\xfcller.", "The harbour’s wall, said Zoë M\ufffdller."),
        ("The café in L".encode() + b"\xf8nd.", "The café in L\ufffdnd."),
        ("Rybacy płac".encode() + b"\xc4", "Rybacy płac\ufffd"),
        ("Паром".encode()[:-1], "Паро\ufffd"),
        ("\ufeffOre".encode() + b"\xe9.", "Ore\ufffd."),
        ("Pier four".encode("utf-16")[:-1], "Pier fou\ufffd"),
        ("Pier four".encode("utf-16-le")[:-1], "Pier fou\ufffd"),
        ("Damaged\ufffd before, and ".encode() + b"n\xe9 again", "Damaged\ufffd before, and n\ufffd again"),
    ],
    ids=[
        "a byte",
        "a byte and one good character",
        "a cut character",
        "a cut short text",
        "with a mark",
        "UTF-16",
        "UTF-16 without a mark",
        "a byte again",
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_a_damaged_character_leaves_the_rest_of_utf_8_right(data: bytes, text: str, name: str) -> None:
    assert text == read_document(data, name).text


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Łódź", "iso8859-2", "ISO-8859-2"),
        ("“a”", "cp1252", '"iso-8859-1"'),
        (GERMAN, "cp1252", "rot13"),  # unknown, so it is ignored
    ],
)
def test_reads_the_encoding_that_is_declared(text: str, encoding: str, declared: str) -> None:
    assert text == read_document(text.encode(encoding), "a.txt", f"text/plain; charset={declared}").text


def test_extensions_decide_which_files_of_a_folder_are_read() -> None:
    names = ("a.txt", "b.MD", "c.docx", "d.png", "e", ".txt", "f.txt.toml")
    assert ["a.txt", "b.MD", "c.docx", ".txt"] == [name for name in names if supported(name)]


def test_each_format_has_a_reader_and_signs_of_its_own() -> None:
    assert len(EXTENSIONS) == sum(len(each.extensions) for each in FORMATS)
    assert len(BY_MEDIA_TYPE) == sum(len(each.media_types) for each in FORMATS)
    assert all(callable(load_reader(each)) for each in FORMATS if each is not TEXT)


@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    try:
        assert read_document(data, name).text.strip()
    except InvalidInput as error:
        assert str(error).startswith(name)


@settings(deadline=None)  # the first document of a format loads its libraries
@given(st.data(), st.sampled_from([(PDF, "a.pdf"), (DOCX, "a.docx"), (HTML, "a.html")]))
def test_any_damage_is_read_or_refused(draw: st.DataObject, sample: tuple[bytes, str]) -> None:
    data, name = bytearray(sample[0]), sample[1]
    for _ in range(draw.draw(st.integers(1, 5))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        assert read_document(bytes(data), name).text.strip()
    except InvalidInput as error:
        assert name in str(error)


@pytest.mark.parametrize(
    ("text", "published", "is_guess"),
    [
        ("The wall\n\nPublished: 18 November 2026\n\nIt stands.", "2026-11-18", False),
        ("The wall\n\nFirst published on 18 November 2026, updated 20 November 2026\nIt stands.", "2026-11-18", False),
        ("The wall\n\nIt stands.\n\nPosted Nov 18, 2026 by Ida Holm", "2026-11-18", False),
        ("The wall\n\nBy Ida Holm, 18 November 2026\n\nIt stands.", "2026-11-18", True),
        (f"BRINDLE, 18 November 2026 — The wall stands{', and stands' * 9}.", "2026-11-18", True),
        (f"The wall\n\nBRINDLE, Nov. 18, 2026 (CN) — The wall stands{', and stands' * 9}.", "2026-11-18", True),
        ("The wall\n\nUpdated: 18 November 2026\n\nIt stands.", None, False),
        ("The wall\n\nIt was built on 18 November 1987 by the town.", None, False),
        ("Timetable from 14 December 2025\n\nThe ferry sails.", None, False),
        ("Timetable\n\nValid from 14 December 2025", None, False),
        ("The mill\n\n## The night of 8 November 1911\n\nIt burnt.", None, False),
        ("Letter\n\nDeadline: 8 November 2026", None, False),
        ("Letter\n\nDate: 8 November 2026\n\nDear Ida", "2026-11-08", True),
        ("History\n\n3 May 1911 The crane is put up\n\n5 June 1990 The lighthouse is closed", None, False),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_the_date_of_publication_may_stand_in_the_text(
    text: str, published: str | None, is_guess: bool, name: str
) -> None:
    draft = read_document(text.encode(), name)
    assert (published, is_guess) == (draft.published, draft.published_is_guess)


def test_the_name_of_a_text_may_begin_with_its_date() -> None:
    assert "2019-05-03" == read_document(b"Minutes", "minutes/2019-05-03 council.txt").published


@pytest.mark.parametrize(
    ("data", "plain", "with_ocr"),
    [
        (b"The ferry sails.", 6, 6),
        (b"%PDF-1.7" + bytes(2**21 - 8), 18, 60),
        (b"\n%PDF-1.7" + bytes(2**21 - 9), 18, 60),  # some bytes before do no harm
        (b"PK\x03\x04%PDF-1.7" + bytes(2**21), 6, 6),
        (b"\x89PNG\r\n\x1a\n", 6, 60),
        (b"%PDF-1.7" + bytes(2**24), 60, 60),
    ],
)
def test_a_format_says_how_long_a_worker_may_read(
    data: bytes, plain: float, with_ocr: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plain == worker_seconds(data, Limits())
    monkeypatch.setattr(formats, "is_available", lambda: True)
    assert with_ocr == worker_seconds(data, Limits())
