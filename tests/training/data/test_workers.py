import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from corpus.errors import ModelProblem
from qa.reader.tokenization import ReaderInput
from tests.training_parts import begun, material, write_data
from training.data.batches import Group, Material, epoch
from training.data.workers import Feed, steps
from training.setup import PAD


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return material(write_data(tmp_path_factory.mktemp("data")))


@pytest.fixture
def reads(tmp_path: Path) -> ReaderInput:
    return begun(tmp_path / "base")[1]


def feed(towns: Material, reads: ReaderInput) -> Feed:
    return Feed(lambda number: epoch(towns, 0, number, 60, 4), reads, PAD, 512)


def told(made: Feed, epochs: range, done: int = 0, workers: int = 0) -> list[tuple[int, int, list[list[int]]]]:
    return [
        (number, total, [batch.ids.tolist() for batch in step])
        for number, total, step in steps(made, epochs, done, workers)
    ]


def test_every_epoch_is_made_whole_and_in_order(towns: Material, reads: ReaderInput) -> None:
    made = feed(towns, reads)
    lengths = [len(made.groups(number)) for number in range(3)]
    found = told(made, range(3))
    assert [number for number in range(3) for _ in range(lengths[number])] == [number for number, _, _ in found]
    assert {(number, lengths[number]) for number in range(3)} == {(number, total) for number, total, _ in found}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("done", [0, 5])
def test_other_processes_make_the_very_same(workers: int, done: int, towns: Material, reads: ReaderInput) -> None:
    made = feed(towns, reads)
    assert told(made, range(1, 4), done) == told(made, range(1, 4), done, workers)


def test_what_is_done_is_left_out_in_the_first_epoch_only(towns: Material, reads: ReaderInput) -> None:
    made = feed(towns, reads)
    assert told(made, range(2))[7:] == told(made, range(2), 7)


def test_a_batch_is_the_same_from_another_process(towns: Material, reads: ReaderInput) -> None:
    made = feed(towns, reads)
    (_, _, [own]), (_, _, [other]) = (next(steps(made, range(1), 0, workers)) for workers in (0, 1))
    for name in ("ids", "mask", "types", "allowed"):
        assert torch.equal(getattr(own, name), getattr(other, name))
    assert (own.gold, own.groups) == (other.gold, other.groups)


def test_a_process_that_was_ended_is_told(towns: Material, reads: ReaderInput) -> None:
    here = os.getpid()

    def groups(number: int) -> Sequence[Sequence[Group]]:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return epoch(towns, 0, number, 60, 4)

    with pytest.raises(ModelProblem, match="may lack memory"):
        list(steps(Feed(groups, reads, PAD, 512), range(1), 0, 2))
