"""Which story an article tells: copies of one another share it. Rows of the article store.

A story is called by the id of its first article. An article's story is decided once, when it comes in: the story of an
article that is there and resembles it, or its own. So no id ever changes, also where that first article goes.
"""

import heapq
import logging
import sqlite3
from collections import Counter
from collections.abc import Sequence

from corpus.database import Database
from corpus.events import tell
from corpus.shingles import ALIKE, SHARED, bands, resemblance, shingles

log = logging.getLogger(__name__)
STORIES = """
CREATE INDEX articles_by_story ON articles (story);
CREATE INDEX articles_without_story ON articles (number) WHERE story = '';
CREATE TABLE bands (
    band INTEGER NOT NULL,             -- what texts that are alike have in common: corpus/shingles.py
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


def story_of(db: sqlite3.Connection, article_id: str, found: frozenset[str], keys: Sequence[int]) -> str:
    """Return the story of an article with these shingles and bands: that of a copy of it, or else its own."""
    for number in _likeliest(db, keys):
        row = db.execute("SELECT text, story FROM articles WHERE number = ?", (number,)).fetchone()
        if resemblance(found, shingles(row["text"])) >= ALIKE:
            return str(row["story"])
    return article_id


def remember(db: sqlite3.Connection, number: int, keys: Sequence[int]) -> None:
    """Keep the bands of the numbered article, by which its copies find it."""
    db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(key, number) for key in keys])


def fill(database: Database) -> None:
    """Give a story to articles that came in before there were stories, oldest first; what is done stays done."""
    if (count := _count(database)) > _MANY:
        words = f"The article store {database.path} is brought up to date: copies are sought among {count:,} articles."
        tell(log, logging.WARNING, "store_upgraded", words, articles=count)
    while count > 0:
        with database.writing() as db:
            rows = db.execute(
                "SELECT number, id, text FROM articles WHERE story = '' ORDER BY number LIMIT ?", (_BATCH,)
            ).fetchall()
            for row in rows:
                found = shingles(row["text"])
                keys = bands(found)
                story = story_of(db, row["id"], found, keys)
                db.execute("UPDATE articles SET story = ? WHERE number = ?", (story, row["number"]))
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
