"""Watches questions: tells when an article that arrives answers one, or changes its answer."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from corpus.errors import InvalidInput
from corpus.fetching.client import check_url
from corpus.fetching.ssrf import check_host
from corpus.questions.watches import EventKind, Watch, WatchedAnswer, WatchEvent, WatchRepository
from corpus.store.filters import NO_FILTERS, ArticleFilter
from corpus.store.words import fold
from index.generations.generation import Generation
from qa.questions.asking import Pause, Reasking, options_json
from qa.service import GenerationSource
from qa.types import Reply

JSON = dict[str, Any]


class QuestionWatcher:
    """Keeps watches, and asks their questions again as the index changes. Thread-safe.

    `reply_json` makes the payload of an event from a reply. Unless `allow_private`, no webhook may be on this machine
    or a private network.
    """

    def __init__(
        self,
        watches: WatchRepository,
        index: GenerationSource,
        reasking: Reasking,
        reply_json: Callable[[Reply], JSON],
        allow_private: bool = False,
    ) -> None:
        self._watches, self._index, self._reasking = watches, index, reasking
        self._reply_json, self._allow_private = reply_json, allow_private

    def add(
        self,
        question: str,
        filters: ArticleFilter = NO_FILTERS,
        ignore: Collection[str] = (),
        webhook: str | None = None,
    ) -> Watch:
        """Watch a question from now on: what answers it now is no event.

        Raises InvalidQuestion, FetchFailed and ForbiddenAddress for a webhook that can't be called, Conflict where too
        many questions are watched, and what `QAService.ask` raises.
        """
        if webhook is not None:
            webhook = self._checked_url(webhook)
        generation = self._index.generation()
        options = options_json(filters, ignore)
        answer = _answer_of(self._reasking.ask(question, options))
        return self._watches.add(question.strip(), options, webhook, generation.max_number, answer)

    def all(self) -> list[Watch]:
        """Return the watches, newest first."""
        return self._watches.all()

    def remove(self, watch_id: str) -> None:
        """Stop watching a question. Raises NotFound."""
        self._watches.remove(watch_id)

    def events(self, limit: int) -> list[WatchEvent]:
        """Return the newest events."""
        return self._watches.events(limit)

    def check(self, generation: Generation, pause: Pause) -> bool:
        """Ask the questions again whose answers articles may have changed since; return False where `pause` ends it."""
        newest, same = generation.max_number, list[Watch]()
        try:
            for watch in self._watches.all():
                if watch.checked >= newest and not watch.is_stale:
                    continue
                started = time.perf_counter()
                reply = self._reply(watch)
                if reply is None and not watch.is_stale:
                    same.append(watch)
                else:
                    self._note(watch, newest, reply)
                if pause(time.perf_counter() - started):
                    return False
        finally:
            self._watches.set_checked(same, newest)
        return True

    def _reply(self, watch: Watch) -> Reply | None:
        if not watch.is_stale:
            return self._reasking.ask_again(watch.question, watch.options, watch.checked)
        with suppress(InvalidInput):  # such as a source that no article has any more
            return self._reasking.ask(watch.question, watch.options)
        return None

    def _note(self, watch: Watch, newest: int, reply: Reply | None) -> None:
        answer, payload = _answer_of(reply), None
        if reply is not None and answer is not None and not _is_same(watch.answer, answer):
            kind: EventKind = "answered" if watch.answer is None else "changed"
            payload = self._payload(watch, kind, reply)
        self._watches.set_answer(watch, newest, answer, payload)

    def _payload(self, watch: Watch, kind: EventKind, reply: Reply) -> JSON:
        """Return the payload of an event, as Standard Webhooks propose it."""
        previous = None if watch.answer is None or watch.is_deleted else watch.answer.text
        data = {"watch": watch.id, "question": watch.question, "previous": previous}
        answers = self._reply_json(reply)["answers"]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return {"type": f"watch.{kind}", "timestamp": now, "data": data | {"answers": answers}}

    def _checked_url(self, url: str) -> str:
        try:
            target = check_url(url)
            if not self._allow_private:
                check_host(target.host)
        except InvalidInput as error:
            raise error.of_field("webhook") from None
        return str(target)


def _answer_of(reply: Reply | None) -> WatchedAnswer | None:
    """Return what answers: the first answer, or of an overview all of them."""
    if reply is None or not reply.answers:
        return None
    shown = reply.answers if reply.understood.overview is not None else reply.answers[:1]
    article_ids = frozenset(one.span.article.id for one in shown)
    return WatchedAnswer("\n".join(one.span.text for one in shown), article_ids)


def _is_same(former: WatchedAnswer | None, answer: WatchedAnswer) -> bool:
    """Return whether two answers have the same words, in any case and spacing."""
    return former is not None and fold(former.text).split() == fold(answer.text).split()
