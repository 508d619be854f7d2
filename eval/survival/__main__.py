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


@click.group(help=__doc__)
def survival() -> None:
    """Measure and print."""


seed_option = click.option("--seed", type=int, help="Of moments and articles. [default: drawn and printed]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
service_option = click.option("--flag", "flags", multiple=True, help="A further flag of `serve`, or its value.")


@survival.command()
@click.option("--times", type=click.IntRange(1), default=200, show_default=True, help="How often the service dies.")
@click.option("--clients", type=click.IntRange(1, 4), default=3, show_default=True, help="How many change at once.")
@service_option
@seed_option
@json_option
def kills(times: int, clients: int, flags: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Kill the service at random moments while articles change, start it again, and check what is there."""
    seed = _seed(seed)
    with TemporaryDirectory(prefix="citeline-kills-") as folder, _progress(times) as report:
        counts = ServiceKills(Path(folder), clients, seed, (*FLAGS, *flags)).run(times, report)
    _print_result({"seed": seed, **asdict(counts)}, _kill_rows(counts, seed), counts.problems, as_json)


@survival.command()
@click.option("--times", type=click.IntRange(1), default=10, show_default=True, help="How often each command dies.")
@click.option("--rows", type=click.IntRange(1), default=1100, show_default=True, help="Rows of a file that is loaded.")
@seed_option
@json_option
def commands(times: int, rows: int, seed: int | None, as_json: bool) -> None:
    """Kill `restore` and `add --jsonl` in the middle, check for all or nothing, and run them to the end."""
    seed = _seed(seed)
    with TemporaryDirectory(prefix="citeline-commands-") as folder, _progress(2 * times) as report:
        counts = CommandKills(Path(folder), seed, rows, FLAGS).run(times, report)
    _print_result({"seed": seed, **asdict(counts)}, _command_rows(counts, seed), counts.problems, as_json)


def _command_rows(counts: CommandCounts, seed: int) -> list[tuple[str, object]]:
    partly = f"{counts.loads_partly} between two batches"
    return [
        ("restores killed", f"{counts.restores} ({counts.restores_hit} at work)"),
        ("loads killed", f"{counts.loads} ({counts.loads_hit} at work, {partly})"),
        ("rows loaded", counts.rows),
        ("wrong", len(counts.problems)),
        ("seed", seed),
    ]


@survival.command(name="soak")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=10, show_default=True, help="How long.")
@click.option("--clients", type=click.IntRange(1), default=8, show_default=True, help="How many ask at once.")
@service_option
@seed_option
@json_option
def soak_command(minutes: float, clients: int, flags: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Ask by many clients while articles change; check for errors, stale answers and growing memory."""
    seed = _seed(seed)
    with TemporaryDirectory(prefix="citeline-soak-") as folder, _progress(int(60 * minutes)) as report:
        found = soak(Path(folder), 60 * minutes, clients, seed, flags, report)
    _print_result({"seed": seed, **asdict(found)}, _soak_rows(found, seed), found.problems, as_json)


def _soak_rows(found: SoakResult, seed: int) -> list[tuple[str, object]]:
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


def _kill_rows(counts: KillCounts, seed: int) -> list[tuple[str, object]]:
    acknowledged = f"{counts.adds} added, {counts.changes} changed, {counts.deletes} deleted"
    return [
        ("kills", f"{counts.kills} ({counts.starting} while it started, {counts.building} while it built the index)"),
        ("acknowledged", f"{counts.adds + counts.changes + counts.deletes} ({acknowledged})"),
        ("under way when killed", counts.under_way),
        ("generations published", counts.generations),
        ("lost", counts.lost),
        ("wrong", len(counts.problems)),
        ("seed", seed),
    ]


def _seed(seed: int | None) -> int:
    return random.randrange(10**6) if seed is None else seed


@contextmanager
def _progress(times: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=times, file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _print_result(
    figures: dict[str, Any], rows: Sequence[tuple[str, object]], problems: Sequence[str], as_json: bool
) -> None:
    """Print figures and problems; exit with status 1 if there are problems."""
    lines = [f"{name:24}{value}" for name, value in rows]
    lines += [f"problem: {problem}" for problem in problems[:_MAX_PROBLEMS]]
    click.echo(json.dumps(figures, ensure_ascii=False) if as_json else "\n".join(lines))
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends the service, too
    survival(prog_name="python -m eval.survival")
