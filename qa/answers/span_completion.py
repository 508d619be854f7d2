"""Completes spans that cut something whole: a number, date, range, name or quotation, or leave out a negation.

A reading model prefers short spans, and says "April 2027" of a shop that "will not reopen before April 2027".
"""

import re
from dataclasses import replace
from itertools import islice

from qa.answers.attribution import reported_words
from qa.answers.enumerations import enumeration_around, labelled_items, repeated_preposition
from qa.answers.names import names_in
from qa.content_sentences import dateline_end
from qa.query import lexicon
from qa.query.lexicon import CAPITAL
from qa.query.list_questions import asks_for_list
from qa.query.parser import Question
from qa.query.phrases import normalized_words, words_of
from qa.query.question_types import QuestionType
from qa.reader.decoding import trimmed
from qa.types import Candidate, Quote

_REACH = 60  # code points beside a span in which a number, date, name or negation is looked for
_MAX_MARKED = 150  # code points beside a span in which the partner of a mark is looked for
_NUMERAL = rf"(?:\d+(?:[.,]\d+)*|(?i:\b(?:{lexicon.NUMBER_WORDS})(?:[ -](?:and )?(?:{lexicon.NUMBER_WORDS}))*\b))"
_CURRENCY = r"(?:US|A|C|NZ|HK)?[$£€¥₹]|AUD|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HUF|INR|JPY|NOK|PLN|SEK|USD|[Kk]r\b\.?|Rs\b\.?"
_NUMBER = rf"(?:(?<!\w)[-−–+])?(?:(?:{_CURRENCY}) ?)?{_NUMERAL}(?:[ -](?i:{lexicon.SCALES})\b)*"
_AMOUNT = rf"{_NUMBER}(?:[ -]?(?:{lexicon.UNITS}|{_CURRENCY})(?!\w))?"
_CLOCK = r"\d{1,2}(?:[.:]\d\d)?(?: ?[ap]\.m\.| ?[aApP][mM]\b| o['’]clock)"
_MONTH = rf"(?:(?:{lexicon.MONTHS.title()})\b|(?:{lexicon.SHORT_MONTHS.title()}|Sept)\b\.?)"
_WEEKDAY = f"(?:{lexicon.WEEKDAYS.title()})"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?![\d:.]?\d))"
_DATE = rf"(?:(?:{_WEEKDAY},? )?(?:{_DAY}(?:,? \d{{4}}(?![\d,]))?|{_MONTH},? \d{{4}}(?![\d,])))"
_VALUE = rf"(?:{_DATE}|{_CLOCK}|{_AMOUNT}|{_MONTH}|{_WEEKDAY}|noon|midnight)"
_ADDRESSES = re.compile(rf"\b\d{{1,5}}[A-Za-z]? (?:{CAPITAL}[\w'’.-]* ){{1,4}}(?:{lexicon.STREETS})\b")
_TELEPHONES = re.compile(r"(?<![\w+])(?:\+\d{1,3}|\(?0\d{1,5}\)?)(?:[ ./-]?\(?\d{2,}\)?){1,6}(?!\w)")
_EMAILS = re.compile(r"(?<![\w.+-])[\w.+-]+@\w[\w-]*(?:\.\w[\w-]*)+")
_TO_SPACE = r"[^\s<>\"“”]*[^\s<>\"“”'’.,;:!?…)\]]"  # without punctuation at the end
_DOMAIN = r"(?<![\w@.-])(?:\w[\w-]+\.)+[a-z]{2,24}\b"
_WEB_ADDRESSES = re.compile(rf"(?:(?:https?|ftp)://|\bwww\.){_TO_SPACE}|{_DOMAIN}(?:[/?#](?:{_TO_SPACE})?)?")
# A question that asks for what a pattern finds. A reading model may answer with a name or a street beside it.
_ASKED_FOR = [
    (re.compile(r"(?:what|which)\b.*\b(?:phone|telephone|mobile|fax) number\b", re.I), _TELEPHONES),
    (re.compile(r"(?:what|which)\b.*\be-?mail\b", re.I), _EMAILS),
    (re.compile(r"(?:what|which)\b.*\b(?:web ?(?:site|page|address)|homepage|URL)\b", re.I), _WEB_ADDRESSES),
]
_DATES = re.compile(rf"(?<!\w){_DATE}(?: at {_CLOCK})?")
_CLOCKS = re.compile(rf"(?<![\w.,]){_CLOCK}")
_AMOUNTS = re.compile(rf"(?<![\w.,]){_AMOUNT}")
_NUMBERS = re.compile(rf"(?<![\w.,]){_NUMBER}")
_BETWEEN = re.compile(rf"\bbetween {_VALUE} and {_VALUE}")
_RANGES = re.compile(rf"(?<![\w.,-]){_VALUE}(?: (?:to|until|till) | ?[-–—] ?){_VALUE}")
# "rose from 4 to 6 euros", unlike "costs from 4 to 6 euros"
_CHANGES = re.compile(rf"(?P<verb>\b[\w’']+ )?\bfrom {_VALUE} to {_VALUE}")
_UNIT = re.compile(rf"(?<!\w)(?:{lexicon.UNITS})(?!\w)")
_HAS_VALUE = re.compile(rf"\d|\b(?:{lexicon.NUMBER_WORDS}|(?:{lexicon.WEEKDAYS})s?|{lexicon.MONTHS})\b", re.I)
_LOWER = rf"(?:(?!{CAPITAL})[^\W\d_])"
_POSSESSIVE = re.compile(r"['’]s\Z")
_ADJECTIVE = re.compile(rf"-{_LOWER}")  # "Paris-based"
_NAME_WORD = re.compile(r"\w(?:[\w'’.-]*\w)?")
_SHARED_SURNAME = re.compile(rf"(?<![\w'’.-]){CAPITAL}[\w-]*{_LOWER} and \Z")  # "Tove and Magnus Reddick"
_LIMITED = re.compile(r"\b(?:until|till|before|no (?:earlier|later|sooner) than) \Z", re.I)
_UNCERTAIN = re.compile(r"\b(?:could|may|might|(?:is|are) (?:expected|likely|hoping) to|hopes? to) (?:be )?\Z")
_BOUND = re.compile(
    r"\b(?:at (?:least|most)|(?<!ed )up to|no (?:more|less|fewer) than|not more than|(?:a )?(?:maximum|minimum) of) \Z",
    re.I,
)
_CONDITION = re.compile(
    r",? (?:but )?(?:only )?(?:if|unless|provided(?: that)?|on condition that|as long as|except (?:on|for|in|when))\b"
    r"[^,.;:()]{3,80}(?=[.;:)]|\Z)"
)
# "an hour for lunch, which is not part of the price of 38 euros"
_EXCLUDED = re.compile(r"\bnot (?:part of|included in|covered by|counted in) (?:[\w’'-]+ ){0,4}\Z")
_SECOND_CLAUSE = re.compile(
    r",? and (?:after|because|when|while|since|if|although) (?=.*\b(?:had|has|have|was|were|is|are)\b)"
)
_OPEN_END = re.compile(
    r"(?:,? (?:and|or|but|nor|the|an?|of|as|than|that|which|who|whose|because|when|while|if)|"
    r",(?: and| but)? (?:he|she|they|it|we|I)|\n[\d.:]+)\Z"
)
_OPEN_START = re.compile(r"(?:as|than|and|or|but|which|who|whose)\s+(?=\S)", re.I)
_OTHER_ARTICLE = re.compile(r",? (?:and |or )?an? ")
_ARTICLE = re.compile(r"\b[Aa]n? \Z")
_CLAUSE_ENDS = lexicon.AUXILIARIES - {"be", "been", "have"} | lexicon.CONJUNCTIONS | lexicon.SUBORDINATORS
_SAME_CLAUSE = rf"(?:(?!(?:{'|'.join(sorted(_CLAUSE_ENDS))})\b)[\w’'-]+ )"
_NOT = r"\b(?:not|never|no longer|cannot|\w+n['’]t) (?!only\b|just\b)"
_NEGATED = re.compile(rf"{_NOT}\Z")
_NEGATED_VALUE = re.compile(rf"{_NOT}(?:{_SAME_CLAUSE}{{0,2}}|{_SAME_CLAUSE}{{0,4}}before )\Z")
_VALUES = (QuestionType.WHEN, QuestionType.HOW_MANY, QuestionType.HOW_LONG)
_ASKS_WORDS = re.compile(  # "what did the mayor say about the fire"
    rf"\bwhat\b.*\b(?:{lexicon.SAYING})(?: (?:about|on|of|regarding|concerning)\b|\?|.* of\?)", re.I
)
# The marks that end what a mark begins. „…“ and »…« are German, ”…” and »…» Swedish.
_CLOSING = {'"': '"', "“": "”", "”": "”", "„": "“”", "«": "»", "»": "«»", "(": ")", "[": "]"}
_MARK = re.compile(f"[{re.escape(''.join((*_CLOSING, *_CLOSING.values())))}]")


class SpanCompletion:
    """Completes the spans that answer a question.

    Words that the question has are not added: "how many kilometres" is answered by "5". What part of a date or which
    end of a range is asked for stays alone. The rules are those that cost no exact match on SQuAD (docs/decisions.md).
    """

    def __init__(self, question: Question) -> None:
        self._type = question.type
        words = words_of(question.text)
        self._asked = asked = {word.normalized for word in words}
        self._amounts = _NUMBERS if _UNIT.search(question.text) else _AMOUNTS
        parts = asked & lexicon.PARTS_OF_DATES
        self._asks_date = not parts
        asks_date_or_clock = parts <= {"time"}
        is_past = bool(asked & lexicon.PAST_AUXILIARIES)
        self._asks_time = (
            asks_date_or_clock and not is_past and question.type in (QuestionType.WHEN, QuestionType.HOW_LONG)
        )
        asks_value = self._asks_time or question.type is QuestionType.HOW_MANY
        # "When does it open?", unlike "When is it open?"
        asks_end = bool(asked & lexicon.ENDS_OF_RANGES) or ("open" in asked and not asked.isdisjoint({"do", "does"}))
        self._asks_whole_range = asks_date_or_clock and not asks_end
        self._asks_range = asks_value and self._asks_whole_range
        self._asks_certain = not is_past and not asked & lexicon.UNCERTAIN
        self._asks_words = _ASKS_WORDS.search(question.text) is not None
        self._pattern = next((pattern for asks, pattern in _ASKED_FOR if asks.match(question.text)), None)
        self._asks_all = asks_for_list(words) and not asked & lexicon.SOME
        self._asks_positive = question.type is not QuestionType.WHY and not asked & lexicon.NEGATIVES

    def completed(self, candidate: Candidate) -> Candidate:
        """Return a candidate whose span is grown to what it cuts of its sentence.

        A whole sentence stays, without its dateline, and so does a name that stands for a pronoun elsewhere.
        """
        span, sentence = candidate.span, candidate.sentence
        if span == sentence:
            reported = replace(sentence, start=sentence.start + dateline_end(sentence.text))
            return replace(candidate, span=reported)
        if candidate.via is not None:
            return candidate
        text = sentence.article.text
        growing = _Growing(text, span.start, span.end, (sentence.start, sentence.end), self._asked)
        if self._pattern is not None:
            growing.move_to_only(self._pattern)
        growing.balance_marks()
        growing.over_whole(_EMAILS)
        growing.over_whole(_WEB_ADDRESSES)
        growing.over(_ADDRESSES)
        if _HAS_VALUE.search(text, span.start, span.end):
            self._complete_value(growing)
        words = text[growing.start : growing.end]
        if not any(character.isspace() for character in words):
            growing.over_name(self._type)
        elif self._type is QuestionType.WHO and words.istitle():
            growing.leftwards(_SHARED_SURNAME)
        if self._asks_words:
            said = reported_words(Quote(sentence.article, growing.start, growing.end), sentence)
            growing.start, growing.end = said.start, said.end
        growing.over_list(self._asks_all)
        if self._asks_certain:
            growing.leftwards(_UNCERTAIN)
        if self._asks_positive:
            growing.leftwards(_EXCLUDED)
            growing.leftwards(_NEGATED_VALUE if self._type in _VALUES else _NEGATED)
        growing.cut_clauses()
        return replace(candidate, span=Quote(sentence.article, growing.start, growing.end))

    def _complete_value(self, growing: "_Growing") -> None:
        """Grow a number, date or time to the whole of it, with its limits and the condition on which it holds."""
        growing.over(_TELEPHONES)
        growing.over(_CLOCKS)
        if self._asks_date:
            growing.over(_DATES)
        growing.over(self._amounts)
        if self._asks_whole_range:
            growing.over(_BETWEEN)
        if self._asks_range and not (self._type is QuestionType.HOW_MANY and growing.is_in_change()):
            growing.over(_RANGES)
        if self._asks_time:
            growing.leftwards(_LIMITED)
        if self._type in _VALUES:
            growing.leftwards(_BOUND)
            if self._asked.isdisjoint(lexicon.CONDITIONALS):
                growing.rightwards(_CONDITION)


class _Growing:
    """A span of a text that grows inside limits."""

    def __init__(self, text: str, start: int, end: int, within: tuple[int, int], asked: set[str]) -> None:
        self._text = text
        self.start, self.end = start, end
        self._low, self._high = within
        self._asked = asked

    def over(self, pattern: re.Pattern[str]) -> None:
        """Grow over matches that the span cuts, unless they add only words that the question has."""
        first, last = max(self._low, self.start - _REACH), min(self._high, self.end + _REACH)
        for match in pattern.finditer(self._text, first, last):
            if match.start() >= self.end:
                break
            if match.end() > self.start and (match.start() < self.start or match.end() > self.end):
                start, end = min(match.start(), self.start), max(match.end(), self.end)
                added = normalized_words(f"{self._text[start : self.start]} {self._text[self.end : end]}")
                if not added or not self._asked.issuperset(added):
                    self.start, self.end = start, end

    def over_whole(self, pattern: re.Pattern[str]) -> None:
        """Grow over a match of any length that the span cuts, whatever the question has of it."""
        for match in pattern.finditer(self._text, self._low, self._high):
            if match.start() < self.end and self.start < match.end():
                self.start, self.end = min(match.start(), self.start), max(match.end(), self.end)

    def move_to_only(self, pattern: re.Pattern[str]) -> None:
        """Move to the only match in the limits, unless the span has a part of it."""
        matches = list(islice(pattern.finditer(self._text, self._low, self._high), 2))
        if len(matches) == 1 and (self.end <= matches[0].start() or matches[0].end() <= self.start):
            self.start, self.end = matches[0].span()

    def is_in_change(self) -> bool:
        """Return whether the span stands in "from ... to ..." that tells what a value was before and after."""
        first, last = max(self._low, self.start - _REACH), min(self._high, self.end + _REACH)
        return any(
            match.start() < self.end
            and self.start < match.end()
            and (match["verb"] or "").strip().lower() not in lexicon.RANGE_VERBS
            for match in _CHANGES.finditer(self._text, first, last)
        )

    def leftwards(self, pattern: re.Pattern[str]) -> None:
        """Grow over a match that ends where the span begins, unless the question has its words."""
        match = self._before(pattern)
        if match is not None and not self._asked.issuperset({*normalized_words(match.group())} - {"and"}):
            self.start = match.start()

    def rightwards(self, pattern: re.Pattern[str]) -> None:
        """Grow over a match that begins where the span ends, unless the question has its words."""
        match = pattern.match(self._text, self.end, self._high)
        if match is not None and not self._asked.issuperset(normalized_words(match.group())):
            self.end = match.end()

    def cut_clauses(self) -> None:
        """Cut off the beginning of another clause, and words that belong to what stands outside."""
        for pattern in (_SECOND_CLAUSE, _OPEN_END):
            cut = pattern.search(self._text, self.start + 1, self.end)
            if cut is not None and self._text[self.start : cut.start()].strip():
                self.end = cut.start()
        begins = _OPEN_START.match(self._text, self.start, self.end)
        if begins is not None and begins.end() < self.end:
            self.start = begins.end()

    def over_name(self, question_type: QuestionType) -> None:
        """Grow one capitalized word to its name: "Dmitry" to "Dmitry Peskov", "Gogh" to "Vincent van Gogh"."""
        if not self._text[self.start].isupper() or not self._text[self.end - 1].islower():
            return
        possessive = _POSSESSIVE.search(self._text, self.start, self.end)
        last = self.end if possessive is None else possessive.start()
        names = names_in(self._text[self._low : self._high])
        found = ((self._low + one.start, self._low + one.end) for one in names)
        low, high = next((one for one in found if one[0] <= self.start and last <= one[1]), (self.start, self.end))
        is_name = question_type is QuestionType.WHO or (question_type is QuestionType.WHERE and "where" in self._asked)
        if is_name and self._asked.isdisjoint(normalized_words(self._text[self.end : high])):
            self.end = max(self.end, high)
        for word in reversed(list(_NAME_WORD.finditer(self._text, low, self.start))):
            plain = word.group().lower()
            # A sentence begins with a capital, whether with a name or not.
            is_first = word.start() == self._low and question_type is not QuestionType.WHO
            is_abbreviated = plain in lexicon.TITLES and self._text[word.end()] == "."
            is_complement = plain == "of" and question_type is not QuestionType.WHO  # "the Battle of Varra"
            is_adjective = _ADJECTIVE.search(word.group()) is not None
            if is_first or is_abbreviated or is_complement or is_adjective or plain in self._asked:
                break
            if word.group()[0].isupper():
                self.start = word.start()

    def over_list(self, asks_all: bool) -> None:
        """Grow one item over all items after a label that the question has, or over an enumeration."""
        within = self._low, self._high
        self.start, self.end = labelled_items(self._text, self.start, self.end, within, self._asked)
        before = _ARTICLE.search(self._text, max(self._low, self.start - len("an ")), self.start)
        if before is not None and _OTHER_ARTICLE.search(self._text, self.start, self.end):
            self.start = before.start()
        if asks_all:
            self.start, self.end = enumeration_around(self._text, self.start, self.end, within)
            self.end = repeated_preposition(self._text, self.start, self.end, within)

    def balance_marks(self) -> None:
        """Grow to the partner of a quotation mark or bracket that has none inside; without one, cut at the mark."""
        first, last = self.start, self.end
        pairs = _pairs_of_marks(self._text, self._low, self._high)
        while cut := [
            (opening, closing)
            for opening, closing in pairs
            if (self.start <= opening < self.end) != (self.start <= closing < self.end)
            and self.start - opening <= _MAX_MARKED
            and closing - self.end < _MAX_MARKED
        ]:
            self.start = min(self.start, *(opening for opening, _ in cut))
            self.end = max(self.end, *(closing + 1 for _, closing in cut))
        whole = {at for pair in pairs for at in pair if all(self.start <= end < self.end for end in pair)}
        marks = [found.start() for found in _MARK.finditer(self._text, self.start, self.end)]
        for at in (at for at in marks if at not in whole):
            if self.start <= at < self.end and self._text.count(self._text[at], self.start, self.end) == 1:
                # The side of it that has more of what was read.
                ends = (at + 1, self.end) if last - at > at - first else (self.start, at)
                kept = trimmed(self._text, *ends, ends)
                if kept is not None and kept[0] < last and first < kept[1]:
                    self.start, self.end = kept

    def _before(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.search(self._text, max(self._low, self.start - _REACH), self.start)


def _pairs_of_marks(text: str, low: int, high: int) -> list[tuple[int, int]]:
    """Return the positions of the quotation marks and brackets of a sentence that belong together."""
    pairs: list[tuple[int, int]] = []
    opened: list[int] = []
    for found in _MARK.finditer(text, low, high):
        mark, at = found.group(), found.start()
        opening = next((one for one in reversed(opened) if mark in _CLOSING[text[one]]), None)
        if opening is not None:
            opened.remove(opening)
            pairs.append((opening, at))
        elif mark in _CLOSING:
            opened.append(at)
    return pairs
