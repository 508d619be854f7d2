"""Writes the articles of documents into the store, and converts between files and the names of their origins."""

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes
from urllib.request import url2pathname

from corpus.article import Article
from corpus.documents import Limits, SidecarProblem, read_file, sidecar_of
from corpus.errors import AboveUploadLimit, CitelineError, InvalidInput, NotFound
from corpus.events import log_event
from corpus.isolation.worker import Worker, as_refusal
from corpus.store.article_store import UPLOAD_PREFIX, ArticleStore, StoredArticle, read_again
from corpus.text.unicode import printable

log = logging.getLogger(__name__)
# A sidecar with a problem is stored as an origin of its own. The signature of its document covers its changes.
_SIDECAR_SIGNATURE = "read"


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """The outcome of adding or removing one document: its article, or the problem that prevented one.

    With both, the problem is that of its sidecar, without which the document was read. One "ignored" outcome stands for
    all files of a folder without a supported format. `notes` say which parts of the document are not in the article.
    """

    name: str
    state: Literal["added", "unchanged", "removed", "failed", "ignored"]
    article: Article | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()


class ArticleWriter:
    """Writes articles into a store; calls `on_change` after each write."""

    def __init__(self, store: ArticleStore, limits: Limits, on_change: Callable[[], None], worker: Worker) -> None:
        self._store, self._limits, self._on_change, self._worker = store, limits, on_change, worker

    def put(
        self, article: Article, origin: str, signature: str | None = None, feed: str | None = None
    ) -> StoredArticle:
        """Store an article in place of the former one of its origin; raises StorageProblem."""
        stored = self._store.put(article, origin, signature, feed)
        if stored.changed or stored.created:
            event, article = "article_changed" if stored.changed else "article_added", stored.article
            log_event(log, logging.INFO, event, origin=origin, id=article.id, title=article.title)
        self._on_change()
        return stored

    def attempt(self, name: str, add: Callable[[], StoredArticle]) -> tuple[DocumentOutcome, bool]:
        """Call `add` for a document; return the outcome, and whether the document could be read, if only to refuse it.

        InvalidInput and unexpected errors become failed outcomes; other CitelineErrors are raised.
        """
        try:
            stored = add()
        except InvalidInput as error:
            was_read = not isinstance(error.__cause__, OSError) and not isinstance(error, AboveUploadLimit)
            return DocumentOutcome(name, "failed", problem=printable(str(error))), was_read
        except CitelineError:
            raise
        except Exception as error:  # a parser's bug must not stop the other documents
            log.exception("%s can't be read.", name)
            return DocumentOutcome(name, "failed", problem=printable(str(as_refusal(error, name)))), True
        for note in stored.notes:
            log_event(log, logging.INFO, "document_note", f"{name}: {note}", name=name, note=note)
        state: Literal["added", "unchanged"] = "added" if stored.created else "unchanged"
        return DocumentOutcome(name, state, stored.article, notes=stored.notes), True

    def put_file(self, path: Path, signature: str | None, root: Path | None = None) -> tuple[DocumentOutcome, bool]:
        """Store the article of a file; return the outcome, and whether the file could be read. Raises StorageProblem.

        Where its sidecar has a problem, a stored article stays as it is, and a new one is stored without the sidecar.
        Symbolic links that lead out of `root` are refused.
        """
        sidecar: SidecarProblem | None = None

        def add() -> StoredArticle:
            nonlocal sidecar
            draft, sidecar = read_file(path, self._limits, root, self._worker)
            article = Article.from_draft(draft)
            read_signature = signature
            if sidecar is not None:
                with suppress(NotFound):
                    stored = self._store.get(article.id)
                    article = replace(stored, blocks=article.blocks, original=article.original)
                read_signature = read_again(signature) if sidecar.temporary else signature
            return replace(self.put(article, origin_of(path), read_signature), notes=draft.notes)

        outcome, was_read = self.attempt(printable(path), add)
        if outcome.article is not None:
            outcome = replace(outcome, problem=self.note_sidecar_problem(path, sidecar))
        return outcome, was_read

    def note_sidecar_problem(self, path: Path, problem: SidecarProblem | None) -> str | None:
        """Store the problem of a file's sidecar, or remove a former one, and return it in printable form."""
        origin, stored = origin_of(sidecar_of(path)), self.sidecar_problem(path)
        message = None if problem is None else printable(problem.message)
        if message is None and stored is not None:
            self._store.drop_origin(origin)
        elif message is not None and message != stored:
            self._store.note_problem(origin, _SIDECAR_SIGNATURE, message)
        return message

    def sidecar_problem(self, path: Path) -> str | None:
        """Return the stored problem of a file's sidecar, None where it has none."""
        origin_name = origin_of(sidecar_of(path))
        return next((origin.problem for origin in self._store.origins(origin_name) if origin.name == origin_name), None)


def origin_of(path: Path) -> str:
    """Return the origin of a file: a file: URI, which encodes any file name in ASCII."""
    return path.as_uri()


def origin_of_upload(data: bytes) -> str:
    """Return the origin of an uploaded document, by its content: the same file is the same origin, however it reads."""
    return f"{UPLOAD_PREFIX}{hashlib.sha256(data).hexdigest()}"


def path_of(origin: str) -> Path:
    """Return the path of the origin of a file."""
    quoted = origin.removeprefix("file://")
    return Path(url2pathname(quoted)) if os.name == "nt" else Path(os.fsdecode(unquote_to_bytes(quoted)))


def folder_prefix(folder: Path) -> str:
    """Return the common prefix of the origins of all files below a folder."""
    return f"{origin_of(folder).rstrip('/')}/"
