"""The network that reads, and what it is trained for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from corpus.errors import ModelProblem
from qa.reader.tokenization import NOT_TEXT, Tokens

GROUP_WEIGHT = 0.5  # of telling passages apart, beside finding the span in each
AWAY = -1e4  # a logit of what can't be
NO_ANSWER = (0, 0)  # the first token, as a span
_ROUND = 8  # widths are multiples of this: few different shapes, which libraries prepare for one by one


class SpanNetwork(nn.Module):
    """A BERT encoder and, for every token, how well an answer starts and ends there; the first token: no answer."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.spans = nn.Linear(width, 2)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return start and end logits, each of shape (batch, tokens)."""
        _, start, end = self.states_and_logits(input_ids, attention_mask, token_type_ids)
        return start, end

    def states_and_logits(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the encoder makes of each token, of shape (batch, tokens, width), and start and end logits."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.spans(states).unbind(-1)
        return states, start, end

    @property
    def width(self) -> int:
        """How many numbers the encoder makes of each token."""
        return self.spans.in_features

    def shape(self) -> str:
        """Return how large it is, in words."""
        config: Any = self.encoder.config
        millions = sum(one.numel() for one in self.parameters()) / 1e6
        return f"{config.num_hidden_layers} layers of {config.hidden_size} ({millions:.1f} million parameters)"


def load_network(folder: Path, seed: int, dropout: float = 0.0) -> SpanNetwork:
    """Return a network with the BERT in a folder of transformers, and a head of its own, drawn by the seed.

    Without dropout a step takes a third less time, and one or two epochs end no worse; more would learn the questions
    by heart. Raises ModelProblem where there is no BERT in the folder.
    """
    torch.manual_seed(seed)
    encoder = _encoder(folder, dropout)
    # The word vectors know more words than the questions say; training only those would tear them apart.
    encoder.embeddings.word_embeddings.weight.requires_grad = False
    return SpanNetwork(encoder, encoder.config.hidden_size)


def _encoder(folder: Path, dropout: float) -> Any:
    from transformers import BertModel  # noqa: PLC0415 - takes seconds

    try:
        kind = json.loads((folder / "config.json").read_text("utf-8"))["model_type"]
        if kind != "bert":  # transformers would make one all the same, with random weights
            raise ValueError(f"it is of the kind {kind!r}.")
        return BertModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            # torch's own attention takes five times as long backwards on a processor
            attn_implementation="sdpa" if torch.cuda.is_available() else "eager",
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelProblem(f"There is no BERT to begin with in {folder}: {error}") from error


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that go through the network together: a question with a passage each.

    ids, mask, types: what the network takes in, of shape (rows, tokens). allowed: where an answer may start or end: the
    tokens of the text, and the first. gold: the first and the last token of each span that answers, a list a row.
    groups: a number a row; of the rows of the same number one answers, at most.
    """

    ids: Tensor
    mask: Tensor
    types: Tensor
    allowed: Tensor
    gold: list[list[tuple[int, int]]]
    groups: list[int]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        ids, mask, types, allowed = (sent(one, device) for one in (self.ids, self.mask, self.types, self.allowed))
        return Batch(ids, mask, types, allowed, self.gold, self.groups)


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor on a device. What goes to a GPU goes while that computes what it was told to before."""
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def collate(
    tokens: Sequence[Tokens], spans: Sequence[Sequence[tuple[int, int]]], groups: Sequence[int], pad: int, size: int
) -> list[Batch]:
    """Return batches of rows of like lengths, longest first, padded with `pad`; each has about `size` tokens.

    `spans` are the answers in each row's text, in code points; one that was cut off is no gold any more. `groups` are
    the rows' numbers.
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
    """Return the first and last token of each span that was not cut off; [NO_ANSWER] where there is none."""
    found = []
    for start, end in spans:
        inside: NDArray[np.intp] = np.flatnonzero((tokens.starts < end) & (tokens.ends > start))
        if len(inside) and tokens.ends[inside[-1]] >= end:
            found.append((int(inside[0]), int(inside[-1])))
    return found if found else [NO_ANSWER]


@dataclass(frozen=True, slots=True)
class Told:
    """What a network says of rows: log-probabilities of where an answer starts and ends, and log-odds of one at all.

    first, last: for each batch, of shape (rows, tokens). odds: of shape (rows of all batches,), of some token of the
    text against the first, of start and end together.
    """

    first: list[Tensor]
    last: list[Tensor]
    odds: Tensor

    @classmethod
    def of(cls, logits: Sequence[tuple[Tensor, Tensor]], temperature: float = 1.0) -> Self:
        """Return what logits say, as `read` gives them; they are divided by the temperature."""
        first, last = (
            [functional.log_softmax(one / temperature, dim=1) for one in part] for part in zip(*logits, strict=True)
        )
        odds = [_odds(start) + _odds(end) for start, end in zip(first, last, strict=True)]
        return cls(first, last, torch.cat(odds))

    def among(self, members: Tensor) -> Tensor:
        """Return for the rows of groups the log-probability that it, of its group, is the one that answers.

        `members` is what `group_rows` gives; where it holds no row, the log-probability is AWAY or less.
        """
        odds = self.odds[members.clamp(min=0)].masked_fill(members < 0, AWAY)
        return functional.log_softmax(odds, dim=1)


def save(kept: Mapping[str, Any], file: Path) -> None:
    """Keep tensors and what belongs to them in a file, in one step."""
    fresh = file.with_suffix(".new")
    torch.save(dict(kept), fresh)
    fresh.replace(file)


def read(network: nn.Module, batches: Sequence[Batch]) -> list[tuple[Tensor, Tensor]]:
    """Return the start and end logits of each batch, AWAY where no answer can be."""
    return [masked(batch, *network(batch.ids, batch.mask, batch.types)) for batch in batches]


def masked(batch: Batch, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """Return start and end logits of a batch, AWAY where no answer can be."""
    return start.float().masked_fill(~batch.allowed, AWAY), end.float().masked_fill(~batch.allowed, AWAY)


def loss(network: SpanNetwork, batches: Sequence[Batch]) -> Tensor:
    """Return the loss of a network that reads some batches, a mean over their rows."""
    return gold_loss(Told.of(read(network, batches)), batches)


def gold_loss(told: Told, batches: Sequence[Batch]) -> Tensor:
    """Return the loss of what a network says of some batches, a mean over their rows.

    For each row: the probability of its gold spans together (as summed by Clark and Gardner 2018), where a span's is
    that of its start times that of its end. For each group besides: which of its rows answers, by the log-odds of
    "some span" against "no answer", compared between passages as ranking will, and between questions.
    """
    likelihoods = torch.cat(
        [
            _likelihoods(first, last, batch.gold)
            for batch, first, last in zip(batches, told.first, told.last, strict=True)
        ]
    )
    members = group_rows(batches, likelihoods.device)
    between = likelihoods.sum() * 0
    if len(members):
        answers = sent(torch.tensor([own != [NO_ANSWER] for batch in batches for own in batch.gold]), members.device)
        right = answers[members.clamp(min=0)] & (members >= 0)
        chosen = told.among(members).gather(1, right.int().argmax(dim=1, keepdim=True))[:, 0]  # the first that answers
        between = -chosen.masked_fill(~right.any(dim=1), 0).sum()
    return (GROUP_WEIGHT * between - likelihoods.sum()) / len(likelihoods)


def _likelihoods(first: Tensor, last: Tensor, gold: Sequence[Sequence[tuple[int, int]]]) -> Tensor:
    """Return the log-probability of each row's gold spans together."""
    most = max(len(own) for own in gold)
    # One span again and again fills a row up; its copies are taken out of the sum.
    filled = sent(torch.tensor([[*own, *[own[0]] * (most - len(own))] for own in gold]), first.device)
    copies = sent(torch.tensor([[at >= len(own) for at in range(most)] for own in gold]), first.device)
    spans = first.gather(1, filled[:, :, 0]) + last.gather(1, filled[:, :, 1])
    return torch.logsumexp(spans.masked_fill(copies, -torch.inf), dim=1)


def group_rows(batches: Sequence[Batch], device: torch.device) -> Tensor:
    """Return the rows of every group that has several, numbered through all batches; -1 where a group has fewer.

    Of shape (groups, rows of the largest).
    """
    members: dict[int, list[int]] = {}
    for row, group in enumerate(group for batch in batches for group in batch.groups):
        members.setdefault(group, []).append(row)
    several = [rows for rows in members.values() if len(rows) > 1]
    most = max((len(rows) for rows in several), default=0)
    filled = [[*rows, *[-1] * (most - len(rows))] for rows in several]
    return sent(torch.tensor(filled, dtype=torch.int64).reshape(len(several), most), device)


def _odds(logs: Tensor) -> Tensor:
    """Return log(p(some token of the text) / p(first token)) from log-probabilities."""
    return torch.logsumexp(logs[:, 1:], dim=1) - logs[:, 0]
