"""Vectors that were computed once are kept by (model, text), so that no rebuild embeds a text again."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DamagedFile
from corpus.events import log_event
from corpus.store.database import Database
from index.embedding.embedder import Embedder

log = logging.getLogger(__name__)
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE models (number INTEGER PRIMARY KEY, model_id TEXT NOT NULL UNIQUE);
CREATE TABLE vectors (
    model INTEGER NOT NULL REFERENCES models (number),
    text_hash BLOB NOT NULL,           -- the first 16 bytes of the SHA-256 of the text
    vector BLOB NOT NULL,              -- float32, little-endian
    PRIMARY KEY (model, text_hash)
) WITHOUT ROWID;
"""
T = TypeVar("T")
_DAMAGED = ".damaged"  # suffix of the name that a damaged file gets
CHUNK = 512  # an interrupted build loses the vectors of one chunk at most
_DELETED_AT_ONCE = 10_000  # vectors


def open_cache(path: Path) -> Database:
    """Open the file of a cache, made where it is missing; raises StorageProblem, OtherVersion."""
    return Database(path, "embedding cache", SCHEMA_VERSION, SCHEMA, disposable=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return the device and inode of a file, None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


class EmbeddingCache:
    """Embeds texts, each only once: what was embedded is in a SQLite file, and survives an interrupted build.

    A damaged file is renamed, and what it held is computed again. Raises StorageProblem where the file can't be used,
    OtherVersion where another version wrote it.
    """

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self.embedder = embedder
        self._path = path
        self._sweeping: int | None = None  # the thread whose texts `sweep` keeps
        try:
            self._open()
        except DamagedFile as error:
            self._recreate(error)

    def embed(
        self,
        texts: Sequence[str],
        progress: Callable[[int], None] | None = None,
        checkpoint: Callable[[], None] | None = None,
    ) -> NDArray[np.float32]:
        """Return the vectors of texts, of shape (len(texts), dimension).

        `progress` hears how many more are done. `checkpoint` is called after each chunk whose new vectors were stored:
        it may raise to give up, and no vector is lost. Chunks without new vectors have none, so that an attempt that
        begins again gets further than the one before.
        """
        vectors = np.empty((len(texts), self.embedder.dimension), np.float32)
        for start in range(0, len(texts), CHUNK):
            chunk = texts[start : start + CHUNK]
            found, is_new = self._repairing(partial(self._embed_chunk, chunk, progress))
            vectors[start : start + len(chunk)] = found
            if is_new and checkpoint is not None:
                checkpoint()
        return vectors

    def delete_former(self, checkpoint: Callable[[], None] | None = None) -> None:
        """Delete the vectors of former exports of the model, so that new ones take their space.

        Each transaction deletes a part, so that SQLite's log stays short and other processes can write. `checkpoint` is
        called after each: it may raise to give up.
        """
        former = list(self.embedder.former_ids)
        numbers = f"SELECT number FROM models WHERE model_id IN ({','.join('?' * len(former))})"
        part = f"SELECT model, text_hash FROM vectors WHERE model IN ({numbers}) LIMIT {_DELETED_AT_ONCE}"

        def delete() -> int:
            with self._db.writing() as db:
                deleted = db.execute(f"DELETE FROM vectors WHERE (model, text_hash) IN ({part})", former).rowcount
                if deleted == 0:
                    db.execute(f"DELETE FROM models WHERE number IN ({numbers})", former)
            return deleted

        while self._repairing(delete) > 0:
            if checkpoint is not None:
                checkpoint()

    @contextmanager
    def sweep(self) -> Iterator[None]:
        """Delete, at the end, the vectors of all texts that this thread has not embedded meanwhile.

        Another thread that embeds a new text meanwhile may have to embed it once more. Raises StorageProblem.
        """
        with self._db.reading() as db:
            db.execute("CREATE TEMP TABLE IF NOT EXISTS used (text_hash BLOB PRIMARY KEY) WITHOUT ROWID")
            db.execute("DELETE FROM used")
        self._sweeping = threading.get_ident()
        try:
            yield
            with self._db.writing() as db:
                db.execute("DELETE FROM vectors WHERE text_hash NOT IN (SELECT text_hash FROM used)")
        finally:
            self._sweeping = None
            with self._db.reading() as db:
                db.execute("DROP TABLE IF EXISTS temp.used")

    def shrink(self) -> None:
        """Remove the remains of deleted vectors from the disk, and damaged files; raises StorageProblem."""
        self._path.with_name(f"{self._path.name}{_DAMAGED}").unlink(missing_ok=True)
        self._db.shrink()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _repairing(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except DamagedFile as error:
            self._db.close()
            self._recreate(error)
            return action()

    def _open(self) -> None:
        self._file = _identity(self._path)
        self._db = open_cache(self._path)
        try:
            with self._db.writing() as db:
                db.execute("INSERT OR IGNORE INTO models (model_id) VALUES (?)", (self.embedder.model_id,))
                row = db.execute("SELECT number FROM models WHERE model_id = ?", (self.embedder.model_id,)).fetchone()
        except BaseException:
            self._db.close()
            raise
        self._model = row[0]
        self._file = _identity(self._path)

    def _recreate(self, error: DamagedFile) -> None:
        if self._file == _identity(self._path):  # else another process has put it away already
            name = f"{self._path.name}{_DAMAGED}"
            words = f"{self._path} is damaged ({error.__cause__}): put away as {name}, its vectors are computed anew."
            log_event(log, logging.WARNING, "cache_damaged", words, problem=str(error))
            try:
                for end in ("-wal", "-shm"):
                    self._path.with_name(self._path.name + end).unlink(missing_ok=True)
                self._path.replace(self._path.with_name(name))
            except OSError as problem:  # Windows, while another process has it open
                raise error from problem
        self._open()

    def _embed_chunk(
        self, texts: Sequence[str], progress: Callable[[int], None] | None
    ) -> tuple[NDArray[np.float32], bool]:
        """Return the vectors of texts, and whether any of them is new."""
        hashes = [hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:16] for text in texts]
        marks = ",".join("?" * len(hashes))
        with self._db.reading() as db:
            rows = db.execute(
                f"SELECT text_hash, vector FROM vectors WHERE model = ? AND text_hash IN ({marks})",
                [self._model, *hashes],
            )
            if self._sweeping == threading.get_ident():
                db.executemany("INSERT OR IGNORE INTO temp.used VALUES (?)", [(one,) for one in hashes])
            size = 4 * self.embedder.dimension
            known = {row[0]: np.frombuffer(row[1], "<f4") for row in rows if len(row[1]) == size}
        new = {digest: text for digest, text in zip(hashes, texts, strict=True) if digest not in known}
        if progress is not None and len(new) < len(texts):
            progress(len(texts) - len(new))
        if new:
            fresh = self.embedder.embed(list(new.values()), progress)
            known |= dict(zip(new, fresh, strict=True))
            with self._db.writing() as db:
                db.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                    [(self._model, digest, known[digest].astype("<f4").tobytes()) for digest in new],
                )
        return np.stack([known[digest] for digest in hashes]), len(new) > 0
