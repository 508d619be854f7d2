"""Measure suggestions over HTTP: `python -m benchmarks.suggestions --data DATA`.

Latency of GET /suggest at each key of what is typed, and of POST /next-questions; memory before and after; how long it
takes to find the names and questions of all articles. The index holds synthetic articles (`benchmarks/synthetic.py`).
"""

import json
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import click

from benchmarks.scale import FITTED, Percentiles, format_times
from benchmarks.serving import SEED, format_mib
from benchmarks.synthetic import LinearEmbedder, SourceTexts, fill
from cli.runner import print_note
from corpus.errors import CitelineError
from corpus.store.article_store import ArticleStore
from corpus.store.database import Database
from eval.service_process import MODELS, Client, Server
from index.embedding.embedder import DEFAULT_MODEL, load_embedder
from index.state_folder import StateFolder
from qa.suggestions.repository import SCHEMA, SCHEMA_VERSION

_TYPED = 25  # letters of what is typed
_PATIENCE = 1_200.0  # seconds for taking in all articles


@dataclass(frozen=True, slots=True)
class SuggestionsResult:
    """The measurements: times in milliseconds, memory in MiB when all articles are taken in, and at the end."""

    sentences: int
    names: int
    candidates: int
    taken_in_seconds: float
    file_mib: float
    keys: int
    suggest: Percentiles
    next_questions: Percentiles
    memory_started: float | None
    memory_taken_in: float | None
    memory_ended: float | None


def counts(state: StateFolder) -> tuple[int, int, int]:
    """Return how many articles, names and questions a state folder has for suggestions."""
    opened = closing(Database(state.suggestions, "file of suggestions", SCHEMA_VERSION, SCHEMA))
    with opened as database, database.reading() as db:
        articles, names, questions = (
            int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in ("articles", "names", "questions")
        )
    return articles, names, questions


def measure(folder: Path, articles: Path, sentences: int, questions: Sequence[str]) -> SuggestionsResult:
    """Measure a filled state folder."""
    state = StateFolder(folder)
    with closing(ArticleStore.open(state.articles)) as store:
        expected = store.count()
    with Server(folder, articles) as server:
        memory, begun = server.memory(), time.perf_counter()
        print_note("finding names and questions")
        while counts(state)[0] < expected and time.perf_counter() - begun < _PATIENCE:
            time.sleep(1.0)
        seconds, taken_in = time.perf_counter() - begun, server.memory()
        _, names, candidates = counts(state)
        print_note("typing")
        with closing(server.client()) as client:
            typed = [timed(client, "GET", f"/suggest?q={quote(one)}") for one in keystrokes(state, questions)]
            asked = [timed(client, "POST", "/next-questions", {"question": one}) for one in questions]
        ended = server.memory()
    size = sum(path.stat().st_size for path in state.folder.glob(f"{state.suggestions.name}*")) / 2**20
    return SuggestionsResult(
        sentences=sentences,
        names=names,
        candidates=candidates,
        taken_in_seconds=seconds,
        file_mib=size,
        keys=len(typed),
        suggest=Percentiles.of(typed),
        next_questions=Percentiles.of(asked),
        memory_started=memory,
        memory_taken_in=taken_in,
        memory_ended=ended,
    )


def keystrokes(state: StateFolder, questions: Sequence[str]) -> list[str]:
    """Return what stands in the box after each key of names and of questions, some with a wrong letter."""
    opened = closing(Database(state.suggestions, "file of suggestions", SCHEMA_VERSION, SCHEMA))
    with opened as database, database.reading() as db:
        names = [str(row[0]) for row in db.execute("SELECT text FROM names ORDER BY id")]
    chosen = random.Random(SEED)
    texts = [*chosen.sample(names, min(len(names), len(questions))), *questions]
    typed = [text[:length] for text in texts for length in range(1, min(len(text), _TYPED) + 1)]
    wrong = [text[:4] + text[5] + text[4] + text[6:_TYPED] for text in texts if len(text) > _TYPED // 2]
    return ["", *typed, *wrong]


def timed(client: Client, method: str, path: str, body: object = None) -> float:
    """Return the milliseconds that a request takes."""
    begun = time.perf_counter()
    client.call(method, path, body)
    return 1000 * (time.perf_counter() - begun)


def table(result: SuggestionsResult) -> str:
    """Return the figures as lines, each with its target if it has one."""
    memory = (result.memory_started, result.memory_taken_in, result.memory_ended)
    rows = [
        (f"GET /suggest, {result.keys:,} keys: p50, p95, max", format_times(result.suggest), "p95 < 30 ms"),
        ("POST /next-questions: p50, p95, max", format_times(result.next_questions), ""),
        ("finding names and questions", f"{result.taken_in_seconds:.0f} s", ""),
        ("  names, questions to check", f"{result.names:,}, {result.candidates:,}", ""),
        ("  their file", f"{result.file_mib:.1f} MiB", ""),
        ("memory at start, then, at the end", ", ".join(map(format_mib, memory)), ""),
    ]
    lines = [f"{name:44}{value:30}{target}".rstrip() for name, value, target in rows]
    return "\n".join([f"{result.sentences:,} sentences", *lines])


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder with dev/.")
@click.option("--sentences", type=click.IntRange(min=100), default=10_000, show_default=True, help="About how many.")
@click.option("--questions", type=click.IntRange(min=1), default=50, show_default=True, help="How many are typed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(data: Path, sentences: int, questions: int, as_json: bool) -> None:
    """Measure the service and print the figures."""
    try:
        embedder = load_embedder(DEFAULT_MODEL, MODELS, report=print_note)
        texts = SourceTexts.read(data)
        with TemporaryDirectory(prefix="citeline-suggestions-") as temporary:
            folder, articles = Path(temporary) / "state", Path(temporary) / "articles"
            articles.mkdir()
            print_note(f"indexing {sentences:,} sentences")
            linear = LinearEmbedder(embedder, texts.sentences[:: max(1, len(texts.sentences) // FITTED)])
            fill(folder, texts, linear, sentences)
            result = measure(folder, articles, sentences, texts.questions[:questions])
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(asdict(result)) if as_json else table(result))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends the server, too
    main()
