"""Finds sentences that tell how a value has changed: "52,000 marks, up from 45,000", "a third person has died".

A price may be waived ("lunches are free until Easter"), a date moved or withdrawn ("no longer by Wednesday: Friday is
more likely").
"""

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from index.search.keywords import stems
from qa.dates.finder import find_dates
from qa.query import lexicon
from qa.query.phrases import normalized_words
from qa.reports.comparison import is_former, is_withdrawn, value_of
from qa.types import Candidate, Quote
from qa.values import Value, ValueKind, numbers_in

# From here on a number is its own sign: in another report of the story it is hardly about something else.
_MIN_DISTINCT = 20.0
_TO = re.compile(r"(?: \w+){0,2} to (?:about |around |nearly |some |over |just )?[$£€¥]?\Z", re.I)
_MORE, _LESS = (
    re.compile(r" (?:\w+ )?(?:more|higher) than\b", re.I),
    re.compile(r" (?:\w+ )?(?:fewer|less|lower) than\b"),
)
_DENIAL = r"\b(?:not|no longer|never|rather than|instead of)\b"
_MAX_DENIED = 4  # words of a value
# "No pipe had burst", "it was not wild geese that brought it", "the geese had nothing to do with it"
_NO = re.compile(
    r"\b(?:not(?! (?:only|until|before|yet|just|even))|no(?! longer)|never|neither|nor|nothing to do with|ruled out"
    r"|excluded"
    r"|wrong|untrue|false|innocent)\b|n['’]t\b",
    re.I,
)
# "The grinder was not to blame"
_NOT_BLAMED = re.compile(
    r"(?:(?:the|an?|it) )?(?P<cause>[\w' -]{2,50}?) (?:is|are|was|were|has|have|had) (?:not (?:to blame|at fault"
    r"|responsible"
    r"|(?:the|its) (?:cause|reason))|nothing to do with|innocent)\b",
    re.I,
)
_CAUSED_BY = re.compile(r"\b(?:caused by|due to|because of|blamed on|(?:started|triggered|set off) by) (?=\S)", re.I)
_CLAUSE_END = re.compile(r"[,;:]|\bbut\b")
_IS_NOT = re.compile(r"(?:It (?:was|is) )?not(?! (?:only|until|before))\b|No \w+ (?:had|has|was|is)\b", re.I)
_LACK = re.compile(r"\b(?:lack|shortage|absence|without|missing|no|not|never)\b", re.I)
_FROM = re.compile(r"\b(?:up|down) from (?:\w+ ){0,4}\Z", re.I)  # "an estimate of"
_UNIT = re.compile(
    rf"[ -]?(?:%|per ?cent\b|(?:{lexicon.CURRENCIES})(?!\w)|(?:{lexicon.UNITS})(?!\w)(?:/h| an hour| per hour)?"
    rf"|(?:{lexicon.TIME_UNITS})\b)",
    re.I,
)
# "Drivers pay nothing", "is free from today", "at no charge", "nobody has to pay"
_WAIVED = re.compile(
    r"\b(?:(?:pay(?:s|ing)?|cost(?:s|ing)?|charg(?:es?|ed))(?: [\w']+){0,3} (?P<nothing>nothing)"
    r"|(?P<charge>no (?:\w+ )?(?:charge|cost|fee|toll))"
    r"|(?P<nobody>(?:nobody|no one)(?: \w+){0,2} (?:(?:has to|needs to|must|will) pay|pays))"
    r"|(?:is|are|be|becomes?|remains?|stays?|was|were|made|come) (?:now |again )?(?P<is_free>free)"
    r"(?!-| (?:to (?!all)|man|woman)|,? (?:after|again)| from (?!today|tomorrow|now|[A-Z0-9]))|for (?P<for_free>free)"
    r"|(?P<of_charge>free of charge)|(?P<without>without (?:charge|payment)))\b",
    re.I,
)
_NTH = re.compile(rf"\b(?:an?|the) (?P<ordinal>{'|'.join(lexicon.ORDINALS)}) [a-z]+", re.I)
_MAX_STEP = 10  # from a total to the next one that is told by its last member
# "which brings the number to five", "that makes 900 in all", "seven altogether"
_TOTAL_BEFORE = re.compile(
    r"\b(?:(?:brings?|bringing|brought|tak(?:es|ing)|took|rais(?:es|ed|ing)|push(?:es|ed|ing)) (?:the|their|its|that"
    r"|it|this)"
    r" (?:(?:total|number|count|toll|figure|tally|sum)(?: [\w-]+){0,4} )?(?:up )?to|mak(?:es|ing) (?:it|a total of))"
    r" (?:about |some |at least )?\Z",
    re.I,
)
_TOTAL_AFTER = re.compile(r"(?: [\w-]+){0,3}? (?:in all|altogether|in total|all told|overall)\b", re.I)
_SAID = re.compile(r"\b(?:said|told|announced|added|reported|admitted|confirmed)(?: [\w'-]+){0,4} \Z", re.I)
_DAY_OF_MONTH = re.compile(rf" (?:{lexicon.MONTHS})\b", re.I)  # "from 1 April"
_MONTH = re.compile(r"\b(?:month|week)\b", re.I)
_LIKELIER = re.compile(
    r"\b(?:likel\w+|instead|now|new|aims?|hop\w+|should|will|would|expect\w*|set|moved|postponed)\b", re.I
)


# "Correction: We reported that ...", "an earlier version of this article gave"
_CORRECTION = re.compile(
    r"\A(?:correction|clarification|erratum)\b"
    r"|\b(?:we|this newspaper|(?:an earlier|a previous) version|our report)\b"
    r"[^.;]{0,60}\b(?:reported|wrote|stated|said|gave|put)\b|\b(?:misstated|should have (?:read|said|been))\b",
    re.I,
)
_PARAGRAPH = 2  # code points between the sentences of one


def corrected_value(sentences: Iterable[Quote], former: Quote) -> Candidate | None:
    """Return the number that a correction gives in the place of a former one, None without any.

    That is another number with its unit in the sentence that has the former one, or the only one in the next sentence.
    """
    old = next((value for value, _, _ in numbers_in(former.text)), None)
    noun = _noun_after(former.text)
    corrected: Quote | None = None
    for sentence in sentences if old is not None else ():
        numbers = list(numbers_in(sentence.text))
        told = [_candidate(sentence, one, noun) for one in numbers if one[0] != old]
        new = [one for one in told if not is_former(one)]
        if corrected is not None and corrected.end < sentence.start <= corrected.end + _PARAGRAPH and len(new) == 1:
            return new[0]
        is_correction = _CORRECTION.search(sentence.text) is not None
        corrected = sentence if is_correction and any(one[0] == old for one in numbers) else None
    return None


def waived_price(sentences: Iterable[Quote], is_priced: Callable[[Quote], bool]) -> Candidate | None:
    """Return the words by which a sentence about what is priced says that it costs nothing, None without any."""
    for sentence in sentences:
        found = _WAIVED.search(sentence.text)
        if found is not None and is_priced(sentence):
            start, end = next(found.span(name) for name in _WAIVED.groupindex if found[name] is not None)
            return Candidate(Quote(sentence.article, sentence.start + start, sentence.start + end), sentence, 0.0)
    return None


def is_denied(former: Quote, sentence: Quote) -> bool:
    """Return whether a sentence says that a former value is none: "not by frost but by poor concrete"."""
    words = [word for word in normalized_words(former.text) if word not in lexicon.PREPOSITIONS | lexicon.DETERMINERS]
    if not 0 < len(words) <= _MAX_DENIED:
        return False
    value = r"\W+(?:\w+\W+)?".join(map(re.escape, words))
    return re.search(rf"{_DENIAL}(?: \w+){{0,3}} {value}\b", sentence.text, re.I) is not None


def denial_of(former: Quote, sentences: Iterable[Quote], asked: AbstractSet[str]) -> Quote | None:
    """Return the first sentence that denies a former reason, in whatever words, None where none does.

    asked: stems of the question, of which a reason may repeat some.
    """
    words = set(stems(former.text)) - lexicon.STOP_STEMS - asked
    if not words or _LACK.search(former.text) is not None:
        return None
    for sentence in sentences:
        for clause in _CLAUSE_END.split(sentence.text):
            blamed = _NOT_BLAMED.search(clause)
            cleared = set(stems(blamed["cause"])) - lexicon.STOP_STEMS if blamed is not None else set[str]()
            if cleared and cleared <= words:
                return sentence
            if _NO.search(clause) is not None and 2 * len(words.intersection(stems(clause))) >= len(words):
                return sentence
    return None


def cause_in(sentence: Quote) -> Quote:
    """Return the words of a sentence behind "caused by" and the like, without these the whole sentence."""
    found = _CAUSED_BY.search(sentence.text)
    return sentence if found is None else Quote(sentence.article, sentence.start + found.end(), sentence.end)


def is_denial(candidate: Candidate) -> bool:
    """Return whether an answer is what a sentence denies: "not wild geese"; or that denial."""
    span, sentence = candidate.span, candidate.sentence
    before = sentence.article.text[sentence.start : span.start]
    if span == sentence and _NOT_BLAMED.match(span.text) is not None:
        return True
    return _IS_NOT.match(span.text) is not None or re.search(r"\bnot (?:an? |the )?\Z", before, re.I) is not None


def next_total(
    sentences: Iterable[Quote], former: Quote, counts_asked: Callable[[Candidate], bool]
) -> Candidate | None:
    """Return the ordinal of the last one of what is counted, which is the new total: "a third person has died"."""
    old = Value.of(former.text)
    for sentence in sentences if old.kind is ValueKind.NUMBER and old.number is not None else ():
        for found in _NTH.finditer(sentence.text):
            start, end = (sentence.start + at for at in found.span("ordinal"))
            one = Candidate(Quote(sentence.article, start, end), sentence, 0.0)
            step = int(lexicon.ORDINALS[found["ordinal"].lower()]) - (old.number or 0.0)
            if 0 < step <= _MAX_STEP and counts_asked(one):
                return one
    return None


def told_total(sentences: Iterable[Quote], former: Quote, is_counted: Callable[[Quote], bool]) -> Candidate | None:
    """Return a higher number that a sentence about what is counted tells as its total: "two more, seven altogether"."""
    old = Value.of(former.text)
    for sentence in sentences if old.kind is ValueKind.NUMBER and old.number is not None else ():
        for value, start, end in numbers_in(sentence.text):
            before, after = sentence.text[:start], sentence.text[end:]
            is_total = _TOTAL_BEFORE.search(before) is not None or _TOTAL_AFTER.match(after) is not None
            if is_total and value > (old.number or 0.0) and is_counted(sentence):
                return Candidate(Quote(sentence.article, sentence.start + start, sentence.start + end), sentence, 0.0)
    return None


def moved_date(sentences: Sequence[Quote], former: Value) -> Candidate | None:
    """Return the date to which a former one was moved, or the sentence that withdraws it where none is told."""
    for at, sentence in enumerate(sentences):
        dates = _dates(sentence)
        withdrawn = [one for one in dates if is_withdrawn(one)]
        if not any(_is_on(one, former) for one in withdrawn):
            continue
        following = sentences[at + 1] if at + 1 < len(sentences) else None
        others = [one for one in dates if one.span.start > withdrawn[0].span.start]
        if following is not None and _LIKELIER.search(following.text) is not None:
            others.extend(_dates(following)[:1])
        told = (one for one in others if not is_withdrawn(one) and not _is_on(one, former))
        return next(told, Candidate(sentence, sentence, 0.0))
    return None


def _dates(sentence: Quote) -> list[Candidate]:
    """Return the days and months that a sentence names, but for that on which it says that something was said."""
    article, found = sentence.article, list[Candidate]()
    for one in find_dates(article.text, article.published, sentence.start, sentence.end):
        before = article.text[sentence.start : one.start]
        if one.grain in ("day", "week", "month") and _SAID.search(before) is None:
            found.append(Candidate(Quote(article, one.start, one.end), sentence, 0.0))
    return [one for one in found if Value.of(one.span.text).kind is ValueKind.DATE or _MONTH.search(one.span.text)]


def _is_on(one: Candidate, former: Value) -> bool:
    """Return whether a date is a former one; "by Wednesday" is, in whichever week a report puts it."""
    value = value_of((one, 0.0))
    return value.agrees(former) or value.words == former.words


def changed_value(sentences: Iterable[Quote], former: Quote, terms: frozenset[str]) -> Candidate | None:
    """Return the number to which a sentence says that a former one has changed, None where none says so.

    terms: words of the question in lower case; a sentence about a small number has to share one.
    """
    old = next((value for value, _, _ in numbers_in(former.text)), None)
    if old is None:
        return None
    noun = _noun_after(former.text)
    for sentence in sentences:
        if _CORRECTION.search(sentence.text) is not None:
            continue  # it repeats what was wrong
        if abs(old) < _MIN_DISTINCT and terms.isdisjoint(normalized_words(sentence.text)):
            continue
        found = _changed_in(sentence, old, noun)
        if found is not None:
            return found
    return None


def _changed_in(sentence: Quote, old: float, noun: str) -> Candidate | None:
    """Return the number to which one sentence says that `old` has changed. noun: what the former value counts."""
    text = sentence.text
    numbers = [one for one in numbers_in(text) if _DAY_OF_MONTH.match(text, one[2]) is None]
    for at, (value, start, end) in enumerate(numbers):
        after = numbers[at + 1] if at + 1 < len(numbers) else None
        before = numbers[at - 1] if at else None
        if value == old:
            is_from = text[:start].lower().endswith("from ")
            if is_from and after is not None and _TO.fullmatch(text[end : after[1]]):
                return _candidate(sentence, after, noun)
            if before is not None and _tells_as_former(sentence, (value, start, end), noun):
                new = _candidate(sentence, before, noun)
                return None if before[0] == old or is_former(new) else new
        is_step = text[:start].lower().endswith(" by ") and after is not None and text[end : after[1]] == " to "
        if is_step and after is not None and after[0] in (old + value, old - value):
            return _candidate(sentence, after, noun)
        if before is not None and old in (before[0] - value, before[0] + value):
            less = before[0] + value == old
            if (_LESS if less else _MORE).match(text, end):
                return _candidate(sentence, before, noun)
    return None


def _tells_as_former(sentence: Quote, number: tuple[float, int, int], noun: str) -> bool:
    """Return whether a sentence tells a number as the former one."""
    return is_former(_candidate(sentence, number, noun)) or _FROM.search(sentence.text[: number[1]]) is not None


def _noun_after(former: str) -> str:
    """Return the word after the number of a former value, "" without any."""
    following = re.search(r"\d (?P<noun>[a-z]+)", former)
    return "" if following is None else following["noun"]


def _candidate(sentence: Quote, number: tuple[float, int, int], noun: str) -> Candidate:
    """Return a number of a sentence with its unit, or with the noun that the former value has."""
    _, start, end = number
    start -= sentence.text[:start].endswith(("$", "£", "€", "¥"))
    unit = _UNIT.match(sentence.text, end)
    if unit is not None:
        end = unit.end()
    elif noun and re.match(rf" {noun}\b", sentence.text[end:]) is not None:
        end += 1 + len(noun)
    return Candidate(Quote(sentence.article, sentence.start + start, sentence.start + end), sentence, 0.0)
