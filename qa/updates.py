"""Finds what newer reports say: the newest value answers, and shows which ones it supersedes or differs from."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache

from corpus.article import Article, parse_published
from index.search.keywords import stems
from qa.answers.names import names_in
from qa.dates.finder import find_dates
from qa.evidence import EvidenceChecker, text_has_name
from qa.query.conditions import CALENDAR, WORD, ConditionKind, conditions
from qa.query.lexicon import STOP_STEMS
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from qa.types import Candidate, Passage, ScoredCandidate
from qa.values import Value, ValueKind

# The figures behind these are in docs/decisions.md.
MIN_CONFIDENCE = 0.12  # of a newer value of the type that is asked for, as if there were no older reports
MIN_UNTYPED_CONFIDENCE = 0.5  # of newer words of no such type
MAX_PASSAGES = 4  # of newer reports, read at a time
MAX_NEWS_GAP = 0.35  # of confidence, below the best sentence on a story
MAX_STEPS = 4  # from report to newer report
MIN_OVERLAP = 0.5  # of a newer sentence with the question's words, as a share of the former one's
MIN_SHARED_NAMES = 2  # of two reports on one story
SAME_TIME = 2 * 86_400.0  # seconds; reports of one story within them may differ without one superseding the other
_MAX_NAMED_TEXT = 5_000  # code points of an article that are searched for names
_MAX_PEERS = 5  # candidates of other reports of the same time
_TYPED = frozenset(
    {QuestionType.WHO, QuestionType.WHEN, QuestionType.WHERE, QuestionType.HOW_MANY, QuestionType.HOW_LONG}
)
_UNTYPED = frozenset({ValueKind.NAME, ValueKind.WORDS})
TYPED, UNTYPED = _TYPED, _UNTYPED
_NAMES = frozenset({ConditionKind.NAME, ConditionKind.PLACE})
_PAST = re.compile(r"\b(?:did|was|were)\b", re.I)
# A newer report also tells former values: "up from four", "less than the 3,900 that were estimated".
_FORMER_BEFORE = re.compile(
    r"(?:\b(?:up|down|ris\w+|rose|f[ae]ll\w*|rais\w+|lower\w*|cut|increas\w+|reduc\w+|revis\w+|correct\w+|climb\w*|grew|"
    r"grown|dropp?\w*|moved?|postponed|put (?:off|back)|delayed|shifted|changed|extended|brought forward)\b[^.;]{0,60}"
    r"\bfrom|\bthan (?:the|an?|its|his|her|their)|\b(?:instead of|rather than|compared (?:with|to)|against|not|"
    r"formerly|previously|originally|initially))(?:\s+(?:the|a|an|about|around|some|its|his|her|their|only|former))*\s*$",
    re.I,
)
# "At first, eleven had been listed as missing."
_FORMER_SENTENCE = re.compile(
    r"\b(?:at first|at the time|initially|originally|previously|earlier|formerly|once feared|"
    r"had (?:been|said|spoken|put|told|given)|last (?:year|month|week)|a (?:year|month|week) (?:ago|earlier|before))\b",
    re.I,
)
# Words of a report that tells a change; of two reports of the same time, it is the newer one.
_UPDATE = re.compile(
    r"\b(?:now|new|newly|ris(?:es?|en|ing)|rose|climb\w*|f[ae]ll(?:s|en)?|increas\w+|lower\w*|rais\w+|cuts?|correct\w+|"
    r"revis\w+|updat\w+|no longer|still|already|so far|meanwhile|later|since|appoint\w+|succe\w+|replac\w+|resign\w+|"
    r"reopen\w*|postpon\w+|delay\w*|moved?|final(?:ly)?|another|more)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Updates:
    """The value that leads, and other values for the same, each with its confidence.

    superseded: those of older reports, newest first. differing: those of other reports of the same time.
    """

    leading: ScoredCandidate
    superseded: tuple[ScoredCandidate, ...] = ()
    differing: tuple[ScoredCandidate, ...] = ()


class UpdateFinder:
    """Follows the value that answers a question from report to report of the same story.

    Args:
        question: the question.
        passages: all passages that were retrieved for it.
        read: reads some of them, as if there were no others, and returns the candidates, best first.
        threshold: the minimum confidence of an answer.
    """

    def __init__(
        self,
        question: Question,
        passages: Sequence[Passage],
        read: Callable[[Sequence[Passage]], Sequence[ScoredCandidate]],
        threshold: float,
    ) -> None:
        self._question = question
        self._passages = passages
        self._read = read
        self._threshold = threshold
        stated = conditions(question.text)
        self._names = [one.text for one in stated if one.kind in _NAMES]
        self._terms = set(stems(question.text)) - STOP_STEMS - {stem for name in self._names for stem in stems(name)}
        self._evidence = EvidenceChecker(question.text)

    def newest(self, scored: Sequence[ScoredCandidate]) -> Updates:
        """Return the newest value, the older ones that it supersedes, and those that differ from it.

        scored: the candidates that would answer, best first.
        """
        leading, passed = scored[0], list[ScoredCandidate]()
        at = leading
        for _ in range(0 if self.asks_of_event else MAX_STEPS):
            found = self._best_of(self._reports(at[0], lambda time, now: time > now))
            if found is None:
                break
            at = found
            if self._supersedes(found, leading):
                passed.insert(0, leading)
                leading = found[0], self._confidence(leading[1], found[1])
        passed = self._with_older(leading, passed, scored)
        differing = self._differing(leading, passed, scored)
        kept = [one for one in passed if not any(agree(one, other) for other in differing)]
        return Updates(leading, tuple(kept), tuple(differing))

    @property
    def asks_of_event(self) -> bool:
        """Whether the time of something past is asked for, which no newer report changes."""
        return self._question.type is QuestionType.WHEN and _PAST.search(self._question.text) is not None

    def _with_older(
        self, leading: ScoredCandidate, passed: Sequence[ScoredCandidate], scored: Sequence[ScoredCandidate]
    ) -> list[ScoredCandidate]:
        """Return the values that the leading one supersedes, newest first: with sure ones of other older reports."""
        found, article = list(passed), leading[0].sentence.article
        now = published_at(article)
        if now is None or self._question.type not in _TYPED or self.asks_of_event:
            return found
        for one in scored:
            other = one[0].sentence.article
            time = published_at(other)
            if time is None or time >= now or one[1] < self._threshold:
                continue
            is_known = any(one[0].sentence == each[0].sentence or agree(one, each) for each in (leading, *found))
            if not is_known and self._is_for_the_same(one, leading) and self.is_on_story(other, article):
                found.append(one)
        return sorted(found, key=lambda one: -(published_at(one[0].sentence.article) or 0.0))

    def is_on_story(self, one: Article, other: Article) -> bool:
        """Return whether two articles are on one story, or share a name that the question names, too."""
        texts = _text_of(one), _text_of(other)
        is_named = any(all(text_has_name(name, text) for text in texts) for name in self._names)
        return is_same_story(one, other, MIN_SHARED_NAMES - is_named)

    def oldest(self, best: ScoredCandidate) -> Updates:
        """Return the oldest value; a report that tells it as the former one is as good as the oldest."""
        leading = at = best
        for _ in range(0 if is_former(best[0]) else MAX_STEPS):
            found = self._best_of(self._reports(at[0], lambda time, now: time < now))
            if found is None:
                break
            at = found
            if found[1] >= self._threshold and self._is_for_the_same(found, leading):
                leading = found
        return Updates(leading)

    def _best_of(self, passages: Sequence[Passage]) -> ScoredCandidate | None:
        return next(iter(self._read(passages)), None) if passages else None

    def _reports(self, candidate: Candidate, is_wanted: Callable[[float, float], bool]) -> list[Passage]:
        """Return the best passages of other reports on the story whose time is wanted."""
        article = candidate.sentence.article
        now = published_at(article)
        if now is None:
            return []
        found: list[Passage] = []
        for passage in self._passages:
            other = passage.quote.article
            time = published_at(other)
            if (
                time is not None
                and other.id != article.id
                and is_wanted(time, now)
                and self.is_on_story(article, other)
            ):
                found.append(passage)
        return found[:MAX_PASSAGES]

    def _supersedes(self, newer: ScoredCandidate, former: ScoredCandidate) -> bool:
        return not agree(newer, former) and self.tells(newer, former)

    def tells(self, one: ScoredCandidate, other: ScoredCandidate) -> bool:
        """Return whether a report tells a value of its own time for what another report answers."""
        is_typed = self._question.type in _TYPED or _value(one).kind not in _UNTYPED
        is_likely = one[1] >= (MIN_CONFIDENCE if is_typed else MIN_UNTYPED_CONFIDENCE)
        if not is_likely or is_former(one[0]):
            return False
        # Counts and prices are told in other words; who is or did what else is another matter.
        is_amount = self._question.type is QuestionType.HOW_MANY or _value(one).kind is ValueKind.MONEY
        is_about = is_amount or self._overlap(one[0]) >= MIN_OVERLAP * self._overlap(other[0])
        return is_about and self._is_for_the_same(one, other)

    def _overlap(self, candidate: Candidate) -> float:
        """Return the share of the question's words, but for names, in the answering sentence and its title."""
        sentence = candidate.answering_sentence
        found = set(stems(f"{sentence.article.title} {sentence.text}"))
        return len(self._terms & found) / len(self._terms) if self._terms else 1.0

    def is_for_the_same(self, one: ScoredCandidate, other: ScoredCandidate) -> bool:
        """Return whether two values are of a kind and about the same, whatever their times."""
        return self._is_for_the_same(one, other)

    def _is_for_the_same(self, one: ScoredCandidate, former: ScoredCandidate) -> bool:
        """Return whether two values are of a kind, count the same, and are told about the names in the question."""
        value, other_value = _value(one), _value(former)
        is_untyped = {value.kind, other_value.kind} == _UNTYPED and self._question.type not in _TYPED
        is_same_kind = value.is_comparable(other_value) or is_untyped
        if not is_same_kind and self._question.type is not QuestionType.YES_NO:
            return False
        for is_of_another in (self._counts_another, self._names_another):
            if is_of_another(one[0]) and not is_of_another(former[0]):
                return False
        text, other = (_text_of(each[0].sentence.article) for each in (former, one))
        return all(text_has_name(name, other) for name in self._names if text_has_name(name, text))

    def _differing(
        self, leading: ScoredCandidate, passed: Sequence[ScoredCandidate], scored: Sequence[ScoredCandidate]
    ) -> list[ScoredCandidate]:
        """Return other values of the same time, of which neither report says that the other one is outdated.

        Of a source, only the newest value differs.
        """
        if leading[1] < self._threshold or self._question.type not in _TYPED:
            return []
        peers = self._reports(leading[0], lambda time, now: now - SAME_TIME <= time <= now)
        told = self._read(peers)[:_MAX_PEERS] if peers else ()
        article = leading[0].sentence.article
        on_story = (one for one in scored if self.is_on_story(one[0].sentence.article, article))
        known = [*told, *passed, *on_story]
        differing: list[ScoredCandidate] = []
        for one in known:
            is_sure = one[1] >= self._threshold and not any(_updates_source(other, one) for other in known)
            if is_sure and self._differs(one, leading) and not any(agree(one, other) for other in differing):
                differing.append(one)
        return differing

    def _differs(self, other: ScoredCandidate, leading: ScoredCandidate) -> bool:
        article, of_leading = other[0].sentence.article, leading[0].sentence.article
        time, now = published_at(article), published_at(of_leading)
        if article.id == of_leading.id or time is None or now is None or now - time > SAME_TIME:
            return False
        if article.source is not None and article.source == of_leading.source:
            return False
        tells_change = time != now and _UPDATE.search(leading[0].answering_sentence.text) is not None
        is_value = _value(leading).kind is not ValueKind.WORDS and not is_former(other[0])
        return is_value and not tells_change and self._is_for_the_same(other, leading) and not agree(other, leading)

    def _counts_another(self, candidate: Candidate) -> bool:
        """Return whether a number is followed by another noun than the one that is counted."""
        span, sentence = candidate.answering_span, candidate.answering_sentence
        evidence = self._evidence.check(span, sentence, sentence)
        return any(one.kind is ConditionKind.COUNTED_NOUN and one.met is False for one in evidence)

    def _names_another(self, candidate: Candidate) -> bool:
        """Return whether sentence and title lack a name in the question, and the sentence has another one."""
        sentence = candidate.answering_sentence
        about = f"{sentence.article.title}\n{sentence.text}"
        if all(text_has_name(name, about) for name in self._names):
            return False
        known = set(WORD.findall(f"{self._question.text} {candidate.span.text} {sentence.article.title}"))
        others = WORD.findall(sentence.text)[1:]  # the first word has a capital anyway
        return any(word[0].isupper() and word not in known and not CALENDAR.fullmatch(word) for word in others)

    def _confidence(self, former: float, newer: float) -> float:
        """Return the confidence in a newer value: where the former one is sure, the question has an answer."""
        return newer if former < self._threshold else max(newer, self._threshold, (former + newer) / 2)


def newest_first(scored: Sequence[ScoredCandidate], threshold: float) -> list[ScoredCandidate]:
    """Return what reports on the story of the best one say, the newest first and one of each, before all others.

    Only sentences that are nearly as likely as the best one, and reach the threshold, are moved.
    """
    best, confidence = scored[0]
    minimum = max(threshold, confidence - MAX_NEWS_GAP)
    told: dict[str, ScoredCandidate] = {}
    for one in scored:
        article = one[0].sentence.article
        is_on_story = published_at(article) is not None and is_same_story(best.sentence.article, article)
        if one[1] >= minimum and is_on_story:
            told.setdefault(article.id, one)
    first = sorted(told.values(), key=lambda one: -(published_at(one[0].sentence.article) or 0.0))
    return [*first, *(one for one in scored if one not in first)]


def published_between(passages: Sequence[Passage], first: date | None, last: date) -> list[Passage]:
    """Return the passages of what was published from a day to another, both included."""
    start = -math.inf if first is None else datetime.combine(first, time.min, UTC).timestamp()
    end = datetime.combine(last, time.max, UTC).timestamp()
    dated = ((passage, published_at(passage.quote.article)) for passage in passages)
    return [passage for passage, published in dated if published is not None and start <= published <= end]


def published_at(article: Article) -> float | None:
    """Return when an article was published, in seconds since 1970; None where that is unknown."""
    return None if article.published is None else parse_published(article.published).first


def is_same_story(one: Article, other: Article, min_names: int = MIN_SHARED_NAMES) -> bool:
    """Return whether two articles are reports on one story: they share names, or most of their text."""
    if one.cluster is not None and one.cluster == other.cluster:
        return True
    return len(_names_of(_text_of(one)) & _names_of(_text_of(other))) >= min_names


def is_former(candidate: Candidate) -> bool:
    """Return whether a sentence tells a value as that of a former time."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    before = sentence.article.text[sentence.start : span.start]
    return _FORMER_BEFORE.search(before) is not None or _FORMER_SENTENCE.search(before) is not None


def _updates_source(newer: ScoredCandidate, one: ScoredCandidate) -> bool:
    """Return whether one source gives a value, and later another one."""
    article, other = one[0].sentence.article, newer[0].sentence.article
    time, later = published_at(article), published_at(other)
    is_source = article.source is not None and article.source == other.source
    return is_source and time is not None and later is not None and later > time


def agree(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two candidates give the same value."""
    return _value(one).agrees(_value(other))


def _value(one: ScoredCandidate) -> Value:
    span = one[0].span
    value = Value.of(span.text)
    if value.kind is not ValueKind.DATE:
        return value
    article = span.article
    dates = find_dates(article.text, article.published, span.start, span.end)
    return Value.of(span.text, dates[0].value if dates else None)


def _text_of(article: Article) -> str:
    return f"{article.title}\n{article.text[:_MAX_NAMED_TEXT]}"


@lru_cache(maxsize=256)
def _names_of(text: str) -> frozenset[str]:
    """Return the names of a text, each by its last word, but for months and the first words of sentences."""
    return frozenset(
        name.words[-1]
        for line in text.splitlines()
        for name in names_in(line)
        if not CALENDAR.fullmatch(name.words[-1]) and (len(name.words) > 1 or name.start > 0)
    )
