"""Measure a large index over HTTP: `python -m benchmarks.scale --data DATA`.

Latency of questions, without and beside changes; seconds until changes are answered; memory; and recall against an
exhaustive search. The index holds synthetic articles (see `benchmarks/synthetic.py`), by default 50,000 sentences.
"""

import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.serving import ADDED_TEXT, articles_found, ask_all, format_mib
from benchmarks.synthetic import LinearEmbedder, SourceTexts, fill, rebuild
from cli.runner import print_note
from corpus.errors import CitelineError
from corpus.store.article_store import ArticleStore
from corpus.store.filters import NO_FILTERS
from corpus.text.sentences import split
from eval.service_process import MODELS, Client, Server
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generations.builder import Builder
from index.generations.generation import Generation
from index.generations.repository import GenerationRepository
from index.search.vectors import Rows, Scores, Vectors
from index.state_folder import StateFolder
from qa.query.parser import parse_question
from qa.retriever import HybridRetriever

RECALL_DEPTH = 10  # sentences that are compared with those of an exhaustive search
FITTED = 4_000  # sentences that the linear embedder is fitted to
REBUILT = 100_000
WARM_UP = 30


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A summary of many measurements, in milliseconds."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> "Percentiles":
        """Summarize measurements."""
        return cls(*np.percentile(milliseconds, [50, 95, 100]).tolist())


@dataclass(frozen=True, slots=True)
class ChangeTimes:
    """Times until an added article answers, until another server finds it, and until a deletion is acknowledged."""

    add: Percentiles
    delete: Percentiles
    seen: Percentiles


@dataclass(frozen=True, slots=True)
class QuestionTimes:
    """Times of questions without and beside changes, the number of these changes, and the times of their additions."""

    quiet: Percentiles
    busy: Percentiles
    changes: int
    busy_add: Percentiles


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """The measurements; memory in MiB after the start, at the end, and the part of that which no file backs."""

    sentences: int
    fill_seconds: float | None
    start_seconds: float
    changes: ChangeTimes
    asked: QuestionTimes
    memory_started: float | None
    memory_ended: float | None
    memory_anonymous: float | None
    recall: float
    rebuilt: int
    rebuild_seconds: float | None


class Changer(threading.Thread):
    """A thread that adds an article and deletes the previous one, repeatedly, until the with statement ends."""

    def __init__(self, server: Server, first: int, pause: float) -> None:
        super().__init__(name="changer")
        self.added: list[float] = []  # milliseconds
        self._client, self._first, self._pause = server.client(), first, pause
        self._stopping = threading.Event()
        self._error: Exception | None = None

    def run(self) -> None:
        """Change articles until the with statement ends."""
        previous: str | None = None
        try:
            while not self._stopping.is_set():
                milliseconds, article = add(self._client, self._first + len(self.added))
                self.added.append(milliseconds)
                if previous is not None:
                    self._client.call("DELETE", f"/articles/{previous}", status=204)
                previous = article
                self._stopping.wait(self._pause)
            if previous is not None:
                self._client.call("DELETE", f"/articles/{previous}", status=204)
        except Exception as error:  # raised in the thread that waits for this one
            self._error = error

    def __enter__(self) -> "Changer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.join()
        self._client.close()
        if self._error is not None:
            raise self._error


def add(client: Client, number: int) -> tuple[float, str]:
    """Add an article and wait until it answers; return the milliseconds and its id."""
    begun = time.perf_counter()
    article = client.call("POST", "/articles?wait=true", {"text": ADDED_TEXT.format(number=number)}, 201)
    return 1000 * (time.perf_counter() - begun), str(article["id"])


def measure_changes(server: Server, other: Server, rounds: int) -> ChangeTimes:
    """Add and delete articles on one server; time until they are found there, and on another one of the same state."""
    added, deleted, found_elsewhere = [], [], []
    with closing(server.client()) as client, closing(other.client()) as second:
        for number in range(100, 100 + rounds):
            milliseconds, article = add(client, number)
            added.append(milliseconds)
            begun = time.perf_counter()
            while article not in articles_found(second, number):
                pass
            found_elsewhere.append(1000 * (time.perf_counter() - begun))
            if article not in articles_found(client, number):
                raise click.ClickException("An article that was added is not found.")
            begun = time.perf_counter()
            client.call("DELETE", f"/articles/{article}", status=204)
            deleted.append(1000 * (time.perf_counter() - begun))
            if article in articles_found(client, number):
                raise click.ClickException("An article that was deleted is found by the next question.")
    return ChangeTimes(Percentiles.of(added), Percentiles.of(deleted), Percentiles.of(found_elsewhere))


def ask(server: Server, questions: Sequence[str], rounds: int, pause: float) -> QuestionTimes:
    """Ask questions, `rounds` times a part of them: first without changes, then the same while articles change."""
    quiet: list[float] = []
    busy: list[float] = []
    added: list[float] = []
    with closing(server.client()) as client:
        ask_all(client, questions[:WARM_UP])
        for turn in range(rounds):
            part = questions[turn::rounds]
            quiet += [milliseconds for milliseconds, _ in ask_all(client, part)]
            with Changer(server, 10_000 * (turn + 1), pause) as changer:
                busy += [milliseconds for milliseconds, _ in ask_all(client, part)]
            added += changer.added
    return QuestionTimes(Percentiles.of(quiet), Percentiles.of(busy), len(added), Percentiles.of(added))


class ExhaustiveGeneration(Generation):
    """A generation that compares every vector with the question."""

    def search_vectors(
        self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, Scores]:
        """Return the k nearest live or allowed rows, best first."""
        mask = self.live if allowed is None else allowed
        k = min(k, int(np.count_nonzero(mask)))
        products = np.concatenate(
            [
                part.vectors.take(np.arange(start, min(start + 20_000, len(part)))) @ question
                for part in self.segments
                for start in range(0, len(part), 20_000)
            ]
        )
        products[~mask] = -np.inf
        best = np.argpartition(-products, min(k, len(products) - 1))[:k]
        best = best[np.argsort(-products[best], kind="stable")]
        return best, products[best]


def recall(folder: Path, embedder: Embedder, questions: Sequence[str]) -> tuple[int, float]:
    """Return the number of sentences, and the recall of the best RECALL_DEPTH against an exhaustive search."""
    state = StateFolder(folder)
    with (
        closing(ArticleStore.open(state.articles)) as store,
        closing(EmbeddingCache(state.embeddings, embedder)) as cache,
    ):
        generation = Builder(store, GenerationRepository(state.index), cache, split).open_current()
        assert generation is not None
        exhaustive = ExhaustiveGeneration(*(getattr(generation, field.name) for field in fields(Generation)))
        retriever = HybridRetriever(embedder, store)
        shares = []
        for question in questions:
            found, expected = (
                {hit.row for hit in retriever.search(one, parse_question(question), RECALL_DEPTH, NO_FILTERS)}
                for one in (generation, exhaustive)
            )
            shares.append(len(found & expected) / len(expected))
        return generation.manifest.sentences, float(np.mean(shares))


def measure(
    state: Path, articles: Path, embedder: Embedder, texts: SourceTexts, count: int, rounds: int, pause: float
) -> ScaleResult:
    """Measure a filled state folder; the result has no figures of filling and rebuilding."""
    questions = texts.questions[:count]
    with ExitStack() as stack:
        server = stack.enter_context(Server(state, articles))
        memory = server.memory()
        print_note("asking, without and beside changes")
        asked = ask(server, questions, rounds, pause)
        ended, anonymous = server.memory(), server.memory("RssAnon")
        print_note("adding and deleting")
        changes = measure_changes(server, stack.enter_context(Server(state, articles)), rounds * 4)
    print_note("comparing with an exhaustive search")
    sentences, share = recall(state, embedder, questions[: max(20, count // 5)])
    return ScaleResult(
        sentences=sentences,
        fill_seconds=None,
        start_seconds=server.start_seconds,
        changes=changes,
        asked=asked,
        memory_started=memory,
        memory_ended=ended,
        memory_anonymous=anonymous,
        recall=share,
        rebuilt=0,
        rebuild_seconds=None,
    )


def table(result: ScaleResult) -> str:
    """Return the figures as lines, each with its target if it has one."""
    asked, changes, memory = result.asked, result.changes, (result.memory_started, result.memory_ended)
    rows = [
        ("a question, quiet: p50, p95, max", format_times(asked.quiet), ""),
        (f"the same beside {asked.changes} additions", format_times(asked.busy), ""),
        ("  p95, as many times the quiet one", f"{asked.busy.p95 / asked.quiet.p95:.2f}", "< 1.5"),
        ("  until an article answers meanwhile", format_times(asked.busy_add), "< 1 s"),
        ("add an article, until it answers", format_times(changes.add), "< 1 s"),
        ("  ... on another server", format_times(changes.seen), "< 1 s"),
        ("delete it; the next question lacks it", format_times(changes.delete), "< 100 ms"),
        (f"recall@{RECALL_DEPTH} of exhaustive search", f"{result.recall:.4f}", ".99"),
        ("start on the index, to ready", f"{result.start_seconds:.1f} s", ""),
        ("memory after start, at the end", ", ".join(map(format_mib, memory)), ""),
        ("  of that backed by no file", format_mib(result.memory_anonymous), ""),
    ]
    if result.fill_seconds is not None:
        rows.append(("fill", f"{result.fill_seconds:.0f} s", ""))
    if result.rebuild_seconds is not None:
        rows.append((f"rebuild of {result.rebuilt:,}, vectors known", f"{result.rebuild_seconds:.1f} s", "< 30 s"))
    lines = [f"{name:40}{value:30}{target}".rstrip() for name, value, target in rows]
    return "\n".join([f"{result.sentences:,} sentences", *lines])


def format_times(times: Percentiles) -> str:
    """Return percentiles as text: p50, p95, max."""
    return f"{times.p50:.1f}, {times.p95:.1f}, {times.max:.1f} ms"


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with dev/.")
@click.option("--sentences", type=click.IntRange(min=100), default=50_000, show_default=True, help="About how many.")
@click.option("--questions", type=click.IntRange(min=10), default=300, show_default=True, help="How many are asked.")
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Turns of asking without and beside changes.",
)
@click.option("--pause", type=float, default=0.5, show_default=True, help="Seconds between two changes.")
@click.option("--state", type=click.Path(path_type=Path), help="A state folder to fill, or a filled one.")
@click.option("--rebuilt", type=int, default=REBUILT, show_default=True, help="Sentences to rebuild; 0: none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    data: Path,
    sentences: int,
    questions: int,
    rounds: int,
    pause: float,
    state: Path | None,
    rebuilt: int,
    as_json: bool,
) -> None:
    """Measure and print."""
    try:
        texts, embedder = SourceTexts.read(data), load_embedder(DEFAULT_MODEL, MODELS, report=print_note)
        with TemporaryDirectory(prefix="citeline-scale-") as temporary:
            folder, articles = Path(temporary) / "state" if state is None else state, Path(temporary) / "articles"
            articles.mkdir()
            seconds: float | None = None
            if GenerationRepository(StateFolder(folder).index).current() is None:
                print_note(f"indexing {sentences:,} sentences")
                seconds = fill(folder, texts, linear_embedder(embedder, texts), sentences)
            result = measure(folder, articles, embedder, texts, questions, rounds, pause)
            result = replace(result, fill_seconds=seconds)
            if rebuilt:
                print_note(f"rebuilding {rebuilt:,} sentences")
                seconds = rebuild(Path(temporary) / "rebuilt", texts, linear_embedder(embedder, texts), rebuilt)
                result = replace(result, rebuilt=rebuilt, rebuild_seconds=seconds)
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else table(result))


def linear_embedder(embedder: Embedder, texts: SourceTexts) -> LinearEmbedder:
    """Return an approximation of an embedder, fitted to FITTED of the sentences."""
    return LinearEmbedder(embedder, texts.sentences[:: max(1, len(texts.sentences) // FITTED)])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends the servers, too
    main()
