"""The losses: by the gold spans, by a teacher's soft labels, and by a teacher's hidden states."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.data.batches import NO_ANSWER, Batch, to_device
from training.models.network import MASKED, SpanNetwork, masked_logits, read
from training.models.teacher import TeacherEnsemble

GROUP_WEIGHT = 0.5  # of the loss between a group's passages, beside that of the spans
# Divides the logits of teacher and student (Hinton et al. 2015); 2 as in DistilBERT's training for question answering
# (Sanh et al. 2019).
TEMPERATURE = 2.0
DISTILLATION_WEIGHT = 0.7  # of the loss by soft labels; the rest is that by gold spans
_EPSILON = 1e-9  # of the mean variance, added to each dimension's, which may be 0


@dataclass(frozen=True, slots=True)
class SpanProbabilities:
    """What a network predicts for the rows of some batches.

    Attributes:
        start: for each batch the log-probability that an answer starts at a token, of shape (rows, tokens).
        end: the same for where it ends.
        answerability: for every row of all batches the log-odds of some token of the text against the first token, of
            start and end together.
    """

    start: list[Tensor]
    end: list[Tensor]
    answerability: Tensor

    @classmethod
    def of(cls, logits: Sequence[tuple[Tensor, Tensor]], temperature: float = 1.0) -> Self:
        """Return the probabilities of masked logits, which are divided by the temperature."""
        start, end = (
            [functional.log_softmax(one / temperature, dim=1) for one in side] for side in zip(*logits, strict=True)
        )
        answerability = [_log_odds(first) + _log_odds(last) for first, last in zip(start, end, strict=True)]
        return cls(start, end, torch.cat(answerability))

    def between(self, members: Tensor) -> Tensor:
        """Return for the rows of each group the log-probability that it is the row that answers.

        `members` is what `group_rows` returns; where it holds no row, the result is MASKED or less.
        """
        odds = self.answerability[members.clamp(min=0)].masked_fill(members < 0, MASKED)
        return functional.log_softmax(odds, dim=1)


def _log_odds(log_probabilities: Tensor) -> Tensor:
    """Return log(p(some token of the text) / p(first token))."""
    return torch.logsumexp(log_probabilities[:, 1:], dim=1) - log_probabilities[:, 0]


def group_rows(batches: Sequence[Batch], device: torch.device) -> Tensor:
    """Return the rows of every group of several, counted through all batches, padded with -1.

    The result has the shape (groups, rows of the largest group).
    """
    members: dict[int, list[int]] = {}
    for row, group in enumerate(group for batch in batches for group in batch.groups):
        members.setdefault(group, []).append(row)
    several = [rows for rows in members.values() if len(rows) > 1]
    largest = max((len(rows) for rows in several), default=0)
    padded = [[*rows, *[-1] * (largest - len(rows))] for rows in several]
    return to_device(torch.tensor(padded, dtype=torch.int64).reshape(len(several), largest), device)


def supervised_loss(network: SpanNetwork, batches: Sequence[Batch]) -> Tensor:
    """Return the loss of some batches by gold spans, a mean over their rows."""
    return gold_loss(SpanProbabilities.of(read(network, batches)), batches)


def gold_loss(predicted: SpanProbabilities, batches: Sequence[Batch]) -> Tensor:
    """Return the loss of predictions by gold spans, a mean over the batches' rows.

    For each row: the negative log of the summed probability of its gold spans (Clark and Gardner 2018), a span's being
    that of its start times that of its end. For each group besides: which of its rows answers, by answerability, as
    passages are ranked when answering.
    """
    likelihoods = torch.cat(
        [
            _gold_likelihoods(start, end, batch.gold)
            for batch, start, end in zip(batches, predicted.start, predicted.end, strict=True)
        ]
    )
    members = group_rows(batches, likelihoods.device)
    between = likelihoods.sum() * 0
    if len(members):
        answers = torch.tensor([gold != [NO_ANSWER] for batch in batches for gold in batch.gold])
        right = to_device(answers, members.device)[members.clamp(min=0)] & (members >= 0)
        first_right = right.int().argmax(dim=1, keepdim=True)
        chosen = predicted.between(members).gather(1, first_right)[:, 0]
        between = -chosen.masked_fill(~right.any(dim=1), 0).sum()
    return (GROUP_WEIGHT * between - likelihoods.sum()) / len(likelihoods)


def _gold_likelihoods(start: Tensor, end: Tensor, gold: Sequence[Sequence[tuple[int, int]]]) -> Tensor:
    """Return the log-probability of each row's gold spans together."""
    longest = max(len(spans) for spans in gold)
    # Rows are padded with their first span, and the copies masked out of the sum.
    padded = to_device(torch.tensor([[*spans, *[spans[0]] * (longest - len(spans))] for spans in gold]), start.device)
    copies = to_device(torch.tensor([[at >= len(spans) for at in range(longest)] for spans in gold]), start.device)
    likelihoods = start.gather(1, padded[:, :, 0]) + end.gather(1, padded[:, :, 1])
    return torch.logsumexp(likelihoods.masked_fill(copies, -torch.inf), dim=1)


def distillation_loss(
    network: SpanNetwork,
    teacher: SpanNetwork | TeacherEnsemble,
    batches: Sequence[Batch],
    projection: "HiddenStateProjection | None" = None,
    hidden_weight: float = 0.0,
) -> Tensor:
    """Return the loss of some batches by the teacher's soft labels and by gold spans, a mean over their rows.

    With a projection, `hidden_weight` times the hidden-state loss is added.
    """
    with torch.no_grad():
        teacher_states, teacher_logits = _states_and_logits(teacher, batches)
        soft_labels = SpanProbabilities.of(teacher_logits, TEMPERATURE)
    states, logits = _states_and_logits(network, batches)
    soft = divergence(SpanProbabilities.of(logits, TEMPERATURE), soft_labels, batches)
    # The temperature makes gradients smaller by its square.
    value = DISTILLATION_WEIGHT * TEMPERATURE**2 * soft
    value = value + (1 - DISTILLATION_WEIGHT) * gold_loss(SpanProbabilities.of(logits), batches)
    return value if projection is None else value + hidden_weight * projection.loss(states, teacher_states, batches)


def _states_and_logits(
    network: SpanNetwork | TeacherEnsemble, batches: Sequence[Batch]
) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
    outputs = [network.states_and_logits(batch.ids, batch.mask, batch.types) for batch in batches]
    logits = [masked_logits(batch, start, end) for batch, (_, start, end) in zip(batches, outputs, strict=True)]
    return [states for states, _, _ in outputs], logits


def divergence(predicted: SpanProbabilities, expected: SpanProbabilities, batches: Sequence[Batch]) -> Tensor:
    """Return the Kullback-Leibler divergence from expected to predicted probabilities, a mean over the batches' rows.

    It is that of starts and ends in each row, "no answer" among them, and of which row of a group answers.
    """
    rows = sum(len(batch.groups) for batch in batches)
    pairs = zip(chain(predicted.start, predicted.end), chain(expected.start, expected.end), strict=True)
    spans = torch.stack([_summed_divergence(one, other) for one, other in pairs]).sum()
    members = group_rows(batches, predicted.answerability.device)
    between = _summed_divergence(predicted.between(members), expected.between(members)) if len(members) else 0
    return (spans + GROUP_WEIGHT * between) / rows


def _summed_divergence(predicted: Tensor, expected: Tensor) -> Tensor:
    return functional.kl_div(predicted, expected, reduction="sum", log_target=True)


class HiddenStateProjection(nn.Module):
    """A linear map from the student's hidden states to the teacher's; only the training needs it (Jiao et al. 2020)."""

    def __init__(self, student_width: int, teacher_width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(student_width, teacher_width)

    def loss(
        self, student_states: Sequence[Tensor], teacher_states: Sequence[Tensor], batches: Sequence[Batch]
    ) -> Tensor:
        """Return the fraction of the variance of the teacher's states that the projected ones don't explain.

        Each dimension counts alike: some are a hundred times as large as others in every state. Padding is left out.
        """
        masks = [batch.mask.unsqueeze(-1).float() for batch in batches]
        tokens = torch.stack([mask.sum() for mask in masks]).sum()

        def mean(values: Sequence[Tensor]) -> Tensor:
            sums = [(one * mask).sum(dim=(0, 1)) for one, mask in zip(values, masks, strict=True)]
            return torch.stack(sums).sum(dim=0) / tokens

        center = mean([one.float() for one in teacher_states])
        centered = [one.float() - center for one in teacher_states]
        variance = mean([one.square() for one in centered])
        scale = (variance + _EPSILON * variance.mean()).rsqrt()
        wanted = [one * scale for one in centered]
        with torch.autocast(center.device.type, enabled=False):  # half precision is too coarse for the differences
            errors = [
                (self.linear(one.float()) - two).square() for one, two in zip(student_states, wanted, strict=True)
            ]
        return mean(errors).mean()
