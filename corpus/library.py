"""Articles come in and go out here, from wherever they are."""

import logging
import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from corpus.article import Article, Draft
from corpus.bulk import Loaded, export, load
from corpus.documents import Limits, read_document, read_file
from corpus.errors import CitelineError, InvalidInput, UnreadableDocument
from corpus.events import tell_of
from corpus.fetch import Fetcher, read_page
from corpus.folder import Look, at_rest, below, check_readable, has_changed, look, origin_of, path_of, shown, signature
from corpus.robots import Robots
from corpus.rows import Origin
from corpus.sitemaps import MAX_PAGES, ListedPage, Pauses, fetched, walk
from corpus.store import ArticleStore, Listed, Stored
from corpus.tables import Row

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
        # Not path.resolve(): a link in the articles folder is known by its own name.
        path = path.parent.resolve() / path.name
        return self._add_file(path, signature(path))[0]

    def add_all(self, source: str) -> Iterator[Outcome]:
        """Keep what a url, a file or all documents of a folder give, yielding what became of each."""
        if source.lower().startswith(("http://", "https://")):
            yield self._outcome(source, lambda: self.add_url(source))[0]
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
                yield Outcome(shown(page.url), "failed", problem=shown(page.problem))
            elif page.is_known(known):
                yield Outcome(shown(page.url), "unchanged")
            elif limit == 0:
                log.warning("%s lists more pages than the limit; run it again with a higher one.", shown(url))
                return
            else:
                limit -= 1
                yield self._outcome(shown(page.url), partial(self._add_page, page, pauses, robots))[0]

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
        tell_of(log, "article_removed", id=article_id)
        self.on_change()

    def sync_folder(self, folder: Path, pause: Callable[[float], object] = time.sleep) -> Iterator[Outcome]:
        """Make the articles follow what is in a folder, and yield what changed.

        Those that followed another folder before go, unless they are here, too.
        A file that was looked at before and has not changed is not read again; one that is being written is waited for
        a moment, by `pause`. The articles of a folder that is not there or can't be read stay, and an outcome says so.
        """
        root = folder.resolve()
        try:
            there = look(root)
        except UnreadableDocument as error:
            yield Outcome(shown(folder), "failed", problem=str(error))
            return
        known = self._known(root)
        new = [path for path in there.files if origin_of(path) not in known]
        if new and self._follow_deleted(new):
            known = self._known(root)
        given = yield from self._take_changed(there.files, known, pause)
        yield from self._take_unreadable(there, known)
        yield from self._drop_gone(there, known)
        self._drop_moved({given[path] for path in new if path in given})
        yield from self._leave_former(below(root))

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
            return [Outcome(shown(folder), "failed", problem=str(error))]
        return [
            Outcome(shown(path_of(origin.origin)), "failed", problem=origin.problem)
            for origin in self._store.origins(below(root))
            if origin.problem is not None
        ]

    def _known(self, root: Path) -> dict[str, Origin]:
        return {origin.origin: origin for origin in self._store.origins(below(root))}

    def _follow_deleted(self, new: Iterable[Path]) -> bool:
        """Know files that were moved since their article was deleted by their new names; tell whether there are any."""
        moved = {mark: path for path in new if (mark := signature(path)) is not None}
        deleted = [origin for origin in self._store.origins("file:") if origin.deleted and origin.signature in moved]
        lost = [origin for origin in deleted if not os.path.lexists(path_of(origin.origin))]
        for origin in lost:
            self._store.rename_origin(origin.origin, origin_of(moved[str(origin.signature)]))
        return bool(lost)

    def _take_changed(
        self, files: Iterable[Path], known: Mapping[str, Origin], pause: Callable[[float], object]
    ) -> Generator[Outcome, None, dict[Path, str]]:
        """Read the files that have changed; return the ids of the articles that they gave."""
        given: dict[Path, str] = {}
        changed = [path for path in files if has_changed(known.get(origin_of(path)), signature(path))]
        for path in at_rest(changed, pause):
            outcome = self._take(path, known.get(origin_of(path)))
            if outcome is not None:
                yield outcome
                if outcome.article is not None:
                    given[path] = outcome.article.id
        return given

    def _take(self, path: Path, before: Origin | None) -> Outcome | None:
        """Read a file of the folder; return None where nothing is new, since it has gone or its problem is known."""
        mark = signature(path)
        if before is not None and before.deleted and self._is_deleted_one(path, before):
            self._store.stay_deleted(before.origin, mark)
            return None
        outcome, looked_at = self._add_file(path, mark)
        if outcome.problem is None:
            return outcome
        if not os.path.lexists(path):
            return self._drop(origin_of(path))
        if before is not None and before.deleted and not looked_at:
            return None
        self._store.note_problem(origin_of(path), mark if looked_at else None, outcome.problem)
        self.on_change()
        return None if before is not None and before.problem == outcome.problem else outcome

    def _is_deleted_one(self, path: Path, before: Origin) -> bool:
        """Tell whether a file that was touched or copied anew still holds the article that a user deleted."""
        try:
            return Article.from_draft(read_file(path, self._limits)).id == before.deleted_id
        except InvalidInput:
            return False

    def _take_unreadable(self, there: Look, known: Mapping[str, Origin]) -> Iterator[Outcome]:
        for folder, problem in there.unreadable.items():
            before = known.get(origin_of(folder))
            if before is None or before.problem != problem:
                self._store.note_problem(origin_of(folder), None, problem)
                yield Outcome(shown(folder), "failed", problem=problem)

    def _drop_gone(self, there: Look, known: Iterable[str]) -> Iterator[Outcome]:
        """Forget what has gone, but nothing that is only out of sight."""
        hidden = tuple(below(folder) for folder in there.unreadable)
        present = {origin_of(path) for path in (*there.files, *there.unreadable)}
        for origin in known:
            if origin not in present and not origin.startswith(hidden):
                outcome = self._drop(origin)
                if outcome is not None:
                    yield outcome

    def _drop_moved(self, articles: Collection[str]) -> None:
        """Forget the files from which articles came before those were moved here from outside of the folder."""
        origins = self._store.origins("file:") if articles else ()
        for origin in origins:
            if origin.article_id in articles and not os.path.lexists(path_of(origin.origin)):
                self._drop(origin.origin)

    def _leave_former(self, prefix: str) -> Iterator[Outcome]:
        former = self._store.followed
        if former == prefix:
            return
        for origin in [] if former is None else list(self._store.origins(former)):
            outcome = None if origin.origin.startswith(prefix) else self._drop(origin.origin)
            if outcome is not None:
                yield outcome
        self._store.follow(prefix)

    def _drop(self, origin: str) -> Outcome | None:
        if not self._store.drop_origin(origin):
            return None
        tell_of(log, "article_removed", origin=origin)
        self.on_change()
        return Outcome(shown(path_of(origin)), "removed")

    def _add_folder(self, root: Path) -> Iterator[Outcome]:
        try:
            there = look(root)
        except UnreadableDocument as error:
            yield Outcome(shown(root), "failed", problem=str(error))
            return
        if not there.files:
            yield Outcome(shown(root), "failed", problem=f"The folder {shown(root)} holds no documents.")
        for folder, problem in there.unreadable.items():
            yield Outcome(shown(folder), "failed", problem=problem)
        for path in there.files:
            yield self.add_file(path)

    def _add_file(self, path: Path, mark: str | None) -> tuple[Outcome, bool]:
        return self._outcome(
            shown(path),
            lambda: self._put(Article.from_draft(read_file(path, self._limits)), origin_of(path), mark),
        )

    def _outcome(self, name: str, add: Callable[[], Stored]) -> tuple[Outcome, bool]:
        """Return what became of a document, and whether it could be looked at, good or bad."""
        try:
            stored = add()
        except InvalidInput as error:
            return Outcome(name, "failed", problem=shown(str(error))), not isinstance(error.__cause__, OSError)
        except CitelineError:
            raise
        except Exception as error:  # one document that a parser stumbles over must not keep out all others
            log.exception("%s can't be read.", name)
            return Outcome(name, "failed", problem=f"{name} can't be read: {type(error).__name__} in its parser."), True
        return Outcome(name, "added" if stored.created else "unchanged", stored.article), True

    def _add_page(self, page: ListedPage, pauses: Pauses, robots: Robots) -> Stored:
        pauses.before(page.url, robots.pause(page.url))
        mark = page.signature()  # before it is fetched: what changes meanwhile is fetched the next time
        article = Article.from_draft(read_page(page.url, self._fetcher, self._limits))
        return self._put(article, f"url:{article.url}", mark)

    def _put(self, article: Article, origin: str, mark: str | None = None) -> Stored:
        stored = self._store.put(article, origin, mark)
        if (state := "changed" if stored.changed else "added" if stored.created else None) is not None:
            tell_of(log, f"article_{state}", origin=origin, id=stored.article.id, title=stored.article.title)
        self.on_change()
        return stored
