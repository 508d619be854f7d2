"""The words by which articles are listed and counted, in titles and sources or anywhere in them."""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence


def fold(text: str) -> str:
    """Return text in the form that searches compare: without case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return bare if (again := bare.casefold()) == bare else fold(again)  # "ℌ" becomes "H" by NFKD


def has_words(folded: Sequence[str], title: str, source: str | None) -> bool:
    """Return whether title and source of an article contain all of these folded words or parts of words."""
    text = fold(title if source is None else f"{title}\n{source}")
    return all(word in text for word in folded)


def where_words(db: sqlite3.Connection, query: str) -> str:
    """Return the WHERE clause for words in title and source; it calls Python, since SQLite folds only ASCII."""
    words = fold(query).split()
    if not words:
        return ""
    db.create_function("has_words", 2, lambda title, source: has_words(words, title, source), deterministic=True)
    return " WHERE has_words(title, source)"


def mentions(words: Sequence[str], *texts: str) -> bool:
    """Return whether some texts together have all of these folded words, as whole words, perhaps with a plural "s"."""
    text = fold("\n".join(texts))
    return all(word in text and re.search(rf"(?<!\w){re.escape(word)}(?:e?s)?(?!\w)", text) for word in words)


def define_mentions(db: sqlite3.Connection, query: str) -> str:
    """Define an SQL function, and return the condition that calls it: title or text of an article mention all words."""
    words = re.findall(r"\w+(?:['’.-]\w+)*", fold(query))
    db.create_function("mentions", 2, lambda title, text: mentions(words, title, text), deterministic=True)
    return "mentions(title, text)"
