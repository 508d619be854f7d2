"""Index the paragraphs of a question set in a temporary store, as a user's articles are indexed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Draft, clean_text
from corpus.errors import InvalidArticle
from corpus.store.article_store import ArticleStore
from corpus.text.sentences import split
from eval.datasets import GoldSentence, LabelledQuestion, Span
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import Embedder
from index.generations.builder import Builder, Progress
from index.generations.generation import Generation
from index.generations.repository import GenerationRepository
from index.onnx.runtime import usable_cores
from qa.types import Quote

_GAP = "\n\n"


@dataclass(slots=True)
class Paragraphs:
    """The paragraphs of a question set, numbered in order, and the articles, one per title, that they are joined to.

    Characters that no article may contain are replaced by spaces, which keeps offsets. `number` maps title and text to
    the number; `offset` and `title` map the number to the place in the article; `texts` maps titles to articles.
    """

    number: dict[tuple[str, str], int] = field(default_factory=dict)
    offset: list[int] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, questions: Sequence[LabelledQuestion]) -> "Paragraphs":
        """Collect the paragraphs of questions."""
        found = cls()
        for question in questions:
            found._add(question.title, question.context)
        found.texts = {title: text.rstrip() for title, text in found.texts.items()}
        return found

    def _add(self, title: str, context: str) -> None:
        if (title, context) in self.number:
            return
        clean = replace_forbidden_characters(context)
        before = self.texts.get(title)
        # An article never starts with a space, so offsets count from its first character.
        text = f"{before}{_GAP}{clean}" if before else clean.lstrip()
        self.number[title, context] = len(self.offset)
        self.offset.append(len(text) - len(clean))
        self.title.append(title)
        self.texts[title] = text

    def articles(self) -> list[Article]:
        """Return the articles, one per title, in the order of their first paragraphs."""
        return [Article.from_draft(Draft(text, title=title)) for title, text in self.texts.items()]

    def sentence_spans(self, sentences: Sequence[GoldSentence]) -> dict[str, list[Span]]:
        """Return the spans of sentences in the text of every article, by the text."""
        spans: dict[str, list[Span]] = {text: [] for text in self.texts.values()}
        for sentence in sentences:
            offset = self.offset[sentence.paragraph]
            text = self.texts[self.title[sentence.paragraph]]
            spans[text].append((offset + sentence.start, offset + sentence.end))
        return {text: sorted(found) for text, found in spans.items()}

    def answer_spans(self, question: LabelledQuestion) -> list[Span]:
        """Return the spans of a question's answers in its article."""
        offset = self.offset[self.number[question.title, question.context]]
        return [(offset + start, offset + start + len(text)) for start, text in question.answers]

    def answered_in(self, question: LabelledQuestion, sentence: Quote) -> bool:
        """Return whether a sentence holds a whole answer at the place that the question set names."""
        inside = any(sentence.start <= start and end <= sentence.end for start, end in self.answer_spans(question))
        return inside and sentence.article.text == self.texts[question.title]


def replace_forbidden_characters(text: str) -> str:
    """Return text with a space in place of every character that no article may contain, which keeps offsets."""
    return "".join(map(_cleaned, text))


@cache
def _cleaned(character: str) -> str:
    """Return the one character that replaces a character in an article."""
    try:
        return clean_text(f"a{character}b")[1:-1] or " "
    except InvalidArticle:  # a lone surrogate
        return " "


@contextmanager
def index_articles(
    articles: Sequence[Article],
    embedder: Embedder,
    report: Callable[[Progress], None],
    spans: dict[str, list[Span]] | None = None,
    folder: Path | None = None,
) -> Iterator[tuple[ArticleStore, Generation]]:
    """Yield a temporary store and a generation of articles; `spans` replaces the splitter by given sentences.

    `folder` caches the vectors for the next run.
    """
    with TemporaryDirectory(prefix="citeline-eval-") as temporary:
        home = Path(temporary)
        store = ArticleStore.open(home / "articles.sqlite")
        embeddings = EmbeddingCache((home if folder is None else folder) / "embeddings.sqlite", embedder)
        try:
            for article in articles:
                store.put(article, f"text:{article.id}")
            splitter = split if spans is None else lambda text, language: spans[text]
            generation = Builder(store, GenerationRepository(home / "index"), embeddings, splitter).rebuild(report)
            yield store, generation
        finally:
            embeddings.close()
            store.close()


class CachedEmbedder:
    """An Embedder whose questions' vectors are ready."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._ready: dict[str, NDArray[np.float32]] = {}

    def cache(self, question: str) -> None:
        """Make a question ready. One by one: 8-bit activations make vectors differ a little from batch to batch."""
        if question not in self._ready:
            self._ready[question] = self._embedder.embed_question(question)

    @property
    def model_id(self) -> str:
        """The model of the embedder behind it."""
        return self._embedder.model_id

    @property
    def former_ids(self) -> Collection[str]:
        """The ids of earlier exports of the same model."""
        return self._embedder.former_ids

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of texts."""
        return self._embedder.embed(texts, progress)

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """Return the vector of a question, ready or not."""
        ready = self._ready.get(question)
        return self._embedder.embed_question(question) if ready is None else ready


WORKERS = min(4, usable_cores())
T = TypeVar("T")
R = TypeVar("R")


def map_in_threads(
    work: Callable[[T], R], items: Sequence[T], stage: str, report: Callable[[Progress], None]
) -> list[R]:
    """Return `work(item)` of every item, in order, computed by several threads; the first error ends it.

    `report` is called from the calling thread.
    """
    results = []
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for done, result in enumerate(pool.map(work, items)):
            if done % 20 == 0:
                report(Progress(stage, done, len(items)))
            results.append(result)
    finally:
        pool.shutdown(cancel_futures=True)
    return results
