"""Learns from a teacher besides: how likely it finds every token and every passage, not only what is right.

And, where a mirror is given, what the teacher makes of every token (its last layer's states, as in Sun et al. 2019 and
Jiao et al. 2020): many numbers a token instead of two.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.models.student import GROUP_WEIGHT, Batch, SpanNetwork, Told, gold_loss, group_rows, masked

# Logits are divided by it (Hinton et al. 2015), so that what is unlikely is told apart, too; 2 as in DistilBERT's
# training for question answering (Sanh et al. 2019).
TEMPERATURE = 2.0
TRUST = 0.7  # how much of the loss is by the teacher; the rest is by the gold spans
_LEAST = 1e-9  # of the mean spread of the states' numbers, added to each: one may be the same in all states


class Panel(nn.Module):
    """Several teachers, whose logits are averaged: they know better together than each alone."""

    def __init__(self, teachers: Sequence[SpanNetwork]) -> None:
        super().__init__()
        self.teachers = nn.ModuleList(teachers)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return start and end logits, each of shape (batch, tokens)."""
        _, start, end = self.states_and_logits(input_ids, attention_mask, token_type_ids)
        return start, end

    def states_and_logits(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the states of all teachers, of shape (batch, tokens, width), and the means of their logits."""
        told = [teacher.states_and_logits(input_ids, attention_mask, token_type_ids) for teacher in self._members()]
        states, starts, ends = zip(*told, strict=True)
        return torch.cat(states, dim=-1), torch.stack(starts).mean(dim=0), torch.stack(ends).mean(dim=0)

    @property
    def width(self) -> int:
        """How many numbers the teachers make of each token together."""
        return sum(teacher.width for teacher in self._members())

    def _members(self) -> Iterator[SpanNetwork]:
        return (cast(SpanNetwork, teacher) for teacher in self.teachers)


class Mirror(nn.Module):
    """Makes of a network's states those of its teacher; `own` and `theirs` are how many numbers a token they have."""

    def __init__(self, own: int, theirs: int) -> None:
        super().__init__()
        self.turn = nn.Linear(own, theirs)

    def unlike(self, own: Sequence[Tensor], theirs: Sequence[Tensor], batches: Sequence[Batch]) -> Tensor:
        """Return how much is missed of what tells the teacher's states apart: 0 is nothing, 1 as much as there is.

        Each of its numbers counts alike, however large: some are a hundred times as large as others, in every state.
        """
        inside = [batch.mask.unsqueeze(-1).float() for batch in batches]
        tokens = torch.stack([one.sum() for one in inside]).sum()

        def mean(values: Sequence[Tensor]) -> Tensor:
            shares = [(one * mask).sum(dim=(0, 1)) for one, mask in zip(values, inside, strict=True)]
            return torch.stack(shares).sum(dim=0) / tokens

        middle = mean([one.float() for one in theirs])
        apart = [one.float() - middle for one in theirs]
        spread = mean([one.square() for one in apart])
        scale = (spread + _LEAST * spread.mean()).rsqrt()
        wanted = [one * scale for one in apart]
        with torch.autocast(middle.device.type, enabled=False):  # what is told apart is finer than half precision
            missed = [(self.turn(one.float()) - two).square() for one, two in zip(own, wanted, strict=True)]
        return mean(missed).mean()


def taught_loss(
    network: SpanNetwork,
    teacher: SpanNetwork | Panel,
    batches: Sequence[Batch],
    mirror: Mirror | None = None,
    likeness: float = 0.0,
) -> Tensor:
    """Return the loss of some batches, a mean over their rows: by what the teacher says, and by gold spans.

    With a mirror, `likeness` times how unlike the teacher's the states are is added.
    """
    with torch.no_grad():
        their_states, theirs = _read(teacher, batches)
        expected = Told.of(theirs, TEMPERATURE)
    states, logits = _read(network, batches)
    by_teacher = divergence(Told.of(logits, TEMPERATURE), expected, batches)
    # Softened gradients are smaller by the square of the temperature.
    value = TRUST * TEMPERATURE**2 * by_teacher + (1 - TRUST) * gold_loss(Told.of(logits), batches)
    return value if mirror is None else value + likeness * mirror.unlike(states, their_states, batches)


def _read(network: SpanNetwork | Panel, batches: Sequence[Batch]) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
    states, logits = [], []
    for batch in batches:
        own, start, end = network.states_and_logits(batch.ids, batch.mask, batch.types)
        states.append(own)
        logits.append(masked(batch, start, end))
    return states, logits


def divergence(told: Told, expected: Told, batches: Sequence[Batch]) -> Tensor:
    """Return how far probabilities are from those that are expected (Kullback-Leibler), a mean over the rows.

    Those of where an answer starts and ends in each row, "no answer" among them, and of which row of a group answers.
    """
    rows = sum(len(batch.groups) for batch in batches)
    pairs = zip(chain(told.first, told.last), chain(expected.first, expected.last), strict=True)
    spans = torch.stack([_apart(own, theirs) for own, theirs in pairs]).sum()
    members = group_rows(batches, told.odds.device)
    between = _apart(told.among(members), expected.among(members)) if len(members) else 0
    return (spans + GROUP_WEIGHT * between) / rows


def _apart(told: Tensor, expected: Tensor) -> Tensor:
    return functional.kl_div(told, expected, reduction="sum", log_target=True)
