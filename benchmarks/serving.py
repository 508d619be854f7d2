"""Measure over HTTP how fast the service answers, starts and indexes: `python -m benchmarks.serving --data DATA`.

A server process runs on a temporary state folder. Its articles are paragraphs of SQuAD 1.1's development set, one
article per title, as many as give the wanted number of sentences; the questions are that set's.
"""

import json
import os
import random
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from corpus.article import Article
from corpus.errors import CitelineError
from corpus.store.article_store import ArticleStore
from corpus.text.sentences import split
from eval.benchmark_corpus import Paragraphs
from eval.datasets import LabelledQuestion, read_questions
from eval.service_process import MODELS, ROOT, Client, Server
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generations.builder import Builder
from index.generations.repository import GenerationRepository

QUESTIONS = "dev/squad_dev_v1.1.jsonl.gz"
SEED = 20220119
WARM_UP = 50
# No paragraph says this, so only the article that was just added can be found by it.
ADDED = "The zinnia ferry number {number} to Brackenholm leaves at {number} past nine from the quince pier."
ASKED = "When does the zinnia ferry number {number} to Brackenholm leave?"


@dataclass(frozen=True, slots=True)
class BenchmarkCorpus:
    """Articles, how many sentences they have, and questions about them."""

    articles: list[Article]
    sentences: int
    questions: list[str]


@dataclass(frozen=True, slots=True)
class BuildTimes:
    """Sentences per second of the first build, None where the vectors were cached, and the seconds of a rebuild."""

    first_rate: float | None
    rebuild_seconds: float


def read_corpus(data: Path, sentences: int) -> BenchmarkCorpus:
    """Read paragraphs until there are enough sentences, and their questions in a fixed random order."""
    taken: list[LabelledQuestion] = []
    counts: dict[str, int] = {}
    for question in read_questions(data / QUESTIONS):
        if question.context not in counts:
            if sum(counts.values()) >= sentences:
                break
            counts[question.context] = len(split(question.context))
        taken.append(question)
    articles = Paragraphs.of(taken).articles()
    questions = sorted({question.question for question in taken})
    random.Random(SEED).shuffle(questions)
    return BenchmarkCorpus(articles, sum(len(split(article.text)) for article in articles), questions)


def build(
    state: Path, corpus: BenchmarkCorpus, embedder: Embedder, cache: Path, fresh: bool, rounds: int
) -> BuildTimes:
    """Index a corpus in a state folder; the cache folder keeps the vectors for the next run."""
    state.mkdir(parents=True)
    cached, database = cache / "embeddings.sqlite", state / "embeddings.sqlite"
    first = fresh or not cached.exists()
    if not first:
        shutil.copyfile(cached, database)
    store = ArticleStore.open(state / "articles.sqlite")
    embeddings = EmbeddingCache(database, embedder)
    try:
        for article in corpus.articles:
            store.put(article, f"text:{article.id}")
        builder = Builder(store, GenerationRepository(state / "index"), embeddings, split)
        seconds = [_timed(lambda: builder.rebuild(lambda progress: None)) for _ in range(1 + rounds)]
    finally:
        embeddings.close()
        store.close()
    cache.mkdir(parents=True, exist_ok=True)
    copy = cached.with_name(f"{cached.name}.{os.getpid()}")
    shutil.copyfile(database, copy)
    copy.replace(cached)
    return BuildTimes(corpus.sentences / seconds[0] if first else None, statistics.median(seconds[1:]))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from sending a question to having the reply; `took_ms` is the mean of that field of the replies."""

    p50: float
    p95: float
    max: float
    took_ms: float
    per_second: float


@dataclass(frozen=True, slots=True)
class ServingResult:
    """The measurements: starts in seconds from starting the process to the first "ready", memory in MiB."""

    sentences: int
    questions: int
    clients: int
    build: BuildTimes
    start_indexed: float
    start_new: float
    one: Latency
    together: Latency
    add_seconds: float
    delete_seconds: float
    memory_started: float | None
    memory_asked: float | None


def ask_all(client: Client, questions: Sequence[str]) -> list[tuple[float, float]]:
    """Ask questions one after the other; return for each the milliseconds it took and the reply's `took_ms`."""
    times = []
    for question in questions:
        begun = time.perf_counter()
        reply = client.call("POST", "/ask", {"question": question})
        times.append((1000 * (time.perf_counter() - begun), float(reply["took_ms"])))
    return times


def ask_together(server: Server, questions: Sequence[str], clients: int) -> Latency:
    """Ask all questions by several clients at once, each on its own open connection."""
    parts = [part for number in range(clients) if (part := questions[number::clients])]
    with ExitStack() as stack, ThreadPoolExecutor(len(parts)) as pool:
        connections = [stack.enter_context(closing(server.client())) for _ in parts]
        begun = time.perf_counter()
        times = [pair for pairs in pool.map(ask_all, connections, parts) for pair in pairs]
        seconds = time.perf_counter() - begun
    p50, p95, longest = np.percentile([milliseconds for milliseconds, _ in times], [50, 95, 100]).tolist()
    return Latency(p50, p95, longest, statistics.mean(took_ms for _, took_ms in times), len(times) / seconds)


def change(client: Client, rounds: int) -> tuple[float, float]:
    """Add and delete articles; return the median seconds until an added one answers, and until a deleted one stops."""
    added, deleted = [], []
    for number in range(10, 10 + rounds):
        begun = time.perf_counter()
        article = client.call("POST", "/articles?wait=true", {"text": ADDED.format(number=number)}, 201)
        added.append(time.perf_counter() - begun)
        if article["id"] not in articles_found(client, number):
            raise click.ClickException("An article that was added is not found. Is that question its own?")
        begun = time.perf_counter()
        client.call("DELETE", f"/articles/{article['id']}", status=204)
        while article["id"] in articles_found(client, number):
            pass
        deleted.append(time.perf_counter() - begun)
    return statistics.median(added), statistics.median(deleted)


def measure(
    corpus: BenchmarkCorpus, folder: Path, build_times: BuildTimes, questions: int, clients: int, rounds: int
) -> ServingResult:
    """Measure the state folder in `folder` that `build` made; new ones are made beside it."""
    state, articles = folder / "state", folder / "articles"
    articles.mkdir()
    say(f"starting {rounds} times with the index, and {rounds} times without")
    starts = []
    for number in range(rounds):  # in turns, so that other load slows both
        starts.append((_start(state, articles), _start(folder / f"new-{number}", ROOT / "corpus" / "articles")))
    warm, once, again = split_questions(corpus.questions, questions)
    with Server(state, articles) as server:
        memory = server.memory()
        say(f"asking {len(once)} questions by one client, and {len(again)} by {clients}")
        ask_together(server, warm, 1)
        one = ask_together(server, once, 1)
        together = ask_together(server, again, clients)
        memory_asked = server.memory()
        say(f"adding and deleting {rounds} articles")
        with closing(server.client()) as client:  # a new one: the server closes connections that idle for 30 s
            added, deleted = change(client, rounds)
    return ServingResult(
        sentences=corpus.sentences,
        questions=len(once),
        clients=clients,
        build=build_times,
        start_indexed=statistics.median(with_index for with_index, _ in starts),
        start_new=statistics.median(without for _, without in starts),
        one=one,
        together=together,
        add_seconds=added,
        delete_seconds=deleted,
        memory_started=memory,
        memory_asked=memory_asked,
    )


def say(line: str) -> None:
    """Print a line of progress on standard error."""
    click.echo(line, err=True)


def _start(state: Path, articles: Path) -> float:
    with Server(state, articles) as server:
        return server.start_seconds


def split_questions(questions: Sequence[str], count: int) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Return questions for warming up, for one client and for several, all different if there are enough."""
    count = min(count, len(questions))
    warm = min(WARM_UP, max(1, len(questions) - 2 * count))
    return questions[-warm:], questions[:count], questions[count : 2 * count] or questions[:count]


def articles_found(client: Client, number: int) -> set[str]:
    """Return the ids of the articles found by the question about the numbered added article."""
    reply = client.call("POST", "/ask", {"question": ASKED.format(number=number)})
    return {one["article"]["id"] for one in [*reply["answers"], *reply["closest"]]}


def _table(result: ServingResult) -> str:
    first = result.build.first_rate
    rows = [
        ("one client: p50, p95, max", _milliseconds(result.one), "p50 < 20 ms"),
        ("  of that in the service, mean", f"{result.one.took_ms:.1f} ms", ""),
        (f"{result.clients} clients: p50, p95, max", _milliseconds(result.together), ""),
        ("  questions/s", f"{result.together.per_second:.0f}", ""),
        ("start on the index, to ready", f"{result.start_indexed:.2f} s", "< 3 s"),
        ("start on a new state folder", f"{result.start_new:.2f} s", ""),
        ("memory after start, questions", f"{mib(result.memory_started)}, {mib(result.memory_asked)}", ""),
        ("first build", "not measured (--fresh does)" if first is None else f"{first:.0f} sentences/s", ""),
        ("rebuild, vectors known", f"{result.build.rebuild_seconds:.2f} s", ""),
        ("add an article, until it answers", f"{result.add_seconds:.3f} s", ""),
        ("delete it, until it does not", f"{result.delete_seconds:.3f} s", ""),
    ]
    lines = [f"{name:34}{value:30}{floor}".rstrip() for name, value, floor in rows]
    return "\n".join([f"{result.sentences:,} sentences, {result.questions:,} questions", *lines])


def _milliseconds(latency: Latency) -> str:
    return f"{latency.p50:.1f}, {latency.p95:.1f}, {latency.max:.1f} ms"


def mib(memory: float | None) -> str:
    """Return memory in MiB as text, which says so where it is not known."""
    return "not known" if memory is None else f"{memory:.0f} MiB"


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with dev/.")
@click.option("--sentences", type=click.IntRange(min=10), default=10_000, show_default=True, help="About how many.")
@click.option("--questions", type=click.IntRange(min=1), default=500, show_default=True, help="For each of the two.")
@click.option("--clients", type=click.IntRange(min=1), default=4, show_default=True, help="How many at once.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Of starts and changes.")
@click.option(
    "--cache", type=click.Path(path_type=Path), default=ROOT / "var" / "benchmarks", help="Where vectors are kept."
)
@click.option("--fresh", is_flag=True, help="Embed everything again, and measure how fast that is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    data: Path,
    sentences: int,
    questions: int,
    clients: int,
    rounds: int,
    cache: Path,
    fresh: bool,
    as_json: bool,
) -> None:
    """Measure and print."""
    try:
        corpus = read_corpus(data, sentences)
        embedder = load_embedder(DEFAULT_MODEL, MODELS, report=say)
        with TemporaryDirectory(prefix="citeline-serving-") as temporary:
            folder = Path(temporary)
            say(f"indexing {corpus.sentences:,} sentences")
            build_times = build(folder / "state", corpus, embedder, cache, fresh, rounds=3)
            result = measure(corpus, folder, build_times, questions, clients, rounds)
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else _table(result))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends the server, too
    main()
