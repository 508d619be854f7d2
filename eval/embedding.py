"""An embedder that knows its questions beforehand: asked of several indexes, each is embedded once."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.embedder import Embedder


class Prepared:
    """An Embedder whose questions' vectors are ready."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._ready: dict[str, NDArray[np.float32]] = {}

    def add(self, question: str) -> None:
        """Make a question ready. One by one: 8-bit activations make vectors differ a little from batch to batch."""
        if question not in self._ready:
            self._ready[question] = self._embedder.embed_question(question)

    @property
    def model_id(self) -> str:
        """The model of the embedder behind it."""
        return self._embedder.model_id

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of texts."""
        return self._embedder.embed(texts, progress)

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """Return the vector of a question, ready or not."""
        ready = self._ready.get(question)
        return self._embedder.embed_question(question) if ready is None else ready
