"""Answers questions: a question in, a reply out."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import islice
from typing import Protocol

from corpus.article import parse_published
from corpus.store.filters import NO_FILTERS, ArticleFilter
from corpus.store.words import fold
from index.generations.generation import Generation
from qa.annotators import Annotator, AnswerContext, place_of_quote
from qa.conversation.follow_ups import follow_ups
from qa.conversation.history import NO_CONVERSATION, Conversation, ConversationStore
from qa.evidence import EvidenceChecker, missing_names
from qa.near_duplicates import is_same_sentence
from qa.overview.library import LibraryGuide
from qa.pipeline import Pipeline, PipelineResult
from qa.query.overview import OverviewKind
from qa.query.parser import Question, normalize_question, parse_question
from qa.query.question_types import QuestionType
from qa.query.sources import AskedSource, SourceNames, asked_source, may_name_source
from qa.timeline import ReportedValue
from qa.types import (
    Answer,
    Closest,
    FoundSentence,
    FromQuestion,
    Passage,
    Quote,
    Reply,
    ScoredCandidate,
    SearchResult,
    TimelineEntry,
    Understood,
    passage_around,
)

DEFAULT_ANSWERS, DEFAULT_NEWS = 3, 5
MAX_SENTENCES = 100  # of a search, so many as retrieval ranks by both of its scores
_MAX_CLOSEST = 3
_NO_ARTICLES = "There are no articles to answer from yet."
_MISSING = "The closest passage doesn't mention {}."
_NOTHING_MATCHES = "No article passes these filters."


class GenerationSource(Protocol):
    """Provides the current generation."""

    def generation(self) -> Generation:
        """Return the current generation; raises NotReady, IndexProblem."""
        ...


class VersionSource(Protocol):
    """Makes former versions of articles searchable."""

    def extended(self, generation: Generation, question: str, filters: ArticleFilter) -> Generation:
        """Return a generation with the former versions that pass the filters; raises IndexProblem."""
        ...


class QAService:
    """Answers questions from the current generation. Thread-safe; a question sees exactly one generation."""

    def __init__(
        self,
        generations: GenerationSource,
        pipeline: Pipeline,
        annotators: Sequence[Annotator] = (),
        versions: VersionSource | None = None,
        conversations: ConversationStore | None = None,
    ) -> None:
        self._generations = generations
        self._pipeline = pipeline
        self._annotators = annotators
        self._versions = versions
        self._conversations = ConversationStore() if conversations is None else conversations

    def ask(
        self,
        question: str,
        top_k: int | None = None,
        filters: ArticleFilter = NO_FILTERS,
        today: date | None = None,
        timeline: bool = False,
        ignore: Collection[str] = (),
        conversation: Conversation = NO_CONVERSATION,
    ) -> Reply:
        """Return at most top_k answers whose confidence reaches the threshold, each from another sentence.

        The reader's best candidate comes first, or what a newer report says instead, or the newest report where news is
        asked for; the others follow by confidence. A smaller top_k gives the first of the same answers; by default, it
        is DEFAULT_NEWS for news and DEFAULT_ANSWERS for others. Small talk gets a hint and no answers, a question about
        the library gets `library`. today: the day it is asked on, by default that of the filters' `as_of`, else the
        local one; "last week" is the one before. timeline: whether to tell the history of the first answer, too.
        ignore: words of the question that are not to be read as a time or a source, and of the conversation that are
        not to be used. conversation: what a question that doesn't stand alone is understood from; where it has an id,
        from its kept turns, and this turn is kept.

        Raises InvalidQuestion for a question that is empty or longer than MAX_QUESTION, InvalidArticle for a bad date
        in the filters, UnknownFilterValue for a source or an id that no article has, NotReady and IndexProblem where
        there is no index to answer from.
        """
        start = time.perf_counter()
        ignored = frozenset(" ".join(words.split()).lower() for words in ignore)
        source = self._asked_source(question, filters)
        asked = question if source is None else source.question
        parsed = parse_question(asked, _asked_on(filters) if today is None else today, ignored)
        limited, is_ignored = filters, source is not None and source.text.lower() in ignored
        if source is not None and not is_ignored:
            limited = replace(filters, sources=source.sources)
        current = self._generations.generation()
        if parsed.overview is not None and parsed.overview.kind.is_about_library:
            library = LibraryGuide(self._pipeline.retriever.store).answer(parsed.overview, limited)
            took_ms = (time.perf_counter() - start) * 1000
            read = _from_question(parsed, None if is_ignored else source)
            understood = Understood(parsed.text, filters, read)
            return Reply(question, (), (), current.number, took_ms, understood, library.text, library=library)
        generation = self._with_versions(current, parsed, limited)
        conversation = self._conversations.with_turns(conversation)
        stands_alone = parsed.overview is not None and not parsed.overview.is_fallback
        ways = [parsed] if stands_alone else follow_ups(asked, parsed, conversation, ignored)
        result = self._pipeline.run_first(generation, ways, limited)
        answers: Iterable[Answer] = _answers(result, self._pipeline.threshold)
        context = AnswerContext(result.question, generation, limited, result.passages)
        for annotator in self._annotators:
            answers = annotator.annotate(answers, context)
        best = tuple(islice(answers, _default_count(parsed) if top_k is None else top_k))
        distinct: list[Quote] = []
        for sentence in result.ranked_sentences():
            if not any(one.text == sentence.text or is_same_sentence(one, sentence) for one in distinct):
                distinct.append(sentence)
            if len(distinct) == _MAX_CLOSEST:
                break
        checker = EvidenceChecker(result.question.text)
        contexts = [passage_around(result.passages, sentence) for sentence in distinct]
        closest = tuple(
            Closest(sentence, context, tuple(checker.check(sentence, sentence, context)))
            for sentence, context in zip(distinct, contexts, strict=True)
        )
        hint = result.question.hint
        if hint is None and not result.hits:
            hint = _NOTHING_MATCHES if limited else _NO_ARTICLES
        elif hint is None and not best and closest:
            others = {one.text for other in closest[1:] for one in other.evidence if one.met is not False}
            # In the asker's own spelling: what was corrected to another word is not what is missing.
            missing = [one for one in missing_names(closest[0].evidence) if one not in others and one in parsed.text]
            hint = _MISSING.format(" or ".join(missing)) if missing else None
        left_out = 0
        if filters.has_dates and not filters.undated and result.question.type is not QuestionType.SMALL_TALK:
            left_out = self._pipeline.retriever.count_undated(limited)
        history = self._history(current, result, limited) if timeline else ()
        entries = tuple(TimelineEntry(_answer(one.value, ()), one.first, one.last) for one in history)
        took_ms = (time.perf_counter() - start) * 1000
        read = _from_question(result.question, None if is_ignored else source)
        understood = Understood(
            result.question.text,
            filters,
            read,
            result.question.kept,
            None if (request := result.question.overview) is None else request.kind,
        )
        reply = replace(
            Reply(question, best, closest, generation.number, took_ms, understood, hint, left_out, entries),
            may_have_history=self._may_have_history(best),
        )
        if result.question.type is not QuestionType.SMALL_TALK:
            self._conversations.keep(conversation, reply.turn)
        return reply

    def check(self, filters: ArticleFilter) -> None:
        """Raise what ask would raise for any question: for these filters, and where there is no index."""
        self._generations.generation()
        if filters:
            self._pipeline.retriever.store.numbers(filters)

    def before(self, question: str, conversation: Conversation) -> Conversation:
        """Return the conversation before a question that it may end with, without its id: asking again adds no turn."""
        turns = self._conversations.with_turns(conversation).turns
        is_last = bool(turns) and turns[-1].question == question
        return Conversation(turns[:-1] if is_last else turns)

    def _asked_source(self, question: str, filters: ArticleFilter) -> AskedSource | None:
        """Return the source that a question names, of those that the filters let pass."""
        if not may_name_source(question):
            return None
        names, wanted = self._pipeline.retriever.source_names(), [fold(name) for name in filters.sources]
        if wanted:
            sources = self._pipeline.retriever.store.sources()
            names = SourceNames.of([one for one in sources if any(name in fold(one) for name in wanted)])
        return asked_source(normalize_question(question), names)

    def search(self, question: str, k: int, filters: ArticleFilter = NO_FILTERS) -> SearchResult:
        """Return the k sentences that are retrieved best, without reading; raises what ask raises."""
        start = time.perf_counter()
        parsed = parse_question(question)
        generation = self._with_versions(self._generations.generation(), parsed, filters)
        _, hits = self._pipeline.retrieve(generation, parsed, k, filters)
        passages = self._pipeline.retriever.passages(generation, hits)
        blocks_of = cache(self._pipeline.retriever.store.blocks)
        found = tuple(
            FoundSentence(
                hit.sentence, hit.score, passage_around(passages, hit.sentence), place_of_quote(hit.sentence, blocks_of)
            )
            for hit in hits
        )
        return SearchResult(question, found, generation.number, (time.perf_counter() - start) * 1000)

    def _history(self, current: Generation, result: PipelineResult, filters: ArticleFilter) -> list[ReportedValue]:
        """Return the values that the first answer has had, by former versions of articles, too."""
        if result.confidence < self._pipeline.threshold:
            return []
        filters = replace(filters, versions=True)
        return self._pipeline.timeline(self._with_versions(current, result.question, filters), result, filters)

    def _may_have_history(self, answers: Sequence[Answer]) -> bool:
        """Return whether an older report, or a former version of the first answer's article, may tell another value."""
        if not answers or answers[0].supersedes:
            return bool(answers)
        span = answers[0].span
        return self._pipeline.retriever.store.has_version_without(span.article.id, span.text)

    def _with_versions(self, generation: Generation, question: Question, filters: ArticleFilter) -> Generation:
        """Return a generation with the former versions of articles that the filters ask for."""
        if self._versions is None or not filters.takes_versions:
            return generation
        return self._versions.extended(generation, question.search_text, filters)


def _default_count(question: Question) -> int:
    request = question.overview
    return DEFAULT_NEWS if request is not None and request.kind is OverviewKind.NEWS else DEFAULT_ANSWERS


def _asked_on(filters: ArticleFilter) -> date:
    return date.today() if filters.as_of is None else parse_published(filters.as_of).day


def _from_question(question: Question, source: AskedSource | None) -> tuple[FromQuestion, ...]:
    """Return the words of a question that were read as a source or a time, or that ask for the newest."""
    found = [] if source is None else [FromQuestion("source", source.text, source=", ".join(source.sources))]
    request = question.overview
    if request is not None and request.time:
        found.append(FromQuestion("period", request.time, request.first, request.last))
        return tuple(found)
    if question.news_words:
        found.append(FromQuestion("period", question.news_words))
    for one in question.parts or (question,):
        if (period := one.period) is not None:
            found.append(FromQuestion("period", period.text, period.first, period.last))
    return tuple(dict.fromkeys(found))


def _answers(result: PipelineResult, threshold: float) -> Iterator[Answer]:
    """Yield the answers whose confidence reaches the threshold; what reports say otherwise stands by the first."""
    for at, scored in enumerate(result.scored):
        if scored[1] < threshold:
            continue
        answer = _answer(scored, result.passages)
        if at == 0 and result.updates is not None:
            updates = result.updates
            superseded, differing = (
                tuple(_answer(one, result.passages) for one in some) for some in (updates.superseded, updates.differing)
            )
            yield replace(answer, supersedes=superseded, differs=differing)
        else:
            yield answer


def _answer(scored: ScoredCandidate, passages: Sequence[Passage]) -> Answer:
    one, confidence = scored
    context = passage_around(passages, one.sentence)
    return Answer(one.span, one.sentence, context, confidence, parts=one.parts, missing=one.missing, via=one.via)
