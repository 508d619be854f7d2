"""Measure what watched questions cost when an article arrives: `python -m benchmarks.watches`.

The questions of eval/everyday and eval/near_topic are watched in a small library (eval/everyday) and a larger one
(eval/evidence/train, too). Then articles are added one by one, and all watches are checked after each.
"""

import json
import shutil
import signal
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app import Citeline
from cli.runner import print_note
from corpus.article import Draft
from corpus.errors import CitelineError
from eval.datasets import read_rows
from web.settings import Settings

_ROOT = Path(__file__).resolve().parent.parent
_EVAL = _ROOT / "eval"
_SETS = (_EVAL / "everyday" / "questions.jsonl", _EVAL / "near_topic" / "questions.jsonl")
_SMALL, _LARGE = _EVAL / "everyday" / "articles", _EVAL / "evidence" / "train" / "articles"
_ARRIVING = _EVAL / "near_topic" / "articles"  # on subjects of their own


@dataclass(frozen=True, slots=True)
class WatchesResult:
    """Seconds of processor time and of the clock that a check took, and how many questions were asked again."""

    articles: int
    watches: int
    arrived: str
    processor_seconds: float
    seconds: float
    asked_again: int


def measure(folder: Path, sources: list[Path], watches: int) -> list[WatchesResult]:
    """Measure a library of some folders: a check after each of a few articles, and one where nothing has changed."""
    articles = folder / "articles"
    for source in sources:
        shutil.copytree(source, articles, dirs_exist_ok=True)
    questions = [question for path in _SETS for question in read_rows(path, lambda row: str(row["question"]))]
    with closing(Citeline(Settings.load(state=folder / "state", articles=articles))) as citeline:
        print_note("indexing")
        citeline.refresh(lambda progress: None)
        print_note("watching")
        for question in islice(questions, watches):
            citeline.watcher.add(question)
        found = [_check(citeline, "nothing")]
        for path in sorted(_ARRIVING.glob("*.txt"))[:3]:
            citeline.library.add_draft(Draft(path.read_text("utf-8"), path.stem))
            citeline.indexer.catch_up()
            found.append(_check(citeline, path.stem))
    return found


def _check(citeline: Citeline, arrived: str) -> WatchesResult:
    asked: list[float] = []
    generation = citeline.indexer.generation()
    ask = citeline.reasking.ask

    def counted(*args: object, **named: object) -> object:
        asked.append(0.0)
        return ask(*args, **named)  # type: ignore[arg-type]

    citeline.reasking.ask = counted  # type: ignore[assignment,method-assign]
    begun, clock = time.process_time(), time.perf_counter()
    citeline.watcher.check(generation, lambda seconds: False)
    processor, seconds = time.process_time() - begun, time.perf_counter() - clock
    citeline.reasking.ask = ask  # type: ignore[method-assign]
    count = len(citeline.watcher.all())
    return WatchesResult(generation.manifest.articles, count, arrived, processor, seconds, len(asked))


def table(results: list[WatchesResult]) -> str:
    """Return the figures as lines."""
    head = f"{'articles':>8}  {'watches':>7}  {'asked again':>11}  {'processor':>9}  {'elapsed':>8}  arrived"
    lines = [
        f"{one.articles:8,}  {one.watches:7}  {one.asked_again:11}  "
        f"{one.processor_seconds:7.2f} s  {one.seconds:6.2f} s  {one.arrived}"
        for one in results
    ]
    return "\n".join([head, *lines])


@click.command(help=__doc__)
@click.option("--watches", type=click.IntRange(1, 100), default=100, show_default=True, help="How many.")
@click.option("--small", is_flag=True, help="The small library only.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(watches: int, small: bool, as_json: bool) -> None:
    """Measure the checks and print the figures."""
    results = []
    try:
        for sources in ([_SMALL],) if small else ([_SMALL], [_SMALL, _LARGE]):
            with TemporaryDirectory(prefix="citeline-watches-") as folder:
                results += measure(Path(folder), sources, watches)
    except CitelineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps([asdict(one) for one in results]) if as_json else table(results))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    main()
