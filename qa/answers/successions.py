"""Answers who held an office before or after somebody: "Who did she succeed?", "Who was the mayor before Teel?".

A sentence tells both names ("Lind succeeds Olga Brandt"), or one and a pronoun for the other ("She thanked her
predecessor, Jonas Eek"), or one leaves an office in a sentence and the other takes it in that one or the next.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.answers.names import Name, names_in
from qa.query import lexicon
from qa.types import Candidate, Passage, Quote, ScoredCandidate

_TOLD = 0.85  # the confidence where one sentence tells who follows whom
_BESIDE = 0.6  # where one leaves and another one comes
_NAME = r"(?P<name>[A-Z][\w'’.-]*(?: (?:(?:of|de|van|von|da) )?[A-Z][\w'’.-]*){0,3})"
_ROLE = r"(?:(?:the|an?|acting|interim|new) )*(?P<role>[a-z][a-z -]*?)"
_PLACE = r"(?: (?:of|at|in|for) .{2,60}?)?"
_POSSESSIVE = re.compile(r"['’]s?$")
# The forms in which somebody's predecessor or successor is asked for.
_PREDECESSOR = tuple(
    re.compile(form)
    for form in (
        rf"[Ww]ho (?:was|were) {_ROLE}{_PLACE} (?:before|prior to) {_NAME}(?: (?:took over|came|was \w+))?\?",
        rf"[Ww]ho (?:did|does|has|will) {_NAME} (?:succeed(?:ed)?|replaced?|follow|t(?:ake|ook) over from)"
        r"(?: (?:as|at|in) .*)?\?",
        rf"[Ww]ho (?:was|is) {_NAME}(?:['’]s?)? predecessor\b.*\?",
        rf"[Ww]ho (?:was|is) the predecessor of {_NAME}\?",
        rf"[Ww]ho (?:held|had) .*\b(?:before|prior to) {_NAME}\?",
        rf"[Ww]ho (?P<role>\w+ed|ran|led) .*\b(?:before|prior to) {_NAME}\?",
    )
)
_SUCCESSOR = tuple(
    re.compile(form)
    for form in (
        rf"[Ww]ho (?:was|is|became|will be) {_ROLE}{_PLACE} after {_NAME}(?: (?:left|resigned|went))?\?",
        r"[Ww]ho (?:has |will )?(?:succeed(?:s|ed)?|replace[sd]?|follow(?:s|ed)|t(?:ook|akes|ake) over from) "
        rf"{_NAME}(?: (?:as|at|in) .*)?\?",
        rf"[Ww]ho (?:was|is|will be) {_NAME}(?:['’]s?)? successor\b.*\?",
        rf"[Ww]ho (?:was|is) the successor (?:of|to) {_NAME}\?",
    )
)
_FORMER = re.compile(rf"[Ww]ho (?:was|is|were) the (?:former|previous|last|ex-?|outgoing) ?{_ROLE}{_PLACE}\?")
# Between a verb and a name: "the incumbent,", "coach"
_WORDS = (
    rf"(?: ?(?:{'|'.join(sorted(lexicon.ROLE_NOUNS))}|the|an?|his|her|its|their|as|of|for|on|former|incumbent|acting|"
    r"interim|outgoing|retired|chief|prime|vice|deputy|long-serving|[A-Z][a-z]+day|Dr|Professor)s?,?){0,6} ?"
)
_FOLLOWS = re.compile(
    r"(?<!been )(?<!was )(?<!is )(?<!be )(?<!were )\b(?:succeed(?:s|ed|ing)?|replac(?:es|ed|ing)|follow(?:s|ed|ing)|"
    r"(?:takes|took|taking|take|taken) over from|(?:beat|beats|defeat\w*|unseat\w*|oust\w*) (?:the )?incumbent,?|"
    rf"instead of|in place of){_WORDS}\Z"
)
_FOLLOWED_BY = re.compile(
    r"\b(?:(?:been|was|is|be|were) (?:succeeded|replaced|followed)|taken over)(?: as [a-z ]{3,30}?)?"
    rf"(?: on [A-Z][a-z]+)? by{_WORDS}\Z"
)
_HIS_PREDECESSOR = re.compile(rf"\b(?i:his|her|their|the) predecessor,?{_WORDS}\Z")
_AS_HIS_SUCCESSOR = re.compile(
    r"[^.;]{0,60}?\b(?:as|be|is|was|named|becomes?) (?:his|her|the|their) successor|"
    r"[^.;]{0,60}?\btakes? (?:his|her) place|[^.;]{0,60}?\b(?:takes?|took) over from (?:him|her)\b"
)
_PRONOUN = re.compile(r"(?:[A-Z][a-z]+ [^,]{0,20}, )?(?:He|She|he|she|who)\b")
_LEAVES = re.compile(
    r"(?:,[^,;.]{1,60},)?,?(?: (?:has|have|had|is|was|will|who|to|also|now))*(?: announced (?:his|her))? (?:resign\w*|"
    r"died?|dies|quits?|retire[sd]?|leaves?|left|is leaving|(?:stand|stood|step)\w* (?:down|aside)|"
    r"(?:(?<=was )|(?<=been )|(?<=be )|(?<= is )|(?<=, ))(?:dismiss|sack|remov|oust|fir|replac)ed)\b"
)
_DISMISSED = re.compile(
    rf"\b(?:(?:sack|dismiss|remov|oust|fir)ed|resignation of|departure of|instead of|former|ex-|outgoing){_WORDS}\Z"
)
_TAKES = re.compile(
    r"(?:,[^,;.]{1,60},)?,?(?: (?:has|have|had|is|was|were|been|will|who|to|also|now))* (?:act as|"
    r"(?:takes?|took) (?:over|charge|office|the (?:chair|helm|reins|post|job))|"
    r"(?:appoint|elect|nam|promot)ed|sworn in|(?:becom|becam)es?|the new)\b"
)
_APPOINTS = re.compile(rf"\b(?:appoint|elect|nam|promot|choos|chos|hir)\w*{_WORDS}\Z")
_HAS_APPOINTED = re.compile(r",? (?:has |had |have )?(?:appoint|nam|elect|promot|hir|pick|chos|choos)\w*\b")


@dataclass(frozen=True, slots=True)
class _Succession:
    """Who leaves an office to whom, in the sentence that tells of the one that is wanted; how sure that is."""

    former: Quote
    new: Quote
    confidence: float


@dataclass(frozen=True, slots=True)
class AskedSuccession:
    """Whose predecessor or successor a question asks for.

    name: None where it only asks for the former holder. role: the office, empty where the question names none.
    """

    name: str | None
    role: str
    is_predecessor: bool

    @classmethod
    def of(cls, question: str) -> "AskedSuccession | None":
        """Return what a question asks for, None where it asks for neither."""
        for forms, is_predecessor in ((_PREDECESSOR, True), (_SUCCESSOR, False)):
            found = next(filter(None, (form.fullmatch(question) for form in forms)), None)
            if found is not None:
                return cls(
                    _POSSESSIVE.sub("", found["name"]), (found.groupdict().get("role") or "").strip(), is_predecessor
                )
        former = _FORMER.fullmatch(question)
        return None if former is None else cls(None, former["role"].strip(), True)

    def is_named(self, words: str) -> bool:
        """Return whether words are the name of the person whom the question names, by the last word of the name."""
        return self.name is not None and self.name.split()[-1].lower() in re.findall(r"[^\W_]+", words.lower())

    def answers(self, passages: Sequence[Passage]) -> list[ScoredCandidate]:
        """Return whom the passages tell, the surest first; none where they tell of several who are as sure."""
        found: dict[str, ScoredCandidate] = {}
        for passage in passages:
            for one in _successions(passage, self.name):
                wanted, other = (one.former, one.new) if self.is_predecessor else (one.new, one.former)
                if self.name is not None and (not self.is_named(other.text) or self.is_named(wanted.text)):
                    continue
                sentence = next((each for each in passage.sentences if each.covers(wanted)), None)
                if sentence is None or not self._has_role(sentence):
                    continue
                surname = wanted.text.split()[-1]
                if surname not in found or found[surname][1] < one.confidence:
                    found[surname] = Candidate(wanted, sentence, 0.0), one.confidence
        ranked = sorted(found.values(), key=lambda one: -one[1])
        is_clear = len(ranked) == 1 or (len(ranked) > 1 and ranked[0][1] > ranked[1][1])
        return ranked if is_clear else []

    def may_be(self, candidate: Candidate) -> bool:
        """Return whether a reading may tell the person who is wanted: another one, not who appointed him."""
        span, sentence = candidate.answering_span, candidate.answering_sentence
        rest = sentence.article.text[span.end : sentence.end]
        is_name = any(word[:1].isupper() for word in span.text.split())
        return is_name and not self.is_named(span.text) and _HAS_APPOINTED.match(rest) is None

    def _has_role(self, sentence: Quote) -> bool:
        """Return whether a sentence names the office, where the question names nobody."""
        words = [word for word in self.role.split() if word not in lexicon.DETERMINERS]
        if not words or self.name is not None:
            return True
        return all(word in sentence.text.lower() for word in words)


def _successions(passage: Passage, known: str | None = None) -> Iterator[_Succession]:
    """Yield who follows whom, as the sentences of a passage tell. known: the name of somebody who is a person."""
    before: tuple[Quote, list[Name]] | None = None
    named: tuple[Quote, list[Name]] | None = None
    all_names = [name for sentence in passage.sentences for name in names_in(sentence.text) if _is_person(name)]
    surnames = {name.words[-1] for name in all_names if len(name.words) > 1}
    person = () if known is None else tuple(known.lower().split())
    for sentence in passage.sentences:
        text = sentence.text
        names = names_in(text)
        persons = [one for one in names if _is_person(one) or surnames.issuperset(one.words) or one.words == person]

        def quote(name: Name, sentence: Quote = sentence) -> Quote:
            return Quote(sentence.article, sentence.start + name.start, sentence.start + name.end)

        # Whom "he" and "his" stand for: the first person of the last sentence that names one.
        last = None if named is None else quote(named[1][0], named[0])
        for at, name in enumerate(persons):
            previous = quote(persons[at - 1]) if at else None
            head = text[: name.start]
            is_his = _PRONOUN.match(text) or _HIS_PREDECESSOR.search(head)
            subject = previous if previous is not None else last if is_his else None
            if (_FOLLOWS.search(head) or _HIS_PREDECESSOR.search(head)) and subject is not None:
                yield _Succession(quote(name), subject, _TOLD)
            elif _FOLLOWED_BY.search(head) and subject is not None:
                yield _Succession(subject, quote(name), _TOLD)
            elif _AS_HIS_SUCCESSOR.match(text, name.end) and (previous or last) is not None:
                yield _Succession(previous or last or quote(name), quote(name), _TOLD)
        leaving = [quote(name) for name in persons if _leaves(text, name)]
        if not leaving and before is not None:
            leaving = [quote(name, before[0]) for name in before[1] if _leaves(before[0].text, name)]
        taking = [quote(name) for name in persons if _takes(text, name) and not _leaves(text, name)]
        if len(leaving) == 1 and len(taking) == 1 and leaving != taking:
            yield _Succession(leaving[0], taking[0], _BESIDE)
        before = sentence, persons
        named = before if persons else named


def _is_person(name: Name) -> bool:
    is_person = name.organisation <= name.person and name.place <= name.person
    return is_person and not name.is_plural and len(name.words) < 4 and (name.person > 0 or len(name.words) > 1)


def _leaves(text: str, name: Name) -> bool:
    return _LEAVES.match(text, name.end) is not None or _DISMISSED.search(text[: name.start]) is not None


def _takes(text: str, name: Name) -> bool:
    return _TAKES.match(text, name.end) is not None or _APPOINTS.search(text[: name.start]) is not None
