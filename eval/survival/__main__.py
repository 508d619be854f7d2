"""What the service survives, measured on the real thing: processes, SQLite, FAISS, HTTP.

    python -m eval.survival kills --times 200
    python -m eval.survival commands --times 10
    python -m eval.survival soak --minutes 10 --clients 8

The exit status is 1 where anything was lost or wrong.
"""

import json
import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from eval.survival.commands import Commands, Interruptions
from eval.survival.kills import Kills, Tally
from eval.survival.soak import Soaked, soak

# Whole sentences answer, unless one says otherwise: what is to survive is the index, and that starts sooner.
FLAGS = ("--reader", "sentences")
_SHOWN = 20


@click.group(help=__doc__)
def survival() -> None:
    """Measure and print."""


seed_option = click.option("--seed", type=int, help="Of the moments and articles; drawn, and told, unless given.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
service_option = click.option("--flag", "flags", multiple=True, help="A further flag of `serve`, or its value.")


@survival.command()
@click.option("--times", type=click.IntRange(1), default=200, show_default=True, help="How often the service dies.")
@click.option("--clients", type=click.IntRange(1, 4), default=3, show_default=True, help="How many change at once.")
@service_option
@seed_option
@json_option
def kills(times: int, clients: int, flags: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Kill the service at random moments while articles come, change and go; start it again; look what is there."""
    seed = _seed(seed)
    with TemporaryDirectory(prefix="citeline-kills-") as folder, _progress(times) as report:
        tally = Kills(Path(folder), clients, seed, (*FLAGS, *flags)).run(times, report)
    _conclude({"seed": seed, **asdict(tally)}, _told(tally, seed), tally.problems, as_json)


@survival.command()
@click.option("--times", type=click.IntRange(1), default=10, show_default=True, help="How often each command dies.")
@click.option("--rows", type=click.IntRange(1), default=1100, show_default=True, help="Rows of a file that is loaded.")
@seed_option
@json_option
def commands(times: int, rows: int, seed: int | None, as_json: bool) -> None:
    """Kill `restore` and `add --jsonl` in the middle; look whether all is there or nothing; run them to the end."""
    seed = _seed(seed)
    with TemporaryDirectory(prefix="citeline-commands-") as folder, _progress(2 * times) as report:
        tally = Commands(Path(folder), seed, rows, FLAGS).run(times, report)
    _conclude({"seed": seed, **asdict(tally)}, _interrupted(tally, seed), tally.problems, as_json)


def _interrupted(tally: Interruptions, seed: int) -> list[tuple[str, object]]:
    partly = f"{tally.loads_partly} between two batches"
    return [
        ("restores killed", f"{tally.restores} ({tally.restores_hit} at work)"),
        ("loads killed", f"{tally.loads} ({tally.loads_hit} at work, {partly})"),
        ("rows loaded", tally.rows),
        ("wrong", len(tally.problems)),
        ("seed", seed),
    ]


@survival.command(name="soak")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=10, show_default=True, help="How long.")
@click.option("--clients", type=click.IntRange(1), default=8, show_default=True, help="How many ask at once.")
@service_option
@seed_option
@json_option
def soak_command(minutes: float, clients: int, flags: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Ask by many clients while articles come, change and go; look at errors, stale answers and memory."""
    seed = _seed(seed)
    with TemporaryDirectory(prefix="citeline-soak-") as folder, _progress(int(60 * minutes)) as report:
        found = soak(Path(folder), 60 * minutes, clients, seed, flags, report)
    _conclude({"seed": seed, **asdict(found)}, _soaked(found, seed), found.problems, as_json)


def _soaked(found: Soaked, seed: int) -> list[tuple[str, object]]:
    acknowledged = f"{found.adds} added, {found.changes} changed, {found.deletes} deleted"
    memory = found.memory
    size = "not known" if memory is None else f"{memory.start:.0f} MiB warmed up, {memory.end:.0f} in the end"
    return [
        ("asked", f"{found.questions} questions by {found.clients} clients, {found.per_second:.0f} a second"),
        ("p50, p95, max", f"{found.p50:.1f}, {found.p95:.1f}, {found.max:.1f} ms"),
        ("meanwhile", f"{acknowledged}, {found.generation} generations"),
        ("memory", size if memory is None else f"{size}, {memory.slope:+.2f} MiB a minute"),
        ("wrong", len(found.problems)),
        ("seed", seed),
    ]


def _told(tally: Tally, seed: int) -> list[tuple[str, object]]:
    acknowledged = f"{tally.adds} added, {tally.changes} changed, {tally.deletes} deleted"
    return [
        ("kills", f"{tally.kills} ({tally.starting} while it started, {tally.building} while it built the index)"),
        ("acknowledged", f"{tally.adds + tally.changes + tally.deletes} ({acknowledged})"),
        ("under way when killed", tally.under_way),
        ("generations published", tally.generations),
        ("lost", tally.lost),
        ("wrong", len(tally.problems)),
        ("seed", seed),
    ]


def _seed(seed: int | None) -> int:
    return random.randrange(10**6) if seed is None else seed


@contextmanager
def _progress(times: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=times, file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _conclude(
    figures: dict[str, Any], rows: Sequence[tuple[str, object]], problems: Sequence[str], as_json: bool
) -> None:
    """Print figures and problems, and end with the exit status 1 where there are problems."""
    lines = [f"{name:24}{value}" for name, value in rows]
    lines += [f"problem: {problem}" for problem in problems[:_SHOWN]]
    click.echo(json.dumps(figures, ensure_ascii=False) if as_json else "\n".join(lines))
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the service is ended, too
    survival(prog_name="python -m eval.survival")
