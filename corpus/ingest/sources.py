"""The status of the sources of articles: the number of articles of each, what is pending, and what failed and why."""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from corpus.documents import SIDECAR
from corpus.ingest.library import Library
from corpus.ingest.writer import folder_prefix
from corpus.store.database import Database
from corpus.text.unicode import printable

SourceKind = Literal["folder", "files", "feeds", "pages", "texts"]
MAX_FAILURES = 20  # per kind, in a status
# Counting scans all origins. A report that took longer than this is cached for 20 times as long as it took.
_MAX_UNCACHED_SECONDS = 0.02
_CACHED_FACTOR = 20
_FILE_ADVICE = "Correct a broken file or remove it. It is read again as soon as it changes."
_SIDECAR_ADVICE = (
    "Correct a file of metadata. Until then, its article stays as it was last read; a new one is read without it."
)
_KIND_SQL = """
CASE WHEN feed IS NOT NULL THEN 'feeds' WHEN substr(origin, 1, length(:folder)) = :folder THEN 'folder'
    WHEN origin LIKE 'file:%' THEN 'files' WHEN origin LIKE 'url:%' THEN 'pages' ELSE 'texts' END
"""
_ARTICLES = f"SELECT {_KIND_SQL}, count(DISTINCT article_id) FROM origins WHERE article_id IS NOT NULL GROUP BY 1"
_PENDING = f"""
SELECT {_KIND_SQL}, count(DISTINCT id) FROM articles JOIN origins ON article_id = id
WHERE number > :max_number GROUP BY 1
"""
_ENTRY_COUNTS = """
SELECT coalesce(sum(problem IS NULL), 0), count(problem) FROM entries WHERE state IN ('pending', 'failed')
"""
_FAILED_FEEDS = """
SELECT coalesce(title, url) AS name, url AS link, problem, next_at FROM feeds WHERE problem IS NOT NULL
ORDER BY failing_since DESC LIMIT :limit
"""
_FAILED_ENTRIES = """
SELECT coalesce(entries.title, link, key) AS name, link, entries.problem,
    CASE state WHEN 'pending' THEN entries.next_at END AS next_at, coalesce(feeds.title, feeds.url) AS feed
FROM entries JOIN feeds ON feeds.id = feed_id
WHERE state IN ('pending', 'failed') AND entries.problem IS NOT NULL ORDER BY number DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file, feed or entry that could not be read: why, and what to do.

    again_at: when it is tried again, in seconds since 1970, None for never. link: the address of a feed or of an
    entry's page. feed: the feed of an entry.
    """

    kind: Literal["folder", "file", "feed", "entry"]
    name: str
    problem: str
    advice: str
    again_at: float | None = None
    link: str | None = None
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """The status of a source. An article that came from two sources counts in both.

    pending: articles to be indexed. waiting: entries of feeds that were not fetched yet. failed: the number of
    failures, of which `failures` lists the first MAX_FAILURES of each kind. ignored: files of the folder without a
    supported format, by extension.
    """

    kind: SourceKind
    articles: int
    pending: int
    waiting: int
    failed: int
    failures: Sequence[Failure]
    ignored: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SourcesReport:
    """The status of all sources, and all failures of the articles folder."""

    sources: Sequence[SourceStatus]
    files: Sequence[Failure]


class SourceMonitor:
    """Reports the status of the sources of a store's articles. Thread-safe."""

    def __init__(
        self, database: Database, library: Library, folder: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._reading, self._library, self._folder = database.reading, library, folder
        self._clock = clock
        self._lock = threading.Lock()
        self._report: SourcesReport | None = None
        self._cached_until = 0.0

    def report(self, max_number: int) -> SourcesReport:
        """Return the status of all sources; `max_number` is the highest number of an indexed article.

        Articles with higher numbers are pending. Raises StorageProblem.
        """
        with self._lock:
            start = self._clock()
            if self._report is None or start >= self._cached_until:
                self._report = self._count(max_number)
                seconds = self._clock() - start
                self._cached_until = start + (_CACHED_FACTOR * seconds if seconds > _MAX_UNCACHED_SECONDS else 0)
            return self._report

    def _count(self, max_number: int) -> SourcesReport:
        root = self._folder.resolve()
        files = []
        for outcome in self._library.problems(self._folder):
            problem = str(outcome.problem)
            if outcome.name == printable(self._folder):
                advice = "Put the folder back, or start with another one. Its articles stay meanwhile."
                files.append(Failure("folder", outcome.name, problem, advice))
            else:  # a file, named relative to the folder, whose path is not shown to users
                name = outcome.name.removeprefix(f"{root}/")
                files.append(Failure("file", name, problem.replace(f"{root}/", ""), advice_on(name)))
        parameters = {"folder": folder_prefix(root), "max_number": max_number, "limit": MAX_FAILURES}
        with self._reading() as db:
            articles, pending = (dict(map(tuple, db.execute(sql, parameters))) for sql in (_ARTICLES, _PENDING))
            waiting, failed = db.execute(_ENTRY_COUNTS).fetchone()
            failed += db.execute("SELECT count(problem) FROM feeds").fetchone()[0]
            failures = {"folder": files[:MAX_FAILURES], "feeds": _feed_failures(db, parameters)}
        failed_counts = {"folder": len(files), "feeds": failed}
        statuses = [
            SourceStatus(
                kind,
                articles.get(kind, 0),
                pending.get(kind, 0),
                waiting if kind == "feeds" else 0,
                failed_counts.get(kind, 0),
                failures.get(kind, []),
                self._library.ignored(self._folder) if kind == "folder" else {},
            )
            for kind in get_args(SourceKind)
        ]
        return SourcesReport(statuses, files)


def advice_on(name: str) -> str:
    """Return what to do about a file of the folder that could not be read."""
    return _SIDECAR_ADVICE if name.endswith(SIDECAR) else _FILE_ADVICE


def _feed_failures(db: sqlite3.Connection, parameters: Mapping[str, object]) -> list[Failure]:
    """Return the failures of feeds, then of their entries."""
    advice = (
        "A feed that fails is tried again by itself. If it may not be fetched, remove it. "
        "If it has moved, remove it and follow its new address."
    )
    given_up_advice = (
        "A page that was given up is not tried again. If you want it, add the page by its address, or paste its text."
    )
    feeds = [
        Failure("feed", row["name"], row["problem"], advice, row["next_at"], row["link"])
        for row in db.execute(_FAILED_FEEDS, parameters)
    ]
    entries = [
        Failure(
            "entry",
            row["name"],
            row["problem"],
            given_up_advice if row["next_at"] is None else "A page that fails is tried again by itself.",
            row["next_at"],
            row["link"],
            row["feed"],
        )
        for row in db.execute(_FAILED_ENTRIES, parameters)
    ]
    return [*feeds, *entries]
