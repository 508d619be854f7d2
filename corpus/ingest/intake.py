"""Documents to articles that are kept, each with what became of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from corpus.article import Article
from corpus.documents import Limits, read_file, sidecar_of
from corpus.errors import CitelineError, InvalidInput, InvalidSidecar, NotFound
from corpus.events import log_event
from corpus.ingest.folder import origin_of
from corpus.store.article_store import ArticleStore, Stored
from corpus.store.schema import Origin
from corpus.text.unicode import printable

log = logging.getLogger(__name__)
_SEEN = "read"  # the signature of a sidecar's fault: it is looked at again with its document, whose signature covers it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: the article it gave, or the reason why it gave none.

    Both where it was read without the file beside it, whose fault the problem is then. Files of a folder that are of
    no kind that is read are "ignored" together.
    """

    name: str
    state: Literal["added", "unchanged", "removed", "failed", "ignored"]
    article: Article | None = None
    problem: str | None = None


class Intake:
    """Keeps what documents give. `changed` is called after every change."""

    def __init__(self, store: ArticleStore, limits: Limits, changed: Callable[[], None]) -> None:
        self._store, self._limits, self._changed = store, limits, changed

    def put(self, article: Article, origin: str, mark: str | None = None) -> Stored:
        """Keep an article in place of what its origin gave before; `mark` is the signature of that."""
        stored = self._store.put(article, origin, mark)
        if (state := "changed" if stored.changed else "added" if stored.created else None) is not None:
            log_event(
                log, logging.INFO, f"article_{state}", origin=origin, id=stored.article.id, title=stored.article.title
            )
        self._changed()
        return stored

    def outcome(self, name: str, add: Callable[[], Stored]) -> tuple[Outcome, bool]:
        """Return what became of a document, and whether it could be looked at, good or bad."""
        try:
            stored = add()
        except InvalidInput as error:
            return Outcome(name, "failed", problem=printable(str(error))), not isinstance(error.__cause__, OSError)
        except CitelineError:
            raise
        except Exception as error:  # one document that a parser stumbles over must not keep out all others
            log.exception("%s can't be read.", name)
            return Outcome(name, "failed", problem=f"{name} can't be read: {type(error).__name__} in its parser."), True
        return Outcome(name, "added" if stored.created else "unchanged", stored.article), True

    def file(self, path: Path, mark: str | None, root: Path | None = None) -> tuple[Outcome, bool]:
        """Keep what a file gives; return what became of it, and whether it could be looked at.

        What is wrong with its sidecar keeps nothing out: the article stays as it was last read, or is read without it.
        Links may not lead out of `root`.
        """
        faults: list[InvalidSidecar] = []

        def add() -> Stored:
            try:
                draft = read_file(path, self._limits, root)
            except InvalidSidecar as fault:
                faults.append(fault)
                last = self._as_last_read(Article.from_draft(fault.document))
                return self.put(last, origin_of(path), None if fault.out_of_reach else mark)
            return self.put(Article.from_draft(draft), origin_of(path), mark)

        found, looked_at = self.outcome(printable(path), add)
        if found.article is not None:
            found = replace(found, problem=self.note_sidecar(path, faults[0] if faults else None))
        return found, looked_at

    def note_sidecar(self, path: Path, fault: InvalidSidecar | None) -> str | None:
        """Remember what is wrong with the sidecar of a file, or that nothing is any more; return what is wrong."""
        origin, before = origin_of(sidecar_of(path)), self.fault_of(path)
        problem = None if fault is None else printable(str(fault))
        if problem is None and before is not None:
            self._store.drop_origin(origin)
        elif problem is not None and (before is None or before.problem != problem):
            self._store.note_problem(origin, _SEEN, problem)
        return problem

    def fault_of(self, path: Path) -> Origin | None:
        """Return what is remembered of a file's sidecar that is wrong."""
        origin = origin_of(sidecar_of(path))
        return next((found for found in self._store.origins(origin) if found.origin == origin), None)

    def _as_last_read(self, article: Article) -> Article:
        try:
            return self._store.get(article.id)
        except NotFound:
            return article
