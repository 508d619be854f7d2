"""Tells who holds an office after somebody else: "resigned", "is succeeded by", "was elected", "takes charge"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    commander charge lead leads head heads
    """.strip().splitlines()
)
_ROLES = frozenset[str]().union(*_OFFICES)
_MAX_WORDS = 4  # a person's name has fewer
_NO_PERSONS = lexicon.PLACE_NAME_NOUNS | lexicon.ORGANISATION_NOUNS | lexicon.ORGANISATION_NAME_NOUNS
_VERBS = lexicon.word_set("run runs running lead leads leading head heads charge managing")
_WORD = re.compile(r"[^\W\d_]+")
_LEAVES = (
    r"step(?:s|ped)? (?:down|aside)|stepping down|resign\w*|quits?|retire[sd]?|is leaving|leaves|has left"
    r"|left (?:in|on)"
    # "She dropped the plan" is no end of hers.
    r"|(?:(?<=was )|(?<=were )|(?<=been )|(?<=be )|(?<= is )|(?<=, )|(?<=was also ))"
    r"(?:dismiss|sack|remov|oust|fir|dropp|replac|succeed)ed|voted out|(?:gives|gave|given) up|hand(?:s|ed) over"
    r"|(?:stands|stood) down|goes back|return(?:s|ed)?|whom|let .{1,20} (?:office|post|duties) rest"
    r"|was (?:jailed|arrested|found dead)|die[sd]"
)
_BEFORE_VERB = r"has|have|had|is|was|been|will|who|to|also|now|then|since"
_AFTER_LEAVING = re.compile(
    rf"(?:,(?! (?:{_BEFORE_VERB})\b)[^,;.]{{1,60}},)?,?(?: (?:{_BEFORE_VERB}))* (?:{_LEAVES})\b", re.I
)
_BEFORE_LEAVING = re.compile(
    r"(?:\b(?:dismiss|sack|remov|oust|fir|replac|succeed|follow|dropp)(?:es|s|ed|ing)?|\bfollow(?:s|ed|ing)?"
    r"|\bt(?:akes?|ook) over from|\binstead of|\bin place of|\bpredecessor|\boutgoing [\w ]{2,30}"
    r"|\bresignation of|\bdeparture of)(?:,? as [\w ]{2,25})?(?:,? (?:the|its|his|her))*,? $",
    re.I,
)
_TAKES = (
    r"(?:takes?|took|taken|taking) (?:over|charge|up|office|command)|succeeds?|succeeded(?! by)|replaces?"
    r"|replaced(?! by)|(?:was|were|been|is|be) (?:appointed|named|elected|chosen|promoted|installed|made|confirmed)"
    r"|sworn in|st(?:eps?|epped|epping|ands?|anding) in|fill(?:s|ing)? in|becomes?|became|heads?|leads?|runs?|led|ran"
    r"|chairs?"
    r"|(?:is|as) (?:the |its |their |his |her )?(?:new|acting|interim)|has been (?:acting|interim)"
    r"|will (?:head|lead|run|follow|serve)"
)
_AFTER_TAKING = re.compile(
    rf"(?:,[^,;.]{{1,50}},)?(?: of [\w' ]{{2,30}})?,?(?: (?:{_BEFORE_VERB}))* (?:{_TAKES})\b", re.I
)
_TITLE = r"[a-z][\w'-]+|[\w']+ (?:of|for)|major|general|colonel|dr|professor"  # "the former head of sales"
_BEFORE_TAKING = re.compile(
    r"(?:\b(?:succeeded|replaced|taken over|followed|run|led|headed|chaired|managed) (?:from [\w ]{2,20} )?by"
    r"|\b(?:appoint|name|elect|choose|chose|promote|install|hire|pick|swear|confirm|put)(?:s|ed|n)?"
    r"(?: (?:on|last) \w+)?|\bnew(?:ly)? [\w' -]{2,40}?(?: is| will be|,)?|\bsuccessor(?: is| will be|,)?"
    r"|\b(?:goes|went|go|passes|passed|falls) to|\b(?:acting|interim) [\w ]{2,25}|\b(?:deputy|assistant|number two))"
    rf"(?:,? (?:{_TITLE})){{0,6}},? $",
    re.I,
)
_BEFORE_FORMER = re.compile(r"\b(?:former|ex-?)(?: [\w' ]{2,30})?,? $", re.I)


@dataclass(frozen=True, slots=True)
class OfficeHistory:
    """Who takes an office, and whether its holder leaves it, in the sentences of one report.

    holder: the surname of whoever held it, in lower case. offices: all words for the office that is asked for.
    """

    holder: str
    offices: frozenset[str]

    @classmethod
    def of(cls, question: str, holder: str) -> "OfficeHistory | None":
        """Return the history of the office that a question asks for, None where it asks for none."""
        asked = frozenset(map(str.lower, _WORD.findall(question))) & _ROLES
        if not asked:
            return None
        names = [name for name in names_in(holder) if name.words]
        surname = names[-1].words[-1] if names else ""
        return cls(surname, frozenset[str]().union(*(line for line in _OFFICES if line & asked)))

    def has_left(self, sentences: Sequence[Quote]) -> bool:
        """Return whether a sentence says that the holder leaves."""
        return any(self._leaves(one.text) for one in sentences)

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
        """Return whether a sentence says that somebody leaves."""
        start = name.start - sentence.start
        named = (one for one in names_in(sentence.text) if one.start < start + len(name.text) and start < one.end)
        return any(_leaves(sentence.text, one) for one in named)

    def _leaves(self, text: str) -> bool:
        named = [name for name in names_in(text) if self.holder != "" and self.holder in name.words]
        return any(_leaves(text, one) or _BEFORE_FORMER.search(text[: one.start]) is not None for one in named)

    def _names_another_office(self, text: str) -> bool:
        return not (_ROLES - _VERBS).isdisjoint(map(str.lower, _WORD.findall(text)))

    def _names_office(self, text: str) -> bool:
        return not self.offices.isdisjoint(map(str.lower, _WORD.findall(text)))


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
