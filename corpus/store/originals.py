"""The files that articles were read from, kept beside them in the article store."""

import sqlite3
import zlib

from corpus.article import Original

ORIGINALS = """
CREATE TABLE originals (
    article_id TEXT PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    name TEXT NOT NULL, media_type TEXT NOT NULL,
    digest TEXT NOT NULL,              -- SHA-256 of the file
    compressed INTEGER NOT NULL,       -- the size of the file where data is packed by zlib, 0 where it is not
    data BLOB NOT NULL
);
"""
# The same of articles that were deleted and can be restored: a column is a row there.
_DROP_DELETED = """
DELETE FROM deleted_values WHERE of_table = 'originals' AND article_id IN (
    SELECT article_id FROM deleted_values WHERE of_table = 'originals'
    AND ?1 < CASE of_column WHEN 'compressed' THEN value WHEN 'data' THEN length(value) END
)
"""
_PACKED_FORMATS = (b"%PDF", b"PK\x03\x04")  # which are compressed already


def put_original(db: sqlite3.Connection, article_id: str, original: Original, replaces: bool) -> None:
    """Store the original of an article; in place of the former one only where it `replaces` that."""
    before = digest_of(db, article_id)
    if before is not None and (not replaces or before == original.digest):
        return
    packed = original.data if original.data.startswith(_PACKED_FORMATS) else zlib.compress(original.data)
    size, data = (len(original.data), packed) if len(packed) < len(original.data) else (0, original.data)
    values = (article_id, original.name, original.media_type, original.digest, size, data)
    db.execute("INSERT OR REPLACE INTO originals VALUES (?, ?, ?, ?, ?, ?)", values)


def find_original(db: sqlite3.Connection, article_id: str) -> Original | None:
    """Return the original of an article, None where none is kept."""
    select = "SELECT name, media_type, compressed, data FROM originals WHERE article_id = ?"
    row = db.execute(select, (article_id,)).fetchone()
    if row is None:
        return None
    return Original(row["name"], row["media_type"], zlib.decompress(row["data"]) if row["compressed"] else row["data"])


def drop_originals(db: sqlite3.Connection, max_bytes: int) -> int:
    """Delete the originals of more than so many bytes, note that the store is to be made smaller; return how many.

    Those of deleted articles are deleted, too, but not counted.
    """
    count = db.execute("DELETE FROM originals WHERE max(compressed, length(data)) > ?", (max_bytes,)).rowcount
    if count + db.execute(_DROP_DELETED, (max_bytes,)).rowcount:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('shrinks', 1)")
    return count


def digest_of(db: sqlite3.Connection, article_id: str) -> str | None:
    """Return the digest of the original of an article, None where none is kept."""
    row = db.execute("SELECT digest FROM originals WHERE article_id = ?", (article_id,)).fetchone()
    return None if row is None else row[0]
