"""What time expressions are resolved against: the date of publication, the tense around them, what was named before."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import NamedTuple, Self

from qa.dates.calendar_units import CalendarUnit, Grain, is_finer
from qa.query import lexicon

_REACH = 250  # code points before an expression in which a sentence begins, or a day is named that it goes on from
_MAX_CLEAR = 183  # days to the day that the tense picks; farther ones are a guess
_MAX_NEAR = 31  # days to a day that is taken against the tense, which may be that of another verb
_YEAR_AFTER = re.compile(r",? (?:of )?(that|the same|last|this|next) year\b")
_MAX_OPENING = 12  # code points from the start of a sentence to the year that it tells of
_BOUNDARY = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[^\W\d_a-z]|[\"'“‘(])|\n\s*|[;:—–]\s")
_SPACE = re.compile(r"\s")
_ABBREVIATED = re.compile(
    rf"(?:\b(?:{lexicon.SHORT_MONTHS.title()}|Sept|Mr|Mrs|Ms|Dr|St|Gen|Sen|Gov|No)|\b[A-Z]|\d ?[ap]\.m)\.\s+\Z"
)
_CLAUSE_START = re.compile(
    r"(?:\A|[,(\"“]|\b(?:and|but|while|when|where|as|that|which))\s*(?:(?:on|in|by|since|at|late|early|until|from)\s+)?\Z"
)
# Words of what lies ahead: before a verb; before "to" or "for"; before "to" or "until"; alone.
_MODALS = lexicon.word_set("will shall would won't won’t may might could can should must cannot")
_AHEAD = lexicon.word_set("""
    set due scheduled expected planned planning slated likely poised ready about hoping hope hopes hoped plan plans
    intend intends intended aim aims aimed want wants wanted expect expects expecting prepare prepares preparing going
    supposed bound agreed urged promised vowed threatened need needs have has is are was were
""")
_DELAYED = lexicon.word_set("""
    put moved postponed delayed brought rescheduled adjourned deferred extended pushed slipped shifted
""")
_FUTURE_WORDS = lexicon.word_set("""
    upcoming forthcoming coming deadline due starting beginning effective expire expires opens begin begins starts
    closes ends reopen reopens resume resumes restart restarts
    continues faces returns arrives departs leaves expected forecast future planned scheduled until
""")
_PAST_WORDS = lexicon.PAST_FORMS | lexicon.PAST_AUXILIARIES | {"ago", "since"}
_CUE_WORD = re.compile(r"[^\W\d_]+(?:['’][a-z]+)?")
_VERB = re.compile(r"(?: (?:not|also|only|then|be|have|been|\w{1,20}ly)){0,3} \w+")
_TO = re.compile(r"(?: now| still| also| not| \w{1,20}ly)? (?:to|for)\b(?: be| have)?(?: \w+)?")
_UNTIL = re.compile(r"(?: off| back| forward)?(?: again)?(?: from [\w ,]{3,30}?)? (?:to|until)\b")
_SINCE = re.compile(r"\bsince (?:late |early )?\Z", re.I)
_TO_BE = re.compile(r" be \w+")


class Tense(Enum):
    """Whether what happens at a time lies in the past or the future."""

    PAST = -1
    UNKNOWN = 0
    FUTURE = 1


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a rule makes of an expression: its value, and the calendar unit where it is one.

    guess: a rule has chosen between several readings. assumed_year: so for the year. end_unit, end_value: of a range.
    stop: where the expression ends, if not with the match of its rule.
    """

    value: str | None
    grain: Grain | None
    guess: bool = False
    unit: CalendarUnit | None = None
    assumed_year: bool = False
    end_unit: CalendarUnit | None = None
    end_value: str | None = None
    stop: int | None = None

    @classmethod
    def of(cls, unit: CalendarUnit | None, grain: Grain, guess: bool = False, assumed_year: bool = False) -> Self:
        """Return the value of a calendar unit; without one, that of an expression which can't be resolved."""
        if unit is None:
            return cls(None, grain)
        return cls(unit.value, unit.grain, guess, unit, assumed_year)


Rule = tuple[re.Pattern[str], Callable[[re.Match[str], "Context"], Resolved | None]]


def rule(resolve: Callable[[re.Match[str], "Context"], Resolved | None], *parts: str) -> Rule:
    """Return a rule: a pattern, in parts, and what makes sense of its matches, or returns None for no expression."""
    return re.compile(f"{''.join(parts)}(?!\\w)"), resolve


def words_of(match: re.Match[str], group: str) -> str:
    """Return the words of a group in lower case, none where the pattern lacks it or it has not matched."""
    return (match.groupdict().get(group) or "").lower()


class Mention(NamedTuple):
    """A calendar unit that a text names, and where its words start; the year may be one that is not said."""

    start: int
    unit: CalendarUnit
    assumed_year: bool


class Context:
    """A text, its date of publication, and the mentions so far, in text order.

    flat: the text with each white space as a plain space, which rules are matched with. has_used_published: whether the
    date of publication was asked for. `earlier` finds the mentions before the part that is read, when they are needed.
    """

    def __init__(self, text: str, published: date | None, earlier: Callable[[], list[Mention]] | None = None) -> None:
        self.text = text
        self.flat = _SPACE.sub(" ", text)
        self.mentions: list[Mention] = []
        self.has_used_published = False
        self._published = published
        self._earlier = earlier
        self._boundaries: list[int] | None = None

    @property
    def published(self) -> date | None:
        """The day of publication, None where it is not known."""
        self.has_used_published = True
        return self._published

    def sentence(self, position: int) -> tuple[int, int]:
        """Return the span of the sentence or line around a position."""
        if self._boundaries is None:
            self._boundaries = [0]
            for match in _BOUNDARY.finditer(self.text):
                if not _ABBREVIATED.search(self.text, max(0, match.end() - 12), match.end()):
                    self._boundaries.append(match.end())
        at = bisect_right(self._boundaries, position)
        return self._boundaries[at - 1], self._boundaries[at] if at < len(self._boundaries) else len(self.text)

    def tense(self, start: int, end: int) -> Tense:
        """Return the tense of the clause around a span: that of the verb before it, or where none is, after it."""
        first, last = self.sentence(start)
        cues = [*_cues(self.flat, max(first, start - _REACH), start)]
        before = cues[-1] if cues else Tense.UNKNOWN
        after = next(_cues(self.flat, end, min(last, end + _REACH)), Tense.UNKNOWN)
        starts_clause = _CLAUSE_START.search(self.flat, max(first, start - 12), start) is not None
        return after if after is not Tense.UNKNOWN and (before is Tense.UNKNOWN or starts_clause) else before

    def last(self, position: int, grain: Grain = Grain.CENTURY) -> CalendarUnit | None:
        """Return the unit named last before a position, of a grain as fine as another."""
        for mention in reversed(self._all_mentions()):
            if mention.start < position and is_finer(mention.unit.grain, grain):
                return mention.unit
        return None

    def _all_mentions(self) -> list[Mention]:
        if self._earlier is not None:
            earlier, self._earlier = self._earlier, None
            self.mentions[:0] = earlier()
        return self.mentions

    def is_close(self, position: int) -> bool:
        """Tell whether the last mention stands shortly before a position."""
        return bool(self.mentions) and position - self.mentions[-1].start <= _REACH

    def is_said(self, position: int) -> bool:
        """Tell whether the last mention stands in the sentence of a position."""
        return bool(self.mentions) and self.mentions[-1].start >= self.sentence(position)[0]

    def of_year(self, unit: CalendarUnit, start: int, end: int) -> tuple[CalendarUnit | None, bool]:
        """Return a day or month whose year is not said in the year that is meant, and whether that is a guess.

        The tense decides, or else what is nearest to the publication; in a text about another year, that year.
        """
        following = _YEAR_AFTER.match(self.flat, end)
        if following is not None:
            year = self._year_said(following[1], start)
            return None if year is None else _in_year(unit, year), False
        tense = self.tense(start, end)
        told = next((m for m in reversed(self._all_mentions()) if m.start < start and not m.assumed_year), None)
        far = False
        if told is not None and is_finer(told.unit.grain, Grain.YEAR) and start - told.start <= _REACH:
            year = told.unit.first.year
            far = self.published is None or abs(year - self.published.year) > 1
            begins = told.start - self.sentence(told.start)[0] < _MAX_OPENING  # "In 2019, it began on 3 May"
            is_narrated = told.unit.grain is not Grain.YEAR or begins
            if far and tense is not Tense.FUTURE and is_narrated:
                return _in_year(unit, year), True
        if self.published is None:
            return None, False
        candidates = [
            found
            for year in range(self.published.year - 1, self.published.year + 2)
            if (found := _in_year(unit, year)) is not None
        ]
        if not candidates:
            return _in_leap_year(unit, self.published.year), True
        today = CalendarUnit.around(self.published, unit.grain).first

        def distance(other: CalendarUnit) -> int:
            return abs((other.first - today).days)

        nearest = min(candidates, key=distance)
        by_tense = {
            Tense.PAST: [other for other in candidates if other.first <= today][-1:],
            Tense.FUTURE: [other for other in candidates if other.first >= today][:1],
            Tense.UNKNOWN: [nearest],
        }[tense]
        chosen = by_tense[0] if by_tense else nearest
        near = _MAX_NEAR if unit.grain is Grain.DAY else _MAX_NEAR // 4
        is_since = _SINCE.search(self.flat, max(0, start - 12), start) is not None
        if chosen != nearest and distance(nearest) <= near and not is_since:
            return nearest, True
        limit = _MAX_CLEAR // 2 if tense is Tense.UNKNOWN else _MAX_CLEAR if unit.grain is Grain.DAY else 2 * _MAX_CLEAR
        return chosen, far or distance(chosen) > limit

    def _year_said(self, word: str, start: int) -> int | None:
        """Return the year of "that year", "last year"."""
        if word in {"that", "the same"}:
            mentioned = self.last(start, Grain.YEAR)
            return None if mentioned is None else mentioned.first.year
        step = {"last": -1, "next": 1}.get(word, 0)
        return None if self.published is None else self.published.year + step


def _in_year(unit: CalendarUnit, year: int) -> CalendarUnit | None:
    try:
        return replace(unit, first=unit.first.replace(year=year))
    except ValueError:  # February 29
        return None


def _in_leap_year(unit: CalendarUnit, year: int) -> CalendarUnit | None:
    return next((found for back in range(9) if (found := _in_year(unit, year - back)) is not None), None)


def _cues(text: str, start: int, end: int) -> Iterator[Tense]:
    """Yield the tense of each verb, or other word that tells of past or future, in a span; none for the others."""
    position = start
    for match in _CUE_WORD.finditer(text, start, end):
        if match.start() < position:
            continue
        word = match.group().lower()
        pattern = _what_follows(word, match.group())
        following = None if pattern is None else pattern.match(text, match.end(), end)
        if following is not None or word in _FUTURE_WORDS or pattern is _VERB:
            position = match.end() if following is None else following.end()
            yield Tense.FUTURE
        elif word in _PAST_WORDS or (len(word) > 3 and word.endswith("ed") and word not in lexicon.NOT_PAST_FORMS):
            yield Tense.PAST


def _what_follows(word: str, written: str) -> re.Pattern[str] | None:
    """Return what a word stands before where it tells of the future; "May" is a month."""
    if written != "May" and (word in _MODALS or word.endswith(("'ll", "’ll"))):
        return _VERB
    if word in _DELAYED:
        return _UNTIL
    return _TO if word in _AHEAD else _TO_BE if word == "to" else None
