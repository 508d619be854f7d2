"""Compares a quotation with a stretch of an article, token by token, and marks what differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from qa.verification.tokens import TokenText

DifferenceKind = Literal["same", "changed", "added", "left out", "joined"]
_KINDS: dict[str, DifferenceKind] = {"equal": "same", "replace": "changed", "delete": "added", "insert": "left out"}
MIN_RATIO = 0.7  # of words in common, from which on a quotation is an altered one; docs/decisions.md has the figures
_MIN_COMMON_WORDS = 3
_MIN_CONTENT_LETTERS = 4
_MIN_SLACK = 2  # tokens on each side, in which left-out words may be
_MAX_OMITTED = 300  # characters of what was left out between two parts that are told


@dataclass(frozen=True, slots=True)
class QuotationDifference:
    """A piece of a quotation beside that of the source; `marked` where brackets or dots in the draft tell of it.

    "joined" stands between two pieces whose places in the articles are apart; its source is what was left out between
    them, or nothing where they are in two articles or far from each other.
    """

    kind: DifferenceKind
    draft: str
    source: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Alignment:
    """A quotation beside a stretch of an article: the span there, the part of words in common, and what differs."""

    start: int
    end: int
    ratio: float
    differences: tuple[QuotationDifference, ...]


def exact_span(draft: TokenText, source: TokenText) -> tuple[int, int] | None:
    """Return the span of the source that has exactly the tokens of a draft, None where there is none."""
    at = source.find(draft.norms)
    return None if at is None else (source.tokens[at].start, source.tokens[at + len(draft.tokens) - 1].end)


def align(draft: TokenText, source: TokenText) -> Alignment | None:
    """Return the best alignment of a draft with a source; None where they have too little in common."""
    if not draft.tokens or not source.tokens:
        return None
    window = fuzz.partial_ratio_alignment(draft.norms, source.norms)
    if window is None:
        return None
    slack = max(_MIN_SLACK, len(draft.tokens) // 6)
    first, last = max(0, window.dest_start - slack), min(len(source.tokens), window.dest_end + slack)
    steps = [
        (step.tag, step.src_start, step.src_end, first + step.dest_start, first + step.dest_end)
        for step in Levenshtein.opcodes(draft.norms, source.norms[first:last])
    ]
    while steps and steps[0][0] == "insert":
        del steps[0]
    while steps and steps[-1][0] == "insert":
        del steps[-1]
    same = [
        token for tag, low, high, _, _ in steps if tag == "equal" for token in draft.tokens[low:high] if token.is_word
    ]
    has_content = any(len(token.norm) >= _MIN_CONTENT_LETTERS or token.norm.isdigit() for token in same)
    if len(same) < _MIN_COMMON_WORDS or not has_content:
        return None
    low, high = min(step[3] for step in steps), max(step[4] for step in steps)
    ratio = 2 * len(same) / (draft.words() + source.words(low, high))
    differences = tuple(
        QuotationDifference(_KINDS[tag], draft.between(start, end), source.between(begin, stop))
        for tag, start, end, begin, stop in steps
    )
    return Alignment(source.tokens[low].start, source.tokens[high - 1].end, ratio, differences)


def longest_run(draft: TokenText, low: int, high: int, source: TokenText) -> tuple[int, int, int]:
    """Return the start and length of the longest run of a draft's tokens in a source, and its start there."""
    found = SequenceMatcher(None, draft.norms, source.norms, autojunk=False).find_longest_match(low, high)
    return found.a, found.size, found.b


def segments(draft: TokenText) -> list[tuple[int, int]]:
    """Return the ranges of a draft's tokens between marked alterations; one such as [T]he begins its range."""
    found, start = [], 0
    for at, token in enumerate((*draft.tokens, None)):
        if token is None or token.is_marked:
            if start < at:
                found.append((start, at))
            start = at if token is not None and token.is_word else at + 1
    return found


def align_marked(draft: TokenText, source: TokenText) -> Alignment | None:
    """Return the alignment of a draft whose alterations are all marked, in one source; None where that is not so."""
    parts = segments(draft)
    at = 0
    found: list[tuple[int, int, int]] = []
    for low, high in parts:
        place = source.find(draft.norms[low:high], at)
        is_next = bool(found) and found[-1][1] == low
        if place is None or (is_next and place != at):
            return None
        found.append((low, high, place))
        at = place + high - low
    if not found:
        return None
    differences = tuple(_marked_differences(draft, source, found))
    return Alignment(source.tokens[found[0][2]].start, source.tokens[at - 1].end, 1.0, differences)


def _marked_differences(
    draft: TokenText, source: TokenText, found: list[tuple[int, int, int]]
) -> Iterator[QuotationDifference]:
    done, place = 0, found[0][2]
    for low, high, at in found:
        if done < low:
            kind: DifferenceKind = "changed" if place < at else "added"
            yield QuotationDifference(
                kind, draft.between(done, low), _shortened(source.between(place, at)), marked=True
            )
        plain = low + draft.tokens[low].is_marked
        if plain > low:
            yield QuotationDifference("changed", draft.between(low, plain), source.between(at, at + 1), marked=True)
        if plain < high:
            yield QuotationDifference(
                "same", draft.between(plain, high), source.between(at + plain - low, at + high - low)
            )
        done, place = high, at + high - low
    if done < len(draft.tokens):
        yield QuotationDifference("added", draft.between(done, len(draft.tokens)), "", marked=True)


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_OMITTED else f"{text[: _MAX_OMITTED - 1]}…"
