import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.models.distillation import TEMPERATURE, TRUST, Mirror, Panel, divergence, taught_loss
from training.models.student import GROUP_WEIGHT, NO_ANSWER, Batch, SpanNetwork, Told, loss, read

Logits = list[list[float]]


class Saying(SpanNetwork):
    """Says the same of every row, whatever it reads; its states are the row's logits besides."""

    def __init__(self, start: Logits, end: Logits) -> None:
        super().__init__(nn.Identity(), 2)
        self.start, self.end = nn.Parameter(torch.tensor(start)), nn.Parameter(torch.tensor(end))

    def states_and_logits(self, *_: Any) -> Any:
        return torch.stack([self.start, self.end], dim=-1), self.start, self.end


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
    expected = TRUST * TEMPERATURE**2 * by_teacher + (1 - TRUST) * loss(network, [batch]).item()
    assert pytest.approx(expected, abs=1e-5) == taught_loss(network, teacher, [batch]).item()


def test_which_passage_answers_is_learned_too() -> None:
    own, theirs = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]], [[2.0, -1.0, 0.0], [0.0, 3.0, 1.0]]

    def odds(logits: list[float]) -> float:
        none, *some = shares(logits)
        return 2 * math.log(sum(some) / none)

    def among(logits: Logits) -> list[float]:
        total = sum(math.exp(odds(row)) for row in logits)
        return [math.exp(odds(row)) / total for row in logits]

    told, expected = (Told.of(read(Saying(one, one), [rows([0, 0])]), TEMPERATURE) for one in (own, theirs))
    single, together = (float(divergence(told, expected, [rows(groups)]).detach()) for groups in ([0, 1], [0, 0]))
    between = apart(among(theirs), among(own))
    assert pytest.approx(single + GROUP_WEIGHT * between / 2, abs=1e-5) == together


def test_a_network_that_says_what_the_teacher_says_has_only_the_gold_spans_to_learn() -> None:
    told = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]]
    network, teacher, batch = Saying(told, told), Saying(told, told), rows([0, 0])
    value = taught_loss(network, teacher, [batch])
    assert pytest.approx((1 - TRUST) * loss(network, [batch]).item(), abs=1e-5) == value.item()


def test_several_teachers_say_their_mean() -> None:
    batch = rows([0, 0])
    first, second = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]], [[2.0, -1.0, 0.0], [0.0, 3.0, 1.0]]
    panel = Panel([Saying(first, second), Saying(second, second)])
    start, end = panel(batch.ids, batch.mask, batch.types)
    assert [[1.0, 0.0, 0.25], [0.5, 1.5, 0.5]] == start.tolist()
    assert second == end.tolist()


def test_what_can_not_answer_does_not_count() -> None:
    closed = rows([0])
    closed.allowed[0, 2] = False
    own, wild = [[0.0, 1.0, 5.0]], [[0.0, 1.0, -9.0]]
    expected, told = (Told.of(read(Saying(one, one), [closed])) for one in (own, wild))
    assert pytest.approx(0, abs=1e-6) == float(divergence(told, expected, [closed]).detach())


def test_the_network_learns_and_the_teacher_stays() -> None:
    own, theirs = [[0.0, 0.0, 0.0]], [[-2.0, 3.0, 0.0]]
    network, teacher, batch = Saying(own, own), Saying(theirs, theirs), rows([0])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    for _ in range(200):
        value = taught_loss(network, teacher, [batch])
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    assert teacher.start.grad is None
    assert theirs == teacher.start.tolist()
    learned, wanted = (one.start[0].softmax(dim=0).tolist() for one in (network, teacher))
    assert pytest.approx(wanted, abs=0.05) == learned


def states(*rows: list[list[float]]) -> list[Tensor]:
    return [torch.tensor([row]) for row in rows]


def mirror_of(weight: list[list[float]], bias: list[float]) -> Mirror:
    mirror = Mirror(len(weight[0]), len(weight))
    with torch.no_grad():
        mirror.turn.weight.copy_(torch.tensor(weight))
        mirror.turn.bias.copy_(torch.tensor(bias))
    return mirror


def test_states_that_can_be_turned_into_the_teachers_are_not_unlike_them() -> None:
    own = states([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    theirs = states([[3.0, 0.5, -9.0], [2.0, 1.5, -9.0], [7.0, 5.5, -9.0]])
    middle, spread = (4.0, 2.5), (14 / 3, 14 / 3)  # of the first two; the third is always the same
    weight, bias = [[2.0, 1.0], [1.0, 2.0]], [1.0, -0.5]
    turned = [[one / math.sqrt(s) for one in row] for row, s in zip(weight, spread, strict=True)]
    mirror = mirror_of(
        [*turned, [0.0, 0.0]],
        [*((b - m) / math.sqrt(s) for b, m, s in zip(bias, middle, spread, strict=True)), 0.0],
    )
    assert pytest.approx(0, abs=1e-5) == float(mirror.unlike(own, theirs, [rows([0])]).detach())


def test_a_mirror_that_says_the_middle_misses_all_whatever_the_sizes_of_the_numbers() -> None:
    own = states([[1.0], [2.0], [3.0]])
    theirs = states([[100.0, 0.1], [200.0, 0.2], [600.0, 0.6]])
    mirror = mirror_of([[0.0], [0.0]], [0.0, 0.0])
    assert pytest.approx(1, abs=1e-2) == float(mirror.unlike(own, theirs, [rows([0])]).detach())
    far = [one + 1e4 for one in theirs]
    assert pytest.approx(1, abs=1e-2) == float(mirror.unlike(own, far, [rows([0])]).detach())


def test_what_is_missed_is_the_share_of_each_number_s_spread() -> None:
    own = states([[1.0], [2.0], [3.0]])
    theirs = states([[100.0, 1.0], [200.0, 2.0], [600.0, 6.0]])  # alike, but for the size
    one_of_two = mirror_of([[0.0], [1.0]], [0.0, -2.0])  # the second: -1, 0, 1; wanted: -2, -1, 3 over its spread
    wanted = [value / math.sqrt(14 / 3) for value in (-2, -1, 3)]
    missed = sum((a - b) ** 2 for a, b in zip((-1, 0, 1), wanted, strict=True)) / 3
    expected = (1 + missed) / 2
    assert pytest.approx(expected, abs=1e-2) == float(one_of_two.unlike(own, theirs, [rows([0])]).detach())


def test_states_of_padding_do_not_count_and_those_of_several_batches_do_together() -> None:
    mirror = Mirror(1, 1)
    whole = mirror.unlike(states([[1.0], [2.0], [4.0]]), states([[3.0], [1.0], [2.0]]), [rows([0])])
    short, padded = rows([0], tokens=1), rows([0])
    mask = padded.mask.clone()
    mask[0, 2] = 0
    batches = [replace(padded, mask=mask), short]
    own, theirs = states([[1.0], [2.0], [99.0]], [[4.0]]), states([[3.0], [1.0], [77.0]], [[2.0]])
    assert pytest.approx(float(whole.detach()), abs=1e-5) == float(mirror.unlike(own, theirs, batches).detach())


def test_how_unlike_the_states_are_is_added_as_it_is_weighed() -> None:
    own, theirs = [[0.0, 1.0, 0.5]], [[2.0, -1.0, 0.0]]
    network, teacher, batch = Saying(own, own), Panel([Saying(theirs, theirs)]), rows([0])
    mirror = Mirror(network.width, teacher.width)
    told = [one.states_and_logits()[0] for one in (network, Saying(theirs, theirs))]
    unlike = float(mirror.unlike([told[0]], [told[1]], [batch]).detach())
    plain, more = (float(taught_loss(network, teacher, [batch], mirror, likeness).detach()) for likeness in (0.0, 0.5))
    assert pytest.approx(plain + 0.5 * unlike, abs=1e-5) == more
    assert unlike > 0


def test_the_states_of_several_teachers_stand_side_by_side() -> None:
    batch, one = rows([0, 0]), Saying([[0.0, 1.0, 2.0]] * 2, [[3.0, 4.0, 5.0]] * 2)
    panel = Panel([one, one])
    found, _, _ = panel.states_and_logits(batch.ids, batch.mask, batch.types)
    assert (2, 3, 4) == tuple(found.shape)
    assert panel.width == 4
    assert [1.0, 4.0, 1.0, 4.0] == found[0, 1].tolist()
