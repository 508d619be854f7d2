"""PDF files through PDFium: the words of their pages with their places, form values, metadata and outline."""

import ctypes
import math
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from corpus.errors import UnreadableDocument

PdfiumError = pypdfium2.PdfiumError
# PDFium may be called by one thread at a time.
_LOCK = threading.RLock()
_WORD = re.compile(r"[^\s\x01-\x1f]+")
_HYPHENS = {2: "-", 0xFFFE: "-"}  # what PDFium gives for a hyphen at the end of a line
_MAX_VALUE = 20_000  # characters of a form value
_MAX_NAME = 200  # bytes of a font's name
_BOLD = (b"bold", b"black", b"heavy", b"demi")
_FIXED = (b"courier", b"mono", b"typewriter", b"consol", b"cmtt", b"sftt")
_FORCE_BOLD, _FIXED_PITCH = 1 << 18, 1  # flags of fonts
_CHECKED = "☑"
_measure_box, _has_no_letter = raw.FPDFText_GetLooseCharBox, raw.FPDFText_HasUnicodeMapError  # called for each word
_WIDTH, _MAX_HEIGHT = 1200, 4000  # pixels of a picture
_SCAN_SCALE, _MAX_SCAN_PIXELS = 300 / 72, 12_000_000  # of scans: 300 dots an inch; 12 million for A4 and a half
_VALUE_FIELDS = frozenset({raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX})
_CHECK_FIELDS = frozenset({raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON})


class PdfWord(NamedTuple):
    """Printed letters between spaces: their text, their extent along their line and its height, in points.

    `direction` is that of the line in degrees; `x`, `right` and `y` are turned by it, so that text runs to the right.
    `fixed` where all letters of the font are equally wide. `last` is where the last letter begins. `after_space` unless
    only a line break, or a change of size, separates it from the letters before. `unknown` where the font doesn't tell
    which letters it draws.
    """

    text: str
    x: float
    right: float
    y: float
    last: float
    size: float
    bold: bool
    fixed: bool
    direction: int
    after_space: bool
    unknown: bool


class FormValue(NamedTuple):
    """The value of a form field, and its rectangle on the page."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


class PdfPage(NamedTuple):
    """A page: its words in the order of its content, its form values and width, and whether anything is drawn on it."""

    words: list[PdfWord]
    values: list[FormValue]
    width: float
    is_drawn: bool


class OutlineEntry(NamedTuple):
    """A bookmark: its title, its level from 1, and its page from 1, None where it leads elsewhere."""

    title: str
    level: int
    page: int | None


class DrawnLetter(NamedTuple):
    """A character and its rectangle in the picture of its page: left, top, right and bottom, in pixels."""

    text: str
    box: tuple[int, int, int, int]


class PageDrawing(NamedTuple):
    """A page as pixels (height, width and three colours), and its characters."""

    pixels: NDArray[np.uint8]
    letters: list[DrawnLetter]


@contextmanager
def opened(data: bytes, name: str) -> Iterator["PdfFile"]:
    """Open a PDF, for one thread at a time; raises UnreadableDocument where it is broken or locked."""
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except PdfiumError as error:
            if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
                raise UnreadableDocument(f"{name} is locked with a password. Save it without one.") from error
            raise UnreadableDocument(f"{name} is not a PDF that can be read: it is broken.") from error
        try:
            yield PdfFile(document)
        finally:
            document.close()


class PdfFile:
    """An open PDF; pages are counted from 0."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._has_form = document.get_formtype() != raw.FORMTYPE_NONE
        if self._has_form:
            document.init_forms()

    def __len__(self) -> int:
        return len(self._document)

    def metadata(self, key: str) -> str:
        """Return an entry of the information dictionary, such as "Title"; empty where it has none."""
        with suppress(UnicodeDecodeError):
            return str(self._document.get_metadata_value(key))
        return ""

    def language(self) -> str | None:
        """Return the language that the document declares."""
        size = raw.FPDFCatalog_GetLanguage(self._document.raw, None, 0)
        buffer = (ctypes.c_ushort * (size // 2 + 1))()
        raw.FPDFCatalog_GetLanguage(self._document.raw, buffer, size)
        return bytes(buffer).decode("utf-16-le", "replace").strip("\0 ") or None

    def outline(self) -> Iterator[OutlineEntry]:
        """Yield the bookmarks."""
        for entry in self._document.get_toc(max_depth=6):
            destination = entry.get_dest()
            index = None if destination is None else destination.get_index()
            with suppress(UnicodeDecodeError):
                yield OutlineEntry(entry.get_title(), entry.level + 1, None if index is None else index + 1)

    def read_page(self, index: int) -> PdfPage:
        """Return a page."""
        page = self._document[index]
        try:
            text = page.get_textpage()
            try:
                words = _WordReader(text.raw).words(_text(text.raw))
            finally:
                text.close()
            values = list(self._form_values(page.raw)) if self._has_form else []
            return PdfPage(words, values, page.get_width(), raw.FPDFPage_CountObjects(page.raw) > 0)
        finally:
            page.close()

    def draw_page(self, index: int) -> PageDrawing:
        """Return the picture of a page, 1,200 pixels wide unless it is very high, and where its characters stand."""
        page = self._document[index]
        try:
            bitmap = page.render(
                scale=min(_WIDTH / page.get_width(), _MAX_HEIGHT / page.get_height()), rev_byteorder=True
            )
            text = page.get_textpage()
            try:
                letters = list(_drawn_letters(text, bitmap.get_posconv(page)))
                return PageDrawing(bitmap.to_numpy()[:, :, :3].copy(), letters)
            finally:
                text.close()
                bitmap.close()
        finally:
            page.close()

    def scan(self, index: int) -> tuple[Any, float]:
        """Return the grey picture of a page (of Pillow) for OCR, and how many points a pixel of it has."""
        page = self._document[index]
        try:
            scale = min(_SCAN_SCALE, math.sqrt(_MAX_SCAN_PIXELS / max(page.get_width() * page.get_height(), 1.0)))
            return page.render(scale=scale, grayscale=True).to_pil(), 1 / scale
        finally:
            page.close()

    def _form_values(self, page: Any) -> Iterator[FormValue]:
        form = self._document.formenv.raw
        for index in range(raw.FPDFPage_GetAnnotCount(page)):
            annotation = raw.FPDFPage_GetAnnot(page, index)
            try:
                kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
                value = ""
                if kind in _VALUE_FIELDS:
                    value = _form_value(form, annotation)
                elif kind in _CHECK_FIELDS and raw.FPDFAnnot_IsChecked(form, annotation):
                    value = _CHECKED
                box = raw.FS_RECTF()
                if value.strip() and raw.FPDFAnnot_GetRect(annotation, box):
                    yield FormValue(value, box.left, box.bottom, box.right, box.top)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)


def _drawn_letters(text: Any, pixels: Any) -> Iterator[DrawnLetter]:
    """Yield the characters of a text page; `pixels` turns a point of the page into one of its picture."""
    for index in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(index, loose=True)
        (x1, y1), (x2, y2) = pixels.to_bitmap(left, top), pixels.to_bitmap(right, bottom)
        character = chr(raw.FPDFText_GetUnicode(text.raw, index))
        yield DrawnLetter(character, (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))


def _form_value(form: Any, annotation: Any) -> str:
    buffer = (ctypes.c_ushort * _MAX_VALUE)()
    size = raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, ctypes.sizeof(buffer))
    return bytes(buffer)[: min(size, ctypes.sizeof(buffer))].decode("utf-16-le", "replace").rstrip("\0")


class _WordReader:
    """Measures the words of a text page."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._box, self._last_box, self._matrix = raw.FS_RECTF(), raw.FS_RECTF(), raw.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._name, self._flags = ctypes.create_string_buffer(_MAX_NAME), ctypes.c_int()
        self._edges: tuple[float, float] | None = None  # of the letters measured last: their font, size and line
        self._size, self._direction, self._height = 0.0, 0, 0.0
        self._bold = self._fixed = False
        self._along, self._across = 1.0, 0.0  # the unit vector of the line

    def words(self, text: str) -> list[PdfWord]:
        """Return the words of the page, whose letters these are, in the order of its content."""
        page, box, last_box = self._page, self._box, self._last_box
        sides, last_sides = _sides(box), _sides(last_box)
        words: list[PdfWord] = []
        end = 0
        for match in _WORD.finditer(text):
            after_space = " " in text[end : match.start()]
            first, end = match.span()
            _measure_box(page, first, box)
            left, top, _, bottom = sides
            _measure_box(page, end - 1, last_box)
            last, last_top, last_right, last_bottom = last_sides
            if self._across != 0 or bottom != last_bottom or top != last_top:
                words += self._parts(match.group(), first, after_space)
                continue
            if (bottom, top) != self._edges:
                self._edges = bottom, top
                self._measure(first)
            if self._across != 0 or self._along != 1 or last < left:
                words.append(self._word(match.group(), first, after_space))
                continue
            word = (match.group(), left, last_right, self._height, last, self._size, self._bold, self._fixed)
            rest = (self._direction, after_space, _has_no_letter(page, first) == 1)
            words.append(tuple.__new__(PdfWord, word + rest))  # a third of the constructor's time
        return words

    def _parts(self, text: str, first: int, after_space: bool) -> list[PdfWord]:
        """Return the words of letters that no space separates: one, or several where the size changes."""
        fonts = []
        for index in range(first, first + len(text)):
            raw.FPDFText_GetMatrix(self._page, index, self._matrix)
            matrix = self._matrix
            height = 0.0 if matrix.b else self._bottom(index)  # of the line, which a superscript doesn't share
            fonts.append((raw.FPDFText_GetFontSize(self._page, index), matrix.a, matrix.b, matrix.c, matrix.d, height))
        words = []
        start = 0
        for index in range(1, len(text) + 1):
            if index == len(text) or fonts[index] != fonts[start]:
                _measure_box(self._page, first + start, self._box)
                _measure_box(self._page, first + index - 1, self._last_box)
                is_after_space = after_space and start == 0
                words.append(self._word(text[start:index], first + start, is_after_space))
                start = index
        return words

    def _bottom(self, index: int) -> float:
        _measure_box(self._page, index, self._box)
        return float(self._box.bottom)

    def _word(self, text: str, first: int, after_space: bool) -> PdfWord:
        """Return the word of letters whose first and last boxes were measured."""
        box, last_box = self._box, self._last_box
        edges = box.bottom, box.top
        if edges != self._edges or self._across != 0:
            self._edges = edges
            self._measure(first)
        if self._across == 0 and self._along == 1:
            x, right, last = box.left, last_box.right, last_box.left
            if last < x:  # text that runs to the left
                x, right = last, box.right
        else:
            x, right = self._extent(box)
            last, end = self._extent(last_box)
            x, right = min(x, last), max(right, end)
        unknown = _has_no_letter(self._page, first) == 1
        return PdfWord(
            text,
            x,
            right,
            self._height,
            last,
            self._size,
            self._bold,
            self._fixed,
            self._direction,
            after_space,
            unknown,
        )

    def _measure(self, index: int) -> None:
        """Measure the font and the line of a letter."""
        matrix = self._matrix
        raw.FPDFText_GetMatrix(self._page, index, matrix)
        raw.FPDFText_GetCharOrigin(self._page, index, self._x, self._y)
        length = math.hypot(matrix.a, matrix.b)
        self._along, self._across = (matrix.a / length, matrix.b / length) if length else (1.0, 0.0)
        self._direction = round(math.degrees(math.atan2(self._across, self._along))) % 360
        self._height = self._y.value * self._along - self._x.value * self._across
        self._size = raw.FPDFText_GetFontSize(self._page, index) * math.hypot(matrix.c, matrix.d)
        raw.FPDFText_GetFontInfo(self._page, index, self._name, _MAX_NAME, self._flags)
        self._bold, self._fixed = _weight_and_pitch(self._name.value, self._flags.value)

    def _extent(self, box: Any) -> tuple[float, float]:
        """Return where a letter begins and ends along its line."""
        ends = box.left * self._along, box.right * self._along
        sides = box.bottom * self._across, box.top * self._across
        return min(ends) + min(sides), max(ends) + max(sides)


def _sides(box: Any) -> Any:
    """Return a view of a rectangle's sides, which takes less time than its attributes: left, top, right, bottom."""
    return memoryview((ctypes.c_float * 4).from_buffer(box)).cast("B").cast("f")


def _text(page: Any) -> str:
    """Return the letters of a text page, each at its index."""
    count = raw.FPDFText_CountChars(page)
    buffer = (ctypes.c_ushort * (count + 1))()
    if raw.FPDFText_GetText(page, 0, count, buffer) == count + 1:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
        if len(text) == count:
            return text.translate(_HYPHENS)
    # Without letters outside of the basic plane or controls, which make the text longer or shorter, this is slower.
    codes = (raw.FPDFText_GetUnicode(page, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes).translate(_HYPHENS)


@lru_cache(256)
def _weight_and_pitch(font: bytes, flags: int) -> tuple[bool, bool]:
    """Tell whether the letters of a font are bold, and whether all of them are equally wide."""
    name = font.lower()
    bold = bool(flags & _FORCE_BOLD) or any(word in name for word in _BOLD)
    return bold, bool(flags & _FIXED_PITCH) or any(word in name for word in _FIXED)
