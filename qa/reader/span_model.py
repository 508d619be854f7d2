"""Runs an exported reading model with ONNX Runtime: question and passages in, start and end logits out."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, TOKENIZER
from index.onnx.runtime import open_session, usable_cores
from qa.reader.model_files import ReaderManifest
from qa.reader.tokenization import ReaderInput, Tokens

REMEMBERED = 64  # passages, those of a few questions


@dataclass(frozen=True, slots=True)
class Logits:
    """The start and end logits of every token of a question with its passage, both of shape (tokens,).

    The logits of the first token together are the score of "no answer".
    """

    tokens: Tokens
    start: NDArray[np.float32]
    end: NDArray[np.float32]

    def answerability(self) -> float:
        """Return the log-odds that the passage answers: the text's tokens against the first, start and end together.

        Less the logarithm of the number of tokens, since a longer text has more spans to be mistaken about. That tells
        answerable from unanswerable better than the best span does (docs/decisions.md). -inf for an empty text.
        """
        text = self.tokens.of_text()
        if not len(text):
            return -math.inf
        log_odds = (float(np.logaddexp.reduce(logits[text]) - logits[0]) for logits in (self.start, self.end))
        return sum(log_odds) - math.log(len(text))

    def part(self, tokens: Tokens, start: int) -> Self | None:
        """Return the logits of a part of the text that begins at `start`; None where one of its tokens is missing."""
        own, part = self.tokens.of_text(), tokens.of_text()
        starts = tokens.starts[part] + start
        places = own[np.searchsorted(self.tokens.starts[own], starts).clip(max=len(own) - 1)]
        if not np.array_equal(self.tokens.starts[places], starts):
            return None
        sides = []
        for logits in (self.start, self.end):
            side = np.full(len(tokens.ids), logits[0], np.float32)
            side[part] = logits[places]
            sides.append(side)
        return replace(self, tokens=tokens, start=sides[0], end=sides[1])

    def mixed(self, other: Self, weight: float) -> Self:
        """Return the weighted mean with another model's logits for the same tokens; `weight` is the other's.

        The other has no vote on whether the passage answers: the mean is shifted so that the text's tokens together
        stand to "no answer" as they do here.
        """
        text = self.tokens.of_text()
        if not len(text):
            return self
        sides = []
        for own, others in ((self.start, other.start), (self.end, other.end)):
            mean = (1 - weight) * own + weight * others
            mean += np.logaddexp.reduce(own[text]) - np.logaddexp.reduce(mean[text])
            mean[0] = own[0]
            sides.append(mean.astype(np.float32))
        start, end = sides
        return replace(self, start=start, end=end)


class SpanModel(Protocol):
    """Scores the tokens of passages as starts and ends of an answer; SpanReader calls it once or twice a question.

    Thread-safe. Takes any text.
    """

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Logits]:
        """Return the logits of each passage, given as (title, text), in order."""
        ...


class OnnxSpanModel:
    """A SpanModel that runs an exported model on `threads` threads (default: one per usable core).

    Every passage is a single-threaded run of its own, so its logits do not depend on the passages beside it: 8-bit
    activations are scaled by the largest value of a run. Raises ModelProblem where the export can't be loaded.
    """

    def __init__(self, folder: Path, manifest: ReaderManifest, threads: int | None = None) -> None:
        self._names = manifest.inputs
        try:
            self._session = open_session(folder / GRAPH)
            self._input = ReaderInput(folder / TOKENIZER, manifest.max_length, manifest.titled)
        except Exception as error:  # the two libraries raise bare exceptions of their own
            raise ModelProblem(f"The reading model in {folder} can't be loaded: {error}") from error
        self._pool = ThreadPoolExecutor(usable_cores() if threads is None else threads, thread_name_prefix="read")

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Logits]:
        """Return the logits of each passage, given as (title, text), in order."""
        return list(self._pool.map(lambda passage: self.run(self._input.tokens(question, [passage])[0]), passages))

    def run(self, tokens: Tokens) -> Logits:
        """Return the logits of a question with its passage."""
        start, end = self._session.run(None, feed(tokens, self._names))
        return Logits(tokens, start[0], end[0])


def feed(tokens: Tokens, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return the inputs of a graph for a question with its passage, by name, each of shape (1, tokens)."""
    known = {"input_ids": tokens.ids, "token_type_ids": tokens.types}
    return {name: np.array([known[name]], np.int64) for name in names}


class RememberingSpanModel:
    """A SpanModel that reads a passage once for a question, as long as it is among the last `size` that it read.

    The passages of newer reports are read again, without the older ones beside them.
    """

    def __init__(self, model: SpanModel, size: int = REMEMBERED) -> None:
        self._model = model
        self._size = size
        self._read: OrderedDict[tuple[str, str, str], Logits] = OrderedDict()
        self._lock = Lock()

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Logits]:
        """Return the logits of each passage, given as (title, text), in order."""
        keys = [(question, title, text) for title, text in passages]
        with self._lock:
            known = {key: self._read[key] for key in keys if key in self._read}
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if missing:
            known.update(zip(missing, self._model.read(question, [key[1:] for key in missing]), strict=True))
        with self._lock:
            for key in missing:
                self._read[key] = known[key]
            while len(self._read) > self._size:
                self._read.popitem(last=False)
        return [known[key] for key in keys]
