"""Decodes text of a declared or unknown encoding."""

import codecs
import re
from contextlib import suppress

from charset_normalizer import from_bytes

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
# Up to this many bytes beyond ASCII, and this fraction of all, are too few to detect an encoding.
_MAX_FEW, _MAX_FRACTION = 30, 0.13
_WESTERN_SIGNS = "‘’“”„‚«»‹›–—…•€£§°·¿¡ºª©®™†\u00a0"
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
            return _try(data, encoding)
    # First the encodings in which text of another encoding is hardly ever valid.
    encodings = ["iso2022_jp", "utf-8"] if b"\x1b$" in data or b"\x1b(" in data else ["utf-8"]
    sample = data[:_SAMPLE]
    zeros = sample.count(0)
    if 5 * zeros > len(sample):  # UTF-16 without a byte order mark: every other byte of ASCII is 0
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if sample[start::2].count(0) > 0.9 * zeros:
                encodings = [encoding]
    if declared is not None:
        with suppress(LookupError, ValueError):
            codec = codecs.lookup(declared)
            if codec._is_text_encoding:
                encodings.append(_AS_BROWSERS.get(codec.name, codec.name))
    for encoding in encodings:
        text = _try(data, encoding)
        if text is not None:
            return text
    return _detect(data)


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _detect(data: bytes) -> str | None:
    """Return text of a detected encoding, None where it is binary or none is found.

    Few letters beyond ASCII are decoded as cp1252, like browsers do: they look alike in all encodings of one byte a
    letter, and charset-normalizer says cp1250 for most of them.
    """
    if b"\0" in data:
        return None
    beyond_ascii = sum(byte > 0x7F for byte in data[:_SAMPLE])
    if len(data) <= _SAMPLE and beyond_ascii <= min(_MAX_FEW, _MAX_FRACTION * len(data)):
        text = _try(data, "cp1252")
        if text is not None and all(char.isalpha() or char in _WESTERN_SIGNS for char in text if char > "\x7f"):
            return text
    for sample in (data[:_SAMPLE], data) if len(data) > _SAMPLE else (data,):
        for match in from_bytes(sample):
            text = _try(data, match.encoding)
            if text is not None:
                return text
    return None
