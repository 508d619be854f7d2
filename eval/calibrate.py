"""Fits the confidence of retrieval: `python -m eval.calibrate --data FOLDER`.

Questions of a training set are asked of corpora of three sizes: their own article alone, a few articles, all of them;
half the time with their own article taken out, so that nothing there answers. Every candidate of the first three is an
example: right where its sentence holds a gold answer. A quarter of the articles is kept apart, to measure on.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from corpus.store import ArticleFilter
from eval.bench_corpus import Paragraphs, indexed
from eval.data import Question, read_questions, read_rows
from eval.embedding import Prepared
from eval.metrics import area_under_roc, calibration_error, coverage_at
from index.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generation import Generation
from index.keywords import stems
from qa.confidence import CALIBRATION, Calibration, Features, features
from qa.reader import SentenceReader
from qa.retriever import HybridRetriever
from qa.service import CONSIDERED
from qa.types import Quote
from web import commands
from web.settings import Settings

TRAINING_SET = "train/squadshifts_new_wiki.jsonl.gz"
BACKGROUND_SETS = ("squadshifts_new_wiki", "squadshifts_reddit", "squadshifts_amazon_reviews", "qamr")
SIZES = (1, 5, 24)
# The default threshold lets this share of the questions that nothing answers have an answer all the same.
FALSE_ANSWERS = 0.05
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Example:
    """A candidate: its features, whether it is right, its rank, and whether its question is for measuring.

    `answerable`: the question's own article is in the corpus.
    """

    features: Features
    right: bool
    answerable: bool
    rank: int
    held_out: bool


def rarity_of_words(data: Path, least: int = 3) -> dict[str, float]:
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


def examples(
    questions: Sequence[Question], embedder: Embedder, rarity: dict[str, float], seed: int, cache: Path
) -> Iterator[Example]:
    """Yield candidates of questions asked of corpora of several sizes, half of them without the questions' articles.

    `cache` is the folder that keeps the sentences' vectors.
    """
    random_ = random.Random(seed)
    paragraphs = Paragraphs.of(questions)
    articles = {article.title: article for article in paragraphs.articles()}
    titles = sorted(articles)
    held_out = set(random_.sample(titles, len(titles) // 4))
    groups = [group for size in SIZES for group in _groups(random_.sample(titles, len(titles)), size)]
    for group in tqdm(groups, disable=None, desc="corpora", unit=" corpora"):
        inside = [question for question in questions if question.title in group]
        outside = [question for question in questions if question.title not in group]
        count = min(60 * round(math.sqrt(len(group))), len(inside))
        asked = random_.sample(inside, count) + random_.sample(outside, min(count, len(outside)))
        with indexed([articles[title] for title in group], embedder, lambda progress: None, folder=cache) as made:
            retriever = HybridRetriever(embedder, made[0])
            for question in asked:
                truth = _Truth(question, paragraphs, question.title in group, question.title in held_out)
                yield from _candidates(truth, retriever, made[1], rarity)


def _groups(titles: Sequence[str], size: int) -> list[list[str]]:
    return [list(titles[start : start + size]) for start in range(0, len(titles) - size + 1, size)]


@dataclass(frozen=True, slots=True)
class _Truth:
    """A question and what is known of it."""

    question: Question
    paragraphs: Paragraphs
    answerable: bool
    held_out: bool

    def holds(self, sentence: Quote) -> bool:
        """Return whether a sentence holds a whole answer."""
        return sentence.article.title == self.question.title and any(
            sentence.start <= start and end <= sentence.end
            for start, end in self.paragraphs.answer_spans(self.question)
        )


def _candidates(
    truth: _Truth, retriever: HybridRetriever, generation: Generation, rarity: dict[str, float]
) -> Iterator[Example]:
    text = truth.question.question
    passages = retriever.passages(generation, retriever.search(generation, text, 10, ArticleFilter()))
    for rank, candidate in enumerate(SentenceReader().read(text, passages).candidates[:CONSIDERED]):
        found = features(text, candidate, passages, rarity)
        yield Example(found, truth.holds(candidate.sentence), truth.answerable, rank, truth.held_out)


def fit(found: Sequence[Example]) -> tuple[float, Features]:
    """Fit a logistic regression by Newton's method, with a small ridge; return its intercept and weights."""
    x = np.array([(1.0, *astuple(example.features)) for example in found])
    y = np.array([example.right for example in found], float)
    ridge = _RIDGE * len(found) * np.diag([0.0, *np.ones(x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (y - p) - ridge @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge
        weights += np.linalg.solve(hessian, gradient)
    names = [field.name for field in fields(Features)]
    rounded = [round(float(weight), 4) for weight in weights]
    return rounded[0], Features(**dict(zip(names, rounded[1:], strict=True)))


def calibrate(data: Path, embedder: Embedder, seed: int, cache: Path) -> tuple[Calibration, dict[str, float]]:
    """Fit the confidence on the training sets of a data folder; return it, and how good it is on what was kept apart.

    Raises UnreadableDocument where a file is missing or broken.
    """
    questions = read_questions(data / TRAINING_SET)
    prepared = Prepared(embedder)
    for question in tqdm(questions, disable=None, desc="questions", unit=" questions"):
        prepared.add(question.question)
    rarity = rarity_of_words(data)
    found = list(examples(questions, prepared, rarity, seed, cache))
    intercept, weights = fit([example for example in found if not example.held_out])
    calibration = Calibration(intercept, weights, rarity)
    return calibration, _figures(calibration, [example for example in found if example.held_out])


def _figures(calibration: Calibration, found: Sequence[Example]) -> dict[str, float]:
    best = [example for example in found if example.rank == 0]
    right = np.array([example.right for example in best])
    probability: NDArray[np.float64] = np.array([calibration.probability(example.features) for example in best])
    answerable = np.array([example.answerable for example in best])
    coverage, least = coverage_at(0.9, probability, right)
    limit = float(np.quantile(probability[~answerable], 1 - FALSE_ANSWERS))
    return {
        "questions": len(best),
        "right": float(right.mean()),
        "AUROC": area_under_roc(probability, right),
        "ECE": calibration_error(probability, right),
        "coverage at 90% precision": coverage,
        "threshold of that": least,
        f"threshold: {FALSE_ANSWERS:.0%} false answers": limit,
        "answered at that": float((probability[answerable] >= limit).mean()),
        "right of those answered": float(right[answerable & (probability >= limit)].mean()),
        "AUROC, article in or out": area_under_roc(probability, answerable),
    }


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--out", type=click.Path(path_type=Path), default=CALIBRATION, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(data: Path, out: Path, seed: int) -> None:
    """Fit the confidence of retrieval and write it down."""
    settings = Settings.read()
    calibration, figures = calibrate(data, load_embedder(DEFAULT_MODEL, settings.models), seed, settings.state / "eval")
    for name, value in figures.items():
        click.echo(f"{name:<28} {value:.3f}")
    click.echo(f"intercept {calibration.intercept}  weights {asdict(calibration.weights)}")
    out.write_text(json.dumps(asdict(calibration), indent=0), encoding="utf-8")


if __name__ == "__main__":
    commands.run(main)
