"""Near-duplicate sentences and answers: articles of one cluster count once."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import islice

from corpus.article import Article
from corpus.store.duplicates import WORD, words
from qa.query.lexicon import CAPITAL, NEGATIONS
from qa.types import Candidate, Quote, Reading

_MIN_OVERLAP = 0.8  # the Dice coefficient of the words of two sentences that differ only by an edit
# Other words may be an edit; another number, name or negation makes another statement.
_DISTINCTIVE = re.compile(rf"[^\W_]*\d|{CAPITAL}")
_NUMBER = re.compile(r"[^\W_]*\d")  # alone for the first word, whose capital means nothing
_MAX_POSITIONS = 30  # of an answer in a copy that are tried, per anchor
_ANCHORS = 2  # longest words, by which a whole sentence is located
# A sentence with another attribution ("..., the harbour master said on Monday") shares at least this part of the
# content words of the shorter sentence. Words are compared by their first letters.
_MIN_CONTENT_OVERLAP, _MIN_CONTENT_WORDS, _MIN_WORD_LENGTH, _PREFIX = 0.6, 3, 4, 5
_DATELINE = re.compile(rf"^{CAPITAL}(?:{CAPITAL}|[ .,/])+(?:\([^()]{{1,40}}\)\s*)?[-–—]+\s*")  # LONDON (Newswire) -


class SeenSentences:
    """The sentences seen so far, to skip one that another article of its cluster has in the same words."""

    def __init__(self) -> None:
        self._articles: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)  # by cluster and words

    def is_repeat(self, sentence: Quote) -> bool:
        """Return whether a near-duplicate's sentence with the same words was seen; if not, remember this one."""
        article = sentence.article
        if article.cluster is None:
            return False
        articles = self._articles[article.cluster, *words(sentence.text)]
        if articles - {article.id}:
            return True
        articles.add(article.id)
        return False


def is_same_sentence(one: Quote, other: Quote) -> bool:
    """Return whether two sentences are from near-duplicate articles and differ only by an edit."""
    if not _are_near_duplicates(one.article, other.article):
        return False
    return one.text == other.text or _alike(WORD.findall(one.text), WORD.findall(other.text))


def remove_near_duplicates(reading: Reading) -> Reading:
    """Return a reading without the candidates that repeat a better one in a near-duplicate article."""
    distinct: list[Candidate] = []
    for candidate in reading.candidates:
        if not any(_repeats(candidate, better) for better in distinct):
            distinct.append(candidate)
    return replace(reading, candidates=tuple(distinct))


def answer_positions(text: str, span: Quote, sentence: Quote) -> Iterator[int]:
    """Yield the positions in a near-duplicate's text where the answer may be, by its sentence or its words."""
    if (same := text.find(sentence.text)) >= 0:
        yield same + span.start - sentence.start
        return
    anchors = sorted(WORD.findall(span.text), key=len)[-_ANCHORS:] if span == sentence else [span.text]
    patterns = filter(None, map(_pattern, anchors))
    yield from (found.start() for pattern in patterns for found in islice(pattern.finditer(text), _MAX_POSITIONS))


def find_answer(span: Quote, sentence: Quote, other: Quote) -> tuple[Quote, float] | None:
    """Return an answer as a quote of a near-duplicate's sentence, and the similarity of both sentences, 0 to 1.

    None where that sentence does not contain the answer: the words are missing, a number, name or negation differs, or
    the sentence lacks a word of a whole-sentence answer.
    """
    if sentence.text == other.text:
        shift = other.start - sentence.start
        return Quote(other.article, span.start + shift, span.end + shift), 1.0
    whole = span == sentence
    pattern = None if whole else _pattern(span.text)
    found = None if pattern is None else pattern.search(other.text)
    if not (whole or found) or not _states_the_same(whole, sentence.text, other.text):
        return None
    similarity = SequenceMatcher(None, words(sentence.text), words(other.text), False).ratio()
    if found is None:
        return other, similarity
    return Quote(other.article, other.start + found.start(), other.start + found.end()), similarity


def _pattern(answer: str) -> re.Pattern[str] | None:
    answer_words = WORD.findall(answer)
    joined = r"[\W_]+".join(map(re.escape, answer_words))
    return re.compile(rf"(?<![^\W_]){joined}(?![^\W_])", re.IGNORECASE) if answer_words else None


def _states_the_same(whole: bool, one: str, other: str) -> bool:
    """Return whether two sentences state the same, perhaps with another attribution, such as who said it and when.

    whole: the second sentence must have all words of the first.
    """
    if one == other:
        return True
    left, right = (WORD.findall(_DATELINE.sub("", text)) for text in (one, other))
    if NEGATIONS & ({_plain(word) for word in left} ^ {_plain(word) for word in right}):
        return False
    if whole:
        return {_plain(word) for word in left} <= {_plain(word) for word in right}
    if _alike(left, right):
        return True
    # With another attribution they share most content words, and all distinctive words of the shorter one.
    short, long = sorted((left, right), key=len)
    content, other_content = (
        {_plain(word)[:_PREFIX] for word in side if len(word) >= _MIN_WORD_LENGTH or word[0].isdigit()}
        for side in (short, long)
    )
    fewer = min(len(content), len(other_content))
    if fewer < _MIN_CONTENT_WORDS or len(content & other_content) < _MIN_CONTENT_OVERLAP * fewer:
        return False
    distinctive = {_plain(word) for at, word in enumerate(short) if (_DISTINCTIVE if at else _NUMBER).match(word)}
    return distinctive <= {_plain(word) for word in long}


def _repeats(candidate: Candidate, better: Candidate) -> bool:
    """Return whether a candidate gives the same answer as a better one, in a near-duplicate article."""
    if not _are_near_duplicates(candidate.sentence.article, better.sentence.article):
        return False
    if words(candidate.sentence.text) == words(better.sentence.text):
        return True
    if candidate.span == candidate.sentence and better.span == better.sentence:
        texts = candidate.sentence.text, better.sentence.text
        return _states_the_same(True, *texts) or _states_the_same(True, *reversed(texts))
    one, other = (f" {' '.join(words(answer.span.text))} " for answer in (candidate, better))
    return (one in other or other in one) and _states_the_same(False, candidate.sentence.text, better.sentence.text)


def _are_near_duplicates(one: Article, other: Article) -> bool:
    return one.cluster is not None and one.cluster == other.cluster and one.id != other.id


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two sentences share most words, and every distinctive word of the shorter one."""
    short, long = sorted((one, other), key=len)
    left, right = (Counter(map(_plain, side)) for side in (short, long))
    if 2 * (left & right).total() < _MIN_OVERLAP * (len(short) + len(long)):
        return False
    distinctive = {_plain(word) for word in short if _DISTINCTIVE.match(word)}
    return distinctive <= right.keys() and not NEGATIONS & (left.keys() ^ right.keys())


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()
