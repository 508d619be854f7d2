"""How much retrieval should count beside reading: `python -m training.tune_fusion --data FOLDER`.

Asks the questions that are kept apart of all Wikipedia paragraphs of the training set, once, and ranks what the reader
finds by several weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from cli.progress import progress_bar
from cli.runner import run
from eval.benchmark_corpus import CachedEmbedder, Paragraphs, index_articles, map_in_threads
from eval.datasets import WIKI, LabelledQuestion, held_out, read_questions
from eval.metrics import exact_match
from index.embedding.embedder import DEFAULT_MODEL, load_embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.confidence import NoConfidence
from qa.pipeline import Pipeline
from qa.query.parser import parse_question
from qa.reader.extractive import SECOND_PASS, ReadingBudget, ScoreWeights, SpanReader
from qa.reader.loader import SHIPPED
from qa.reader.model_files import ReaderManifest
from qa.reader.span_model import OnnxSpanModel
from qa.retriever import HybridRetriever
from qa.types import Candidate
from web.settings import Settings

_EVEN = ScoreWeights(1.0, 1.0)  # for topics, too: what retrieval adds is then a score without its reading
WEIGHTS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Read:
    """What was found for a question, and of each candidate whether its sentence and whether its words are right.

    A candidate's score is that of its reading and that of retrieval, added.
    """

    candidates: Sequence[Candidate]
    right: Sequence[bool]
    exact: Sequence[bool]

    def best(self, weight: float) -> int | None:
        """Return the number of the best candidate by a weight of the retrieval score, None where there is none."""
        scores = [one.no_answer_margin + weight * (one.score - one.no_answer_margin) for one in self.candidates]
        return scores.index(max(scores)) if scores else None


def _ask(paragraphs: Paragraphs, pipeline: Pipeline, generation: Generation, question: LabelledQuestion) -> Read:
    candidates = pipeline.run(generation, parse_question(question.question)).reading.candidates
    gold = [words for _, words in question.answers]
    right = [paragraphs.answered_in(question, one.sentence) for one in candidates]
    return Read(candidates, right, [exact_match(one.span.text, gold) for one in candidates])


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--reader", type=click.Path(path_type=Path), default=SHIPPED, show_default=True)
@click.option("--passages", default=SECOND_PASS.max_passages, show_default=True, help="how many are read")
@click.option(
    "--max-gap",
    "--behind",
    "behind",
    default=SECOND_PASS.max_gap,
    show_default=True,
    help="how far in retrieval score behind the best one's",
)
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="ask only every n-th question")
def main(data: Path, reader: Path, passages: int, behind: float, every: int) -> None:
    """Print for several weights of the retrieval score how often the best sentence and the best words are right."""
    settings = Settings.read()
    questions = read_questions(data / "train" / f"{WIKI}.jsonl.gz")
    asked = [one for one in questions if held_out(one.title)][::every]
    manifest = ReaderManifest.read(reader)
    if manifest is None:
        raise click.UsageError(f"There is no reader in {reader}.")
    budget = ReadingBudget(passages, behind)
    model = SpanReader(OnnxSpanModel(reader, manifest), budget, budget, _EVEN, _EVEN)
    paragraphs = Paragraphs.of(questions)
    embedder = CachedEmbedder(load_embedder(DEFAULT_MODEL, settings.models))
    with (
        progress_bar() as report,
        index_articles(paragraphs.articles(), embedder, report, folder=settings.state / "eval") as (store, generation),
    ):
        report(Progress("questions", 0, len(asked)))
        pipeline = Pipeline(HybridRetriever(embedder, store), model, NoConfidence(), threshold=0.0)
        work = partial(_ask, paragraphs, pipeline, generation)
        read = map_in_threads(work, asked, "questions", report)
    click.echo(f"{len(read)} questions\nweight      P@1  exact")
    for weight in WEIGHTS:
        best = [(one, one.best(weight)) for one in read]
        right = sum(one.right[at] for one, at in best if at is not None) / len(read)
        exact = sum(one.exact[at] for one, at in best if at is not None) / len(read)
        click.echo(f"{weight:6.1f}  {right:7.3f}  {exact:5.3f}")


if __name__ == "__main__":
    run(main)
