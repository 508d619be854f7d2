"""Splits text into sentences and paragraphs.

sentencex finds the sentence boundaries (`python -m benchmarks.splitters` compares it with others). This module adds
what it lacks: whether a line break ends a sentence, sentences inside quotations, rows of tables, and a maximum length
for embedders.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import sentencex  # type: ignore[import-untyped]

from corpus.text.spans import Span, stripped
from corpus.text.tables import find_tables
from corpus.text.unicode import replace_surrogates

MAX_SENTENCE = 1000  # characters; an embedder reads 256 tokens
MAX_ROW = 400  # characters; a longer row of a table is split like other text
MAX_CHUNK = 10_000  # characters for one call of sentencex: its time grows with the square of a text's numbered items
MIN_WRAP, MAX_WRAP = 40, 140  # widths of wrapped text

_LIST_ITEM = re.compile(r"(?:[-*+•‣◦·–—]|\(?(?:\d{1,3}|[A-Za-z])[.)]|#+)\s")
_CLOSED = re.compile(r"[.!?…。！？।؟:;][\"'”’»)\]」』]*\Z")
# Where a line before one that begins with a digit can't end a sentence or a list item; and a subscript: "O\n2".
_OPEN = re.compile(
    r"(?:\b(?:a|about|after|an|and|are|at|before|between|but|by|during|for|from|had|has|have|in|is|of|on|or|over|since|"
    r"than|that|the|to|under|until|was|were|which|with)|[,(–—-])\s*\n|[A-Z][a-z]?\n\d{1,2}(?![\d.:])",
)
_MAX_OPEN = 12  # characters before a line that decide whether it goes on
_QUOTES = str.maketrans(dict.fromkeys('"“”„«»‘`「」『』', " "))
_SPACE = re.compile(r"\s")
_CYRILLIC = re.compile("[а-яА-Я]")
_LATIN = re.compile("[a-zA-Z]")
# A sentence goes on after an exclamation before a lower-case word, as in `Who Goes There? was` and `Stop! — he said`,
# and before punctuation that stands alone.
_EXCLAMATION = re.compile(r"[!?…][\"'”’»)\]]*\s*\Z")
_WORD = re.compile(r"[-–—]*\s*[^\W\d_]")
_LONE_PUNCTUATION = re.compile(r"[,;)\]]|[\W_]*\Z")
# sentencex knows "Mr." and "No.", but not these abbreviations. A sentence goes on after one of them before a lower-case
# word, before a dash, and before what stands beside it.
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\b"
_WEEKDAY = r"(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)"
_DAY_OR_HOUR = rf"\d+(?:(?:st|nd|rd|th)\b|,? {_MONTH}|:\d| ?(?:[-–—]|to \d|[ap]\.?m\b|noon))"
_ABBREVIATIONS = {
    "always": ("Mx|Mmes|Atty|[Aa]pprox|[Ii]n[ck]l|[Ee]x[ck]l|zzgl|gem", r"\S"),
    "editor": ("(?<=[,;] )eds?", r"[A-Z\d]"),
    "number": (
        r"[Mm](?:ax|in)|[Tt]el|[Ff]ax|[Mm]ob|[Ee]xt|[Ee]st|[Dd]ept|[Aa]vg|[Tt]emp|[Aa]pt|eds?"
        r"|Hrs|(?<=[a-z] )hrs|(?<!\d )[Kk]r",
        r"[+(]?\d",
    ),
    "part": (
        "[Vv]ols?|[Cc]h(?:ap)?|(?:[Ss]ub)?[Pp]aras?|(?:[Ss]ub)?[Ss]ecs?|Arts?|[Aa]rt|[Bb]ks?|[Cc]ls?|App|Tab|Abs|Ziff|Bd",
        r"\d|I\b(?! [a-z])|(?!I\b)[IVXLC]+\b|[B-H]\b|A\b(?! [a-z])",
    ),
    "price": (r"(?<=\d )kr", r"(?!)"),
    "item": ("[Ll]it", r"\(?[a-z]\b"),
    "reference": ("[Aa]cc|[Ii]nv|[Rr]ef", r"[Nn]os?\b"),
    "weekday": (_WEEKDAY, rf"{_MONTH}\.? \d|{_WEEKDAY}\b|{_DAY_OR_HOUR}"),
    "hour": (
        r"\d[\d:.]* ?(?:[ap]\.m|[AP]\.M)",
        rf"{_WEEKDAY}(?:(?:nes|ur)?days?)?\b(?!['’]s| (?:is|are|was|were|has|had|will)\b)|{_MONTH}\.? \d"
        r"|(?:[ECMP][SD]?T|CEST|BST|GMT|UTC|Eastern|Central|Mountain|Pacific)\b",
    ),
}
_ABBREVIATION = re.compile(
    rf"(?<![\w.])(?:{'|'.join(f'(?P<{kind}>{words})' for kind, (words, _) in _ABBREVIATIONS.items())})\.\s*\Z"
)
_CONTINUATIONS = {
    kind: re.compile(rf"\s*(?:[-–—/&:]|[a-z]+(?![A-Za-z])|{following})")
    for kind, (_, following) in _ABBREVIATIONS.items()
}
_PARENTHESIS = re.compile(r"(?P<sentence>\([^()\s]+\s[^()]*[.!?]\))\s+(?=\S)")  # (A whole sentence.)
_MARKS = frozenset({"Mn", "Mc", "Me", "Sk"})  # the Unicode categories of what follows a base: marks, skin tones
_CUT_PATTERNS = [re.compile(p) for p in (r"[.!?…]\s|[。！？।]", r"[;:]\s|[；：]", r",\s|[，、]", r"\s")]


def split(text: str, language: str | None = None) -> list[Span]:
    """Return the spans `[start, end)` of the sentences of text, in code points.

    They are in order and don't overlap, cover every character that is not whitespace, begin and end without whitespace,
    lie within one paragraph each, and have at most MAX_SENTENCE characters. `language` is a BCP 47 tag; without it, the
    script decides between the rules of Russian and English, which suit most European languages.
    """
    if language is None:
        beginning = text[:MAX_CHUNK]
        code = "ru" if len(_CYRILLIC.findall(beginning)) > len(_LATIN.findall(beginning)) else "en"
    else:
        code = language.split("-", 1)[0].lower()
    encodable = replace_surrogates(text, "\ufffd")
    rows = _rows(encodable)
    return [
        sentence
        for _, blocks in _groups(encodable, rows)
        for block in blocks
        for chunk in _cut(encodable, block, MAX_CHUNK)
        for found in ([chunk] if chunk in rows else _sentences(encodable, chunk, code))
        for sentence in _cut(encodable, found, MAX_SENTENCE)
    ]


def _rows(text: str) -> set[Span]:
    """Return the spans of the rows of tables, each of which is a sentence."""
    rows = (row for table in find_tables(text) for row in (table.header, *table.rows))
    return {(row.start, row.end) for row in rows if row.end - row.start <= MAX_ROW}


def paragraphs(text: str) -> list[Span]:
    """Return the spans of the paragraphs of text, which blank lines separate.

    Where most blocks between two blank lines are longer than MAX_WRAP, each block is a paragraph; in a text without
    blank lines also where most blocks end in closing punctuation.
    """
    groups = list(_groups(text, _rows(text)))
    found: list[Span] = []
    for group, blocks in groups:
        standalone = sum(
            end - start > MAX_WRAP or (len(groups) == 1 and is_closed(text[start:end])) for start, end in blocks
        )
        found += blocks if 2 * standalone > len(blocks) else [group]
    return found


def _groups(text: str, rows: set[Span]) -> Iterator[tuple[Span, list[Span]]]:
    """Yield the spans between blank lines, each with its blocks: a block is a line, or lines of wrapped text."""
    group: list[Span] = []
    start = 0
    for row in text.split("\n"):
        line = stripped(text, start, start + len(row))
        start += len(row) + 1
        if line[0] < line[1]:
            group.append(line)
        elif group:
            yield (group[0][0], group[-1][1]), _blocks(text, group, rows)
            group = []
    if group:
        yield (group[0][0], group[-1][1]), _blocks(text, group, rows)


def _blocks(text: str, lines: list[Span], rows: set[Span]) -> list[Span]:
    """Return the lines, with those that continue the line before joined to one block; rows of tables stand alone."""
    width = max(end - start for start, end in lines)
    wrapped = len(lines) >= 3 and MIN_WRAP <= width <= MAX_WRAP
    if wrapped:  # three quarters of the lines are full, and a third begin in lower case
        full = sum(_is_full(text, before, line, width) for before, line in pairwise(lines))
        lower = sum(text[start].islower() for start, _ in lines[1:])
        wrapped = 4 * full >= 3 * (len(lines) - 1) and 3 * lower >= len(lines) - 1
    blocks = [lines[0]]
    for before, line in pairwise(lines):
        # A sentence goes on where the line before is too long to be a heading or list item. A line that begins with a
        # digit goes on only where the line before can't end so: it may be one of a timeline, or a row.
        continues = (
            before[1] - before[0] >= MIN_WRAP
            and (text[line[0]].islower() or (text[line[0]].isdigit() and _is_open(text, before, line)))
            and not is_closed(text[slice(*before)])
            and not _LIST_ITEM.match(text, *line)
        )
        is_row = line in rows or before in rows
        if not is_row and (continues or (wrapped and _is_full(text, before, line, width))):
            blocks[-1] = blocks[-1][0], line[1]
        else:
            blocks.append(line)
    return blocks


def _is_full(text: str, before: Span, line: Span, width: int) -> bool:
    """Tell whether the line before is full: the first word of this line would not fit into it."""
    if _LIST_ITEM.match(text, *line):
        return False
    first_word = text[line[0] : min(line[1], line[0] + width)].split(None, 1)[0]
    return before[1] - before[0] + 1 + len(first_word) > width


def _is_open(text: str, before: Span, line: Span) -> bool:
    """Tell whether a line can't end so before one that begins with a digit."""
    return _OPEN.search(text, max(before[0], before[1] - _MAX_OPEN), line[0] + 3) is not None


def is_closed(line: str) -> bool:
    """Tell whether a line ends in closing punctuation."""
    return _CLOSED.search(line, max(0, len(line) - 10)) is not None


def _sentences(text: str, block: Span, language: str) -> Iterator[Span]:
    """Yield the sentences of a block, whose line breaks count as spaces."""
    start = block[0]
    words = _SPACE.sub(" ", text[slice(*block)])  # sentencex 1.0.32 panics on "B\u00a0." in Russian
    marker = _LIST_ITEM.match(words)
    found = _boundaries(words, language)
    unquoted = words.translate(_QUOTES)
    if unquoted != words:  # sentencex does not split quotations
        ends = _boundaries(unquoted, language)
        found |= {end for end in ends if ord(words[stripped(words, 0, end)[1] - 1]) not in _QUOTES}
    boundaries = sorted(boundary for boundary in found if marker is None or boundary > marker.end())
    sentence = 0  # the start of the sentence that is not yet yielded
    for boundary, following in zip(boundaries, [*boundaries[1:], len(words)], strict=True):
        parenthesis = _PARENTHESIS.match(words, sentence, boundary)
        if parenthesis is not None:
            yield start + sentence, start + parenthesis.end("sentence")
            sentence = parenthesis.end()
        if boundary == len(words) or not _is_within_sentence(words, boundary, following):
            yield stripped(text, start + sentence, start + boundary)
            sentence = boundary


def _boundaries(words: str, language: str) -> set[int]:
    """Return the ends of sentences by sentencex, or by closing punctuation where it panics."""
    try:
        return {bound["end_index"] for bound in sentencex.get_sentence_boundaries(language, words)} | {len(words)}
    except BaseException as error:  # a panic of Rust code is not an Exception
        if type(error).__name__ != "PanicException":
            raise
        return {match.end() for match in _CUT_PATTERNS[0].finditer(words)} | {len(words)}


def _is_within_sentence(words: str, boundary: int, following: int) -> bool:
    """Tell whether a sentence goes on after a boundary; `following` is the next boundary."""
    before = words[max(0, boundary - 20) : boundary]
    if _LONE_PUNCTUATION.match(words, boundary, following):
        return True
    abbreviation = _ABBREVIATION.search(before)
    if abbreviation is not None and _CONTINUATIONS[str(abbreviation.lastgroup)].match(words, boundary):
        return True
    word = _WORD.match(words, boundary, following)
    return word is not None and word.group()[-1].islower() and _EXCLAMATION.search(before) is not None


def _cut(text: str, span: Span, limit: int) -> Iterator[Span]:
    """Yield the span in parts of at most `limit` characters, cut at the strongest punctuation or at a space.

    Where a part has neither, it is cut at the limit, but not within a grapheme cluster: a base with its marks, or
    characters with zero-width joiners.
    """
    start, end = span
    while end - start > limit:
        low, cut = start + limit // 2, start + limit
        ends = next(filter(None, ([match.end() for match in p.finditer(text, low, cut)] for p in _CUT_PATTERNS)), [])
        if ends:
            cut = ends[-1]
        else:
            while cut > low and ("\u200d" in text[cut - 1 : cut + 1] or unicodedata.category(text[cut]) in _MARKS):
                cut -= 1
        yield stripped(text, start, cut)
        start, _ = stripped(text, cut, end)
    yield start, end
