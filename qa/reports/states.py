"""Finds the end of a state that a question takes for granted: "why is the tunnel closed?" when it is open again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.search.keywords import stems
from qa.query import lexicon
from qa.query.lexicon import STOP_STEMS
from qa.query.parser import Question
from qa.query.phrases import words_of
from qa.query.question_types import QuestionType
from qa.types import Quote

_IS = r"(?:is|are|was|were|has been|have been|had been|will be)(?: \w+ly| now| all| both)?"
_HAS = r"(?:has|have|had)(?: \w+ly| now| all| both)?"
# Each state with the words by which questions take it for granted, and those by which reports tell its end.
_STATES = {
    name: (re.compile(rf"\b(?:{asked})\b", re.I), re.compile(rf"\b(?:{ended})\b", re.I))
    for name, (asked, ended) in {
        "closing": (
            r"closed|closures?|shut(?:down)?|block(?:ed|ades?)|out of (?:use|service|action|operation)|cut off"
            r"|re-?open\w*|open(?:ed|ing)? again|be open(?:ed)?|impassable"
            r"|\A(?=(?:is|are) .*\bopen(?: again| yet| now| already| or closed| or shut)?\W*\Z)"
            r"|\A(?=why (?:can['’]?t|cannot|can not|is it not possible|am i not) .*"
            r"\b(?:drive|go|get|use|enter|visit|pass|cross)\b)",
            rf"re-?opened|opened|open(?:s|ing)? (?:its|their) (?:gates|doors)|(?:{_IS}) (?:fully |partly )?open"
            r"|opens? again|(?:back )?in (?:use|service|operation) again|back (?:to normal|in (?:use|service"
            r"|operation))"
            rf"|(?:{_IS}) cleared|(?:us(?:e[ds]?|ing)|enter(?:s|ed)?|cross(?:es|ed)?|visit(?:s|ed)?|pass(?:es|ed)?"
            r"|driv(?:e|ing)|r[au]n(?:s|ning)?) (?:[\w' -]{1,40} )?again|returned to|resumed|have landed"
            r"|taken off again",
        ),
        "suspension": (
            r"suspended|halted|stopped|interrupted|not (?:run|running|operating)|standstill|run(?:ning)? again"
            r"|resum\w+",
            r"(?:runs?|running|ran|sail(?:s|ed|ing)|mov(?:es?|ed|ing)|operat(?:es?|ed|ing)|flying|flew) again|resumed"
            r"|back (?:in|to) (?:service|operation|normal)",
        ),
        "strike": (
            r"strik(?:e|es|ing)|walk(?:ed|ing)? ?outs?|lock ?outs?|protest(?:s|ing)?",
            rf"(?:strike|walk-?out|lock-?out|dispute|protests?)(?: (?!not\b|if\b)[\w' ]{{1,50}}?)? (?:(?:{_IS}) "
            r"(?:over|ended|called off|settled|suspended)|(?:has |have )?ended)|(?:ended|called off"
            r"|suspended) (?:the|their"
            r"|its|a) (?:[\w-]+ ){0,2}(?:strike|walk-?out|protests?)|(?:back|return(?:ed|s)?) (?:to"
            r"|at) (?:their )?work",
        ),
        "order": (
            r"orders?|bans?|banned|curfew|emergency|restrict\w+|alert|warning|embargo|quarantine|lockdown|evacuat\w+"
            r"|boil(?:ing)?|limit|go (?:back )?home|return home|\A(?=(?:can|may|must|are|is|do|does) .{3,60}"
            r"\b(?:use|enter|drive|visit|swim|cross|allowed|permitted|have to)\b)",
            rf"(?:{_IS}) (?:lifted|withdrawn|revoked|ended|over|cancelled|dropped|scrapped|called off)"
            r"|(?:has |have )?(?:ended|expired)|(?:lifted|withdr[ae]wn?|withdrew|revoked|ended) (?:the|its|their|all)"
            r"|(?:can|may|are allowed to)(?: \w+){0,3} (?:drunk|drink|go home|return|use[d]?)(?: [\w' ]{1,30})? again"
            r"|(?:may|can) go (?:back )?home|safe to drink|no longer (?:have to|has to|need|needs|applies|apply"
            r"|in force)",
        ),
        "health": (
            r"hospital\w*|injur\w+|ill|treat(?:ed|ment)|intensive care|critical\w*|condition|coma|sick|recover\w*|alive"
            r"|wounded"
            r"|how(?: is| are|[’']?s) (?:the |mr |mrs |ms |dr )?[\w'-]+(?: (?!the\b)[\w'-]+)?(?: (?:of|from|on|in"
            r"|who|after|doing)\b|,|\?|\Z)",
            rf"(?:has |have |had )?died|(?:{_IS}) dead|among the (?:dead|victims|five|six|seven)|succumbed"
            r"|passed away"
            r"|never (?:woke|regained)|(?:left|leaves?|out of|home from|discharged from|released from|go home from)"
            r" (?:the )?(?:hospital|clinic|intensive care)|(?:went|gone|go) (?:back )?home|(?:was|were"
            rf"|been) discharged|(?:{_HAS}) recovered|back at work|back on (?:his|her|their) feet|the late",
        ),
        "missing": (
            r"missing|unaccounted|trapped|lost|stranded|search(?:ed|ing)? for",
            rf"(?:{_IS}) (?:found|rescued|located|freed|saved|brought (?:out|to safety)|recovered|accounted|safe"
            r"|alive)|(?:have |has )?turned up|(?:had |have |has )?walked (?:to|out|home)|reappeared",
        ),
        "power": (
            r"(?:without|no|have no) (?:power|electricity|water|heating|gas|light)|in the dark|black-?outs?"
            r"|power cuts?|outages?|(?:power|electricity|water) (?:supply )?(?:be |come )?(?:back|restored|return)"
            r"|(?:power|electricity|water) back|(?:is there|have) (?:any )?(?:power|electricity|water)",
            rf"(?:power|electricity|supply|water|heating|lights)(?: (?!not\b)[\w' ]{{1,30}}?)? (?:(?:has "
            r"|have )?returned"
            rf"|(?:{_IS}) (?:back|restored|on)|came back)|(?:power|electricity|water|heating|gas) (?:again|back)"
            r"|reconnected|back on",
        ),
        "custody": (
            r"arrest(?:ed)?|custody|detained|prison|jail(?:ed)?|imprisoned|behind bars|held",
            rf"(?:{_IS}) (?:released|freed|acquitted|cleared|let go|set free)|free (?:man|woman|again)|le(?:ft"
            r"|aves) prison|walked free|no longer in custody",
        ),
        "duty": (
            r"off (?:duty|work)|suspended|on leave",
            rf"back (?:at|in|to) (?:work|(?:his|her|their) (?:post|job|desk))|(?:{_IS}) reinstated"
            r"|returned to (?:work|duty|(?:his|her|their) (?:post|job|desk))",
        ),
        "presence": (
            r"how many .{1,40}\b(?:are|work|sleep|stay|remain|live)\b.{0,20}\b(?:in|at|on)\b",
            r"(?:has|have) (?:all )?left|(?:moved|gone) out",
        ),
        "event": (
            r"\A(?=when\b|what (?:date|day|time)\b|.*\b(?:date|day)\b)",
            rf"(?:(?:{_IS})|and|then) (?:called off|cancelled|canceled|scrapped|abandoned)|(?:not"
            r"|never) (?:take place|go ahead|happen|be held)|(?:called off|cancelled|scrapped) (?:the|its|their)",
        ),
    }.items()
}
_TYPES = frozenset(
    {QuestionType.WHY, QuestionType.YES_NO, QuestionType.WHEN}
    | {QuestionType.HOW, QuestionType.HOW_MANY, QuestionType.HOW_LONG}
)
_PAST = re.compile(r"\b(?:did|was|were|wasn't|weren't|had)\b", re.I)
# "It will reopen on Friday", "could be lifted by Monday", "not lifted", "unless it is called off" end nothing yet.
_NOT_YET = re.compile(
    r"\b(?:will|would|could|should|might|hop\w+|wants?|wish\w*|plan(?:s|ned|ning)?|expect\w*|aim\w*|until|before"
    r"|unless|if|once|not|never|cannot|likely|due|when|than|almost|nearly|is to|are to|\w+n't)\b",
    re.I,
)
_EVENT_NOT_YET = re.compile(r"\b(?:if|unless|might|could|may|not|never)\b", re.I)
_PART = re.compile(
    r"\b(?:(?:one|two|three|four|five|six|half|some|many|most|several|part|parts|\d+) of|all but|except|partly"
    r"|not all|a (?:first|second|third|\w+th))\b",
    re.I,
)
_ALL = re.compile(r"\b(?:all|every|everyone|everybody|both|none|nobody|no one|neither|no)\b", re.I)
# Of a story, everyone is whoever it is about.
_EVERYONE = re.compile(
    r"\A(?:\w+, )?(?:everyone|everybody|nobody|no one"
    r"|all (?:of )?the (?:missing|injured|wounded|sick|trapped|patients))\b",
    re.I,
)
_ANYBODY = re.compile(r"\b(?:any(?:one|body)?|people|someone)\b", re.I)
_CLAUSE_END = re.compile(r"[;:,]|\b(?:and|but|while|because|after)\b")
_SUBJECT_END = lexicon.PREPOSITIONS | lexicon.AUXILIARIES | lexicon.word_set("of to or still who that which there open")
_STATE_NOUNS = lexicon.word_set("order orders ban bans strike curfew warning")
_REFERS = re.compile(r"\b(?:it|they|them|he|she)\b", re.I)
_NO_THINGS = lexicon.word_set("""
    i we one can cannot cant drive go get use enter visit pass cross through reason there anybody whats last back
    when why how what is are long much many people person date day time still again longer now yet
    anyone someone anybody until
""")


@dataclass(frozen=True, slots=True)
class AskedState:
    """A state that a question takes for granted, or asks for, at present.

    head: stem of the noun whose state it is, "" where that is not known. things: stems of all that the question names
    but for the state. counted: whether it asks how many are in it, so that it ends only with the last one.
    """

    names: frozenset[str]
    head: str
    things: frozenset[str]
    counted: bool

    @classmethod
    def of(cls, question: Question) -> "AskedState | None":
        """Return the state of a question, None where it asks for none or for that of a former time."""
        text = question.text
        is_topic = question.type in (QuestionType.TOPIC, QuestionType.OTHER, QuestionType.WHERE)
        if not (question.type in _TYPES or is_topic) or _PAST.search(text) is not None:
            return None
        names = frozenset(name for name, (asked, _) in _STATES.items() if asked.search(text) is not None)
        if question.type is not QuestionType.WHEN:
            names -= {"event"}
        if question.type is QuestionType.WHERE:
            names &= {"health"}
        if not names:
            return None
        rest = text
        for name in names - {"event", "presence"}:
            if not text.lower().startswith("how is"):
                rest = _STATES[name][0].sub(" ", rest)
        head = _head(text, names)
        things = frozenset(stems(rest)) - STOP_STEMS - _NO_THING_STEMS
        is_any = question.type in (QuestionType.YES_NO, QuestionType.WHY) and _ANYBODY.search(text) is not None
        counted = (
            question.type is QuestionType.HOW_MANY
            or is_any
            or (is_topic and not names.isdisjoint({"missing", "health"}))
        )
        return cls(names, head, things, counted) if things or head else None

    def end_in(self, sentences: Sequence[Quote]) -> Quote | None:
        """Return the last sentence of a report that tells the end of the state, None where none does."""
        found = None
        for at, sentence in enumerate(sentences):
            before = sentences[at - 1] if at and sentences[at - 1].end + 2 >= sentence.start else None
            if self._ends(sentence.text, "" if before is None else before.text, sentence.article.title):
                found = sentence
        return found

    def is_met_by(self, sentence: Quote) -> bool:
        """Return whether a sentence and its title have all that the question names."""
        return self.things <= set(stems(f"{sentence.article.title} {sentence.text}"))

    def is_told_in(self, sentence: Quote) -> bool:
        """Return whether a sentence tells the state, or its end."""
        patterns = (pattern for name in self.names for pattern in _STATES[name])
        return any(pattern.search(sentence.text) is not None for pattern in patterns)

    def begins_again_in(self, sentences: Sequence[Quote]) -> bool:
        """Return whether a report says that the state has begun again: "the tunnel is closed again"."""
        return any(self._begins_again(sentence.text) for sentence in sentences)

    def _begins_again(self, text: str) -> bool:
        for name in self.names - {"event"}:
            for match in _STATES[name][0].finditer(text):
                is_again = re.match(r" (?:\w+ ){0,2}again\b", text[match.end() :]) is not None
                is_again |= re.search(r"\b(?:again|back|once more)(?: \w+){0,2} $", text[: match.start()]) is not None
                if is_again and _STATES[name][1].search(text) is None and self._is_about(text):
                    return True
        return False

    def _ends(self, text: str, before: str, title: str) -> bool:
        return any(self._tells(name, text, before, title) for name in self.names)

    def _tells(self, name: str, text: str, before: str, title: str) -> bool:
        for match in _STATES[name][1].finditer(text):
            begins = [found.end() for found in _CLAUSE_END.finditer(text, 0, match.start())]
            clause = text[max(begins, default=0) : match.start()]
            is_open = _EVENT_NOT_YET.search(clause) if name == "event" else _NOT_YET.search(f"{clause} {match[0]}")
            if is_open is not None or _is_doubled(text, match.end()):
                continue
            if _PART.search(text) is not None or (self.counted and not _is_of_all(text)):
                continue
            if (
                self._is_about(text if self.head else f"{title} {text}")
                or (self.counted and _EVERYONE.search(text))
                or (_REFERS.match(text) and self._is_about(before))
            ):
                return True
        return False

    def _is_about(self, text: str) -> bool:
        """Return whether a sentence is about what the question names."""
        found = set(stems(text))
        if self.head:
            if self.head in found and not self._is_of_head(text):
                return True
            others = self.things - {self.head}
            return bool(others) and others <= found
        return bool(self.things) and 2 * len(self.things & found) >= len(self.things)

    def _is_of_head(self, text: str) -> bool:
        """Return whether a sentence is about a part of the thing: "the nursery of the plant"."""
        found = re.search(r"\b[a-z]+ of (?:the |its |their )?(?:[\w'-]+ ){0,3}?(?P<noun>[\w'-]+)", text)
        return found is not None and self.head in stems(found["noun"]) and len(self.things) > 1


_NO_THING_STEMS = frozenset(stem for word in _NO_THINGS for stem in stems(word))


def _is_of_all(text: str) -> bool:
    """Return whether a sentence is about all of something: "everyone", "the two hikers"."""
    return _ALL.search(text) is not None or re.search(r"\b[Tt]he (?:\w+ )?(?:\w+ )?\w+s\b", text) is not None


def _is_doubled(text: str, end: int) -> bool:
    """Return whether what follows takes the end back: "reopened, but was closed again"."""
    return re.match(r"[^.;]{0,60}\b(?:but|only to|then)\b[^.;]{0,40}\bagain\b", text[end:]) is not None


def _head(text: str, names: frozenset[str]) -> str:
    """Return the stem of the noun whose state a question is about: "why is the coast road near Tarvik closed?"."""
    words = [word.normalized for word in words_of(text)]
    counted = words[:2] in (["how", "many"], ["how", "much"])
    first = next((at for at, word in enumerate(words) if word in lexicon.AUXILIARIES), None)
    if counted:
        first = 1
    if first is None:
        return ""
    asked = {
        word
        for name in names - {"health", "presence"}
        for found in _STATES[name][0].finditer(text)
        for word in found[0].lower().split()
    }
    head = _noun_from(words[first + 1 :], asked, text)
    if head == "" and not counted:  # "what's the reason the tunnel is closed"
        before = [word for word in words[:first] if word not in lexicon.DETERMINERS]
        head = before[-1] if len(before) > 1 else ""
    found = list(stems(head)) if head else []
    return found[0] if found and found[0] not in _NO_THING_STEMS and head != "people" else ""


def _noun_from(words: Sequence[str], asked: set[str], text: str) -> str:
    """Return the last word of the noun phrase with which words begin, "" where they begin with a state."""
    head = ""
    for word in words:
        if word in lexicon.DETERMINERS:
            if head:
                break
            continue
        if word in _SUBJECT_END or (word in asked and word not in _STATE_NOUNS):
            break
        head = word
        if text[text.lower().find(word) + len(word) :][:1] == ",":
            break
    return head
