"""Parts that behave like the real ones, made of the standard library and numpy."""

import hashlib
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

_DIMENSION = 64
_WORD = re.compile(r"\w+")


class WordEmbedder:
    """Embeds a text as the sum of one fixed vector per lower-cased word: texts with the same words are near."""

    def __init__(self, model_id: str = "words@1") -> None:
        self._model_id = model_id

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimension(self) -> int:
        return _DIMENSION

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), _DIMENSION), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = _vector(text)
            if progress is not None:
                progress(1)
        return vectors

    def embed_question(self, question: str) -> NDArray[np.float32]:
        return _vector(question)


def _vector(text: str) -> NDArray[np.float32]:
    words = _WORD.findall(text.lower())
    total = np.sum([_word_vector(word) for word in words or [""]], axis=0)
    return (total / np.linalg.norm(total)).astype(np.float32)


def _word_vector(word: str) -> NDArray[np.float64]:
    digest = hashlib.shake_256(word.encode(errors="replace")).digest(_DIMENSION)
    return np.frombuffer(digest, np.uint8) / 127.5 - 1.0
