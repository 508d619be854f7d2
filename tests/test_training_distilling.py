import math
from typing import Any

import pytest
import torch
from torch import nn

from training.distilling import TEMPERATURE, TRUST, Panel, divergence, taught_loss
from training.network import GROUP_WEIGHT, NO_ANSWER, Batch, Told, loss, read

Logits = list[list[float]]


class Saying(nn.Module):
    """Says the same of every row, whatever it reads."""

    def __init__(self, start: Logits, end: Logits) -> None:
        super().__init__()
        self.start, self.end = nn.Parameter(torch.tensor(start)), nn.Parameter(torch.tensor(end))

    def forward(self, *_: Any) -> Any:
        return self.start, self.end


def rows(groups: list[int], tokens: int = 3) -> Batch:
    shape = (len(groups), tokens)
    ones = torch.ones(shape, dtype=torch.int64)
    gold = [[(1, 1)], *([[NO_ANSWER]] * (len(groups) - 1))]
    return Batch(ones, ones, ones, torch.ones(shape, dtype=torch.bool), gold, groups)


def shares(logits: list[float]) -> list[float]:
    total = sum(math.exp(one / TEMPERATURE) for one in logits)
    return [math.exp(one / TEMPERATURE) / total for one in logits]


def apart(expected: list[float], told: list[float]) -> float:
    return sum(p * math.log(p / q) for p, q in zip(expected, told, strict=True))


def test_the_loss_is_how_far_the_probabilities_are_from_the_teachers_and_that_of_the_gold_spans() -> None:
    own, theirs = [[0.0, 1.0, 0.5]], [[2.0, -1.0, 0.0]]
    network, teacher, batch = Saying(own, own), Saying(theirs, theirs), rows([0])
    by_teacher = 2 * apart(shares(theirs[0]), shares(own[0]))
    expected = TRUST * TEMPERATURE**2 * by_teacher + (1 - TRUST) * loss(network, [batch]).item()  # type: ignore[arg-type]
    assert pytest.approx(expected, abs=1e-5) == taught_loss(network, teacher, [batch]).item()  # type: ignore[arg-type]


def test_which_passage_answers_is_learned_too() -> None:
    own, theirs = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]], [[2.0, -1.0, 0.0], [0.0, 3.0, 1.0]]

    def odds(logits: list[float]) -> float:
        none, *some = shares(logits)
        return 2 * math.log(sum(some) / none)

    def among(logits: Logits) -> list[float]:
        total = sum(math.exp(odds(row)) for row in logits)
        return [math.exp(odds(row)) / total for row in logits]

    told, expected = (
        Told.of(read(Saying(one, one), [rows([0, 0])]), TEMPERATURE)  # type: ignore[arg-type]
        for one in (own, theirs)
    )
    single, together = (float(divergence(told, expected, [rows(groups)]).detach()) for groups in ([0, 1], [0, 0]))
    between = apart(among(theirs), among(own))
    assert pytest.approx(single + GROUP_WEIGHT * between / 2, abs=1e-5) == together


def test_a_network_that_says_what_the_teacher_says_has_only_the_gold_spans_to_learn() -> None:
    told = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]]
    network, teacher, batch = Saying(told, told), Saying(told, told), rows([0, 0])
    value = taught_loss(network, teacher, [batch])  # type: ignore[arg-type]
    assert pytest.approx((1 - TRUST) * loss(network, [batch]).item(), abs=1e-5) == value.item()  # type: ignore[arg-type]


def test_several_teachers_say_their_mean() -> None:
    batch = rows([0, 0])
    first, second = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]], [[2.0, -1.0, 0.0], [0.0, 3.0, 1.0]]
    panel = Panel([Saying(first, second), Saying(second, second)])  # type: ignore[list-item]
    start, end = panel(batch.ids, batch.mask, batch.types)
    assert [[1.0, 0.0, 0.25], [0.5, 1.5, 0.5]] == start.tolist()
    assert second == end.tolist()


def test_what_can_not_answer_does_not_count() -> None:
    closed = rows([0])
    closed.allowed[0, 2] = False
    own, wild = [[0.0, 1.0, 5.0]], [[0.0, 1.0, -9.0]]
    expected, told = (Told.of(read(Saying(one, one), [closed])) for one in (own, wild))  # type: ignore[arg-type]
    assert pytest.approx(0, abs=1e-6) == float(divergence(told, expected, [closed]).detach())


def test_the_network_learns_and_the_teacher_stays() -> None:
    own, theirs = [[0.0, 0.0, 0.0]], [[-2.0, 3.0, 0.0]]
    network, teacher, batch = Saying(own, own), Saying(theirs, theirs), rows([0])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    for _ in range(200):
        value = taught_loss(network, teacher, [batch])  # type: ignore[arg-type]
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    assert teacher.start.grad is None
    assert theirs == teacher.start.tolist()
    learned, wanted = (one.start[0].softmax(dim=0).tolist() for one in (network, teacher))
    assert pytest.approx(wanted, abs=0.05) == learned
