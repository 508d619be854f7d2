"""Whether an answer's words are those of a gold answer."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable

_QUOTES = str.maketrans("‘’‛“”„«»", '\'\'\'"""""')
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalised(text: str) -> str:
    """Return text as SQuAD compares it: lower case, without punctuation, articles and needless white space.

    Rajpurkar et al. 2016, the rules of their evaluation script, in its order.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(text: str | None, gold: Iterable[str]) -> bool:
    """Return whether an answer is one of the gold answers; None is no answer, and never right."""
    return text is not None and normalised(text) in {normalised(words) for words in gold}


def f1(text: str | None, gold: Iterable[str]) -> float:
    """Return the best F1 of an answer's words against those of a gold answer; 0 where there is no answer."""
    if text is None:
        return 0.0
    found = normalised(text).split()
    return max((_overlap(found, normalised(words).split()) for words in gold), default=0.0)


def _overlap(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    shared = (Counter(found) & Counter(gold)).total()
    return 2 * shared / (len(found) + len(gold))


def says(text: str, words: str) -> bool:
    """Tell whether a text holds words as words: "January 1" is not in "January 19". Both as `tidy` returns them."""
    if any(unicodedata.east_asian_width(character) == "W" for character in words):  # no spaces between words
        return words in text
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def tidy(text: str) -> str:
    """Return text without what does not count: case, kinds of space and of quotation marks."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_QUOTES).split()).casefold()
