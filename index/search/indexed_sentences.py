"""Splits an article into the sentences that are indexed, each with the passage that it stands in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.article import Article, BlockKind
from corpus.text.spans import Span
from corpus.text.tables import labelled_rows

Splitter = Callable[[str, str | None], Sequence[Span]]  # a text and its language, where known

PLACE_BITS = 24  # a sentence's key is its article's number, and in so many lower bits its place in the article
SPAN_DTYPE = np.dtype([("key", "<i8"), ("start", "<i4"), ("end", "<i4")])
MIN_PASSAGE_WORDS = 30  # a passage ends with the paragraph that brings it to so many
MAX_PASSAGE_WORDS = 200
MAX_HEADING = 120  # characters; a longer one says more than its sentences
# Of what is searched: increase it where IndexedSentence gives other texts, and indexes are embedded anew.
TEXT_VERSION = 2


@dataclass(frozen=True, slots=True)
class IndexedSentence:
    """A sentence to be indexed, with its key, its span in code points, its passage, and its article's title.

    text: what is searched; in a row of a table the names of the columns stand before their cells. heading: the nearest
    one above; empty where there is none, in a heading, and where it is the title.
    """

    key: int
    start: int
    end: int
    text: str
    passage: str
    title: str
    heading: str = ""

    @property
    def article(self) -> int:
        """The number of the sentence's article."""
        return self.key >> PLACE_BITS

    @property
    def titled(self) -> str:
        """The text that is embedded: with title and heading, as "It will finish on Monday" alone says too little."""
        return ": ".join(filter(None, (self.title, self.heading, self.text)))

    @property
    def headed(self) -> str:
        """The text in which keywords are searched: with the heading."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text

    @property
    def headed_passage(self) -> str:
        """The passage with the heading of the sentence, unless it begins with it."""
        return self.passage if self.passage.startswith(self.heading) else f"{self.heading}\n{self.passage}"


def indexed_sentences(number: int, article: Article, split: Splitter) -> list[IndexedSentence]:
    """Return the sentences of an article with its blocks, whose number becomes part of their keys."""
    spans = sentence_spans(article, split)
    rows = labelled_rows(article.text)
    headings = list(_headings(article, spans))
    sentences: list[IndexedSentence] = []
    for first, last in passages(article.text, spans):
        passage = article.text[spans[first][0] : spans[last][1]]
        for (start, end), heading in zip(spans[first : last + 1], headings[first : last + 1], strict=True):
            key = number << PLACE_BITS | len(sentences)
            text = rows.get((start, end), article.text[start:end])
            sentences.append(IndexedSentence(key, start, end, text, passage, article.title, heading))
    return sentences


def _headings(article: Article, spans: Sequence[Span]) -> Iterator[str]:
    """Yield the heading of each sentence, for IndexedSentence."""
    blocks = [block for block in article.blocks if block.kind is BlockKind.HEADING]
    last, heading = -1, ""
    for start, end in spans:
        while last + 1 < len(blocks) and blocks[last + 1].start < end:
            last += 1
            text = article.text[blocks[last].start : blocks[last].end]
            heading = text if len(text) <= MAX_HEADING and text.casefold() != article.title.casefold() else ""
        yield heading if last < 0 or blocks[last].end <= start else ""


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
