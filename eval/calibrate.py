"""Fit the confidence in a reader's answers: `python -m eval.calibrate --data FOLDER`.

Questions of three training sets that no reader was trained on are asked of corpora of three sizes: their article alone,
a few articles, and all. Half of the time nothing there answers. In the first set the article is taken out or, which is
harder, only the paragraph that answers. In SQuAD and the set of users' questions, people wrote questions that look as
if their paragraph answered them. Each of the first candidates is an example, right if its sentence holds a gold answer
in place. The figures come from cross-validation over articles; the calibration that is written is fitted to
all examples.
"""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, astuple, dataclass, fields
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from cli.progress import progress_bar
from cli.runner import run
from corpus.errors import InvalidInput
from corpus.store.article_store import ArticleStore
from eval.benchmark_corpus import CachedEmbedder, Paragraphs, index_articles, map_in_threads, without_article
from eval.datasets import (
    FORUMS,
    SINGLE_SENTENCES,
    SQUAD,
    SQUAD_UNANSWERABLE,
    WIKI,
    LabelledQuestion,
    held_out,
    read_questions,
    read_rows,
)
from eval.metrics import area_under_roc, calibration_error, coverage_at
from eval.user_set import USER_SET, read_user_set
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from index.onnx.model_files import write_text
from index.search.keywords import stems
from qa.confidence import IDF, PRECISION, Calibration, NoConfidence
from qa.features import Features, features
from qa.pipeline import Pipeline
from qa.query.parser import parse_question
from qa.query.question_types import QuestionType
from qa.reader.base import Reader
from qa.reader.loader import DEFAULT, QUICK, SENTENCES, calibration_file, load_reader
from qa.retriever import HybridRetriever
from qa.spelling import WORDS
from qa.types import Quote
from web.settings import Settings

BACKGROUND_SETS = (WIKI, *FORUMS, SINGLE_SENTENCES)
EDITED_SETS = (WIKI, SQUAD, SINGLE_SENTENCES)
_LOWER_CASE = re.compile(r"(?<![\w'’-])[a-z]{3,}(?![\w'’-])")
SIZES = (1, 5)  # articles of a corpus; the last corpus has all
_FOLDS = 5
_CANDIDATES = 3  # of a question
_ASKED = 250  # questions of each kind: Wikipedia, SQuAD and users', of the latter two also unanswerable ones
_RIDGE = 1e-3  # per example
# Of the shipped readers, chosen on eval/evidence/choose and near_topic. Half of the examples have no answer, many of
# them though they look as if: where nine in ten answers are right on these, few questions of users are answered.
_THRESHOLD = 0.5
# Ignored for readers with a model: most examples lack their article, so shared words seem to tell more than they do for
# unanswerable questions near a topic, which share most words. docs/decisions.md has the figures.
TERM_OVERLAPS = ("term_overlap", "passage_term_overlap")
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class CalibrationExample:
    """A candidate's features and rank, whether it is right, and whether the corpus answers the question at all."""

    features: Features
    right: bool
    answerable: bool
    rank: int
    title: str


@dataclass(frozen=True, slots=True)
class CalibrationQuestion:
    """A question and the generation that it is asked of, without the paragraph that answers if `cut`."""

    labelled: LabelledQuestion
    generation: Generation
    answerable: bool
    cut: bool = False


def inverse_document_frequencies(data: Path, min_count: int = 3) -> dict[str, float]:
    """Return the idf of stems in the paragraphs of the training sets, scaled: 0 in all paragraphs, 1 in none.

    It is log(n / df) / log(n) for n paragraphs of which df hold the stem. Stems in fewer than `min_count` paragraphs
    are left out, so they count as 1.
    """
    paragraphs = _read_paragraphs(data, BACKGROUND_SETS)
    counts = Counter(stem for text in paragraphs for stem in set(stems(text)))
    scale = math.log(max(2, len(paragraphs)))
    return {
        stem: round(math.log(len(paragraphs) / count) / scale, 3)
        for stem, count in sorted(counts.items())
        if count >= min_count
    }


def word_counts(data: Path, users: Sequence[LabelledQuestion], min_count: int = 2) -> dict[str, int]:
    """Return in how many paragraphs of edited text a lower-case word of three letters or more is, from `min_count` on.

    Forums are left out: they misspell. So are names, which have a capital.
    """
    paragraphs = _read_paragraphs(data, EDITED_SETS) | {question.context for question in users}
    counts = Counter(word for text in paragraphs for word in set(_LOWER_CASE.findall(text)))
    return {word: count for word, count in sorted(counts.items()) if count >= min_count}


def _read_paragraphs(data: Path, names: Sequence[str]) -> set[str]:
    files = [data / "train" / f"{name}.jsonl.gz" for name in names]
    return {text for file in files for text in read_rows(file, lambda row: str(row["context"]))}


class CalibrationCorpora:
    """Corpora of several sizes, and the questions that are asked of them.

    Args:
        questions: their articles make up the corpora.
        asked: the questions that are asked. Where some have no answer they are the unanswerable ones, else all are also
            asked of corpora that lack their answer.
        embedder: embeds questions and sentences.
        reader: reads; its candidates become examples.
        seed: draws the articles of a corpus, and the questions whose article is missing from it.
        cache: the folder that caches vectors.
        report: called with the progress.
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
        self._has_unanswerable = not all(one.answers for one in asked)
        self._paragraphs = Paragraphs.of(questions)
        self._articles = {article.title: article for article in self._paragraphs.articles()}
        self._embedder = embedder
        self._reader = reader
        self._random = random.Random(seed)
        self._cache = cache
        self._report = report

    def examples(self, idf: dict[str, float]) -> Iterator[CalibrationExample]:
        """Yield the first candidates of all questions from corpora of all sizes."""
        titles = sorted(self._articles)
        for size in SIZES:
            shuffled = self._random.sample(titles, len(titles))
            for start in range(0, len(titles) - size + 1, size):
                group = shuffled[start : start + size]
                yield from self._group_examples(set(group), idf)
        with self._indexed(titles) as (store, generation):
            numbers = {article.title: number for number, article in store.by_number(store.numbers()).items()}
            others = {title: without_article(generation, number) for title, number in numbers.items()}
            asked = [CalibrationQuestion(one, generation, bool(one.answers)) for one in self._questions]
            if not self._has_unanswerable:
                asked += [CalibrationQuestion(one, generation, False, cut=True) for one in self._questions[::2]]
                asked += [CalibrationQuestion(one, others[one.title], False) for one in self._questions[1::2]]
            yield from self._ask_all(store, asked, idf)

    def _group_examples(self, group: set[str], idf: dict[str, float]) -> Iterator[CalibrationExample]:
        inside = [one for one in self._questions if one.title in group]
        outside = [one for one in self._questions if one.title not in group]
        if not inside:
            return
        foreign = self._random.sample(outside, min(len(inside) // 2, len(outside)))
        with self._indexed(sorted(group)) as (store, generation):
            asked = [CalibrationQuestion(one, generation, bool(one.answers)) for one in inside]
            if not self._has_unanswerable:
                asked += [CalibrationQuestion(one, generation, False, cut=True) for one in inside[::2]]
                asked += [CalibrationQuestion(one, generation, False) for one in foreign]
            yield from self._ask_all(store, asked, idf)

    def _indexed(self, titles: Sequence[str]) -> AbstractContextManager[tuple[ArticleStore, Generation]]:
        articles = [self._articles[title] for title in titles]
        return index_articles(articles, self._embedder, lambda progress: None, folder=self._cache)

    def _ask_all(
        self, store: ArticleStore, asked: Sequence[CalibrationQuestion], idf: dict[str, float]
    ) -> Iterator[CalibrationExample]:
        pipeline = Pipeline(HybridRetriever(self._embedder, store), self._reader, NoConfidence(), threshold=0.0)
        work = partial(self._candidates, pipeline, idf)
        for examples in map_in_threads(work, asked, f"{len(store.numbers())} articles", self._report):
            yield from examples

    def _candidates(
        self, pipeline: Pipeline, idf: dict[str, float], asked: CalibrationQuestion
    ) -> list[CalibrationExample]:
        question, hits = pipeline.retrieve(asked.generation, parse_question(asked.labelled.question))
        if asked.cut:
            hits = [hit for hit in hits if not self._in_paragraph(asked.labelled, hit.sentence)]
        passages = pipeline.retriever.passages(asked.generation, hits)
        if asked.cut:
            passages = [one for one in passages if not self._in_paragraph(asked.labelled, one.quote)]
        result = pipeline.answer(asked.generation, question, hits, passages)
        if result.question.type is QuestionType.TOPIC:
            return []  # the calibration for whole sentences judges topics
        reading = result.reading.top(_CANDIDATES)
        return [
            CalibrationExample(
                candidate_features,
                asked.answerable and any(self._paragraphs.answered_in(asked.labelled, each) for each in one.sentences),
                asked.answerable,
                rank,
                asked.labelled.title,
            )
            for rank, (one, candidate_features) in enumerate(
                zip(reading.candidates, features(result.question, reading, passages, idf), strict=True)
            )
        ]

    def _in_paragraph(self, question: LabelledQuestion, quote: Quote) -> bool:
        """Return whether a quote overlaps the paragraph of a question."""
        start = self._paragraphs.offset[self._paragraphs.number[question.title, question.context]]
        overlaps = quote.start < start + len(question.context) and start < quote.end
        return overlaps and quote.article.title == question.title


def fit(examples: Sequence[CalibrationExample], ignored: Collection[str] = ()) -> tuple[float, Features]:
    """Fit a logistic regression with a ridge penalty; return its intercept and weights.

    Features in `ignored` get no weight. Raises ValueError for an unknown name, InvalidInput where all examples are
    right or all are wrong.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a development requirement

    names = [field.name for field in fields(Features)]
    if unknown := set(ignored) - set(names):
        raise ValueError(f"No features: {', '.join(sorted(unknown))}.")
    used = np.array([name not in ignored for name in names])
    x = np.array([astuple(example.features) for example in examples]) * used
    right = np.array([example.right for example in examples])
    if right.all() or not right.any():
        raise InvalidInput("Confidence can't be fitted: the candidates are all right, or all wrong.")
    model = LogisticRegression(C=1 / (_RIDGE * len(examples)), solver="newton-cholesky", tol=1e-6).fit(x, right)
    return round(float(model.intercept_[0]), 4), Features(*(round(float(weight), 4) + 0.0 for weight in model.coef_[0]))


def calibrate(
    examples: Sequence[CalibrationExample],
    idf: dict[str, float],
    ignored: Collection[str] = (),
    threshold: float | None = None,
) -> tuple[Calibration, dict[str, float]]:
    """Fit the confidence; return it and its figures, which are cross-validated over titles.

    Features in `ignored` get no weight. Without a threshold, it is the one from which on PRECISION of the best
    candidates are right, where about half of all questions are unanswerable.
    """
    titles = sorted({example.title for example in examples})
    best: list[CalibrationExample] = []
    probabilities: list[float] = []
    for fold in range(_FOLDS):
        held_out_titles = set(titles[fold::_FOLDS])
        training = [one for one in examples if one.title not in held_out_titles]
        fitted = Calibration(*fit(training, ignored), idf, 0.0)
        validation = [one for one in examples if one.title in held_out_titles and one.rank == 0]
        best += validation
        probabilities += [fitted.probability(one.features) for one in validation]
    figures = _figures(best, np.array(probabilities))
    if threshold is None:
        threshold = round(figures["threshold of 90% precision"], 2)
    return Calibration(*fit(examples, ignored), idf, threshold), figures


def _figures(best: Sequence[CalibrationExample], probability: NDArray[np.float64]) -> dict[str, float]:
    right = np.array([example.right for example in best])
    answerable = np.array([example.answerable for example in best])
    coverage, threshold = coverage_at(PRECISION, probability, right)
    answered = probability >= threshold
    return {
        "questions": len(best),
        "right": float(right[answerable].mean()),
        "AUROC": area_under_roc(probability, right),
        "AUROC, answer in or out": area_under_roc(probability, answerable),
        "ECE": calibration_error(probability, right),
        "threshold of 90% precision": threshold,
        "answerable answered": float(answered[answerable].mean()),
        "unanswerable answered": float(answered[~answerable].mean()),
        "answered, of all": coverage,
    }


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--reader", default=DEFAULT, show_default=True, help='as CITELINE_READER; "sentences" for no model')
@click.option("--user-set", type=click.Path(path_type=Path, exists=True, file_okay=False), default=USER_SET)
@click.option("--seed", default=0, show_default=True)
def main(data: Path, reader: str, user_set: Path, seed: int) -> None:
    """Fit the confidence in a reader's answers and write it beside the reader."""
    if find_spec("sklearn") is None:
        raise click.ClickException("Fitting needs scikit-learn: python -m pip install -r requirements-dev.txt.")
    settings = Settings.load()
    reader = reader.lower() if reader.lower() in {DEFAULT, QUICK, SENTENCES} else reader
    rng = random.Random(seed)
    wiki, *squad = (read_questions(data / "train" / f"{name}.jsonl.gz") for name in (WIKI, SQUAD, SQUAD_UNANSWERABLE))
    users = [one.labelled for one in read_user_set(user_set)]
    by_users = [one for one in users if one.answers], [one for one in users if not one.answers]
    sets = [(wiki, _sample(_held_out(wiki), rng))]
    for answerable_and_not in (squad, by_users):
        kept = [_held_out(questions) for questions in answerable_and_not]
        asked = [one for questions in kept for one in _sample(questions, rng)]
        sets.append(([one for questions in kept for one in questions], asked))
    shipped = reader in {DEFAULT, SENTENCES}
    idf = inverse_document_frequencies(data) if shipped else dict(Calibration.read().idf)
    with progress_bar() as report:
        cached = CachedEmbedder(load_embedder(DEFAULT_MODEL, settings.models))
        texts = [parse_question(question.question).search_text for _, asked in sets for question in asked]
        for done, text in enumerate(texts):
            cached.cache(text)
            report(Progress("questions", done, len(texts)))
        model = load_reader(reader, settings.models)
        examples: list[CalibrationExample] = []
        for questions, asked in sets:
            corpora = CalibrationCorpora(questions, asked, cached, model, seed, settings.state / "eval", report)
            examples += corpora.examples(idf)
        ignored = () if reader == SENTENCES else TERM_OVERLAPS
        threshold = _THRESHOLD if reader in {"", DEFAULT, QUICK} else None
        calibration, figures = calibrate(examples, idf, ignored, threshold)
    for name, value in figures.items():
        click.echo(f"{name:<28} {value:.3f}")
    weights = asdict(calibration.weights)
    click.echo(f"intercept {calibration.intercept}  weights {weights}")
    if shipped:  # all readers share them, so other readers leave them as they are
        write_text(IDF, json.dumps(idf, indent=0) + "\n")
        write_text(WORDS, json.dumps(word_counts(data, users), indent=0) + "\n")
    out = calibration_file(reader, settings.models)
    values = {"intercept": calibration.intercept, "weights": weights, "threshold": calibration.threshold}
    write_text(out, json.dumps(values, indent=2) + "\n")
    click.echo(f"Written to {out}.")


def _held_out(questions: Sequence[LabelledQuestion]) -> list[LabelledQuestion]:
    return [one for one in questions if held_out(one.title)]


def _sample(questions: Sequence[LabelledQuestion], rng: random.Random) -> list[LabelledQuestion]:
    return rng.sample(questions, min(_ASKED, len(questions)))


if __name__ == "__main__":
    run(main)
