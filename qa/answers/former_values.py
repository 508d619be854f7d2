"""Finds the value that was so at a former time, among what the reports of a story tell of each time."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from corpus.article import Article
from qa.dates.calendar_units import days_later
from qa.dates.finder import DateExpression, find_dates
from qa.query import lexicon
from qa.query.parser import Question
from qa.query.period import Event, Period, days_of
from qa.query.question_types import QuestionType
from qa.reports.comparison import (
    MIN_CONFIDENCE,
    MIN_MATCHED_CONFIDENCE,
    MIN_UNTYPED_CONFIDENCE,
    TYPED,
    UNTYPED,
    ValueComparison,
    agree,
    date_alone,
    is_former,
    is_former_plan,
    is_withdrawn,
    value_of,
)
from qa.reports.stories import published_at
from qa.types import Candidate, Passage, Quote, ScoredCandidate
from qa.updates import MATCHED, UpdateFinder, unread_numbers
from qa.values import Value

_MAX_REPORTS = 8  # read one by one
_MAX_VALUES = 4  # of a report
_AROUND = timedelta(31)  # after the last report, in which its value may still be so
MIN_EVENT = 0.6  # of the words of an event, in a sentence that tells it
_AT_FIRST = re.compile(r"\b(?:at first|initially|originally|to begin with|at the outset|first)\b", re.I)
_OPEN = re.compile(r"\b(?:since\b[^,;]*|(?:from|as of|starting|beginning)\s+(?:the\s+|early\s+|late\s+)*)\Z", re.I)
_PERFECT = re.compile(r"\bhad\b", re.I)  # "had led it since 2009"
# "Ada Mills resigned as mayor on Monday"
_LEAVES = re.compile(
    r",?(?: (?:has|had|is|was|who|announced|will|to|also|now))*? (?:resign\w*|(?:step|stand|stood)\w* (?:down|aside)|"
    r"(?:his|her) (?:resignation|departure)|quit|retire[sd]?|left|leaves?|(?:dismiss|sack|remov|oust|fir|replac)ed|"
    r"died)\b",
    re.I,
)
_UNTIL = re.compile(r"\b(?:until|till|up to)\s+(?:the\s+|early\s+|late\s+|end of\s+)*\Z", re.I)
_NUMBER = re.compile(rf"(?<![\w.,])\d[\d.,]*|\b(?:{lexicon.NUMBER_WORDS})\b", re.I)
_AMOUNT = re.compile(
    rf"(?:[$£€¥₹]\s?)?(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![.,]?\d)(?: (?:{lexicon.SCALES}))?(?:\s?%| (?:per cent|percent|"
    rf"{lexicon.CURRENCIES})\b)?|\b(?:{lexicon.NUMBER_WORDS})(?:[ -](?:{lexicon.NUMBER_WORDS}|{lexicon.SCALES}))*\b",
    re.I,
)
_DIFFERENCE = re.compile(r" (?:\w+ )?(?:more|fewer|less|others?|additional|higher|lower)\b", re.I)  # "two fewer than"
_UP_FROM = re.compile(r"(?:up|down) from\b", re.I)
_MIN_COMPARED = 0.02  # of confidence, for a former value beside one that is likely
_MAX_GAP = 150  # code points from its sentence to that of the other value
_ACROSS = 20  # code points that a comma between a value and an expression counts for
_RECENT = timedelta(3)  # before the publication; what was so then still is
_MIN_REPORTS = 3  # that tell it, where none is sure
_MIN_TOLD = 0.8  # of the threshold
# A report that tells a change does not tell how it was at first.
_CHANGED = re.compile(
    r"\b(?:now|instead|later than|earlier than|put (?:off|back)|postponed|delayed|moved|no longer|again|another|new|"
    r"up from|down from|rais\w+|cut|lower\w*|ris\w+|rose|climb\w*|fell|fall\w*|correct\w+|revis\w+)\b",
    re.I,
)
_RELATIVE_CLAUSE = re.compile(r"[^,;]*|,? ?(?:who|which|whose)\b[^,;]*", re.I)
_OPENING = 15  # code points of a sentence within which an expression opens it


@dataclass(frozen=True, slots=True)
class _ValueAt:
    """A value, and the days from and to which a report tells it; `last` is None for as long as no other is told."""

    value: ScoredCandidate
    first: date | None
    last: date | None
    has_ended: bool = False  # another report tells the last day


class FormerValueFinder:
    """Reads each report on the story of an answer, and picks the value of a time.

    Args:
        question: the question without its words for the time.
        passages: those that were retrieved for it.
        read: reads some of them, as if there were no others.
        finder: compares reports and values for the question.
        threshold: the minimum confidence of an answer.
    """

    def __init__(
        self,
        question: Question,
        passages: Sequence[Passage],
        read: Callable[[Sequence[Passage]], Sequence[ScoredCandidate]],
        finder: UpdateFinder,
        threshold: float,
    ) -> None:
        self._type = question.type
        self._compare = ValueComparison(question)
        self._passages = passages
        self._read = read
        self._finder = finder
        self._threshold = threshold

    def value_at(self, period: Period, scored: Sequence[ScoredCandidate]) -> ScoredCandidate | None:
        """Return the value of a period, None where no report tells it.

        scored: the candidates for the question without its words for the time, from all reports; one of them is sure,
        or else the articles don't tell what is asked at any time.
        """
        leading = max(scored, key=self._rank, default=None)
        if leading is None:
            return None
        values = _ended(list(self._values(leading)))
        best = max([leading, *(one.value for one in values)], key=lambda one: one[1])
        reports = {one.value[0].sentence.article.id for one in values}
        is_counted = self._type is QuestionType.HOW_MANY and any(self._compare.is_matched(one.value) for one in values)
        minimum = self._threshold if len(reports) < _MIN_REPORTS else _MIN_TOLD * self._threshold
        if best[1] < minimum and not is_counted:
            return None
        if period.event is not None:
            found = self._at_event(period.event, values)
        elif period.last is None:
            found = self._at_first(values)
        else:
            found = _in_force(values, period.first, period.last)
        return None if found is None else (found[0], max(found[1], self._threshold, (found[1] + best[1]) / 2))

    def _values(self, leading: ScoredCandidate) -> Iterator[_ValueAt]:
        """Yield what each report on the story tells, oldest first, with the former values that it tells beside it."""
        reports: dict[str, list[Passage]] = {}
        for passage in self._passages:
            if passage.quote.article.published is not None:
                reports.setdefault(passage.quote.article.id, []).append(passage)
        chosen = self._on_story(list(reports.values()), leading[0].sentence.article)[:_MAX_REPORTS]
        for report in sorted(chosen, key=lambda some: _day(some[0].quote)):
            read = list(self._read(report))
            if self._type is QuestionType.HOW_MANY:
                read.extend(unread_numbers(report, read))
            same = [one for one in read if self._finder.is_for_the_same(one, leading)]
            likely = self._likely(same)
            same = [one for one in same if one[1] >= _MIN_COMPARED]
            told = [self._dated(one) for one in likely]
            yield from told
            kind = value_of(leading).kind
            near = [one for one in same if one not in likely and any(_are_near(one, other) for other in likely)]
            compared = [
                one for value in likely for one in _compared_with(value) if self._finder.is_for_the_same(one, leading)
            ]
            known = {one.value[0].span for one in told}
            for former in (self._dated(one) for one in (*near, *compared) if value_of(one).kind is kind):
                if former.last is not None and not any(former.value[0].span.covers(span) for span in known):
                    known.add(former.value[0].span)
                    yield former

    def _rank(self, value: ScoredCandidate) -> float:
        """Return the confidence in a value; what counts just what is asked for goes before other numbers."""
        if self._compare.is_of_another(value):
            return value[1] - 1
        return value[1] + MATCHED * self._compare.is_matched(value)

    def _likely(self, values: Sequence[ScoredCandidate]) -> list[ScoredCandidate]:
        """Return the values that a report tells, the likeliest first: of its own time, and former ones."""
        matched = [one for one in values if self._compare.is_matched(one)]
        own = {value_of(one).number for one in matched if not is_former(one[0])}

        def is_told(one: ScoredCandidate) -> bool:
            if one in matched:
                return one[1] >= MIN_MATCHED_CONFIDENCE or (len(own) == 1 and not is_former(one[0]))
            return one[1] >= self._minimum(one) and not self._compare.is_of_another(one)

        return sorted(filter(is_told, values), key=self._rank, reverse=True)[:_MAX_VALUES]

    def _minimum(self, value: ScoredCandidate) -> float:
        """Return the minimum confidence in a value that its report tells for its own time."""
        is_typed = self._type in TYPED or Value.of(value[0].span.text).kind not in UNTYPED
        return MIN_CONFIDENCE if is_typed else MIN_UNTYPED_CONFIDENCE

    def _on_story(self, reports: Sequence[list[Passage]], article: Article) -> list[list[Passage]]:
        """Return the reports on the story of an article, also through others between them."""
        found: list[list[Passage]] = []
        known, left = [article], list(reports)
        while known:
            one = known.pop()
            for report in list(left):
                other = report[0].quote.article
                if other.id == one.id or self._finder.is_on_story(other, one):
                    found.append(report)
                    left.remove(report)
                    known.append(other)
        return [report for report in reports if report in found]

    def _dated(self, value: ScoredCandidate) -> _ValueAt:
        sentence, span = value[0].answering_sentence, value[0].answering_span
        published, was_former = _day(sentence), is_former(value[0]) or _UP_FROM.match(span.text) is not None
        expression = None if self._type is QuestionType.WHEN else _expression_of(span, sentence)
        days = None if expression is None else days_of(expression, sentence.article.text)
        if expression is None or days is None:
            return _ValueAt(value, None, days_later(published, -1)) if was_former else _ValueAt(value, published, None)
        before = sentence.article.text[sentence.start : expression.start]
        if _UNTIL.search(before) or _LEAVES.match(sentence.article.text, span.end, expression.end):
            return _ValueAt(value, None, days[1])
        if _OPEN.search(before) and days[0] <= published and (was_former or _PERFECT.search(before)):
            return _ValueAt(value, days[0], published)
        # "Will cost 2.40 from 1 February"; what was so lately still is.
        is_open = _OPEN.search(before) or days[0] > published or (published - days[1] <= _RECENT and not was_former)
        return _ValueAt(value, days[0], None if is_open else days[1])

    def _at_first(self, values: Sequence[_ValueAt]) -> ScoredCandidate | None:
        """Return the value that a report calls the first, or else that of the oldest report."""
        called = [one.value for one in values if _AT_FIRST.search(one.value[0].answering_sentence.text)]
        called = [one for one in called if is_former(one[0]) or is_former_plan(one[0])]
        if called:
            return max(called, key=lambda one: one[1])
        own = [one for one in values if one.first is not None and (one.last is None or one.has_ended)]
        own += [one for one in values if is_withdrawn(one.value[0])]
        oldest = min(own, key=lambda one: (_day(one.value[0].sentence), -one.value[1]), default=None)
        if oldest is not None and is_withdrawn(oldest.value[0]):
            return date_alone(oldest.value)
        if oldest is None or _CHANGED.search(oldest.value[0].answering_sentence.text):
            return None
        return oldest.value

    def _at_event(self, event: Event, values: Sequence[_ValueAt]) -> ScoredCandidate | None:
        """Return the value that is told with an event, or else that of the day on which it was."""
        if not event.days:
            told = [one for one in values if event.share_in(one.value[0].answering_sentence.text) >= MIN_EVENT]
            former = [one for one in told if one.first is None]
            told = former if event.relation == "before" else former or told
            if told:
                return max((one.value for one in told), key=lambda one: one[1])
        day = self._day_of(event)
        if day is None:
            return None
        if event.relation == "before":
            return _in_force(values, None, days_later(day, -1))
        day = days_later(day, event.days)
        return _in_force(values, day, day if event.days else days_later(day, 1))

    def _day_of(self, event: Event) -> date | None:
        """Return the day of an event: the one that its sentence names, or that of the first report that tells it."""
        told = [
            (event.share_in(sentence.text), sentence)
            for passage in self._passages
            for sentence in passage.sentences
            if sentence.article.published is not None
        ]
        best = max((share for share, _ in told), default=0.0)
        if best < MIN_EVENT:
            return None
        first = min((one for share, one in told if share == best), key=_day)
        dates = find_dates(first.article.text, first.article.published, first.start, first.end)
        days = [found[0] for one in dates if (found := days_of(one)) is not None and found[0] == found[1]]
        return next((day for day in days if day <= _day(first)), _day(first))


def _ended(values: Sequence[_ValueAt]) -> list[_ValueAt]:
    """Return the values, those that go on until the day on which a report tells that they ended."""
    ends = [one for one in values if one.first is None and one.last is not None]

    def end(one: _ValueAt) -> date | None:
        if one.first is None or one.last is not None:
            return one.last
        days = (other.last for other in ends if agree(other.value, one.value))
        return min((day for day in days if day is not None and day >= one.first), default=None)

    return [replace(one, last=end(one), has_ended=end(one) != one.last) for one in values]


def _in_force(values: Sequence[_ValueAt], first: date | None, last: date) -> ScoredCandidate | None:
    """Return the value that was so on the days from `first` to `last`, or on the last day where there is no first."""
    begin = last if first is None else first
    told = [one for one in values if one.last is not None and one.last >= begin and (one.first or date.min) <= last]
    known = [(one.first if one.last is None else one.last, one) for one in values if one.first and not one.has_ended]
    # What was so in a time that is named goes on for a while, not until the next report.
    until = [(day, one) for day, one in known if day and day <= last and (one.last is None or last - day <= _AROUND)]
    sure = [one for one in told if one.first is not None]
    if sure:  # the narrowest, but for one of a small part of the time
        narrowest = min(sure, key=lambda one: (_length(one), -one.value[1]))
        days = min(narrowest.last or last, last) - max(narrowest.first or begin, begin)
        before = [(day, one) for day, one in until if one.last is None and day <= begin]
        # "Last August" tells less of a day in it than a report of that time.
        is_coarse = _length(narrowest) > 2 * (last - begin) + _RECENT
        within = [(day, one) for day, one in until if one.last is None and day >= (narrowest.first or date.min)]
        if is_coarse and within:
            return max(within, key=lambda each: (each[0], each[1].value[1]))[1].value
        if 2 * days >= last - begin or not before:
            return narrowest.value
        return max(before, key=lambda each: (each[0], each[1].value[1]))[1].value
    if until:
        newest, best = max(until, key=lambda each: (each[0], each[1].value[1]))
        is_within = first is not None and newest >= first
        goes_on = _day(values[-1].value[0].answering_sentence) > last or last - newest <= _AROUND
        return best.value if is_within or goes_on else None
    # What a later report tells as former was so shortly before the story, or in it.
    if not values or _day(values[0].value[0].sentence) - last > _AROUND:
        return None
    former = [one for one in told if one.first is None and not _AT_FIRST.search(one.value[0].answering_sentence.text)]
    return min(former, key=lambda one: (one.last or date.max, -one.value[1])).value if former else None


def _are_near(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two values stand close to each other, as those of two times do."""
    first, second = sorted((one[0].answering_sentence, other[0].answering_sentence), key=lambda each: each.start)
    return first.article.id == second.article.id and second.start - first.end <= _MAX_GAP


def _compared_with(value: ScoredCandidate) -> Iterator[ScoredCandidate]:
    """Yield the other numbers of the sentence of a value: "up from three on Tuesday"."""
    sentence, span = value[0].answering_sentence, value[0].answering_span
    for found in _AMOUNT.finditer(sentence.article.text, sentence.start, sentence.end):
        is_difference = _DIFFERENCE.match(sentence.article.text, found.end()) is not None
        if not is_difference and not (found.start() < span.end and span.start < found.end()):
            yield Candidate(Quote(sentence.article, *found.span()), sentence, value[0].score), value[1]


def _length(value: _ValueAt) -> timedelta:
    return (value.last or date.max) - (value.first or date.min)


def _day(quote: Quote) -> date:
    return datetime.fromtimestamp(published_at(quote.article) or 0.0, UTC).date()


def _expression_of(span: Quote, sentence: Quote) -> DateExpression | None:
    """Return the time expression of a sentence that belongs to a value: each is nearer to the other than to any other.

    One that opens the sentence belongs to all values that have none of their own.
    """
    article = sentence.article
    dates = [
        one
        for one in find_dates(article.text, article.published, sentence.start, sentence.end)
        if days_of(one) is not None and not (one.start < span.end and span.start < one.end)
    ]
    if not dates:
        return None

    def gap(one: DateExpression, start: int, end: int) -> int:
        low, high = sorted((one.end, start) if one.end <= start else (end, one.start))
        return high - low + _ACROSS * len(re.findall("[,;:]", article.text[low:high]))

    if _NUMBER.search(span.text) is None:  # of a name, what its clause says, or a relative clause after it
        after = (one for one in dates if one.start >= span.end)
        own = next((one for one in after if _RELATIVE_CLAUSE.fullmatch(article.text, span.end, one.start)), None)
        before = (
            one for one in dates if one.end <= span.start and not re.search("[,;]", article.text[one.end : span.start])
        )
        return own or next(before, None)
    nearest = min(dates, key=lambda one: gap(one, span.start, span.end))
    values = [(span.start, span.end)] + [
        found.span()
        for found in _NUMBER.finditer(article.text, sentence.start, sentence.end)
        if not any(one.start <= found.start() < one.end for one in dates) and not span.start <= found.start() < span.end
    ]
    if min(values, key=lambda one: gap(nearest, *one)) == values[0]:
        return nearest
    return dates[0] if dates[0].start - sentence.start < _OPENING else None
