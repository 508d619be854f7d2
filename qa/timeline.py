"""Tells the history of an answer: its values in order of time, each with its first and its last report."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import islice

from corpus.article import Article
from qa.dates.finder import find_dates
from qa.evidence import text_has_name
from qa.query.conditions import ConditionKind, conditions
from qa.query.parser import Question
from qa.query.period import days_of
from qa.query.question_types import QuestionType
from qa.reports.comparison import agree, changed_to, is_former, is_former_plan
from qa.reports.stories import published_at
from qa.types import Candidate, Passage, Quote, ScoredCandidate
from qa.updates import UpdateFinder
from qa.values import Value, ValueKind

MAX_HITS = 60  # retrieved for a timeline, so that reports on other stories don't crowd out some of this one
MIN_CONFIDENCE = 0.15  # of a value, as if its report were the only one
_MAX_REPORTS = 30
_MAX_RATIO = 10.0  # of amounts of money that may be values of one thing
_LONG_BEFORE = 45 * 86_400.0  # seconds
_NAMES = frozenset({ConditionKind.NAME, ConditionKind.PLACE})
_WITHOUT_VALUES = frozenset({QuestionType.TOPIC, QuestionType.WHY, QuestionType.YES_NO})
_WHEN = re.compile(r"(?!.*\b(?:since|until|from)\b)[^,;:]{0,40}\b(?:in|on|of)\s+(?:the\s+)?", re.I)


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """A value as its first report tells it, and the dates of publication of its first and its last report."""

    value: ScoredCandidate
    first: str
    last: str


class TimelineBuilder:
    """Reads each report on the story of an answer for the question, and groups what they tell by its value.

    Args:
        question: the question, with the period that it asks about.
        passages: those that were retrieved for it.
        read: reads some of them, as if there were no others, and returns the candidates, best first.
        finder: compares values for the question.
        threshold: the minimum confidence of an answer.
        said_since: returns since when an article with former versions has said a sentence, None for any other.
    """

    def __init__(
        self,
        question: Question,
        passages: Sequence[Passage],
        read: Callable[[Sequence[Passage]], Sequence[ScoredCandidate]],
        finder: UpdateFinder,
        threshold: float,
        said_since: Callable[[Quote], float | None],
    ) -> None:
        self._has_values = question.type not in _WITHOUT_VALUES and not finder.asks_of_event
        self._is_of_present = question.period is None
        self._names = [one.text for one in conditions(question.text) if one.kind in _NAMES]
        self._passages = passages
        self._read = read
        self._finder = finder
        self._threshold = threshold
        self._said_since = said_since

    def history(self, leading: ScoredCandidate, others: Sequence[ScoredCandidate] = ()) -> list[ReportedValue]:
        """Return the values in order of their first reports; none where there is only one.

        leading: the answer. others: other values for it that are known already.
        """
        told = self._told(leading, others) if self._has_values else []
        newest = max((one.time for one in told if agree(one.value, leading)), default=0.0)
        values: list[list[_Report]] = []
        for one in told:
            if one.time > newest and self._is_of_present:
                continue  # what is newer than the answer would have superseded it
            same = next((others for others in values if any(agree(one.value, other.value) for other in others)), None)
            if same is None:
                values.append([one])
            elif not any(one.is_copy_of(other) for other in same):
                same.append(one)
        return [ReportedValue(same[0].value, same[0].date, same[-1].date) for same in values if len(values) > 1]

    def _told(self, leading: ScoredCandidate, others: Sequence[ScoredCandidate]) -> list["_Report"]:
        """Return what each dated report, or version of one, tells, oldest first."""
        article = leading[0].sentence.article
        alike = (one for one in others if is_of_kind(one, leading) and not _is_of_former_time(one[0]))
        known = {one[0].sentence.article.id: one for one in (*alike, leading)}
        names = self._names_in(article)
        by_article: dict[str, list[Passage]] = {}
        for passage in self._passages:
            other = passage.quote.article
            if other.id not in known and self._finder.is_on_story(other, article) and names <= self._names_in(other):
                by_article.setdefault(other.id, []).append(passage)
        values = [*known.values()]
        for report in list(by_article.values())[:_MAX_REPORTS]:
            value = self._finder.value_in(report, leading, True)
            if value is None or not is_of_kind(value, leading) or _is_of_former_time(value[0]):
                value = next(islice(self._of_its_time(report, leading), 1), None)
            values += [] if value is None else [value]
        dated = (self._dated(value) for value in values)
        return sorted((one for one in dated if one is not None), key=lambda one: one.time)

    def _names_in(self, article: Article) -> set[str]:
        """Return which of the names in the question an article has."""
        return {name for name in self._names if text_has_name(name, f"{article.title}\n{article.text}")}

    def _dated(self, value: ScoredCandidate) -> "_Report | None":
        """Return a value with the time of its report, None where that is unknown."""
        sentence = value[0].answering_sentence
        since = self._said_since(sentence)
        if since is not None:
            return _Report(value, since, datetime.fromtimestamp(since, UTC).date().isoformat())
        published, seconds = sentence.article.published, published_at(sentence.article)
        return None if published is None or seconds is None else _Report(value, seconds, published)

    def _of_its_time(self, report: Sequence[Passage], leading: ScoredCandidate) -> Iterator[ScoredCandidate]:
        """Yield the values that a report tells of its own time for what the leading one answers, best first.

        A doubtful one counts only where it resembles the leading one, and the report tells no former value before it.
        """
        has_former = False
        for one in map(changed_to, self._read(report)):
            is_sure = one[1] >= self._threshold
            if one[1] < MIN_CONFIDENCE or (has_former and not is_sure):
                return
            has_former = has_former or _is_of_former_time(one[0])
            is_like = (
                is_of_kind(one, leading) if is_sure else _has_unit_of(one, leading) or self._finder.tells(one, leading)
            )
            if is_like and not _is_of_former_time(one[0]):
                yield one


def is_of_kind(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two values are of a kind, and amounts of money of a size."""
    value, other_value = Value.of(one[0].span.text), Value.of(other[0].span.text)
    if ValueKind.MONEY in (value.kind, other_value.kind) and value.number and other_value.number:
        low, high = sorted((abs(value.number), abs(other_value.number)))
        if high > _MAX_RATIO * low:
            return False
    return value.is_comparable(other_value)


def _is_of_former_time(candidate: Candidate) -> bool:
    """Return whether a report tells a value of a former time: "Dorn killed 51 people in 2011", "was to open on Monday".

    A date counts that follows the value closely, and lies long before the report.
    """
    span, sentence = candidate.answering_span, candidate.answering_sentence
    article, published = sentence.article, published_at(sentence.article)
    if is_former(candidate) or is_former_plan(candidate):
        return True
    for expression in find_dates(article.text, article.published, span.end, sentence.end):
        days = days_of(expression)
        if days is None or published is None or not _WHEN.fullmatch(article.text, span.end, expression.start):
            continue
        return published - datetime.combine(days[1], time.max, UTC).timestamp() > _LONG_BEFORE
    return False


def _has_unit_of(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two numbers have the same unit, but for currencies."""
    value, other_value = Value.of(one[0].span.text), Value.of(other[0].span.text)
    return (
        value.kind is other_value.kind is ValueKind.NUMBER and value.unit is not None and value.unit == other_value.unit
    )


@dataclass(frozen=True, slots=True)
class _Report:
    """A value as a report tells it, and when: in seconds since 1970, and as a date."""

    value: ScoredCandidate
    time: float
    date: str

    def is_copy_of(self, other: "_Report") -> bool:
        """Return whether two reports are near-duplicates."""
        cluster = self.value[0].sentence.article.cluster
        return cluster is not None and cluster == other.value[0].sentence.article.cluster
