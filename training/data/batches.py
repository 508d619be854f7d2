"""Batches: examples as the tensors that a network reads, made by other processes where a GPU would wait for them."""

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from corpus.errors import ModelProblem
from qa.reader.tokenization import NOT_TEXT, ReaderInput, Tokens
from training.data.sampling import Group

MAX_LENGTH = 320  # tokens of question, title and text; a passage of PASSAGE_LENGTH has about 160
PAD = 0  # the id of BERT's padding token
NO_ANSWER = (0, 0)  # the span of the first token
_WIDTH = 8  # widths are multiples of it: libraries prepare each shape anew
_CHUNKS = 16  # of an epoch; a worker makes one at a time
_PREFETCHED = 2  # chunks per worker


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that go through the network together: a question with a passage each.

    Attributes:
        ids: token ids, as mask and types of shape (rows, tokens).
        mask: the attention mask.
        types: token types.
        allowed: whether an answer may start or end at a token: one of the text, or the first.
        gold: the first and last tokens of each row's answers.
        groups: each row's group; at most one row of a group answers.
    """

    ids: Tensor
    mask: Tensor
    types: Tensor
    allowed: Tensor
    gold: list[list[tuple[int, int]]]
    groups: list[int]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        ids, mask, types, allowed = (to_device(one, device) for one in (self.ids, self.mask, self.types, self.allowed))
        return Batch(ids, mask, types, allowed, self.gold, self.groups)


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor on a device; a copy to a GPU overlaps with what the GPU computes."""
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def collate(
    tokens: Sequence[Tokens], spans: Sequence[Sequence[tuple[int, int]]], groups: Sequence[int], size: int
) -> list[Batch]:
    """Return batches of about `size` tokens, of rows of similar lengths, longest first.

    `spans` are the answers in each row's text, in code points; one that is cut off is no gold span any more.
    """
    lengths = [len(one.ids) for one in tokens]
    order = sorted(range(len(tokens)), key=lambda row: -lengths[row])
    batches = []
    start = 0
    while start < len(order):
        width = -(-lengths[order[start]] // _WIDTH) * _WIDTH
        rows = order[start : start + max(1, size // width)]
        gold = [gold_tokens(tokens[row], spans[row]) for row in rows]
        shape = (len(rows), width)
        ids, types = np.full(shape, PAD, np.int64), np.zeros(shape, np.int64)
        mask, allowed = np.zeros(shape, np.int64), np.zeros(shape, bool)
        for at, row in enumerate(rows):
            length = lengths[row]
            ids[at, :length], types[at, :length], mask[at, :length] = tokens[row].ids, tokens[row].types, 1
            allowed[at, :length] = tokens[row].starts != NOT_TEXT
            allowed[at, 0] = True
        arrays: list[NDArray[Any]] = [ids, mask, types, allowed]
        batches.append(_from_arrays((arrays, gold, [groups[row] for row in rows])))
        start += len(rows)
    return batches


def gold_tokens(tokens: Tokens, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the first and last token of each span that is not cut off; [NO_ANSWER] where there is none."""
    gold = []
    for start, end in spans:
        inside: NDArray[np.intp] = np.flatnonzero((tokens.starts < end) & (tokens.ends > start))
        if len(inside) and tokens.ends[inside[-1]] >= end:
            gold.append((int(inside[0]), int(inside[-1])))
    return gold if gold else [NO_ANSWER]


TrainingStep = list[Batch]  # what one step of the optimizer reads
# A batch as arrays: torch passes each tensor between processes as an open file, and there would be too many.
_Arrays = tuple[list[NDArray[Any]], list[list[tuple[int, int]]], list[int]]
_Chunk = tuple[int, int, list[list[_Arrays]]]  # epoch, steps of the epoch, the chunk's steps


@dataclass(slots=True)
class StepSource:
    """Makes the steps of epochs.

    Attributes:
        sample: returns an epoch's batches of groups, by its number.
        tokens: tokenizes questions with passages.
        size: how many tokens go through the network at once.
    """

    sample: Callable[[int], Sequence[Sequence[Group]]]
    tokens: ReaderInput
    size: int

    def step(self, groups: Sequence[Group]) -> TrainingStep:
        """Return the batches of some groups."""
        examples = [(example, number) for number, group in enumerate(groups) for example in group]
        tokens = self.tokens.pairs(
            [one.question for one, _ in examples], [(one.title, one.text) for one, _ in examples]
        )
        spans, numbers = [one.spans for one, _ in examples], [number for _, number in examples]
        return collate(tokens, spans, numbers, self.size)

    def steps(self, epochs: range, done: int, workers: int) -> Generator[tuple[int, int, TrainingStep]]:
        """Yield the epoch, how many steps it has, and the step, for every step but the first `done`.

        Other processes make the steps where `workers` is not 0; they are the same. Raises ModelProblem where such a
        process is killed.
        """
        loader = DataLoader(
            _Chunks(self, epochs),
            batch_size=None,
            collate_fn=_unchanged,
            num_workers=workers,
            prefetch_factor=_PREFETCHED if workers else None,
            multiprocessing_context="fork" if workers else None,  # shares what is read already; none uses the GPU
            worker_init_fn=_single_threaded if workers else None,
        )
        try:
            for epoch, total, chunk in loader:
                skipped = min(done, len(chunk))
                done -= skipped
                for step in chunk[skipped:]:
                    yield epoch, total, [_from_arrays(arrays) for arrays in step]
        except RuntimeError as error:
            if "DataLoader worker (pid" not in str(error):
                raise
            raise ModelProblem("A process that made training batches was killed; it may lack memory.") from error


class _Chunks(Dataset[_Chunk]):
    """The chunks of some epochs, in order."""

    def __init__(self, source: StepSource, epochs: range) -> None:
        self._source = source
        self._epochs = epochs
        self._sampled: tuple[int, Sequence[Sequence[Group]]] | None = None  # the last epoch: it has several chunks

    def __len__(self) -> int:
        return len(self._epochs) * _CHUNKS

    def __getitem__(self, index: int) -> _Chunk:
        epoch, number = self._epochs[index // _CHUNKS], index % _CHUNKS
        if self._sampled is None or self._sampled[0] != epoch:
            self._sampled = epoch, self._source.sample(epoch)
        groups = self._sampled[1]
        first, last = (len(groups) * at // _CHUNKS for at in (number, number + 1))
        steps = [
            [
                ([one.numpy() for one in (batch.ids, batch.mask, batch.types, batch.allowed)], batch.gold, batch.groups)
                for batch in self._source.step(part)
            ]
            for part in groups[first:last]
        ]
        return epoch, len(groups), steps


def _unchanged(chunk: Any) -> Any:
    return chunk


def _single_threaded(worker: int) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # there is a worker per core already


def _from_arrays(arrays: _Arrays) -> Batch:
    tensors, gold, groups = arrays
    ids, mask, types, allowed = (torch.from_numpy(one) for one in tensors)
    return Batch(ids, mask, types, allowed, gold, groups)
