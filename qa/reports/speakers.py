"""Tells who gives a value inside an article: "according to the union", "the company, however, speaks of 12 million"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from qa.answers.attribution import attribution
from qa.query import lexicon
from qa.query.lexicon import CAPITAL
from qa.query.phrases import normalized_words
from qa.types import Candidate, Quote, ScoredCandidate
from qa.values import Value, ValueKind

_MIN_CONFIDENCE = 0.1  # of what the speaker who is asked for says, read beside what others say
_MAX_DISTANCE = 300  # code points between what two speakers say of one thing
_MAX_RATIO = 5.0  # of numbers that two speakers give for one thing
_WHO = r"(?P<who>(?!(?:the )?(?:people|they|it|he|she|you|we|i)\b)(?:[\w’'.-]+ ?){1,5}?)"
_ASKED = (
    re.compile(rf"\b(?:according to|in the words of|as (?:told|estimated|counted) by) {_WHO}(?=,|\?|\Z)", re.I),
    re.compile(
        rf"\b(?:does|do|did|has|have) {_WHO} "
        r"(?:say|said|estimate|expect|count|claim|reckon|believe|think|speak of|estimated|expected|counted|claimed)\b",
        re.I,
    ),
)
_ARTICLE = re.compile(r"(?:the|an?|its|his|her|their) ", re.I)
_FIGURE = re.compile(
    r",?(?: however,?| in contrast,?| alone| only| now| still| even)? "
    r"(?:puts?|speaks? of|spoke of|counts?|counted|expects?|expected|estimates?|estimated|reckons?|reckoned|"
    r"calculates?|calculated|assumes?|assumed|talks? of|gives?|gave)\b",
    re.I,
)
# What somebody wants or offers is no other value of what is so.
_WANTS = re.compile(
    r"\b(?:demand\w*|offer\w*|want\w*|ask\w*|propos\w+|promis\w+|call\w* for|plan\w*|should|would)\b", re.I
)
_CLAUSE = re.compile(r"; |, (?:but|and|while|whereas|although|though) | (?:but|while|whereas) |: ")
_POSSESSIVE = re.compile(r"['’]s?(?!\w)")
_PRONOUN = re.compile(r"\b(?:he|she|they|it)\b", re.I)
_NO_NAME = re.compile(
    rf"{lexicon.REPORTING_VERBS}|he|she|they|it|the|an?|its|his|her|their|according|to|has|have|had|also|however", re.I
)
_NAME = rf"{CAPITAL}[\w’'-]*(?: {CAPITAL}[\w’'-]*){{0,3}}"
_MAX_SPEAKER = 80  # code points before the verb of a figure


@dataclass(frozen=True, slots=True)
class AskedSpeaker:
    """The person or body by whose words a question asks, such as "the harbour master"."""

    name: str

    @classmethod
    def of(cls, question: str) -> Self | None:
        """Return whom a question names as the speaker, None where it names nobody."""
        found = next((match for form in _ASKED if (match := form.search(question)) is not None), None)
        name = "" if found is None else _ARTICLE.sub("", found["who"].strip(), count=1)
        return cls(name) if name else None

    def says(self, candidate: Candidate) -> bool | None:
        """Return whether the speaker gives a value; None where its sentence does not tell."""
        span, sentence = candidate.answering_span, candidate.answering_sentence
        speaker = speaker_of(span, sentence)
        if speaker is None:
            return None
        words = frozenset(normalized_words(_POSSESSIVE.sub("", speaker)))
        head = normalized_words(self.name)[-1]
        if _content(speaker) == {head} or any(names <= words for names in _names_for(self.name, sentence.article.text)):
            return True
        # "Its spokesman, Leo Varne," may be the council's or not.
        return None if head in words and _POSSESSIVE.search(self.name) else False

    def is_someone_elses(self, candidate: Candidate) -> bool:
        """Return whether somebody else gives a value. Words are none: others may say them of something else."""
        return Value.of(candidate.span.text).kind is not ValueKind.WORDS and self.says(candidate) is False

    def first(self, scored: Sequence[ScoredCandidate]) -> list[ScoredCandidate]:
        """Move what the speaker says before what others say, as sure as that: then the question has an answer."""
        if not scored or not self.is_someone_elses(scored[0][0]):
            return list(scored)
        best = scored[0]
        kind = Value.of(best[0].span.text)
        for at, (one, confidence) in enumerate(scored):
            is_likely = confidence >= _MIN_CONFIDENCE and Value.of(one.span.text).is_comparable(kind)
            if is_likely and self.says(one):
                return [(one, max(confidence, best[1])), *scored[:at], *scored[at + 1 :]]
        return list(scored)


def differ_inside(one: Candidate, other: Candidate) -> bool:
    """Return whether two speakers of one article give two values close to each other, and neither demands one."""
    spans = sorted((each.answering_span for each in (one, other)), key=lambda span: span.start)
    if spans[0].article.id != spans[1].article.id or not 0 <= spans[1].start - spans[0].end <= _MAX_DISTANCE:
        return False
    low, high = sorted(abs(Value.of(each.span.text).number or 0.0) for each in (one, other))
    if high > _MAX_RATIO * low:
        return False
    sentences = [each.answering_sentence for each in (one, other)]
    speakers = [speaker_of(each.answering_span, each.answering_sentence) for each in (one, other)]
    if None in speakers or any(_WANTS.search(sentence.text) for sentence in sentences):
        return False
    first, second = (_content(speaker or "") for speaker in speakers)
    return bool(first) and bool(second) and first.isdisjoint(second)


@lru_cache(maxsize=1024)
def speaker_of(span: Quote, sentence: Quote) -> str | None:
    """Return the words that say who gives a value, None where nobody is named; a pronoun with the sentence before."""
    found = attribution(span, sentence)
    speaker = None if found is None else found.text
    if speaker is None:
        text = sentence.article.text[sentence.start : span.start]
        clause = text[max((each.end() for each in _CLAUSE.finditer(text)), default=0) :]
        verb = _FIGURE.search(clause)
        if verb is None or not 0 < verb.start() <= _MAX_SPEAKER:
            return None
        speaker = clause[: verb.start()]
    if not _content(speaker):
        if _PRONOUN.search(speaker) is None:
            return None
        before = sentence.article.text[: sentence.start].rstrip().rpartition("\n")[2]
        return re.split(r"[.!?][\"”]? ", before.rstrip('.!?"”'))[-1]
    return speaker


def _content(speaker: str) -> frozenset[str]:
    """Return the words that name a speaker, without verbs, pronouns and articles."""
    return frozenset(word for word in normalized_words(_POSSESSIVE.sub("", speaker)) if not _NO_NAME.fullmatch(word))


@lru_cache(maxsize=256)
def _names_for(name: str, text: str) -> list[set[str]]:
    """Return the words by which an article calls somebody: a name's last word, a role, the name of who holds it."""
    words = normalized_words(name)
    own = {words[-1]} if name[0].isupper() or name != name.lower() else set(words)
    found = [own]
    role = rf"(?i:\b{re.escape(name)})\b"
    holders = re.finditer(rf"{role},? (?P<name>{_NAME})|(?P<before>{_NAME}), (?:[a-z][\w’'-]* ){{0,4}}{role}", text)
    for match in holders:
        found.append({normalized_words(match["name"] or match["before"])[-1]})
    return found
