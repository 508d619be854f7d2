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
from tests.training_parts import training_data, untrained, weights, write_data
from training import trainer as module
from training.data.sampling import SamplingRates, TrainingData, sample_epoch
from training.models.losses import HiddenStateProjection
from training.models.network import SpanNetwork
from training.models.quantization import FakeQuantizedLinear
from training.models.teacher import TeacherEnsemble
from training.trainer import Trainer, TrainingConfig, TrainingState

# Rates of 0 and 1, so that all epochs have about as many batches.
EVEN = SamplingRates(
    forum=1, answer_removed=0, unanswerable=1, unanswerable_single=0, question_words=0, keywords=0, preambles=0
)
CONFIG = TrainingConfig(epochs=2, learning_rate=2e-3, batch_tokens=384, single_sentences=4, rates=EVEN)
CHECKPOINT = "checkpoint.pt"


class Stopped(Exception):
    """Ends a run in the middle, as a kill does."""


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    found = training_data(write_data(tmp_path_factory.mktemp("data")))
    negatives = found.hard_negatives
    hard_negatives = [*negatives[:4], *negatives[len(found.wiki) :][:4]]
    return replace(found, wiki=found.wiki[:4], forum=found.forum[:4], hard_negatives=hard_negatives, squad=())


@pytest.fixture(scope="module")
def tiny(towns: TrainingData) -> TrainingData:
    """Four single sentences."""
    return TrainingData([], [], towns.single_sentences[:4], [])


@pytest.fixture
def at_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint after every step."""
    monkeypatch.setattr(module, "_CHECKPOINT_SECONDS", -1)


def unchecked(network: SpanNetwork) -> str:
    return "fine"


def trained(
    towns: TrainingData, work: Path, config: TrainingConfig = CONFIG, stop_after: int | None = None
) -> tuple[TrainingState, list[str], list[Any]]:
    """Train in a folder, as one process does; return the state, the log, and the weights.

    A configuration that names a teacher gets an untrained one.
    """
    work.mkdir(exist_ok=True)
    network, tokens = untrained(work / "base", config.seed, config.dropout)
    teacher = None
    if config.teachers:
        teacher = TeacherEnsemble([untrained(work / "base", 99)[0].eval().requires_grad_(False)])
    log: list[str] = []

    def check(network: SpanNetwork) -> str:
        if len(log) == stop_after:
            raise Stopped
        return "fine"

    state = TrainingState()
    with suppress(Stopped):
        state = Trainer(network, tokens, towns, config, work, teacher).train(log.append, check)
    return state, log, weights(network)


def steps(towns: TrainingData, config: TrainingConfig = CONFIG) -> int:
    epochs = range(config.epochs)
    size = config.batch_tokens, config.single_sentences, config.rates
    return sum(len(sample_epoch(towns, config.seed, number, *size)) for number in epochs)


def same(one: list[Any], two: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_training_reads_the_batches_of_all_epochs(towns: TrainingData, tmp_path: Path) -> None:
    state, log, _ = trained(towns, tmp_path)
    assert abs(steps(towns) - state.steps) <= 1  # an epoch may have a batch more than another
    assert state.seconds > 0
    assert 1 == len(log)
    assert "epoch 2" in log[0]
    assert log[0].endswith("fine")


def test_the_seed_decides_the_weights(towns: TrainingData, tmp_path: Path) -> None:
    _, _, one = trained(towns, tmp_path / "one")
    _, _, two = trained(towns, tmp_path / "two")
    _, _, other = trained(towns, tmp_path / "other", replace(CONFIG, seed=1))
    assert same(one, two)
    assert not same(one, other)


def test_training_takes_back_the_threads_that_another_library_took(
    tiny: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = torch.get_num_threads()
    monkeypatch.setattr(module, "_THREADS", threads + 1)
    try:
        trained(tiny, tmp_path)
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU sums in any order")
@pytest.mark.parametrize("stop_after", [0, 3, 7])
@pytest.mark.parametrize(
    "more",
    [
        *({}, {"quantize_from": 0.0}, {"quantize_from": 0.4}, {"quantize_from": 0.4, "dropout": 0.2}),
        {"teachers": "one", "hidden_loss": 0.5, "dropout": 0.1},
    ],
)
def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(
    towns: TrainingData, tmp_path: Path, at_each_step: None, stop_after: int, more: dict[str, Any]
) -> None:
    config = replace(CONFIG, **more)
    whole, _, expected = trained(towns, tmp_path / "whole", config)
    assert 8 < whole.steps
    trained(towns, tmp_path / "stopped", config, stop_after=stop_after)
    state, log, found = trained(towns, tmp_path / "stopped", config)
    assert log[0].endswith(f"{CHECKPOINT}: {stop_after + 1} batches done.")
    assert (whole.epoch, whole.batch, whole.steps) == (state.epoch, state.batch, state.steps)
    assert same(expected, found)


def test_quantization_starts_when_due_and_is_off_in_the_end(
    towns: TrainingData, tmp_path: Path, at_each_step: None
) -> None:
    network, tokens = untrained(tmp_path / "base")
    quantizing: list[set[bool]] = []

    def check(network: SpanNetwork) -> str:
        quantizing.append({one.quantizes for one in network.modules() if isinstance(one, FakeQuantizedLinear)})
        return "fine"

    Trainer(network, tokens, towns, replace(CONFIG, quantize_from=0.5), tmp_path).train([].append, check)
    assert [{False}, {True}] == [one for one, _ in itertools.groupby(quantizing)]
    assert 0.35 < quantizing.count({True}) / len(quantizing) < 0.65
    assert not any(one.quantizes for one in network.modules() if isinstance(one, FakeQuantizedLinear))


def test_a_kill_while_saving_leaves_the_previous_checkpoint(
    towns: TrainingData, tmp_path: Path, at_each_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(towns, tmp_path, stop_after=2)
    save = torch.save

    def halfway(state: Any, file: Path) -> None:
        save(state, file)
        file.write_bytes(file.read_bytes()[:1000])
        raise Stopped

    monkeypatch.setattr(torch, "save", halfway)
    trained(towns, tmp_path)
    monkeypatch.undo()
    assert {CHECKPOINT, "checkpoint.new", "base"} == {one.name for one in tmp_path.iterdir()}
    _, log, _ = trained(towns, tmp_path)
    assert log[0].endswith("3 batches done.")
    assert {CHECKPOINT, "base"} == {one.name for one in tmp_path.iterdir()}


def test_a_finished_run_is_not_trained_further(towns: TrainingData, tmp_path: Path) -> None:
    first, _, expected = trained(towns, tmp_path)
    state, log, found = trained(towns, tmp_path)
    assert first == state
    assert same(expected, found)
    assert [f"Trained: {first.steps} batches, {first.seconds / 60:.0f} min  fine"] == log[1:]


@pytest.mark.parametrize(
    "change",
    [
        *({"epochs": 3}, {"learning_rate": 1e-3}, {"batch_tokens": 256}, {"single_sentences": 3}, {"warmup": 0.1}),
        *(
            {"hours": 1.0},
            {"seed": 4},
            {"bf16": True},
            {"warm_start": "another"},
            {"hidden_loss": 1.0},
            {"dropout": 0.1},
        ),
    ],
)
def test_a_checkpoint_of_other_options_is_not_used(tiny: TrainingData, tmp_path: Path, change: dict[str, Any]) -> None:
    trained(tiny, tmp_path)
    _, log, found = trained(tiny, tmp_path, replace(CONFIG, **change))
    assert log[0].endswith("is of a training with other options: starting anew.")
    if not change.get("hours"):  # time decides the learning rate then
        assert same(trained(tiny, tmp_path / "new", replace(CONFIG, **change))[2], found)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half of one"])
def test_a_damaged_checkpoint_is_reported(towns: TrainingData, tmp_path: Path, content: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(ModelProblem, match=rf"{CHECKPOINT} is damaged, or of another network\. Remove it"):
        trained(towns, tmp_path)


def test_a_checkpoint_of_another_network_is_reported(tiny: TrainingData, tmp_path: Path) -> None:
    trained(tiny, tmp_path)
    checkpoint = torch.load(tmp_path / CHECKPOINT)
    checkpoint["network"]["spans.weight"] = torch.zeros(2, 48)
    torch.save(checkpoint, tmp_path / CHECKPOINT)
    with pytest.raises(ModelProblem, match="of another network"):
        trained(tiny, tmp_path)


def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the clock by one that advances a second whenever it is read; a step reads it twice."""
    seconds = itertools.count()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))


def rates(towns: TrainingData, work: Path, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rate of every step."""
    work.mkdir()
    network, tokens = untrained(work / "base")
    monkeypatch.setattr(module, "_CHECKPOINT_SECONDS", -1)
    found = []

    def log_line(line: str) -> None:
        found.append(torch.load(work / CHECKPOINT)["optimizer"]["param_groups"][0]["lr"])

    Trainer(network, tokens, towns, config, work).train(log_line, unchecked)
    return found[:-1]  # the last line is of the end


def test_the_learning_rate_reaches_0_when_the_hours_are_over(
    towns: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking(monkeypatch)
    found = rates(towns, tmp_path / "work", replace(CONFIG, epochs=100, hours=20 / 3600), monkeypatch)
    assert 20 == len(found)
    assert pytest.approx(CONFIG.learning_rate * (1 - 19 / 20) / (1 - CONFIG.warmup)) == found[-1]
    assert sorted(found[1:], reverse=True) == found[1:]


def test_a_limit_that_is_not_reached_changes_nothing(
    towns: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking(monkeypatch)
    _, _, long = trained(towns, tmp_path / "long", replace(CONFIG, hours=10.0))
    _, _, expected = trained(towns, tmp_path / "none")
    assert same(expected, long)


def test_a_resumed_run_counts_the_hours_before(
    towns: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_each_step: None
) -> None:
    ticking(monkeypatch)
    config = replace(CONFIG, epochs=100, hours=20 / 3600)
    trained(towns, tmp_path, config, stop_after=14)
    state, _, _ = trained(towns, tmp_path, config)
    assert (20, 20.0) == (state.steps, state.seconds)
    again, _, _ = trained(towns, tmp_path, config)
    assert state == again


def test_the_learning_rate_warms_up_then_falls_linearly(
    towns: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG, epochs=1, batch_tokens=64, single_sentences=8, warmup=0.25)  # a group a step
    found = rates(towns, tmp_path / "work", config, monkeypatch)
    top = found.index(max(found))
    assert pytest.approx(len(found) / 4, abs=1) == top
    assert 12 < len(found)
    assert pytest.approx(config.learning_rate, rel=1 / len(found) / config.warmup) == found[top]
    falling = np.diff(found[top + 1 :])
    assert falling.max() < 0
    np.testing.assert_allclose(falling, falling[0], rtol=1e-6)
    assert pytest.approx(config.learning_rate / len(found) / (1 - config.warmup)) == found[-1]


def test_the_head_learns_faster_and_norms_and_biases_do_not_decay(tiny: TrainingData, tmp_path: Path) -> None:
    trained(tiny, tmp_path)
    body, plain, head = torch.load(tmp_path / CHECKPOINT)["optimizer"]["param_groups"]
    assert (5.0, 0.0, 0.0) == (head["lr"] / body["lr"], head["weight_decay"], plain["weight_decay"])
    assert body["weight_decay"] > 0
    assert (1.0, 2) == (plain["lr"] / body["lr"], len(head["params"]))


def test_the_hidden_state_loss_fades_during_training(
    towns: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights_used: list[float] = []
    real = module.distillation_loss

    def recorded(*args: Any) -> torch.Tensor:
        weights_used.append(args[-1])
        return real(*args)

    monkeypatch.setattr(module, "distillation_loss", recorded)
    state, _, _ = trained(towns, tmp_path, replace(CONFIG, teachers="one", hidden_loss=0.5))
    assert state.steps == len(weights_used)
    np.testing.assert_allclose(weights_used, 0.5 * (1 - np.arange(state.steps) / state.steps), atol=0.05)


def test_the_projection_is_trained_but_no_part_of_the_network(tiny: TrainingData, tmp_path: Path) -> None:
    _, _, plain = trained(tiny, tmp_path / "plain", replace(CONFIG, teachers="one"))
    _, _, found = trained(tiny, tmp_path / "hidden", replace(CONFIG, teachers="one", hidden_loss=1.0))
    assert [one.shape for one in plain] == [one.shape for one in found]
    assert not same(plain, found)
    checkpoint = torch.load(tmp_path / "hidden" / CHECKPOINT)
    assert {"linear.weight", "linear.bias"} == set(checkpoint["projection"])
    torch.manual_seed(CONFIG.seed)
    initial = HiddenStateProjection(32, 32).state_dict()
    assert not any(torch.allclose(initial[name], learned) for name, learned in checkpoint["projection"].items())
    assert 4 == len(checkpoint["optimizer"]["param_groups"][2]["params"])  # the head's and the projection's


def test_without_data_nothing_is_trained(tmp_path: Path) -> None:
    state, _, _ = trained(TrainingData([], [], [], []), tmp_path)
    assert 0 == state.steps


def test_the_loss_falls_in_bfloat16_too(towns: TrainingData, tmp_path: Path, at_each_step: None) -> None:
    ends = {}
    for bf16 in (False, True):
        _, log, ends[bf16] = trained(towns, tmp_path / str(bf16), replace(CONFIG, epochs=4, bf16=bf16))
        losses = [float(line.split("loss ")[1].split()[0]) for line in log if "loss" in line]
        quarter = len(losses) // 4
        assert sum(losses[-quarter:]) < 0.8 * sum(losses[:quarter])
    assert torch.cuda.is_available() or not same(ends[False], ends[True])  # a GPU always multiplies in bfloat16
