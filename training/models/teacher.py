"""The teacher: an MPNet that reads the student's tokens, alone or averaged with others."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from corpus.errors import ModelProblem
from index.onnx.model_files import TOKENIZER
from training.models.network import SpanNetwork, save_atomically

# BERT's special tokens and what MPNet calls them.
_SPECIAL_TOKENS = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}


class TranslatingEncoder(nn.Module):
    """An MPNet that takes token ids of the student's vocabulary, which has the same words under other ids.

    The buffer `numbers` has for every id of the student's vocabulary the one of MPNet's.
    """

    numbers: Tensor

    def __init__(self, mpnet: nn.Module, ids: Tensor) -> None:
        super().__init__()
        self.mpnet = mpnet
        self.register_buffer("numbers", ids)

    @property
    def config(self) -> Any:
        """The configuration of the MPNet."""
        return self.mpnet.config

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Any:
        """Return MPNet's output; it has no token types."""
        return self.mpnet(input_ids=self.numbers[input_ids], attention_mask=attention_mask)


class ExportableTeacher(nn.Module):
    """A teacher without translation, as an export needs it: its word vectors are in the student's order."""

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
        """Return start and end logits, each of shape (rows, tokens)."""
        # MPNet derives positions from its padding id, which means another word in the student's vocabulary.
        positions = torch.arange(input_ids.shape[1], device=input_ids.device) + self.first_position
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=positions.expand(input_ids.shape)
        ).last_hidden_state
        start, end = self.spans(states).unbind(-1)
        return start, end


class TeacherEnsemble(nn.Module):
    """One teacher or several, whose logits are averaged."""

    def __init__(self, teachers: Sequence[SpanNetwork]) -> None:
        super().__init__()
        self.teachers = nn.ModuleList(teachers)

    def states_and_logits(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the hidden states of all teachers side by side, and their mean start and end logits."""
        outputs = [teacher.states_and_logits(input_ids, attention_mask, token_type_ids) for teacher in self._members()]
        states, starts, ends = zip(*outputs, strict=True)
        return torch.cat(states, dim=-1), torch.stack(starts).mean(dim=0), torch.stack(ends).mean(dim=0)

    @property
    def width(self) -> int:
        """The size of a token's hidden states together."""
        return sum(teacher.width for teacher in self._members())

    def _members(self) -> Iterator[SpanNetwork]:
        return (cast(SpanNetwork, teacher) for teacher in self.teachers)


def load_pretrained_teacher(folder: Path, tokenizer: Path, seed: int) -> SpanNetwork:
    """Return an untrained teacher: the MPNet in a transformers folder, for tokens of the student's tokenizer.

    Its head is initialised by the seed. It keeps its own dropout: it sees the same questions several times, and would
    overfit. Raises ModelProblem where the folder has no MPNet, or one that lacks words of the tokenizer.
    """
    from transformers import MPNetModel  # noqa: PLC0415 - takes seconds

    try:
        model_type = json.loads((folder / "config.json").read_text("utf-8"))["model_type"]
        if model_type != "mpnet":
            raise ValueError(f"its model type is {model_type!r}.")
        vocabulary = Tokenizer.from_file(str(folder / TOKENIZER)).get_vocab()
        student = Tokenizer.from_file(str(tokenizer)).get_vocab()
        ids = torch.zeros(max(student.values()) + 1, dtype=torch.int64)
        for word, number in student.items():
            known = vocabulary.get(_SPECIAL_TOKENS.get(word, word))
            if known is None:
                raise ValueError(f"it does not know {word!r}.")
            ids[number] = known
        torch.manual_seed(seed)
        mpnet = MPNetModel.from_pretrained(folder, add_pooling_layer=False)
    except Exception as error:  # the tokenizers library raises Exception itself
        raise ModelProblem(f"There is no MPNet in {folder}: {error}") from error
    mpnet.embeddings.word_embeddings.weight.requires_grad = False  # as the student's
    return SpanNetwork(TranslatingEncoder(mpnet, ids), mpnet.config.hidden_size)


def save_teacher(network: SpanNetwork, file: Path, recipe: Mapping[str, Any]) -> None:
    """Save a trained teacher with its recipe to a file, which is replaced in one step."""
    encoder: Any = network.encoder
    content = {"config": encoder.config.to_dict(), "network": network.state_dict(), "recipe": dict(recipe)}
    save_atomically(content, file)


def load_teacher(file: Path) -> tuple[SpanNetwork, dict[str, Any]]:
    """Return the teacher in a file, frozen and in evaluation mode, and its recipe; raises ModelProblem."""
    from transformers import MPNetConfig, MPNetModel  # noqa: PLC0415 - takes seconds

    try:
        content: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        config = MPNetConfig.from_dict(content["config"])
        ids = torch.zeros_like(content["network"]["encoder.numbers"])
        encoder = TranslatingEncoder(MPNetModel(config, add_pooling_layer=False), ids)
        network = SpanNetwork(encoder, config.hidden_size)
        network.load_state_dict(content["network"])
        recipe = dict(content["recipe"])
    except Exception as error:  # a damaged file makes torch raise any exception
        raise ModelProblem(f"There is no teacher in {file}, or it is damaged: {error}") from error
    return network.eval().requires_grad_(False), recipe
