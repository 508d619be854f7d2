"""From a question to scored candidates. Serving, evaluation, calibration and training all call this pipeline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from corpus.article import Article
from corpus.store.filters import NO_FILTERS, ArticleFilter
from corpus.store.words import fold
from index.generations.generation import Generation
from qa.answers.ages import AskedAge
from qa.answers.attribution import outcome_first
from qa.answers.compound import Answers, join_answers
from qa.answers.coreference import resolve_references
from qa.answers.descriptions import describe
from qa.answers.dialogue import after_questions
from qa.answers.former_values import MIN_EVENT, FormerValueFinder
from qa.answers.roles import holders_of_roles
from qa.answers.span_completion import SpanCompletion
from qa.answers.successions import AskedSuccession
from qa.confidence import Confidence
from qa.content_sentences import topic_answers, without_page_lines
from qa.conversation.follow_ups import is_about_kept, without_former_answers
from qa.evidence import EvidenceChecker
from qa.near_duplicates import remove_near_duplicates
from qa.overview.news import (
    NEWS_CONFIDENCE,
    STATEMENT_CONFIDENCE,
    SUMMARY_CONFIDENCE,
    NewsFinder,
    Report,
    Topic,
    candidates,
    names_speaker,
    within,
)
from qa.query.conditions import ConditionKind
from qa.query.overview import Overview, OverviewKind
from qa.query.parser import Question
from qa.query.period import Event, Period
from qa.query.question_types import QuestionType
from qa.reader.base import Reader
from qa.reader.cell_reader import asks_for_cell
from qa.reports.comparison import agree, is_former
from qa.reports.speakers import AskedSpeaker
from qa.reports.stories import published_between
from qa.retriever import Retriever
from qa.spelling import with_corrected_spelling
from qa.timeline import MAX_HITS as TIMELINE_HITS
from qa.timeline import ReportedValue, TimelineBuilder
from qa.types import Candidate, Hit, Passage, Quote, Reading, ScoredCandidate, passage_around
from qa.updates import WITHOUT_VALUES, UpdateFinder, Updates, asks_of_person, newest_first

MAX_HITS = 20  # read for every question: the first answer must not depend on top_k
MAX_CANDIDATES = 20
NEWS_DEPTH = 60  # hits for a topic whose news, or whose article, is wanted
_WITHOUT_FORMER = WITHOUT_VALUES | {QuestionType.YES_NO}


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What the pipeline found for a question.

    hits: retrieved sentences, best first. reading: its candidates, best first, near-duplicates removed and references
    resolved. scored: the candidates that may answer, each with its confidence: the reader's first one, or what a newer
    report says instead, then the others by confidence; news by date. updates: the other values for the first one, None
    without any.
    """

    question: Question
    hits: Sequence[Hit]
    passages: Sequence[Passage]
    reading: Reading
    scored: Sequence[ScoredCandidate]
    updates: Updates | None = None

    @property
    def best(self) -> Candidate | None:
        """The first scored candidate, None where there is none."""
        return self.scored[0][0] if self.scored else None

    @property
    def confidence(self) -> float:
        """The confidence of the first scored candidate, 0 where there is none."""
        return self.scored[0][1] if self.scored else 0.0

    def ranked_sentences(self) -> list[Quote]:
        """Return all sentences, best first, whatever their confidence."""
        return self.reading.ranked_sentences(self.hits)


@dataclass(slots=True)
class Pipeline:
    """Parses, retrieves, reads and scores. Thread-safe if its parts are.

    threshold: the minimum confidence of an answer; it also decides which sentences answer a topic. It may be changed.
    """

    retriever: Retriever
    reader: Reader
    confidence: Confidence
    threshold: float

    def run(
        self, generation: Generation, question: Question, filters: ArticleFilter = NO_FILTERS, depth: int = MAX_HITS
    ) -> PipelineResult:
        """Answer a question from a generation.

        depth: the number of hits; the first MAX_HITS of them are read. Raises InvalidArticle for a bad date in the
        filters.
        """
        if question.overview is not None:
            ordinary = replace(question, overview=None)
            if question.overview.is_fallback:
                found = self.run(generation, ordinary, filters, depth)
                if found.confidence >= self.threshold:
                    return found
            told = self._overview(generation, question, question.overview, filters)
            if told is not None:
                return told
            question = ordinary
        question, hits = self.retrieve(generation, question, depth, filters)
        if not hits:
            return PipelineResult(question, (), (), Reading((), 0.0), ())
        return self.answer(generation, question, hits, self.retriever.passages(generation, hits[:MAX_HITS]))

    def run_first(
        self, generation: Generation, ways: Sequence[Question], filters: ArticleFilter = NO_FILTERS
    ) -> PipelineResult:
        """Answer the first of several ways to understand a question that has an answer, or else the likeliest one."""
        results: list[PipelineResult] = []
        for way in ways:
            found = self.run(generation, way, filters)
            if way.is_tentative:
                best = found.best
                around = None if best is None else passage_around(found.passages, best.answering_sentence)
                if best is None or around is None or not is_about_kept(way, best, around):
                    continue
            results.append(found)
            if found.best is not None and found.confidence >= self.threshold:
                return found
        # Without an answer, the passages of the articles that the conversation is about are the closest.
        return max(results, key=lambda one: (one.question.preference, one.confidence)) if results else found

    def retrieve(
        self, generation: Generation, question: Question, depth: int = MAX_HITS, filters: ArticleFilter = NO_FILTERS
    ) -> tuple[Question, Sequence[Hit]]:
        """Return a question with its spelling corrected by a generation, and its hits there, best first.

        Small talk retrieves nothing. Raises InvalidArticle for a bad date in the filters.
        """
        if question.type is QuestionType.SMALL_TALK:
            return question, ()
        question = with_corrected_spelling(question, generation.keywords)
        return question, self.retriever.search(generation, question, depth, filters)

    def _overview(
        self, generation: Generation, question: Question, request: Overview, filters: ArticleFilter
    ) -> PipelineResult | None:
        """Answer a request for news, statements or a summary; None where it is to be read as an ordinary question."""
        finder = NewsFinder(generation, self.retriever.store, filters)
        if request.kind is OverviewKind.SUMMARY:
            found = self._summary(generation, question, request, filters, finder)
        elif request.kind is OverviewKind.STATEMENTS:
            found = self._statements(generation, question, request, filters, finder)
        else:
            found = self._news(generation, question, request, filters, finder)
        if not found:
            return None
        hits = [hit for hit, _ in found]
        scored = tuple(one for _, one in found)
        reading = Reading(tuple(one for one, _ in scored), 0.0, tuple(hit.sentence for hit in hits))
        told = replace(question, type=QuestionType.TOPIC, hint=None)  # "what's new" may be small talk
        return PipelineResult(told, hits, self.retriever.passages(generation, hits), reading, scored)

    def _news(
        self,
        generation: Generation,
        question: Question,
        request: Overview,
        filters: ArticleFilter,
        finder: NewsFinder,
    ) -> list[tuple[Hit, ScoredCandidate]]:
        if not request.topic:
            return candidates(finder.news(finder.newest_reports(request), request), NEWS_CONFIDENCE)
        source = self._source_named(request.topic)
        if source is not None:
            of_source = NewsFinder(generation, self.retriever.store, replace(filters, sources=(source,)))
            return candidates(of_source.news(of_source.newest_reports(request), request), NEWS_CONFIDENCE)
        filtered = within(filters, request.first, request.last)
        if filtered is None:
            return []
        about, hits = self._retrieve_topic(generation, question, request.topic, filtered)
        if not hits:
            return []
        found = self._read(generation, about, hits, self.retriever.passages(generation, hits[:MAX_HITS]))
        topic = Topic(about.text, found.scored, self.threshold)
        reports = finder.on_topic(finder.reports_of(hits), topic)
        return candidates(finder.news(reports, request, topic), NEWS_CONFIDENCE)

    def _statements(
        self,
        generation: Generation,
        question: Question,
        request: Overview,
        filters: ArticleFilter,
        finder: NewsFinder,
    ) -> list[tuple[Hit, ScoredCandidate]]:
        filtered = within(filters, request.first, request.last)
        if filtered is None:
            return []
        _, hits = self._retrieve_topic(generation, question, f"{request.topic} said", filtered)
        reports = [one for one in finder.reports_of(hits) if names_speaker(one.article, request.topic)]
        return candidates(finder.statements(reports, request), STATEMENT_CONFIDENCE)

    def _summary(
        self,
        generation: Generation,
        question: Question,
        request: Overview,
        filters: ArticleFilter,
        finder: NewsFinder,
    ) -> list[tuple[Hit, ScoredCandidate]]:
        if not request.topic:
            reports = finder.newest_reports(request)[:1]
            return candidates(finder.summary(reports[0]), SUMMARY_CONFIDENCE) if reports else []
        about, hits = self._retrieve_topic(generation, question, request.topic, filters)
        if not hits:
            return []
        found = self._read(generation, about, hits, self.retriever.passages(generation, hits[:MAX_HITS]))
        hit = Topic(about.text, found.scored, self.threshold).article_of(hits)
        if hit is None:
            return []
        report = Report(generation.sentence(hit.row)[0], hit.sentence.article)
        return candidates(finder.summary(report), SUMMARY_CONFIDENCE)

    def _retrieve_topic(
        self, generation: Generation, question: Question, topic: str, filters: ArticleFilter
    ) -> tuple[Question, Sequence[Hit]]:
        about = Question(f"{topic}?", QuestionType.TOPIC, today=question.today)
        return self.retrieve(generation, about, NEWS_DEPTH, filters)

    def _source_named(self, topic: str) -> str | None:
        """Return the source that a topic names, None where it names none."""
        wanted = fold(topic).removeprefix("the ")
        return next((one for one in self.retriever.store.sources() if fold(one).removeprefix("the ") == wanted), None)

    def answer(
        self, generation: Generation, question: Question, hits: Sequence[Hit], passages: Sequence[Passage]
    ) -> PipelineResult:
        """Answer a question from passages that were retrieved from a generation.

        One that joins several is answered by the answers to each.
        """
        if not question.parts:
            return self._answer(generation, question, hits, passages)
        results = [self._answer(generation, part, hits, passages) for part in question.parts]
        joined = join_answers([Answers(one.question, one.scored) for one in results], self.threshold)
        sentences = dict.fromkeys(sentence for one in results for sentence in one.reading.sentences)
        reading = replace(results[0].reading, sentences=tuple(sentences))
        return PipelineResult(question, hits, passages, reading, () if joined is None else (joined,))

    def timeline(
        self, generation: Generation, result: PipelineResult, filters: ArticleFilter = NO_FILTERS
    ) -> list[ReportedValue]:
        """Return the history of the answer to a question, oldest value first; none without an answer or with one value.

        More is retrieved than for the answer, and each report on its story is read alone.
        """
        if result.question.parts or result.confidence < self.threshold or result.question.overview is not None:
            return []
        asked = result.question if result.question.period is None else result.question.without(result.question.period)
        hits = self.retriever.search(generation, asked, TIMELINE_HITS, filters)
        passages = self.retriever.passages(generation, hits)
        read = self._reading_of(generation, asked)
        finder = UpdateFinder(asked, passages, read, self.threshold)
        since = self.retriever.said_since
        others = () if result.updates is None else (*result.updates.superseded, *result.updates.differing)
        builder = TimelineBuilder(result.question, passages, read, finder, self.threshold, since)
        return builder.history(result.scored[0], others)

    def _answer(
        self, generation: Generation, question: Question, hits: Sequence[Hit], passages: Sequence[Passage]
    ) -> PipelineResult:
        is_dated = any(one.quote.article.published for one in passages)
        age = AskedAge.of(question.text)
        ages = [] if age is None else age.answers(_articles(generation, passages))
        if ages:
            found = self._read(generation, question, hits, passages)
            return replace(found, scored=(ages[0], *(one for one in found.scored if not agree(one, ages[0]))))
        succession = AskedSuccession.of(question.text) if is_dated else None
        if succession is not None:
            return self._by_succession(generation, question, succession, hits, passages)
        return self._by_time(generation, question, hits, passages)

    def _by_time(
        self, generation: Generation, question: Question, hits: Sequence[Hit], passages: Sequence[Passage]
    ) -> PipelineResult:
        """Answer a question by the reports of the time that it asks about, the present where it names none."""
        is_dated = any(one.quote.article.published for one in passages)
        period = question.period
        if period is None or (period.event is not None and not is_dated):
            return self._with_updates(generation, question, hits, passages)
        former = self._at_former_time(generation, question, period, hits, passages)
        if former is not None:
            return former
        if period.event is not None:
            found = self._read(generation, question, hits, passages)
            scored = tuple(one for one in found.scored if _tells_event(period.event, one[0], passages))
            return replace(found, scored=scored)
        if period.last is None:
            told = self._with_updates(generation, question, hits, passages, is_about_beginning=True)
            is_developing = len({one.quote.article.id for one in passages if one.quote.article.published}) > 1
            is_known = told.best is None or question.type in _WITHOUT_FORMER or is_former(told.best)
            return told if is_known or not is_developing else replace(told, scored=(), updates=None)
        return self._by_reports_of(generation, question, period, hits, passages)

    def _by_succession(
        self,
        generation: Generation,
        question: Question,
        succession: AskedSuccession,
        hits: Sequence[Hit],
        passages: Sequence[Passage],
    ) -> PipelineResult:
        """Answer who held an office before or after somebody: by what tells both, or else by reading."""
        found = self._read(generation, question, hits, passages)
        told = succession.answers(passages)
        others = (one for one in found.scored if succession.may_be(one[0]))
        names = {one[0].span.text.split()[-1] for one in told}
        return replace(found, scored=(*told, *(one for one in others if one[0].span.text.split()[-1] not in names)))

    def _by_reports_of(
        self,
        generation: Generation,
        question: Question,
        period: Period,
        hits: Sequence[Hit],
        passages: Sequence[Passage],
    ) -> PipelineResult:
        """Answer a question about a former time by the reports of that time, until then, or that name it."""
        # Reports of that time and until then tell what was so; the words for the time are seldom theirs.
        then, until_then = (
            published_between(passages, first, period.last or date.max) for first in (period.first, None)
        )
        readings = [(question.without(period), then)]
        if until_then != then:
            readings.append((question, until_then))
        for asked, reports in readings:
            told = self._with_updates(generation, asked, hits, reports) if reports else None
            if told is not None and told.confidence >= self.threshold:
                return replace(told, question=question, passages=passages)
        found = self._read(generation, question, hits, passages)
        if not any(one.quote.article.published for one in passages):
            return found
        # Of later reports, those passages answer that name the time.
        checker = EvidenceChecker(question.text)
        named = tuple(one for one in found.scored if _names_time(checker, period, one[0], passages))
        return replace(found, scored=named)

    def _at_former_time(
        self,
        generation: Generation,
        question: Question,
        period: Period,
        hits: Sequence[Hit],
        passages: Sequence[Passage],
    ) -> PipelineResult | None:
        """Answer a question about a former time by what reports tell of that time, None where they tell nothing."""
        asked = question.without(period)
        if asked.type in _WITHOUT_FORMER:
            return None
        found = self._read(generation, asked, hits, passages)
        read = self._reading_of(generation, asked)
        finder = UpdateFinder(asked, passages, read, self.threshold)
        values = FormerValueFinder(asked, passages, read, finder, self.threshold)
        value = values.value_at(period, found.scored)
        if value is None:
            return None
        others = (one for one in found.scored if one[0].sentence != value[0].sentence and agree(one, value))
        return replace(found, question=question, scored=(value, *others))

    def _with_updates(
        self,
        generation: Generation,
        question: Question,
        hits: Sequence[Hit],
        passages: Sequence[Passage],
        is_about_beginning: bool = False,
    ) -> PipelineResult:
        """Answer a question by the newest report that tells it, or by the oldest where it asks how it was at first."""
        found = self._read(generation, question, hits, passages)
        if found.scored and question.asks_news:
            return replace(found, scored=newest_first(found.scored, self.threshold))
        if not found.scored:
            return found
        best = found.scored[0]
        type_ = found.question.type
        if is_about_beginning and type_ in WITHOUT_VALUES:
            return found
        read = self._reading_of(generation, found.question)
        finder = UpdateFinder(found.question, passages, read, self.threshold)
        updates = finder.oldest(best) if is_about_beginning else finder.newest(found.scored)
        if updates == Updates(best):
            is_of_person = not is_about_beginning and asks_of_person(question.text, best[0])
            return replace(found, scored=newest_first(found.scored, self.threshold)) if is_of_person else found
        told = {one.sentence for one, _ in (updates.leading, *updates.superseded, *updates.differing)}
        others = (one for one in found.scored if one[0].sentence not in told and not updates.make_outdated(one))
        return replace(found, scored=(updates.leading, *others), updates=updates)

    def _reading_of(
        self, generation: Generation, question: Question
    ) -> Callable[[Sequence[Passage]], Sequence[ScoredCandidate]]:
        """Return the function that reads some passages for a question as if there were no others."""
        known: dict[tuple[Quote, ...], Sequence[ScoredCandidate]] = {}

        def read(some: Sequence[Passage]) -> Sequence[ScoredCandidate]:
            key = tuple(passage.quote for passage in some)
            if key not in known:
                hits = [hit for passage in some for hit in passage.hits]
                known[key] = self._read(generation, question, hits, some).scored
            return known[key]

        return read

    def _read(
        self, generation: Generation, question: Question, hits: Sequence[Hit], passages: Sequence[Passage]
    ) -> PipelineResult:
        question = question.with_titles({passage.quote.article.title for passage in passages})
        if question.type is QuestionType.TOPIC and asks_for_cell(question, passages):
            question = replace(question, type=QuestionType.OTHER)
        # All before confidence is estimated: what is no answer must not lower the score margin of one.
        reading = self.reader.read(question, passages)
        if question.type is not QuestionType.TOPIC:
            reading = describe(question, without_page_lines(question, reading), passages)
            reading = holders_of_roles(question, after_questions(question, reading, passages))
        reading = remove_near_duplicates(reading)
        reading = resolve_references(question, reading, partial(_sentence_spans, generation, passages))
        if question.excluded:
            reading = without_former_answers(question, reading)
        top = reading.top(MAX_CANDIDATES)
        confidences = self.confidence.estimate(question, top, passages)
        scored = list(zip(top.candidates, confidences, strict=True))
        if question.type is QuestionType.TOPIC:
            scored = topic_answers(question.text, scored, passages, self.threshold)
        # Others may have a higher confidence than the reader's first; putting them first made the first words worse.
        ordered = (*scored[:1], *sorted(scored[1:], key=lambda one: -one[1]))
        if question.type is QuestionType.YES_NO:
            ordered = (*outcome_first(ordered),)
        speaker = AskedSpeaker.of(question.text)
        if speaker is not None:
            ordered = (*speaker.first(ordered),)
        completion = SpanCompletion(question)
        completed = tuple(
            (completion.completed(one), confidence) if at == 0 or confidence >= self.threshold else (one, confidence)
            for at, (one, confidence) in enumerate(ordered)
        )
        return PipelineResult(question, hits, passages, reading, completed)


def _articles(generation: Generation, passages: Sequence[Passage]) -> list[tuple[Article, Sequence[tuple[int, int]]]]:
    """Return the articles of passages, each with the spans of its sentences."""
    articles = {passage.quote.article.id: passage.quote.article for passage in passages}
    return [(one, _sentence_spans(generation, passages, one)) for one in articles.values()]


def _sentence_spans(generation: Generation, passages: Sequence[Passage], article: Article) -> list[tuple[int, int]]:
    """Return the spans of the sentences of an article that a passage is from."""
    row = next(passage.hits[0].row for passage in passages if passage.quote.article.id == article.id)
    return generation.article_spans(generation.sentence(row)[0])


def _tells_event(event: Event, candidate: Candidate, passages: Sequence[Passage]) -> bool:
    """Return whether the passage of an answer tells an event: for what was before it, the sentence."""
    sentence = candidate.answering_sentence
    around = sentence if event.relation == "before" else passage_around(passages, sentence)
    return event.share_in(f"{sentence.article.title} {around.text}") >= MIN_EVENT


def _names_time(checker: EvidenceChecker, period: Period, candidate: Candidate, passages: Sequence[Passage]) -> bool:
    """Return whether the passage of an answer names the period that a question asks about, or the title its words."""
    sentence = candidate.answering_sentence
    article, passage = sentence.article, passage_around(passages, sentence)
    if article.published is None or period.is_named_in(article.text, article.published, passage.start, passage.end):
        return True
    evidence = checker.check(candidate.answering_span, sentence, passage)
    times = (ConditionKind.YEAR, ConditionKind.DATE)
    return not period.is_relative and all(one.met is not False for one in evidence if one.kind in times)
