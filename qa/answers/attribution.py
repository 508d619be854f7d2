"""Finds who says what a sentence reports: "the council said", "according to police", "is accused of", "reportedly"."""

import re
from collections.abc import Sequence

from qa.query import lexicon
from qa.query.lexicon import CAPITAL
from qa.types import Quote, ScoredCandidate

_MAX_SPEAKER = 90  # code points before a reporting verb that name the speaker
_MAX_DISTANCE = 1200  # code points from what somebody wanted to its outcome
_MIN_SHARE = 0.3  # of the confidence in what somebody wanted
_MAX_WORDS = 250  # code points of what somebody says
# What follows a verb that may be a noun: "that", a clause, "to" before a verb.
_SUBJECTS = "|".join(sorted(lexicon.CLAUSE_SUBJECTS | lexicon.word_set("some many several all no nobody nothing")))
_CLAUSE = re.compile(
    rf",? (?:that\b|to (?!(?:the|an?|its|his|her|their)\b)[a-z]|(?:{_SUBJECTS})\b|{CAPITAL}|\d|"
    r"(?:[\w'’]+ ){1,3}(?:will|would|can|could|may|might|should|must)\b)"
)
_VERB = rf"\b(?:{lexicon.REPORTING_VERBS})\b(?! (?:of|by|tanks?|{'|'.join(sorted(lexicon.AUXILIARIES))})\b)"
_NAME = (
    r"(?!(?:who|which|that|and|but|as|not)\b)(?:(?:[Tt]he|[Aa]n?|[Ii]ts|[Hh]is|[Hh]er|[Tt]heir|[Oo]ne) )?"
    rf"[\w'’.-]+(?: (?:of|the|for|{CAPITAL}[\w'’.-]*)){{0,6}}"
)
_BEFORE = re.compile(rf"{_VERB}(?: (?:the |an? )?[\w'’]+(?: [\w'’]+)?(?= that\b))?")
_AFTER = re.compile(rf"(?:,[\"”’']?|[\"”]) (?P<who>{_VERB} {_NAME}|{_NAME} {_VERB})")
_ACCORDING = re.compile(
    rf"\b[Aa]ccording to (?:{CAPITAL}|(?:an?|the|one|some|his|her|its|their|police|officials|reports|sources|data)\b)"
    r"(?:(?! (?:who|which|that|because|as|and|in|on)\b)[^,.;:()]){0,60}"
)
_HEARSAY = re.compile(rf"\b(?:{lexicon.HEARSAY})\b", re.I)
_UNREALIZED = re.compile(rf"\b(?:{lexicon.UNREALIZED_REPORTS})\b", re.I)
_BREAK = re.compile(r"[;.] |, but\b|, (?:although|though|while|whereas|and (?:has|have|had|will|is|was|were))\b", re.I)
_CLAUSE_START = re.compile(r"[;:—]\s+|[\"”]\s+|\b(?:and|but|that|while|because|when)\s+", re.I)
_QUOTATION = re.compile(r"[\"“](?P<words>[^\"“”]{3,})[\"”]")
_WORD = re.compile(r"\w+")
_THAT = re.compile(r",? that\s+|\s+")
_CLAUSE_END = re.compile(r"; |, (?=(?:and|but) (?:he|she|it|they|the|that)\b)")
_ENDS = re.compile(r"[\s.!?\"”’]*")  # "It burnt for two days, the fire chief said."
_TOLL = re.compile(
    rf" (?:the )?(?:lives?|life|victims?|\d|(?:{lexicon.NUMBER_WORDS})\b)", re.I
)  # "has claimed 16 lives"
_RELATIVE = re.compile(r", (?:who|which)\b[^,]*\Z")


def attribution(span: Quote, sentence: Quote) -> Quote | None:
    """Return the words of a sentence that say whose report a span of it is; None where the article itself says it."""
    text, low, high = sentence.article.text, sentence.start, sentence.end
    is_whole = span == sentence
    limit = high if is_whole else span.start
    before = list(_BEFORE.finditer(text, low, limit))
    for verb in before if is_whole else reversed(before):
        if _reports(text, low, verb) and not _is_apart(text, low, verb, limit):
            start = _speaker(text, low, verb.start())
            comma = text.rfind(", ", start, verb.start()) + len(", ")
            if is_whole and start < comma < verb.start() and _ENDS.fullmatch(text, verb.end(), high):
                start = comma
            return Quote(sentence.article, start, verb.end())
    after = _AFTER.search(text, low if is_whole else span.end, high)
    if after is not None and not _BREAK.search(text, span.end, after.start()):
        return Quote(sentence.article, after.start("who"), after.end("who") - after["who"].endswith("."))
    for pattern in (_ACCORDING, _HEARSAY):
        for found in pattern.finditer(text, low, high):
            first, last = sorted((found.span(), (span.start, span.end)))
            overlaps = last[0] < first[1] and not is_whole
            is_beside = found.end() <= span.end if pattern is _HEARSAY else not overlaps
            if is_beside and not _BREAK.search(text, first[1], last[0]):
                return Quote(sentence.article, *found.span())
    return None


def outcome_first(scored: Sequence[ScoredCandidate]) -> list[ScoredCandidate]:
    """Move the sentence that tells the outcome before one that tells what somebody wanted.

    Both may decide a yes/no question. Where the first tells what somebody demanded, denied or expected, a later
    sentence of its article goes before it, with the same confidence at least, if it is nearly as likely.
    """
    if not scored or not _reports_unrealized(scored[0][0].sentence):
        return list(scored)
    first, confidence = scored[0]
    for at, (other, likelihood) in enumerate(scored[1:], start=1):
        follows = 0 <= other.sentence.start - first.sentence.end <= _MAX_DISTANCE
        is_same = other.sentence.article.id == first.sentence.article.id
        is_likely = likelihood >= _MIN_SHARE * confidence and not other.sentence.text.endswith("?")
        if is_same and follows and is_likely and not _reports_unrealized(other.sentence):
            return [(other, max(likelihood, confidence)), *scored[:at], *scored[at + 1 :]]
    return list(scored)


def reported_words(span: Quote, sentence: Quote) -> Quote:
    """Return a span grown over the quotation or the clause that somebody says, of a sentence that reports it."""
    text, low, high = sentence.article.text, sentence.start, sentence.end
    quotation = next(
        (one for one in _QUOTATION.finditer(text, low, high) if one.start() < span.start and span.end < one.end()), None
    )
    if quotation is not None:
        start, end = quotation.span("words")
    else:
        verbs = (verb for verb in _BEFORE.finditer(text, low, span.start) if _reports(text, low, verb))
        verb = next((verb for verb in verbs if not _is_apart(text, low, verb, span.start)), None)
        if verb is None:
            return span
        that = _THAT.match(text, verb.end())
        start = verb.end() if that is None else that.end()
        broken = _CLAUSE_END.search(text, span.end, high)
        end = high if broken is None else broken.start()
    end = start + len(text[start:end].rstrip(" .,;!"))
    is_grown = start <= span.start and span.end <= end <= start + _MAX_WORDS
    return Quote(sentence.article, start, end) if is_grown else span


def _reports_unrealized(sentence: Quote) -> bool:
    """Return whether a sentence reports what somebody wants, expects, denies or claims, not what happened."""
    reporter = attribution(sentence, sentence)
    return reporter is not None and _UNREALIZED.search(reporter.text) is not None


def _reports(text: str, low: int, verb: re.Match[str]) -> bool:
    """Return whether a word is a verb with a subject before it: "the council claims", not "the claims", "was said"."""
    words = text[low : verb.start()].lower().split()
    if not words or words[-1] in lexicon.NOUN_MARKERS - lexicon.CONJUNCTIONS | lexicon.FORMS_OF_BE:
        return False
    word = _WORD.match(text, verb.start())
    if word is not None and word[0].lower().startswith("claim") and _TOLL.match(text, word.end()):
        return False
    if word is None or word.group() not in lexicon.REPORTING_NOUNS:
        return True
    is_object = words[-1] in lexicon.VERBS or words[-1] in {"has", "have", "had"} or words[-1].endswith(("'s", "’s"))
    return not is_object and _CLAUSE.match(text, word.end()) is not None


def _is_apart(text: str, low: int, verb: re.Match[str], limit: int) -> bool:
    """Return whether what a verb reports ends before a place: "Ana, who said she was ill, left on Monday"."""
    is_relative = _RELATIVE.search(text, low, verb.start()) is not None
    return _BREAK.search(text, verb.end(), limit) is not None or (is_relative and "," in text[verb.end() : limit])


def _speaker(text: str, low: int, verb: int) -> int:
    """Return where the clause of a reporting verb begins, or the verb where the clause is long."""
    starts = [low, *(found.end() for found in _CLAUSE_START.finditer(text, low, verb))]
    return starts[-1] if verb - starts[-1] <= _MAX_SPEAKER else verb
