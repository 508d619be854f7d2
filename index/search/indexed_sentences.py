"""Splits an article into the sentences that are indexed, each with the passage that it stands in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.article import Article
from corpus.text.spans import Span
from corpus.text.tables import labelled_rows

Splitter = Callable[[str, str | None], Sequence[Span]]  # a text and its language, where known

PLACE_BITS = 24  # a sentence's key is its article's number, and in so many lower bits its place in the article
SPAN_DTYPE = np.dtype([("key", "<i8"), ("start", "<i4"), ("end", "<i4")])
MIN_PASSAGE_WORDS = 30  # a passage ends with the paragraph that brings it to so many
MAX_PASSAGE_WORDS = 200


@dataclass(frozen=True, slots=True)
class IndexedSentence:
    """A sentence to be indexed, with its key, its span in code points, its passage, and its article's title.

    text: what is searched; in a row of a table the names of the columns stand before their cells.
    """

    key: int
    start: int
    end: int
    text: str
    passage: str
    title: str

    @property
    def article(self) -> int:
        """The number of the sentence's article."""
        return self.key >> PLACE_BITS

    @property
    def titled(self) -> str:
        """The text that is embedded: with the title, as "It will finish on Monday" alone says too little."""
        return f"{self.title}: {self.text}"


def indexed_sentences(number: int, article: Article, split: Splitter) -> list[IndexedSentence]:
    """Return the sentences of an article, whose number becomes part of their keys."""
    spans = sentence_spans(article, split)
    rows = labelled_rows(article.text)
    sentences: list[IndexedSentence] = []
    for first, last in passages(article.text, spans):
        passage = article.text[spans[first][0] : spans[last][1]]
        for start, end in spans[first : last + 1]:
            key = number << PLACE_BITS | len(sentences)
            text = rows.get((start, end), article.text[start:end])
            sentences.append(IndexedSentence(key, start, end, text, passage, article.title))
    return sentences


def sentence_spans(article: Article, split: Splitter) -> list[Span]:
    """Return the spans of an article's sentences; its whole text is one where the splitter finds none."""
    return list(split(article.text, article.language)) or [(0, len(article.text))]


def passages(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the first and last sentence of each passage: whole paragraphs where these are neither short nor long."""
    first, words = 0, 0
    for place, (start, end) in enumerate(spans):
        length = len(text[start:end].split())
        new_paragraph = place > 0 and "\n" in text[spans[place - 1][1] : start]
        if place > first and (words + length > MAX_PASSAGE_WORDS or (new_paragraph and words >= MIN_PASSAGE_WORDS)):
            yield first, place - 1
            first, words = place, 0
        words += length
    if spans:
        yield first, len(spans) - 1
