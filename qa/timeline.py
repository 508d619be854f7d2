"""Tells the history of an answer: its values in order of time, each with its first and its last report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.query.question_types import QuestionType
from qa.types import Passage, ScoredCandidate
from qa.updates import UpdateFinder, agree, published_at

MAX_HITS = 60  # retrieved for a timeline, so that reports on other stories don't crowd out some of this one
_MAX_REPORTS = 30
_WITHOUT_VALUES = frozenset({QuestionType.TOPIC, QuestionType.WHY, QuestionType.YES_NO})


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """A value as its first report tells it, and the dates of publication of its first and its last report."""

    value: ScoredCandidate
    first: str
    last: str


class TimelineBuilder:
    """Reads each report on the story of an answer for the question, and groups what they tell by its value.

    Args:
        question_type: that of the question.
        passages: those that were retrieved for it.
        read: reads some of them, as if there were no others, and returns the candidates, best first.
        finder: compares values for the question.
    """

    def __init__(
        self,
        question_type: QuestionType,
        passages: Sequence[Passage],
        read: Callable[[Sequence[Passage]], Sequence[ScoredCandidate]],
        finder: UpdateFinder,
    ) -> None:
        self._has_values = question_type not in _WITHOUT_VALUES and not finder.asks_of_event
        self._passages = passages
        self._read = read
        self._finder = finder

    def history(self, leading: ScoredCandidate) -> list[ReportedValue]:
        """Return the values in order of their first reports; none where there is only one."""
        values: list[list[ScoredCandidate]] = []
        for one in self._told(leading) if self._has_values else ():
            same = next((told for told in values if any(agree(one, other) for other in told)), None)
            if same is None:
                values.append([one])
            elif not any(_are_copies(one, other) for other in same):
                same.append(one)
        return [ReportedValue(told[0], _published(told[0]), _published(told[-1])) for told in values if len(values) > 1]

    def _told(self, leading: ScoredCandidate) -> list[ScoredCandidate]:
        """Return what each dated report tells, oldest first."""
        article = leading[0].sentence.article
        by_article: dict[str, list[Passage]] = {}
        for passage in self._passages:
            other = passage.quote.article
            if other.published is not None and (other.id == article.id or self._finder.is_on_story(other, article)):
                by_article.setdefault(other.id, []).append(passage)
        reports = sorted(list(by_article.values())[:_MAX_REPORTS], key=lambda one: _time(one[0]))
        found = []
        for report in reports:
            told = next((one for one in self._read(report) if self._finder.tells(one, leading)), None)
            if told is not None:
                found.append(told)
        return found


def _time(passage: Passage) -> float:
    return published_at(passage.quote.article) or 0.0


def _published(value: ScoredCandidate) -> str:
    published = value[0].sentence.article.published
    assert published is not None
    return published


def _are_copies(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two reports are near-duplicates."""
    cluster = one[0].sentence.article.cluster
    return cluster is not None and cluster == other[0].sentence.article.cluster
