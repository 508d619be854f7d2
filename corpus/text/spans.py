"""Spans of text."""

Span = tuple[int, int]  # [start, end) in code points


def stripped(text: str, start: int, end: int) -> Span:
    """Return the span without whitespace at its ends."""
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end
