"""Measure sentence retrieval: every question of SQuAD 1.1 dev against all sentences of the MultiReQA test."""

from collections.abc import Callable, Mapping
from pathlib import Path

from eval.benchmark_corpus import DEPTH, CachedEmbedder, DevSet, index_articles
from eval.metrics import ranking
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from qa.confidence import NoConfidence
from qa.pipeline import Pipeline
from qa.query.parser import parse_question
from qa.reader.base import SentenceReader
from qa.retriever import Fusion, HybridRetriever

RUNS: Mapping[str, Fusion] = {
    "keywords alone": Fusion(vectors=0.0, keywords=1.0),
    "vectors alone": Fusion(vectors=1.0, keywords=0.0),
    "fused": Fusion(),
}


def measure_retrieval(
    data: Path, embedder: Embedder, cache: Path, report: Callable[[Progress], None], every: int = 1
) -> dict[str, dict[str, float]]:
    """Return P@1, R@5, R@10 and MRR of keywords alone, vectors alone and both, over every n-th question.

    A question counts if one of the sentences holds the start of one of its answers. `cache` is the folder that caches
    vectors. Raises UnreadableDocument where the data folder is not as its README says.
    """
    dev = DevSet.read(data, every)
    cached = CachedEmbedder(embedder)
    questions = [(labelled, parse_question(labelled.question)) for labelled in dev.questions]
    for done, (_, question) in enumerate(questions):
        cached.cache(question.search_text)
        if done % 50 == 0:
            report(Progress("questions", done, len(questions)))
    figures = {}
    with index_articles(dev.paragraphs.articles(), embedder, report, dev.spans, cache) as (store, generation):
        for name, fusion in RUNS.items():
            pipeline = Pipeline(HybridRetriever(cached, store, fusion), SentenceReader(), NoConfidence(), threshold=0.0)
            ranks = []
            for done, (labelled, question) in enumerate(questions):
                if done % 50 == 0:
                    report(Progress(name, done, len(questions)))
                _, hits = pipeline.retrieve(generation, question, DEPTH)
                ranks.append(dev.rank(labelled, [hit.sentence for hit in hits]))
            figures[name] = {"questions": len(questions), **ranking(ranks)}
    return figures
