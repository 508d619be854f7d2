"""Questions asked as the service asks them, with all that the service doesn't tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.store.article_store import ArticleFilter
from index.generations.generation import Generation
from qa.confidence import Confidence
from qa.near_duplicates import without_copies
from qa.query.parser import understand
from qa.reader.base import Reader
from qa.retriever import Retriever
from qa.service import HITS, MAX_ANSWERS
from qa.types import Candidate, Hit, Passage, Quote, Reading

DEPTH = 100  # a sentence that is not among so many counts as not found


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: hits, best first, what was read in the best of them, and how sure that is.

    `confidences` are those of the first MAX_ANSWERS candidates.
    """

    hits: Sequence[Hit]
    reading: Reading
    confidences: tuple[float, ...]

    @property
    def best(self) -> Candidate | None:
        """The best candidate, if there is any."""
        return next(iter(self.reading.candidates), None)

    @property
    def words(self) -> str | None:
        """The words of the best candidate, if there is any."""
        return None if self.best is None else self.best.span.text

    @property
    def confidence(self) -> float:
        """How sure the best candidate is; 0 where there is none."""
        return next(iter(self.confidences), 0.0)

    def sentences(self) -> list[Quote]:
        """Return the sentences as the service orders them, whatever their confidence."""
        return self.reading.in_order(self.hits)


@dataclass(frozen=True, slots=True)
class Asker:
    """The parts that answer; safe to share between threads, as they are."""

    retriever: Retriever
    reader: Reader
    confidence: Confidence

    def ask(self, generation: Generation, question: str) -> Found:
        """Ask a question of a generation; raises InvalidQuestion."""
        asked = understand(question)
        hits = self.retriever.search(generation, asked.text, DEPTH, ArticleFilter())
        return self._read(asked.told, hits, self.retriever.passages(generation, hits[:HITS]))

    def read(self, generation: Generation, question: str, hits: Sequence[Hit]) -> Found:
        """Ask a question of given hits; raises InvalidQuestion."""
        return self._read(understand(question).told, hits, self.retriever.passages(generation, hits))

    def _read(self, text: str, hits: Sequence[Hit], passages: Sequence[Passage]) -> Found:
        reading = without_copies(self.reader.read(text, passages))
        return Found(hits, reading, tuple(self.confidence.estimate(text, reading.best(MAX_ANSWERS), passages)))
