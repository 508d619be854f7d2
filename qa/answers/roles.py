"""Answers "Who is the captain of the Gannet?" where the text says what the captain does: "commands the Gannet"."""

import re
from dataclasses import dataclass, replace

from index.search.keywords import stems
from qa.query import lexicon
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from qa.types import Quote, Reading

_MARGIN = 4.0  # at least, as for words that describe a name
_ASKED = re.compile(
    r"who(?:['’]?s| (?P<tense>is|was|are|were)) (?:the |its )?(?:(?:new|current|present) )?(?P<role>[a-z]+) (?:of|at) "
    r"(?:the )?(?P<thing>.+?)(?: now| today| currently)?\??",
    re.I,
)
_ADVERBS = r"(?:(?:also|now|since|then|already|still|always|currently) )*"
_PERFECT = rf"ha(?:s|ve) {_ADVERBS}"
_GOES_ON = re.compile(r" (?:since|for)\b")  # without one, "has run the mill" may be over
_WORD = re.compile(r"\w[\w'’-]*")
# Before the subject: "Since May 2019 Ada Pym has run it", not "the aunt of Ada Pym".
_OPENING = re.compile(
    r"(?:(?:Today|Now|In|Since|From|Until)"
    rf"(?: (?:last|early|late|the|{'|'.join(sorted(lexicon.SEASONS))}|(?i:{lexicon.MONTHS})|\d+s?))*,? )?"
)
_NO_NAMES = lexicon.NOT_IN_NAMES - lexicon.NAME_STARTERS
_ORGANISATIONS = lexicon.ORGANISATION_NOUNS | lexicon.ORGANISATION_NAME_NOUNS
# A noun phrase ends before one of these.
_AFTER_NOUN = (
    lexicon.AFTER_NOUN
    | lexicon.LOCATIVE_PREPOSITIONS
    | lexicon.CONJUNCTIONS
    | lexicon.SUBORDINATORS
    | lexicon.AUXILIARIES
) - {"of"}


@dataclass(frozen=True, slots=True)
class AskedRole:
    """The role whose holder a question asks for, what it is a role in, and the verbs of what its holder does."""

    role: str
    thing: str
    verbs: str
    may_be_past: bool

    @classmethod
    def of(cls, question: str) -> "AskedRole | None":
        """Return the role that a question asks for, None where it asks for none, or no verb is known of it."""
        asked = _ASKED.fullmatch(question)
        verbs = None if asked is None else lexicon.ROLE_VERBS.get(asked["role"].lower())
        if asked is None or verbs is None:
            return None
        role = asked["role"].lower()
        may_be_past = asked["tense"] in ("was", "were") or role in lexicon.LASTING_ROLES
        return cls(role, asked["thing"], "|".join(sorted(verbs)), may_be_past)

    def is_held_by(self, name: Quote, sentence: Quote) -> bool:
        """Return whether a sentence says that somebody, by name, does what the role does, to just that thing."""
        words = _WORD.findall(name.text)
        if not words or not all(word[0].isupper() for word in words):
            return False
        if words[0].lower() in _NO_NAMES or words[-1].lower() in _ORGANISATIONS:
            return False
        before = sentence.text[: name.start - sentence.start]
        after = sentence.text[name.end - sentence.start :]
        return self._is_subject(before, after) or self._is_agent(before, after)

    def _is_subject(self, before: str, after: str) -> bool:
        """Return whether somebody between two texts does it: "Ada Pym has run the mill since 2019"."""
        tense = rf"(?:{_PERFECT}|had )?" if self.may_be_past else rf"(?P<has>{_PERFECT})?"
        pattern = rf",? (?:who |that )?{_ADVERBS}{tense}(?P<verb>{self.verbs}) (?:the |its )?(?P<object>.+)"
        found = re.match(pattern, after, re.S)
        if found is None or _OPENING.fullmatch(before) is None:
            return False
        words = list(_WORD.finditer(found["object"]))
        count = len(_WORD.findall(self.thing))
        if len(words) < count or not self._is_thing(found["object"][: words[count - 1].end()]):
            return False
        rest = found["object"][words[count - 1].end() :]
        if words[count - 1][0].lower() in lexicon.RACES or not _ends_noun(rest):
            return False
        if self.may_be_past or found["has"] is None:
            return self.may_be_past or found["verb"].endswith("s")
        return _goes_on(before, rest) or "since" in found["has"]

    def _is_agent(self, before: str, after: str) -> bool:
        """Return whether it is done by somebody between two texts: "The mill has been run by Ada Pym since 2019"."""
        forms = rf"is|are|ha(?:s|ve) {_ADVERBS}been{'|was|were' if self.may_be_past else ''}"
        dates = rf"(?:(?:in|since) (?:(?:{lexicon.MONTHS}) )?\d{{4}} )?"
        pattern = rf"(?:[Tt]he )?(?P<subject>.+?) (?P<form>{forms}) {_ADVERBS}(?:{self.verbs}) (?i:{dates})by "
        opening = _OPENING.match(before)
        found = re.fullmatch(pattern, before[0 if opening is None else opening.end() :])
        if found is None or not self._is_thing(found["subject"]) or not _ends_noun(after):
            return False
        is_perfect = found["form"].startswith("ha")
        return self.may_be_past or not is_perfect or _goes_on(before, after)

    def _is_thing(self, text: str) -> bool:
        return re.search(r"[^\w\s'’&-]", text) is None and stems(text) == stems(self.thing)


def holders_of_roles(question: Question, reading: Reading) -> Reading:
    """Return a reading in which whoever does what the role of the question does has a high margin."""
    asked = AskedRole.of(question.text) if question.type is QuestionType.WHO else None
    if asked is None:
        return reading
    candidates = [
        one.raised(max(0.0, _MARGIN - one.no_answer_margin))
        if asked.is_held_by(one.answering_span, one.answering_sentence)
        else one
        for one in reading.candidates
    ]
    return replace(reading, candidates=tuple(sorted(candidates, key=lambda one: -one.score)))


def _goes_on(before: str, after: str) -> bool:
    """Return whether what somebody has done goes on: "since 2019" or "for two years" stands before or after it."""
    return before.startswith("Since") or " since " in before or _GOES_ON.match(after) is not None


def _ends_noun(following: str) -> bool:
    """Return whether a noun phrase ends before a text: "the mill" before "since 2019", not before "shop" or "'s"."""
    word = re.match(r" ([\w'’-]+)", following)
    if word is None:
        return re.match(r"\s*(?:[.,;:!?)–—]|$)", following) is not None
    return word[1].lower() in _AFTER_NOUN
