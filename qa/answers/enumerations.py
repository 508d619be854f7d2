"""Enumerations: in a sentence, as "rope mats, bell pulls (new) and books on knots", and lists, an item a line."""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from itertools import pairwise

from corpus.text.spans import Span, stripped
from corpus.text.tables import find_tables
from qa.query import lexicon
from qa.query.lexicon import CAPITAL
from qa.query.phrases import normalized_words
from qa.query.question_types import is_verb

_MIN_ITEMS, _MAX_ITEMS = 3, 12
_MAX_WORDS = 6  # of an item that is added
_SEPARATOR = re.compile(r"[,;]?\s+(?P<joins>and|or)\s+|[,;]\s+")
_ASIDE = re.compile(r"\([^()]*\)")
_MASK = " ~"  # stands for words in parentheses
_DETERMINER = re.compile(r"(?:the|an?)\b", re.I)
_LABEL = re.compile(rf"\W*(?P<label>{CAPITAL}[\w ]{{1,40}}):\s+(?=\S)")
_MAX_ITEM = 8  # words of one that repeats its preposition
_PREPOSITION_BEFORE = re.compile(r"\b(?P<word>of|for|to|with|by|from|in|at|on) (?:the |an? )?\Z")
_MAX_LINES = 40  # of a list
_MAX_LINE = 60  # code points of an item without a bullet; prose is wrapped wider
_MAX_LIST = 8_000  # code points of a block that may be a list
_WORD = re.compile(r"[\w'’-]+")
_BULLET = re.compile(r"(?:[-*+•‣◦·–—]|\(?(?:\d{1,2}|[a-z])[.)])[ \t]+(?=\S)")


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'’-])(?:{'|'.join(sorted(words))})(?![\w'’-])|:(?=\s)", re.I)


_CLAUSE = _pattern(lexicon.AUXILIARIES | lexicon.CLAUSE_SUBJECTS - lexicon.DETERMINERS | {"who", "which", "so"})
_VERB = _pattern(lexicon.VERBS | lexicon.AUXILIARIES | {"as", "like", "including"})
_EDGE = _pattern(lexicon.VERBS | lexicon.AUXILIARIES | lexicon.PREPOSITIONS - {"of"} | {"as", "like", "including"})


@dataclass(frozen=True, slots=True)
class _Segment:
    """A piece of a sentence between two separators; joined: whether "and" or "or" stands before it."""

    start: int
    end: int
    joined: bool


def enumeration_around(text: str, start: int, end: int, within: tuple[int, int]) -> tuple[int, int]:
    """Return a span grown over the enumeration that it is a part of: three items or more, the last after "and"."""
    low, high = within
    sentence = _masked(text[low:high])
    first_place, last_place = _around(sentence, start - low, end - low)
    return first_place + low, last_place + low


def repeated_preposition(text: str, start: int, end: int, within: tuple[int, int]) -> int:
    """Return where a second item ends that the preposition of the span begins: "of [fraud] and of forging a will"."""
    before = _PREPOSITION_BEFORE.search(text, within[0], start)
    if before is None:
        return end
    other = re.compile(rf",? and {before['word']} (?:[\w'’-]+ ?){{1,{_MAX_ITEM}}}(?=[,.;:()]|\Z)").match(
        text, end, within[1]
    )
    return end if other is None else other.end()


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    segments = _segments(text)
    first = sum(one.end <= start for one in segments)
    last = sum(one.end < end for one in segments)
    if not first <= last < len(segments) or _MASK[-1] in text[start : start + 1]:
        return start, end
    left, right, items = start, end, last - first + 1
    is_complete = any(one.joined for one in segments[first + 1 : last + 1])
    following = [] if is_complete or text[end : segments[last].end].strip(_MASK) else segments[last + 1 :]
    for one in following:
        edge = (_EDGE if one.end < len(text) - 1 else _VERB).search(text, one.start, one.end) if one.joined else None
        stop = one.end if edge is None else one.start + len(text[one.start : edge.start()].rstrip())
        if not _is_item(text[one.start : stop]) or not _are_alike(text[start:end], text[one.start : stop]):
            break
        items += 1
        if one.joined:
            right, is_complete = stop, True
            break
    # Two items or more are rarely cut at the left: what stands there is "the founders, Ana Ruiz and Bo Ek".
    is_one = first == last and (is_complete or segments[first].joined)
    preceding = segments[:first] if is_one and not text[segments[first].start : start].strip() else []
    for one in reversed(preceding):
        if _EDGE.match(text, one.start) is not None:  # "In March, Ana Ruiz and Bo Ek met"
            break
        edges = [edge.end() for edge in _EDGE.finditer(text, one.start, one.end) if edge.end() < one.end]
        past = _past_form(text, one, right) if one.start == 0 else None
        edges += [] if past is None else [past]
        is_noun = one.start == 0 and _DETERMINER.match(text) and past is None and not _VERB.search(text, 0, one.end)
        begin = one.start if is_noun or not edges else edges[-1]  # "A rock off Lunnay, a street"
        begin = one.end - len(text[begin : one.end].lstrip())
        if not _is_item(text[begin : one.end]):
            break
        left, items = begin, items + 1
        if begin > one.start or one.joined:
            break
    return (left, right) if _MIN_ITEMS <= items <= _MAX_ITEMS else (start, end)


def _past_form(text: str, segment: _Segment, end: int) -> int | None:
    """Return where the past form of a regular verb ends in a segment that has no other verb, None where it has none.

    The verb of an enumeration that is a subject follows it, at `end`: "Two smoked trout, an eel and a carp were left".
    """
    if _VERB.search(text, segment.start, segment.end) or _VERB.match(text[end:].lstrip()):
        return None
    for before, word in pairwise(_WORD.finditer(text, segment.start, segment.end)):
        is_adjective = before.group().lower() in lexicon.NOUN_MARKERS or before.group().endswith("ly")
        if word.group().islower() and is_verb(word.group()) and not is_adjective and word.end() < segment.end:
            return word.end()
    return None


def labelled_items(text: str, start: int, end: int, within: tuple[int, int], asked: Set[str]) -> tuple[int, int]:
    """Return a span grown over all items after a label that the question has: "Present: A, B, C"."""
    label = _LABEL.match(text, *within)
    if label is None or label.end() > start or not set(normalized_words(label["label"])) <= asked:
        return start, end
    items = _masked(text[label.end() : within[1]])
    segments = _segments(items)
    is_list = len(segments) >= _MIN_ITEMS and all(_is_item(items[one.start : one.end]) for one in segments)
    return (label.end(), label.end() + segments[-1].end) if is_list else (start, end)


def list_items(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of a list's items, without bullets, if a sentence [start, end) is one of them or leads in to it.

    A list is a run of lines between blank ones, with bullets or short; a table is none. Where lines have bullets, those
    before the first are its heading, and another one goes on with the item above. A lead-in ends with a colon.
    """
    is_lead_in = text[start:end].endswith(":")
    if is_lead_in:
        start = end + len(text[end : end + _MAX_LIST]) - len(text[end : end + _MAX_LIST].lstrip())
    first, last = text.rfind("\n\n", 0, start), text.find("\n\n", start)
    low, high = 0 if first == -1 else first + 2, len(text) if last == -1 else last
    if high - low > _MAX_LIST or find_tables(text, low, high):
        return []
    items = _items(text, start if is_lead_in else low, high)
    if not is_lead_in and items and text[slice(*items[0])].endswith(":"):
        items = items[1:]
    is_inside = is_lead_in or any(_has_lines(text, item, start, end) for item in items)
    return items if is_inside and 1 < len(items) <= _MAX_LINES else []


def _has_lines(text: str, item: Span, start: int, end: int) -> bool:
    """Return whether a sentence [start, end) is an item, with its bullet or without, or whole lines of it."""
    low, high = item
    begins_line = not text[low:start].rpartition("\n")[2].strip() and text[start:low].count("\n") == 0
    return begins_line and start < high and end <= high and len(text[end:high].partition("\n")[0].strip()) <= 1


def _items(text: str, start: int, end: int) -> list[Span]:
    """Return the items of the lines of a region, without bullets; none where a line is too long for an item."""
    lines: list[tuple[Span, bool]] = []  # each with whether it has a bullet
    for line in text[start:end].split("\n"):
        low, high = stripped(text, start, start + len(line))
        start += len(line) + 1
        if low < high:
            bullet = _BULLET.match(text, low, high)
            lines.append(((low if bullet is None else bullet.end(), high), bullet is not None))
    if not any(has_bullet for _, has_bullet in lines):
        items = [item for item, _ in lines]
        return items if all(high - low <= _MAX_LINE for low, high in items) else []
    items = []
    for (low, high), has_bullet in lines:
        if has_bullet:
            items.append((low, high))
        elif items:
            items[-1] = items[-1][0], high
    return items


def _masked(sentence: str) -> str:
    """Return a sentence of the same length without the words in parentheses."""
    return _ASIDE.sub(lambda aside: _MASK[-1] * len(aside.group()), sentence)


def _segments(sentence: str) -> list[_Segment]:
    """Return the pieces of a sentence between commas, "and" and "or"."""
    found = list(_SEPARATOR.finditer(sentence))
    starts = [0, *(one.end() for one in found)]
    ends = [*(one.start() for one in found), len(sentence.rstrip(".;!?"))]
    joined = [False, *(one["joins"] is not None for one in found)]
    return [_Segment(*one) for one in zip(starts, ends, joined, strict=True)]


def _is_item(words: str) -> bool:
    """Return whether a piece of a sentence may be an item: a few words without a clause."""
    plain = [word for word in words.split() if word.strip(_MASK)]
    is_short = 1 <= len(plain) <= _MAX_WORDS and not (len(plain) > 1 and plain[0].endswith("ing"))
    return is_short and not _CLAUSE.search(words) and not any(mark in words for mark in "()")


def _are_alike(words: str, others: str) -> bool:
    """Return whether both are names, or the first is none."""
    return (
        not words[:1].isupper() or any(letter.isupper() for letter in others) or _DETERMINER.match(others) is not None
    )
