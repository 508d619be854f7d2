"""What a reader learns from: questions with passages that answer them, or don't."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.text.sentences import split
from eval.datasets import LabelledQuestion, Span, read_questions
from qa.retriever import PASSAGE_LENGTH

SHORTEST = 350  # code points, the least that a window aims at; the most is what a passage has when answering
_JOINED = 0.5  # of the single sentences stand among others
_AFTER = re.compile(r"[\s.,;:]+\Z")  # what annotators mark along with the answer before it


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a passage with its article's title ("": none is known), and the spans of it that answer.

    No spans: the passage does not answer.
    """

    question: str
    title: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A question about a paragraph that answers it, and where the paragraph's sentences are.

    `spans` are the answers that lie within one sentence. `article` is what the question set calls the article;
    `title` is that where it is a title that says something, or else "".
    """

    article: str
    question: str
    title: str
    text: str
    spans: tuple[Span, ...]
    sentences: tuple[Span, ...]

    def window(self, choice: random.Random, longest: int | None = None) -> Example:
        """Return a run of sentences with an answer in it, of a random length, as retrieval might cut it.

        It has at most `longest` code points, if not told at most PASSAGE_LENGTH, unless the very sentence that answers
        is longer.
        """
        answer = choice.choice(self.spans)
        home = next(at for at, span in enumerate(self.sentences) if _within(answer, span))
        first = last = home
        length = passage_length(choice) if longest is None else longest
        sides = [-1, 1]
        while sides:
            side = choice.choice(sides)
            low, high = (first - 1, last) if side < 0 else (first, last + 1)
            inside = low >= 0 and high < len(self.sentences)
            if inside and self.sentences[high][1] - self.sentences[low][0] <= length:
                first, last = low, high
            else:
                sides.remove(side)
        return self._cut(self.sentences[first][0], self.sentences[last][1])

    def whole(self) -> Example:
        """Return the question with its whole paragraph."""
        return Example(self.question, self.title, self.text, self.spans)

    def without_answer(self, choice: random.Random) -> Example | None:
        """Return the paragraph without the sentences that say an answer, of a random length as a window.

        None where that leaves too little.
        """
        left = [self.text[start:end] for start, end in self.sentences if not self.answered_by(self.text[start:end])]
        length = passage_length(choice)
        begin = choice.randrange(len(left)) if left else 0
        text = ""
        for sentence in left[begin:] + left[:begin]:
            longer = f"{text} {sentence}".strip()
            # Two sentences may say together what neither says alone.
            if len(longer) <= length and not self.answered_by(longer):
                text = longer
        return Example(self.question, self.title, text, ()) if len(text) >= SHORTEST // 2 else None

    def answered_by(self, text: str) -> bool:
        """Tell whether a text says the words of an answer, in whatever case."""
        said = text.casefold()
        return any(self.text[start:end].casefold() in said for start, end in self.spans)

    def _cut(self, start: int, end: int) -> Example:
        spans = tuple((a - start, b - start) for a, b in self.spans if start <= a and b <= end)
        return Example(self.question, self.title, self.text[start:end], spans)


def passage_length(choice: random.Random) -> int:
    """Draw how many code points a passage may have. All are drawn alike: length must not tell which ones answer."""
    return choice.randint(SHORTEST, PASSAGE_LENGTH)


def read_sources(data: Path, name: str, titled: bool = False) -> list[Source]:
    """Read a training set of the data folder, without the questions that no span within one sentence answers.

    `titled`: whether the set's titles say something. Raises UnreadableDocument.
    """
    sentences: dict[str, tuple[Span, ...]] = {}
    found = []
    for row in read_questions(data / "train" / f"{name}.jsonl.gz"):
        if row.context not in sentences:
            sentences[row.context] = tuple(split(row.context, None))
        spans = _usable(row, sentences[row.context])
        if spans:
            title = row.title if titled else ""
            found.append(Source(row.title, row.question, title, row.context, spans, sentences[row.context]))
    return found


def joined_sentences(sources: Sequence[Source], choice: random.Random) -> list[Source]:
    """Put a share of the sentences of a set of single sentences among others of the same article, in a random order.

    QAMR calls a sentence "set:kind:article:paragraph:sentence".
    """
    by_article: dict[str, list[str]] = {}
    for source in sources:
        texts = by_article.setdefault(_article(source), [])
        if source.text not in texts:
            texts.append(source.text)
    return [
        _among(source, by_article[_article(source)], choice) if choice.random() < _JOINED else source
        for source in sources
    ]


def _usable(row: LabelledQuestion, sentences: Sequence[Span]) -> tuple[Span, ...]:
    spans = {_trimmed(row.context, (start, start + len(text))) for start, text in row.answers}
    return tuple(sorted(span for span in spans if span[0] < span[1] and any(_within(span, one) for one in sentences)))


def _trimmed(text: str, span: Span) -> Span:
    words = text[span[0] : span[1]]
    start = span[0] + len(words) - len(words.lstrip())
    return start, max(start, span[0] + len(_AFTER.sub("", words)))


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _article(source: Source) -> str:
    return re.sub(r":\d+:\d+$", "", source.article)


def _among(source: Source, texts: Sequence[str], choice: random.Random) -> Source:
    others = [text for text in texts if text != source.text]
    chosen = choice.sample(others, min(len(others), choice.randint(1, 4)))
    place = choice.randint(0, len(chosen))
    parts = [*chosen[:place], source.text, *chosen[place:]]
    starts = [sum(len(part) + 1 for part in parts[:at]) for at in range(len(parts))]
    shift = starts[place]
    return Source(
        source.article,
        source.question,
        source.title,
        " ".join(parts),
        tuple((start + shift, end + shift) for start, end in source.spans),
        tuple((start, start + len(part)) for start, part in zip(starts, parts, strict=True)),
    )
