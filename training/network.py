"""The network that reads, and what it is trained for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from qa.reader_input import NOT_TEXT, Tokens

GROUP_WEIGHT = 0.5
AWAY = -1e4  # a logit of what can't be
NO_ANSWER = (0, 0)
_ROUND = 8  # widths are multiples of this: few different shapes, which libraries prepare for one by one


class SpanNetwork(nn.Module):
    """A BERT encoder and, for every token, how well an answer starts and ends there; the first token: no answer."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.spans = nn.Linear(width, 2)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return start and end logits, each of shape (batch, tokens)."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.spans(states).unbind(-1)
        return start, end


def load_network(folder: Path) -> SpanNetwork:
    """Return a network with the encoder in a folder of transformers, and a head of its own; dropout is off.

    Without dropout, a third less time a step, and no worse after the one or two epochs that training takes.
    """
    from transformers import BertModel  # noqa: PLC0415 - takes seconds

    encoder: Any = BertModel.from_pretrained(
        folder, add_pooling_layer=False, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    # The word vectors know more words than the questions say; training only those would tear them apart.
    encoder.embeddings.word_embeddings.weight.requires_grad = False
    return SpanNetwork(encoder, encoder.config.hidden_size)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of some rows: tokens, and for each row which tokens may answer, its gold spans, and its group."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    allowed: Tensor
    gold: list[list[tuple[int, int]]]
    groups: list[int]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        ids, mask, types, allowed = (one.to(device) for one in (self.ids, self.mask, self.types, self.allowed))
        return Batch(ids, mask, types, allowed, self.gold, self.groups)


def collate(
    tokens: Sequence[Tokens], spans: Sequence[Sequence[tuple[int, int]]], groups: Sequence[int], pad: int, size: int
) -> list[Batch]:
    """Return padded batches of rows of like lengths, each of about `size` tokens.

    `spans` are code points of the texts. A span that was cut off is no gold any more.
    """
    lengths = [len(one.ids) for one in tokens]
    order = sorted(range(len(tokens)), key=lambda row: -lengths[row])
    batches = []
    start = 0
    while start < len(order):
        width = -(-lengths[order[start]] // _ROUND) * _ROUND
        rows = order[start : start + max(1, size // width)]
        gold = [gold_tokens(tokens[row], spans[row]) for row in rows]
        ids, mask, types, allowed = _tensors([tokens[row] for row in rows], width, pad)
        batches.append(Batch(ids, mask, types, allowed, gold, [groups[row] for row in rows]))
        start += len(rows)
    return batches


def _tensors(tokens: Sequence[Tokens], width: int, pad: int) -> list[Tensor]:
    shape = (len(tokens), width)
    ids, types = np.full(shape, pad, np.int64), np.zeros(shape, np.int64)
    mask, allowed = np.zeros(shape, np.int64), np.zeros(shape, bool)
    for row, one in enumerate(tokens):
        length = len(one.ids)
        ids[row, :length], types[row, :length], mask[row, :length] = one.ids, one.types, 1
        allowed[row, :length] = one.starts != NOT_TEXT
        allowed[row, 0] = True
    return [torch.from_numpy(array) for array in (ids, mask, types, allowed)]


def gold_tokens(tokens: Tokens, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the first and last token of each span; [(0, 0)], no answer, where there is none."""
    found = []
    for start, end in spans:
        inside: NDArray[np.intp] = np.flatnonzero((tokens.starts < end) & (tokens.ends > start))
        if len(inside) and tokens.ends[inside[-1]] >= end:
            found.append((int(inside[0]), int(inside[-1])))
    return found if found else [NO_ANSWER]


def loss(network: SpanNetwork, batches: Sequence[Batch]) -> Tensor:
    """Return the mean loss of the rows of some batches.

    For each row the likelihood of its gold spans together (Clark and Gardner 2018, eq. 2), start and end on their own;
    for each group besides, which of its passages answers: log-odds of "some span" against "no answer", compared
    between the passages, as ranking will.
    """
    likelihoods: list[Tensor] = []
    odds: list[Tensor] = []
    for batch in batches:
        first, last = (one.float() for one in network(batch.ids, batch.mask, batch.types))
        first = functional.log_softmax(first.masked_fill(~batch.allowed, AWAY), dim=1)
        last = functional.log_softmax(last.masked_fill(~batch.allowed, AWAY), dim=1)
        likelihoods += [
            torch.logsumexp(torch.stack([first[row, a] + last[row, b] for a, b in own]), dim=0)
            for row, own in enumerate(batch.gold)
        ]
        odds += list(_odds(first) + _odds(last))
    groups = [group for batch in batches for group in batch.groups]
    answering = [own != [NO_ANSWER] for batch in batches for own in batch.gold]
    between = _between_passages(odds, groups, answering)
    return (GROUP_WEIGHT * between - torch.stack(likelihoods).sum()) / len(likelihoods)


def _between_passages(odds: Sequence[Tensor], groups: Sequence[int], answering: Sequence[bool]) -> Tensor:
    """Return the sum over the groups of the loss of telling which passage answers."""
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    total = odds[0] * 0
    for rows in members.values():
        right = [at for at, row in enumerate(rows) if answering[row]]
        if right and len(rows) > 1:
            own = torch.stack([odds[row] for row in rows])
            total = total - functional.log_softmax(own, dim=0)[right[0]]
    return total


def _odds(logs: Tensor) -> Tensor:
    """Return log(p(some token of the text) / p(first token)) from log-probabilities."""
    return torch.logsumexp(logs[:, 1:], dim=1) - logs[:, 0]
