"""Erases what is left of deleted articles in a state folder: words, and what was computed from them.

Deleting hides an article at once; it is kept aside, so that it can be restored. It is erased here, with its traces in
former generations of the index, cached vectors, suggestions, feed entries and SQLite's logs.
"""

import logging
import time
from collections.abc import Callable

from corpus.background import BackgroundTask
from corpus.errors import StorageProblem
from corpus.events import log_event
from corpus.store.article_store import ArticleStore
from index.embedding.cache import EmbeddingCache
from index.generations.builder import Progress
from index.generations.indexer import Indexer

log = logging.getLogger(__name__)
_DAY = 86_400.0
_CHECK_SECONDS = 3600.0
_PATIENCE, _PAUSE = 20, 0.5  # tries to shrink a file that another process reads, and the seconds between them


class Eraser:
    """Erases what is left of deleted articles, on request or `days` after the first of them was deleted.

    `forget_suggestions` erases those of deleted articles. One process erases at a time only by the index's own lock, so
    two that erase at once do the same work twice, and no harm.
    """

    def __init__(
        self,
        store: ArticleStore,
        indexer: Indexer,
        embeddings: EmbeddingCache,
        forget_suggestions: Callable[[], None],
        days: float,
    ) -> None:
        self._store, self._indexer, self._embeddings = store, indexer, embeddings
        self._forget_suggestions, self._days = forget_suggestions, days
        failure = "What is left of deleted articles can't be erased yet."
        self._task = BackgroundTask("eraser", self._erase_due, _CHECK_SECONDS, failure, log)

    def is_due(self) -> bool:
        """Return whether something was deleted so long ago that it must be erased; raises StorageProblem.

        At most once a day: each time the whole index is built, and its former generations are dropped.
        """
        since, erased_at, now = self._store.deleted_since(), self._store.erased_at(), time.time()
        is_rested = erased_at is None or now - erased_at >= _DAY
        return is_rested and since is not None and now - since >= self._days * _DAY

    def erase(self, report: Callable[[Progress], None] | None = None, days: float = 0.0) -> None:
        """Erase everything of deleted articles: the index is rebuilt from the others. Raises StorageProblem.

        Those that were deleted in the last `days` can be restored yet.
        """
        started, revision = time.time(), self._store.revision
        with self._embeddings.sweep():
            self._indexer.rebuild_now(report)
        self._indexer.drop_former()
        _retry(self._embeddings.shrink)
        _retry(self._forget_suggestions)
        _retry(lambda: self._store.erase_deleted(started, revision, started - days * _DAY))
        log_event(log, logging.INFO, "deleted_erased", "What was left of deleted articles is erased.")

    def start(self) -> None:
        """Start the thread that erases what is due; it looks now and every hour."""
        self._task.start()

    def stop(self) -> None:
        """Stop the thread; a build that it runs is given up by the indexer's own stop."""
        self._task.stop(1.0)

    def _erase_due(self) -> None:
        if self.is_due():
            self.erase(days=self._days)


def _retry(action: Callable[[], None]) -> None:
    """Run an action that fails while another process reads the file."""
    for _ in range(_PATIENCE):
        try:
            action()
            return
        except StorageProblem:
            time.sleep(_PAUSE)
    action()
