"""Compares weights of the retrieval score beside the reading score: `python -m training.tune_fusion --data FOLDER`.

Asks the held-out questions of all Wikipedia paragraphs of the training set once, and ranks the candidates by each
weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from cli.progress import progress_bar
from cli.runner import run
from eval.benchmark_corpus import CachedEmbedder, Paragraphs, index_articles, map_in_threads
from eval.datasets import WIKI, LabelledQuestion, held_out, read_questions
from eval.metrics import exact_match
from index.embedding.embedder import DEFAULT_MODEL, load_embedder
from index.generations.builder import Progress
from qa.confidence import NoConfidence
from qa.pipeline import Pipeline
from qa.query.parser import parse_question
from qa.reader.extractive import QUESTION_BUDGET, ReadingBudget, ScoreWeights, SpanReader
from qa.reader.loader import SHIPPED
from qa.reader.model_files import ReaderManifest
from qa.reader.span_model import OnnxSpanModel
from qa.retriever import HybridRetriever
from qa.types import Candidate
from training.options import NEW_FOLDER, data_option
from web.settings import Settings

_EQUAL = ScoreWeights(1.0, 1.0)  # of questions and topics: a score less its reading is the retrieval score then
WEIGHTS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 1000.0)


@dataclass(frozen=True, slots=True)
class JudgedCandidates:
    """The candidates of a question, and whether each one's sentence is right and its words are exact.

    A candidate's score is the sum of its reading and retrieval scores.
    """

    candidates: Sequence[Candidate]
    right: Sequence[bool]
    exact: Sequence[bool]

    def best(self, weight: float) -> int | None:
        """Return the index of the best candidate at a weight of the retrieval score, None where there is none."""
        scores = [one.no_answer_margin + weight * (one.score - one.no_answer_margin) for one in self.candidates]
        return scores.index(max(scores)) if scores else None


@click.command()
@data_option
@click.option("--reader", type=NEW_FOLDER, default=SHIPPED, show_default=True, help="folder of a reader")
@click.option("--passages", default=QUESTION_BUDGET.max_passages, show_default=True, help="how many are read")
@click.option(
    "--max-gap",
    default=QUESTION_BUDGET.max_gap,
    show_default=True,
    help="how much lower than the best passage's retrieval score another's may be",
)
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="ask only every n-th question")
def main(data: Path, reader: Path, passages: int, max_gap: float, every: int) -> None:
    """Print how often the best sentence is right and its words are exact, for several weights of retrieval."""
    settings = Settings.load()
    questions = read_questions(data / "train" / f"{WIKI}.jsonl.gz")
    asked = [one for one in questions if held_out(one.title)][::every]
    manifest = ReaderManifest.read(reader)
    if manifest is None:
        raise click.UsageError(f"There is no reader in {reader}.")
    budget = ReadingBudget(passages, max_gap)
    model = SpanReader(OnnxSpanModel(reader, manifest), budget, _EQUAL, _EQUAL)
    paragraphs = Paragraphs.of(questions)
    embedder = CachedEmbedder(load_embedder(DEFAULT_MODEL, settings.models))
    with (
        progress_bar() as report,
        index_articles(paragraphs.articles(), embedder, report, folder=settings.state / "eval") as (store, generation),
    ):
        report(Progress("questions", 0, len(asked)))
        pipeline = Pipeline(HybridRetriever(embedder, store), model, NoConfidence(), threshold=0.0)

        def ask(question: LabelledQuestion) -> JudgedCandidates:
            candidates = pipeline.run(generation, parse_question(question.question)).reading.candidates
            gold = [words for _, words in question.answers]
            right = [paragraphs.answered_in(question, one.sentence) for one in candidates]
            return JudgedCandidates(candidates, right, [exact_match(one.span.text, gold) for one in candidates])

        judged = map_in_threads(ask, asked, "questions", report)
    click.echo(f"{len(judged)} questions\nweight      P@1  exact")
    for weight in WEIGHTS:
        best = [(one, one.best(weight)) for one in judged]
        right = sum(one.right[at] for one, at in best if at is not None) / len(judged)
        exact = sum(one.exact[at] for one, at in best if at is not None) / len(judged)
        click.echo(f"{weight:6.1f}  {right:7.3f}  {exact:5.3f}")


if __name__ == "__main__":
    run(main)
