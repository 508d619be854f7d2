"""Learns from a teacher besides: how likely it finds every token and every passage, not only what is right."""

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional

from qa.span_model import SOFTNESS
from training.network import GROUP_WEIGHT, Batch, SpanNetwork, Told, gold_loss, group_rows, read

# Logits are divided by it (Hinton et al. 2015), so that what is unlikely is told apart, too; 2 as in DistilBERT's
# training for question answering (Sanh et al. 2019).
TEMPERATURE = SOFTNESS
TRUST = 0.7  # how much of the loss is by the teacher; the rest is by the gold spans


class Panel(nn.Module):
    """Several teachers, whose logits are averaged: they know better together than each alone."""

    def __init__(self, teachers: Sequence[SpanNetwork]) -> None:
        super().__init__()
        self.teachers = nn.ModuleList(teachers)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return start and end logits, each of shape (batch, tokens)."""
        told = [teacher(input_ids, attention_mask, token_type_ids) for teacher in self.teachers]
        start, end = (torch.stack(part).mean(dim=0) for part in zip(*told, strict=True))
        return start, end


def taught_loss(network: SpanNetwork, teacher: nn.Module, batches: Sequence[Batch]) -> Tensor:
    """Return the loss of some batches, a mean over their rows: by what the teacher says, and by gold spans."""
    with torch.no_grad():
        expected = Told.of(read(teacher, batches), TEMPERATURE)
    logits = read(network, batches)
    by_teacher = divergence(Told.of(logits, TEMPERATURE), expected, batches)
    # Softened gradients are smaller by the square of the temperature.
    return TRUST * TEMPERATURE**2 * by_teacher + (1 - TRUST) * gold_loss(Told.of(logits), batches)


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
