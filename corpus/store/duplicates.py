"""Near-duplicate articles: clusters of articles whose texts share most of their shingles.

Texts resemble each other by the Jaccard index of their shingles. MinHash finds the texts to compare with: the smallest
hashes of a text's shingles, in pairs, are its bands, and texts that share bands are compared. The constants were chosen
by `python -m eval.duplicates`; docs/design.md has the figures.
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
SHINGLE = 3  # words
ALIKE = 0.37  # near-duplicates resemble each other at least so much; texts with half boilerplate in common, a third
MIN_SHINGLES = 100  # in shorter texts, a word or a number makes another message
MAX_WORDS = 20_000  # so that a book takes no longer than a booklet
# Bands are stored: a change here, or a library that hashes differently, needs a new version of the tables.
BANDS = 20
ROWS = 2  # hashes of a band
_SEED = 1
_MIN_SHARED_BANDS = 2  # a single one is often chance
# An article must not cost more the more articles resemble it: near-duplicates of news come within days, so that the
# newest articles of a band are enough.
_NEWEST_OF_BAND = 50
_MAX_COMPARED = 8
_BATCH = 200
_SLOW = 2_000  # articles, which take a second or longer
WORD = re.compile(r"[^\W_]+")
CLUSTERS = """
CREATE INDEX articles_by_story ON articles (story);
CREATE INDEX articles_without_story ON articles (number) WHERE story = '';
CREATE TABLE bands (
    band INTEGER NOT NULL,             -- what texts that are alike have in common: corpus/store/duplicates.py
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


def shingles(text: str, size: int = SHINGLE) -> frozenset[str]:
    """Return all runs of `size` words in a text; none of a text that is too short to have near-duplicates."""
    first_words = list(islice(iterate_words(text), MAX_WORDS))
    runs = frozenset(map(" ".join, zip(*(first_words[start:] for start in range(size)), strict=False)))
    return runs if len(runs) >= MIN_SHINGLES else frozenset()


def resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard index of two sets of shingles, 0 where they share none."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def bands(found: frozenset[str]) -> list[int]:
    """Return the bands of a text with these shingles, as integers of 48 bits; none where it has no shingles."""
    if not found:
        return []
    sketch = RMinHash(BANDS * ROWS, _SEED)
    sketch.update(list(found))
    hashes = sketch.digest()
    packed = (struct.pack(f"<{ROWS + 1}Q", n, *hashes[n * ROWS : (n + 1) * ROWS]) for n in range(BANDS))
    return [int.from_bytes(hashlib.blake2b(band, digest_size=6).digest(), "big", signed=True) for band in packed]


def find_cluster(db: sqlite3.Connection, article_id: str, found: frozenset[str], keys: Sequence[int]) -> str:
    """Return the cluster of an article with these shingles and bands: that of a near-duplicate, or else its own id."""
    newest = "SELECT number FROM bands WHERE band = ? ORDER BY number DESC LIMIT ?"
    shared = Counter(row["number"] for key in keys for row in db.execute(newest, (key, _NEWEST_OF_BAND)))
    # Those that share the most bands first, of these the oldest.
    candidates = [(-count, number) for number, count in shared.items() if count >= _MIN_SHARED_BANDS]
    for _, number in heapq.nsmallest(_MAX_COMPARED, candidates):
        row = db.execute("SELECT text, story FROM articles WHERE number = ?", (number,)).fetchone()
        if resemblance(found, shingles(row["text"])) >= ALIKE:
            return str(row["story"])
    return article_id


def add_bands(db: sqlite3.Connection, number: int, keys: Sequence[int]) -> None:
    """Store the bands of the numbered article."""
    db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(key, number) for key in keys])


def assign_clusters(database: Database) -> None:
    """Assign clusters to the articles of a store from before clusters, in batches. Raises StorageProblem."""
    with database.reading() as db:
        count = int(db.execute("SELECT count(*) FROM articles WHERE story = ''").fetchone()[0])
    if count > _SLOW:
        message = f"The article store {database.path} is upgraded: near-duplicates are sought in {count:,} articles."
        log_event(log, logging.WARNING, "store_upgraded", message, articles=count)
    while count > 0:
        with database.writing() as db:
            rows = db.execute(
                "SELECT number, id, text FROM articles WHERE story = '' ORDER BY number LIMIT ?", (_BATCH,)
            ).fetchall()
            for row in rows:
                found = shingles(row["text"])
                keys = bands(found)
                cluster = find_cluster(db, row["id"], found, keys)
                db.execute("UPDATE articles SET story = ? WHERE number = ?", (cluster, row["number"]))
                add_bands(db, row["number"], keys)
        count -= len(rows) or count  # without rows, another process has done the rest
