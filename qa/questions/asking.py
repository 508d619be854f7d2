"""Asks questions again when the index changes: kept ones and watched ones, in the background, at a bounded cost."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from corpus.errors import CitelineError, InvalidInput
from corpus.store.filters import NO_FILTERS, ArticleFilter
from index.generations.generation import Generation
from qa.service import QAService
from qa.types import Reply

JSON = dict[str, Any]
Pause = Callable[[float], bool]  # called with the seconds that a question took; returns whether to stop
log = logging.getLogger(__name__)
SEARCHED = 60  # sentences of a search, as many as any question reads: the others can't change its answer
_POLL_SECONDS, _RETRY_SECONDS = 0.5, 30.0
_HOUSEKEEPING_SECONDS = 3_600.0


class CurrentIndex(Protocol):
    """What tells the current generation, None before the first one."""

    @property
    def current(self) -> Generation | None:
        """The current generation."""
        ...


class Reasking:
    """Asks a question again where new articles may answer it otherwise.

    `has_newer` tells whether one of some articles, by their ids, has been added since the one with a number.
    """

    def __init__(self, qa: QAService, has_newer: Callable[[Collection[str], int], bool]) -> None:
        self._qa, self._has_newer = qa, has_newer

    def ask(self, question: str, options: JSON, top_k: int | None = None) -> Reply:
        """Return the reply to a question with its options, as `options_json` keeps them; raises what asking raises."""
        filters, ignore = read_options(options)
        return self._qa.ask(question, top_k, filters, ignore=ignore)

    def ask_again(self, question: str, options: JSON, since: int, top_k: int | None = None) -> Reply | None:
        """Return the reply to a question, None where it is the same as when the newest article had the number `since`.

        It is where none of the sentences closest to the question is of a newer article, and where the question can't be
        asked any more, as where no article has its source now. Raises NotReady, IndexProblem.
        """
        filters, _ = read_options(options)
        try:
            found = self._qa.search(question, SEARCHED, filters)
            if not self._has_newer({one.article.id for one in found.sentences}, since):
                return None
            return self.ask(question, options, top_k)
        except InvalidInput:
            return None


class IndexFollower:
    """Runs checks, in a thread, when the current generation has changed, and each hour; `save` each half second.

    A check gets the generation and a `Pause`, by which it takes half of a processor at most; it returns whether it has
    come to its end.
    """

    def __init__(
        self,
        index: CurrentIndex,
        checks: Sequence[Callable[[Generation, Pause], bool]],
        save: Callable[[], None] = lambda: None,
    ) -> None:
        self._index, self._checks, self._save = index, checks, save
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name="questions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _loop(self) -> None:
        checked, checked_at = None, 0.0
        is_stopping = False
        while not is_stopping:
            is_stopping = self._stopping.wait(_POLL_SECONDS)
            try:
                self._save()
                generation, now = self._index.current, time.monotonic()
                is_checked = generation is checked and now - checked_at < _HOUSEKEEPING_SECONDS
                if is_stopping or generation is None or is_checked:
                    continue
                if all(check(generation, self._stopping.wait) for check in self._checks):
                    checked, checked_at = generation, now
            except CitelineError as error:  # tried again
                log.warning("The kept and the watched questions can't be checked now. %s", error)
                self._stopping.wait(_RETRY_SECONDS)
            except Exception:  # a bug must not end the thread
                log.exception("The kept and the watched questions can't be checked now.")
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
