"""Many articles at once: into a store in batches, and out of it into a file."""

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
from corpus.documents import Limits
from corpus.errors import InvalidInput, StorageProblem
from corpus.events import log_event
from corpus.ingest.tables import NAMES, STANDARD, Row, packed
from corpus.store.article_store import ArticleStore

log = logging.getLogger(__name__)
# One sync of the disk a batch: a row each would take minutes for what takes seconds. Large rows make a batch sooner.
BATCH_ROWS = 500
BATCH_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the row that begins on a line."""

    line: int
    state: Literal["added", "unchanged", "failed"]
    problem: str | None = None


def load(rows: Iterable[Row], store: ArticleStore, limits: Limits, on_change: Callable[[], None]) -> Iterator[Loaded]:
    """Keep the articles of rows and yield what became of each, once it is on the disk.

    Rows that are there already are passed over, so that going through a file again goes on where it broke off. Raises
    what the rows raise, after what came before is kept, and StorageProblem.
    """
    batch = _Batch(limits)
    try:
        for row in rows:
            batch.take(row)
            if batch.full:
                yield from batch.keep(store, on_change)
    except InvalidInput:
        yield from batch.keep(store, on_change)
        raise
    yield from batch.keep(store, on_change)


class _Batch:
    """Rows that are kept together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows: list[Loaded | int] = []  # what is wrong with a row, or the line of one that is to be kept
        self._articles: list[tuple[Article, str]] = []
        self._characters = 0

    @property
    def full(self) -> bool:
        return len(self._rows) >= BATCH_ROWS or self._characters >= BATCH_CHARACTERS

    def take(self, row: Row) -> None:
        try:
            article, origin = self._checked(row)
        except InvalidInput as error:
            self._rows.append(Loaded(row.line, "failed", str(error)))
            return
        self._rows.append(row.line)
        self._articles.append((article, origin))
        self._characters += len(article.text)

    def keep(self, store: ArticleStore, on_change: Callable[[], None]) -> Iterator[Loaded]:
        stored = iter(store.put_many(self._articles)) if self._articles else iter(())
        if self._articles:
            on_change()
        rows, self._rows, self._articles, self._characters = self._rows, [], [], 0
        found = [
            row if isinstance(row, Loaded) else Loaded(row, "added" if next(stored).created else "unchanged")
            for row in rows
        ]
        _tell(Counter(row.state for row in found))
        yield from found

    def _checked(self, row: Row) -> tuple[Article, str]:
        if row.draft is None:
            raise InvalidInput(str(row.problem))
        self._limits.check_text(len(row.draft.text), "It")
        article = Article.from_draft(row.draft)
        by_url = row.by_url and article.url is not None
        return article, f"url:{article.url}" if by_url else f"text:{article.id}"


def _tell(counts: Counter[str]) -> None:
    told = {state: counts[state] for state in ("added", "unchanged", "failed")}
    if any(told.values()):
        words = ", ".join(f"{state} {count}" for state, count in told.items())
        log_event(log, logging.INFO, "articles_loaded", f"Rows loaded: {words}", **told)


def export(store: ArticleStore, target: str, report: Callable[[int], None] = lambda done: None) -> int:
    """Write all articles as JSON Lines, as they are at one moment, and return how many; "-" is standard output.

    A file is there whole or not at all, packed by gzip where its name ends in .gz. Raises StorageProblem.
    """
    count = 0
    with _writing(target) as write:
        for article, by_url in store.each():
            told = {"id": article.id} | {name: getattr(article, name) for name in NAMES}
            told |= {"origin": "url" if by_url else "text"}
            write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
            count += 1
            report(count)
    return count


@contextmanager
def _writing(target: str) -> Iterator[Callable[[bytes], object]]:
    if target == STANDARD:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    try:
        with _file(Path(target).resolve()) as file:
            if not packed(target):
                yield file.write
            else:
                with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packing:
                    yield packing.write
    except (OSError, ValueError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror is not None else str(error)
        raise StorageProblem(f"{target} can't be written: {reason}.") from error


@contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that comes to stand at path once it is whole; a pipe or a device is written to as it is."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
