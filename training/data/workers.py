"""Makes what a network is trained on: batches of tokens, epoch after epoch; by other processes where a GPU waits."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import torch
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from qa.reader.tokenization import ReaderInput
from training.data.batches import Group
from training.models.student import Batch, collate

_PARTS = 16  # of an epoch, which are made side by side
_AHEAD = 2  # parts that each process may be ahead

Step = list[Batch]  # what one step of training reads


@dataclass(frozen=True, slots=True)
class Feed:
    """What the steps of each epoch read.

    groups: tells the batches of an epoch, by its number. pad: the tokenizer's number for padding. size: the tokens that
    go through the network at once.
    """

    groups: Callable[[int], Sequence[Sequence[Group]]]
    tokens: ReaderInput
    pad: int
    size: int

    def step(self, groups: Sequence[Group]) -> Step:
        """Return what groups are to a network."""
        examples = [(one, number) for number, group in enumerate(groups) for one in group]
        tokens = self.tokens.pairs(
            [one.question for one, _ in examples], [(one.title, one.text) for one, _ in examples]
        )
        spans, numbers = [one.spans for one, _ in examples], [number for _, number in examples]
        return collate(tokens, spans, numbers, self.pad, self.size)

    def part(self, epoch: int, number: int) -> tuple[int, list[Step]]:
        """Return how many steps an epoch has, and one of its _PARTS parts."""
        groups = self.groups(epoch)
        first, last = (len(groups) * at // _PARTS for at in (number, number + 1))
        return len(groups), [self.step(one) for one in groups[first:last]]


def steps(feed: Feed, epochs: range, done: int, workers: int) -> Generator[tuple[int, int, Step]]:
    """Yield the steps of some epochs: the epoch, how many steps it has, and the step.

    The first `done` of the first epoch are left out. `workers`: the processes that make them; 0: this one does. Raises
    ModelProblem where a process was ended from outside.
    """
    for epoch, total, part in _made_here(feed, epochs) if workers == 0 else _made_ahead(feed, epochs, workers):
        skipped = min(done, len(part))
        done -= skipped
        for step in part[skipped:]:
            yield epoch, total, step


def _made_here(feed: Feed, epochs: range) -> Iterator[tuple[int, int, list[Step]]]:
    for epoch in epochs:
        groups = feed.groups(epoch)
        for one in groups:
            yield epoch, len(groups), [feed.step(one)]


def _made_ahead(feed: Feed, epochs: range, workers: int) -> Iterator[tuple[int, int, list[Step]]]:
    places = [(epoch, number) for epoch in epochs for number in range(_PARTS)]
    waiting: deque[Future[tuple[int, list[list[_Packed]]]]] = deque()
    # Forked: they share what this process has read already. None of them touches the GPU.
    pool = ProcessPoolExecutor(workers, get_context("fork"), _begin, (feed,))
    try:
        for at, (epoch, _) in enumerate(places):
            for place in places[at + len(waiting) : at + workers * _AHEAD]:
                waiting.append(pool.submit(_make, *place))
            total, part = waiting.popleft().result()
            yield epoch, total, [[_unpacked(one) for one in step] for step in part]
    except BrokenProcessPool as error:
        raise ModelProblem("A process that made batches for the training was ended; it may lack memory.") from error
    finally:
        pool.shutdown(cancel_futures=True)


# A batch on its way to another process: torch would send each tensor as a file, and too many are open then.
_Packed = tuple[list[NDArray[Any]], list[list[tuple[int, int]]], list[int]]


def _packed(batch: Batch) -> _Packed:
    arrays = [one.numpy() for one in (batch.ids, batch.mask, batch.types, batch.allowed)]
    return arrays, batch.gold, batch.groups


def _unpacked(packed: _Packed) -> Batch:
    arrays, gold, groups = packed
    ids, mask, types, allowed = (torch.from_numpy(one) for one in arrays)
    return Batch(ids, mask, types, allowed, gold, groups)


_feeds: list[Feed] = []  # of a worker: the one that it makes parts of


def _begin(feed: Feed) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # there are as many processes as cores already
    once = lru_cache(maxsize=1)(feed.groups)  # an epoch has several parts
    _feeds[:] = [Feed(once, feed.tokens, feed.pad, feed.size)]


def _make(epoch: int, number: int) -> tuple[int, list[list[_Packed]]]:
    total, part = _feeds[0].part(epoch, number)
    return total, [[_packed(one) for one in step] for step in part]
