"""Reading, measured: answers out of all paragraphs of SQuAD 1.1 dev, and out of the right one, SQuAD 2.0 dev too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.benchmark_corpus import CachedEmbedder
from eval.datasets import LabelledQuestion, read_questions
from eval.dev_set import DevSet
from eval.gold_context import Asked, FromParagraph, ask_paragraphs
from eval.metrics import (
    BINS,
    Judged,
    Mix,
    area_under_roc,
    at_threshold,
    calibration_error,
    details,
    exact_match,
    f1,
    in_or_out,
    ranking,
)
from eval.open_domain import Answered, ask_openly, mixed
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from qa.confidence import Confidence
from qa.reader.base import Reader

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
    "the same, of all questions": "share of both halves that is answered then; .5 or so is the most that can be",
    "threshold of that": "least confidence that is answered then",
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


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures as MEANINGS has them, what stands behind them as JSON, and the judged questions that plots show."""

    figures: dict[str, float]
    details: dict[str, Any]
    mix: Mix


def measure_reading(
    data: Path,
    embedder: Embedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Callable[[Progress], None],
    every: int = 1,
) -> Measured:
    """Ask every n-th question of SQuAD 1.1 and 2.0 dev; vectors are kept in `cache`.

    `threshold` is the one that the service would have. Raises UnreadableDocument where the data folder is not as its
    README says.
    """
    dev = DevSet.read(data, every)
    unanswerable = read_questions(data / UNANSWERABLE)[::every]
    prepared = CachedEmbedder(embedder)
    answered = ask_openly(dev, prepared, reader, confidence, threshold, cache, report)
    given = ask_paragraphs([*dev.questions, *unanswerable], prepared, reader, confidence, threshold, cache, report)
    judged = mixed(answered)
    figures = {
        **_open(answered),
        **_given(dev.questions, given),
        "AUROC, article in or out": in_or_out([one.inside for one in answered], [one.outside for one in answered]),
        **_judged(judged, threshold),
        **_unanswerable(unanswerable, given),
    }
    return Measured(figures, details(judged), Mix.of(judged))


def _open(answered: Sequence[Answered]) -> dict[str, float]:
    return {
        "questions": len(answered),
        **ranking([one.rank for one in answered]),
        "P@1, anywhere": float(np.mean([next(iter(one.inside.right), False) for one in answered])),
        "EM": float(np.mean([one.exact for one in answered])),
        "F1": float(np.mean([one.f1 for one in answered])),
    }


def _given(questions: Sequence[LabelledQuestion], given: Mapping[Asked, FromParagraph]) -> dict[str, float]:
    pairs = [(given[one.question, one.context].words, [words for _, words in one.answers]) for one in questions]
    return {
        "EM, paragraph given": float(np.mean([exact_match(*pair) for pair in pairs])),
        "F1, paragraph given": float(np.mean([f1(*pair) for pair in pairs])),
    }


def _judged(judged: Sequence[Judged], threshold: float) -> dict[str, float]:
    mix = Mix.of(judged)
    error = calibration_error(mix.probabilities, mix.right, BINS)
    return {**mix.coverage(), "ECE": error, **at_threshold(judged, threshold)}


def _unanswerable(questions: Sequence[LabelledQuestion], given: Mapping[Asked, FromParagraph]) -> dict[str, float]:
    found = [given[one.question, one.context] for one in questions]
    answerable = np.array([len(one.answers) > 0 for one in questions], np.bool_)
    scores = {
        "AUROC, SQuAD 2.0": [one.answerability for one in found],
        "AUROC, SQuAD 2.0, best span": [one.no_answer_margin for one in found],
        "AUROC, SQuAD 2.0, confidence": [one.confidence for one in found],
    }
    areas = {name: area_under_roc(np.array(values, np.float64), answerable) for name, values in scores.items()}
    # With questions of one kind alone there is nothing to tell apart.
    return {
        "questions, SQuAD 2.0": len(questions),
        **{name: area for name, area in areas.items() if not np.isnan(area)},
    }
