"""The command line of eval.survival."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.survival import __main__ as main
from eval.survival.commands import Interruptions
from eval.survival.kills import Tally
from eval.survival.soak import Memory, Soaked

SOAKED: dict[str, Any] = {
    "seconds": 60.0,
    "clients": 8,
    "questions": 600,
    "per_second": 10.0,
    "p50": 12.3,
    "p95": 45.6,
    "max": 78.9,
    "adds": 7,
    "changes": 5,
    "deletes": 3,
    "generation": 9,
    "memory": Memory(300.2, 302.4, 0.5, 2.0, True),
    "problems": (),
}


class Pretended:
    """A run that takes no time."""

    def __init__(self, found: object) -> None:
        self.found = found
        self.given: tuple[Any, ...] = ()

    def __call__(self, *given: Any) -> "Pretended":
        self.given = given
        return self

    def run(self, times: int, report: Any) -> object:
        report(times)
        return self.found


def test_kills_are_counted_and_told_with_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Pretended(Tally(kills=4, starting=1, building=2, under_way=3, adds=10, changes=5, deletes=2, generations=9))
    monkeypatch.setattr(main, "Kills", made)
    result = CliRunner().invoke(main.survival, ["kills", "--times", "4", "--seed", "6", "--flag=--log-level=info"])
    assert 0 == result.exit_code, result.output
    assert [
        "kills                   4 (1 while it started, 2 while it built the index)",
        "acknowledged            17 (10 added, 5 changed, 2 deleted)",
        "under way when killed   3",
        "generations published   9",
        "lost                    0",
        "wrong                   0",
        "seed                    6",
    ] == result.stdout.splitlines()
    assert (3, 6, ("--reader", "sentences", "--log-level=info")) == made.given[1:]


def test_what_is_wrong_is_told_and_is_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "Kills", Pretended(Tally(kills=1, lost=1, problems=("It is lost.",))))
    result = CliRunner().invoke(main.survival, ["kills", "--times", "1"])
    assert 1 == result.exit_code
    assert "problem: It is lost." == result.stdout.splitlines()[-1]
    monkeypatch.setattr(main, "Commands", Pretended(Interruptions(problems=("It is lost.",))))
    result = CliRunner().invoke(main.survival, ["commands", "--json", "--seed", "3"])
    assert 1 == result.exit_code
    assert {"seed": 3, "problems": ["It is lost."]}.items() <= json.loads(result.stdout).items()


def test_killed_commands_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Interruptions(restores=2, restores_hit=1, loads=2, loads_hit=2, loads_partly=1, rows=40)
    monkeypatch.setattr(main, "Commands", Pretended(found))
    result = CliRunner().invoke(main.survival, ["commands", "--times", "2"])
    assert 0 == result.exit_code, result.output
    assert "restores killed         2 (1 at work)" in result.stdout
    assert "loads killed            2 (2 at work, 1 between two batches)" in result.stdout


@pytest.mark.parametrize("memory", [True, False])
def test_a_soak_is_told_also_where_memory_is_not_known(monkeypatch: pytest.MonkeyPatch, memory: bool) -> None:
    def soaked(folder: Path, seconds: float, *more: Any) -> Soaked:
        assert 30 == seconds
        return Soaked(**(SOAKED if memory else SOAKED | {"memory": None}))

    monkeypatch.setattr(main, "soak", soaked)
    result = CliRunner().invoke(main.survival, ["soak", "--minutes", "0.5"])
    assert 0 == result.exit_code, result.output
    assert "asked                   600 questions by 8 clients, 10 a second" in result.stdout
    assert "p50, p95, max           12.3, 45.6, 78.9 ms" in result.stdout
    assert "meanwhile               7 added, 5 changed, 3 deleted, 9 generations" in result.stdout
    told = "300 MiB warmed up, 302 in the end, +0.50 MiB a minute" if memory else "not known"
    assert f"memory                  {told}" in result.stdout
