"""Articles come in and go out here, from wherever they are."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corpus.article import Article, Draft
from corpus.documents import Limits, read_document, read_file, supported
from corpus.errors import InvalidInput, UnreadableDocument
from corpus.fetch import Fetcher, read_page
from corpus.store import ArticleStore, Listed, Stored

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: the article it gave, or the reason why it gave none."""

    name: str
    state: Literal["added", "unchanged", "removed", "failed"]
    article: Article | None = None
    problem: str | None = None


class Library:
    """The articles, for whoever adds, shows or deletes them.

    `on_change` is called after every change, so that the index follows.
    """

    def __init__(
        self, store: ArticleStore, fetcher: Fetcher, limits: Limits, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._limits = limits
        self.on_change = on_change

    def add_draft(self, draft: Draft) -> Stored:
        """Keep a text; one with a url replaces what that url gave before. Raises InvalidArticle."""
        article = Article.from_draft(draft)
        origin = f"text:{article.id}" if article.url is None else f"url:{article.url}"
        return self._put(article, origin)

    def add_upload(self, data: bytes, name: str, content_type: str | None = None) -> Stored:
        """Keep an uploaded document. Raises InvalidInput."""
        article = Article.from_draft(read_document(data, name, content_type, self._limits))
        return self._put(article, f"text:{article.id}")

    def add_url(self, url: str) -> Stored:
        """Fetch a page and keep it, replacing what that address gave before. Raises InvalidInput."""
        article = Article.from_draft(read_page(url, self._fetcher, self._limits))
        return self._put(article, f"url:{article.url}")

    def add_file(self, path: Path) -> Outcome:
        """Keep a file, replacing what it gave before; what is wrong with it is in the outcome."""
        return self._add_file(path.resolve(), remember_problem=False)

    def add_all(self, source: str) -> Iterator[Outcome]:
        """Keep what a url, a file or all documents of a folder give, yielding what became of each."""
        if source.lower().startswith(("http://", "https://")):
            yield self._outcome(source, lambda: self.add_url(source))
            return
        try:
            paths = document_files(Path(source))
        except InvalidInput as error:
            yield Outcome(source, "failed", problem=str(error))
            return
        for path in paths:
            yield self.add_file(path)

    def get(self, article_id: str) -> Article:
        """Return one article; raises NotFound."""
        return self._store.get(article_id)

    def page(self, page: int, per_page: int) -> list[Listed]:
        """Return one page of the articles, newest first; pages count from 1."""
        return self._store.page((page - 1) * per_page, per_page)

    def count(self) -> int:
        """Return how many articles there are."""
        return self._store.count()

    def remove(self, article_id: str) -> None:
        """Delete an article; a file it came from does not bring it back until that file changes. Raises NotFound."""
        self._store.delete(article_id)
        self.on_change()

    def sync_folder(self, folder: Path) -> Iterator[Outcome]:
        """Make the articles that come from a folder follow what is in it, and yield what changed.

        A file that was looked at before and has not changed is not read again. A folder that is not there has no
        files; one that can't be read raises UnreadableDocument, and its articles stay.
        """
        root = folder.resolve()
        known = {origin.origin: origin for origin in self._store.origins(f"file:{root}/")}
        for path in _files(root):
            before = known.pop(f"file:{path}", None)
            if before is None or before.signature != _signature(path):
                yield self._add_file(path, remember_problem=True)
        for origin in known:
            self._store.drop_origin(origin)
            self.on_change()
            yield Outcome(origin.removeprefix("file:"), "removed")

    def problems(self, folder: Path) -> list[Outcome]:
        """Return the files of a folder that could not be read, and why."""
        origins = self._store.origins(f"file:{folder.resolve()}/")
        return [
            Outcome(origin.origin.removeprefix("file:"), "failed", problem=origin.problem)
            for origin in origins
            if origin.problem is not None
        ]

    def _add_file(self, path: Path, remember_problem: bool) -> Outcome:
        origin, signature = f"file:{path}", _signature(path)
        outcome = self._outcome(
            str(path),
            lambda: self._put(Article.from_draft(read_file(path, self._limits)), origin, signature),
        )
        if outcome.problem is not None and remember_problem:
            log.warning("%s: %s", path, outcome.problem)
            self._store.note_problem(origin, signature, outcome.problem)
            self.on_change()
        return outcome

    def _outcome(self, name: str, add: Callable[[], Stored]) -> Outcome:
        try:
            stored = add()
        except InvalidInput as error:
            return Outcome(name, "failed", problem=str(error))
        return Outcome(name, "added" if stored.created else "unchanged", stored.article)

    def _put(self, article: Article, origin: str, signature: str | None = None) -> Stored:
        stored = self._store.put(article, origin, signature)
        self.on_change()
        return stored


def document_files(path: Path) -> Iterable[Path]:
    """Return the documents that a path means: itself, or all of a kind that Citeline reads below a folder.

    Raises UnreadableDocument for a path that is not there.
    """
    if path.is_dir():
        return _files(path.resolve())
    if not path.exists():
        raise UnreadableDocument(f"There is no file or folder {path}.")
    return [path]


def _files(root: Path) -> list[Path]:
    try:
        paths = [path for path in root.rglob("*") if supported(path.name) and not _hidden(path, root)]
        return sorted(path for path in paths if path.is_file())
    except OSError as error:
        raise UnreadableDocument(f"The folder {root} can't be read: {error.strerror}.") from error


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.relative_to(root).parts)


def _signature(path: Path) -> str | None:
    """Return what changes when a file or its sidecar does; None where it is gone."""
    try:
        marks = [path.stat()]
        sidecar = path.with_name(f"{path.name}.toml")
        if sidecar.exists():
            marks.append(sidecar.stat())
    except OSError:
        return None
    return " ".join(f"{mark.st_mtime_ns}:{mark.st_size}:{mark.st_ino}" for mark in marks)
