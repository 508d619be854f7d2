"""What texts have in common, by which copies of an article are told from other articles: runs of words, counted once.

Two texts resemble each other by the share of all their shingles that both have (Jaccard). MinHash finds the texts that
may do so without comparing with all: the smallest hashes of a text's shingles, by two, are its bands, and texts that
have bands in common are compared. The numbers here were chosen by `python -m eval.duplicates`: docs/decisions.md.
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

SHINGLE = 3  # words
ALIKE = 0.37  # copies resemble each other at least so much; texts of which half is boilerplate in common, by a third
FEWEST = 100  # shingles: of shorter texts, a word or a number more or less makes another message
MOST = 20_000  # words that are looked at, so that a book takes no longer than a booklet
# Bands are kept: who changes these, or takes a library that hashes in another way, needs a new version of the tables.
BANDS = 20
ROWS = 2  # hashes a band
SHARED = 2  # bands that copies have in common at least: a single one is often chance
_SEED = 1
WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Return the words of a text as copies have them in common, whatever their capitals, quotes and dashes."""
    return list(_words(text))


def shingles(text: str, size: int = SHINGLE) -> frozenset[str]:
    """Return all runs of `size` words in a text; none of a text that is too short to have copies."""
    said = list(islice(_words(text), MOST))
    runs = frozenset(map(" ".join, zip(*(said[start:] for start in range(size)), strict=False)))
    return runs if len(runs) >= FEWEST else frozenset()


def resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of all shingles that both have; 0 where there are none."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def bands(found: frozenset[str]) -> list[int]:
    """Return the bands of a text with these shingles, as integers of 48 bits; none where it has no shingles."""
    if not found:
        return []
    sketch = RMinHash(BANDS * ROWS, _SEED)
    sketch.update(list(found))
    smallest = sketch.digest()
    return [_band(number, smallest[number * ROWS : (number + 1) * ROWS]) for number in range(BANDS)]


def _words(text: str) -> Iterator[str]:
    for word in WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        yield word.group()


def _band(number: int, hashes: list[int]) -> int:
    packed = struct.pack(f"<{ROWS + 1}Q", number, *hashes)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=6).digest(), "big", signed=True)


log = logging.getLogger(__name__)
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
# What an article costs must not grow with those that are there, whatever they have in common: a wire story's copies
# come within days, so the newest few of a band are looked at.
_NEWEST = 50
_COMPARED = 8
_BATCH = 200
_MANY = 2_000  # take a second or longer
_OF_BAND = "SELECT number FROM bands WHERE band = ? ORDER BY number DESC LIMIT ?"


def cluster_of(db: sqlite3.Connection, article_id: str, found: frozenset[str], keys: Sequence[int]) -> str:
    """Return the cluster of an article with these shingles and bands: that of a copy of it, or else its own."""
    for number in _likeliest(db, keys):
        row = db.execute("SELECT text, story FROM articles WHERE number = ?", (number,)).fetchone()
        if resemblance(found, shingles(row["text"])) >= ALIKE:
            return str(row["story"])
    return article_id


def remember(db: sqlite3.Connection, number: int, keys: Sequence[int]) -> None:
    """Keep the bands of the numbered article, by which its copies find it."""
    db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(key, number) for key in keys])


def fill(database: Database) -> None:
    """Give a cluster to articles that came in before there were clusters, oldest first; what is done stays done."""
    if (count := _count(database)) > _MANY:
        words = f"The article store {database.path} is brought up to date: copies are sought among {count:,} articles."
        log_event(log, logging.WARNING, "store_upgraded", words, articles=count)
    while count > 0:
        with database.writing() as db:
            rows = db.execute(
                "SELECT number, id, text FROM articles WHERE story = '' ORDER BY number LIMIT ?", (_BATCH,)
            ).fetchall()
            for row in rows:
                found = shingles(row["text"])
                keys = bands(found)
                cluster = cluster_of(db, row["id"], found, keys)
                db.execute("UPDATE articles SET story = ? WHERE number = ?", (cluster, row["number"]))
                remember(db, row["number"], keys)
        count -= len(rows) or count  # none: another process has done the rest


def _count(database: Database) -> int:
    with database.reading() as db:
        return int(db.execute("SELECT count(*) FROM articles WHERE story = ''").fetchone()[0])


def _likeliest(db: sqlite3.Connection, keys: Sequence[int]) -> list[int]:
    """Return the articles to compare with: those with the most bands in common first, of these the oldest."""
    common = Counter(row["number"] for key in keys for row in db.execute(_OF_BAND, (key, _NEWEST)))
    likely = [(-count, number) for number, count in common.items() if count >= SHARED]
    return [number for _, number in heapq.nsmallest(_COMPARED, likely)]
