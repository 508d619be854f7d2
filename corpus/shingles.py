"""What texts have in common, by which copies of a story are told from other articles: runs of words, counted once.

Two texts resemble each other by the share of all their shingles that both have (Jaccard). MinHash finds the texts that
may do so without comparing with all: the smallest hashes of a text's shingles, by two, are its bands, and texts that
have bands in common are compared. The numbers here were chosen by `python -m eval.stories`: docs/design.md.
"""

import hashlib
import re
import struct
import unicodedata
from collections.abc import Iterator
from itertools import islice

from rensa import RMinHash

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
