"""The library of articles: adds them from texts, uploads, pages, files, sitemaps and tables, and removes them."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from corpus.article import Article, Block, Draft, MetadataValue, Original
from corpus.documents import READER_VERSION, Limits, read_document, worker_seconds
from corpus.documents.originals import with_original
from corpus.errors import NotFound, StorageProblem, UnreadableDocument
from corpus.events import log_event
from corpus.fetching.client import Fetcher, read_page
from corpus.fetching.robots import Robots
from corpus.fetching.sitemaps import MAX_PAGES, ListedPage, Throttle, fetched_until, walk_sitemap
from corpus.ingest.bulk import RowOutcome, export_articles, load_rows
from corpus.ingest.folder import FolderSync, check_readable, describe_ignored, scan_folder, signature
from corpus.ingest.tables import TableRow, read_table
from corpus.ingest.writer import ArticleWriter, DocumentOutcome, folder_prefix, origin_of_upload, path_of
from corpus.isolation.worker import INLINE, Worker
from corpus.store.article_store import ArticleChange, ArticleStore, ArticleSummary, ListedArticle, StoredArticle
from corpus.store.deletions import DeletedArticle
from corpus.store.edits import with_edits
from corpus.store.listing import ArticleListing
from corpus.text.unicode import printable

log = logging.getLogger(__name__)
_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture of a page, which `draw` returns as a PNG; the `tag` of another picture differs."""

    tag: str
    draw: Callable[[], bytes]


class Library:
    """Adds, lists and removes articles; `on_change`, which may be set later, is called after each change.

    `worker` reads documents, `drawing_worker` draws their pages, and `background_worker`, by default the first, reads
    the files of folders.
    """

    def __init__(
        self,
        store: ArticleStore,
        fetcher: Fetcher,
        limits: Limits,
        on_change: Callable[[], None] = lambda: None,
        worker: Worker = INLINE,
        drawing_worker: Worker = INLINE,
        background_worker: Worker | None = None,
    ) -> None:
        self._store, self._fetcher, self._limits, self._worker = store, fetcher, limits, worker
        self._drawing_worker = drawing_worker
        self.on_change = on_change
        file_worker = worker if background_worker is None else background_worker
        self._writer = ArticleWriter(store, limits, self._changed, file_worker)
        self._folder_sync = FolderSync(store, self._writer, limits, self._changed, file_worker)

    def add_draft(
        self, draft: Draft, origin: str | None = None, signature: str | None = None, feed: str | None = None
    ) -> StoredArticle:
        """Store the article of a draft in place of the former one of its origin. Raises InvalidArticle.

        Its origin is its url if it has one, unless another one is given. `feed` is the url of the feed that it is from.
        """
        article = Article.from_draft(draft)
        if origin is None:
            origin = f"text:{article.id}" if article.url is None else f"url:{article.url}"
        return self._writer.put(article, origin, signature, feed)

    def drop_origin(self, origin: str) -> None:
        """Remove an origin that there is no more, with its article where it has no other."""
        if self._store.drop_origin(origin):
            log_event(log, logging.INFO, "article_removed", origin=origin)
        self.on_change()

    def rename_origin(self, origin: str, name: str) -> None:
        """Give an origin a new name, unless that is taken: what is added from it then replaces its former article."""
        self._store.rename_origin(origin, name)

    def add_upload(
        self,
        data: bytes,
        name: str,
        content_type: str | None = None,
        metadata: Mapping[str, MetadataValue] | None = None,
    ) -> StoredArticle:
        """Store the article of an uploaded document. Raises InvalidInput, WorkerProblem.

        The metadata goes before that of the document, and stays as edits do.
        """
        read = partial(read_document, name=name, content_type=content_type, limits=self._limits)
        draft = self._worker.run(read, data, name, worker_seconds(data, self._limits))
        article = Article.from_draft(with_original(draft, data, name, self._limits))
        edits = {} if metadata is None else article.clean_metadata(metadata)
        stored = self._writer.put(with_edits(article, edits), origin_of_upload(data))
        edited = self.edit(stored.article.id, edits) if edits else stored.article
        return replace(stored, article=edited, notes=draft.notes)

    def add_url(self, url: str) -> StoredArticle:
        """Fetch a page and store its article, which replaces the former one of that url. Raises InvalidInput."""
        draft = read_page(url, self._fetcher, self._limits, self._worker)
        article = Article.from_draft(draft)
        return replace(self._writer.put(article, f"url:{article.url}"), notes=draft.notes)

    def add_file(self, path: Path) -> DocumentOutcome:
        """Store the article of a file, which replaces the former one of that file; the outcome has any problem."""
        # Not path.resolve(): the origin of a link in the articles folder is its own name.
        path = path.parent.resolve() / path.name
        return self._writer.put_file(path, signature(path))[0]

    def add_source(self, source: str) -> Iterator[DocumentOutcome]:
        """Add a url, a file or all documents of a folder, and yield the outcome of each."""
        if source.lower().startswith(("http://", "https://")):
            yield self._writer.attempt(source, lambda: self.add_url(source))[0]
            return
        if not Path(source).is_dir():
            yield self.add_file(Path(source))
            return
        root = Path(source).resolve()
        name = printable(root)
        try:
            scan = scan_folder(root)
        except UnreadableDocument as error:
            yield DocumentOutcome(name, "failed", problem=str(error))
            return
        if not scan.files:
            yield DocumentOutcome(name, "failed", problem=f"The folder {name} holds no documents.")
        for folder, problem in scan.unreadable.items():
            yield DocumentOutcome(printable(folder), "failed", problem=problem)
        if scan.ignored:
            yield DocumentOutcome(name, "ignored", problem=f"{describe_ignored(scan.ignored)}.")
        for path in scan.files:
            yield self._writer.put_file(path, signature(path), root)[0]

    def add_sitemap(
        self, url: str, limit: int = MAX_PAGES, throttle: Throttle | None = None
    ) -> Iterator[DocumentOutcome]:
        """Add the pages of a sitemap that may have changed, at most `limit`. Raises InvalidInput for the sitemap."""
        throttle, robots = Throttle() if throttle is None else throttle, Robots(self._fetcher, self._worker)
        known_until = fetched_until(self._store.origins("url:"))
        for page in walk_sitemap(url, self._fetcher, throttle, self._worker):
            if page.problem is not None:
                yield DocumentOutcome(printable(page.url), "failed", problem=printable(page.problem))
            elif page.is_unchanged(known_until):
                yield DocumentOutcome(printable(page.url), "unchanged")
            elif limit == 0:
                log.warning("%s lists more pages than the limit; run it again with a higher one.", printable(url))
                return
            else:
                limit -= 1
                yield self._writer.attempt(printable(page.url), partial(self._add_page, page, throttle, robots))[0]

    def add_rows(self, rows: Iterable[TableRow]) -> Iterator[RowOutcome]:
        """Add the articles of a table in batches, and yield the outcome of each row. Raises InvalidInput."""
        return load_rows(rows, self._store, self._limits, self.on_change)

    def add_table(self, data: bytes, name: str) -> Iterator[RowOutcome]:
        """Add the articles of an uploaded table (JSON Lines or CSV), and yield the outcome of each row.

        Raises InvalidInput, WorkerProblem.
        """
        return self.add_rows(self._worker.run(partial(read_table, name=name), data, name))

    def export(self, target: str, report: Callable[[int], None] = lambda done: None) -> int:
        """Write all articles as JSON Lines to a file or "-", and return how many; `report` gets the number so far.

        Raises StorageProblem.
        """
        return export_articles(self._store, target, report)

    def get(self, article_id: str) -> Article:
        """Return an article; raises NotFound, ArticleReplaced where another one has replaced it."""
        return self._store.get(article_id)

    def get_version(self, article_id: str) -> tuple[Article, str | None]:
        """Return an article, or a former version of one with the id of what has replaced it; raises what get raises."""
        return self._store.get_version(article_id)

    def blocks(self, article_id: str) -> tuple[Block, ...]:
        """Return the blocks of an article, none where its structure is unknown."""
        return self._store.blocks(article_id)

    def original(self, article_id: str) -> Original:
        """Return the file that an article was read from; raises NotFound, also where it is not kept."""
        if self._limits.max_original == 0:
            article = self.get(article_id)
            raise NotFound(
                f"There is no original of the article {article.id}: files are not kept (CITELINE_KEEP_ORIGINALS is 0)."
            )
        return self._store.original(article_id)

    def drop_originals(self) -> None:
        """Delete the originals that are larger than the limit, which was higher before."""
        try:
            count = self._store.drop_originals(self._limits.max_original)
            if count:
                message = f"Files beside their articles that were deleted, by CITELINE_KEEP_ORIGINALS: {count:,}."
                log_event(log, logging.INFO, "originals_deleted", message, files=count)
            self._store.shrink()
        except StorageProblem as error:  # a full disk must not keep the service from answering
            log.warning("Files beside their articles can't all be deleted; the next start tries again. %s", error)

    def drop_versions(self) -> None:
        """Delete the former versions of articles that are older than is set."""
        try:
            count = self._store.drop_versions()
        except StorageProblem as error:  # a full disk must not keep the service from answering
            log.warning("Former versions of articles can't be deleted; the next start tries again. %s", error)
            return
        if count:
            message = f"Former versions of articles that were deleted, by CITELINE_KEEP_VERSIONS: {count:,}."
            log_event(log, logging.INFO, "versions_deleted", message, versions=count)

    def file_names(self) -> dict[str, set[str]]:
        """Return the names of the files of folders that articles were read from, by the ids of the articles."""
        names: dict[str, set[str]] = {}
        for origin in self._store.origins("file:"):
            if origin.article_id is not None:
                names.setdefault(origin.article_id, set()).add(path_of(origin.name).name)
        return names

    def page_picture(self, article_id: str, page: int, spans: Iterable[tuple[int, int]]) -> PagePicture:
        """Return the picture of a page of the PDF that an article was read from, with the words of spans marked.

        Raises NotFound where there is no PDF. Drawing it raises NotFound where there is no such page,
        UnreadableDocument, TooLarge, WorkerProblem.
        """
        from corpus.documents.pdf.page_image import draw_page, quote_on_page  # noqa: PLC0415 - it loads PDFium

        article, original = self.get(article_id), self.original(article_id)
        if original.media_type != _PDF:
            raise NotFound(f"{original.name}, from which the article {article.id} was read, is no PDF.")
        blocks = self.blocks(article.id)
        found = (quote_on_page(article.text, blocks, page, start, end) for start, end in spans)
        quotes = [quote for quote in found if quote is not None]
        tag = f"{original.digest} {page} {quotes!r} {READER_VERSION}"
        draw = partial(draw_page, name=original.name, page=page, quotes=quotes)
        run = partial(self._drawing_worker.run, draw, original.data, original.name)
        return PagePicture(hashlib.sha256(tag.encode()).hexdigest()[:32], run)

    def original_type(self, article_id: str) -> str | None:
        """Return the media type of the file that an article was read from, None where it is not kept."""
        return None if self._limits.max_original == 0 else self._store.original_type(article_id)

    def page(self, page: int, per_page: int, query: str = "") -> list[ArticleSummary]:
        """Return a page, counted from 1, of the articles with all words of `query` in title or source, newest first."""
        return self._store.page((page - 1) * per_page, per_page, query)

    def listed(self, listing: ArticleListing, page: int, per_page: int) -> tuple[list[ListedArticle], int]:
        """Return a page of a list of articles, and how many it has in all; raises what `ArticleStore.listed` raises."""
        return self._store.listed(listing, (page - 1) * per_page, per_page)

    def tags(self) -> dict[str, int]:
        """Return how many articles have each tag, the one with the most first."""
        return self._store.tags()

    def count(self, query: str = "") -> int:
        """Return how many articles have all words of `query` in title or source."""
        return self._store.count(query)

    def follow_changes(self, since: str | None, limit: int) -> tuple[list[ArticleChange], str, bool]:
        """Return the next changes after a cursor, the cursor after them, and whether there are more.

        Raises what `ArticleStore.follow_changes` raises.
        """
        return self._store.follow_changes(since, limit)

    def sources(self) -> dict[str, int]:
        """Return how many articles each source has, the one with the most first."""
        return self._store.sources()

    def edit(self, article_id: str, values: Mapping[str, MetadataValue]) -> Article:
        """Set fields of an article's metadata, which stay so however it is read again; None clears a field.

        Raises NotFound, InvalidArticle.
        """
        article = self._store.get(article_id)
        edited = self._store.edit(article.id, article.clean_metadata(values))
        log_event(log, logging.INFO, "article_edited", id=edited.id, title=edited.title, fields=sorted(values))
        self.on_change()
        return edited

    def remove(self, article_id: str) -> None:
        """Delete an article; its file adds it again only once that file changes. Raises NotFound."""
        self._store.delete(article_id)
        log_event(log, logging.INFO, "article_removed", id=article_id)
        self.on_change()

    def remove_many(self, article_ids: Sequence[str]) -> list[str]:
        """Delete articles as `remove` does, all in one step, and return the ids of those that there were."""
        removed = self._store.delete_many(article_ids)
        for article_id in removed:
            log_event(log, logging.INFO, "article_removed", id=article_id)
        self.on_change()
        return removed

    def restore(self, article_ids: Sequence[str]) -> list[str]:
        """Take back the deletion of articles that are not erased yet, all in one step, and return their ids."""
        restored = self._store.restore(article_ids)
        for article_id in restored:
            log_event(log, logging.INFO, "article_restored", id=article_id)
        self.on_change()
        return restored

    def deleted(self, page: int, per_page: int) -> tuple[list[DeletedArticle], int]:
        """Return a page of the articles that can be restored, the one deleted last first, and how many there are."""
        return self._store.deleted((page - 1) * per_page, per_page)

    def sync_folder(self, folder: Path, pause: Callable[[float], object] = time.sleep) -> Iterator[DocumentOutcome]:
        """Add, update and remove articles so that they match a folder, and yield what changed.

        A file is read only if it has changed since the last sync; `pause` waits for files that are being written. A
        folder that is missing or can't be read yields a failure and keeps its articles. Articles of the folder that was
        synced before are removed, unless they are in this one, too.
        """
        return self._folder_sync.sync(folder, pause)

    def ignored(self, folder: Path) -> dict[str, int]:
        """Return how many files of a folder have no supported format, by extension."""
        return dict(self._folder_sync.ignored(folder))

    def synced_folder(self) -> Path | None:
        """Return the folder that was last synced, None before the first sync."""
        prefix = self._store.synced_prefix
        return None if prefix is None else path_of(prefix)

    def problems(self, folder: Path) -> list[DocumentOutcome]:
        """Return the failures of the files of a folder at its last sync, or that of the folder itself."""
        root = folder.resolve()
        try:
            check_readable(root)
        except UnreadableDocument as error:
            return [DocumentOutcome(printable(folder), "failed", problem=str(error))]
        return [
            DocumentOutcome(printable(path_of(origin.name)), "failed", problem=origin.problem)
            for origin in self._store.origins(folder_prefix(root))
            if origin.problem is not None
        ]

    def _add_page(self, page: ListedPage, throttle: Throttle, robots: Robots) -> StoredArticle:
        throttle.wait(page.url, robots.crawl_delay(page.url))
        page_signature = page.signature()  # before the fetch, so that a change during it is found the next time
        draft = read_page(page.url, self._fetcher, self._limits, self._worker)
        article = Article.from_draft(draft)
        return replace(self._writer.put(article, f"url:{article.url}", page_signature), notes=draft.notes)

    def _changed(self) -> None:
        self.on_change()  # looked up at every call, since it may be set later
