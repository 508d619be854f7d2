"""Decodes text of a declared or unknown encoding."""

import codecs
import re
from contextlib import suppress

import chardet
from chardet.enums import EncodingEra

from corpus.errors import UnreadableDocument

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
# Browsers decode these labels so, and pages rely on it (https://encoding.spec.whatwg.org/#names-and-labels).
_AS_BROWSERS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
}
_SAMPLE = 65_536
# A text of at most so many bytes, with so few of them beyond ASCII, says too little about its encoding.
_MAX_SHORT, _MAX_FEW = 40, 2
_GUESS = 0.1  # confidence of chardet
_WESTERN = re.compile("[\x00-\x7fÀ-ÖØ-öø-ÿŠšŽžŒœ‘’“”„‚«»‹›–—…•€£§°·¿¡ºª©®™†²³\u00a0]*")
_NOT_WESTERN = re.compile("[A-Za-zß-öø-ÿ][À-ÖØ-ÞŠŽŒ][a-z]|[a-zß-öø-ÿ][À-ÖØ-ÞŠŽŒ„‚€£§†]|[€£§†][A-Za-z]")
_ENCODED_REPLACEMENT = "\ufffd".encode()
# UTF-8 has at most so many damaged characters for each byte, and so many times as many valid ones beyond ASCII; up to
# three may be damaged anyway, and have one valid one each.
_FEW_DAMAGED, _MAX_DAMAGED, _MIN_VALID = 3, 0.02, 4
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.I)


def decode(data: bytes, name: str, declared: str | None = None) -> str:
    """Return the text of bytes: by byte order mark, as UTF-8, by the declared charset, or by detection, in this order.

    Raises UnreadableDocument where they are no text.
    """
    text = _decode(data, declared)
    if text is None or "\0" in text or len(_CONTROLS.findall(text)) > len(text) / 100:
        raise UnreadableDocument(f"{name} is not text: it holds binary data, or its encoding can't be told.")
    return text


def charset_of_header(content_type: str | None) -> str | None:
    """Return the charset of a Content-Type header."""
    match = None if content_type is None else _HEADER.search(content_type)
    return None if match is None else match.group(1)


def charset_of_html(data: bytes) -> str | None:
    """Return the charset that an HTML page declares."""
    match = _XML.search(data[:1024]) or _META.search(data[:4096])
    return None if match is None else match.group(1).decode("ascii", "replace")


def _decode(data: bytes, declared: str | None) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    # First the encodings in which text of another encoding is hardly ever valid.
    encodings = ["iso2022_jp", "utf-8"] if b"\x1b$" in data or b"\x1b(" in data else ["utf-8"]
    sample = data[:_SAMPLE]
    zeros = sample.count(0)
    if 5 * zeros > len(sample):  # UTF-16 without a byte order mark: every other byte of ASCII is 0
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if sample[start::2].count(0) > 0.9 * zeros:
                return data.decode(encoding, "replace")
    if declared is not None:
        with suppress(LookupError, ValueError):
            codec = codecs.lookup(declared)
            if codec._is_text_encoding:
                encodings.append(_AS_BROWSERS.get(codec.name, codec.name))
    for encoding in encodings:
        text = _try(data, encoding)
        if text is None and encoding == "utf-8":
            text = _repaired_utf8(data)
        if text is not None:
            return text
    return _detect(data)


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _repaired_utf8(data: bytes) -> str | None:
    """Return UTF-8 with U+FFFD for each damaged or cut character, None where it is more probably another encoding.

    Text of other encodings has some valid sequences of two bytes by chance, but hardly one of three, or of a letter
    that Latin-1 has, which reads as a capital with a sign behind it: "Ã©".
    """
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd") - data.count(_ENCODED_REPLACEMENT)
    if damaged > max(_FEW_DAMAGED, len(data) * _MAX_DAMAGED):
        return None
    needed = damaged * (1 if damaged <= _FEW_DAMAGED else _MIN_VALID)
    needed += 2 * damaged  # for the damaged characters, which count below as well
    for found in _BEYOND_ASCII.finditer(text):
        needed -= 1 if "\u0100" <= found.group() < "\u0800" else 2
        if needed <= 0:
            return text
    return None


def _detect(data: bytes) -> str | None:
    """Return text of a detected encoding, None where it is binary or none is found.

    A short text with one or two bytes beyond ASCII is decoded as cp1252, like browsers do, where that is plausible, and
    so is one with more of them whose encoding chardet only guesses, such as a price list with many signs.
    """
    if b"\0" in data:
        return None
    has_few = sum(byte > 0x7F for byte in data[:_SAMPLE]) <= _MAX_FEW
    if len(data) <= _MAX_SHORT and has_few:
        text = _western(data)
        if text is not None:
            return text
    for size in (_SAMPLE, len(data)):
        for found in chardet.detect_all(data, max_bytes=size, encoding_era=EncodingEra.ALL & ~EncodingEra.MAINFRAME):
            if found["encoding"] is not None:
                text = _try(data, _AS_BROWSERS.get(codecs.lookup(found["encoding"]).name, found["encoding"]))
                text = _try(data, found["encoding"]) if text is None else text
                if text is not None:
                    is_guess = found["confidence"] < _GUESS and not has_few
                    western = _western(data) if is_guess else None
                    return text if western is None else western
    return None


def _western(data: bytes) -> str | None:
    """Return the text of bytes in cp1252, None where it is not plausible."""
    text = _try(data, "cp1252")
    is_plausible = text is not None and _WESTERN.fullmatch(text) and not _NOT_WESTERN.search(text)
    return text if is_plausible else None
