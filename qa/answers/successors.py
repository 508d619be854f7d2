"""Tells who holds an office after somebody else: "resigned", "is succeeded by", "was elected", "takes charge"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.search.keywords import stems
from qa.answers.names import Name, names_in
from qa.query import lexicon
from qa.types import Quote

# Offices that are another's where a sentence names only these; the words of a line are one office.
_OFFICES = tuple(
    lexicon.word_set(line)
    for line in """
    captain skipper
    coach manager trainer
    chief boss head ceo director executive leader run runs running lead leads leading heads charge manager managing
    chair chairman chairwoman chairperson board
    mayor mayoress
    premier prime government
    minister ministry secretary
    president presidency
    governor
    treasurer
    principal headmaster headmistress headteacher head teacher runs run running leads lead leading
    editor
    bishop archbishop
    commander command commands charge lead leads head heads
    """.strip().splitlines()
)
_ROLES = frozenset[str]().union(*_OFFICES)
_TOPIC_ROLES = lexicon.word_set(
    "judge master lawyer architect conductor prosecutor spokesman spokeswoman owner sponsor"
)
_MAX_WORDS = 4  # a person's name has fewer
_NO_PERSONS = lexicon.PLACE_NAME_NOUNS | lexicon.ORGANISATION_NOUNS | lexicon.ORGANISATION_NAME_NOUNS
_VERBS = lexicon.word_set("run runs running lead leads leading head heads charge managing")
_WORD = re.compile(r"[^\W\d_]+")
# What an office is of: "head of the water authority", "fire chief".
_BODY_AFTER = re.compile(r"(?: (?:executive|officer|minister|secretary))?,? (?:of|for|at) (?P<body>(?:[\w'-]+ ?){1,5})")
_OBJECT = re.compile(r" (?P<body>(?:[\w'-]+ ?){1,5})")  # "leads the inspection"
_BODY_BEFORE = re.compile(r"(?P<body>\A[A-Z][a-z-]+|\b[a-z][a-z-]+) \Z")
_CONTINUES = lexicon.AUXILIARIES | lexicon.PREPOSITIONS | {"and", "who", "which", "that", "said", "says", "or"}
_NO_BODY = lexicon.word_set(
    # Nouns that stand for any body: "the head of the agency".
    "firm company corporation business group organisation organization institution body agency authority board club "
    "team side squad town city village country state nation party operator line airline paper office post job role "
    "acting interim new newly former current outgoing incoming next first last second deputy vice assistant longtime "
    "long-serving late executive managing general senior chief prime elected appointed confirmed named made become"
)
_LEAVES = (
    r"step(?:s|ped)? (?:down|aside)|stepping down|resign\w*|quits?|retire[sd]?|is leaving|leaves|has left"
    r"|left (?:in|on)"
    # "She dropped the plan" is no end of hers.
    r"|(?:(?<=was )|(?<=were )|(?<=been )|(?<=be )|(?<= is )|(?<=, )|(?<=was also ))"
    r"(?:dismiss|sack|remov|oust|fir|dropp|replac|succeed)ed|voted out|(?:gives|gave|given) up|hand(?:s|ed) over"
    r"|(?:stands|stood) down|goes back|return(?:s|ed)?|whom|let .{1,20} (?:office|post|duties) rest"
    r"|was (?:jailed|arrested|found dead)|die[sd]|(?<=been )relieved of|(?<=was )relieved of|will not (?:return"
    r"|come back)"
    r"|(?:takes?|taken|took|on|went on) (?:\w+ )?leave"
    r"|(?:withdr(?:aw|aws|ew|awn)|pull(?:s|ed)? out|bow(?:s|ed)? out|recus(?:es|ed) (?:him|her)self)(?= (?:from|of)\b"
    r"|,|\.)"
)
_RETURNS = re.compile(r"\breturn(?:s|ed)? (?:to|as)\b", re.I)
_BEFORE_VERB = r"has|have|had|is|was|been|will|who|to|also|now|then|since"
_AFTER_LEAVING = re.compile(
    rf"(?:,(?! (?:{_BEFORE_VERB})\b)[^,;.]{{1,60}},)?,?(?: (?:{_BEFORE_VERB}))* (?:{_LEAVES})\b", re.I
)
_BEFORE_LEAVING = re.compile(
    r"(?:\b(?:dismiss|sack|remov|oust|fir|replac|succeed|follow|dropp)(?:es|s|ed|ing)?|\bfollow(?:s|ed|ing)?"
    r"|\bt(?:akes?|ook|aken) (?:over|command|charge)(?: of(?: [\w'-]+){1,4}?)? from|\binstead of|\bin place of"
    r"|\bpredecessor|\boutgoing [\w ]{2,30}"
    r"|\bresignation of|\bdeparture of)(?:,? as [\w ]{2,25})?(?:,? (?:the|its|his|her))*,? $",
    re.I,
)
_TAKES = (
    r"(?:takes?|took|taken|taking) (?:over|charge|up|office|command)|succeeds?|succeeded(?! by)|replaces?"
    r"|replaced(?! by)|(?:was|were|been|is|be) (?:appointed|named|elected|chosen|promoted|installed|made|confirmed)"
    r"|sworn in|st(?:eps?|epped|epping|ands?|anding) in|fill(?:s|ing)? in|becomes?|became|heads?|leads?|runs?|led|ran"
    r"|chairs?|(?:takes?|took|has taken) (?:his|her|their) (?:place|seat)"
    r"|(?:is|as) (?:the |its |their |his |her )?(?:new|acting|interim)|has been (?:acting|interim)"
    r"|will (?:head|lead|run|follow|serve)|(?:is|are|will be) in (?:charge|command)"
)
_AFTER_TAKING = re.compile(
    rf"(?:,[^,;.]{{1,50}},)?(?: of [\w' ]{{2,30}})?,?(?: (?:{_BEFORE_VERB}))* (?:{_TAKES})\b", re.I
)
_TITLE = r"[a-z][\w'-]+|[\w']+ (?:of|for)|major|general|colonel|dr|professor"  # "the former head of sales"
_BEFORE_TAKING = re.compile(
    r"(?:\b(?:succeeded|replaced|taken over|followed|run|led|headed|chaired|managed) (?:from [\w ]{2,20} )?by"
    r"|\b(?:appoint|name|elect|choose|chose|promote|install|hire|pick|swear|confirm|put)(?:s|ed|n)?"
    r"(?: (?:on|last) \w+)?|\bnew(?:ly)? [\w' -]{2,40}?(?: is| will be|,)?|\bsuccessor(?: is| will be|,)?"
    r"|\b(?:his|her|their) place(?: is| was| has been)? (?:taken|filled) by"
    r"|\b(?:goes|went|go|passes|passed|falls) to|\b(?:acting|interim) [\w ]{2,25}|\b(?:deputy|assistant|number two))"
    rf"(?:,? (?:{_TITLE})){{0,6}},? $",
    re.I,
)
_BEFORE_FORMER = re.compile(r"\b(?:former|ex-?)(?: [\w' ]{2,30})?,? $", re.I)


@dataclass(frozen=True, slots=True)
class OfficeHistory:
    """Who takes an office, and whether its holder leaves it, in the sentences of one report.

    holder: the surname of whoever held it, in lower case. offices: all words for the office that is asked for. terms:
    stems of the question's other words, of which one says what the office is of.
    """

    holder: str
    offices: frozenset[str]
    terms: frozenset[str]

    @classmethod
    def of(cls, question: str, holder: str) -> "OfficeHistory | None":
        """Return the history of the office that a question asks for, None where it asks for none."""
        asked = frozenset(map(str.lower, _WORD.findall(question))) & _ROLES
        if not asked:
            return None
        names = [name for name in names_in(holder) if name.words]
        surname = names[-1].words[-1] if names else ""
        offices = frozenset[str]().union(*(line for line in _OFFICES if line & asked))
        # "Head of operations at Corvo": who heads Corvo is somebody else.
        asked_of = frozenset[str]()
        for word in _WORD.finditer(question):
            after = _BODY_AFTER.match(question, word.end()) if word.group().lower() in offices else None
            if after is not None and not asked_of:
                before = _BODY_BEFORE.search(question[: word.start()])
                asked_of = frozenset(_body_terms(f"{'' if before is None else before['body']} {_body(after['body'])}"))
        return cls(surname, offices, asked_of or frozenset(_body_terms(question)))

    @classmethod
    def of_topic(cls, topic: str, sentence: Quote) -> "Iterator[OfficeHistory]":
        """Yield the history of an office that a topic names for each person in a sentence about it, but for its own."""
        words = frozenset(map(str.lower, _WORD.findall(topic)))
        offices = frozenset[str]().union(*(line for line in _OFFICES if line & words))
        for name in _persons(sentence.text) if words & (_ROLES | _TOPIC_ROLES) else ():
            if words.isdisjoint(name.words):
                yield cls(name.words[-1], offices, frozenset(_body_terms(topic)))

    def has_left(self, sentences: Sequence[Quote]) -> bool:
        """Return whether a sentence says that the holder leaves."""
        return any(self._leaves(one.text) and not self._is_return(one.text) for one in sentences)

    def successors(self, sentences: Sequence[Quote]) -> Iterator[tuple[Quote, Quote]]:
        """Yield whoever takes the office, each with the sentence that says so.

        It, or the sentence before, says of the holder that he leaves, or names the office.
        """
        before = ""
        for sentence in sentences:
            text = sentence.text
            is_about = self._leaves(before) or self._leaves(text) or self._names_office(text)
            is_about |= self._names_office(before) and any(_leaves(before, name) for name in names_in(before))
            is_about &= self._leaves(text) or self._names_office(text) or not self._names_another_office(text)
            for name in _persons(text):
                is_holder = self.holder != "" and self.holder in name.words
                if is_about and not is_holder and _takes(text, name) and not _leaves(text, name):
                    yield Quote(sentence.article, sentence.start + name.start, sentence.start + name.end), sentence
            before = text

    def is_leaving(self, name: Quote, sentence: Quote) -> bool:
        """Return whether a sentence says that somebody leaves, or held the office before."""
        if self._is_return(sentence.text):
            return False
        start = name.start - sentence.start
        named = (one for one in names_in(sentence.text) if one.start < start + len(name.text) and start < one.end)
        return any(_leaves(sentence.text, one) or self._is_former(sentence.text, one) for one in named)

    def is_elsewhere(self, sentence: Quote) -> bool:
        """Return whether a sentence names the office only of something else."""
        named = {word.lower() for word in _WORD.findall(sentence.text)}
        is_named = not self.offices.isdisjoint(named) and self.terms.isdisjoint(stems(sentence.text))
        return is_named and not self._names_office(sentence.text)

    def _is_return(self, text: str) -> bool:
        """Return whether a sentence says that somebody returns to the office."""
        return _RETURNS.search(text) is not None and self._names_office(text)

    def _leaves(self, text: str) -> bool:
        named = [name for name in names_in(text) if self.holder != "" and self.holder in name.words]
        return any(_leaves(text, one) or _BEFORE_FORMER.search(text[: one.start]) is not None for one in named)

    def _names_another_office(self, text: str) -> bool:
        return not (_ROLES - _VERBS).isdisjoint(map(str.lower, _WORD.findall(text)))

    def _is_former(self, text: str, name: Name) -> bool:
        """Return whether somebody is called a former holder of the office."""
        found = _BEFORE_FORMER.search(text[: name.start])
        return found is not None and not self.offices.isdisjoint(map(str.lower, _WORD.findall(found.group())))

    def _names_office(self, text: str) -> bool:
        """Return whether a sentence names the office, and not only the same office of something else."""
        return any(
            not self._is_of_another(text, word) for word in _WORD.finditer(text) if word.group().lower() in self.offices
        )

    def _is_of_another(self, text: str, office: re.Match[str]) -> bool:
        """Return whether an office in a sentence is said to be of something that the question doesn't name."""
        after, before = _BODY_AFTER.match(text, office.end()), _BODY_BEFORE.search(text[: office.start()])
        if after is None and office.group().lower() in _VERBS:
            after, before = _OBJECT.match(text, office.end()), None
        bodies = after, before
        named = [_body_terms(_body(found["body"])) for found in bodies if found is not None]
        return bool(self.terms) and any(terms and self.terms.isdisjoint(terms) for terms in named)


def _body(words: str) -> str:
    """Return the words up to the first one that goes on with the sentence: "authority has" is "authority"."""
    taken = list[str]()
    for word in words.split():
        if word.lower() in _CONTINUES:
            break
        taken.append(word)
    return " ".join(taken)


def _body_terms(text: str) -> set[str]:
    """Return the stems of words that tell one body from another: "water" of "the water authority"."""
    words = (word.lower() for word in _WORD.findall(text))
    generic = _ROLES | _NO_BODY | lexicon.FUNCTION_WORDS | lexicon.DETERMINERS
    return {stem for word in words if word not in generic for stem in stems(word)} - lexicon.STOP_STEMS


def _persons(text: str) -> Iterator[Name]:
    """Yield the names in a sentence that may be a person's."""
    for name in names_in(text):
        is_person = name.person > 0 or (len(name.words) > 1 and name.words[-1] not in _NO_PERSONS)
        if is_person and name.organisation <= max(0, name.person) and len(name.words) < _MAX_WORDS:
            yield name


def _takes(text: str, name: Name) -> bool:
    return _AFTER_TAKING.match(text, name.end) is not None or _BEFORE_TAKING.search(text[: name.start]) is not None


def _leaves(text: str, name: Name) -> bool:
    return _AFTER_LEAVING.match(text, name.end) is not None or _BEFORE_LEAVING.search(text[: name.start]) is not None
