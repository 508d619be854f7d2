"""Questions asked of all paragraphs at once, with their articles there and with them taken out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from corpus.store.article_store import ArticleStore
from eval.benchmark_corpus import CachedEmbedder, index_articles, map_in_threads
from eval.datasets import LabelledQuestion
from eval.dev_set import DevSet
from eval.metrics import Judged, exact_match, f1, says, tidy
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.confidence import Confidence
from qa.pipeline import Pipeline, PipelineResult
from qa.query.parser import parse_question
from qa.reader.base import Reader
from qa.retriever import HybridRetriever

DEPTH = 100  # a sentence that is not among so many counts as not found


@dataclass(frozen=True, slots=True)
class Answered:
    """A question, the rank of the first sentence with the answer, the best answer's EM and F1, and its judgements.

    inside: with its article in the corpus; outside: with it taken out.
    """

    question: LabelledQuestion
    rank: int | None
    exact: bool
    f1: float
    inside: Judged
    outside: Judged


def ask_openly(
    dev: DevSet,
    embedder: CachedEmbedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Callable[[Progress], None],
) -> list[Answered]:
    """Ask all questions of the set, each twice; vectors are cached in `cache`."""
    with index_articles(dev.paragraphs.articles(), embedder, report, dev.spans, cache) as (store, generation):
        pipeline = Pipeline(HybridRetriever(embedder, store), reader, confidence, threshold)
        rest = _without_each(store, generation)
        work = partial(_ask, dev, embedder, pipeline, generation, rest)
        return map_in_threads(work, dev.questions, "all paragraphs, article in and out", report)


def without(generation: Generation, number: int) -> Generation:
    """Return a generation as it is once an article is deleted; it shares all it can with the one it is made of."""
    return replace(generation, tombstones=np.append(generation.tombstones, number))


def half_of(questions: Sequence[LabelledQuestion]) -> set[str]:
    """Return the ids of one half of the questions, the smaller, as if by chance: every second one by hash of the id."""
    shuffled = sorted((one.id for one in questions), key=lambda name: hashlib.sha256(name.encode()).digest())
    return set(shuffled[1::2])


def mixed(answered: Sequence[Answered]) -> list[Judged]:
    """Return judgements of all questions, one half of them asked with the article taken out."""
    out = half_of([one.question for one in answered])
    return [one.outside if one.question.id in out else one.inside for one in answered]


def _without_each(store: ArticleStore, generation: Generation) -> dict[str, Generation]:
    """Return by an article's text the generation without it."""
    articles = store.by_number(store.numbers())
    return {article.text: without(generation, number) for number, article in articles.items()}


def _ask(
    dev: DevSet,
    embedder: CachedEmbedder,
    pipeline: Pipeline,
    generation: Generation,
    rest: dict[str, Generation],
    question: LabelledQuestion,
) -> Answered:
    parsed = parse_question(question.question)
    embedder.cache(parsed.text)
    inside, outside = (pipeline.run(where, parsed, depth=DEPTH) for where in (generation, rest[dev.text(question)]))
    gold = [words for _, words in question.answers]
    words = None if inside.best is None else inside.best.span.text
    return Answered(
        question,
        dev.rank(question, inside.ranked_sentences()),
        exact_match(words, gold),
        f1(words, gold),
        _judged(dev, question, inside, answerable=True),
        _judged(dev, question, outside, answerable=False),
    )


def _judged(dev: DevSet, question: LabelledQuestion, found: PipelineResult, answerable: bool) -> Judged:
    sentences = [candidate.sentence for candidate, _ in found.scored]
    placed = tuple(dev.paragraphs.answered_in(question, sentence) for sentence in sentences)
    gold = {tidy(words) for _, words in question.answers}
    right = tuple(
        at_place or any(says(tidy(sentence.text), words) for words in gold)
        for at_place, sentence in zip(placed, sentences, strict=True)
    )
    return Judged(answerable, tuple(confidence for _, confidence in found.scored), right, placed)
