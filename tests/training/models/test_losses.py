import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.training_parts import untrained
from training.data.batches import NO_ANSWER, Batch, collate
from training.models.losses import (
    DISTILLATION_WEIGHT,
    GROUP_WEIGHT,
    TEMPERATURE,
    HiddenStateProjection,
    SpanProbabilities,
    distillation_loss,
    divergence,
    supervised_loss,
)
from training.models.network import SpanNetwork, read
from training.models.teacher import TeacherEnsemble

Logits = list[list[float]]


class ConstantNetwork(SpanNetwork):
    """Returns given logits whatever it reads; they are its hidden states, too."""

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


def constant(logits: Logits) -> ConstantNetwork:
    return ConstantNetwork(logits, logits)


def probabilities(logits: list[float]) -> list[float]:
    total = sum(math.exp(one / TEMPERATURE) for one in logits)
    return [math.exp(one / TEMPERATURE) / total for one in logits]


def kl(expected: list[float], predicted: list[float]) -> float:
    return sum(p * math.log(p / q) for p, q in zip(expected, predicted, strict=True))


def test_the_loss_is_a_divergence_from_the_teacher_and_that_of_gold_spans() -> None:
    student, teacher_logits = [[0.0, 1.0, 0.5]], [[2.0, -1.0, 0.0]]
    network, teacher, batch = constant(student), constant(teacher_logits), rows([0])
    by_teacher = 2 * kl(probabilities(teacher_logits[0]), probabilities(student[0]))
    expected = (
        DISTILLATION_WEIGHT * TEMPERATURE**2 * by_teacher
        + (1 - DISTILLATION_WEIGHT) * supervised_loss(network, [batch]).item()
    )
    assert pytest.approx(expected, abs=1e-5) == distillation_loss(network, teacher, [batch]).item()


def test_which_passage_answers_is_distilled_too() -> None:
    student, teacher_logits = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]], [[2.0, -1.0, 0.0], [0.0, 3.0, 1.0]]

    def odds(logits: list[float]) -> float:
        none, *some = probabilities(logits)
        return 2 * math.log(sum(some) / none)

    def among(logits: Logits) -> list[float]:
        total = sum(math.exp(odds(row)) for row in logits)
        return [math.exp(odds(row)) / total for row in logits]

    predicted, expected = (
        SpanProbabilities.of(read(constant(one), [rows([0, 0])]), TEMPERATURE) for one in (student, teacher_logits)
    )
    single, together = (float(divergence(predicted, expected, [rows(groups)]).detach()) for groups in ([0, 1], [0, 0]))
    between = kl(among(teacher_logits), among(student))
    assert pytest.approx(single + GROUP_WEIGHT * between / 2, abs=1e-5) == together


def test_a_network_that_equals_its_teacher_has_only_the_gold_loss() -> None:
    logits = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]]
    network, teacher, batch = constant(logits), constant(logits), rows([0, 0])
    value = distillation_loss(network, teacher, [batch])
    assert pytest.approx((1 - DISTILLATION_WEIGHT) * supervised_loss(network, [batch]).item(), abs=1e-5) == value.item()


def test_the_logits_of_several_teachers_are_averaged() -> None:
    batch = rows([0, 0])
    first, second = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]], [[2.0, -1.0, 0.0], [0.0, 3.0, 1.0]]
    teachers = TeacherEnsemble([ConstantNetwork(first, second), ConstantNetwork(second, second)])
    _, start, end = teachers.states_and_logits(batch.ids, batch.mask, batch.types)
    assert [[1.0, 0.0, 0.25], [0.5, 1.5, 0.5]] == start.tolist()
    assert second == end.tolist()


def test_masked_tokens_do_not_count() -> None:
    closed = rows([0])
    closed.allowed[0, 2] = False
    student, wild = [[0.0, 1.0, 5.0]], [[0.0, 1.0, -9.0]]
    expected, predicted = (SpanProbabilities.of(read(constant(one), [closed])) for one in (student, wild))
    assert pytest.approx(0, abs=1e-6) == float(divergence(predicted, expected, [closed]).detach())


def test_the_network_learns_and_the_teacher_is_frozen() -> None:
    student, teacher_logits = [[0.0, 0.0, 0.0]], [[-2.0, 3.0, 0.0]]
    network, teacher, batch = constant(student), constant(teacher_logits), rows([0])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    for _ in range(200):
        value = distillation_loss(network, teacher, [batch])
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    assert teacher.start.grad is None
    assert teacher_logits == teacher.start.tolist()
    learned, wanted = (one.start[0].softmax(dim=0).tolist() for one in (network, teacher))
    assert pytest.approx(wanted, abs=0.05) == learned


def states(*rows: list[list[float]]) -> list[Tensor]:
    return [torch.tensor([row]) for row in rows]


def projection_of(weight: list[list[float]], bias: list[float]) -> HiddenStateProjection:
    projection = HiddenStateProjection(len(weight[0]), len(weight))
    with torch.no_grad():
        projection.linear.weight.copy_(torch.tensor(weight))
        projection.linear.bias.copy_(torch.tensor(bias))
    return projection


def test_states_that_project_onto_the_teachers_have_no_loss() -> None:
    student = states([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    teacher_logits = states([[3.0, 0.5, -9.0], [2.0, 1.5, -9.0], [7.0, 5.5, -9.0]])
    middle, spread = (4.0, 2.5), (14 / 3, 14 / 3)  # of the first two; the third is always the same
    weight, bias = [[2.0, 1.0], [1.0, 2.0]], [1.0, -0.5]
    turned = [[one / math.sqrt(s) for one in row] for row, s in zip(weight, spread, strict=True)]
    projection = projection_of(
        [*turned, [0.0, 0.0]],
        [*((b - m) / math.sqrt(s) for b, m, s in zip(bias, middle, spread, strict=True)), 0.0],
    )
    assert pytest.approx(0, abs=1e-5) == float(projection.loss(student, teacher_logits, [rows([0])]).detach())


def test_a_projection_to_the_mean_explains_nothing_at_any_scale() -> None:
    student = states([[1.0], [2.0], [3.0]])
    teacher_logits = states([[100.0, 0.1], [200.0, 0.2], [600.0, 0.6]])
    projection = projection_of([[0.0], [0.0]], [0.0, 0.0])
    assert pytest.approx(1, abs=1e-2) == float(projection.loss(student, teacher_logits, [rows([0])]).detach())
    far = [one + 1e4 for one in teacher_logits]
    assert pytest.approx(1, abs=1e-2) == float(projection.loss(student, far, [rows([0])]).detach())


def test_the_hidden_state_loss_is_the_unexplained_variance() -> None:
    student = states([[1.0], [2.0], [3.0]])
    teacher_logits = states([[100.0, 1.0], [200.0, 2.0], [600.0, 6.0]])  # alike, but for the size
    projection = projection_of([[0.0], [1.0]], [0.0, -2.0])  # the second: -1, 0, 1; wanted: -2, -1, 3 over its spread
    wanted = [value / math.sqrt(14 / 3) for value in (-2, -1, 3)]
    missed = sum((a - b) ** 2 for a, b in zip((-1, 0, 1), wanted, strict=True)) / 3
    expected = (1 + missed) / 2
    assert pytest.approx(expected, abs=1e-2) == float(projection.loss(student, teacher_logits, [rows([0])]).detach())


def test_padding_does_not_count_and_batches_count_together() -> None:
    projection = HiddenStateProjection(1, 1)
    whole = projection.loss(states([[1.0], [2.0], [4.0]]), states([[3.0], [1.0], [2.0]]), [rows([0])])
    short, padded = rows([0], tokens=1), rows([0])
    mask = padded.mask.clone()
    mask[0, 2] = 0
    batches = [replace(padded, mask=mask), short]
    student, teacher_logits = states([[1.0], [2.0], [99.0]], [[4.0]]), states([[3.0], [1.0], [77.0]], [[2.0]])
    assert pytest.approx(float(whole.detach()), abs=1e-5) == float(
        projection.loss(student, teacher_logits, batches).detach()
    )


def test_the_hidden_state_loss_is_added_with_its_weight() -> None:
    student, teacher_logits = [[0.0, 1.0, 0.5]], [[2.0, -1.0, 0.0]]
    network, teacher, batch = constant(student), TeacherEnsemble([constant(teacher_logits)]), rows([0])
    projection = HiddenStateProjection(network.width, teacher.width)
    states = [one.states_and_logits()[0] for one in (network, constant(teacher_logits))]
    hidden = float(projection.loss([states[0]], [states[1]], [batch]).detach())
    plain, more = (
        float(distillation_loss(network, teacher, [batch], projection, weight).detach()) for weight in (0.0, 0.5)
    )
    assert pytest.approx(plain + 0.5 * hidden, abs=1e-5) == more
    assert hidden > 0


def test_the_states_of_several_teachers_are_concatenated() -> None:
    batch, one = rows([0, 0]), ConstantNetwork([[0.0, 1.0, 2.0]] * 2, [[3.0, 4.0, 5.0]] * 2)
    teachers = TeacherEnsemble([one, one])
    found, _, _ = teachers.states_and_logits(batch.ids, batch.mask, batch.types)
    assert (2, 3, 4) == tuple(found.shape)
    assert teachers.width == 4
    assert [1.0, 4.0, 1.0, 4.0] == found[0, 1].tolist()


def scored(batch: Batch, start: Any, end: Any) -> float:
    """The loss of a network that returns given logits."""

    class Constant(torch.nn.Module):
        def forward(self, *inputs: Any) -> tuple[Any, Any]:
            return torch.tensor(start), torch.tensor(end)

    return float(supervised_loss(Constant(), [batch]))  # type: ignore[arg-type]


def one_row(gold: list[tuple[int, int]]) -> Batch:
    ones = torch.ones((1, 4), dtype=torch.int64)
    return Batch(ones, ones, ones, torch.tensor([[True, False, True, True]]), [gold], [0])


def test_the_loss_is_the_negative_log_likelihood_of_the_span() -> None:
    start, end = [[1.0, 50.0, 2.0, 0.5]], [[0.0, 50.0, -1.0, 3.0]]  # what can't answer doesn't count, however high
    p = math.exp(2.0) / sum(map(math.exp, (1.0, 2.0, 0.5))) * math.exp(3.0) / sum(map(math.exp, (0.0, -1.0, 3.0)))
    assert pytest.approx(-math.log(p), abs=1e-5) == scored(one_row([(2, 3)]), start, end)


def test_several_right_spans_add_up() -> None:
    start, end = [[0.0, 0.0, 2.0, 0.5]], [[0.0, 0.0, -1.0, 3.0]]
    single = [math.exp(-scored(one_row([gold]), start, end)) for gold in ((2, 3), (3, 3))]
    assert pytest.approx(-math.log(sum(single)), abs=1e-5) == scored(one_row([(2, 3), (3, 3)]), start, end)


def test_the_right_span_has_the_lowest_loss() -> None:
    right, other, none = [[0.0, 0.0, 5.0, 0.0]], [[0.0, 0.0, 0.0, 5.0]], [[5.0, 0.0, 0.0, 0.0]]
    for gold, best in (([(2, 2)], right), ([(3, 3)], other), ([NO_ANSWER], none)):
        costs = [scored(one_row(gold), logits, logits) for logits in (right, other, none)]
        assert min(costs) == scored(one_row(gold), best, best)
        assert 1 == costs.count(min(costs))


def test_the_loss_of_many_rows_equals_one_computed_by_hand() -> None:
    torch.manual_seed(3)
    start, end = torch.randn(7, 5), torch.randn(7, 5)
    golds = [[(1, 2), (3, 3), (1, 4)], [NO_ANSWER], [NO_ANSWER], [(2, 2)], [NO_ANSWER], [(4, 4), (1, 1)], [NO_ANSWER]]
    groups = [0, 0, 0, 1, 2, 2, 3]  # of three, one, two (the second answers) and one that doesn't
    first, last = (one.log_softmax(dim=1).tolist() for one in (start, end))
    likelihoods = sum(
        -math.log(sum(math.exp(first[row][a] + last[row][b]) for a, b in gold)) for row, gold in enumerate(golds)
    )
    odds = [math.prod((1 - math.exp(one[row][0])) / math.exp(one[row][0]) for one in (first, last)) for row in range(7)]
    between = -math.log(odds[0] / sum(odds[:3])) - math.log(odds[5] / (odds[4] + odds[5]))
    found = scored(replace(rows(groups, tokens=5), gold=golds), start.tolist(), end.tolist())
    assert pytest.approx((likelihoods + GROUP_WEIGHT * between) / 7, abs=1e-5) == found


def test_a_group_may_be_split_over_batches(tmp_path: Path) -> None:
    paragraph = ("", "Ask at noon. " * 20)
    network, tokenizer = untrained(tmp_path)
    rows = tokenizer.pairs(["When?", "Who opened it?", "What is it?"], [("", "Noon"), ("", "At noon."), paragraph])
    spans, groups = [[(0, 4)], [], []], [0, 0, 0]
    whole, split = collate(rows, spans, groups, 1024), collate(rows, spans, groups, 8)
    assert (1, 3) == (len(whole), len(split))
    network.eval()
    assert pytest.approx(supervised_loss(network, whole).item(), abs=1e-4) == supervised_loss(network, split).item()


def test_the_loss_compares_the_passages_of_a_group() -> None:
    logits = [[0.0, 2.0, 1.0], [1.0, 0.0, -1.0]]
    apart, together = scored(rows([0, 1]), logits, logits), scored(rows([0, 0]), logits, logits)
    odds = [2 * math.log(math.exp(2) + math.exp(1)), 2 * math.log(1 + math.exp(-1)) - 2]
    between = -(odds[0] - math.log(math.exp(odds[0]) + math.exp(odds[1])))
    assert pytest.approx(apart + GROUP_WEIGHT * between / 2, abs=1e-5) == together
