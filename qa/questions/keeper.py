"""Keeps questions without an answer and opinions on answers, and asks the former again when articles have arrived."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any, Literal, Protocol

from corpus.article import Article
from corpus.errors import CitelineError, Conflict, InvalidInput
from corpus.questions.kept import KeptQuestion, KeptQuestions, QuestionKind, QuotedAnswer
from corpus.store.filters import NO_FILTERS, ArticleFilter
from index.generations.generation import Generation
from qa.questions.groups import QuestionGroup, QuestionGrouper
from qa.service import QAService
from qa.types import Reply

JSON = dict[str, Any]
log = logging.getLogger(__name__)
MAX_REASON = 1_000  # characters
SEARCHED = 60  # sentences of a search; where none of them is from a new article, the answer is the same
_POLL_SECONDS, _RETRY_SECONDS = 0.5, 30.0
_HOUSEKEEPING_SECONDS = 3_600.0


class CurrentIndex(Protocol):
    """What tells the current generation, None before the first one."""

    @property
    def current(self) -> Generation | None:
        """The current generation."""
        ...


class QuestionKeeper:
    """Keeps questions where `enabled`, and follows which are answered since. Thread-safe.

    `qa` asks them again; `get_version` returns an article or a former version by its id.
    """

    def __init__(
        self,
        repository: KeptQuestions,
        index: CurrentIndex,
        qa: QAService,
        grouper: QuestionGrouper,
        get_version: Callable[[str], tuple[Article, str | None]],
        enabled: bool,
    ) -> None:
        self.enabled = enabled
        self._repository, self._index, self._qa, self._grouper = repository, index, qa, grouper
        self._get_version = get_version
        self._checked: Generation | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, reply: Reply, filters: ArticleFilter = NO_FILTERS, ignore: Collection[str] = ()) -> None:
        """Keep the question of a reply that has no answer; small talk and questions about the library have no need.

        One that depends on its conversation is kept as it was understood. A failure is logged: the reply is there.
        """
        if not self.enabled or reply.answered or reply.library is not None or not reply.closest:
            return
        understood = reply.understood
        question = understood.question if understood.kept_from_conversation else reply.question.strip()
        articles = {one.sentence.article.id: one.sentence.article for one in reply.closest}
        current = self._index.current
        try:
            checked = 0 if current is None else current.max_number
            self._repository.keep(question, options_json(filters, ignore), articles.values(), checked)
        except CitelineError as error:
            log.warning("A question without an answer can't be kept. %s", error)

    def judge(
        self,
        kind: Literal["up", "down"],
        question: str,
        article_id: str,
        span: tuple[int, int],
        reason: str | None = None,
        former: str | None = None,
    ) -> str:
        """Keep a thumb up or down for an answer, which is a span of an article; return its id.

        It replaces the former one where its id is given. Raises Conflict where nothing is kept, NotFound for an
        unknown article, InvalidInput for a span that it does not have.
        """
        if not self.enabled:
            raise Conflict("Feedback is not kept here (CITELINE_KEEP_QUESTIONS).")
        article, _ = self._get_version(article_id)
        start, end = span
        text = article.text[start:end]
        if end > len(article.text) or not text.strip():
            raise InvalidInput(f"The article {article_id[:40]} has no words from {start} to {end}.").of_field("start")
        return self._repository.add_opinion(kind, question, reason, QuotedAnswer(text, article.id, start, end), former)

    def groups(self, kind: QuestionKind | None = None) -> list[QuestionGroup]:
        """Return the kept questions, of one kind where it is given, in groups that ask about the same."""
        self._repository.drop_old()
        return self._grouper.groups([one for one in self._repository.all() if kind is None or one.kind == kind])

    def delete(self, question_id: str) -> None:
        """Delete a question; raises NotFound."""
        self._repository.delete(question_id)

    def clear(self) -> None:
        """Delete all questions."""
        self._repository.clear()

    def check(self, pause: Callable[[float], bool] = lambda seconds: False) -> None:
        """Ask the unanswered questions again that articles added since may answer.

        `pause` is called with the seconds that a question took; it returns whether to stop.
        """
        generation = self._index.current
        if generation is None:
            return
        newest, unanswered = generation.max_number, list[KeptQuestion]()
        for question in self._repository.all():
            if question.kind != "unanswered" or question.answer is not None or question.checked >= newest:
                continue
            started = time.perf_counter()
            if not self._is_answered(question, newest):
                unanswered.append(question)
            if pause(time.perf_counter() - started):
                break
        else:
            self._checked = generation
        self._repository.set_checked(unanswered, newest)

    def start(self) -> None:
        """Start the thread that asks again, where questions are kept."""
        if self.enabled:
            self._thread = threading.Thread(target=self._loop, name="questions", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _is_answered(self, question: KeptQuestion, newest: int) -> bool:
        """Ask a question again if articles added since may answer it; note the answer and return whether it has one."""
        filters, ignore = read_options(question.options)
        try:
            found = self._qa.search(question.question, SEARCHED, filters)
            if not self._repository.has_newer({one.article.id for one in found.sentences}, question.checked):
                return False
            reply = self._qa.ask(question.question, 1, filters, ignore=ignore)
        except InvalidInput:  # such as a source that no article has any more
            return False
        if reply.answered:
            article = reply.answers[0].span.article
            self._repository.set_answered(question, newest, quoted(reply), article)
        return reply.answered

    def _loop(self) -> None:
        cleaned = 0.0
        while not self._stopping.wait(_POLL_SECONDS):
            try:
                if time.monotonic() - cleaned > _HOUSEKEEPING_SECONDS:
                    self._repository.drop_old()
                    cleaned = time.monotonic()
                if self._index.current is not self._checked:
                    # It takes half of a processor at most, and less while people ask.
                    self.check(self._stopping.wait)
            except CitelineError as error:  # tried again
                log.warning("The kept questions can't be checked now. %s", error)
                self._stopping.wait(_RETRY_SECONDS)
            except Exception:  # a bug must not end the thread
                log.exception("The kept questions can't be checked now.")
                self._stopping.wait(_RETRY_SECONDS)


def options_json(filters: ArticleFilter, ignore: Collection[str]) -> JSON:
    """Return filters, and words to ignore, as they are kept with a question."""
    given = {name: value for name, value in asdict(filters).items() if value != getattr(NO_FILTERS, name)}
    return given | ({"ignore": sorted(ignore)} if ignore else {})


def read_options(options: JSON) -> tuple[ArticleFilter, list[str]]:
    """Return the filters, and the words to ignore, that are kept with a question."""
    fields: JSON = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    ignore = list(fields.pop("ignore", ()))
    return ArticleFilter(**fields), ignore


def quoted(reply: Reply) -> QuotedAnswer:
    """Return the first answer of a reply."""
    span = reply.answers[0].span
    return QuotedAnswer(span.text, span.article.id, span.start, span.end)
