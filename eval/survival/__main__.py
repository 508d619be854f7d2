"""Measure what the service survives: real processes, SQLite, FAISS and HTTP.

    python -m eval.survival kills --times 200
    python -m eval.survival commands --times 10
    python -m eval.survival soak --minutes 10 --clients 8

The exit status is 1 if anything was lost or wrong.
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

from eval.survival.interrupted_commands import CommandCounts, CommandKills
from eval.survival.service_kills import KillCounts, ServiceKills
from eval.survival.soak import SoakResult, soak

# Without a reading model the service starts sooner; what has to survive is the index.
FLAGS = ("--reader", "sentences")
_MAX_PROBLEMS = 20
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@click.group(help=__doc__)
def survival() -> None:
    """Measure and print."""


def count_option(name: str, default: int, description: str, maximum: int | None = None) -> Decorator:
    """Return the option of a count from 1 to a maximum."""
    return click.option(
        f"--{name}", type=click.IntRange(1, maximum), default=default, show_default=True, help=description
    )


def common_options(*, flags: bool = True) -> Decorator:
    """Give a command a seed, drawn by default, and --json, and by default further flags for the service."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
        command = click.option(
            "--seed",
            type=int,
            default=lambda: random.randrange(10**6),
            help="Of moments and articles. [default: drawn and printed]",
        )(command)
        flag = click.option("--flag", "flags", multiple=True, help="A further flag of `serve`, or its value.")
        return flag(command) if flags else command

    return decorate


@survival.command()
@count_option("times", 200, "How often the service dies.")
@count_option("clients", 3, "How many change at once.", maximum=4)
@common_options()
def kills(times: int, clients: int, flags: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Kill the service at random moments while articles change, start it again, and check what is there."""
    with TemporaryDirectory(prefix="citeline-kills-") as folder, _progress(times) as report:
        counts = ServiceKills(Path(folder), clients, seed, (*FLAGS, *flags)).run(times, report)
    rows = [
        ("kills", f"{counts.kills} ({counts.starting} while it started, {counts.building} while it built the index)"),
        ("acknowledged", f"{counts.adds + counts.changes + counts.deletes} ({_acknowledged(counts)})"),
        ("under way when killed", counts.under_way),
        ("generations published", counts.generations),
        ("lost", counts.lost),
    ]
    _print_result(counts, rows, seed, as_json)


@survival.command()
@count_option("times", 10, "How often each command dies.")
@count_option("rows", 1100, "Rows of a file that is loaded.")
@common_options(flags=False)
def commands(times: int, rows: int, seed: int, as_json: bool) -> None:
    """Kill `restore` and `add --jsonl` in the middle, check for all or nothing, and run them to the end."""
    with TemporaryDirectory(prefix="citeline-commands-") as folder, _progress(2 * times) as report:
        counts = CommandKills(Path(folder), seed, rows, FLAGS).run(times, report)
    partly = f"{counts.loads_partly} between two batches"
    figures = [
        ("restores killed", f"{counts.restores} ({counts.restores_hit} at work)"),
        ("loads killed", f"{counts.loads} ({counts.loads_hit} at work, {partly})"),
        ("rows loaded", counts.rows),
    ]
    _print_result(counts, figures, seed, as_json)


@survival.command(name="soak")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=10, show_default=True, help="How long.")
@count_option("clients", 8, "How many ask at once.")
@common_options()
def soak_command(minutes: float, clients: int, flags: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Ask by many clients while articles change; check for errors, stale answers and growing memory."""
    with TemporaryDirectory(prefix="citeline-soak-") as folder, _progress(int(60 * minutes)) as report:
        found = soak(Path(folder), 60 * minutes, clients, seed, flags, report)
    memory = "not known"
    if found.memory is not None:
        trend = found.memory
        memory = f"{trend.start:.0f} MiB warmed up, {trend.end:.0f} in the end, {trend.slope:+.2f} MiB a minute"
    rows = [
        ("asked", f"{found.questions} questions by {found.clients} clients, {found.per_second:.0f} a second"),
        ("p50, p95, max", f"{found.p50:.1f}, {found.p95:.1f}, {found.max:.1f} ms"),
        ("meanwhile", f"{_acknowledged(found)}, {found.generation} generations"),
        ("memory", memory),
    ]
    _print_result(found, rows, seed, as_json)


@contextmanager
def _progress(times: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=times, file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _acknowledged(counts: KillCounts | SoakResult) -> str:
    return f"{counts.adds} added, {counts.changes} changed, {counts.deletes} deleted"


def _print_result(
    counts: KillCounts | CommandCounts | SoakResult, rows: Sequence[tuple[str, object]], seed: int, as_json: bool
) -> None:
    """Print rows, or all counts as JSON; exit with status 1 if there are problems."""
    if as_json:
        click.echo(json.dumps({"seed": seed, **asdict(counts)}, ensure_ascii=False))
    else:
        lines = [f"{name:24}{value}" for name, value in (*rows, ("wrong", len(counts.problems)), ("seed", seed))]
        lines += [f"problem: {problem}" for problem in counts.problems[:_MAX_PROBLEMS]]
        click.echo("\n".join(lines))
    if counts.problems:
        sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends the service, too
    survival(prog_name="python -m eval.survival")
