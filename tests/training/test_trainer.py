import itertools
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from corpus.errors import ModelProblem
from tests.training_parts import PAD, begun, material, weights, write_data
from training import trainer as module
from training.data.batches import Material, epoch
from training.models.distillation import Mirror, Panel
from training.models.quantization import RoundingLinear
from training.models.student import SpanNetwork
from training.trainer import Plan, State, Trainer

PLAN = Plan(epochs=2, rate=2e-3, tokens=512, singles=4)
CHECKPOINT = "checkpoint.pt"


class Stopped(Exception):
    """What ends a run in the middle, as a kill does."""


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Material:
    found = material(write_data(tmp_path_factory.mktemp("data")))
    return replace(found, wiki=found.wiki[:4], forum=found.forum[:4], near=[*found.near[:4], *found.near[-4:]])


@pytest.fixture
def at_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint after every step."""
    monkeypatch.setattr(module, "_CHECKPOINT_SECONDS", -1)


def unchecked(network: SpanNetwork) -> str:
    return "fine"


def trained(
    towns: Material, work: Path, plan: Plan = PLAN, stop_after: int | None = None
) -> tuple[State, list[str], list[Any]]:
    """Train in a folder, as one process does; return where it ended, what it told, and the weights.

    A plan that names a teacher has one that has learned nothing.
    """
    work.mkdir(exist_ok=True)
    network, tokens = begun(work / "base", plan.seed, plan.dropout)
    teacher = Panel([begun(work / "base", 99)[0].eval().requires_grad_(False)]) if plan.teacher else None
    told: list[str] = []

    def check(network: SpanNetwork) -> str:
        if len(told) == stop_after:
            raise Stopped
        return "fine"

    state = State()
    with suppress(Stopped):
        state = Trainer(network, tokens, PAD, towns, plan, work, teacher).train(told.append, check)
    return state, told, weights(network)


def steps(towns: Material, plan: Plan = PLAN) -> int:
    return sum(len(epoch(towns, plan.seed, number, plan.tokens, plan.singles)) for number in range(plan.epochs))


def same(one: list[Any], two: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_training_goes_through_the_batches_of_all_epochs(towns: Material, tmp_path: Path) -> None:
    state, told, _ = trained(towns, tmp_path)
    assert abs(steps(towns) - state.steps) <= 1  # an epoch may have a batch more than another
    assert state.seconds > 0
    assert 1 == len(told)
    assert "epoch 2" in told[0]
    assert told[0].endswith("fine")


def test_the_loss_comes_down(towns: Material, tmp_path: Path, at_each_step: None) -> None:
    _, told, _ = trained(towns, tmp_path, replace(PLAN, epochs=4))
    losses = [float(line.split("loss ")[1].split()[0]) for line in told if "loss" in line]
    quarter = len(losses) // 4
    assert sum(losses[-quarter:]) < 0.8 * sum(losses[:quarter])


def test_the_same_plan_ends_with_the_same_weights_another_seed_with_others(towns: Material, tmp_path: Path) -> None:
    _, _, one = trained(towns, tmp_path / "one")
    _, _, two = trained(towns, tmp_path / "two")
    _, _, other = trained(towns, tmp_path / "other", replace(PLAN, seed=1))
    assert same(one, two)
    assert not same(one, other)


@pytest.mark.skipif(torch.cuda.is_available(), reason="sums on a GPU come in any order")
@pytest.mark.parametrize("stop_after", [0, 3, 7])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"rounding": 0.0},
        {"rounding": 0.4},
        {"rounding": 0.4, "dropout": 0.2},
        {"teacher": "one", "likeness": 0.5, "dropout": 0.1},
    ],
)
def test_a_run_that_was_stopped_and_goes_on_ends_with_the_weights_of_one_that_was_not(
    towns: Material, tmp_path: Path, at_each_step: None, stop_after: int, more: dict[str, Any]
) -> None:
    plan = replace(PLAN, **more)
    whole, _, expected = trained(towns, tmp_path / "whole", plan)
    assert 8 < whole.steps
    trained(towns, tmp_path / "stopped", plan, stop_after=stop_after)
    state, told, found = trained(towns, tmp_path / "stopped", plan)
    assert told[0].endswith(f"{CHECKPOINT}: {stop_after + 1} batches done.")
    assert (whole.epoch, whole.batch, whole.steps) == (state.epoch, state.batch, state.steps)
    assert same(expected, found)


def test_rounding_begins_when_it_is_time_and_is_over_in_the_end(
    towns: Material, tmp_path: Path, at_each_step: None
) -> None:
    network, tokens = begun(tmp_path / "base")
    rounding: list[set[bool]] = []

    def check(network: SpanNetwork) -> str:
        rounding.append({one.rounds for one in network.modules() if isinstance(one, RoundingLinear)})
        return "fine"

    Trainer(network, tokens, PAD, towns, replace(PLAN, rounding=0.5), tmp_path).train([].append, check)
    assert [{False}, {True}] == [one for one, _ in itertools.groupby(rounding)]
    assert 0.35 < rounding.count({True}) / len(rounding) < 0.65
    assert not any(one.rounds for one in network.modules() if isinstance(one, RoundingLinear))


def test_a_run_that_is_stopped_while_it_writes_leaves_the_checkpoint_before(
    towns: Material, tmp_path: Path, at_each_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(towns, tmp_path, stop_after=2)
    save = torch.save

    def halfway(state: Any, file: Path) -> None:
        save(state, file)
        file.write_bytes(file.read_bytes()[:1000])
        raise Stopped

    monkeypatch.setattr(torch, "save", halfway)  # no other way to be stopped at that very moment
    trained(towns, tmp_path)
    monkeypatch.undo()
    assert {CHECKPOINT, "checkpoint.new", "base"} == {one.name for one in tmp_path.iterdir()}
    _, told, _ = trained(towns, tmp_path)
    assert told[0].endswith("3 batches done.")
    assert {CHECKPOINT, "base"} == {one.name for one in tmp_path.iterdir()}


def test_a_run_that_has_ended_is_not_trained_on(towns: Material, tmp_path: Path) -> None:
    first, _, expected = trained(towns, tmp_path)
    state, told, found = trained(towns, tmp_path)
    assert first == state
    assert same(expected, found)
    assert [f"Trained: {first.steps} batches, {first.seconds / 60:.0f} min  fine"] == told[1:]


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 3},
        {"rate": 1e-3},
        {"tokens": 256},
        {"singles": 3},
        {"warmup": 0.1},
        {"hours": 1.0},
        {"seed": 4},
        {"half": True},
        {"begins": "another reader"},
        {"likeness": 1.0},
        {"dropout": 0.1},
    ],
)
def test_a_checkpoint_of_another_plan_is_not_used(towns: Material, tmp_path: Path, change: dict[str, Any]) -> None:
    tiny = Material([], [], towns.single[:4], [])
    trained(tiny, tmp_path)
    _, told, found = trained(tiny, tmp_path, replace(PLAN, **change))
    assert told[0].endswith("is of another plan: starting anew.")
    if not change.get("hours"):  # time decides
        assert same(trained(tiny, tmp_path / "new", replace(PLAN, **change))[2], found)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half of one"])
def test_a_damaged_checkpoint_is_named(towns: Material, tmp_path: Path, content: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(ModelProblem, match=rf"{CHECKPOINT} is damaged, or of another network\. Remove it"):
        trained(towns, tmp_path)


def test_a_checkpoint_of_another_network_is_named(towns: Material, tmp_path: Path) -> None:
    trained(Material([], [], towns.single[:4], []), tmp_path)
    kept = torch.load(tmp_path / CHECKPOINT)
    kept["network"]["spans.weight"] = torch.zeros(2, 48)
    torch.save(kept, tmp_path / CHECKPOINT)
    with pytest.raises(ModelProblem, match="of another network"):
        trained(towns, tmp_path)


def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on a second whenever it is read: a step, which reads it before and after, takes one."""
    seconds = itertools.count()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))


def rates(towns: Material, work: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rate of every step."""
    work.mkdir()
    network, tokens = begun(work / "base")
    monkeypatch.setattr(module, "_CHECKPOINT_SECONDS", -1)
    found = []

    def tell(line: str) -> None:
        found.append(torch.load(work / CHECKPOINT)["optimizer"]["param_groups"][0]["lr"])

    Trainer(network, tokens, PAD, towns, plan, work).train(tell, unchecked)
    return found[:-1]  # the last line is of no step


def test_hours_end_the_training_with_the_rate_at_0(
    towns: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking(monkeypatch)
    found = rates(towns, tmp_path / "work", replace(PLAN, epochs=100, hours=20 / 3600), monkeypatch)
    assert 20 == len(found)
    assert pytest.approx(PLAN.rate * (1 - 19 / 20) / (1 - PLAN.warmup)) == found[-1]
    assert sorted(found[1:], reverse=True) == found[1:]


def test_hours_that_are_not_needed_change_nothing(
    towns: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking(monkeypatch)
    _, _, long = trained(towns, tmp_path / "long", replace(PLAN, hours=10.0))
    _, _, expected = trained(towns, tmp_path / "none")
    assert same(expected, long)


def test_hours_count_what_a_run_before_has_spent(
    towns: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_each_step: None
) -> None:
    ticking(monkeypatch)
    plan = replace(PLAN, epochs=100, hours=20 / 3600)
    trained(towns, tmp_path, plan, stop_after=14)
    state, _, _ = trained(towns, tmp_path, plan)
    assert (20, 20.0) == (state.steps, state.seconds)
    again, _, _ = trained(towns, tmp_path, plan)
    assert state == again


def test_the_rate_rises_then_falls_in_a_straight_line(
    towns: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, epochs=1, tokens=64, singles=8, warmup=0.25)  # a group a step
    found = rates(towns, tmp_path / "work", plan, monkeypatch)
    top = found.index(max(found))
    assert pytest.approx(len(found) / 4, abs=1) == top
    assert 12 < len(found)
    assert pytest.approx(plan.rate, rel=1 / len(found) / plan.warmup) == found[top]
    falling = np.diff(found[top + 1 :])
    assert falling.max() < 0
    np.testing.assert_allclose(falling, falling[0], rtol=1e-6)
    assert pytest.approx(plan.rate / len(found) / (1 - plan.warmup)) == found[-1]


def test_the_head_learns_faster_and_norms_and_biases_do_not_decay(towns: Material, tmp_path: Path) -> None:
    trained(Material([], [], towns.single[:4], []), tmp_path)
    body, plain, head = torch.load(tmp_path / CHECKPOINT)["optimizer"]["param_groups"]
    assert (5.0, 0.0, 0.0) == (head["lr"] / body["lr"], head["weight_decay"], plain["weight_decay"])
    assert body["weight_decay"] > 0
    assert (1.0, 2) == (plain["lr"] / body["lr"], len(head["params"]))


def test_how_like_a_teacher_it_is_to_be_fades_as_training_goes_on(
    towns: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weighed: list[float] = []
    real = module.taught_loss

    def heard(*given: Any) -> torch.Tensor:
        weighed.append(given[-1])
        return real(*given)

    monkeypatch.setattr(module, "taught_loss", heard)
    state, _, _ = trained(towns, tmp_path, replace(PLAN, teacher="one", likeness=0.5))
    assert state.steps == len(weighed)
    np.testing.assert_allclose(weighed, 0.5 * (1 - np.arange(state.steps) / state.steps), atol=0.05)


def test_the_mirror_learns_and_is_no_part_of_the_network(towns: Material, tmp_path: Path) -> None:
    tiny = Material([], [], towns.single[:4], [])
    _, _, plain = trained(tiny, tmp_path / "plain", replace(PLAN, teacher="one"))
    _, _, found = trained(tiny, tmp_path / "like", replace(PLAN, teacher="one", likeness=1.0))
    assert [one.shape for one in plain] == [one.shape for one in found]
    assert not same(plain, found)
    kept = torch.load(tmp_path / "like" / CHECKPOINT)
    assert {"turn.weight", "turn.bias"} == set(kept["mirror"])
    torch.manual_seed(PLAN.seed)
    begun_with = Mirror(32, 32).state_dict()
    assert not any(torch.allclose(begun_with[name], learned) for name, learned in kept["mirror"].items())
    assert 4 == len(kept["optimizer"]["param_groups"][2]["params"])  # the head's and the mirror's


def test_without_anything_to_learn_nothing_is_trained(tmp_path: Path) -> None:
    state, _, _ = trained(Material([], [], [], []), tmp_path)
    assert 0 == state.steps


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU always has half the precision")
def test_half_precision_trains_as_well(towns: Material, tmp_path: Path, at_each_step: None) -> None:
    plan = replace(PLAN, epochs=4)
    ends = {}
    for half in (False, True):
        _, told, ends[half] = trained(towns, tmp_path / str(half), replace(plan, half=half))
        losses = [float(line.split("loss ")[1].split()[0]) for line in told if "loss" in line]
        assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    assert not same(ends[False], ends[True])
