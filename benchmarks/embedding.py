"""Compare the exported embedding model with sentence-transformers: `python -m benchmarks.embedding --data DATA`.

Both use the same threads and embed the same sentences in turns, slice by slice, so that other load slows both. P@1 is
the share of SQuAD 1.1 questions whose nearest of all sentences is the one in which the answer starts.
"""

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from corpus.errors import CitelineError
from eval.benchmark_corpus import QUESTIONS, SENTENCES
from eval.datasets import read_questions, read_sentences
from eval.service_process import MODELS
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.onnx.model_source import find_source
from index.onnx.runtime import usable_cores

TURNS = 12
LATENCIES = 300
SEED = 20220119
Encode = Callable[[list[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class RetrievalData:
    """Sentences, questions, and for each question the rows of the sentences in which an answer starts."""

    sentences: list[str]
    questions: list[str]
    gold: list[set[int]]


@dataclass(frozen=True, slots=True)
class EmbeddingResult:
    """The measurements: rates in sentences per second, latencies in milliseconds."""

    sentences: int
    questions: int
    threads: int
    rate: float
    rate_sentence_transformers: float
    ratio: float
    ratio_min: float
    ratio_max: float
    p_at_1: float
    p_at_1_sentence_transformers: float
    p_at_1_difference: float
    question_ms_p50: float
    question_ms_p95: float


def read_data(folder: Path, sentences: int | None, questions: int | None) -> RetrievalData:
    """Read both files; `sentences` and `questions` limit how many are drawn, the same at every run."""
    labelled = read_questions(folder / QUESTIONS)
    contexts = {context: number for number, context in enumerate(dict.fromkeys(one.context for one in labelled))}
    texts = list(contexts)
    rows = read_sentences(folder / SENTENCES)
    chosen = [rows[number] for number in sorted(_sample(range(len(rows)), sentences))]
    by_paragraph = defaultdict(list)
    for number, row in enumerate(chosen):
        by_paragraph[row.paragraph].append((row.start, row.end, number))
    pairs = []
    for one in labelled:
        start, _ = one.answers[0]
        gold = {number for first, end, number in by_paragraph[contexts[one.context]] if first <= start < end}
        if gold:
            pairs.append((one.question, gold))
    pairs = _sample(pairs, questions)
    cut = [texts[row.paragraph][row.start : row.end] for row in chosen]
    return RetrievalData(cut, [question for question, _ in pairs], [gold for _, gold in pairs])


def measure(embedder: Embedder, reference: Encode, data: RetrievalData, threads: int) -> EmbeddingResult:
    """Embed everything by both, turn by turn, and compare."""
    vectors, reference_vectors, rates = _take_turns(embedder.embed, reference, data.sentences)
    p_at_1 = _p_at_1(np.stack([embedder.embed_question(question) for question in data.questions]), vectors, data)
    reference_p_at_1 = _p_at_1(reference(data.questions), reference_vectors, data)
    rate, reference_rate = np.median(rates, axis=0)
    ratios = rates[:, 0] / rates[:, 1]
    milliseconds = []
    for question in data.questions[:LATENCIES]:
        start = time.perf_counter()
        embedder.embed_question(question)
        milliseconds.append(1000 * (time.perf_counter() - start))
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return EmbeddingResult(
        sentences=len(data.sentences),
        questions=len(data.questions),
        threads=threads,
        rate=float(rate),
        rate_sentence_transformers=float(reference_rate),
        ratio=float(np.median(ratios)),
        ratio_min=float(ratios.min()),
        ratio_max=float(ratios.max()),
        p_at_1=p_at_1,
        p_at_1_sentence_transformers=reference_p_at_1,
        p_at_1_difference=p_at_1 - reference_p_at_1,
        question_ms_p50=float(p50),
        question_ms_p95=float(p95),
    )


def _take_turns(
    encode: Encode | Callable[[Sequence[str]], NDArray[np.float32]], reference: Encode, texts: list[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Return the vectors of both, and sentences per second of shape (turns, 2)."""
    slices = [texts[turn::TURNS] for turn in range(TURNS)]
    encode(slices[0][:64])
    reference(slices[0][:64])
    vectors: list[NDArray[np.float32] | None] = [None, None]
    rates = np.zeros((TURNS, 2))
    for turn, part in enumerate(slices):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            start = time.perf_counter()
            embedded = (encode, reference)[side](part)
            rates[turn, side] = len(part) / (time.perf_counter() - start)
            if vectors[side] is None:
                vectors[side] = np.empty((len(texts), embedded.shape[1]), np.float32)
            vectors[side][turn::TURNS] = embedded  # type: ignore[index]
        click.echo(f"turn {turn + 1} of {TURNS}: {rates[turn, 0]:.0f} and {rates[turn, 1]:.0f} sentences/s", err=True)
    assert vectors[0] is not None and vectors[1] is not None
    return vectors[0], vectors[1], rates


def _p_at_1(questions: NDArray[np.float32], sentences: NDArray[np.float32], data: RetrievalData) -> float:
    hits = 0
    for start in range(0, len(questions), 256):
        nearest = (questions[start : start + 256] @ sentences.T).argmax(axis=1)
        hits += sum(int(row) in gold for row, gold in zip(nearest, data.gold[start : start + 256], strict=True))
    return hits / len(questions)


def _sample(items: Sequence[Any], count: int | None) -> list[Any]:
    if count is None or count >= len(items):
        return list(items)
    return random.Random(SEED).sample(list(items), count)


def _sentence_transformer(threads: int) -> Encode:
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    torch.set_num_threads(threads)
    source = find_source(DEFAULT_MODEL, MODELS)
    model = SentenceTransformer(source.name if source.folder is None else str(source.folder), device="cpu")
    return lambda texts: np.asarray(model.encode(texts, show_progress_bar=False))


def _table(result: EmbeddingResult) -> str:
    return f"""\
{result.sentences:,} sentences, {result.questions:,} questions, {result.threads} threads
                        Citeline   sentence-transformers
sentences/s           {result.rate:10.1f}   {result.rate_sentence_transformers:10.1f}
times as fast         {result.ratio:10.2f}   (median of {TURNS} turns; {result.ratio_min:.2f} to {result.ratio_max:.2f})
P@1                   {result.p_at_1:10.4f}   {result.p_at_1_sentence_transformers:10.4f}   \
(difference {result.p_at_1_difference:+.4f})
one question, ms      {result.question_ms_p50:10.1f}   (median; 95% within {result.question_ms_p95:.1f})"""


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with the dev/ sets.")
@click.option("--sentences", type=click.IntRange(min=100), help="How many sentences. [default: all 10,642]")
@click.option("--questions", type=click.IntRange(min=1), default=3000, show_default=True, help="How many questions.")
@click.option("--threads", type=click.IntRange(min=1), help="For both. [default: the usable cores]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(data: Path, sentences: int | None, questions: int, threads: int | None, as_json: bool) -> None:
    """Measure and print."""
    used_threads = usable_cores() if threads is None else threads
    try:
        embedder = load_embedder(DEFAULT_MODEL, MODELS, used_threads, report=lambda line: click.echo(line, err=True))
        sets = read_data(data, sentences, questions)
        result = measure(embedder, _sentence_transformer(used_threads), sets, used_threads)
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else _table(result))


if __name__ == "__main__":
    main()
