"""Articles to measure with, and how long it takes to index them."""

import os
import random
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpus.article import Article
from corpus.store.article_store import SqliteStore
from corpus.text.sentences import split
from eval.benchmark_corpus import Paragraphs
from eval.datasets import Question, read_questions
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import Embedder
from index.generations.builder import Builder
from index.generations.repository import GenerationRepository

QUESTIONS = "dev/squad_dev_v1.1.jsonl.gz"
SEED = 20220119


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles, how many sentences they have, and questions about them."""

    articles: list[Article]
    sentences: int
    questions: list[str]


@dataclass(frozen=True, slots=True)
class Build:
    """Sentences a second of the first build, None where vectors were known before, and the seconds of a rebuild."""

    first_rate: float | None
    rebuild_seconds: float


def read_corpus(data: Path, sentences: int) -> Corpus:
    """Take paragraphs until there are enough sentences, and their questions in an order that is always the same."""
    taken: list[Question] = []
    counts: dict[str, int] = {}
    for question in read_questions(data / QUESTIONS):
        if question.context not in counts:
            if sum(counts.values()) >= sentences:
                break
            counts[question.context] = len(split(question.context))
        taken.append(question)
    articles = Paragraphs.of(taken).articles()
    asked = sorted({question.question for question in taken})
    random.Random(SEED).shuffle(asked)
    return Corpus(articles, sum(len(split(article.text)) for article in articles), asked)


def build(state: Path, corpus: Corpus, embedder: Embedder, cache: Path, fresh: bool, rounds: int) -> Build:
    """Index the corpus in a state folder; what was embedded is kept in the cache folder for the next time."""
    state.mkdir(parents=True)
    kept, own = cache / "embeddings.sqlite", state / "embeddings.sqlite"
    first = fresh or not kept.exists()
    if not first:
        shutil.copyfile(kept, own)
    store = SqliteStore(state / "articles.sqlite")
    embeddings = EmbeddingCache(own, embedder)
    try:
        for article in corpus.articles:
            store.put(article, f"text:{article.id}")
        builder = Builder(store, GenerationRepository(state / "index"), embeddings, split)
        seconds = [_timed(lambda: builder.rebuild(_silent)) for _ in range(1 + rounds)]
    finally:
        embeddings.close()
        store.close()
    _keep(own, kept)
    return Build(corpus.sentences / seconds[0] if first else None, statistics.median(seconds[1:]))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _silent(progress: object) -> None:
    pass


def _keep(file: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy = kept.with_name(f"{kept.name}.{os.getpid()}")
    shutil.copyfile(file, copy)
    copy.replace(kept)
