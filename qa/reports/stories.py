"""Dated reports: when they were published, and which of them are on one story."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache

from corpus.article import Article, parse_published
from index.search.keywords import stems
from qa.answers.names import names_in
from qa.confidence import IDF, read_word_statistics
from qa.query.conditions import CALENDAR, POSSESSIVE, WORD
from qa.query.lexicon import STOP_STEMS
from qa.types import Passage

MIN_SHARED_NAMES = 2  # of two reports on one story
_MIN_SHARED_TOPIC = 2  # words of two titles, other than names, that are as good as a name
_MIN_SHARED_RARE = 4  # rare words of two texts that are as good as a name, too
_MIN_IDF = 0.55  # of a rare word
_MAX_NAMED_TEXT = 5_000  # code points of an article that are searched for names


def published_at(article: Article) -> float | None:
    """Return when an article was published, in seconds since 1970; None where that is unknown."""
    return None if article.published is None else parse_published(article.published).first


def published_between(passages: Sequence[Passage], first: date | None, last: date) -> list[Passage]:
    """Return the passages of what was published from a day to another, both included."""
    start = -math.inf if first is None else datetime.combine(first, time.min, UTC).timestamp()
    end = datetime.combine(last, time.max, UTC).timestamp()
    dated = ((passage, published_at(passage.quote.article)) for passage in passages)
    return [passage for passage, published in dated if published is not None and start <= published <= end]


def is_same_story(one: Article, other: Article, min_names: int = MIN_SHARED_NAMES) -> bool:
    """Return whether two articles are reports on one story: they share names, or most of their text."""
    if one.cluster is not None and one.cluster == other.cluster:
        return True
    text, other_text = text_of(one), text_of(other)
    shared = (_names_of(text) & _capitalized(other_text)) | (_names_of(other_text) & _capitalized(text))
    topics = (set(stems(each.title)) - STOP_STEMS - shared for each in (one, other))
    is_on_topic = len(set.intersection(*topics)) >= _MIN_SHARED_TOPIC
    rare = (_rare_stems(text) & _rare_stems(other_text)) - shared
    return len(shared) + (bool(shared) and (is_on_topic or len(rare) >= _MIN_SHARED_RARE)) >= min_names


def text_of(article: Article) -> str:
    """Return the title and the beginning of an article, where its names stand."""
    return f"{article.title}\n{article.text[:_MAX_NAMED_TEXT]}"


@lru_cache(maxsize=256)
def _names_of(text: str) -> frozenset[str]:
    """Return the names of a text, each by its last word, but for months and the first words of sentences."""
    return frozenset(
        name.words[-1]
        for line in text.splitlines()
        for name in names_in(line)
        if not CALENDAR.fullmatch(name.words[-1]) and (len(name.words) > 1 or name.start > 0)
    )


@lru_cache(maxsize=256)
def _rare_stems(text: str) -> frozenset[str]:
    idf = read_word_statistics(IDF)
    return frozenset(stem for stem in stems(text) if idf.get(stem, 1.0) >= _MIN_IDF)


@lru_cache(maxsize=256)
def _capitalized(text: str) -> frozenset[str]:
    """Return the words of a text that have a capital, as every first word of a sentence does, in lower case."""
    return frozenset(POSSESSIVE.sub("", word).lower() for word in WORD.findall(text) if word[0].isupper())
