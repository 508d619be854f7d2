"""Groups kept questions that ask about the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from corpus.questions.kept import MAX_KEPT, KeptQuestion
from index.embedding.embedder import Embedder

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
    """Groups questions; the vectors of those that were seen are kept in memory only, so that none outlives them."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: LRUCache[str, NDArray[np.float32]] = LRUCache(MAX_KEPT)

    def groups(self, questions: Sequence[KeptQuestion]) -> list[QuestionGroup]:
        """Return the groups, the most asked first, then the newest.

        Each question, newest first, joins the closest group whose first question is similar enough, or begins one.
        """
        if not questions:
            return []
        vectors = self._embedded([one.question for one in questions])
        groups: list[list[KeptQuestion]] = []
        leaders = np.empty((0, vectors.shape[1]), np.float32)
        for question, vector in zip(questions, vectors, strict=True):
            similarities = leaders @ vector
            if groups and similarities.max() >= MIN_SIMILARITY:
                groups[int(similarities.argmax())].append(question)
            else:
                groups.append([question])
                leaders = np.vstack([leaders, vector])
        return sorted((QuestionGroup(tuple(each)) for each in groups), key=lambda group: -group.times)

    def _embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        known = {text: self._vectors[text] for text in texts if text in self._vectors}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known |= dict(zip(new, self._embedder.embed(new), strict=True))
        self._vectors.clear()
        self._vectors.update(known)
        return np.stack([known[text] for text in texts])
