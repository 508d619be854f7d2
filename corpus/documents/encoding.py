"""Bytes to text, whatever the encoding."""

import codecs
import re

from charset_normalizer import from_bytes

from corpus.errors import UnreadableDocument

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
# Browsers read these labels so, and pages count on it (https://encoding.spec.whatwg.org/#names-and-labels).
_AS_BROWSERS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
}
_SAMPLE = 65_536
_FEW, _RARE = 30, 0.13  # letters beyond ASCII, and their share, by which no encoding is told
_SIGNS = "‘’“”„‚«»‹›–—…•€£§°·¿¡ºª©®™†\u00a0"  # that Western texts have beside letters
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.I)


def decode(data: bytes, name: str, declared: str | None = None) -> str:
    """Return the text of some bytes: by a byte order mark, as UTF-8, as declared, or as it looks.

    Raises UnreadableDocument where they are no text.
    """
    text = _decoded(data, declared)
    if text is None or _looks_binary(text):
        raise UnreadableDocument(f"{name} is not text: it holds binary data, or its encoding can't be told.")
    return text


def charset_of_header(content_type: str | None) -> str | None:
    """Return the charset that a Content-Type header names."""
    match = None if content_type is None else _HEADER.search(content_type)
    return None if match is None else match.group(1)


def charset_of_html(data: bytes) -> str | None:
    """Return the charset that an HTML page names in itself."""
    match = _XML.search(data[:1024]) or _META.search(data[:4096])
    return None if match is None else match.group(1).decode("ascii", "replace")


def _decoded(data: bytes, declared: str | None) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _try(data, encoding)
    for encoding in _certain(data):
        text = _try(data, encoding)
        if text is not None:
            return text
    label = None if declared is None else _codec(declared)
    text = None if label is None else _try(data, label)
    return text if text is not None else _guess(data)


def _certain(data: bytes) -> list[str]:
    """Encodings that text of another encoding can hardly be valid in."""
    zeros = data[:_SAMPLE].count(0)
    if zeros and data[1:_SAMPLE:2].count(0) > 0.9 * zeros and 5 * zeros > len(data[:_SAMPLE]):
        return ["utf-16-le"]
    if zeros and data[0:_SAMPLE:2].count(0) > 0.9 * zeros and 5 * zeros > len(data[:_SAMPLE]):
        return ["utf-16-be"]
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


def _guess(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    western = _western(data)
    if western is not None:
        return western
    for sample in (data[:_SAMPLE], data) if len(data) > _SAMPLE else (data,):
        for match in from_bytes(sample):
            text = _try(data, match.encoding)
            if text is not None:
                return text
    return None


def _western(data: bytes) -> str | None:
    """Return a text with few letters beyond ASCII as browsers read what declares nothing; None where it isn't so.

    By few letters no encoding can be told from another of one byte a letter, and Western ones are the most common.
    """
    beyond = [byte for byte in data[:_SAMPLE] if byte > 0x7F]
    if len(data) > _SAMPLE or len(beyond) > _FEW or len(beyond) > _RARE * len(data):
        return None
    text = _try(data, "cp1252")
    usual = text is not None and all(char.isalpha() or char in _SIGNS for char in text if char > "\x7f")
    return text if usual else None


def _looks_binary(text: str) -> bool:
    controls = sum(1 for _ in _CONTROLS.finditer(text))
    return "\0" in text or controls > len(text) / 100
