"""Takes from an answer's ends what is no part of it: spaces, punctuation, quotation marks, halves of brackets.

A number is never cut: a model reads "1.2" as three tokens, and may like the first best.
"""

import re

_STRAY = frozenset(",;:.!?…–—-•·*¡¿،؛؟。、，；：！？")
_WITHIN_NUMBERS = frozenset(".,:")
_SIGN = re.compile(r"[-–.]\d")  # of a number: -5, .5
_ABBREVIATION = re.compile(r"(?:\.\w+|\b(?:\w|co|corp|dr|etc|inc|jr|ltd|mr|mrs|ms|no|sr|st|vs))\.$", re.I)
_PAIRS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "“": "”",
    "‘": "’",
    "«": "»",
    "„": "“",
    '"': '"',
    "'": "'",
    "「": "」",
    "『": "』",
}
_CLOSING = frozenset(_PAIRS.values())
_APOSTROPHES = frozenset("'’")  # the workers', the '90s


def trimmed(text: str, start: int, end: int, within: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """Return what is left of the span [start, end) of a text, with numbers whole, None where nothing is.

    `within`: the span that numbers may reach; by default the text's.
    """
    start, end = _with_whole_numbers(text, start, end, *((0, len(text)) if within is None else within))
    before = None
    while before != (start, end) and start < end:
        before = start, end
        start, end = _without_halves(text, *_without_stray(text, start, end))
    return (start, end) if start < end else None


def _with_whole_numbers(text: str, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    while end < last and _inside_number(text, end):
        end += 1
    while start > first and _inside_number(text, start):
        start -= 1
    return start, end


def _inside_number(text: str, place: int) -> bool:
    """Return whether a cut before a place goes through a number such as 1,250, 1.2 or 14:30."""
    before, after = text[place - 1], text[place]
    if before.isdecimal() and after.isdecimal():
        return True
    if before.isdecimal() and after in _WITHIN_NUMBERS:
        return text[place + 1 : place + 2].isdecimal()
    return before in _WITHIN_NUMBERS and after.isdecimal() and text[max(0, place - 2) : place - 1].isdecimal()


def _without_stray(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and _strays(text[start]) and not _SIGN.match(text, start, end):
        start += 1
    while start < end and _strays(text[end - 1]) and not _ends_abbreviation(text, start, end):
        end -= 1
    return start, end


def _strays(character: str) -> bool:
    return character in _STRAY or character.isspace()


def _ends_abbreviation(text: str, start: int, end: int) -> bool:
    return text[end - 1] == "." and _ABBREVIATION.search(text, max(start, end - 12), end) is not None


def _without_halves(text: str, start: int, end: int) -> tuple[int, int]:
    """Drop a mark at an end whose other half is missing, or is at the other end."""
    if start >= end:
        return start, end
    span = text[start:end]
    first, last = span[0], span[-1]
    if first in _PAIRS:
        match = _closing(span)
        if match == len(span) - 1 and match > 0:
            return start + 1, end - 1
        if match == -1 and not (first in _APOSTROPHES and len(span) > 1):
            return start + 1, end
    if last in _CLOSING and last not in _APOSTROPHES and _opening(span) == -1:
        return start, end - 1
    return start, end


def _closing(span: str) -> int:
    """Return where the mark that a span begins with is closed, -1 where it is not."""
    opening, closing = span[0], _PAIRS[span[0]]
    if opening == closing:
        return span.find(closing, 1)
    depth = 0
    for place, character in enumerate(span):
        depth += (character == opening) - (character == closing)
        if depth == 0:
            return place
    return -1


def _opening(span: str) -> int:
    """Return where the mark that a span ends with is opened, -1 where it is not."""
    closing = span[-1]
    openings = {opening for opening, close in _PAIRS.items() if close == closing}
    if closing in openings:
        return -1 if span.count(closing) % 2 else span.find(closing)
    depth = 0
    for place in range(len(span) - 1, -1, -1):
        depth += (span[place] == closing) - (span[place] in openings)
        if depth == 0:
            return place
    return -1
