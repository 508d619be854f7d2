"""Vectors that were computed once are kept by (model, text), so that no rebuild embeds a text again."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.database import Database
from index.embedder import Embedder

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
CHUNK = 512  # an interrupted build loses the vectors of one chunk at most


def open_cache(path: Path) -> Database:
    """Open the file of a cache, made where it is missing; raises StorageProblem, OtherVersion."""
    return Database(path, "embedding cache", SCHEMA_VERSION, SCHEMA, spare=True)


class EmbeddingCache:
    """Embeds texts, each only once: what was embedded is in a SQLite file, and survives an interrupted build.

    Raises StorageProblem where the file can't be used, OtherVersion where another version wrote it.
    """

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self._db = open_cache(path)
        self.embedder = embedder
        with self._db.writing() as db:
            db.execute("INSERT OR IGNORE INTO models (model_id) VALUES (?)", (embedder.model_id,))
            row = db.execute("SELECT number FROM models WHERE model_id = ?", (embedder.model_id,)).fetchone()
        self._model: int = row[0]

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of texts, of shape (len(texts), dimension); progress hears how many more are done."""
        vectors = np.empty((len(texts), self.embedder.dimension), np.float32)
        for start in range(0, len(texts), CHUNK):
            chunk = texts[start : start + CHUNK]
            vectors[start : start + len(chunk)] = self._embed_chunk(chunk, progress)
        return vectors

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _embed_chunk(self, texts: Sequence[str], progress: Callable[[int], None] | None) -> NDArray[np.float32]:
        hashes = [hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:16] for text in texts]
        with self._db.reading() as db:
            known = self._known(db, hashes)
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
        return np.stack([known[digest] for digest in hashes])

    def _known(self, db: sqlite3.Connection, hashes: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        marks = ",".join("?" * len(hashes))
        rows = db.execute(
            f"SELECT text_hash, vector FROM vectors WHERE model = ? AND text_hash IN ({marks})", [self._model, *hashes]
        )
        size = 4 * self.embedder.dimension
        return {row[0]: np.frombuffer(row[1], "<f4") for row in rows if len(row[1]) == size}
