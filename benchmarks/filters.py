"""Measure the recall of questions with narrow filters: `python -m benchmarks.filters --data DATA`.

Of synthetic articles (see `benchmarks/synthetic.py`), a source selects 1%, a source and a day .1%. Their best sentences
are compared with those of an exhaustive search, which gives every sentence that passes both of its scores.
"""

import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from benchmarks.scale import RECALL_DEPTH, ExhaustiveGeneration, Percentiles, linear_embedder
from benchmarks.synthetic import SourceTexts, fill
from cli.runner import print_note
from corpus.article import Article
from corpus.errors import CitelineError
from corpus.store.article_store import ArticleStore
from corpus.store.filters import NO_FILTERS, ArticleFilter
from corpus.text.sentences import split
from eval.service_process import MODELS
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generations.builder import Builder
from index.generations.generation import Generation
from index.generations.repository import GenerationRepository
from index.state_folder import StateFolder
from qa.query.parser import parse_question
from qa.retriever import HybridRetriever

SOURCES, DAYS = 100, 10
FLOOR = 0.99


@dataclass(frozen=True, slots=True)
class FilteredRecall:
    """The share of articles that filters select, the recall with them, and the milliseconds of a search."""

    selected: float
    recall: float
    milliseconds: Percentiles


@dataclass(frozen=True, slots=True)
class FilterResult:
    """How many sentences there are, whether vectors are clustered, and the recall by share of articles."""

    sentences: int
    clustered: bool
    recalls: tuple[FilteredRecall, ...]


def with_metadata(number: int, article: Article) -> Article:
    """Return the numbered article with one of SOURCES sources and of DAYS dates."""
    day = number // SOURCES % DAYS
    return replace(article, source=f"Source {number % SOURCES:02}", published=f"2024-03-{day + 1:02}")


def narrow_filters(number: int) -> tuple[ArticleFilter, ...]:
    """Return filters of all, a hundredth and a thousandth of the articles, other ones for each number."""
    source = (f"Source {number * 37 % SOURCES:02}",)
    day = f"2024-03-{number * 7 % DAYS + 1:02}"
    return NO_FILTERS, ArticleFilter(sources=source), ArticleFilter(day, day, sources=source)


def measure(folder: Path, embedder: Embedder, questions: Sequence[str]) -> FilterResult:
    """Measure a filled state folder."""
    state = StateFolder(folder)
    with (
        closing(ArticleStore.open(state.articles)) as store,
        closing(EmbeddingCache(state.embeddings, embedder)) as cache,
    ):
        generation = Builder(store, GenerationRepository(state.index), cache, split).open_current()
        assert generation is not None
        exhaustive = ExhaustiveGeneration(*(getattr(generation, field.name) for field in fields(Generation)))
        retriever = HybridRetriever(embedder, store)
        recalls = []
        for place in range(len(narrow_filters(0))):
            shares, times, selected = [], [], 0
            for number, question in enumerate(questions):
                filters = narrow_filters(number)[place]
                parsed = parse_question(question)
                begun = time.perf_counter()
                found = retriever.search(generation, parsed, RECALL_DEPTH, filters)
                times.append(1000 * (time.perf_counter() - begun))
                best = retriever.search(exhaustive, parsed, generation.row_count, filters)[:RECALL_DEPTH]
                expected = {hit.row for hit in best}
                if expected:
                    shares.append(len(expected & {hit.row for hit in found}) / len(expected))
                selected += len(store.numbers(filters))
            share = selected / len(questions) / store.count()
            recalls.append(FilteredRecall(share, float(np.mean(shares)), Percentiles.of(times)))
        clustered = any(segment.vectors.is_clustered for segment in generation.segments)
        return FilterResult(generation.manifest.sentences, clustered, tuple(recalls))


def table(result: FilterResult) -> str:
    """Return the figures as lines."""
    kind = "an IVF index" if result.clustered else "an exhaustive search of vectors"
    lines = [f"{result.sentences:,} sentences, {kind}; recall@{RECALL_DEPTH} of an exhaustive search (floor {FLOOR}):"]
    for one in result.recalls:
        times = f"{one.milliseconds.p50:.1f}, {one.milliseconds.p95:.1f} ms"
        lines.append(f"{one.selected:8.2%} of the articles: {one.recall:.4f}; a search: p50, p95 {times}")
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with dev/.")
@click.option("--sentences", type=click.IntRange(min=100), default=50_000, show_default=True, help="About how many.")
@click.option("--questions", type=click.IntRange(min=10), default=100, show_default=True, help="How many are asked.")
@click.option("--state", type=click.Path(path_type=Path), help="A state folder to fill, or a filled one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(data: Path, sentences: int, questions: int, state: Path | None, as_json: bool) -> None:
    """Measure and print."""
    try:
        texts, embedder = SourceTexts.read(data), load_embedder(DEFAULT_MODEL, MODELS, report=print_note)
        with TemporaryDirectory(prefix="citeline-filters-") as temporary:
            folder = Path(temporary) / "state" if state is None else state
            if GenerationRepository(StateFolder(folder).index).current() is None:
                print_note(f"indexing {sentences:,} sentences")
                fill(folder, texts, linear_embedder(embedder, texts), sentences, with_metadata)
            result = measure(folder, embedder, texts.questions[:questions])
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else table(result))


if __name__ == "__main__":
    main()
