"""How fast the service answers, starts and takes in articles, measured from outside: over HTTP, as a user has it.

    python -m benchmarks.serving --data DATA

A server of its own runs as a process on a temporary state folder. Its articles are the paragraphs of SQuAD 1.1's
development set, one article a title, as many as give the number of sentences asked for; the questions are that set's.
"""

import json
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

from benchmarks.indexing import Build, Corpus, build, read_corpus
from corpus.errors import CitelineError
from eval.service_process import MODELS, ROOT, Client, Server
from index.embedding.embedder import DEFAULT_MODEL, load_embedder

WARM_UP = 50
# What no paragraph says, so that the article that was just added is the one to find.
ADDED = "The zinnia ferry number {number} to Brackenholm leaves at {number} past nine from the quince pier."
ASKED = "When does the zinnia ferry number {number} to Brackenholm leave?"


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from sending a question to having the reply; `took_ms` is the mean of what the replies say."""

    p50: float
    p95: float
    max: float
    took_ms: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured. Starts: seconds from starting the process to the first "ready"; memory: MiB."""

    sentences: int
    questions: int
    clients: int
    build: Build
    start_indexed: float
    start_new: float
    one: Latency
    together: Latency
    add_seconds: float
    delete_seconds: float
    memory_started: float | None
    memory_asked: float | None


def ask_all(client: Client, questions: Sequence[str]) -> list[tuple[float, float]]:
    """Ask one question after the other; return for each the milliseconds it took, and those that the reply says."""
    taken = []
    for question in questions:
        begun = time.perf_counter()
        reply = client.call("POST", "/ask", {"question": question})
        taken.append((1000 * (time.perf_counter() - begun), float(reply["took_ms"])))
    return taken


def ask_together(server: Server, questions: Sequence[str], clients: int) -> Latency:
    """Ask all questions by so many clients at once, each on a connection of its own that stays open."""
    parts = [part for number in range(clients) if (part := questions[number::clients])]
    with ExitStack() as held, ThreadPoolExecutor(len(parts)) as pool:
        opened = [held.enter_context(closing(server.client())) for _ in parts]
        begun = time.perf_counter()
        taken = [pair for pairs in pool.map(ask_all, opened, parts) for pair in pairs]
        seconds = time.perf_counter() - begun
    p50, p95 = np.percentile([milliseconds for milliseconds, _ in taken], [50, 95])
    longest = max(milliseconds for milliseconds, _ in taken)
    told = statistics.mean(own for _, own in taken)
    return Latency(float(p50), float(p95), longest, told, len(taken) / seconds)


def change(client: Client, rounds: int) -> tuple[float, float]:
    """Add and delete articles; return the median seconds until one answers, and until it answers no more."""
    added, deleted = [], []
    for number in range(10, 10 + rounds):
        begun = time.perf_counter()
        article = client.call("POST", "/articles?wait=true", {"text": ADDED.format(number=number)}, 201)
        added.append(time.perf_counter() - begun)
        if article["id"] not in found(client, number):
            raise click.ClickException("An article that was added is not found. Is that question its own?")
        begun = time.perf_counter()
        client.call("DELETE", f"/articles/{article['id']}", status=204)
        while article["id"] in found(client, number):
            pass
        deleted.append(time.perf_counter() - begun)
    return statistics.median(added), statistics.median(deleted)


def measure(corpus: Corpus, folder: Path, made: Build, questions: int, clients: int, rounds: int) -> Result:
    """Measure a state folder in `folder` that `build` made; new ones are made beside it."""
    state, articles = folder / "state", folder / "articles"
    articles.mkdir()
    say(f"starting {rounds} times with the index, and {rounds} times without")
    starts = []
    for number in range(rounds):  # in turns, so that whatever else the machine does slows both
        starts.append((_start(state, articles), _start(folder / f"new-{number}", ROOT / "corpus" / "articles")))
    warm, once, again = _parts(corpus.questions, questions)
    with Server(state, articles) as server:
        memory = server.memory()
        say(f"asking {len(once)} questions by one client, and {len(again)} by {clients}")
        ask_together(server, warm, 1)
        one = ask_together(server, once, 1)
        together = ask_together(server, again, clients)
        memory_asked = server.memory()
        say(f"adding and deleting {rounds} articles")
        with closing(server.client()) as client:  # a new one: the server ends what says nothing for 30 s
            added, deleted = change(client, rounds)
    return Result(
        sentences=corpus.sentences,
        questions=len(once),
        clients=clients,
        build=made,
        start_indexed=statistics.median(indexed for indexed, _ in starts),
        start_new=statistics.median(new for _, new in starts),
        one=one,
        together=together,
        add_seconds=added,
        delete_seconds=deleted,
        memory_started=memory,
        memory_asked=memory_asked,
    )


def say(line: str) -> None:
    """Tell what goes on, apart from the result."""
    click.echo(line, err=True)


def _start(state: Path, articles: Path) -> float:
    with Server(state, articles) as server:
        return server.start_seconds


def _parts(questions: Sequence[str], count: int) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Return questions to warm up with, for one client, and for several; none twice where there are enough."""
    count = min(count, len(questions))
    warm = min(WARM_UP, max(1, len(questions) - 2 * count))
    return questions[-warm:], questions[:count], questions[count : 2 * count] or questions[:count]


def found(client: Client, number: int) -> set[str]:
    """Return the ids of the articles that the question about an added one finds."""
    reply = client.call("POST", "/ask", {"question": ASKED.format(number=number)})
    return {found["article"]["id"] for found in [*reply["answers"], *reply["closest"]]}


def _table(result: Result) -> str:
    first = result.build.first_rate
    rows = [
        ("one client: p50, p95, max", _milliseconds(result.one), "p50 < 20 ms"),
        ("  of that in the service, mean", f"{result.one.took_ms:.1f} ms", ""),
        (f"{result.clients} clients: p50, p95, max", _milliseconds(result.together), ""),
        ("  questions/s", f"{result.together.per_second:.0f}", ""),
        ("start on the index, to ready", f"{result.start_indexed:.2f} s", "< 3 s"),
        ("start on a new state folder", f"{result.start_new:.2f} s", ""),
        ("memory after start, questions", f"{_mib(result.memory_started)}, {_mib(result.memory_asked)}", ""),
        ("first build", "not measured (--fresh does)" if first is None else f"{first:.0f} sentences/s", ""),
        ("rebuild, vectors known", f"{result.build.rebuild_seconds:.2f} s", ""),
        ("add an article, until it answers", f"{result.add_seconds:.3f} s", ""),
        ("delete it, until it does not", f"{result.delete_seconds:.3f} s", ""),
    ]
    lines = [f"{name:34}{value:30}{floor}".rstrip() for name, value, floor in rows]
    return "\n".join([f"{result.sentences:,} sentences, {result.questions:,} questions", *lines])


def _milliseconds(latency: Latency) -> str:
    return f"{latency.p50:.1f}, {latency.p95:.1f}, {latency.max:.1f} ms"


def _mib(memory: float | None) -> str:
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
            made = build(folder / "state", corpus, embedder, cache, fresh, rounds=3)
            result = measure(corpus, folder, made, questions, clients, rounds)
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else _table(result))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the server is ended, too
    main()
