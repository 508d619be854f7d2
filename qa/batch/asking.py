"""Asks questions one after the other; one that fails stops no other."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from corpus.errors import CitelineError
from qa.types import Reply

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchedReply:
    """The reply to one of several questions, or why there is none; `number` is that of the question, from 1."""

    number: int
    question: str
    reply: Reply | None = None
    problem: str | None = None


def ask_each(questions: Iterable[str], ask: Callable[[str], Reply]) -> Iterator[BatchedReply]:
    """Yield the reply to each question, in order, or the problem with it; lazily, so that nobody asks in vain."""
    for number, question in enumerate(questions, start=1):
        try:
            yield BatchedReply(number, question, ask(question))
        except CitelineError as error:
            yield BatchedReply(number, question, problem=str(error))
        except Exception:
            log.exception("Question %d of a batch failed.", number)
            yield BatchedReply(number, question, problem="Something went wrong; the log says what.")
