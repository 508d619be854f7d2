"""Finds the quotations of a draft by their quotation marks, its block quotes, and its sentences with facts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from corpus.text.sentences import split
from corpus.text.spans import Span, stripped

ExcerptKind = Literal["quotation", "block quote", "claim"]
MAX_EXCERPT = 5_000  # characters; longer quotations are cut
# Each mark that opens a quotation, with those that close it: »German« and «French», „German“ and „Polish”.
_CLOSING = {
    **{"“": "”", "„": "“”", "«": "»", "»": "«»", "‹": "›", "›": "‹›"},
    **{"‘": "’", "‚": "‘’", '"': '"', "'": "'"},
}
_MARK = re.compile("[“”„«»‹›‘’‚\"']")
_SINGLE = "‘’‚'"
_LATER_END = re.compile(r"[^‘’']{0,300}[.,;!?…][’'](?!\w)")  # of a quotation, after the apostrophe of "the workers’"
_MAX_DEPTH = 8
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_BLOCK = re.compile(r"(?:^[^\S\n]{0,3}>[^\n]*(?:\n|\Z))+", re.MULTILINE)
_EMPTY_BLOCK_LINE = re.compile(r"\n[^\S\n]{0,3}>[^\S\n]*(?=\n)")
_WORD = re.compile(r"\w\w|\d")
# A number, or a capital that does not begin the sentence.
_FACT = re.compile(r"\d|(?<=[\w,;:)%’'”\"»–-]\s)[A-ZÀ-ÖØ-Þ]\w|\b[A-Z]{2,}\b")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A span of a draft that is compared with the articles; quotation marks are not in it."""

    start: int
    end: int
    kind: ExcerptKind


def find_quotations(text: str) -> list[Excerpt]:
    """Return the quotations of a draft in text order, nested ones after those around them; in linear time."""
    found = [Excerpt(*span, "block quote") for span in _block_quotes(text)]
    found += [Excerpt(*span, "quotation") for span in _marked(text)]
    cut = [piece for one in found for piece in _cut(text, one)]
    return sorted(cut, key=lambda one: (one.start, -one.end))


def find_claims(text: str, quotations: Sequence[Excerpt]) -> list[Excerpt]:
    """Return the sentences of a draft with a number, a date or a name that are no quotations themselves."""
    claims, at = [], 0
    for start, end in split(text):
        while at < len(quotations) and quotations[at].end + 2 < end:  # its mark and a full stop may follow
            at += 1
        is_quoted = any(one.start - 2 <= start and end <= one.end + 2 for one in quotations[max(0, at - 8) : at + 1])
        if not is_quoted and _FACT.search(text[start:end]):
            claims.append(Excerpt(start, min(end, start + MAX_EXCERPT), "claim"))
    return claims


def _block_quotes(text: str) -> Iterator[Span]:
    """Yield the spans of paragraphs whose lines begin with ">", as in Markdown and e-mail."""
    for block in _BLOCK.finditer(text):
        start = block.start()
        for gap in _EMPTY_BLOCK_LINE.finditer(text, block.start(), block.end()):
            yield start, gap.start()
            start = gap.end()
        yield start, block.end()


def _marked(text: str) -> Iterator[Span]:
    """Yield the spans between quotation marks, paragraph by paragraph."""
    start = 0
    for gap in (*_BLANK_LINE.finditer(text), None):
        end = len(text) if gap is None else gap.start()
        following = "" if gap is None else text[gap.end() : gap.end() + 1]
        yield from _marked_in_paragraph(text, start, end, following)
        start = end if gap is None else gap.end()


def _marked_in_paragraph(text: str, first: int, last: int, following: str) -> Iterator[Span]:
    """Yield the spans between marks; a quotation goes on where the next paragraph begins with its mark again."""
    opened: list[tuple[str, int]] = []
    for found in _MARK.finditer(text, first, last):
        mark, at = found[0], found.start()
        before, after = text[at - 1 : at] if at > first else "", text[at + 1 : at + 2] if at + 1 < last else ""
        depth = next((one for one in reversed(range(len(opened))) if mark in _CLOSING[opened[one][0]]), None)
        can_open = mark in _CLOSING and not before.isalnum() and after != "" and (mark in "«“„" or not after.isspace())
        if (
            mark == '"'
            and can_open
            and (before == "" or before.isspace() or before in "([—–‘'“")
            and (depth is None or depth < len(opened) - 1)
        ):
            depth = None
        if depth is not None and _can_close(text, mark, at, before, after):
            yield opened[depth][1] + 1, at
            del opened[depth:]
        elif depth is None and can_open and len(opened) < _MAX_DEPTH:
            opened.append((mark, at))
    if opened and opened[0][0] in "“„«" and following == opened[0][0]:
        yield opened[0][1] + 1, last


def _can_close(text: str, mark: str, at: int, before: str, after: str) -> bool:
    if mark not in _SINGLE:
        return True
    if before.isspace() or after.isalnum():  # an apostrophe
        return False
    return not (before == "s" and after.isspace() and _LATER_END.match(text, at + 1))


def _cut(text: str, excerpt: Excerpt) -> Iterator[Excerpt]:
    """Yield an excerpt in pieces of at most MAX_EXCERPT characters, without whitespace around them."""
    start, end = stripped(text, excerpt.start, excerpt.end)
    if excerpt.kind == "block quote" and text[start : start + 1] == ">":
        start, end = stripped(text, start + 1, end)
    while start < end:
        stop = end if end - start <= MAX_EXCERPT else text.rfind(" ", start + 1, start + MAX_EXCERPT)
        stop = start + MAX_EXCERPT if stop < 0 else stop
        if _WORD.search(text, start, stop):
            yield Excerpt(*stripped(text, start, stop), excerpt.kind)
        start, end = stripped(text, stop, end)
