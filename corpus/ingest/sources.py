"""Where articles come from, and how that goes: how many there are, what waits, what failed, why, and what to do."""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from corpus.documents import SIDECAR
from corpus.ingest.folder import below
from corpus.ingest.library import Library, Outcome
from corpus.store.database import Database
from corpus.text.unicode import printable

Kind = Literal["folder", "files", "feeds", "pages", "texts"]
SHOWN_FAILURES = 20
# Counting walks through all origins. One that takes long is good for a while, so that it is a twentieth of the work.
_QUICK_SECONDS = 0.02
_GOOD_FOR = 20
_FILE_ADVICE = "Put it right, or take it away. It is looked at again as soon as it changes."
_SIDECAR_ADVICE = "Put it right. Until then, its article stays as it was last read; a new one is read without it."
_KIND = """
CASE WHEN feed IS NOT NULL THEN 'feeds' WHEN substr(origin, 1, length(:folder)) = :folder THEN 'folder'
    WHEN origin LIKE 'file:%' THEN 'files' WHEN origin LIKE 'url:%' THEN 'pages' ELSE 'texts' END
"""
_ARTICLES = f"SELECT {_KIND}, count(DISTINCT article_id) FROM origins WHERE article_id IS NOT NULL GROUP BY 1"
_PENDING = f"""
SELECT {_KIND}, count(DISTINCT id) FROM articles JOIN origins ON article_id = id WHERE number > :newest GROUP BY 1
"""
_ENTRIES = """
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
    """What gave no article, or not yet: why, what to do, and when it is tried again (seconds since 1970), if it is.

    An entry names its feed; feeds and entries have a link where they have one.
    """

    kind: Literal["folder", "file", "feed", "entry"]
    name: str
    problem: str
    advice: str
    again_at: float | None = None
    link: str | None = None
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One way in: its articles, how many of them wait to be indexed, how many entries wait to be fetched, failures.

    `failures` has the first of each kind; `failed` counts all. An article that came in two ways counts in both.
    `ignored` counts the files of a folder that are of no kind that is read, by the ends of their names.
    """

    kind: Kind
    articles: int
    pending: int
    waiting: int
    failed: int
    failures: Sequence[Failure]
    ignored: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """All sources, and all failures of the articles folder."""

    sources: Sequence[Source]
    files: Sequence[Failure]


class Sources:
    """The sources of the articles of a store. Safe for threads; raises StorageProblem."""

    def __init__(
        self, database: Database, library: Library, folder: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._reading, self._library, self._folder = database.reading, library, folder
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: Seen | None = None
        self._good_until = 0.0

    def look(self, newest: int) -> Seen:
        """Return how the sources are; `newest` is the highest number of an article that is indexed."""
        with self._lock:
            began = self._clock()
            if self._seen is None or began >= self._good_until:
                self._seen = self._found(newest)
                took = self._clock() - began
                self._good_until = began + took * (_GOOD_FOR if took > _QUICK_SECONDS else 0)
            return self._seen

    def _found(self, newest: int) -> Seen:
        files = [_file(problem, self._folder) for problem in self._library.problems(self._folder)]
        given = {"folder": below(self._folder.resolve()), "newest": newest, "limit": SHOWN_FAILURES}
        with self._reading() as db:
            articles, pending = (dict(map(tuple, db.execute(sql, given))) for sql in (_ARTICLES, _PENDING))
            waiting, failed = db.execute(_ENTRIES).fetchone()
            failed += db.execute("SELECT count(problem) FROM feeds").fetchone()[0]
            failures = {"folder": files[:SHOWN_FAILURES], "feeds": [*_feeds(db, given), *_entries(db, given)]}
        counts = {"folder": len(files), "feeds": failed}
        return Seen(
            [
                Source(
                    kind,
                    articles.get(kind, 0),
                    pending.get(kind, 0),
                    waiting if kind == "feeds" else 0,
                    counts.get(kind, 0),
                    failures.get(kind, []),
                    self._library.ignored(self._folder) if kind == "folder" else {},
                )
                for kind in get_args(Kind)
            ],
            files,
        )


def _file(problem: Outcome, folder: Path) -> Failure:
    """Return what is wrong with a file, by its name in the folder: readers need not learn where on the disk that is."""
    if problem.name == printable(folder):
        advice = "Put the folder back, or start with another one. Its articles stay meanwhile."
        return Failure("folder", problem.name, str(problem.problem), advice)
    root = f"{folder.resolve()}/"
    name, said = problem.name.removeprefix(root), str(problem.problem).replace(root, "")
    return Failure("file", name, said, advice_on(name))


def advice_on(name: str) -> str:
    """Return what to do about a file of the folder that could not be read."""
    return _SIDECAR_ADVICE if name.endswith(SIDECAR) else _FILE_ADVICE


def _feeds(db: sqlite3.Connection, given: dict[str, object]) -> list[Failure]:
    advice = "It is tried again by itself. If it has moved, remove it and follow its new address."
    rows = db.execute(_FAILED_FEEDS, given)
    return [Failure("feed", row["name"], row["problem"], advice, row["next_at"], row["link"]) for row in rows]


def _entries(db: sqlite3.Connection, given: dict[str, object]) -> list[Failure]:
    return [
        Failure(
            "entry",
            row["name"],
            row["problem"],
            "It was given up. If you want it, add the page by its address, or paste its text."
            if row["next_at"] is None
            else "It is tried again by itself.",
            row["next_at"],
            row["link"],
            row["feed"],
        )
        for row in db.execute(_FAILED_ENTRIES, given)
    ]
