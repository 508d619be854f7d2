"""Decodes text of a declared or unknown encoding."""

import codecs
import re

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
    for encoding in _unmistakable(data):
        text = _try(data, encoding)
        if text is not None:
            return text
    label = None if declared is None else _codec(declared)
    text = None if label is None else _try(data, label)
    return text if text is not None else _detect(data)


def _unmistakable(data: bytes) -> list[str]:
    """Return encodings in which text of another encoding is hardly ever valid."""
    sample = data[:_SAMPLE]
    zeros = sample.count(0)
    if 5 * zeros > len(sample):  # UTF-16 without a byte order mark: every other byte of ASCII is 0
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if sample[start::2].count(0) > 0.9 * zeros:
                return [encoding]
    return ["iso2022_jp", "utf-8"] if b"\x1b$" in data or b"\x1b(" in data else ["utf-8"]


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
        return _AS_BROWSERS.get(name, name) if codecs.lookup(label)._is_text_encoding else None
    except (LookupError, ValueError):
        return None


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _detect(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    western = _decode_western(data)
    if western is not None:
        return western
    for sample in (data[:_SAMPLE], data) if len(data) > _SAMPLE else (data,):
        for match in from_bytes(sample):
            text = _try(data, match.encoding)
            if text is not None:
                return text
    return None


def _decode_western(data: bytes) -> str | None:
    """Return text with few letters beyond ASCII in cp1252, as browsers decode it; None for other text.

    So few letters look alike in all encodings of one byte a letter: charset-normalizer says cp1250 for most of them.
    """
    count = sum(byte > 0x7F for byte in data[:_SAMPLE])
    if len(data) > _SAMPLE or count > min(_MAX_FEW, _MAX_FRACTION * len(data)):
        return None
    text = _try(data, "cp1252")
    is_usual = text is not None and all(char.isalpha() or char in _WESTERN_SIGNS for char in text if char > "\x7f")
    return text if is_usual else None
