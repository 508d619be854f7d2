"""Keeps questions without an answer and opinions on answers, and asks the former again when articles have arrived."""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from corpus.article import Article
from corpus.errors import CitelineError, Conflict, InvalidInput, StorageProblem
from corpus.questions.kept import KeptQuestion, KeptQuestions, QuestionKind, QuotedAnswer
from corpus.store.filters import NO_FILTERS, ArticleFilter
from index.generations.generation import Generation
from qa.questions.asking import JSON, CurrentIndex, Pause, Reasking, options_json
from qa.questions.groups import QuestionGroup, QuestionGrouper
from qa.types import Reply

MAX_REASON = 1_000  # characters
MAX_NOTED = 1_000  # questions that wait to be kept; the oldest beyond are dropped


@dataclass(frozen=True, slots=True)
class _NotedQuestion:
    """A question without an answer that is to be kept, and the ids of the articles that its reply showed."""

    question: str
    options: JSON
    article_ids: tuple[str, ...]
    checked: int


class QuestionKeeper:
    """Keeps questions where `enabled`, and follows which are answered since. Thread-safe.

    `get_version` returns an article or a former version by its id.
    """

    def __init__(
        self,
        repository: KeptQuestions,
        index: CurrentIndex,
        reasking: Reasking,
        grouper: QuestionGrouper,
        get_version: Callable[[str], tuple[Article, str | None]],
        enabled: bool,
    ) -> None:
        self.enabled = enabled
        self._repository, self._index, self._reasking, self._grouper = repository, index, reasking, grouper
        self._get_version = get_version
        self._noted: deque[_NotedQuestion] = deque(maxlen=MAX_NOTED)
        self._saving = threading.Lock()

    def note(self, reply: Reply, filters: ArticleFilter = NO_FILTERS, ignore: Collection[str] = ()) -> None:
        """Have the question of a reply without an answer kept by `save`, so that the reply waits for nothing.

        Small talk and questions about the library have no need. One that depends on its conversation is kept as it was
        understood.
        """
        if not self.enabled or reply.answered or reply.library is not None or not reply.closest:
            return
        understood = reply.understood
        question = understood.question if understood.kept_from_conversation else reply.question.strip()
        article_ids = tuple(dict.fromkeys(one.sentence.article.id for one in reply.closest))
        current = self._index.current
        checked = 0 if current is None else current.max_number
        self._noted.append(_NotedQuestion(question, options_json(filters, ignore), article_ids, checked))

    def save(self) -> None:
        """Keep the questions that were noted; raises StorageProblem, and those that are left are kept next time.

        One whose reply showed an article that was deleted since is not kept.
        """
        with self._saving:
            while self._noted:
                noted = self._noted.popleft()
                try:
                    articles = [self._get_version(one)[0] for one in noted.article_ids]
                except CitelineError:  # deleted since, or damaged
                    continue
                try:
                    self._repository.keep(noted.question, noted.options, articles, noted.checked)
                except StorageProblem:
                    self._noted.appendleft(noted)
                    raise

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

    def groups(
        self, kind: QuestionKind | None = None, offset: int = 0, limit: int | None = None
    ) -> tuple[list[QuestionGroup], int]:
        """Return a slice of the groups of kept questions that ask about the same, and how many groups there are.

        Of one kind of questions, where it is given.
        """
        self.save()
        self._repository.drop_old()
        groups = self._grouper.groups(self._repository.asked(kind))
        shown = groups[offset : None if limit is None else offset + limit]
        kept = self._repository.by_id([one.id for group in shown for one in group])
        found = (tuple(kept[one.id] for one in group if one.id in kept) for group in shown)
        return [QuestionGroup(questions) for questions in found if questions], len(groups)

    def delete(self, question_id: str) -> None:
        """Delete a question; raises NotFound."""
        self._repository.delete(question_id)

    def clear(self) -> None:
        """Delete all questions."""
        with self._saving:
            self._noted.clear()
            self._repository.clear()

    def check(self, generation: Generation, pause: Pause) -> bool:
        """Drop old questions, and ask the unanswered ones again that articles added since may answer.

        Return False where `pause` ends it.
        """
        self._repository.drop_old()
        newest, unanswered = generation.max_number, list[KeptQuestion]()
        try:
            for question in self._repository.all() if self.enabled else ():
                if question.kind != "unanswered" or question.answer is not None or question.checked >= newest:
                    continue
                started = time.perf_counter()
                reply = self._reasking.ask_again(question.question, question.options, question.checked, top_k=1)
                if reply is None or not reply.answered:
                    unanswered.append(question)
                else:
                    article = reply.answers[0].span.article
                    self._repository.set_answered(question, newest, quoted(reply), article)
                if pause(time.perf_counter() - started):
                    return False
        finally:
            self._repository.set_checked(unanswered, newest)
        return True


def quoted(reply: Reply) -> QuotedAnswer:
    """Return the first answer of a reply."""
    span = reply.answers[0].span
    return QuotedAnswer(span.text, span.article.id, span.start, span.end)
