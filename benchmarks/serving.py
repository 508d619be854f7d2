"""Measure over HTTP how fast the service answers, starts and indexes: `python -m benchmarks.serving --data DATA`.

A server process runs on a temporary state folder. Its articles are the first paragraphs of SQuAD 1.1's development
set, one article per title, up to a number of sentences; the questions are those about them.
"""

import json
import os
import random
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from cli.runner import print_note
from corpus.article import Article
from corpus.errors import CitelineError
from corpus.store.article_store import ArticleStore
from corpus.text.sentences import split
from eval.benchmark_corpus import QUESTIONS, Paragraphs
from eval.datasets import LabelledQuestion, read_questions
from eval.service_process import MODELS, ROOT, Client, Server
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generations.builder import Builder
from index.generations.repository import GenerationRepository

SEED = 20220119
WARM_UP = 50
# No paragraph of SQuAD answers this question, so that only the added article can.
ADDED_TEXT = "The zinnia ferry number {number} to Brackenholm leaves at {number} past nine from the quince pier."
ADDED_QUESTION = "When does the zinnia ferry number {number} to Brackenholm leave?"


@dataclass(frozen=True, slots=True)
class BenchmarkCorpus:
    """Articles, their total number of sentences, and questions about them."""

    articles: list[Article]
    sentences: int
    questions: list[str]


@dataclass(frozen=True, slots=True)
class BuildTimes:
    """Sentences per second of the first build, None where the vectors were cached, and the seconds of a rebuild."""

    first_rate: float | None
    rebuild_seconds: float


def read_corpus(data: Path, sentences: int) -> BenchmarkCorpus:
    """Read paragraphs with at least this many sentences, and their questions in a fixed random order."""
    labelled: list[LabelledQuestion] = []
    counts: dict[str, int] = {}
    for question in read_questions(data / QUESTIONS):
        if question.context not in counts:
            if sum(counts.values()) >= sentences:
                break
            counts[question.context] = len(split(question.context))
        labelled.append(question)
    articles = Paragraphs.of(labelled).articles()
    questions = sorted({question.question for question in labelled})
    random.Random(SEED).shuffle(questions)
    return BenchmarkCorpus(articles, sum(len(split(article.text)) for article in articles), questions)


def build(
    state: Path, corpus: BenchmarkCorpus, embedder: Embedder, cache: Path, fresh: bool, rounds: int
) -> BuildTimes:
    """Index a corpus in a state folder, `rounds` times more for the median time of a rebuild.

    Vectors are copied from the cache folder unless `fresh`, and into it at the end.
    """
    state.mkdir(parents=True)
    cached, database = cache / "embeddings.sqlite", state / "embeddings.sqlite"
    embeds = fresh or not cached.exists()
    if not embeds:
        shutil.copyfile(cached, database)
    store = ArticleStore.open(state / "articles.sqlite")
    embeddings = EmbeddingCache(database, embedder)
    try:
        for article in corpus.articles:
            store.put(article, f"text:{article.id}")
        builder = Builder(store, GenerationRepository(state / "index"), embeddings, split)
        seconds = []
        for _ in range(1 + rounds):
            start = time.perf_counter()
            builder.rebuild(lambda progress: None)
            seconds.append(time.perf_counter() - start)
    finally:
        embeddings.close()
        store.close()
    cache.mkdir(parents=True, exist_ok=True)
    copy = cached.with_name(f"{cached.name}.{os.getpid()}")
    shutil.copyfile(database, copy)
    copy.replace(cached)
    return BuildTimes(corpus.sentences / seconds[0] if embeds else None, statistics.median(seconds[1:]))


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from sending a question to receiving its reply, and questions per second.

    `took_ms` is the mean of that field of the replies: the time in the service.
    """

    p50: float
    p95: float
    max: float
    took_ms: float
    per_second: float


@dataclass(frozen=True, slots=True)
class ServingResult:
    """The measurements: starts in seconds until the service is ready, memory in MiB.

    `one` is the latency with one client, `together` with `clients` at once.
    """

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
        start = time.perf_counter()
        reply = client.call("POST", "/ask", {"question": question})
        times.append((1000 * (time.perf_counter() - start), float(reply["took_ms"])))
    return times


def ask_together(server: Server, questions: Sequence[str], clients: int) -> Latency:
    """Ask all questions with several clients at once, each on a connection of its own."""
    parts = [part for number in range(clients) if (part := questions[number::clients])]
    with ExitStack() as stack, ThreadPoolExecutor(len(parts)) as pool:
        connections = [stack.enter_context(closing(server.client())) for _ in parts]
        start = time.perf_counter()
        times = [pair for pairs in pool.map(ask_all, connections, parts) for pair in pairs]
        seconds = time.perf_counter() - start
    p50, p95, longest = np.percentile([milliseconds for milliseconds, _ in times], [50, 95, 100]).tolist()
    return Latency(p50, p95, longest, statistics.mean(took_ms for _, took_ms in times), len(times) / seconds)


def measure_changes(client: Client, rounds: int) -> tuple[float, float]:
    """Add and delete articles; return the median seconds until one is found, and until a deleted one is not."""
    added, deleted = [], []
    for number in range(10, 10 + rounds):
        start = time.perf_counter()
        article = client.call("POST", "/articles?wait=true", {"text": ADDED_TEXT.format(number=number)}, 201)
        added.append(time.perf_counter() - start)
        if article["id"] not in articles_found(client, number):
            raise click.ClickException("An article that was added is not found.")
        start = time.perf_counter()
        client.call("DELETE", f"/articles/{article['id']}", status=204)
        while article["id"] in articles_found(client, number):
            pass
        deleted.append(time.perf_counter() - start)
    return statistics.median(added), statistics.median(deleted)


def measure(
    corpus: BenchmarkCorpus, folder: Path, build_times: BuildTimes, questions: int, clients: int, rounds: int
) -> ServingResult:
    """Measure the service on `folder`/state, which `build` made; new state folders are made beside it."""
    state, articles = folder / "state", folder / "articles"
    articles.mkdir()
    print_note(f"starting {rounds} times with the index, and {rounds} times without")
    starts = []
    for number in range(rounds):  # alternating, so that other load affects both
        starts.append((_start(state, articles), _start(folder / f"new-{number}", ROOT / "corpus" / "articles")))
    warm, once, again = split_questions(corpus.questions, questions)
    with Server(state, articles) as server:
        memory = server.memory()
        print_note(f"asking {len(once)} questions by one client, and {len(again)} by {clients}")
        ask_together(server, warm, 1)
        one = ask_together(server, once, 1)
        together = ask_together(server, again, clients)
        memory_asked = server.memory()
        print_note(f"adding and deleting {rounds} articles")
        with closing(server.client()) as client:  # a new one: the server closes connections that idle for 30 s
            added, deleted = measure_changes(client, rounds)
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


def _start(state: Path, articles: Path) -> float:
    """Return the seconds that a server takes from its start until it is ready."""
    with Server(state, articles) as server:
        return server.start_seconds


def split_questions(questions: Sequence[str], count: int) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Return questions for warming up, for one client and for several; they are disjoint if there are enough."""
    count = min(count, len(questions))
    warm = min(WARM_UP, max(1, len(questions) - 2 * count))
    return questions[-warm:], questions[:count], questions[count : 2 * count] or questions[:count]


def articles_found(client: Client, number: int) -> set[str]:
    """Return the ids of the articles in the reply to the question about the numbered added article."""
    reply = client.call("POST", "/ask", {"question": ADDED_QUESTION.format(number=number)})
    return {one["article"]["id"] for one in [*reply["answers"], *reply["closest"]]}


def _table(result: ServingResult) -> str:
    first, memory = result.build.first_rate, (result.memory_started, result.memory_asked)
    rows = [
        ("one client: p50, p95, max", _milliseconds(result.one), "p50 < 20 ms"),
        ("  of that in the service, mean", f"{result.one.took_ms:.1f} ms", ""),
        (f"{result.clients} clients: p50, p95, max", _milliseconds(result.together), ""),
        ("  questions/s", f"{result.together.per_second:.0f}", ""),
        ("start on the index, to ready", f"{result.start_indexed:.2f} s", "< 3 s"),
        ("start on a new state folder", f"{result.start_new:.2f} s", ""),
        ("memory after start, questions", ", ".join(map(format_mib, memory)), ""),
        ("first build", "not measured (--fresh does)" if first is None else f"{first:.0f} sentences/s", ""),
        ("rebuild, vectors known", f"{result.build.rebuild_seconds:.2f} s", ""),
        ("add an article, until it answers", f"{result.add_seconds:.3f} s", ""),
        ("delete it, until it does not", f"{result.delete_seconds:.3f} s", ""),
    ]
    lines = [f"{name:34}{value:30}{target}".rstrip() for name, value, target in rows]
    return "\n".join([f"{result.sentences:,} sentences, {result.questions:,} questions", *lines])


def _milliseconds(latency: Latency) -> str:
    return f"{latency.p50:.1f}, {latency.p95:.1f}, {latency.max:.1f} ms"


def format_mib(memory: float | None) -> str:
    """Return a number of MiB as text, "not known" for None."""
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
    """Measure the service and print the figures."""
    try:
        corpus = read_corpus(data, sentences)
        embedder = load_embedder(DEFAULT_MODEL, MODELS, report=print_note)
        with TemporaryDirectory(prefix="citeline-serving-") as temporary:
            folder = Path(temporary)
            print_note(f"indexing {corpus.sentences:,} sentences")
            build_times = build(folder / "state", corpus, embedder, cache, fresh, rounds=3)
            result = measure(corpus, folder, build_times, questions, clients, rounds)
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else _table(result))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends the server, too
    main()
