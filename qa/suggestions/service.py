"""Suggests names and questions that the articles can answer.

Names and questions are taken from the articles in the background, beside the index: a build does not wait for them.
A question is only suggested after it was asked and had a confident answer in the sentence that it was made from.
"""

import hashlib
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from corpus.article import Article, BlockKind
from corpus.errors import CitelineError
from corpus.events import log_event
from corpus.store.article_store import ArticleStore
from corpus.store.filters import NO_FILTERS, ArticleFilter
from index.generations.builder import Progress
from index.generations.generation import Generation
from index.search.keywords import stems
from qa.answers.names import names_in
from qa.conversation.history import NO_CONVERSATION, Conversation
from qa.service import QAService
from qa.suggestions.article_names import ArticleNames
from qa.suggestions.questions import is_question_heading, questions_from
from qa.suggestions.references import with_named_subjects
from qa.suggestions.repository import ArticleSuggestions, StoredQuestion, SuggestionRepository
from qa.types import Reply

log = logging.getLogger(__name__)
SURE = 0.9  # the confidence that the page calls sure
MAX_TYPED = 200  # characters
MAX_SUGGESTIONS = 20
MAX_NEXT = 3
NEXT_BUDGET = 0.3  # seconds of processor time for the next questions
_STARTERS = 16  # confident questions of the newest articles that are kept ready
_MAX_CHECKS = 12  # of questions for one beginning that was typed
_MAX_STARTER_CHECKS = 100  # in a generation
_ARTICLES_AT_ONCE = 8
_MAX_SENTENCES = 2_000  # of an article; a longer one is a book
_MAX_QUESTIONS = 200  # of an article
_POLL_SECONDS = 0.5
_MAX_OF_NAME = 6  # questions about a name that is in the question or its answer
_TYPING_PAUSE, _MAX_PAUSES = 0.2, 5  # seconds without a key before questions are checked, and how many of them
_MAX_CACHED = 256
_SAME_QUESTION = 0.7  # Jaccard similarity of the stems


class IndexState(Protocol):
    """What the indexer tells: the current generation, None before the first one."""

    @property
    def current(self) -> Generation | None:
        """The current generation."""
        ...


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Questions and names that begin with what was typed, the best first."""

    questions: tuple[str, ...]
    names: tuple[str, ...]


class SuggestionService:
    """Suggests names and questions, and finds them in new articles. Thread-safe."""

    def __init__(self, repository: SuggestionRepository, store: ArticleStore, index: IndexState, qa: QAService) -> None:
        self._repository = repository
        self._store = store
        self._index = index
        self._qa = qa
        self._live_revision = -1  # of the store, when articles that are not there any more were last dropped
        self._indexed: Generation | None = None  # whose articles are all in the repository
        self._starter_checks = 0
        self._typed: deque[str] = deque(maxlen=1)
        self._cache: OrderedDict[bytes, tuple[str, ...]] = OrderedDict()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def suggest(self, typed: str, limit: int = 8) -> Suggestions:
        """Return questions and names of live, indexed articles that begin with what was typed, at most `limit` each.

        Each typed word begins a word of a suggestion, in any case, with or without accents; where nothing does, the
        last word may have one wrong letter. Nothing typed gives questions of the newest articles, and no names. Raises
        StorageProblem.
        """
        self._drop_deleted()
        if not any(map(str.isalnum, typed)):
            found = self._repository.newest(limit, confident=True)
            return Suggestions(_texts(found, limit), ())
        questions, names = self._matches(typed, limit)
        if not questions and not names and (respelt := self._repository.respelt(typed)) is not None:
            typed = respelt
            questions, names = self._matches(typed, limit)
        if len(questions) < limit:
            self._typed.append(typed)
            self._wake.set()
        return Suggestions(questions, names)

    def next_questions(
        self,
        question: str,
        filters: ArticleFilter = NO_FILTERS,
        today: date | None = None,
        ignore: Collection[str] = (),
        conversation: Conversation = NO_CONVERSATION,
    ) -> tuple[str, ...]:
        """Return at most MAX_NEXT questions to ask after one, each with a confident answer, about its story.

        None repeats a question of the conversation. It takes about NEXT_BUDGET seconds of processor time at most, and
        returns fewer questions rather than late. The conversation may have the question as its last turn, and is left
        as it is. Raises what `QAService.ask` raises.
        """
        started = time.process_time()
        self._drop_deleted()
        generation = self._index.current
        before = self._qa.before(question, conversation)
        index = None if generation is None else generation.identity
        asked_for = (index, self._live_revision, question, filters, today, tuple(ignore), before)
        key = hashlib.sha256(repr(asked_for).encode(errors="surrogatepass")).digest()  # the words are not kept
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        reply = self._qa.ask(question, 3, filters, today, ignore=ignore, conversation=before)
        asked = (reply.understood.question, question, *(one.question for one in before.turns))
        found = tuple(self._next(reply, asked, filters, started))
        with self._lock:
            self._cache[key] = found
            while len(self._cache) > _MAX_CACHED:
                self._cache.popitem(last=False)
        return found

    def catch_up(self, check: str | None = None) -> None:
        """Take names and questions from all articles of the current generation, now.

        Checks the questions that begin with `check`, where it is given.
        """
        self._drop_deleted()
        self._take_in()
        if check is not None:
            self._check_typed(check)

    def check_all(self, report: Callable[[Progress], None]) -> Iterator[tuple[StoredQuestion, bool]]:
        """Take in all articles and ask all their questions; yield each, and whether it may be suggested."""
        self.catch_up()
        questions = self._repository.of_articles(self._repository.articles())
        for done, question in enumerate(questions):
            report(Progress("questions", done, len(questions)))
            yield question, self._check(question)

    def forget_deleted(self) -> None:
        """Erase names and questions of deleted articles from the file; raises StorageProblem."""
        self._drop_deleted()
        self._repository.shrink()

    def start(self) -> None:
        """Start the thread that takes in new articles and checks questions."""
        self._thread = threading.Thread(target=self._loop, name="suggestions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and close the file."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._repository.close()

    def _matches(self, typed: str, limit: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        questions = _texts(self._repository.questions(typed, 2 * limit, confident=True), limit)
        names = self._repository.names(typed, limit)
        if not names and len(words := typed.split()) > 1 and len(words[-1]) > 1:
            names = self._repository.names(words[-1], limit)
        return questions, tuple(names)

    def _drop_deleted(self) -> None:
        """Remove what the store no longer has, or has a newer article for, before anything is suggested."""
        revision = self._store.revision
        if revision == self._live_revision:
            return
        known = self._repository.articles()
        if known:
            live = set(self._store.numbers()) - self._store.outdated()
            if gone := known - live:
                self._repository.remove(gone)
        self._live_revision = revision

    def _take_in(self, pause: Callable[[], bool] = lambda: False) -> bool:
        """Take in the articles of the current generation; return whether that is done. `pause` may end it."""
        generation = self._index.current
        if generation is None:
            return False
        if generation is self._indexed:
            return True
        known, outdated = self._repository.articles(), self._store.outdated()
        missing = [one for one in generation.article_numbers.tolist() if one not in known and one not in outdated]
        missing.reverse()  # the newest first
        for start in range(0, len(missing), _ARTICLES_AT_ONCE):
            revision = self._store.revision
            articles = self._store.by_number(missing[start : start + _ARTICLES_AT_ONCE])
            taken = [self._suggestions_of(generation, number, article) for number, article in articles.items()]
            self._repository.add(taken)
            if self._store.revision != revision:  # one of them may have been deleted meanwhile
                self._live_revision = -1
            if pause():
                return False
        self._indexed, self._starter_checks, self._live_revision = generation, 0, -1
        self._drop_deleted()
        return True

    def _suggestions_of(self, generation: Generation, number: int, article: Article) -> ArticleSuggestions:
        blocks = self._store.blocks(article.id)
        skipped = [one for one in blocks if one.kind not in {BlockKind.PARAGRAPH, BlockKind.ITEM}]
        spans = generation.article_spans(number)[:_MAX_SENTENCES]
        is_plain = [not any(one.start < end and start < one.end for one in skipped) for start, end in spans]
        texts = [article.text[start:end] for start, end in spans]
        plain = [text for text, is_text in zip(texts, is_plain, strict=True) if is_text]
        names = ArticleNames.of(plain)
        questions: list[tuple[str, str, int, int]] = []
        for (start, end), text in zip(spans, texts, strict=True):
            if is_question_heading(text):
                questions.append((text, "", start, end))
        if article.language is None or article.language.lower().startswith("en"):
            named = iter(with_named_subjects(plain, names))
            for (start, end), is_text in zip(spans, is_plain, strict=True):
                text = next(named) if is_text else ""
                if is_text and len(questions) < _MAX_QUESTIONS:
                    questions += [(one.text, one.answer, start, end) for one in questions_from(text, names)]
        day = "" if article.published is None else article.published[:10]
        return ArticleSuggestions(number, article.id, day, names.written(plain), questions)

    def _check(self, question: StoredQuestion, filters: ArticleFilter = NO_FILTERS) -> bool:
        """Ask a question; return whether it has a confident answer in the sentence that it was made from."""
        reply = self._qa.ask(question.text, 1, filters)
        confident = self._is_answered(question, reply)
        if not filters:
            self._repository.set_checked(question, reply.generation, confident)
        return confident

    def _is_answered(self, question: StoredQuestion, reply: Reply) -> bool:
        if not reply.answers or reply.answers[0].confidence < SURE:
            return False
        answer = reply.answers[0]
        sentence = answer.answering_sentence
        article = self._store.by_number([question.article]).get(question.article)
        if article is None or answer.supersedes or answer.differs:
            return False
        if not question.answer:
            return article.id == sentence.article.id
        is_same = article.id == sentence.article.id and sentence.start < question.end and question.start < sentence.end
        expected = set(stems(question.answer))
        has_words = not expected.isdisjoint(stems(answer.span.text)) or not expected.isdisjoint(
            stems(answer.answering_span.text)
        )
        return has_words and (is_same or sentence.text == article.text[question.start : question.end])

    def _check_typed(self, typed: str, pause: Callable[[], bool] = lambda: False) -> None:
        for question in self._repository.questions(typed, _MAX_CHECKS, confident=False):
            with suppress(CitelineError):
                self._check(question)
            if pause():
                return

    def _check_starters(self, pause: Callable[[], bool]) -> None:
        """Check questions of the newest articles until enough are confident."""
        while self._starter_checks < _MAX_STARTER_CHECKS and not self._typed:
            ready = self._repository.newest(_STARTERS, confident=True)
            unchecked = self._repository.newest(1, confident=False)
            if len(ready) >= _STARTERS or not unchecked:
                return
            self._starter_checks += 1
            self._check(unchecked[0])
            if pause():
                return

    def _next(self, reply: Reply, asked: Sequence[str], filters: ArticleFilter, started: float) -> Iterator[str]:
        """Yield the next questions after a reply, the closest to it first."""
        own = [one.span.article for one in reply.answers[:1]]
        story = [one for answer in reply.answers[:1] if answer.support is not None for one in answer.support.articles]
        near = [one.sentence.article for one in reply.closest]
        numbers = self._repository.numbers({one.id for one in (*own, *story, *near)})
        ranks = {
            numbers[one.id]: rank for rank, group in enumerate((near, story, own)) for one in group if one.id in numbers
        }
        told = " ".join([*asked[:1], *(one.sentence.text for one in reply.answers[:1])])
        names = {word for name in names_in(told) for word in name.words}
        answered = {(one.sentence.article.id, one.sentence.start): set(stems(one.span.text)) for one in reply.answers}
        ids = {number: article_id for article_id, number in numbers.items()}

        candidates = {one.id: one for one in self._repository.of_articles(list(ranks))}
        for name in dict.fromkeys(told[one.start : one.end] for one in names_in(told) if not one.is_doubtful):
            candidates |= {one.id: one for one in self._repository.questions(name, _MAX_OF_NAME, confident=True)}

        def closeness(one: StoredQuestion) -> tuple[float, int]:
            shared = {word for name in names_in(one.text) for word in name.words} & names
            return (ranks.get(one.article, -1) + min(2, len(shared)) + 0.5 * one.confident, -one.start)

        spent = 0.0
        taken = [set(stems(one)) for one in asked]
        spans: set[tuple[int, int]] = set()
        found = 0
        for one in sorted(candidates.values(), key=closeness, reverse=True):
            words = set(stems(one.text))
            told_already = answered.get((ids.get(one.article, ""), one.start))
            if (one.article, one.start) in spans or any(_similarity(words, other) >= _SAME_QUESTION for other in taken):
                continue
            if told_already is not None and not told_already.isdisjoint(stems(one.answer)):
                continue
            is_known = not filters and one.confident and one.checked == reply.generation
            before = time.process_time()
            if not is_known and before - started + spent > NEXT_BUDGET:
                continue
            confident = is_known or self._check(one, filters)
            if not is_known:
                spent = max(spent, time.process_time() - before)
            if confident:
                yield one.text
                found += 1
                taken.append(words)
                spans.add((one.article, one.start))
                if found == MAX_NEXT:
                    return

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                # A few articles in each turn, so that neither waits for the other.
                is_complete = self._take_in(lambda: self._rest() or bool(self._typed))
                if self._typed:
                    self._check_typed(self._after_pause(), lambda: self._rest() or bool(self._typed))
                elif is_complete:
                    self._check_starters(self._rest)
                if self._typed:
                    self._wake.set()
            except Exception as error:  # whatever it was: there are fewer suggestions, and answers are not touched
                if not self._stopping.is_set():
                    words = f"Questions can't be suggested. {error}"
                    log_event(log, logging.WARNING, "suggestions_failed", words, problem=str(error))
                    self._stopping.wait(30)

    def _after_pause(self) -> str:
        """Return what was typed last, when nobody has typed for a moment: checks would slow down the next keys."""
        typed = self._typed.pop()
        for _ in range(_MAX_PAUSES):
            self._stopping.wait(_TYPING_PAUSE)
            if not self._typed:
                break
            typed = self._typed.pop()
        return typed

    def _rest(self) -> bool:
        """Pause, so that requests go first; return whether to stop."""
        return self._stopping.wait(0.05)


def _texts(questions: Sequence[StoredQuestion], limit: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.text for one in questions))[:limit]


def _similarity(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))
