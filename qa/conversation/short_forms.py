"""Writes follow-ups of a few fixed words as questions that stand alone: "who is that?", "and before her?"."""

import re
from collections.abc import Sequence

from qa.conversation.mentions import Referent
from qa.conversation.pronouns import in_the_middle
from qa.dates.finder import find_dates
from qa.query import lexicon

_DOUBT = re.compile(
    r"(?:are you|you(?:[’']re| are)) (?:really |quite |absolutely |very )?(?:sure|certain)"
    r"(?: (?:about|of) (?:that|this|it))?\?|"
    r"(?:really|seriously|honestly)\?|is (?:that|this|it) (?:really |still )?(?:true|right|correct|so|sure|certain)\?|"
    r"(?:how do you know|says who|who (?:says|said|told you)(?: so)?|where does it say)(?: (?:that|this|so|it))?\?|"
    r"what(?:[’']s| is) (?:the|your) source(?: for (?:that|this|it))?\?",
    re.I,
)
_WHO_IS_THAT = re.compile(
    r"(?:who(?:[’']s| is| was)|what(?:[’']s| is)) (?:that|this)(?: (?:person|man|woman))?\?", re.I
)
# "and before that?", "who came after her?", "who held the office before him?"
_BESIDE = re.compile(
    r"(?:(?:who|what|which one) (?:was|is|were|will be|came|comes|ran|led|held|had|did|does|has|will come|follows|"
    r"followed|replaced|replaces)\b(?: (?:it|that|the (?:office|job|post|position|role|seat|title)))? ?)?"
    r"(?P<side>before|prior to|after)(?: (?P<whom>that|this|then|it|him|her|them))?\?|(?P<former>previously|earlier)\?",
    re.I,
)
_TIMELESS = re.compile(r"\s+(?:now|today|currently|at the moment|at present)(?=\?$)", re.I)
_HOLDS = re.compile(
    r"who(?:[’']s| is| was) (?:the )?(?:(?:new|present|current|acting|former) )?(?P<office>.+)\?",
    re.I,
)
_HEADS = re.compile(
    r"who (?:(?:runs|ran|leads|led|heads|headed|manages|managed|chairs|chaired|directs|directed|governs|governed|"
    r"commands|commanded|coaches|coached)|is (?:running|leading|heading|managing|chairing|"
    r"in charge of)) (?P<what>.+)\?",
    re.I,
)
_BESIDE_SOMEBODY = re.compile(r"who (?:was|is) (?P<name>.+?)(?:['’]s?) (?:predecessor|successor)(?P<rest>\b.*)\?", re.I)
_WHICH = re.compile(r"which(?: (?:one|ones|of them|exactly))?\?", re.I)
_SOME = re.compile(
    r"(?P<verb>is|are|was|were|has|have|had|will|does|do|did) (?P<some>another|any other|any|an?|some) "
    r"(?P<noun>[^\W\d_]+) (?P<rest>.+)\?",
    re.I,
)
_COUNT = re.compile(r"how many (?P<rest>.+)\?", re.I)
_ORDINAL = re.compile(rf"\b(?:{'|'.join(sorted(lexicon.ORDINALS))}|last)\b", re.I)
_THE_ORDINAL = re.compile(rf"(?:the )?(?P<which>{'|'.join(sorted(lexicon.ORDINALS))}|last)(?: one)?", re.I)
_ACCORDING = re.compile(r"\baccording to (?P<who>[^,?]+)", re.I)
_AT_FIRST = re.compile(r"\s*\b(?:at first|initially|originally|to begin with|back then|at the time)\b", re.I)
_BEFORE_TIME = re.compile(r"\s*\b(?:in|on|at|during|by|since|until|of|before|after)\s+(?:early |late |the )*\Z", re.I)
_BARE = re.compile(
    r"(?:since|until|from) when\?|(?:any|and|the|who are the|what are the|which) ?others?\?|(?:who|what|where) else\?|"
    r"and (?:now|then)\?",
    re.I,
)


def is_doubt(core: str) -> bool:
    """Return whether a follow-up asks where the last answer comes from: it is given again, with its sources."""
    return _DOUBT.fullmatch(core) is not None


def named_in_answer(core: str, mentions: Sequence[Referent]) -> Referent | None:
    """Return whom "who is that?" asks about: a person of the last answer, or else one of the last turn."""
    if _WHO_IS_THAT.fullmatch(core) is None:
        return None
    named = [one for one in mentions if one.is_name and one.age == 0 and one.person > -0.5]
    return max(named, key=lambda one: (one.answers, one.person > 0), default=None)


def beside_holder(core: str, former: str, holder: Referent | None) -> str | None:
    """Return the question for who held an office before or after its holder, None where it is none.

    former: the last question, which asks who holds it. holder: the person who answers it, None where nobody does.
    """
    asked = _BESIDE.fullmatch(core)
    if asked is None:
        return None
    is_after = asked["side"] is not None and asked["side"].lower() == "after"
    plain = _TIMELESS.sub("", former)
    chained, heads, holds = (form.fullmatch(plain) for form in (_BESIDE_SOMEBODY, _HEADS, _HOLDS))
    if chained is not None:
        rest = chained["rest"]
    elif heads is not None:
        rest = f" at {heads['what']}"
    elif holds is not None:
        rest = f" as {holds['office']}"
    else:
        return None
    if holder is None:
        return None if is_after or holds is None else f"Who was the former {holds['office']}?"
    name = in_the_middle(holder)
    ending = "'" if name.endswith("s") else "'s"
    return f"Who {'is' if is_after else 'was'} {name}{ending} {'successor' if is_after else 'predecessor'}{rest}?"


def which_of_them(core: str, former: str) -> str | None:
    """Return "Which company is interested in it?" for "which one?" after "Is a company interested in it?"."""
    if _WHICH.fullmatch(core) is None:
        return None
    some, count = _SOME.fullmatch(former), _COUNT.fullmatch(former)
    if some is not None:
        other = "other " if "other" in some["some"].lower() else ""
        return f"Which {other}{some['noun']} {some['verb'].lower()} {some['rest']}?"
    return None if count is None else f"Which {count['rest']}?"


def at_present(question: str) -> str:
    """Return a question about the present: without its words for a time, with "now"."""
    text = _AT_FIRST.sub("", question)
    for one in reversed(find_dates(text, None)):
        text = f"{_BEFORE_TIME.sub('', text[: one.start])}{text[one.end :]}"
    return f"{_TIMELESS.sub('', text).rstrip('? ,')} now?"


def with_ordinal(question: str, what: str) -> str | None:
    """Return a question about the first with "the second" in its place, None where either has no ordinal."""
    new, old = _THE_ORDINAL.fullmatch(what), _ORDINAL.search(question)
    if new is None or old is None:
        return None
    return f"{question[: old.start()]}{new['which'].lower()}{question[old.end() :]}"


def by_another_source(question: str, what: str) -> str | None:
    """Return a question by what another one says, for "according to the union"; None where that is not asked."""
    new, old = _ACCORDING.fullmatch(what), _ACCORDING.search(question)
    if new is None:
        return None
    if old is not None:
        return f"{question[: old.start('who')]}{new['who'].strip()}{question[old.end('who') :]}"
    return f"{question.rstrip('? ')} {what}?"


def needs_conversation(core: str) -> bool:
    """Return whether the few words of a question ask for nothing without the questions before it."""
    forms = (_DOUBT, _WHO_IS_THAT, _BESIDE, _WHICH, _BARE)
    return any(form.fullmatch(core) is not None for form in forms)
