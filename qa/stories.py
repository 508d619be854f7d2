"""What copies of one story say is counted once; the others that say it are named."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from corpus.shingles import WORD, words
from qa.types import Candidate, Quote, Reading

_NEAR = 0.8  # of the words of two sentences that say the same, give or take an editor
# A word more or less may be an editor's; a number, a name or a "not" makes another message.
_TELLING = re.compile(r"[^\W_]*\d|[A-Z]")
_NOT = frozenset({"no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "without", "t", "cannot"})
_PLACES = 100  # where a copy may say it


class Told:
    """Sentences in the order of their hits, of which each is told once, whichever copy of its story it stands in."""

    def __init__(self) -> None:
        self._by_story: dict[str, list[Quote]] = {}

    def again(self, sentence: Quote) -> bool:
        """Tell whether a copy has said the same words before; else remember that this one does."""
        if sentence.article.story is None:
            return False
        before = self._by_story.setdefault(sentence.article.story, [])
        others = [one for one in before if one.article.id != sentence.article.id]
        said = words(sentence.text) if others else []
        if any(words(other.text) == said for other in others):
            return True
        before.append(sentence)
        return False


def same_sentence(one: Quote, other: Quote) -> bool:
    """Tell whether two copies of a story say the same in these sentences, give or take an editor."""
    if one.article.story is None or one.article.story != other.article.story or one.article.id == other.article.id:
        return False
    return one.text == other.text or _alike(WORD.findall(one.text), WORD.findall(other.text))


def without_copies(reading: Reading) -> Reading:
    """Return a reading without candidates that give the answer of a better one, out of a copy of its article."""
    kept: list[Candidate] = []
    for candidate in reading.candidates:
        if not any(_repeats(candidate, better) for better in kept):
            kept.append(candidate)
    return replace(reading, candidates=tuple(kept))


def says(text: str, span: Quote, sentence: Quote) -> bool:
    """Tell whether a copy's text gives the same answer: its words, in the same sentence, give or take an editor."""
    if sentence.text in text:
        return True
    answer = WORD.findall(span.text)
    if not answer:
        return False
    before = len(WORD.findall(sentence.article.text[sentence.start : span.start]))
    whole = WORD.findall(sentence.text)
    pattern = r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, answer)) + r"(?![^\W_])"
    for place in islice(re.finditer(pattern, text, re.IGNORECASE), _PLACES):
        window = _window(text, place.start(), before, len(whole), 2 * len(sentence.text))
        if _alike(whole, window):
            return True
    return False


def _window(text: str, place: int, before: int, length: int, reach: int) -> list[str]:
    """Return so many words of a text, of which `before` stand before a place; within a number of characters of it."""
    left = WORD.findall(text[max(0, place - reach) : place])
    right = WORD.findall(text[place : place + reach])
    return left[max(0, len(left) - before) :] + right[: length - before]


def _repeats(candidate: Candidate, better: Candidate) -> bool:
    if not same_sentence(candidate.sentence, better.sentence):
        return False
    if words(candidate.sentence.text) == words(better.sentence.text):
        return True
    one, other = (f" {' '.join(words(answer.span.text))} " for answer in (candidate, better))
    return one in other or other in one


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two sentences have nearly the same words, and all that tell in the shorter one are in the other."""
    short, long = sorted((one, other), key=len)
    left, right = (Counter(map(_plain, side)) for side in (short, long))
    if 2 * (left & right).total() < _NEAR * (len(short) + len(long)):
        return False
    telling = {_plain(word) for word in short if _TELLING.match(word)}
    return telling <= right.keys() and not _NOT & (left.keys() ^ right.keys())


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()
