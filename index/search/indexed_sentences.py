"""What is searched: the sentences of an article, each with the passage that it stands in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.article import Article

Span = tuple[int, int]
Splitter = Callable[[str, str | None], Sequence[Span]]  # a text and its language, where known

# An article's number and a sentence's place in it make the sentence's key: sorted by key is sorted by place.
PLACE_BITS = 24
SPAN_DTYPE = np.dtype([("key", "<i8"), ("start", "<i4"), ("end", "<i4")])
# A passage ends with a paragraph that brings it to this many words, or before it has more than that many.
PASSAGE_WORDS = (30, 200)


@dataclass(frozen=True, slots=True)
class IndexedSentence:
    """A sentence to be indexed: its key, its span in code points, its text, its passage's text, its article's title."""

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
        """The sentence as it is embedded: "It will finish on Monday" alone says too little."""
        return f"{self.title}: {self.text}"


def indexed_sentences(number: int, article: Article, split: Splitter) -> list[IndexedSentence]:
    """Cut a numbered article into its units."""
    spans = sentence_spans(article, split)
    found: list[IndexedSentence] = []
    for first, last in passages(article.text, spans):
        passage = article.text[spans[first][0] : spans[last][1]]
        for start, end in spans[first : last + 1]:
            key = number << PLACE_BITS | len(found)
            found.append(IndexedSentence(key, start, end, article.text[start:end], passage, article.title))
    return found


def sentence_spans(article: Article, split: Splitter) -> list[Span]:
    """Return the spans of an article's sentences: all of its text where there is none."""
    return list(split(article.text, article.language)) or [(0, len(article.text))]


def passages(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the first and last sentence of every passage: whole paragraphs where they are neither short nor long."""
    least, most = PASSAGE_WORDS
    first, words = 0, 0
    for place, (start, end) in enumerate(spans):
        length = len(text[start:end].split())
        new_paragraph = place > 0 and "\n" in text[spans[place - 1][1] : start]
        if place > first and (words + length > most or (new_paragraph and words >= least)):
            yield first, place - 1
            first, words = place, 0
        words += length
    if spans:
        yield first, len(spans) - 1
