"""Fits the confidence in a reader's answers: `python -m eval.calibrate --data FOLDER`.

Questions of a training set that no reader was trained on are asked of corpora of three sizes: their own article alone,
a few articles, all of them; half the time so that nothing there answers: with their own article taken out, or, which is
harder, with the answering paragraph alone taken out. Every candidate of the first three is an example: right where its
sentence holds a gold answer in its place. The figures are of calibrations that had not seen the questions' articles;
the one that is written has seen all.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, astuple, dataclass, fields
from functools import partial
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from cli.progress import progress_bar
from cli.runner import run
from corpus.store.article_store import ArticleStore
from eval.benchmark_corpus import CachedEmbedder, Paragraphs, index_articles, map_in_threads, without_article
from eval.datasets import FORUMS, SINGLE_SENTENCES, WIKI, LabelledQuestion, held_out, read_questions, read_rows
from eval.metrics import area_under_roc, calibration_error, coverage_at
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from index.onnx.model_files import write_text
from index.search.keywords import stems
from qa.confidence import IDF, PRECISION, Calibration, NoConfidence
from qa.features import Features, features
from qa.pipeline import MAX_HITS, NO_FILTERS, Pipeline
from qa.query.parser import parse_question
from qa.query.question_types import QuestionType
from qa.reader.base import Reader
from qa.reader.loader import DEFAULT, SENTENCES, calibration_file, load_reader
from qa.retriever import HybridRetriever
from qa.types import Quote
from web.settings import Settings

BACKGROUND_SETS = (WIKI, *FORUMS, SINGLE_SENTENCES)
SIZES = (1, 5)  # and all
_FOLDS = 5
_CANDIDATES = 3  # of a question
_RIDGE = 1e-3
# That question and text share words says much where a question's article may not be there at all, as in most of the
# examples, and misleads about a question near the topic, which shares most of its words and has no answer. A reader
# that reads knows better; docs/decisions.md has figures.
TERM_OVERLAPS = ("term_overlap", "passage_term_overlap")
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Example:
    """A candidate: its features, whether it is right, its rank, and its question's title.

    `answerable`: what answers is in the corpus.
    """

    features: Features
    right: bool
    answerable: bool
    rank: int
    title: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, and the generation that it is asked of; `cut`: without_article the paragraph that answers."""

    question: LabelledQuestion
    generation: Generation
    answerable: bool
    cut: bool = False


def inverse_document_frequencies(data: Path, least: int = 3) -> dict[str, float]:
    """Return how rare stems are in the paragraphs of the training sets: 0 in all of them, 1 in none.

    log(n / df) / log(n), for n paragraphs of which df hold the stem: the inverse document frequency, scaled. Stems in
    fewer than `least` are left out, and so count as rarest.
    """
    files = [data / "train" / f"{name}.jsonl.gz" for name in BACKGROUND_SETS]
    paragraphs = {text for file in files for text in read_rows(file, lambda row: str(row["context"]))}
    counts = Counter(stem for text in paragraphs for stem in set(stems(text)))
    scale = math.log(max(2, len(paragraphs)))
    return {
        stem: round(math.log(len(paragraphs) / count) / scale, 3)
        for stem, count in sorted(counts.items())
        if count >= least
    }


class Corpora:
    """Corpora of several sizes, to ask questions of.

    Args:
        questions: their articles make up the corpora.
        asked: those of the questions that are asked.
        embedder, reader: the parts that find.
        seed: which articles meet in a corpus, and which questions are asked of the wrong one.
        cache: the folder in which vectors are kept.
        report: hears how far it is.
    """

    def __init__(
        self,
        questions: Sequence[LabelledQuestion],
        asked: Sequence[LabelledQuestion],
        embedder: Embedder,
        reader: Reader,
        seed: int,
        cache: Path,
        report: Report,
    ) -> None:
        self._questions = list(asked)
        self._paragraphs = Paragraphs.of(questions)
        self._articles = {article.title: article for article in self._paragraphs.articles()}
        self._embedder = embedder
        self._reader = reader
        self._random = random.Random(seed)
        self._cache = cache
        self._report = report

    def examples(self, idf: dict[str, float]) -> Iterator[Example]:
        """Yield the first candidates of all questions, in corpora of all sizes."""
        titles = sorted(self._articles)
        for size in SIZES:
            for group in _groups(self._random.sample(titles, len(titles)), size):
                yield from self._of_group(set(group), idf)
        with self._indexed(titles) as (store, generation):
            numbers = {article.title: number for number, article in store.by_number(store.numbers()).items()}
            rest = {title: without_article(generation, number) for title, number in numbers.items()}
            asked = [_Asked(one, generation, answerable=True) for one in self._questions]
            asked += [_Asked(one, generation, answerable=False, cut=True) for one in self._questions[::2]]
            asked += [_Asked(one, rest[one.title], answerable=False) for one in self._questions[1::2]]
            yield from self._all(store, asked, idf)

    def _of_group(self, group: set[str], idf: dict[str, float]) -> Iterator[Example]:
        inside = [one for one in self._questions if one.title in group]
        outside = [one for one in self._questions if one.title not in group]
        if not inside:
            return
        others = self._random.sample(outside, min(len(inside) // 2, len(outside)))
        with self._indexed(sorted(group)) as (store, generation):
            asked = [_Asked(one, generation, answerable=True) for one in inside]
            asked += [_Asked(one, generation, answerable=False, cut=True) for one in inside[::2]]
            asked += [_Asked(one, generation, answerable=False) for one in others]
            yield from self._all(store, asked, idf)

    def _indexed(self, titles: Sequence[str]) -> AbstractContextManager[tuple[ArticleStore, Generation]]:
        articles = [self._articles[title] for title in titles]
        return index_articles(articles, self._embedder, lambda progress: None, folder=self._cache)

    def _all(self, store: ArticleStore, asked: Sequence[_Asked], idf: dict[str, float]) -> Iterator[Example]:
        pipeline = Pipeline(HybridRetriever(self._embedder, store), self._reader, NoConfidence(), threshold=0.0)
        work = partial(self._candidates, pipeline, idf)
        for found in map_in_threads(work, asked, f"{len(store.numbers())} articles", self._report):
            yield from found

    def _candidates(self, pipeline: Pipeline, idf: dict[str, float], asked: _Asked) -> list[Example]:
        question = parse_question(asked.question.question)
        hits = pipeline.retriever.search(asked.generation, question, MAX_HITS, NO_FILTERS)
        if asked.cut:
            hits = [hit for hit in hits if not self._in_paragraph(asked.question, hit.sentence)]
        passages = pipeline.retriever.passages(asked.generation, hits)
        if asked.cut:
            passages = [one for one in passages if not self._in_paragraph(asked.question, one.quote)]
        result = pipeline.answer(question, hits, passages)
        if result.question.type is QuestionType.TOPIC:
            return []  # topics have a calibration of their own
        reading = result.reading.top(_CANDIDATES)
        return [
            Example(
                found,
                asked.answerable and self._paragraphs.answered_in(asked.question, one.sentence),
                asked.answerable,
                rank,
                asked.question.title,
            )
            for rank, (one, found) in enumerate(
                zip(reading.candidates, features(result.question, reading, passages, idf), strict=True)
            )
        ]

    def _in_paragraph(self, question: LabelledQuestion, quote: Quote) -> bool:
        """Return whether a part of an article shares anything with the paragraph of a question."""
        start = self._paragraphs.offset[self._paragraphs.number[question.title, question.context]]
        overlaps = quote.start < start + len(question.context) and start < quote.end
        return overlaps and quote.article.title == question.title


def fit(found: Sequence[Example], ignored: Collection[str] = ()) -> tuple[float, Features]:
    """Fit a logistic regression by Newton's method, with a small ridge; return its intercept and weights.

    Features that are `ignored` get no weight. Raises ValueError for a name that none has.
    """
    names = [field.name for field in fields(Features)]
    if unknown := set(ignored) - set(names):
        raise ValueError(f"No features: {', '.join(sorted(unknown))}.")
    seen = np.array([1.0, *(name not in ignored for name in names)])
    x = np.array([(1.0, *astuple(example.features)) for example in found]) * seen
    y = np.array([example.right for example in found], float)
    ridge = _RIDGE * len(found) * np.diag([0.0, *np.ones(x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (y - p) - ridge @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge
        weights += np.linalg.solve(hessian, gradient)
    rounded = [round(float(weight), 4) for weight in weights]
    return rounded[0], Features(**dict(zip(names, rounded[1:], strict=True)))


def calibrate(
    found: Sequence[Example], idf: dict[str, float], ignored: Collection[str] = ()
) -> tuple[Calibration, dict[str, float]]:
    """Fit the confidence; return it, and how good it is on titles that it has not seen.

    Features that are `ignored` get no weight. The threshold is where PRECISION of the best candidates that reach it are
    right, half of all questions being such that nothing answers them.
    """
    titles = sorted({example.title for example in found})
    best: list[Example] = []
    probabilities: list[float] = []
    for fold in range(_FOLDS):
        mine = set(titles[fold::_FOLDS])
        seen = Calibration(*fit([one for one in found if one.title not in mine], ignored), idf, 0.0)
        own = [one for one in found if one.title in mine and one.rank == 0]
        best += own
        probabilities += [seen.probability(one.features) for one in own]
    figures = _figures(best, np.array(probabilities))
    intercept, weights = fit(found, ignored)
    return Calibration(intercept, weights, idf, round(figures["threshold"], 2)), figures


def _figures(best: Sequence[Example], probability: NDArray[np.float64]) -> dict[str, float]:
    right = np.array([example.right for example in best])
    answerable = np.array([example.answerable for example in best])
    coverage, least = coverage_at(PRECISION, probability, right)
    answered = probability >= least
    return {
        "questions": len(best),
        "right": float(right[answerable].mean()),
        "AUROC": area_under_roc(probability, right),
        "AUROC, answer in or out": area_under_roc(probability, answerable),
        "ECE": calibration_error(probability, right),
        "threshold": least,
        "answerable answered": float(answered[answerable].mean()),
        "unanswerable answered": float(answered[~answerable].mean()),
        "answered, of all": coverage,
    }


def _groups(titles: Sequence[str], size: int) -> list[list[str]]:
    return [list(titles[start : start + size]) for start in range(0, len(titles) - size + 1, size)]


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--reader", default=DEFAULT, show_default=True, help='as CITELINE_READER; "sentences" for no model')
@click.option("--seed", default=0, show_default=True)
def main(data: Path, reader: str, seed: int) -> None:
    """Fit the confidence in a reader's answers and write it down beside the reader."""
    settings = Settings.read()
    questions = read_questions(data / "train" / f"{WIKI}.jsonl.gz")
    own = reader in {DEFAULT, SENTENCES}
    idf = inverse_document_frequencies(data) if own else dict(Calibration.read().idf)
    with progress_bar() as report:
        prepared = CachedEmbedder(load_embedder(DEFAULT_MODEL, settings.models))
        asked = [one for one in questions if held_out(one.title)]
        for done, question in enumerate(asked):
            prepared.cache(parse_question(question.question).text)
            report(Progress("questions", done, len(asked)))
        found = load_reader(reader, settings.models)
        corpora = Corpora(questions, asked, prepared, found, seed, settings.state / "eval", report)
        ignored = () if reader == SENTENCES else TERM_OVERLAPS
        calibration, figures = calibrate(list(corpora.examples(idf)), idf, ignored)
    for name, value in figures.items():
        click.echo(f"{name:<28} {value:.3f}")
    weights = asdict(calibration.weights)
    click.echo(f"intercept {calibration.intercept}  weights {weights}")
    if own:  # those of other readers leave the words' rarity, which all share, as it is
        write_text(IDF, json.dumps(idf, indent=0) + "\n")
    out = calibration_file(reader, settings.models)
    kept = {"intercept": calibration.intercept, "weights": weights, "threshold": calibration.threshold}
    write_text(out, json.dumps(kept, indent=2) + "\n")
    click.echo(f"Written to {out}.")


if __name__ == "__main__":
    run(main)
