"""Measure whether answers and confidence hold in other words and for other texts than those that they were fitted on.

In other words: paraphrases, misspellings and spoken questions of SQuAD 1.1 dev, asked of all its paragraphs. Other
texts: the passages of TREC CAsT, from the web and the news, that were judged to answer their question or not.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cli.terminal import CONFIDENCE_LEVELS
from eval.benchmark_corpus import CachedEmbedder, DevSet, index_articles, map_in_threads
from eval.datasets import LabelledQuestion, Row, labelled_question, read_rows
from eval.metrics import BINS, area_under_roc, by_level, calibration_error, has_words, normalize_loosely
from eval.reading import ask_gold_contexts
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from qa.confidence import Confidence
from qa.pipeline import Pipeline
from qa.query.parser import parse_question
from qa.reader.base import Reader
from qa.retriever import HybridRetriever

PARAPHRASES = "dev/parasquad.jsonl.gz"
SPOKEN = "dev/disflqa.jsonl.gz"
JUDGED_PASSAGES = "dev/cast_answerability_half.jsonl.gz"
# What the figures mean, in their order; those of each level of confidence follow.
MEANINGS = {
    "questions, ParaSQuAD": "of SQuAD 1.1 dev, asked of all its paragraphs",
    "P@1, as asked": "share whose first sentence holds an answer, whatever the confidence",
    "P@1, paraphrased": "the same questions in other words",
    "P@1, one word misspelt": "the same questions, two letters of a word swapped, or one left out or doubled",
    "P@1, two words misspelt": "likewise",
    "questions, Disfl-QA": "of SQuAD dev, those that have an answer",
    "P@1, as written": "asked of all paragraphs",
    "P@1, as spoken": "the same with hesitations and corrections",
    "pairs, CAsT": "of a question and a passage that was judged to answer it or not",
    "AUROC, CAsT": "of confidence: passages that answer against others",
    "ECE, CAsT": f"of confidence: mean gap between it and the share that is right, in {BINS} bins",
    "ECE of answers, CAsT": "the same of confidence from the threshold on",
}
_SEED = 20220119
_MIN_MISSPELT = 5  # letters of a word that is misspelt
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class _Rewording:
    """A question, and the same in other words."""

    question: LabelledQuestion
    variant: str


def measure_robustness(
    data: Path,
    embedder: Embedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Report,
    every: int = 1,
) -> dict[str, float]:
    """Return the figures that MEANINGS explains, of every n-th question; cache vectors in `cache`.

    Raises UnreadableDocument where the data folder is not as its README says.
    """
    dev = DevSet.read(data)
    paraphrases = _rewordings(data / PARAPHRASES, "question", "paraphrase", dev)[::every]
    spoken = _rewordings(data / SPOKEN, "original", "question", dev)[::every]
    passages = read_rows(data / JUDGED_PASSAGES, labelled_question)[::every]
    cached = CachedEmbedder(embedder)
    with index_articles(dev.paragraphs.articles(), cached, report, dev.spans, cache) as (store, generation):
        pipeline = Pipeline(HybridRetriever(cached, store), reader, confidence, threshold)

        def is_first(asked: LabelledQuestion) -> bool:
            found = pipeline.run(generation, parse_question(asked.question))
            return dev.rank(asked, found.ranked_sentences()) == 1

        def share_first(stage: str, pairs: Sequence[_Rewording], variant: Callable[[_Rewording], str]) -> float:
            asked = [replace(one.question, question=variant(one)) for one in pairs]
            return float(np.mean(map_in_threads(is_first, asked, stage, report))) if asked else 0.0

        figures = {
            "questions, ParaSQuAD": float(len(paraphrases)),
            "P@1, as asked": share_first("as asked", paraphrases, lambda one: one.question.question),
            "P@1, paraphrased": share_first("paraphrased", paraphrases, lambda one: one.variant),
            "P@1, one word misspelt": share_first("misspelt", paraphrases, lambda one: _misspelt(one, 1)),
            "P@1, two words misspelt": share_first("misspelt", paraphrases, lambda one: _misspelt(one, 2)),
            "questions, Disfl-QA": float(len(spoken)),
            "P@1, as written": share_first("as written", spoken, lambda one: one.question.question),
            "P@1, as spoken": share_first("as spoken", spoken, lambda one: one.variant),
        }
    results = ask_gold_contexts(passages, cached, reader, confidence, threshold, cache, report)
    best = [results[one.question, one.context] for one in passages]
    probabilities = np.array([one.confidence for one in best], np.float64)
    right = np.array([_is_right(words.words, one) for words, one in zip(best, passages, strict=True)], np.bool_)
    answered = probabilities >= threshold
    answerable = np.array([len(one.answers) > 0 for one in passages], np.bool_)
    return {
        **figures,
        "pairs, CAsT": float(len(passages)),
        "AUROC, CAsT": area_under_roc(probabilities, answerable),
        "ECE, CAsT": calibration_error(probabilities, right, BINS),
        "ECE of answers, CAsT": calibration_error(probabilities[answered], right[answered], BINS),
        **{
            f"{level}: {name}": value
            for level, figures_of_level in by_level(probabilities, right, CONFIDENCE_LEVELS).items()
            for name, value in figures_of_level.items()
        },
    }


def _rewordings(path: Path, written: str, variant: str, dev: DevSet) -> list[_Rewording]:
    """Read rows whose paragraph is one of SQuAD 1.1 dev, and whose answer starts in one of its sentences."""
    titles = {context: title for title, context in dev.paragraphs.number}

    def take(row: Row) -> _Rewording | None:
        title = titles.get(row["context"])
        if title is None:
            return None
        question = replace(labelled_question(row), title=title, question=row[written])
        return _Rewording(question, row[variant]) if dev.gold(question) else None

    return [pair for pair in read_rows(path, take) if pair is not None]


def _misspelt(one: _Rewording, count: int) -> str:
    return misspell(one.question.question, random.Random(f"{_SEED} {one.question.id}"), count)


def misspell(question: str, rng: random.Random, count: int = 1) -> str:
    """Return the question with `count` of its longer words misspelt, or as many as it has."""
    words = question.split(" ")
    long = [at for at, word in enumerate(words) if misspellings(word)]
    for at in rng.sample(long, min(count, len(long))):
        words[at] = rng.choice(misspellings(words[at]))
    return " ".join(words)


def misspellings(word: str) -> list[str]:
    """Return a longer word with two letters swapped, or one dropped or doubled; the first one stays."""
    if len(word) < _MIN_MISSPELT or not word.isalpha():
        return []
    places = range(1, len(word) - 1)
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places)
    dropped = (word[:at] + word[at + 1 :] for at in places)
    doubled = (word[:at] + word[at] + word[at:] for at in places)
    return sorted({*swapped, *dropped, *doubled} - {word})


def _is_right(words: str | None, labelled: LabelledQuestion) -> bool:
    """Return whether an answer stands in a gold answer, or holds one."""
    if words is None:
        return False
    answer, gold = normalize_loosely(words), [normalize_loosely(text) for _, text in labelled.answers]
    return any(has_words(one, answer) or has_words(answer, one) for one in gold)
