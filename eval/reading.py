"""Measure answers on SQuAD: out of all paragraphs of 1.1 dev, and out of the right paragraph of 1.1 and 2.0 dev."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from corpus.article import Article, Draft
from eval.benchmark_corpus import (
    DEPTH,
    CachedEmbedder,
    DevSet,
    index_articles,
    map_in_threads,
    replace_forbidden_characters,
    without_article,
)
from eval.datasets import LabelledQuestion, read_questions
from eval.metrics import (
    BINS,
    BestCandidates,
    JudgedQuestion,
    area_under_roc,
    article_auroc,
    calibration_error,
    detailed_figures,
    exact_match,
    f1,
    figures_at_threshold,
    has_words,
    normalize_loosely,
    ranking,
)
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.confidence import Confidence
from qa.pipeline import Pipeline, PipelineResult
from qa.query.parser import parse_question
from qa.reader.base import Reader
from qa.retriever import HybridRetriever
from qa.spelling import with_corrected_spelling
from qa.types import Hit, Quote

UNANSWERABLE = "dev/squad_dev_v2.0.jsonl.gz"
# What the figures mean, in their order.
MEANINGS = {
    "questions": "of SQuAD 1.1 dev, asked of all its paragraphs",
    "P@1": "share whose first sentence holds an answer, in the reader's order, whatever the confidence",
    "R@5": "share with such a sentence among the first 5",
    "R@10": "... among the first 10",
    "MRR": "mean of 1 / rank of the first such sentence",
    "P@1, anywhere": "share whose best answer's sentence holds a gold answer's words, wherever that sentence stands",
    "EM": "share whose best answer is a gold answer, as SQuAD compares them, whatever the confidence",
    "F1": "mean F1 of the best answer's words against a gold answer's, likewise",
    "EM, paragraph given": "the same where only the right paragraph is read",
    "F1, paragraph given": "likewise",
    "AUROC, article in or out": "of confidence: every question with its article there, against with it taken out",
    "coverage at 90% precision": "half with their article taken out: share of the other half that is answered where "
    "90% of all answers are right: their sentence holds a gold answer",
    "the same, of all questions": "share of both halves that is answered then; about .5 is possible",
    "threshold of that": "the minimum confidence that is answered then",
    "ECE": f"of confidence on both halves: mean gap between it and the share that is right, in {BINS} bins",
    "threshold": "that is set",
    "answerable answered": "share of the half with their article that is answered at that threshold",
    "unanswerable answered": "share of the half without their article that is answered at it",
    "precision": "share of these answers that is right",
    "questions, SQuAD 2.0": "asked of the right paragraph, which answers about half of them",
    "AUROC, SQuAD 2.0": "answerable against unanswerable, by the reader's log-odds that there is an answer",
    "AUROC, SQuAD 2.0, best span": "the same by the best span's score less that of no answer",
    "AUROC, SQuAD 2.0, confidence": "the same by confidence, which expects sentences that were searched for",
}
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class OpenDomainResult:
    """A question asked of all paragraphs: the rank of the first gold sentence, and EM and F1 of the best answer.

    inside: the candidates with the question's article in the corpus; outside: with the article taken out.
    """

    question: LabelledQuestion
    rank: int | None
    exact: bool
    f1: float
    inside: JudgedQuestion
    outside: JudgedQuestion


@dataclass(frozen=True, slots=True)
class GoldContextResult:
    """A question asked of its own paragraph: the best answer's words and confidence.

    `no_answer_margin` and `answerability` are the highest of any candidate, -inf without candidates.
    """

    words: str | None
    no_answer_margin: float
    answerability: float
    confidence: float


GoldContextResults = Mapping[tuple[str, str], GoldContextResult]  # by question and paragraph


@dataclass(frozen=True, slots=True)
class ReadingFigures:
    """The figures that MEANINGS explains, their details as JSON, and the candidates behind the plots."""

    figures: dict[str, float]
    details: dict[str, Any]
    best: BestCandidates


def measure_reading(
    data: Path,
    embedder: Embedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Report,
    every: int = 1,
) -> ReadingFigures:
    """Ask every n-th question of SQuAD 1.1 and 2.0 dev, with the threshold of the service; cache vectors in `cache`.

    Raises UnreadableDocument where the data folder is not as its README says.
    """
    dev = DevSet.read(data, every)
    unanswerable = read_questions(data / UNANSWERABLE)[::every]
    cached = CachedEmbedder(embedder)
    asked = ask_open_domain(dev, cached, reader, confidence, threshold, cache, report)
    gold = ask_gold_contexts([*dev.questions, *unanswerable], cached, reader, confidence, threshold, cache, report)
    judged = half_without_article(asked)
    best = BestCandidates.of(judged)
    predictions = [
        (gold[one.question, one.context].words, [words for _, words in one.answers]) for one in dev.questions
    ]
    figures = {
        "questions": len(asked),
        **ranking([one.rank for one in asked]),
        "P@1, anywhere": float(np.mean([next(iter(one.inside.right), False) for one in asked])),
        "EM": float(np.mean([one.exact for one in asked])),
        "F1": float(np.mean([one.f1 for one in asked])),
        "EM, paragraph given": float(np.mean([exact_match(*pair) for pair in predictions])),
        "F1, paragraph given": float(np.mean([f1(*pair) for pair in predictions])),
        "AUROC, article in or out": article_auroc([one.inside for one in asked], [one.outside for one in asked]),
        **best.coverage(),
        "ECE": calibration_error(best.probabilities, best.right, BINS),
        **figures_at_threshold(judged, threshold),
        **_unanswerable_figures(unanswerable, gold),
    }
    return ReadingFigures(figures, detailed_figures(judged), best)


def ask_open_domain(
    dev: DevSet,
    embedder: CachedEmbedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Report,
) -> list[OpenDomainResult]:
    """Ask every question of all paragraphs, with its article in the corpus and with it taken out."""
    with index_articles(dev.paragraphs.articles(), embedder, report, dev.spans, cache) as (store, generation):
        pipeline = Pipeline(HybridRetriever(embedder, store), reader, confidence, threshold)
        articles = store.by_number(store.numbers())
        others = {article.text: without_article(generation, number) for number, article in articles.items()}
        ask = partial(_ask_open_domain, dev, embedder, pipeline, generation, others)
        return map_in_threads(ask, dev.questions, "all paragraphs, article in and out", report)


def _ask_open_domain(
    dev: DevSet,
    embedder: CachedEmbedder,
    pipeline: Pipeline,
    generation: Generation,
    others: Mapping[str, Generation],
    labelled: LabelledQuestion,
) -> OpenDomainResult:
    question = parse_question(labelled.question)
    embedder.cache(question.search_text)
    inside = pipeline.run(generation, question, depth=DEPTH)
    outside = pipeline.run(others[dev.text(labelled)], question, depth=DEPTH)
    gold = [words for _, words in labelled.answers]
    words = None if inside.best is None else inside.best.span.text
    return OpenDomainResult(
        labelled,
        dev.rank(labelled, inside.ranked_sentences()),
        exact_match(words, gold),
        f1(words, gold),
        _judge(dev, labelled, inside, answerable=True),
        _judge(dev, labelled, outside, answerable=False),
    )


def _judge(dev: DevSet, question: LabelledQuestion, result: PipelineResult, answerable: bool) -> JudgedQuestion:
    sentences = [candidate.sentences for candidate, _ in result.scored]
    in_place = tuple(any(dev.paragraphs.answered_in(question, one) for one in each) for each in sentences)
    gold = {normalize_loosely(words) for _, words in question.answers}
    right = tuple(
        at_place or any(has_words(normalize_loosely(one.text), words) for one in each for words in gold)
        for at_place, each in zip(in_place, sentences, strict=True)
    )
    return JudgedQuestion(answerable, tuple(confidence for _, confidence in result.scored), right, in_place)


def half_of(questions: Sequence[LabelledQuestion]) -> set[str]:
    """Return the ids of a half of the questions, drawn by the hash of the id; the smaller half of an odd number."""
    shuffled = sorted((one.id for one in questions), key=lambda name: hashlib.sha256(name.encode()).digest())
    return set(shuffled[1::2])


def half_without_article(results: Sequence[OpenDomainResult]) -> list[JudgedQuestion]:
    """Return all questions, a half of them as asked with the article taken out."""
    out = half_of([one.question for one in results])
    return [one.outside if one.question.id in out else one.inside for one in results]


def ask_gold_contexts(
    questions: Sequence[LabelledQuestion],
    embedder: CachedEmbedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Report,
) -> GoldContextResults:
    """Ask every question of its own paragraph, each pair once.

    A paragraph is an article of its own, split and cut into passages as a user's article is; all of its sentences are
    read, as hits of equal score.
    """
    articles = {
        one.context: Article.from_draft(Draft(replace_forbidden_characters(one.context), title=one.title))
        for one in questions
    }
    distinct = {(one.question, one.context): one for one in questions}
    with index_articles(list(articles.values()), embedder, report, folder=cache) as (store, generation):
        pipeline = Pipeline(HybridRetriever(embedder, store), reader, confidence, threshold)
        stored = store.by_number(store.numbers())
        first, last = (np.searchsorted(generation.articles, list(stored), side) for side in ("left", "right"))
        bounds = zip(stored.values(), first, last, strict=True)
        rows_by_id = {article.id: range(int(start), int(end)) for article, start, end in bounds}
        ask = partial(_ask_gold_context, embedder, pipeline, generation, articles, rows_by_id)
        results = map_in_threads(ask, list(distinct.values()), "paragraph given", report)
        return dict(zip(distinct, results, strict=True))


def _ask_gold_context(
    embedder: CachedEmbedder,
    pipeline: Pipeline,
    generation: Generation,
    articles: Mapping[str, Article],
    rows_by_id: Mapping[str, range],
    labelled: LabelledQuestion,
) -> GoldContextResult:
    article = articles[labelled.context]
    question = with_corrected_spelling(parse_question(labelled.question), generation.keywords)
    rows = rows_by_id[article.id]
    similarities = generation.similarities(embedder.embed_question(question.search_text), np.array(rows, np.int64))
    sentences = (Quote(article, *generation.sentence(row)[1:]) for row in rows)
    hits = [
        Hit(sentence, row, 0.0, float(similarity), 0.0)
        for sentence, row, similarity in zip(sentences, rows, similarities, strict=True)
    ]
    found = pipeline.answer(generation, question, hits, pipeline.retriever.passages(generation, hits))
    margin = max((one.no_answer_margin for one in found.reading.candidates), default=-np.inf)
    answerability = max((one.answerability for one in found.reading.candidates), default=-np.inf)
    words = None if found.best is None else found.best.span.text
    return GoldContextResult(words, margin, answerability, found.confidence)


def _unanswerable_figures(questions: Sequence[LabelledQuestion], results: GoldContextResults) -> dict[str, float]:
    found = [results[one.question, one.context] for one in questions]
    answerable = np.array([len(one.answers) > 0 for one in questions], np.bool_)
    scores = {
        "AUROC, SQuAD 2.0": [one.answerability for one in found],
        "AUROC, SQuAD 2.0, best span": [one.no_answer_margin for one in found],
        "AUROC, SQuAD 2.0, confidence": [one.confidence for one in found],
    }
    areas = {name: area_under_roc(np.array(values, np.float64), answerable) for name, values in scores.items()}
    # nan, where all questions are of one kind, is no JSON.
    return {
        "questions, SQuAD 2.0": len(questions),
        **{name: area for name, area in areas.items() if not np.isnan(area)},
    }
