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
            r"|driv(?:e|ing)|r[au]n(?:s|ning)?|works?) (?:[\w' -]{1,40} )?again|returned to|resumed|have landed"
            r"|(?:cars|traffic|bus(?:es)?|lorries|trains|vehicles|ships|planes)(?: can)?"
            r" (?:flows?|reach(?:es)?|rolls?|pass(?:es)?|drives?|gets? through)"
            r"|taken off again|(?:lets?|let|allow(?:s|ed)?|admit(?:s|ted)?) (?:\w+ ){1,3}in again"
            r"|(?:welcom\w+|receiv\w+) (?:\w+ ){1,2}again"
            r"|(?:began|begun|started|allowed|were able) to (?:return|(?:go|come|move) (?:back|home))",
        ),
        "suspension": (
            r"suspended|halted|stopped|interrupted|not (?:run|running|operating)|standstill|run(?:ning)? again"
            r"|resum\w+|no (?:lessons?|class(?:es)?|school|training|trains?|bus(?:es)?|ferr(?:y|ies)|trams?|flights?"
            r"|service)",
            r"(?:runs?|running|ran|sail(?:s|ed|ing)|mov(?:es?|ed|ing)|operat(?:es?|ed|ing)|flying|flew|beg[au]n|started"
            r"|taught|play(?:s|ed)?|train(?:s|ed)?) again|resumed"
            r"|back (?:in|to) (?:service|operation|normal|class|school)",
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
            r"\b(?:use|enter|drive|visit|swim|cross|allowed|permitted|have to)\b)"
            r"|\A(?=(?:can|may|must) )|\A(?=why (?:do|does|must|are|is|can['’]?t|can not|cannot) .{3,60}\b(?:have to"
            r"|must|stay|not allowed"
            r"|banned"
            r"|forbidden)\b)",
            rf"(?:{_IS}) (?:lifted|withdrawn|revoked|ended|over|cancelled|dropped|scrapped|called off)"
            r"|(?:has |have )?(?:ended|expired)|(?:lifted|withdr[ae]wn?|withdrew|revoked|ended) (?:the|its|their|all)"
            r"|(?:can|may|are allowed to)(?: [\w' -]{1,40})? (?:again|once more)"
            r"|(?:may|can) go (?:back )?home|safe to drink|no longer (?:have to|has to|need|needs|applies|apply"
            r"|in force)",
        ),
        "evacuation": (
            r"evacuat\w+|uninhabit\w+|empty|(?:go|return) (?:back )?home",
            r"(?:began|begun|started|allowed|were able) to (?:return|(?:go|come|move) (?:back|home))",
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
            r"missing|unaccounted|trapped|stuck|lost|stranded|search(?:ed|ing)? for",
            rf"(?:{_IS}) (?:found|rescued|located|freed|saved|brought (?:out|to safety)|recovered|accounted|safe"
            r"|alive|carried out|pulled out|let down|brought down|back)|(?:have |has )?turned up|(?:nobody"
            r"|no one) is (?:in|inside|under"
            r"|on) [\w' ]{2,40} any ?more"
            r"|came (?:up|out) (?:alive|unhurt)|(?:had |have |has )?walked (?:to|out|home)|reappeared",
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
            rf"(?:{_IS}|be) (?:released|freed|cleared|let go|set free)|acquitted|pardoned|free (?:man|woman|again)"
            rf"|le(?:ft"
            r"|aves) prison|walked free|no longer in custody",
        ),
        "sentence": (
            r"sentenced?|sentences|(?:prison|jail) (?:term|sentence)|convict\w+|verdict|found guilty",
            rf"acquitted|(?:{_IS}) (?:cleared|pardoned)|quash(?:es|ed)|overturn(?:s|ed)|set aside|struck down"
            r"|annul(?:s|led)|found not guilty",
        ),
        "damage": (
            r"leaking|burning|on fire|broken(?: down)?|out of order|flooded|under water|polluted|contaminated",
            rf"(?:{_IS}) (?:sealed|plugged|repaired|mended|fixed|put out|extinguished|out(?! of)|under control|passable"
            r"|pumped (?:out|dry)|clean(?: again)?|dry again)|stopped (?:leaking|burning)|works? again"
            r"|(?:water|floods?) (?:has |have )?(?:gone|fallen|receded|drained)",
        ),
        "duty": (
            r"off (?:duty|work)|suspended|on leave",
            rf"back (?:at|in|to) (?:work|(?:his|her|their) (?:post|job|desk))|(?:{_IS}) reinstated"
            r"|returned to (?:work|duty|(?:his|her|their) (?:post|job|desk))",
        ),
        "presence": (
            r"how many .{1,40}\b(?:are|work|sleep|stay|remain|live)\b.{0,20}\b(?:in|at|on)\b"
            r"|\A(?=where (?:is|are|do|does)\b)|why (?:is|are|do|does) .{3,60}\b(?:in|at|with|away)\b",
            r"(?:has|have) (?:all )?left|(?:moved|gone) out|(?:went|gone|came|returned|moved|back) (?:back )?(?:home|to"
            r" (?:their|his|her) (?:own )?(?:homes?|houses?|flats?|farms?|villages?))|back (?:home|in (?:their|his"
            r"|her|its)"
            r" (?:own )?(?:homes?|houses?|flats?|beds?|schools?|place))|returned to|left \w+(?: on \w+"
            r"| in the \w+)?(?=\.?\Z)",
        ),
        "event": (
            r"\A(?=when\b|what (?:date|day|time)\b|.*\b(?:date|day)\b)",
            rf"(?:(?:{_IS})|and|then) (?:called off|cancelled|canceled|scrapped|abandoned)|(?:not"
            r"|never) (?:take place|go ahead|happen|be held)|(?:called off|cancelled|scrapped) (?:the|its|their|it"
            r"|them)"
            r"|there (?:is|are|was|were|will be|would be) no",
        ),
    }.items()
}
# How somebody is, in the words of reports.
_CONDITION = re.compile(
    r"\b(?:condition|out of danger|critical(?:ly)?|stable|coma|intensive care|in (?:a |the )?(?:hospital|clinic)"
    r"|(?:un)?conscious"
    r"|awake|woke(?:n)?|recover(?:s|ed|ing)|doing (?:\w+ )?(?:well|better|fine|badly)|improv(?:es?|ed|ing)"
    r"|worse(?:ned)?|fever"
    r"|(?:is|are|feels?|was|were|be) (?:\w+ )?(?:well|better|fine|ill|sick|alive|weak|healthy|safe)|operat(?:ed on"
    r"|ion)|surgery"
    r"|(?:is|are|was|were) (?:back )?(?:at )?home|discharged|visitors|to a ward|learn(?:s|ing|ed) to walk"
    r"|well again|on the mend|fighting for (?:his|her|their) li(?:fe|ves)|can (?:\w+ )?(?:walk|speak|eat|breathe|see)"
    r"|(?:has|have|had) (?:a )?(?:broken|lost (?:an?|his|her|their)))\b",
    re.I,
)
# People who are called by one word in a report and by another in the next.
_GROUP = frozenset(
    stem
    for word in [
        "resident",
        "inhabitant",
        "villager",
        "evacuee",
        "people",
        "family",
        "relative",
        "islander",
        "local",
        "homeless",
        "citizen",
    ]
    for stem in stems(word)
)
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
# "What sentence did she get?", "how long is his sentence?"
_GIVEN = re.compile(
    r"\A(?:what|which|how (?:long|high|much|many)|was|is|length)\b.*\b(?:sentence\w*|term|convict\w*)\b", re.I
)
_ASKS_CONDITION = re.compile(r"\Ahow(?: is| are|['’]?s)\b|\bcondition\b", re.I)
_PART = re.compile(
    r"\b(?:(?:one|two|three|four|five|six|half|some|many|most|several|part|parts|\d+) of|all but|except|partly"
    r"|not all|a (?:first|second|third|\w+th))\b",
    re.I,
)
_ALL = re.compile(r"\b(?:all|every|everyone|everybody|both|none|nobody|no one|neither|no)\b", re.I)
# Of a story, everyone is whoever it is about.
_EVERYONE = re.compile(
    r"\A(?:\w+, )?(?:everyone|everybody|nobody|no one"
    r"|all (?:of )?the (?:missing|injured|wounded|sick|trapped|patients))\b"
    # "The body of the cook, the last of the missing, was found."
    r"|\bthe last (?:of the )?(?:missing|trapped|stranded)\b",
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
    anyone someone anybody until staying stay stays sleep sleeping sleeps live living lives housed doing
""")


@dataclass(frozen=True, slots=True)
class AskedState:
    """A state that a question takes for granted, or asks for, at present.

    head: stem of the noun whose state it is, "" where that is not known. things: stems of all that the question names
    but for the state. counted: whether it asks how many are in it, so that it ends only with the last one.
    is_condition: whether it asks how somebody is, which each report may tell anew.
    """

    names: frozenset[str]
    head: str
    things: frozenset[str]
    counted: bool
    is_condition: bool = False

    @classmethod
    def of(cls, question: Question) -> "AskedState | None":
        """Return the state of a question, None where it asks for none or for that of a former time."""
        text = question.text
        is_topic = question.type in (QuestionType.TOPIC, QuestionType.OTHER, QuestionType.WHERE)
        names = frozenset(name for name, (asked, _) in _STATES.items() if asked.search(text) is not None)
        if "sentence" in names and _GIVEN.search(text) is not None:
            names = frozenset({"sentence"})
        elif not (question.type in _TYPES or is_topic) or _PAST.search(text) is not None:
            return None
        if question.type is not QuestionType.WHEN:
            names -= {"event"}
        if question.type is QuestionType.WHERE:
            names &= {"health", "presence"}
        elif len(names) > 1:
            names -= {"presence"}
        if not names:
            return None
        rest = text
        for name in sorted(names - {"event", "presence"}, reverse=True):  # "prison term" before "prison"
            if not text.lower().startswith("how is"):
                rest = _STATES[name][0].sub(" ", rest)
        head = _head(text, names)
        if question.type is QuestionType.WHERE and not head:
            head = next((stem for stem in stems(text) if stem in _GROUP), "")
        things = frozenset(stems(rest)) - STOP_STEMS - _NO_THING_STEMS
        is_any = question.type in (QuestionType.YES_NO, QuestionType.WHY) and _ANYBODY.search(text) is not None
        # "Can people open their windows?", "do people have to boil their water?"
        is_any &= re.match(r"(?:can|may|must)\b|do(?:es)? .*\bhave to\b", text, re.I) is None
        counted = (
            question.type is QuestionType.HOW_MANY
            or is_any
            or (is_topic and question.type is not QuestionType.WHERE and not names.isdisjoint({"missing", "health"}))
        )
        is_condition = "health" in names and _ASKS_CONDITION.search(text) is not None
        is_asked = things or head or (question.type is QuestionType.HOW_MANY and "missing" in names)
        return cls(names, head, things, counted, is_condition) if is_asked else None

    def end_in(self, sentences: Sequence[Quote]) -> Quote | None:
        """Return the last sentence of a report that tells the end of the state, None where none does."""
        found = None
        for at, sentence in enumerate(sentences):
            before = sentences[at - 1] if at and sentences[at - 1].end + 2 >= sentence.start else None
            if self._ends(sentence.text, "" if before is None else before.text, sentence.article.title):
                found = sentence
        return found

    def ends_in_part_in(self, sentences: Sequence[Quote]) -> Quote | None:
        """Return a sentence that tells the end of the state of some in it: "five of the six were discharged"."""
        patterns = [_STATES[name][1] for name in self.names if name != "event"]
        for sentence in sentences if self.counted else ():
            ends = any(pattern.search(sentence.text) is not None for pattern in patterns)
            if ends and _PART.search(sentence.text) is not None and self._is_about(sentence.text):
                return sentence
        return None

    def is_met_by(self, sentence: Quote) -> bool:
        """Return whether a sentence and its title have all that the question names."""
        return self.things <= set(stems(f"{sentence.article.title} {sentence.text}"))

    def is_told_in(self, sentence: Quote) -> bool:
        """Return whether a sentence tells the state, or its end."""
        if self.is_condition and _CONDITION.search(sentence.text) is not None:
            return True
        patterns = (pattern for name in self.names for pattern in _STATES[name][self.is_condition :])
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
        is_about = self._is_about(text) or (_REFERS.match(text) is not None and self._is_about(before))
        if self.is_condition and is_about and _CONDITION.search(text) is not None:
            return True
        return any(self._tells(name, text, before, title) for name in self.names)

    def _tells(self, name: str, text: str, before: str, title: str) -> bool:
        for match in _STATES[name][1].finditer(text):
            if match[0].lower().startswith("there ") and not self._is_about(text[match.start() :]):
                continue
            begins = [found.end() for found in _CLAUSE_END.finditer(text, 0, match.start())]
            clause = text[max(begins, default=0) : match.start()]
            is_open = _EVENT_NOT_YET.search(clause) if name == "event" else _NOT_YET.search(f"{clause} {match[0]}")
            if is_open is not None or _is_doubled(text, match.end()):
                continue
            if _PART.search(_part_around(text, match.start())) is not None or (self.counted and not _is_of_all(text)):
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
            is_head = self.head in found or (self.head in _GROUP and not _GROUP.isdisjoint(found))
            if is_head and not self._is_of_head(text):
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


def _part_around(text: str, at: int) -> str:
    """Return the part of a sentence, between semicolons, that has a place."""
    end = text.find(";", at)
    return text[text.rfind(";", 0, at) + 1 : len(text) if end < 0 else end]


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
