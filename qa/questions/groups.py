"""Groups kept questions that ask about the same."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from corpus.questions.kept import MAX_KEPT, AskedQuestion, KeptQuestion, QuestionKind
from index.embedding.embedder import Embedder

_BLOCK = 256  # questions that are compared with all at once
MIN_SIMILARITY = 0.75  # inner product: "reset my password" and "I forgot my password" have 0.78, two departures 0.62


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that ask about the same, newest first."""

    questions: tuple[KeptQuestion, ...]

    @property
    def times(self) -> int:
        """How often they were asked together."""
        return sum(one.times for one in self.questions)


class QuestionGrouper:
    """Groups questions; the vectors of those that were seen last are kept, in memory only. Thread-safe."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: LRUCache[str, NDArray[np.float32]] = LRUCache(len(get_args(QuestionKind)) * MAX_KEPT)
        self._lock = threading.Lock()

    def groups(self, questions: Sequence[AskedQuestion]) -> list[list[AskedQuestion]]:
        """Return the groups, the most asked first, then the newest.

        Each question, newest first, joins the closest group whose first question is similar enough, or begins one.
        """
        if not questions:
            return []
        vectors = self._embedded([one.question for one in questions])
        groups: list[list[AskedQuestion]] = []
        leaders = np.empty(len(questions), np.intp)  # the first question of each group
        for first in range(0, len(questions), _BLOCK):
            for at, similarities in enumerate(vectors[first : first + _BLOCK] @ vectors.T, first):
                to_leaders = similarities[leaders[: len(groups)]]
                if groups and to_leaders.max() >= MIN_SIMILARITY:
                    groups[int(to_leaders.argmax())].append(questions[at])
                else:
                    leaders[len(groups)] = at
                    groups.append([questions[at]])
        return sorted(groups, key=lambda group: -sum(one.times for one in group))

    def _embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
            new = [text for text in dict.fromkeys(texts) if text not in known]
            if new:
                known |= dict(zip(new, self._embedder.embed(new), strict=True))
                self._vectors.update({text: known[text] for text in new})
        return np.stack([known[text] for text in texts])
