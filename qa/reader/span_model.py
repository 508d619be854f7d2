"""Runs an exported reading model with ONNX Runtime: question and passages in, where answers may start and end out."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, TOKENIZER
from index.onnx.runtime import open_session, usable_cores
from qa.reader.model_files import ReaderManifest
from qa.reader.tokenization import ReaderInput, Tokens


@dataclass(frozen=True, slots=True)
class Logits:
    """For every token of a question and its passage how likely an answer starts and ends there, as scores.

    start, end: of shape (tokens,); those of the first token together are the score of "no answer".
    """

    tokens: Tokens
    start: NDArray[np.float32]
    end: NDArray[np.float32]

    def odds(self) -> float:
        """Return the log-odds that the passage answers: of the tokens of its text against the first, start and end.

        Less the logarithm of how many tokens they are: spans are short, so a text has about as many as it has tokens,
        and with each there is one more to be mistaken about. It tells more than the best span does: docs/decisions.md.
        -inf where there is no text.
        """
        text = self.tokens.of_text()
        if not len(text):
            return -math.inf
        told = (float(np.logaddexp.reduce(one[text]) - one[0]) for one in (self.start, self.end))
        return sum(told) - math.log(len(text))

    def mixed(self, other: Self, share: float) -> Self:
        """Return the mean of these and of what another model says of the same tokens, which counts for a share."""
        start, end = ((1 - share) * a + share * b for a, b in ((self.start, other.start), (self.end, other.end)))
        return replace(self, start=start, end=end)


class SpanModel(Protocol):
    """Reads passages for where an answer starts and ends; SpanReader calls it once or twice a question.

    Safe to share between threads. Any text will do.
    """

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Logits]:
        """Return the logits of each of the passages, given as (title, text), in their order."""
        ...


class OnnxSpanModel:
    """A SpanModel that runs the export in a folder, on as many threads as told.

    Every passage is one single-threaded run, and several run side by side. Alone in its run, a passage is read the same
    whatever is read with it: 8-bit activations are scaled by the largest in the run. Raises ModelProblem where the
    export can't be loaded.
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
        """Return the logits of each of the passages, given as (title, text), in their order."""
        return list(self._pool.map(lambda passage: self.run(self._input.tokens(question, [passage])[0]), passages))

    def run(self, tokens: Tokens) -> Logits:
        """Return the logits of a question with its passage."""
        start, end = self._session.run(None, feed(tokens, self._names))
        return Logits(tokens, start[0], end[0])


def feed(tokens: Tokens, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return what a graph takes in for a question with its passage, by input, of shape (1, tokens)."""
    known = {"input_ids": tokens.ids, "token_type_ids": tokens.types}
    return {name: np.array([known[name]], np.int64) for name in names}
