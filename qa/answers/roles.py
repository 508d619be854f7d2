"""Answers "Who is the captain of the Gannet?" where the text says what the captain does: "has commanded the Gannet"."""

import re
from dataclasses import replace
from functools import cache

from index.search.keywords import stems
from qa.query import lexicon
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from qa.types import Candidate, Reading

_MARGIN = 4.0  # at least, as for words that describe a name
_ASKED = re.compile(
    r"who(?:['’]?s| (?P<tense>is|was|are|were)) (?:the |its? )?(?:[a-z]+ )?(?P<role>[a-z]+) (?:of|at|in|for) "
    r"(?P<of>.+?)\??",
    re.I,
)
_ADVERBS = r"(?:(?:also|now|since|then|already|[a-z]+ly) )*"
_PRESENT = rf"(?:has {_ADVERBS}|have {_ADVERBS})"


def holders_of_roles(question: Question, reading: Reading) -> Reading:
    """Return a reading in which the somebody who does what the role that is asked for does has a margin of its own."""
    asked = _ASKED.fullmatch(question.text)
    verbs = None if asked is None or question.type is not QuestionType.WHO else _verbs().get(asked["role"].lower())
    if asked is None or verbs is None:
        return reading
    things = set(stems(asked["of"])) - lexicon.STOP_STEMS
    may_be_past = asked["tense"] in ("was", "were") or asked["role"].lower() in lexicon.LASTING_ROLES
    candidates = [
        _raised(one) if _does(one, verbs, things, may_be_past=may_be_past) else one for one in reading.candidates
    ]
    return replace(reading, candidates=tuple(sorted(candidates, key=lambda one: -one.score)))


def _does(candidate: Candidate, verbs: str, things: set[str], *, may_be_past: bool) -> bool:
    """Return whether a candidate is the subject of one of the verbs, whose object is what is asked about."""
    sentence, span = candidate.answering_sentence, candidate.answering_span
    if not span.text[:1].isupper() or span == sentence:
        return False
    before = sentence.text[: span.start - sentence.start]
    after = sentence.text[span.end - sentence.start :]
    tense = rf"(?:{_PRESENT}|had )?" if may_be_past else rf"(?P<has>{_PRESENT})?"
    active = re.match(rf",? (?:who |that )?{_ADVERBS}{tense}(?P<verb>{verbs}) (?P<object>[^.;]+)", after)
    if active is not None and (may_be_past or active["has"] is not None or active["verb"].endswith("s")):
        return bool(things & set(stems(active["object"])))
    past = rf"(?:is|are|has {_ADVERBS}been|have {_ADVERBS}been{'|was|were' if may_be_past else ''})"
    passive = re.search(rf"{past} {_ADVERBS}(?:{verbs}) (?:[\w ]+ )?by (?:the )?(?:[a-z]+ )*$", before)
    known = set(stems(f"{sentence.article.title} {before}"))
    return passive is not None and len(things & known) * 2 >= len(things)


def _raised(candidate: Candidate) -> Candidate:
    bonus = max(0.0, _MARGIN - candidate.no_answer_margin)
    return replace(
        candidate,
        score=candidate.score + bonus,
        no_answer_margin=candidate.no_answer_margin + bonus,
        answerability=candidate.answerability + bonus,
    )


@cache
def _verbs() -> dict[str, str]:
    """Map roles to the verbs of what somebody in them does, as alternatives of regular expressions."""
    lines = (line.split() for line in lexicon.ROLE_VERBS.strip().splitlines())
    return {role: "|".join(verbs) for role, *verbs in lines}
