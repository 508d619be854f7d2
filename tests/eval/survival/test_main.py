"""The command line of eval.survival."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.survival import __main__ as main
from eval.survival.interrupted_commands import CommandCounts
from eval.survival.service_kills import KillCounts
from eval.survival.soak import MemoryTrend, SoakResult

MEMORY = MemoryTrend(300.2, 302.4, 0.5, 2.0, True)
SOAKED = SoakResult(60.0, 8, 600, 10.0, 12.3, 45.6, 78.9, 7, 5, 3, 9, MEMORY, ())


class FakeRun:
    """A run that takes no time."""

    def __init__(self, found: object) -> None:
        self.found = found
        self.arguments: tuple[Any, ...] = ()

    def __call__(self, *arguments: Any) -> "FakeRun":
        self.arguments = arguments
        return self

    def run(self, times: int, report: Any) -> object:
        report(times)
        return self.found


def test_kills_are_counted_and_printed_with_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = KillCounts(kills=4, starting=1, building=2, under_way=3, adds=10, changes=5, deletes=2, generations=9)
    made = FakeRun(counts)
    monkeypatch.setattr(main, "ServiceKills", made)
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
    assert (3, 6, ("--reader", "sentences", "--log-level=info")) == made.arguments[1:]


def test_problems_are_printed_and_make_the_exit_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "ServiceKills", FakeRun(KillCounts(kills=1, lost=1, problems=("It is lost.",))))
    result = CliRunner().invoke(main.survival, ["kills", "--times", "1"])
    assert 1 == result.exit_code
    assert "problem: It is lost." == result.stdout.splitlines()[-1]
    monkeypatch.setattr(main, "CommandKills", FakeRun(CommandCounts(problems=("It is lost.",))))
    result = CliRunner().invoke(main.survival, ["commands", "--json", "--seed", "3"])
    assert 1 == result.exit_code
    assert {"seed": 3, "problems": ["It is lost."]}.items() <= json.loads(result.stdout).items()


def test_killed_commands_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = CommandCounts(restores=2, restores_hit=1, loads=2, loads_hit=2, loads_partly=1, rows=40)
    monkeypatch.setattr(main, "CommandKills", FakeRun(found))
    result = CliRunner().invoke(main.survival, ["commands", "--times", "2"])
    assert 0 == result.exit_code, result.output
    assert "restores killed         2 (1 at work)" in result.stdout
    assert "loads killed            2 (2 at work, 1 between two batches)" in result.stdout


@pytest.mark.parametrize("memory", [True, False])
def test_a_soak_is_printed_also_where_memory_is_not_known(monkeypatch: pytest.MonkeyPatch, memory: bool) -> None:
    def soaked(folder: Path, seconds: float, *more: Any) -> SoakResult:
        assert 30 == seconds
        return SOAKED if memory else replace(SOAKED, memory=None)

    monkeypatch.setattr(main, "soak", soaked)
    result = CliRunner().invoke(main.survival, ["soak", "--minutes", "0.5"])
    assert 0 == result.exit_code, result.output
    assert "asked                   600 questions by 8 clients, 10 a second" in result.stdout
    assert "p50, p95, max           12.3, 45.6, 78.9 ms" in result.stdout
    assert "meanwhile               7 added, 5 changed, 3 deleted, 9 generations" in result.stdout
    expected = "300 MiB warmed up, 302 in the end, +0.50 MiB a minute" if memory else "not known"
    assert f"memory                  {expected}" in result.stdout
