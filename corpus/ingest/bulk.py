"""Loads many articles into a store in batches, and exports all of them to a file."""

import gzip
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from corpus.article import Article
from corpus.blocks import block_rows
from corpus.documents import Limits
from corpus.errors import InvalidInput, StorageProblem
from corpus.events import log_event
from corpus.ingest.tables import FIELDS, STANDARD_STREAM, TableRow, is_gzip
from corpus.store.article_store import ArticleStore, StoredArticle

log = logging.getLogger(__name__)
# A batch costs one fsync; one for each row would take minutes instead of seconds.
BATCH_ROWS = 500
BATCH_CHARACTERS = 4_000_000
_RARE_FIELDS = ("updated", "effective", "replaces", "tags")  # which are exported only where there is a value


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """The outcome of adding a row; `line` is the number of its first line, from 1. A failure has no article."""

    line: int
    state: Literal["added", "unchanged", "failed"]
    problem: str | None = None
    article_id: str | None = None


def load_rows(
    rows: Iterable[TableRow], store: ArticleStore, limits: Limits, on_change: Callable[[], None]
) -> Iterator[RowOutcome]:
    """Store the articles of rows in batches, and yield the outcome of each row once it is committed.

    Rows that are stored already are unchanged, so that an interrupted load can be run again. Raises StorageProblem, and
    InvalidInput of `rows` once the rows before it are stored.
    """
    batch = _Batch(limits)
    try:
        for row in rows:
            batch.add(row)
            if batch.is_full:
                yield from batch.store(store, on_change)
    except InvalidInput:
        yield from batch.store(store, on_change)
        raise
    yield from batch.store(store, on_change)


class _Batch:
    """Rows that are stored together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows: list[RowOutcome | int] = []  # a failure, or the line of an article to store
        self._articles: list[tuple[Article, str]] = []  # each with its origin
        self._characters = 0

    @property
    def is_full(self) -> bool:
        return len(self._rows) >= BATCH_ROWS or self._characters >= BATCH_CHARACTERS

    def add(self, row: TableRow) -> None:
        try:
            if row.draft is None:
                raise InvalidInput(str(row.problem))
            self._limits.check_text(len(row.draft.text), "It")
            article = Article.from_draft(row.draft)
        except InvalidInput as error:
            self._rows.append(RowOutcome(row.line, "failed", str(error)))
            return
        by_url = row.by_url and article.url is not None
        self._rows.append(row.line)
        self._articles.append((article, f"url:{article.url}" if by_url else f"text:{article.id}"))
        self._characters += len(article.text)

    def store(self, store: ArticleStore, on_change: Callable[[], None]) -> Iterator[RowOutcome]:
        stored = iter(store.put_many(self._articles)) if self._articles else iter(())
        if self._articles:
            on_change()
        rows, self._rows, self._articles, self._characters = self._rows, [], [], 0
        outcomes = [row if isinstance(row, RowOutcome) else _outcome(row, next(stored)) for row in rows]
        if outcomes:
            states = Counter(outcome.state for outcome in outcomes)
            counts = {state: states[state] for state in ("added", "unchanged", "failed")}
            listed = ", ".join(f"{state} {count}" for state, count in counts.items())
            log_event(log, logging.INFO, "articles_loaded", f"Rows loaded: {listed}", **counts)
        yield from outcomes


def _outcome(line: int, stored: StoredArticle) -> RowOutcome:
    return RowOutcome(line, "added" if stored.created else "unchanged", article_id=stored.article.id)


def export_articles(store: ArticleStore, target: str, report: Callable[[int], None] = lambda done: None) -> int:
    """Write a snapshot of all articles as JSON Lines, and return how many; "-" is standard output.

    A file is written completely or not at all, and gzipped where its name ends in .gz. `report` is called with the
    number of articles written so far. Raises StorageProblem.
    """
    count = 0
    with _open_target(target) as write:
        for article, by_url in store.each():
            values = {"id": article.id, **{name: getattr(article, name) for name in FIELDS}}
            values = {name: value for name, value in values.items() if value or name not in _RARE_FIELDS}
            values["origin"] = "url" if by_url else "text"
            if article.published_is_guess:
                values["published_is_guess"] = True
            if article.blocks:
                values["blocks"] = block_rows(article.blocks)
            write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
            count += 1
            report(count)
    return count


@contextmanager
def _open_target(target: str) -> Iterator[Callable[[bytes], object]]:
    """Yield the function that writes to a target; raises StorageProblem."""
    if target == STANDARD_STREAM:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    try:
        with _replaced_file(Path(target).resolve()) as file:
            if not is_gzip(target):
                yield file.write
            else:
                with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
                    yield packed.write
    except (OSError, ValueError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror is not None else str(error)
        raise StorageProblem(f"{target} can't be written: {reason}.") from error


@contextmanager
def _replaced_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file that replaces `path` once it is complete; a pipe or device is written directly."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
