"""Articles come in and go out here, from wherever they are."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from corpus.article import Article, Draft
from corpus.documents import Limits, read_document
from corpus.errors import UnreadableDocument
from corpus.events import log_event
from corpus.fetching.client import Fetcher, read_page
from corpus.fetching.robots import Robots
from corpus.fetching.sitemaps import MAX_PAGES, ListedPage, Pauses, fetched, walk
from corpus.ingest.bulk import Loaded, export, load
from corpus.ingest.folder import below, check_readable, look, path_of, signature
from corpus.ingest.folder_sync import FolderSync, told_ignored
from corpus.ingest.intake import Intake, Outcome
from corpus.ingest.tables import Row
from corpus.store.article_store import ArticleStore, Listed, Stored
from corpus.text.unicode import printable

__all__ = ["Library", "Outcome"]
log = logging.getLogger(__name__)


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
        self._intake = Intake(store, limits, self._changed)
        self._folders = FolderSync(store, self._intake, limits, self._changed)

    def add_draft(self, draft: Draft) -> Stored:
        """Keep a text; one with a url replaces what that url gave before. Raises InvalidArticle."""
        article = Article.from_draft(draft)
        origin = f"text:{article.id}" if article.url is None else f"url:{article.url}"
        return self._intake.put(article, origin)

    def add_upload(self, data: bytes, name: str, content_type: str | None = None) -> Stored:
        """Keep an uploaded document. Raises InvalidInput."""
        article = Article.from_draft(read_document(data, name, content_type, self._limits))
        return self._intake.put(article, f"text:{article.id}")

    def add_url(self, url: str) -> Stored:
        """Fetch a page and keep it, replacing what that address gave before. Raises InvalidInput."""
        article = Article.from_draft(read_page(url, self._fetcher, self._limits))
        return self._intake.put(article, f"url:{article.url}")

    def add_file(self, path: Path) -> Outcome:
        """Keep a file, replacing what it gave before; what is wrong with it is in the outcome."""
        # Not path.resolve(): a link in the articles folder is known by its own name.
        path = path.parent.resolve() / path.name
        return self._intake.file(path, signature(path))[0]

    def add_all(self, source: str) -> Iterator[Outcome]:
        """Keep what a url, a file or all documents of a folder give, yielding what became of each."""
        if source.lower().startswith(("http://", "https://")):
            yield self._intake.outcome(source, lambda: self.add_url(source))[0]
        elif Path(source).is_dir():
            yield from self._add_folder(Path(source).resolve())
        else:
            yield self.add_file(Path(source))

    def add_sitemap(self, url: str, limit: int = MAX_PAGES, pauses: Pauses | None = None) -> Iterator[Outcome]:
        """Fetch the pages of a sitemap, at most `limit` of them, but none that is known not to have changed."""
        pauses, robots = Pauses() if pauses is None else pauses, Robots(self._fetcher)
        known = fetched(self._store.origins("url:"))
        for page in walk(url, self._fetcher, pauses):
            if page.problem is not None:
                yield Outcome(printable(page.url), "failed", problem=printable(page.problem))
            elif page.is_known(known):
                yield Outcome(printable(page.url), "unchanged")
            elif limit == 0:
                log.warning("%s lists more pages than the limit; run it again with a higher one.", printable(url))
                return
            else:
                limit -= 1
                yield self._intake.outcome(printable(page.url), partial(self._add_page, page, pauses, robots))[0]

    def add_rows(self, rows: Iterable[Row]) -> Iterator[Loaded]:
        """Keep the articles of a table, in batches, yielding what became of each row. Raises InvalidInput."""
        return load(rows, self._store, self._limits, self.on_change)

    def export(self, target: str, report: Callable[[int], None] = lambda done: None) -> int:
        """Write all articles as JSON Lines to a file, or "-"; return how many. Raises StorageProblem."""
        return export(self._store, target, report)

    def get(self, article_id: str) -> Article:
        """Return one article; raises NotFound."""
        return self._store.get(article_id)

    def page(self, page: int, per_page: int, about: str = "") -> list[Listed]:
        """Return one page of the articles, newest first, or of those about some words; pages count from 1."""
        return self._store.page((page - 1) * per_page, per_page, about)

    def count(self, about: str = "") -> int:
        """Return how many articles there are, or how many of those about some words."""
        return self._store.count(about)

    def remove(self, article_id: str) -> None:
        """Delete an article; a file it came from does not bring it back until that file changes. Raises NotFound."""
        self._store.delete(article_id)
        log_event(log, logging.INFO, "article_removed", id=article_id)
        self.on_change()

    def sync_folder(self, folder: Path, pause: Callable[[float], object] = time.sleep) -> Iterator[Outcome]:
        """Make the articles follow what is in a folder, and yield what changed.

        Those that followed another folder before go, unless they are here, too.
        A file that was looked at before and has not changed is not read again; one that is being written is waited for
        a moment, by `pause`. The articles of a folder that is not there or can't be read stay, and an outcome says so.
        """
        return self._folders.sync(folder, pause)

    def ignored(self, folder: Path) -> dict[str, int]:
        """Return how many files of a folder are of no kind that is read, by the ends of their names."""
        return dict(self._folders.ignored(folder))

    def followed(self) -> Path | None:
        """Return the folder that the articles follow, None where none was followed yet."""
        prefix = self._store.followed
        return None if prefix is None else path_of(prefix)

    def problems(self, folder: Path) -> list[Outcome]:
        """Return the files of a folder that could not be read, and why."""
        root = folder.resolve()
        try:
            check_readable(root)
        except UnreadableDocument as error:
            return [Outcome(printable(folder), "failed", problem=str(error))]
        return [
            Outcome(printable(path_of(origin.origin)), "failed", problem=origin.problem)
            for origin in self._store.origins(below(root))
            if origin.problem is not None
        ]

    def _add_folder(self, root: Path) -> Iterator[Outcome]:
        try:
            there = look(root)
        except UnreadableDocument as error:
            yield Outcome(printable(root), "failed", problem=str(error))
            return
        if not there.files:
            yield Outcome(printable(root), "failed", problem=f"The folder {printable(root)} holds no documents.")
        for folder, problem in there.unreadable.items():
            yield Outcome(printable(folder), "failed", problem=problem)
        if there.ignored:
            yield Outcome(printable(root), "ignored", problem=f"{told_ignored(there.ignored)}.")
        for path in there.files:
            yield self._intake.file(path, signature(path), root)[0]

    def _add_page(self, page: ListedPage, pauses: Pauses, robots: Robots) -> Stored:
        pauses.before(page.url, robots.pause(page.url))
        mark = page.signature()  # before it is fetched: what changes meanwhile is fetched the next time
        article = Article.from_draft(read_page(page.url, self._fetcher, self._limits))
        return self._intake.put(article, f"url:{article.url}", mark)

    def _changed(self) -> None:
        self.on_change()  # the one that is set by then
