"""The network that reads: a BERT encoder with a span head."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from corpus.errors import ModelProblem
from training.data.batches import Batch

MASKED = -1e4  # the logit of a token where no answer can start or end


class SpanNetwork(nn.Module):
    """An encoder with a linear head: start and end logits for every token; the first token stands for "no answer"."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.spans = nn.Linear(width, 2)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return start and end logits, each of shape (rows, tokens)."""
        _, start, end = self.states_and_logits(input_ids, attention_mask, token_type_ids)
        return start, end

    def states_and_logits(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the last hidden states, of shape (rows, tokens, width), and the start and end logits."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.spans(states).unbind(-1)
        return states, start, end

    @property
    def width(self) -> int:
        """The size of a token's hidden state."""
        return self.spans.in_features

    def shape(self) -> str:
        """Return the number of layers and parameters, in words."""
        config: Any = self.encoder.config
        millions = sum(one.numel() for one in self.parameters()) / 1e6
        return f"{config.num_hidden_layers} layers of {config.hidden_size} ({millions:.1f} million parameters)"


def load_network(folder: Path, seed: int, dropout: float = 0.0) -> SpanNetwork:
    """Return a network with the BERT in a transformers folder, and a head initialised by the seed.

    Without dropout a step takes a third less time, and one or two epochs end no worse; longer trainings overfit. Raises
    ModelProblem where the folder has no BERT.
    """
    from transformers import BertModel  # noqa: PLC0415 - takes seconds

    try:
        model_type = json.loads((folder / "config.json").read_text("utf-8"))["model_type"]
        if model_type != "bert":  # transformers would load it all the same, with random weights
            raise ValueError(f"its model type is {model_type!r}.")
        torch.manual_seed(seed)
        encoder = BertModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            # torch's own attention takes five times as long backwards on a CPU
            attn_implementation="sdpa" if torch.cuda.is_available() else "eager",
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelProblem(f"There is no BERT in {folder}: {error}") from error
    # Word vectors stay: the questions contain only some of the words, whose vectors would drift from the others'.
    encoder.embeddings.word_embeddings.weight.requires_grad = False
    return SpanNetwork(encoder, encoder.config.hidden_size)


def masked_logits(batch: Batch, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """Return the logits of a batch in 32 bits, MASKED where no answer can start or end."""
    return start.float().masked_fill(~batch.allowed, MASKED), end.float().masked_fill(~batch.allowed, MASKED)


def read(network: nn.Module, batches: Sequence[Batch]) -> list[tuple[Tensor, Tensor]]:
    """Return the masked start and end logits of each batch."""
    return [masked_logits(batch, *network(batch.ids, batch.mask, batch.types)) for batch in batches]


def save_atomically(content: Mapping[str, Any], file: Path) -> None:
    """Save tensors and plain values to a file, which is replaced in one step."""
    fresh = file.with_suffix(".new")
    torch.save(dict(content), fresh)
    fresh.replace(file)
