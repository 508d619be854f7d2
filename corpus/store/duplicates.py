"""Near-duplicate articles: clusters of articles whose texts have similar sets of shingles.

The resemblance of two texts is the Jaccard index of their shingles. Locality-sensitive hashing finds the candidates:
the MinHash signature of a text is split into BANDS bands of ROWS hashes, and texts that share bands are compared. The
constants were chosen by `python -m eval.duplicates`; docs/decisions.md has the figures.
"""

import hashlib
import heapq
import logging
import re
import sqlite3
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from rensa import RMinHash

from corpus.events import log_event
from corpus.store.database import Database

log = logging.getLogger(__name__)
SHINGLE_SIZE = 3  # words
MIN_RESEMBLANCE = 0.37  # of near-duplicates; texts of which half is common boilerplate have a third
MIN_SHINGLES = 100  # in shorter texts, one other word or number can change the message
MAX_WORDS = 20_000  # of a text that are read, which bounds the time for a book
# Bands are stored: a change here, or a library that hashes differently, needs a new version of the tables.
BANDS = 20
ROWS = 2  # hashes per band
_SEED = 1
_MIN_SHARED_BANDS = 2  # texts often share a single band by chance
# These bound the time per article however many resemble it. Near-duplicates of news come within days, so the newest
# articles of a band are enough.
_NEWEST_OF_BAND = 50
_MAX_COMPARED = 8
_BATCH = 200
_LOGGED_FROM = 2_000  # articles to upgrade, which take a second or longer
WORD = re.compile(r"[^\W_]+")
CLUSTERS = """
CREATE INDEX articles_by_story ON articles (story);
CREATE INDEX articles_without_story ON articles (number) WHERE story = '';
CREATE TABLE bands (
    band INTEGER NOT NULL,             -- hash of a band of the MinHash signature: corpus/store/duplicates.py
    number INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE ON UPDATE CASCADE,
    PRIMARY KEY (band, number)
) WITHOUT ROWID;
CREATE INDEX bands_by_article ON bands (number);
"""


def iterate_words(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case, without punctuation, so that near-duplicates have the same."""
    for word in WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        yield word.group()


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return list(iterate_words(text))


def shingles(text: str, size: int = SHINGLE_SIZE) -> frozenset[str]:
    """Return the shingles of a text, runs of `size` words; none for a text with fewer than MIN_SHINGLES."""
    first_words = list(islice(iterate_words(text), MAX_WORDS))
    runs = frozenset(map(" ".join, zip(*(first_words[start:] for start in range(size)), strict=False)))
    return runs if len(runs) >= MIN_SHINGLES else frozenset()


def resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard index of two sets of shingles, 0 where they share none."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def bands(text_shingles: frozenset[str]) -> list[int]:
    """Return the BANDS bands of a text's shingles as signed integers of 48 bits; none where it has no shingles."""
    if not text_shingles:
        return []
    signature = RMinHash(BANDS * ROWS, _SEED)
    signature.update(list(text_shingles))
    hashes = signature.digest()
    packed = (struct.pack(f"<{ROWS + 1}Q", n, *hashes[n * ROWS : (n + 1) * ROWS]) for n in range(BANDS))
    return [int.from_bytes(hashlib.blake2b(band, digest_size=6).digest(), "big", signed=True) for band in packed]


def find_cluster(
    db: sqlite3.Connection, article_id: str, text_shingles: frozenset[str], text_bands: Sequence[int]
) -> str:
    """Return the cluster of a stored near-duplicate of an article, or the article's own id where there is none."""
    newest = "SELECT number FROM bands WHERE band = ? ORDER BY number DESC LIMIT ?"
    shared = Counter(row["number"] for band in text_bands for row in db.execute(newest, (band, _NEWEST_OF_BAND)))
    # Ordered by the number of shared bands, then oldest first.
    candidates = [(-count, number) for number, count in shared.items() if count >= _MIN_SHARED_BANDS]
    for _, number in heapq.nsmallest(_MAX_COMPARED, candidates):
        row = db.execute("SELECT text, story FROM articles WHERE number = ?", (number,)).fetchone()
        if resemblance(text_shingles, shingles(row["text"])) >= MIN_RESEMBLANCE:
            return str(row["story"])
    return article_id


def add_bands(db: sqlite3.Connection, number: int, text_bands: Sequence[int]) -> None:
    """Store the bands of the numbered article."""
    db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, number) for band in text_bands])


def assign_clusters(database: Database) -> None:
    """Assign clusters to the articles that have none, which a former version stored. Raises StorageProblem."""
    with database.reading() as db:
        count = int(db.execute("SELECT count(*) FROM articles WHERE story = ''").fetchone()[0])
    if count > _LOGGED_FROM:
        message = f"The article store {database.path} is upgraded: near-duplicates are sought in {count:,} articles."
        log_event(log, logging.WARNING, "store_upgraded", message, articles=count)
    while count > 0:
        with database.writing() as db:
            rows = db.execute(
                "SELECT number, id, text FROM articles WHERE story = '' ORDER BY number LIMIT ?", (_BATCH,)
            ).fetchall()
            for row in rows:
                text_shingles = shingles(row["text"])
                text_bands = bands(text_shingles)
                cluster = find_cluster(db, row["id"], text_shingles, text_bands)
                db.execute("UPDATE articles SET story = ? WHERE number = ?", (cluster, row["number"]))
                add_bands(db, row["number"], text_bands)
        count -= len(rows) or count  # without rows, another process has done the rest
