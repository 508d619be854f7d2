"""Corpora of any size, made quickly: articles out of real sentences, and vectors that are an image of the model's.

A sentence is a real one with a third of its words replaced by others of the real texts, so words are as frequent and as
rare as there; some are names that nobody has used. Its vector is what a linear map makes of its words; the map was
fitted to what the model makes of real sentences, so questions, which the real model embeds, find what they are about.
"""

import random
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Draft
from corpus.store.article_store import SqliteStore
from corpus.text.sentences import split
from eval.datasets import read_questions
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import Embedder
from index.generations.builder import Builder
from index.generations.repository import GenerationRepository
from index.state_folder import StateFolder

QUESTIONS = "dev/squad_dev_v1.1.jsonl.gz"
SEED = 20220119
SENTENCES = 10  # in an article
PORTION = 10_000  # articles that are indexed at once
_PARAGRAPH = 5
_REPLACED, _NAMED = 0.3, 0.02  # of the words
_SYLLABLES = ["ba", "den", "fir", "gol", "ha", "jor", "kel", "lum", "mi", "nor", "pa", "quin", "ros", "tev", "zan"]
_BUCKETS = 8192
_RIDGE = 1.0
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Material:
    """Real sentences, and real questions about them in an order that is always the same."""

    sentences: list[str]
    questions: list[str]

    @classmethod
    def read(cls, data: Path) -> "Material":
        """Read SQuAD's development set."""
        asked = list(read_questions(data / QUESTIONS))
        contexts = dict.fromkeys(question.context for question in asked)
        sentences = [text[start:end] for text in contexts for start, end in split(text)]
        questions = sorted({question.question for question in asked})
        random.Random(SEED).shuffle(questions)
        return cls([" ".join(sentence.split()) for sentence in sentences], questions)

    def articles(self, count: int, seed: int = SEED) -> Iterator[Article]:
        """Yield articles of SENTENCES sentences; the same for the same seed."""
        chance = random.Random(seed)
        words = [word for sentence in self.sentences for word in sentence.split() if word[-1] not in ".?!"]
        for number in range(count):
            made = [self._sentence(chance, words) for _ in range(SENTENCES)]
            paragraphs = [" ".join(made[at : at + _PARAGRAPH]) for at in range(0, SENTENCES, _PARAGRAPH)]
            title = f"{_name(chance)} {chance.choice(words)} {number}"
            yield Article.from_draft(Draft("\n\n".join(paragraphs), title=title))

    def _sentence(self, chance: random.Random, words: Sequence[str]) -> str:
        own = chance.choice(self.sentences).split()
        for place in range(1, len(own) - 1):  # the ends make it a sentence
            drawn = chance.random()
            if drawn < _NAMED:
                own[place] = _name(chance)
            elif drawn < _REPLACED:
                own[place] = chance.choice(words)
        return " ".join(own)


class WordImage:
    """An Embedder that is a linear image of another, by words: a hundred times as fast, and alike."""

    def __init__(self, real: Embedder, texts: Sequence[str]) -> None:
        self._real = real
        self._known: dict[str, int] = {}
        counts = np.zeros((len(texts), _BUCKETS), np.float32)
        for row, text in enumerate(texts):
            np.add.at(counts[row], self._buckets(text), 1)
        # Ridge regression in its dual form: there are fewer texts than buckets.
        inner = counts @ counts.T + _RIDGE * np.eye(len(texts), dtype=np.float32)
        self._map: NDArray[np.float32] = counts.T @ np.linalg.solve(inner, real.embed(texts)).astype(np.float32)

    @property
    def model_id(self) -> str:
        """That of the real model: its questions are asked of what this one has embedded."""
        return self._real.model_id

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._real.dimension

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for at in range(0, len(texts), _AT_ONCE):
            parts = [self._buckets(text) for text in texts[at : at + _AT_ONCE]]
            starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]
            sums = np.add.reduceat(self._map[np.concatenate(parts)], starts, axis=0)
            vectors[at : at + _AT_ONCE] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
        if progress is not None:
            progress(len(texts))
        return vectors

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, by the real model."""
        return self._real.embed_question(question)

    def _buckets(self, text: str) -> list[int]:
        known = self._known
        found = []
        for word in text.lower().split() or [""]:
            bucket = known.get(word)
            if bucket is None:
                bucket = known[word] = zlib.crc32(word.strip(".,;:()\"'").encode()) % _BUCKETS
            found.append(bucket)
        return found


class Uncached(EmbeddingCache):
    """Keeps no vectors: a million of them are quicker made than kept, and are not asked for again."""

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of texts."""
        return self.embedder.embed(texts, progress)


def fill(folder: Path, material: Material, embedder: Embedder, sentences: int) -> float:
    """Index that many sentences in a state folder, up to ten times PORTION at once; return the seconds it took."""
    begun = time.perf_counter()
    state = StateFolder(folder)
    with closing(SqliteStore(state.articles)) as store, closing(Uncached(state.embeddings, embedder)) as embeddings:
        builder, current = Builder(store, GenerationRepository(state.index), embeddings, split), None
        articles = material.articles(-(-sentences // SENTENCES))
        while portion := list(islice(articles, PORTION)):
            _put(store, portion)
            current = builder.update(current, _silent)
        with builder.stage_compaction(current) as compaction:
            if compaction is not None:
                builder.publish_compaction(compaction, current, _silent)
    return time.perf_counter() - begun


def rebuild(folder: Path, material: Material, embedder: Embedder, sentences: int) -> float:
    """Return the seconds that a rebuild of that many sentences takes whose vectors are known."""
    state = StateFolder(folder)
    with closing(SqliteStore(state.articles)) as store, closing(EmbeddingCache(state.embeddings, embedder)) as cache:
        _put(store, material.articles(-(-sentences // SENTENCES)))
        builder = Builder(store, GenerationRepository(state.index), cache, split)
        builder.rebuild(_silent)
        begun = time.perf_counter()
        builder.rebuild(_silent)
        return time.perf_counter() - begun


def _put(store: SqliteStore, articles: Iterable[Article]) -> None:
    rest = iter(articles)
    while some := list(islice(rest, 500)):
        store.put_many([(article, f"text:{article.id}") for article in some])


def _silent(progress: object) -> None:
    pass


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=3)).capitalize()
