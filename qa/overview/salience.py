"""Ranks the sentences of an article by how much of it they tell: its lead, the words of its title, centrality."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article
from index.generations.generation import Generation
from index.search.keywords import stems
from qa.confidence import IDF, read_word_statistics
from qa.content_sentences import is_content_sentence
from qa.query import lexicon
from qa.query.lexicon import STOP_STEMS
from qa.types import Quote

MAX_SENTENCES = 120  # of an article, from its beginning, that are looked at
_MIN_SENTENCE = 20  # code points
# docs/decisions.md has the figures behind these.
_LEAD, _TITLE, _CENTRALITY, _NEWS, _BACKGROUND, _ASIDE = 2.0, 0.5, 0.5, 0.5, -0.5, -0.5
_LEAD_LENGTH = (6, 12)  # content sentences, at least and at most, over which the weight of the lead falls to nothing
# What was so before: "was founded in 1893", "dates from 1974", "has served the islands since".
_FORMER = re.compile(
    r"\b(?:founded|dates? (?:from|back)|was (?:built|opened|born|established|first)|used to|had (?:been|led|served)|"
    r"(?:last|previous) (?:time|outbreak|one)|years? ago|in (?:1\d{3}|20[01]\d))\b",
    re.I,
)
_DAY = rf"(?:{lexicon.WEEKDAYS})"
_CURRENT = re.compile(
    r"\b(?:has|have|will|(?:is|are) to|said|announced|decided|this (?:week|month|year)|tomorrow|now|"
    rf"(?:on|since|from) {_DAY})\b",
    re.I,
)
_MAX_CURRENT = 2  # words that tell of the present; more tell no more
_FOLLOWING = re.compile(r"[\"“'‘]|(?:he|she|they|it|this|that|there|his|her|their|its|but|and|then|so|other)\b", re.I)


@dataclass(frozen=True, slots=True)
class SalientSentence:
    """A sentence of an article, its row in the generation, and its salience: higher tells more of the article."""

    sentence: Quote
    row: int
    salience: float


def salient_sentences(generation: Generation, number: int, article: Article) -> list[SalientSentence]:
    """Return the content sentences of an article, the most salient first."""
    rows = generation.article_rows(number)[:MAX_SENTENCES]
    quotes = [Quote(article, *generation.sentence(row)[1:]) for row in rows]
    told = [
        (quote, row)
        for quote, row in zip(quotes, rows, strict=True)
        if len(quote.text) >= _MIN_SENTENCE and is_content_sentence(quote) and not quote.text.endswith("?")
    ]
    if not told:
        return []
    scores = _saliences(generation, [quote for quote, _ in told], [row for _, row in told])
    found = [SalientSentence(quote, row, float(score)) for (quote, row), score in zip(told, scores, strict=True)]
    return sorted(found, key=lambda one: -one.salience)


def _saliences(generation: Generation, quotes: Sequence[Quote], rows: Sequence[int]) -> NDArray[np.float64]:
    """Return the salience of each content sentence of an article, in text order."""
    vectors = generation.take(np.array(rows, np.int64)).astype(np.float64)
    similarity = vectors @ vectors.mean(axis=0)
    spread = float(np.ptp(similarity))
    centrality = (similarity - similarity.min()) / spread if spread > 0 else np.zeros(len(quotes))
    weights = title_weights(quotes[0].article.title)
    total = sum(weights.values())
    shared = [sum(weights[stem] for stem in weights.keys() & set(stems(quote.text))) for quote in quotes]
    title = np.array(shared) / total if total else np.zeros(len(quotes))
    lead = np.maximum(0.0, 1.0 - np.arange(len(quotes)) / np.clip(len(quotes), *_LEAD_LENGTH))
    former = np.array([_FORMER.search(quote.text) is not None for quote in quotes], np.float64)
    current = np.array([min(_MAX_CURRENT, len(_CURRENT.findall(quote.text))) for quote in quotes]) / _MAX_CURRENT
    following = np.array([_FOLLOWING.match(quote.text) is not None for quote in quotes], np.float64)
    found: NDArray[np.float64] = (
        _LEAD * lead
        + _TITLE * title
        + _CENTRALITY * centrality
        + _NEWS * current
        + _BACKGROUND * former
        + _ASIDE * following
    )
    return found


@lru_cache(maxsize=256)
def title_weights(title: str) -> Mapping[str, float]:
    """Return the weight of each stem of a title that is no stop word: rare words and names weigh more."""
    known = read_word_statistics(IDF)
    unknown = max(known.values())
    return {stem: known.get(stem, unknown) for stem in stems(title) if stem not in STOP_STEMS}
