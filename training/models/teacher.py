"""A larger network that the reader learns from: MPNet, which takes in the very tokens that the reader does."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from corpus.errors import ModelProblem
from index.onnx.model_files import TOKENIZER
from training.models.student import SpanNetwork, save

# The marks of BERT's vocabulary and what MPNet has in their places.
_MARKS = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}


class TranslatingEncoder(nn.Module):
    """An MPNet that takes the numbers of another vocabulary with the same words, so that both read the same tokens.

    numbers: for every number of the other vocabulary the one that MPNet has.
    """

    numbers: Tensor

    def __init__(self, mpnet: nn.Module, numbers: Tensor) -> None:
        super().__init__()
        self.mpnet = mpnet
        self.register_buffer("numbers", numbers)

    @property
    def config(self) -> Any:
        """What transformers says of the shape."""
        return self.mpnet.config

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Any:
        """Return what MPNet does; it knows no types of tokens."""
        return self.mpnet(input_ids=self.numbers[input_ids], attention_mask=attention_mask)


class PlainReader(nn.Module):
    """A teacher as an export wants it: token numbers in, start and end logits out.

    Its word vectors are in the order of the reader's vocabulary, so nothing is translated any more.
    """

    def __init__(self, network: SpanNetwork) -> None:
        super().__init__()
        translating = network.encoder
        assert isinstance(translating, TranslatingEncoder)
        mpnet: Any = copy.deepcopy(translating.mpnet)
        words = mpnet.get_input_embeddings().weight[translating.numbers]
        mpnet.set_input_embeddings(nn.Embedding(len(words), words.shape[1], _weight=words.clone()))
        self.encoder = mpnet
        self.first_position = mpnet.config.pad_token_id + 1
        self.spans = copy.deepcopy(network.spans)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return start and end logits, each of shape (texts, tokens)."""
        # MPNet would number places by what is its own padding, which is another word now.
        places = torch.arange(input_ids.shape[1], device=input_ids.device) + self.first_position
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=places.expand(input_ids.shape)
        ).last_hidden_state
        start, end = self.spans(states).unbind(-1)
        return start, end


def load_base(folder: Path, tokenizer: Path, seed: int) -> SpanNetwork:
    """Return a network with the MPNet in a folder of transformers, for tokens of the reader's tokenizer.

    Its head is drawn by the seed. It has the dropout that it was made with: it sees the same questions several times,
    and would learn them by heart. Raises ModelProblem where there is no MPNet in the folder, or one that lacks words of
    the tokenizer.
    """
    from transformers import MPNetModel  # noqa: PLC0415 - takes seconds

    try:
        kind = json.loads((folder / "config.json").read_text("utf-8"))["model_type"]
        if kind != "mpnet":
            raise ValueError(f"it is of the kind {kind!r}.")
        theirs = Tokenizer.from_file(str(folder / TOKENIZER)).get_vocab()
        numbers = _numbers(Tokenizer.from_file(str(tokenizer)).get_vocab(), theirs)
        torch.manual_seed(seed)
        mpnet = MPNetModel.from_pretrained(folder, add_pooling_layer=False)
    except Exception as error:  # the library for tokenizers raises Exception itself
        raise ModelProblem(f"There is no MPNet to begin with in {folder}: {error}") from error
    mpnet.embeddings.word_embeddings.weight.requires_grad = False  # as with the reader
    return SpanNetwork(TranslatingEncoder(mpnet, numbers), mpnet.config.hidden_size)


def _numbers(ours: Mapping[str, int], theirs: Mapping[str, int]) -> Tensor:
    numbers = torch.zeros(max(ours.values()) + 1, dtype=torch.int64)
    for word, number in ours.items():
        known = theirs.get(_MARKS.get(word, word))
        if known is None:
            raise ValueError(f"it does not know {word!r}.")
        numbers[number] = known
    return numbers


def save_teacher(network: SpanNetwork, file: Path, recipe: Mapping[str, Any]) -> None:
    """Keep a trained teacher in a file, in one step."""
    encoder: Any = network.encoder
    kept = {"config": encoder.config.to_dict(), "network": network.state_dict(), "recipe": dict(recipe)}
    save(kept, file)


def load_teacher(file: Path) -> tuple[SpanNetwork, dict[str, Any]]:
    """Return the teacher in a file, ready to tell what it reads, and its recipe; raises ModelProblem."""
    from transformers import MPNetConfig, MPNetModel  # noqa: PLC0415 - takes seconds

    try:
        kept: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        config = MPNetConfig.from_dict(kept["config"])
        numbers = kept["network"]["encoder.numbers"]
        encoder = TranslatingEncoder(MPNetModel(config, add_pooling_layer=False), torch.zeros_like(numbers))
        network = SpanNetwork(encoder, config.hidden_size)
        network.load_state_dict(kept["network"])
        recipe = dict(kept["recipe"])
    except Exception as error:  # a damaged file makes torch raise whatever it comes to
        raise ModelProblem(f"There is no teacher in {file}, or it is damaged: {error}") from error
    return network.eval().requires_grad_(False), recipe
