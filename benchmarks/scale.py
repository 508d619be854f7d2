"""What benchmarks/scale.py measures, and how it is told."""

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

from benchmarks.large import Material, WordImage, fill, rebuild
from benchmarks.serving import ADDED, ask_all, found, say
from corpus.errors import CitelineError
from corpus.store.article_store import ArticleFilter, SqliteStore
from corpus.text.sentences import split
from eval.service_process import MODELS, Client, Server
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.generations.builder import Builder
from index.generations.generation import Generation
from index.generations.repository import GenerationRepository
from index.search.vectors import Rows, Scores, Vectors
from index.state_folder import StateFolder
from qa.retriever import HybridRetriever

RECALLED = 10  # sentences that are compared with an exhaustive search's


@dataclass(frozen=True, slots=True)
class Times:
    """Of many measurements, in milliseconds."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> "Times":
        """Sum up measurements."""
        p50, p95 = np.percentile(milliseconds, [50, 95])
        return cls(float(p50), float(p95), max(milliseconds))


@dataclass(frozen=True, slots=True)
class Changes:
    """Until an article that is added answers, until another server sees it, and until deleting one is acknowledged.

    No question that is asked from there on finds it.
    """

    add: Times
    delete: Times
    seen: Times


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions without and with changes beside them, how many changes that were, and how long adding took then."""

    quiet: Times
    busy: Times
    changes: int
    busy_add: Times


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; seconds, and memory in MiB after start and at the end: all of it, and what is in no file."""

    sentences: int
    fill_seconds: float | None
    start_seconds: float
    changes: Changes
    asked: Asked
    memory_started: float | None
    memory_ended: float | None
    memory_anonymous: float | None
    recall: float
    rebuilt: int
    rebuild_seconds: float | None


def told(result: Result) -> str:
    """Return a table of the figures, with the floors."""
    asked, changes = result.asked, result.changes
    rows = [
        ("a question, quiet: p50, p95, max", _times(asked.quiet), ""),
        (f"the same beside {asked.changes} additions", _times(asked.busy), ""),
        ("  p95, as many times the quiet one", f"{asked.busy.p95 / asked.quiet.p95:.2f}", "< 1.5"),
        ("  until an article answers meanwhile", _times(asked.busy_add), "< 1 s"),
        ("add an article, until it answers", _times(changes.add), "< 1 s"),
        ("  ... on another server", _times(changes.seen), "< 1 s"),
        ("delete it; the next question lacks it", _times(changes.delete), "< 100 ms"),
        (f"recall@{RECALLED} of exhaustive search", f"{result.recall:.4f}", ".99"),
        ("start on the index, to ready", f"{result.start_seconds:.1f} s", ""),
        ("memory after start, at the end", f"{_mib(result.memory_started)}, {_mib(result.memory_ended)}", ""),
        ("  of that in no file", _mib(result.memory_anonymous), ""),
    ]
    if result.fill_seconds is not None:
        rows.append(("fill", f"{result.fill_seconds:.0f} s", ""))
    if result.rebuild_seconds is not None:
        rows.append((f"rebuild of {result.rebuilt:,}, vectors known", f"{result.rebuild_seconds:.1f} s", "< 30 s"))
    lines = [f"{name:40}{value:30}{floor}".rstrip() for name, value, floor in rows]
    return "\n".join([f"{result.sentences:,} sentences", *lines])


def _times(times: Times) -> str:
    return f"{times.p50:.1f}, {times.p95:.1f}, {times.max:.1f} ms"


def _mib(memory: float | None) -> str:
    return "not known" if memory is None else f"{memory:.0f} MiB"


FITTED = 4_000  # sentences that the image of the model is fitted to
REBUILT = 100_000
WARM_UP = 30


class Changer(threading.Thread):
    """Adds an article and deletes the one before, again and again, until the with statement ends."""

    def __init__(self, server: Server, first: int, pause: float) -> None:
        super().__init__(name="changer")
        self.added: list[float] = []
        self._client, self._first, self._pause = server.client(), first, pause
        self._stopping = threading.Event()
        self._error: Exception | None = None

    def run(self) -> None:
        """Change until told to stop."""
        before: str | None = None
        try:
            while not self._stopping.is_set():
                milliseconds, article = add(self._client, self._first + len(self.added))
                self.added.append(milliseconds)
                if before is not None:
                    self._client.call("DELETE", f"/articles/{before}", status=204)
                before = article
                self._stopping.wait(self._pause)
            if before is not None:
                self._client.call("DELETE", f"/articles/{before}", status=204)
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
    """Add an article and wait for it; return the milliseconds that took, and its id."""
    begun = time.perf_counter()
    article = client.call("POST", "/articles?wait=true", {"text": ADDED.format(number=number)}, 201)
    return 1000 * (time.perf_counter() - begun), str(article["id"])


def change(server: Server, other: Server, rounds: int) -> Changes:
    """Add and delete articles on one server, and look for them there and on another one of the same folder."""
    added, deleted, seen = [], [], []
    with closing(server.client()) as client, closing(other.client()) as second:
        for number in range(100, 100 + rounds):
            taken, article = add(client, number)
            added.append(taken)
            begun = time.perf_counter()
            while article not in found(second, number):
                pass
            seen.append(1000 * (time.perf_counter() - begun))
            if article not in found(client, number):
                raise click.ClickException("An article that was added is not found. Is that question its own?")
            begun = time.perf_counter()
            client.call("DELETE", f"/articles/{article}", status=204)
            deleted.append(1000 * (time.perf_counter() - begun))
            if article in found(client, number):
                raise click.ClickException("An article that was deleted is found by the next question.")
    return Changes(Times.of(added), Times.of(deleted), Times.of(seen))


def ask(server: Server, questions: Sequence[str], rounds: int, pause: float) -> Asked:
    """Ask questions in turns: a part of them quietly, and the same while articles come and go."""
    quiet: list[float] = []
    busy: list[float] = []
    added: list[float] = []
    with closing(server.client()) as client:
        ask_all(client, questions[:WARM_UP])
        for turn in range(rounds):
            part = questions[turn::rounds]
            quiet += [taken for taken, _ in ask_all(client, part)]
            with Changer(server, 10_000 * (turn + 1), pause) as changer:
                busy += [taken for taken, _ in ask_all(client, part)]
            added += changer.added
    return Asked(Times.of(quiet), Times.of(busy), len(added), Times.of(added))


class Exhaustive(Generation):
    """A generation whose vectors are all compared with the question."""

    def search_vectors(
        self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, Scores]:
        """Return the k nearest alive rows, best first."""
        products = np.concatenate([_products(part.vectors.take, len(part), question) for part in self.segments])
        products[~self.live] = -np.inf
        best = np.argpartition(-products, min(k, len(products) - 1))[:k]
        best = best[np.argsort(-products[best], kind="stable")]
        return best, products[best]


def _products(take: object, count: int, question: Vectors) -> Scores:
    assert callable(take)
    parts = [take(np.arange(at, min(at + 20_000, count))) @ question for at in range(0, count, 20_000)]
    return np.concatenate(parts)


def recall(folder: Path, embedder: Embedder, questions: Sequence[str]) -> tuple[int, float]:
    """Return how many sentences an index has, and the share that it finds of the first ten that are there."""
    state = StateFolder(folder)
    with closing(SqliteStore(state.articles)) as store, closing(EmbeddingCache(state.embeddings, embedder)) as cache:
        generation = Builder(store, GenerationRepository(state.index), cache, split).open_current()
        assert generation is not None
        whole = Exhaustive(*(getattr(generation, field.name) for field in fields(Generation)))
        retriever = HybridRetriever(embedder, store)
        shares = []
        for question in questions:
            best, wanted = (
                {hit.row for hit in retriever.search(one, question, RECALLED, ArticleFilter())}
                for one in (generation, whole)
            )
            shares.append(len(best & wanted) / len(wanted))
        return generation.manifest.sentences, float(np.mean(shares))


def measure(
    state: Path, articles: Path, embedder: Embedder, material: Material, count: int, rounds: int, pause: float
) -> Result:
    """Measure a state folder that is filled; the figures of filling and rebuilding are none yet."""
    questions = material.questions[:count]
    with ExitStack() as held:
        server = held.enter_context(Server(state, articles))
        memory = server.memory()
        say("asking, quietly and beside changes")
        asked = ask(server, questions, rounds, pause)
        ended, anonymous = server.memory(), server.memory("RssAnon")
        say("adding and deleting")
        changes = change(server, held.enter_context(Server(state, articles)), rounds * 4)
    say("comparing with an exhaustive search")
    sentences, share = recall(state, embedder, questions[: max(20, count // 5)])
    return Result(
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


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with dev/.")
@click.option("--sentences", type=click.IntRange(min=100), default=50_000, show_default=True, help="About how many.")
@click.option("--questions", type=click.IntRange(min=10), default=300, show_default=True, help="How many are asked.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Turns of quiet and busy.")
@click.option("--pause", type=float, default=0.5, show_default=True, help="Seconds between two changes.")
@click.option("--state", type=click.Path(path_type=Path), help="A state folder to fill, or that was filled before.")
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
        material, embedder = Material.read(data), load_embedder(DEFAULT_MODEL, MODELS, report=say)
        with TemporaryDirectory(prefix="citeline-scale-") as temporary:
            kept, articles = Path(temporary) / "state" if state is None else state, Path(temporary) / "articles"
            articles.mkdir()
            taken = None
            if GenerationRepository(StateFolder(kept).index).current() is None:
                say(f"indexing {sentences:,} sentences")
                taken = fill(kept, material, _image(embedder, material), sentences)
            result = replace(measure(kept, articles, embedder, material, questions, rounds, pause), fill_seconds=taken)
            if rebuilt:
                say(f"rebuilding {rebuilt:,} sentences")
                seconds = rebuild(Path(temporary) / "rebuilt", material, _image(embedder, material), rebuilt)
                result = replace(result, rebuilt=rebuilt, rebuild_seconds=seconds)
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else told(result))


def _image(embedder: Embedder, material: Material) -> WordImage:
    return WordImage(embedder, material.sentences[:: max(1, len(material.sentences) // FITTED)])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the servers are ended, too
    main()
