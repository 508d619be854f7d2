"""What copies of one story say is counted once; the others that say it are named."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import islice

from corpus.article import Article
from corpus.store.duplicates import WORD, words
from qa.types import Candidate, Quote, Reading

_NEAR = 0.8  # of the words of two sentences that say the same, give or take an editor
# A word more or less may be an editor's; a number, a name or a "not" makes another message.
_TELLING = re.compile(r"[^\W_]*\d|[A-Z]")
_NUMBER = re.compile(r"[^\W_]*\d")  # a first word has its capital anyway
_NOT = frozenset({"no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "without", "t", "cannot"})
_PLACES = 30  # where a copy may say it
_ANCHORS = 2  # words by which a sentence is looked for
# What says the same in another frame ("..., the harbour master said on Monday") shares so much of the words that count,
# of the sentence that has fewer of them; of a word its first letters, whatever its ending.
_SHARED, _FEWEST, _CONTENT, _STEM = 0.6, 3, 4, 5
_DATELINE = re.compile(r"^[A-Z][A-Z .,/]+(?:\([^()]{1,40}\)\s*)?[-–—]+\s*")  # LONDON (Newswire) -


class Told:
    """Sentences in the order of their hits, of which each is told once, whichever copy of its story it stands in."""

    def __init__(self) -> None:
        self._articles: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)  # that said it, by story and words

    def again(self, sentence: Quote) -> bool:
        """Tell whether a copy has said the same words before; else remember that this one does."""
        article = sentence.article
        if article.cluster is None:
            return False
        said = self._articles[article.cluster, *words(sentence.text)]
        if said - {article.id}:
            return True
        said.add(article.id)
        return False


def same_sentence(one: Quote, other: Quote) -> bool:
    """Tell whether two copies of a story say the same in these sentences, give or take an editor."""
    if not _are_copies(one.article, other.article):
        return False
    return one.text == other.text or _alike(WORD.findall(one.text), WORD.findall(other.text))


def without_copies(reading: Reading) -> Reading:
    """Return a reading without candidates that give the answer of a better one, out of a copy of its article."""
    kept: list[Candidate] = []
    for candidate in reading.candidates:
        if not any(_repeats(candidate, better) for better in kept):
            kept.append(candidate)
    return replace(reading, candidates=tuple(kept))


def places(text: str, span: Quote, sentence: Quote) -> Iterator[int]:
    """Yield where a copy with this text may give an answer: where its sentence stands, or words of the answer."""
    if (same := text.find(sentence.text)) >= 0:
        yield same + span.start - sentence.start
        return
    anchors = sorted(WORD.findall(span.text), key=len)[-_ANCHORS:] if span == sentence else [span.text]
    patterns = filter(None, map(_pattern, anchors))
    yield from (found.start() for pattern in patterns for found in islice(pattern.finditer(text), _PLACES))


def held(span: Quote, sentence: Quote, other: Quote) -> tuple[Quote, float] | None:
    """Return the place of an answer in the sentence of a copy, and how much that is like its own, 1 at most.

    None where that sentence does not give the answer: it has other words, another number, name or "not", or, where a
    whole sentence answers, lacks one of its words.
    """
    place = other if span == sentence else _found(span, sentence, other)
    if place is None or not _frames(span == sentence, sentence.text, other.text):
        return None
    same = sentence.text == other.text
    return place, 1.0 if same else SequenceMatcher(None, words(sentence.text), words(other.text), False).ratio()


def _found(span: Quote, sentence: Quote, other: Quote) -> Quote | None:
    """Return the words of an answer in another sentence."""
    if sentence.text == other.text:
        start = other.start + span.start - sentence.start
        return Quote(other.article, start, start + span.end - span.start)
    pattern = _pattern(span.text)
    if pattern is None:
        return None
    found = pattern.search(other.text)
    return None if found is None else Quote(other.article, other.start + found.start(), other.start + found.end())


def _pattern(answer: str) -> re.Pattern[str] | None:
    said = WORD.findall(answer)
    joined = r"[\W_]+".join(map(re.escape, said))
    return re.compile(rf"(?<![^\W_]){joined}(?![^\W_])", re.IGNORECASE) if said else None


def _frames(whole: bool, one: str, other: str) -> bool:
    """Tell whether a sentence says what another one says, in a frame of its own: with who said it, or when, or none.

    Where `whole`, it has all words of that one.
    """
    if one == other:
        return True
    left, right = (WORD.findall(_DATELINE.sub("", text)) for text in (one, other))
    if _NOT & ({_plain(word) for word in left} ^ {_plain(word) for word in right}):
        return False
    if whole:
        return {_plain(word) for word in left} <= {_plain(word) for word in right}
    return _alike(left, right) or _reframed(left, right)


def _reframed(one: Sequence[str], other: Sequence[str]) -> bool:
    short, long = sorted((one, other), key=len)
    left, right = ({_plain(word)[:_STEM] for word in side if _counts(word)} for side in (short, long))
    fewer = min(len(left), len(right))
    if fewer < _FEWEST or len(left & right) < _SHARED * fewer:
        return False
    telling = {_plain(word) for at, word in enumerate(short) if (_TELLING if at else _NUMBER).match(word)}
    return telling <= {_plain(word) for word in long}


def _counts(word: str) -> bool:
    return len(word) >= _CONTENT or word[0].isdigit()


def _repeats(candidate: Candidate, better: Candidate) -> bool:
    if not _are_copies(candidate.sentence.article, better.sentence.article):
        return False
    if words(candidate.sentence.text) == words(better.sentence.text):
        return True
    if candidate.span == candidate.sentence and better.span == better.sentence:
        texts = candidate.sentence.text, better.sentence.text
        return _frames(True, *texts) or _frames(True, *reversed(texts))
    one, other = (f" {' '.join(words(answer.span.text))} " for answer in (candidate, better))
    return (one in other or other in one) and _frames(False, candidate.sentence.text, better.sentence.text)


def _are_copies(one: Article, other: Article) -> bool:
    return one.cluster is not None and one.cluster == other.cluster and one.id != other.id


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
