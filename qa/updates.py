"""Finds what newer reports say: the newest value answers, and shows which ones it supersedes or differs from."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from corpus.article import Article
from index.search.keywords import stems
from qa.answers.names import names_in
from qa.answers.successors import OfficeHistory
from qa.evidence import text_has_name
from qa.query.concepts import SPECIFIC, concepts_of, concepts_of_number
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from qa.reports.changes import (
    cause_in,
    changed_value,
    corrected_value,
    denial_of,
    is_denial,
    is_denied,
    moved_date,
    next_total,
    told_total,
    waived_price,
)
from qa.reports.comparison import (
    MIN_CONFIDENCE,
    TYPED,
    ValueComparison,
    agree,
    are_of_a_size,
    changed_to,
    date_alone,
    date_of,
    is_former,
    is_given_up,
    is_last,
    is_ordinal,
    is_withdrawn,
    may_agree,
    value_of,
)
from qa.reports.speakers import differ_inside
from qa.reports.states import AskedState
from qa.reports.stories import MIN_SHARED_NAMES, is_same_story, published_at, text_of
from qa.types import Candidate, Passage, Quote, ScoredCandidate, passage_around
from qa.values import ValueKind, number_spans, numbers_in

# The figures behind these are in docs/decisions.md.
MATCHED = 0.3  # of confidence, by which a number that counts what is asked for goes before others of its report
MAX_PASSAGES = 4  # of a report
MAX_REPORTS = 6  # of a story, read one by one
MAX_NEWS_GAP = 0.35  # of confidence, below the best sentence on a story
MAX_STEPS = 4  # from report to older report
SAME_TIME = 2 * 86_400.0  # seconds; reports of one story within them may differ without one superseding the other
SAME_EVENT = 4 * 86_400.0  # the same, where what happened is counted: a march, a vote
WITHOUT_VALUES = frozenset({QuestionType.TOPIC, QuestionType.WHY})  # of which only a state may be outdated
_HAPPENED_TO = re.compile(r"what(?:['’]?s| has| had)? (?:happened|become|became) (?:to|of|with) ", re.I)
_PARAGRAPH = 2  # code points between the sentences of one
_CAUSE = re.compile(
    r"\b(?:caus\w+|reasons?|source|origin|blame|how did .* (?:come|start|begin|spread|break out|happen|get))\b", re.I
)
_PAST = re.compile(r"\b(?:did|was|were)\b", re.I)
_OF_PAST = re.compile(
    r"\b(?:did|was|were|had|has|have|been|former\w*|resign\w*|g[ia]ve|left|leave|quit|step\w*|stood)\b", re.I
)
_HOLDER_TYPES = frozenset({QuestionType.WHO, QuestionType.WHICH, QuestionType.WHAT})
# Words of a report that tells a change; of two reports of the same time, it is the newer one.
_UPDATE = re.compile(
    r"\b(?:now|new|newly|ris(?:es?|en|ing)|rose|climb\w*|f[ae]ll(?:s|en)?|increas\w+|lower\w*|rais\w+|cuts?|correct\w+|"
    r"revis\w+|updat\w+|no longer|still|already|so far|meanwhile|later|since|appoint\w+|succe\w+|replac\w+|resign\w+|"
    r"reopen\w*|postpon\w+|delay\w*|moved?|final(?:ly)?|another|more(?! than)|(?:up|down) from)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Updates:
    """The value that leads, and other values for the same, each with its confidence.

    superseded: those of older reports, newest first. differing: those of other reports of the same time. is_outdated:
    whether newer reports say that the leading value is none any more, or seem to give another, and none does surely.
    """

    leading: ScoredCandidate
    superseded: tuple[ScoredCandidate, ...] = ()
    differing: tuple[ScoredCandidate, ...] = ()
    is_outdated: bool = False

    def make_outdated(self, one: ScoredCandidate) -> bool:
        """Return whether a candidate gives a value that is not, or may not be, the newest any more."""
        return self.is_outdated or any(agree(one, other) for other in self.superseded)


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
        self._compare = ValueComparison(question)
        self._state = AskedState.of(question)
        self.is_for_the_same, self.tells = self._compare.is_for_the_same, self._compare.tells

    def newest(self, scored: Sequence[ScoredCandidate]) -> Updates:
        """Return the newest value, the older ones that it supersedes, and those that differ from it.

        scored: the candidates that would answer, best first. Of a state that has ended, the end is the newest value.
        """
        if self._question.type is QuestionType.TOPIC:
            updates = newest_count(self._question.text, scored, self._threshold) or self._newest_on_topic(scored[0])
        else:
            is_reason = self._question.type is QuestionType.WHY
            updates = Updates(scored[0]) if is_reason else self._newest_value(scored)
        if self._asks_for_cause and not updates.is_outdated:
            updates = self._undenied(updates)
        state = self._state
        end = None if state is None else self._end_of(state, scored[0])
        if self._question.type is QuestionType.YES_NO:
            updates = self._with_older_sentences(updates, scored)
        if state is None or end is None or self._is_known(updates, end):
            return updates
        former = updates.leading, *updates.superseded
        told = [one for one in former if one[1] >= MIN_CONFIDENCE and _is_newer(end, one[0].sentence)]
        confidence = self._confidence(scored[0][1], (Candidate(end, end, 0.0), 0.0))
        if state.is_met_by(end):
            confidence = max(confidence, self._threshold)
        return Updates((Candidate(end, end, 0.0), confidence), tuple(told))

    @property
    def _asks_for_cause(self) -> bool:
        return self._question.type is QuestionType.WHY or _CAUSE.search(self._question.text) is not None

    def _undenied(self, updates: Updates) -> Updates:
        """Return what a report puts in the place of a reason that it denies; without that, the reason is outdated."""
        leading, asked = updates.leading, frozenset(stems(self._question.text))
        is_topic = self._question.type is QuestionType.TOPIC
        for passages in self._reports_since(leading[0], with_older=False):
            sentences, is_own = _sentences(passages), passages[0].quote.article.id == leading[0].sentence.article.id
            told = cause_in(leading[0].span) if is_topic else leading[0].span
            denial = leading[0].sentence if is_own else denial_of(told, sentences, asked)
            if denial is None or (is_own and not is_denial(leading[0])):
                continue
            new = self._in_place_of(denial, leading, passages)
            if new is None and is_topic and not is_own:
                new = Candidate(denial, denial, 0.0), 0.0
            if new is None:
                return self._outdated(leading, updates.superseded)
            older = updates.superseded if is_own else (leading, *updates.superseded)
            leading = new[0], self._confidence(leading[1], new)
            updates = Updates(leading, older)
        return updates

    def _in_place_of(
        self, denial: Quote, denied: ScoredCandidate, passages: Sequence[Passage]
    ) -> ScoredCandidate | None:
        """Return the reason that a report gives in or after the sentence that denies another one."""
        following = [one for one in _sentences(passages) if denial.end < one.start <= denial.end + _PARAGRAPH]
        whole = [(Candidate(one, one, 0.0), 0.0) for one in following if is_denial(Candidate(denial, denial, 0.0))]
        read = [] if self._question.type is QuestionType.TOPIC else self._read(passages)
        told = (one for one in read if one[1] >= MIN_CONFIDENCE and one[0].sentence in (denial, *following))
        return next((one for one in (*told, *whole) if not is_denial(one[0]) and not agree(one, denied)), None)

    def _end_of(self, state: AskedState, leading: ScoredCandidate) -> Quote | None:
        """Return the sentence of the newest report that tells the end of a state, None where it has begun again."""
        for passages in reversed(self._reports_since(leading[0], with_older=False)):
            sentences = _sentences(passages)
            end = state.end_in(sentences)
            if end is not None:
                return end
            if state.begins_again_in(sentences):
                return None
        return None

    def _is_known(self, updates: Updates, end: Quote) -> bool:
        """Return whether an answer tells the state at the time of its end, or later."""
        if updates.is_outdated or _is_newer(end, updates.leading[0].sentence):
            return False
        told = updates.leading[0].answering_sentence
        if self._question.type in (QuestionType.WHY, QuestionType.WHERE):
            return _is_newer(told, end)
        return self._state is None or self._state.is_told_in(told)

    def _newest_on_topic(self, leading: ScoredCandidate) -> Updates:
        """Return the newest sentence that tells to what a number has changed, or who has taken over an office."""
        passed: list[ScoredCandidate] = []
        for passages in self._reports_since(leading[0], with_older=False):
            sentence = leading[0].sentence
            histories = OfficeHistory.of_topic(self._question.text, sentence)
            successors = (each for one in histories for _, each in one.successors(_sentences(passages)))
            successor = next((one for one in successors if _is_newer(one, sentence)), None)
            if successor is not None:
                passed.insert(0, leading)
                leading = Candidate(successor, successor, 0.0), max(leading[1] / 2, self._threshold)
                continue
            numbers = [Quote(sentence.article, sentence.start + start, sentence.end) for start, _ in _numbers(sentence)]
            found = (changed_value(_sentences(passages), one, self._compare.words) for one in numbers)
            changed = next((one for one in found if one is not None), None)
            if changed is not None and _is_newer(changed.sentence, sentence):
                passed.insert(0, leading)
                leading = Candidate(changed.sentence, changed.sentence, 0.0), max(leading[1] / 2, self._threshold)
        return Updates(leading, tuple(passed))

    def _newest_value(self, scored: Sequence[ScoredCandidate]) -> Updates:
        """Return the same, of a question whose answer is a value."""
        leading, passed = self._in_force(scored[0]), list[ScoredCandidate]()
        is_misread, has_left, is_doubtful = self._is_misread(leading), False, False
        is_settled = self._is_settled(leading[0]) and not is_misread
        for passages in () if is_settled else self._reports_since(leading[0], is_misread):
            found = self.value_in(passages, leading, is_misread)
            if found is None:
                has_left = has_left or self._has_left(passages, leading)
                if passages[0].quote.article.id == leading[0].sentence.article.id:
                    leading = leading[0], self._confidence_alone(leading, passages)
                elif _is_newer(passages[0].quote, leading[0].sentence):
                    is_doubtful = is_doubtful or self._may_have_changed(passages, leading)
                continue
            if not is_misread:
                passed.insert(0, leading)
            leading = found[0], self._confidence(leading[1], found)
            is_misread = has_left = is_doubtful = False
        is_count = self._question.type is QuestionType.HOW_MANY
        is_over = is_count and (is_last(leading[0]) or self._compare.is_of_another(leading))
        is_over |= self._compare.tells_opposite(leading[0])
        is_over |= _OF_PAST.search(self._question.text) is None and (is_given_up(leading[0]) or is_former(leading[0]))
        if has_left or is_doubtful or is_over:
            return self._outdated(leading, passed)
        speaker = self._compare.speaker
        if speaker is not None and speaker.is_someone_elses(leading[0]):
            said = self._told_inside(leading)
            if not said:
                return self._outdated(leading, ())
            leading = said[0][0], leading[1]
        if self.asks_of_event:
            passed = [one for one in passed if not self._is_settled(one[0])]
        passed = self._with_older(leading, passed, scored)
        differing = self._differing(leading, passed, scored)
        kept = [one for one in passed if not any(agree(one, other) for other in differing)]
        return Updates(leading, tuple(kept), tuple(differing))

    def _outdated(self, leading: ScoredCandidate, passed: Sequence[ScoredCandidate]) -> Updates:
        """Return a value that is none any more, or may be none, too unsure to answer."""
        return Updates((leading[0], min(leading[1], self._threshold / 2)), tuple(passed), is_outdated=True)

    @property
    def asks_of_event(self) -> bool:
        """Whether the time of something past is asked for."""
        return self._question.type is QuestionType.WHEN and _PAST.search(self._question.text) is not None

    def _is_settled(self, candidate: Candidate) -> bool:
        """Return whether an answer is the time of something past, which no newer report changes, and no plan."""
        value, published = date_of(candidate.span), candidate.span.article.published
        is_plan = value is not None and published is not None and value[:10] > published[:10]
        return self.asks_of_event and not is_plan

    def _is_misread(self, leading: ScoredCandidate) -> bool:
        """Return whether a number counts something else, is of a time to come, or is the price of something else."""
        if self._compare.is_of_another(leading) or self._compare.is_to_come(leading):
            return True
        if self._compare.tells_opposite(leading[0]):
            return True
        if self._compare.is_matched(leading) or not self._compare.asks_for_price(leading):
            return False
        own = self._passages_of(leading[0].sentence.article)
        prices = (one for one in self._read(own) if value_of(one).kind is ValueKind.MONEY)
        return any(self._compare.is_matched(one) for one in prices)

    def value_in(
        self, passages: Sequence[Passage], leading: ScoredCandidate, is_misread: bool
    ) -> ScoredCandidate | None:
        """Return the value of a report that supersedes the leading one, None where it gives none, or the same.

        Where the leading one was misread, it may be of any time, and the same.
        """
        if not is_misread and _is_newer(passages[0].quote, leading[0].sentence):
            changed = self._changed_in(_sentences(passages), leading)
            if changed is not None and self._compare.is_said((changed, leading[1])):
                return changed, leading[1]
        read = map(changed_to, self._read(passages))
        found = [one for one in read if is_misread or are_of_a_size(one, leading)]
        history = self._history(leading)
        if history is not None:
            for one in self._successors(history, passages, found):
                if not agree(one, leading):
                    return one
            found = _without_leaving(found, history)
        if self._question.type is QuestionType.HOW_MANY:
            found.extend(unread_numbers(passages, found))
        elif _is_newer(passages[0].quote, leading[0].sentence):
            correction = next((one for one in found if self._corrects(one, leading)), None)
            if correction is not None:
                return correction
        found = [one for one in found if not self._compare.is_to_come(one)]
        matched = [one for one in found if self._compare.is_matched(one) and not is_former(one[0])]
        is_only_match = len({value_of(one).number for one in matched}) == 1
        for one in sorted(found, key=lambda one: -one[1] - MATCHED * (one in matched)):
            if not is_misread and agree(one, leading):
                if one in matched:
                    return None
            elif (is_misread or _is_newer(one[0].sentence, leading[0].sentence)) and self.tells(
                one, leading, is_only_match and one in matched
            ):
                return one
        return None

    def _changed_in(self, sentences: Sequence[Quote], leading: ScoredCandidate) -> Candidate | None:
        """Return the value to which a report says that the leading one has changed, None where it says none."""
        value = value_of(leading)
        if value.kind is ValueKind.DATE:  # its day is no number that counts
            is_plan = self._question.type is QuestionType.WHEN and not self.asks_of_event
            return moved_date(sentences, value) if is_plan else None
        changed = corrected_value(sentences, leading[0].answering_span)
        if changed is None:
            changed = changed_value(sentences, leading[0].answering_span, self._compare.words)
        if changed is None and value.kind is ValueKind.MONEY:
            changed = waived_price(sentences, self._compare.prices_asked)
        if changed is None and self._question.type is QuestionType.HOW_MANY:
            former = leading[0].answering_span
            changed = told_total(sentences, former, self._compare.is_counted_in)
            if changed is None:
                changed = next_total(sentences, former, self._compare.counts_asked_in)
        if changed is None and self._question.type is QuestionType.WHEN and not self.asks_of_event:
            changed = moved_date(sentences, value)
        return changed

    def _in_force(self, leading: ScoredCandidate) -> ScoredCandidate:
        """Return an answer, or what its own sentence puts in its place: "rose by two to five", "not on 12 October"."""
        one = changed_to(leading) if is_former(leading[0]) else leading
        if value_of(one).kind is ValueKind.MONEY and is_former(one[0]):
            waived = waived_price([one[0].answering_sentence], lambda _: True)
            return one if waived is None else (waived, one[1])
        if self._question.type is QuestionType.WHEN and not self.asks_of_event and is_withdrawn(one[0]):
            own = self._passages_of(one[0].sentence.article)
            moved = moved_date(_sentences(own), value_of(one))
            return one if moved is None else (moved, one[1])
        return one

    def _may_have_changed(self, passages: Sequence[Passage], leading: ScoredCandidate) -> bool:
        """Return whether a newer report seems to tell another value, or the end of what is asked about."""
        has_ended = not self.asks_of_event and any(map(self._compare.has_ended, _sentences(passages)))
        if self._state is not None and self._question.type is QuestionType.HOW_MANY:
            has_ended |= self._state.ends_in_part_in(_sentences(passages)) is not None
        history, told = self._history(leading), [*self._read(passages)]
        if history is not None:
            told = _without_leaving(told, history)
        if self._question.type is QuestionType.HOW_MANY:
            told.extend(one for one in unread_numbers(passages, told) if is_last(one[0]))
        is_deniable = value_of(leading).kind in {ValueKind.NAME, ValueKind.WORDS}
        has_denial = is_deniable and any(is_denied(leading[0].span, one) for one in _sentences(passages))
        return has_ended or has_denial or any(self._compare.may_be_newer(one, leading) for one in told)

    def _corrects(self, one: ScoredCandidate, leading: ScoredCandidate) -> bool:
        """Return whether a sentence that denies one value gives another: "not by frost but by poor concrete"."""
        is_other = one[1] >= MIN_CONFIDENCE and not agree(one, leading) and value_of(one).kind is value_of(leading).kind
        return is_other and is_denied(leading[0].span, one[0].answering_sentence)

    def _history(self, leading: ScoredCandidate) -> OfficeHistory | None:
        is_asked = self._question.type in _HOLDER_TYPES
        return OfficeHistory.of(self._question.text, leading[0].span.text) if is_asked else None

    def _has_left(self, passages: Sequence[Passage], leading: ScoredCandidate) -> bool:
        """Return whether a report says that the holder of an office that is asked for has left it."""
        history = self._history(leading)
        return history is not None and history.has_left(_sentences(passages))

    def _successors(
        self, history: OfficeHistory, passages: Sequence[Passage], found: Sequence[ScoredCandidate]
    ) -> list[ScoredCandidate]:
        """Return who takes an office, the likeliest first by what was read."""
        taken = [
            (Candidate(name, sentence, 0.0), max((one[1] for one in found if one[0].span.covers(name)), default=0.0))
            for name, sentence in history.successors(_sentences(passages))
        ]
        return sorted(taken, key=lambda one: -one[1])

    def _confidence(self, former: float, newer: ScoredCandidate) -> float:
        """Return the confidence in a newer value: where the former one is sure, the question has an answer."""
        is_about = self._is_about(newer)
        if former >= self._threshold or (is_about and self._compare.is_sure_count(newer)):
            return max(newer[1], self._threshold, (former + newer[1]) / 2)
        return newer[1] if is_about else min(newer[1], former)

    def _confidence_alone(self, leading: ScoredCandidate, passages: Sequence[Passage]) -> float:
        """Return the confidence in an answer as if its report were the only one."""
        if self._question.type not in TYPED or not self._is_about(leading):
            return leading[1]
        alone = max((one[1] for one in self._read(passages) if agree(one, leading)), default=0.0)
        return max(leading[1], alone, self._threshold if self._compare.is_sure_count(leading) else 0.0)

    def _is_about(self, one: ScoredCandidate) -> bool:
        """Return whether title and passage of an answer have what is asked about, and the answer counts no other thing.

        What an answer misses, it may have only where it was found among other reports.
        """
        passage = passage_around(self._passages, one[0].answering_sentence)
        return self._compare.is_about(one[0], passage) and not self._compare.is_of_another(one)

    def _with_older(
        self, leading: ScoredCandidate, passed: Sequence[ScoredCandidate], scored: Sequence[ScoredCandidate]
    ) -> list[ScoredCandidate]:
        """Return the values that the leading one supersedes, newest first: with sure ones of other older reports."""
        found, article = list(passed), leading[0].sentence.article
        now = published_at(article)
        if now is None or self._question.type not in TYPED or self._is_settled(leading[0]):
            return found
        for one in (date_alone(one) if is_withdrawn(one[0]) else one for one in scored):
            other = one[0].sentence.article
            time = published_at(other)
            if time is None or time >= now or one[1] < self._threshold or self._compare.is_to_come(one):
                continue
            is_known = any(one[0].sentence == each[0].sentence or agree(one, each) for each in (leading, *found))
            is_same = self.is_for_the_same(one, leading) and are_of_a_size(one, leading)
            is_same &= not self._compare.is_of_another(one) and not self._compare.lacks_words_of(one[0], leading[0])
            if not is_known and is_same and self.is_on_story(other, article):
                found.append(one)
        return sorted(found, key=lambda one: -(published_at(one[0].sentence.article) or 0.0))

    def _with_older_sentences(self, updates: Updates, scored: Sequence[ScoredCandidate]) -> Updates:
        """Return what decides yes or no, with those sentences of older reports that it supersedes."""
        leading, found = updates.leading, list(updates.superseded)
        known = {one.sentence for one, _ in (leading, *found, *updates.differing)}
        for one in scored:
            is_sure = one[1] >= self._threshold and one[0].sentence not in known
            is_older = published_at(one[0].sentence.article) is not None and _is_newer(
                leading[0].sentence, one[0].sentence
            )
            if is_sure and is_older and not updates.is_outdated and self._is_superseded(one, leading):
                found.append(one)
        found.sort(key=lambda one: -(published_at(one[0].sentence.article) or 0.0))
        return replace(updates, superseded=tuple(found))

    def _is_superseded(self, one: ScoredCandidate, leading: ScoredCandidate) -> bool:
        """Return whether a newer sentence that decides yes or no decides what an older one did."""
        if not self.is_on_story(one[0].sentence.article, leading[0].sentence.article):
            return False
        return self._compare.is_about_subject(one[0]) and self.tells(leading, one)

    def is_on_story(self, one: Article, other: Article) -> bool:
        """Return whether two articles are on one story, or share a name that the question names, too."""
        texts = text_of(one), text_of(other)
        is_named = any(all(text_has_name(name, text) for text in texts) for name in self._compare.names)
        return is_same_story(one, other, MIN_SHARED_NAMES - is_named)

    def oldest(self, best: ScoredCandidate) -> Updates:
        """Return the oldest value; a report that tells it as the former one is as good as the oldest."""
        leading = at = best
        for _ in range(0 if is_former(best[0]) else MAX_STEPS):
            older = list(self._reports(at[0], lambda time, now: time < now))[:MAX_PASSAGES]
            found = next(iter(self._read(older)), None) if older else None
            if found is None:
                break
            at = found
            if found[1] >= self._threshold and self.is_for_the_same(found, leading):
                leading = found
        return Updates(leading)

    def _reports(self, candidate: Candidate, is_wanted: Callable[[float, float], bool]) -> Iterator[Passage]:
        """Yield the passages of other reports on the story whose time is wanted, best first."""
        article = candidate.sentence.article
        now = published_at(article)
        for passage in self._passages if now is not None else ():
            other = passage.quote.article
            time = published_at(other)
            is_other = time is not None and now is not None and other.id != article.id and is_wanted(time, now)
            if is_other and self.is_on_story(article, other):
                yield passage

    def _reports_since(self, candidate: Candidate, with_older: bool) -> list[list[Passage]]:
        """Return the passages of a candidate's report and of each newer one on the story, the oldest report first.

        None where there is no other report on the story.
        """
        article = candidate.sentence.article
        found = list(self._reports(candidate, lambda time, now: True))
        if not found:
            return []
        now = published_at(article) or 0.0
        found = [one for one in found if with_older or (published_at(one.quote.article) or 0.0) > now]
        found.extend(self._passages_of(article))
        found.sort(key=lambda one: (published_at(one.quote.article) or 0.0, one.quote.article.id))
        reports = [list(some) for _, some in groupby(found, lambda one: one.quote.article.id)]
        return [some[:MAX_PASSAGES] for some in reports[-MAX_REPORTS:]]

    def _passages_of(self, article: Article) -> list[Passage]:
        """Return the passages that are of an article."""
        return [one for one in self._passages if one.quote.article.id == article.id]

    def _differing(
        self, leading: ScoredCandidate, passed: Sequence[ScoredCandidate], scored: Sequence[ScoredCandidate]
    ) -> list[ScoredCandidate]:
        """Return other values of the same time, of which neither report says that the other one is outdated.

        Of a source, only the newest value differs.
        """
        is_comparable = self._question.type in TYPED or value_of(leading).is_number
        if leading[1] < self._threshold or not is_comparable:
            return []
        article = leading[0].sentence.article
        on_story = (one for one in scored if self.is_on_story(one[0].sentence.article, article))
        told = list(self._told_by_peers(leading))
        known = [*told, *passed, *on_story]
        differing: list[ScoredCandidate] = []
        for one in known:
            is_counted = one in told and all(map(self._compare.is_sure_count, (one, leading)))
            is_counted |= one in passed and self._compare.is_of_event() and one[1] >= MIN_CONFIDENCE
            is_sure = one[1] >= self._threshold or is_counted
            is_sure &= not any(_updates_source(other, one) for other in known)
            if is_sure and self._differs(one, leading) and not any(agree(one, other) for other in differing):
                differing.append(one)
        # Reading the article once more takes time, so only of reports.
        is_said = published_at(article) is not None and value_of(leading).is_number and self._compare.is_said(leading)
        inside = self._told_inside(leading) if is_said and self._compare.speaker is None else ()
        return [*differing, *(one for one in inside if not any(agree(one, each) for each in differing))]

    def _told_inside(self, leading: ScoredCandidate) -> list[ScoredCandidate]:
        """Return the value that another speaker gives beside the leading one, in the same article."""
        own = self._passages_of(leading[0].sentence.article)[:MAX_PASSAGES]
        told = list(self._read(own))
        told.extend(unread_numbers(own, told))
        value = value_of(leading)
        alike = (one for one in told if value_of(one).is_number and value_of(one).is_comparable(value))
        found = [
            one
            for one in alike
            if value_of(one).unit in (value.unit, None) and differ_inside(one[0], leading[0])
            if self._compare.is_said(one) and self.is_for_the_same(one, leading) and not may_agree(one, leading)
            if not is_former(one[0])
        ]
        return found[:1]

    def _told_by_peers(self, leading: ScoredCandidate) -> Iterator[ScoredCandidate]:
        """Yield the value of each other report of the same time, read alone.

        That is its only number that counts what is asked for, or else what is read, unless several numbers count that.
        """
        peers = sorted(
            self._reports(leading[0], lambda time, now: now - SAME_TIME <= time <= now),
            key=lambda one: one.quote.article.id,
        )
        for _, report in groupby(peers, lambda one: one.quote.article.id):
            passages = list(report)[:MAX_PASSAGES]
            told = [one for one in map(changed_to, self._read(passages)) if not is_former(one[0])]
            if self._question.type is QuestionType.HOW_MANY:
                told.extend(one for one in unread_numbers(passages, told) if not is_former(one[0]))
            matched = [one for one in told if self._compare.is_matched(one)]
            if len({value_of(one).number for one in matched}) == 1:
                yield matched[0]
            elif told and told[0][1] >= self._threshold:
                yield told[0]

    def _differs(self, other: ScoredCandidate, leading: ScoredCandidate) -> bool:
        article, of_leading = other[0].sentence.article, leading[0].sentence.article
        time, now = published_at(article), published_at(of_leading)
        max_age = SAME_EVENT if self._compare.is_of_event() else SAME_TIME
        if article.id == of_leading.id or time is None or now is None or now - time > max_age:
            return False
        if article.source is not None and article.source == of_leading.source:
            return False
        words = leading[0].answering_sentence.text
        tells_change = time != now and (is_ordinal(leading[0]) or _UPDATE.search(words) is not None)
        is_value = value_of(leading).kind is not ValueKind.WORDS and not is_former(other[0])
        may_differ = is_value and not tells_change and self._compare.may_differ(other, leading)
        return may_differ and self.is_for_the_same(other, leading) and not may_agree(other, leading)


def asks_of_person(question: str, best: Candidate) -> bool:
    """Return whether a question is the full name of a person in its best answer, or asks what has happened to one."""
    happened = _HAPPENED_TO.match(question)
    asked = [word.rstrip("?") for word in question[0 if happened is None else happened.end() :].lower().split()]
    persons = (name for name in names_in(best.sentence.text) if name.organisation <= name.person)
    if happened is not None:
        return any(name.words[-1] in asked for name in persons)
    return any(len(asked) > 1 and list(name.words) == asked for name in persons)


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


def newest_count(question: str, scored: Sequence[ScoredCandidate], threshold: float) -> Updates | None:
    """Return the newest of the sentences on a topic such as "cholera deaths Marewa" that count it, None without any."""
    asked = concepts_of(question) & SPECIFIC
    counts = [one for one in scored if one[1] >= threshold and published_at(one[0].sentence.article) is not None]
    counts = [one for one in counts if asked and _counts(one[0].sentence, asked)]
    if not counts:
        return None
    article = counts[0][0].sentence.article
    on_story = [one for one in counts if one is counts[0] or is_same_story(article, one[0].sentence.article)]
    newest, *older = sorted(on_story, key=lambda one: -(published_at(one[0].sentence.article) or 0.0))
    return Updates(newest, tuple(older))


def _counts(sentence: Quote, asked: frozenset[str]) -> bool:
    spans = number_spans(sentence.text)
    return any(asked & concepts_of_number(sentence.text, start, end) for start, end in spans)


def _numbers(sentence: Quote) -> list[tuple[int, int]]:
    return [(start, end) for _, start, end in numbers_in(sentence.text)]


def _without_leaving(found: Sequence[ScoredCandidate], history: OfficeHistory) -> list[ScoredCandidate]:
    """Return the candidates without those who leave the office, have left it, or hold another one."""
    told = ((one, one[0].answering_span, one[0].answering_sentence) for one in found)
    return [one for one, span, of in told if not history.is_leaving(span, of) and not history.is_elsewhere(of)]


def _sentences(passages: Sequence[Passage]) -> list[Quote]:
    return [sentence for passage in passages for sentence in passage.sentences]


def unread_numbers(passages: Sequence[Passage], found: Sequence[ScoredCandidate]) -> Iterator[ScoredCandidate]:
    """Yield the numbers of passages that no candidate has, without any confidence."""
    known = [one.span for one, _ in found]
    for sentence in _sentences(passages):
        for start, end in number_spans(sentence.text):
            span = Quote(sentence.article, sentence.start + start, sentence.start + end)
            if not any(other.covers(span) for other in known):
                yield Candidate(span, sentence, 0.0), 0.0


def _is_newer(one: Quote, other: Quote) -> bool:
    times = (published_at(each.article) or 0.0 for each in (one, other))
    return next(times) > next(times)


def _updates_source(newer: ScoredCandidate, one: ScoredCandidate) -> bool:
    """Return whether one source gives a value, and later another one."""
    article, other = one[0].sentence.article, newer[0].sentence.article
    time, later = published_at(article), published_at(other)
    is_source = article.source is not None and article.source == other.source
    return is_source and time is not None and later is not None and later > time
