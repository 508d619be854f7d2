"""Makes the articles follow what is in a folder."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from pathlib import Path

from corpus.article import Article
from corpus.documents import SIDECAR, Limits, read_file
from corpus.errors import InvalidInput, InvalidSidecar, UnreadableDocument
from corpus.events import log_event
from corpus.ingest.folder import Look, at_rest, below, has_changed, look, origin_of, path_of, signature
from corpus.ingest.intake import Intake, Outcome
from corpus.store.article_store import ArticleStore
from corpus.store.schema import Origin
from corpus.text.unicode import printable

log = logging.getLogger(__name__)
_NAMED = 10  # kinds of files that are left out


class FolderSync:
    """Follows folders for a library. `changed` is called after every change."""

    def __init__(self, store: ArticleStore, intake: Intake, limits: Limits, changed: Callable[[], None]) -> None:
        self._store, self._intake, self._limits, self._changed = store, intake, limits, changed
        self._ignored: dict[Path, Counter[str]] = {}

    def sync(self, folder: Path, pause: Callable[[float], object]) -> Iterator[Outcome]:
        """Make the articles follow what is in a folder, and yield what changed: see Library.sync_folder."""
        root = folder.resolve()
        try:
            there = look(root)
        except UnreadableDocument as error:
            yield Outcome(printable(folder), "failed", problem=str(error))
            return
        self._note_ignored(root, there)
        known = self._known(root)
        new = [path for path in there.files if origin_of(path) not in known]
        if new and self._follow_deleted(new):
            known = self._known(root)
        given = yield from self._take_changed(root, there.files, known, pause)
        yield from self._take_unreadable(there, known)
        yield from self._drop_gone(there, known)
        self._drop_moved({given[path] for path in new if path in given})
        yield from self._leave_former(below(root))

    def ignored(self, folder: Path) -> Counter[str]:
        """Return how many files of a folder are of no kind that is read, by the ends of their names.

        As the folder was when it was last synced here, or else as it is; nothing of one that can't be read.
        """
        root = folder.resolve()
        if root not in self._ignored:
            try:
                self._ignored[root] = Counter(look(root).ignored)
            except UnreadableDocument:
                return Counter()
        return self._ignored[root]

    def _note_ignored(self, root: Path, there: Look) -> None:
        """Tell once of files that are left out since they are of no kind that is read."""
        if there.ignored and self._ignored.get(root) != there.ignored:
            words = f"In {printable(root)}, {told_ignored(there.ignored)}."
            log_event(log, logging.INFO, "files_ignored", words, files=sum(there.ignored.values()))
        self._ignored = {root: Counter(there.ignored)}

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
        self, root: Path, files: Iterable[Path], known: Mapping[str, Origin], pause: Callable[[float], object]
    ) -> Generator[Outcome, None, dict[Path, str]]:
        """Read the files that have changed; return the ids of the articles that they gave."""
        given: dict[Path, str] = {}
        changed = [path for path in files if has_changed(known.get(origin_of(path)), signature(path))]
        for path in at_rest(changed, pause):
            outcome = self._take(path, known.get(origin_of(path)), root)
            if outcome is not None:
                yield outcome
                if outcome.article is not None:
                    given[path] = outcome.article.id
        return given

    def _take(self, path: Path, before: Origin | None, root: Path) -> Outcome | None:
        """Read a file of the folder; return None where nothing is new, since it has gone or its problem is known."""
        mark = signature(path)
        if before is not None and before.deleted and self._is_deleted_one(path, before, root):
            self._store.stay_deleted(before.origin, mark)
            return None
        fault = self._intake.fault_of(path)
        outcome, looked_at = self._intake.file(path, mark, root)
        if outcome.article is not None:  # with a problem where its sidecar has one
            known = outcome.problem is not None and fault is not None and fault.problem == outcome.problem
            return None if known and outcome.state == "unchanged" else outcome
        if not os.path.lexists(path):
            return self._drop(origin_of(path))
        if before is not None and before.deleted and not looked_at:
            return None
        self._store.note_problem(origin_of(path), mark if looked_at else None, str(outcome.problem))
        self._changed()
        return None if before is not None and before.problem == outcome.problem else outcome

    def _is_deleted_one(self, path: Path, before: Origin, root: Path) -> bool:
        """Tell whether a file that was touched or copied anew still holds the article that a user deleted."""
        fault = None
        try:
            draft = read_file(path, self._limits, root)
        except InvalidSidecar as error:
            fault, draft = error, error.document
        except InvalidInput:
            return False
        same = Article.from_draft(draft).id == before.deleted_id
        if same:
            self._intake.note_sidecar(path, fault)
        return same

    def _take_unreadable(self, there: Look, known: Mapping[str, Origin]) -> Iterator[Outcome]:
        for folder, problem in there.unreadable.items():
            before = known.get(origin_of(folder))
            if before is None or before.problem != problem:
                self._store.note_problem(origin_of(folder), None, problem)
                yield Outcome(printable(folder), "failed", problem=problem)

    def _drop_gone(self, there: Look, known: Iterable[str]) -> Iterator[Outcome]:
        """Forget what has gone, but nothing that is only out of sight."""
        hidden = tuple(below(folder) for folder in there.unreadable)
        present = {origin_of(path) for path in (*there.files, *there.unreadable)}
        for origin in known:
            is_here = not present.isdisjoint({origin, origin.removesuffix(SIDECAR)})  # a sidecar goes with its document
            if not is_here and not origin.startswith(hidden):
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
        log_event(log, logging.INFO, "article_removed", origin=origin)
        self._changed()
        return Outcome(printable(path_of(origin)), "removed")


def told_ignored(ignored: Mapping[str, int]) -> str:
    """Return in words what is left out of a folder: "3 files are of kinds that are not read: .png (2), .csv (1)"."""
    count = sum(ignored.values())
    kinds = ", ".join(f"{end} ({many:,})" for end, many in Counter(ignored).most_common(_NAMED))
    told = "1 file is of a kind that is" if count == 1 else f"{count:,} files are of kinds that are"
    return printable(f"{told} not read: {kinds}{', …' if len(ignored) > _NAMED else ''}")
