"""Sentence retrieval, measured: every question of SQuAD 1.1 dev against all sentences of the MultiReQA test."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from corpus.store.article_store import ArticleStore
from eval.benchmark_corpus import CachedEmbedder, index_articles
from eval.datasets import LabelledQuestion
from eval.dev_set import DevSet
from eval.metrics import ranking
from eval.open_domain import DEPTH
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.pipeline import NO_FILTERS
from qa.query.parser import parse_question
from qa.retriever import Fusion, HybridRetriever

RUNS: Mapping[str, Fusion] = {
    "keywords alone": Fusion(vectors=0.0, keywords=1.0),
    "vectors alone": Fusion(vectors=1.0, keywords=0.0),
    "fused": Fusion(),
}
Figures = dict[str, dict[str, float]]


def measure(data: Path, embedder: Embedder, cache: Path, report: Callable[[Progress], None], every: int = 1) -> Figures:
    """Return P@1, R@5, R@10 and MRR of keywords alone, vectors alone and both, over every n-th question.

    A question counts if one of the sentences holds the start of one of its answers. Vectors are kept in `cache`.
    Raises UnreadableDocument where the data folder is not as its README says.
    """
    dev = DevSet.read(data, every)
    prepared = _prepared(embedder, dev.questions, report)
    with index_articles(dev.paragraphs.articles(), embedder, report, dev.spans, cache) as (store, generation):
        searched = _Searched(store, generation, prepared, dev, report)
        return {name: searched.figures(name, fusion) for name, fusion in RUNS.items()}


class _Searched:
    """An index to ask the questions of."""

    def __init__(
        self,
        store: ArticleStore,
        generation: Generation,
        embedder: Embedder,
        dev: DevSet,
        report: Callable[[Progress], None],
    ) -> None:
        self._store = store
        self._generation = generation
        self._embedder = embedder
        self._dev = dev
        self._report = report

    def figures(self, name: str, fusion: Fusion) -> dict[str, float]:
        retriever = HybridRetriever(self._embedder, self._store, fusion)
        questions = self._dev.questions
        ranks = []
        for done, question in enumerate(questions):
            if done % 50 == 0:
                self._report(Progress(name, done, len(questions)))
            ranks.append(self._rank(retriever, question))
        return {"questions": len(questions), **ranking(ranks)}

    def _rank(self, retriever: HybridRetriever, question: LabelledQuestion) -> int | None:
        hits = retriever.search(self._generation, parse_question(question.question), DEPTH, NO_FILTERS)
        return self._dev.rank(question, [hit.sentence for hit in hits])


def _prepared(
    embedder: Embedder, questions: Sequence[LabelledQuestion], report: Callable[[Progress], None]
) -> CachedEmbedder:
    prepared = CachedEmbedder(embedder)
    for done, question in enumerate(questions):
        prepared.cache(parse_question(question.question).text)
        if done % 50 == 0:
            report(Progress("questions", done, len(questions)))
    return prepared
