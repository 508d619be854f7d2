"""Make large corpora quickly: articles out of real sentences, and vectors by a linear map of their words.

A synthetic sentence is a real one with a third of its words replaced by words of other real sentences, so word
frequencies stay realistic; some words are invented names. The linear map is fitted to vectors that the embedding model
gives real sentences, so questions, which the model itself embeds, find the sentences of their topic.
"""

import random
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Draft
from corpus.store.article_store import ArticleStore
from corpus.text.sentences import split
from eval.benchmark_corpus import QUESTIONS
from eval.datasets import read_questions
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import Embedder
from index.generations.builder import Builder
from index.generations.repository import GenerationRepository
from index.state_folder import StateFolder

SEED = 20220119
ARTICLE_SENTENCES = 10
PORTION = 10_000  # articles that are indexed at once
_PARAGRAPH_SENTENCES = 5
_REPLACED, _INVENTED = 0.3, 0.02  # shares of the words
_SYLLABLES = ["ba", "den", "fir", "gol", "ha", "jor", "kel", "lum", "mi", "nor", "pa", "quin", "ros", "tev", "zan"]
_BUCKETS = 8192
_RIDGE = 1.0
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class SourceTexts:
    """Real sentences, and real questions about them in a fixed random order."""

    sentences: list[str]
    questions: list[str]

    @classmethod
    def read(cls, data: Path) -> "SourceTexts":
        """Read SQuAD's development set."""
        labelled = read_questions(data / QUESTIONS)
        contexts = dict.fromkeys(question.context for question in labelled)
        sentences = [text[start:end] for text in contexts for start, end in split(text)]
        questions = sorted({question.question for question in labelled})
        random.Random(SEED).shuffle(questions)
        return cls([" ".join(sentence.split()) for sentence in sentences], questions)

    def articles(self, count: int, seed: int = SEED) -> Iterator[Article]:
        """Yield articles of ARTICLE_SENTENCES sentences, the same for the same seed."""
        rng = random.Random(seed)
        words = [word for sentence in self.sentences for word in sentence.split() if word[-1] not in ".?!"]
        for number in range(count):
            sentences = [self._sentence(rng, words) for _ in range(ARTICLE_SENTENCES)]
            paragraphs = [
                " ".join(sentences[at : at + _PARAGRAPH_SENTENCES])
                for at in range(0, ARTICLE_SENTENCES, _PARAGRAPH_SENTENCES)
            ]
            title = f"{_name(rng)} {rng.choice(words)} {number}"
            yield Article.from_draft(Draft("\n\n".join(paragraphs), title=title))

    def _sentence(self, rng: random.Random, words: Sequence[str]) -> str:
        made = rng.choice(self.sentences).split()
        for place in range(1, len(made) - 1):  # the first and the last word mark a sentence
            drawn = rng.random()
            if drawn < _INVENTED:
                made[place] = _name(rng)
            elif drawn < _REPLACED:
                made[place] = rng.choice(words)
        return " ".join(made)


class LinearEmbedder:
    """An Embedder that approximates another by a linear map of word counts, a hundred times as fast."""

    def __init__(self, real: Embedder, texts: Sequence[str]) -> None:
        self._real = real
        counts = np.zeros((len(texts), _BUCKETS), np.float32)
        for row, text in enumerate(texts):
            np.add.at(counts[row], self._buckets(text), 1)
        # Ridge regression in its dual form, as there are fewer texts than buckets.
        gram = counts @ counts.T + _RIDGE * np.eye(len(texts), dtype=np.float32)
        self._weights: NDArray[np.float32] = counts.T @ np.linalg.solve(gram, real.embed(texts)).astype(np.float32)

    @property
    def model_id(self) -> str:
        """The id of the real model, so that an index of these vectors accepts its questions."""
        return self._real.model_id

    @property
    def former_ids(self) -> Collection[str]:
        """The ids of earlier exports of the same model."""
        return self._real.former_ids

    @property
    def dimension(self) -> int:
        """The number of components of a vector."""
        return self._real.dimension

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for at in range(0, len(texts), _BATCH):
            parts = [self._buckets(text) for text in texts[at : at + _BATCH]]
            starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]
            sums = np.add.reduceat(self._weights[np.concatenate(parts)], starts, axis=0)
            vectors[at : at + _BATCH] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
        if progress is not None:
            progress(len(texts))
        return vectors

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, by the real model."""
        return self._real.embed_question(question)

    def _buckets(self, text: str) -> list[int]:
        return [_bucket(word) for word in text.lower().split() or [""]]


@cache
def _bucket(word: str) -> int:
    return zlib.crc32(word.strip(".,;:()\"'").encode()) % _BUCKETS


class PassThroughCache(EmbeddingCache):
    """An embedding cache that stores nothing: synthetic vectors are quicker made than stored."""

    def embed(
        self,
        texts: Sequence[str],
        progress: Callable[[int], None] | None = None,
        checkpoint: Callable[[], None] | None = None,
    ) -> NDArray[np.float32]:
        """Return the vectors of texts."""
        return self.embedder.embed(texts, progress)


def fill(
    folder: Path,
    texts: SourceTexts,
    embedder: Embedder,
    sentences: int,
    change: Callable[[int, Article], Article] = lambda number, article: article,
) -> float:
    """Index that many sentences in a state folder, PORTION articles at a time; return the seconds.

    change: returns what a numbered article becomes before it is stored.
    """
    begun = time.perf_counter()
    state = StateFolder(folder)
    with (
        closing(ArticleStore.open(state.articles)) as store,
        closing(PassThroughCache(state.embeddings, embedder)) as embeddings,
    ):
        builder, current = Builder(store, GenerationRepository(state.index), embeddings, split), None
        made = texts.articles(-(-sentences // ARTICLE_SENTENCES))
        articles = (change(number, article) for number, article in enumerate(made))
        while portion := list(islice(articles, PORTION)):
            _put(store, portion)
            current = builder.update(current, lambda progress: None)
        with builder.stage_compaction(current) as compaction:
            if compaction is not None:
                builder.publish_compaction(compaction, current, lambda progress: None)
    return time.perf_counter() - begun


def rebuild(folder: Path, texts: SourceTexts, embedder: Embedder, sentences: int) -> float:
    """Return the seconds of a rebuild of that many sentences whose vectors are cached."""
    state = StateFolder(folder)
    with (
        closing(ArticleStore.open(state.articles)) as store,
        closing(EmbeddingCache(state.embeddings, embedder)) as cache,
    ):
        _put(store, texts.articles(-(-sentences // ARTICLE_SENTENCES)))
        builder = Builder(store, GenerationRepository(state.index), cache, split)
        builder.rebuild(lambda progress: None)
        begun = time.perf_counter()
        builder.rebuild(lambda progress: None)
        return time.perf_counter() - begun


def _put(store: ArticleStore, articles: Iterable[Article]) -> None:
    remaining = iter(articles)
    while batch := list(islice(remaining, 500)):
        store.put_many([(article, f"text:{article.id}") for article in batch])


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=3)).capitalize()
