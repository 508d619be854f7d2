"""A question in, a reply out."""

import time
from collections.abc import Sequence
from typing import Protocol

from corpus.errors import InvalidQuestion
from corpus.store import ArticleFilter
from index.generation import Generation
from qa.confidence import Confidence
from qa.reader import Reader
from qa.retriever import Retriever
from qa.types import Answer, Closest, Passage, Quote, Reply, passage_around

MAX_QUESTION = 1000  # characters; an embedding model reads the first 256 tokens
MAX_ANSWERS = 20
CLOSEST = 3
CONSIDERED = 3  # candidates that may answer though only one is asked for; as many as eval.calibrate learns from
_EVERYTHING = ArticleFilter()
_NOTHING_THERE = "There are no articles to answer from yet."
_NOTHING_FITS = "No article has such a date and source."


class GenerationSource(Protocol):
    """Has the current generation."""

    def generation(self) -> Generation:
        """Return the current generation; raises NotReady, IndexProblem."""
        ...


class QAService:
    """Answers questions. Thread-safe; every question sees exactly one generation."""

    def __init__(
        self,
        generations: GenerationSource,
        retriever: Retriever,
        reader: Reader,
        confidence: Confidence,
        threshold: float,
    ) -> None:
        self._generations = generations
        self._retriever = retriever
        self._reader = reader
        self._confidence = confidence
        self._threshold = threshold

    def ask(self, question: str, top_k: int = 3, only: ArticleFilter = _EVERYTHING) -> Reply:
        """Return at most top_k answers whose confidence reaches the threshold, in the reader's order.

        A smaller top_k gives the first of the same answers, not others.

        Raises InvalidQuestion for a question that is empty or longer than MAX_QUESTION, InvalidArticle for a bad date
        in the filter, NotReady and IndexProblem where there is no index to answer from.
        """
        begun = time.perf_counter()
        asked = checked(question)
        generation = self._generations.generation()
        hits = self._retriever.search(generation, asked, max(10, 2 * top_k), only)
        passages = self._retriever.passages(generation, hits)
        answers = self._answers(asked, passages, top_k)
        closest = [Closest(hit.sentence, passage_around(passages, hit.sentence)) for hit in hits[:CLOSEST]]
        took_ms = (time.perf_counter() - begun) * 1000
        hint = None if hits else _NOTHING_FITS if only else _NOTHING_THERE
        return Reply(question, tuple(answers), tuple(closest), generation.number, took_ms, hint)

    def search(self, question: str, k: int, only: ArticleFilter = _EVERYTHING) -> list[Quote]:
        """Return the k best sentences, whatever their confidence; raises what ask raises."""
        asked = checked(question)
        return [hit.sentence for hit in self._retriever.search(self._generations.generation(), asked, k, only)]

    def _answers(self, question: str, passages: Sequence[Passage], top_k: int) -> list[Answer]:
        reading = self._reader.read(question, passages).best(max(CONSIDERED, top_k))
        probabilities = self._confidence.estimate(question, reading, passages)
        answers = [
            Answer(candidate.span, candidate.sentence, passage_around(passages, candidate.sentence), probability)
            for candidate, probability in zip(reading.candidates, probabilities, strict=True)
            if probability >= self._threshold
        ]
        return answers[:top_k]


def checked(question: str) -> str:
    """Return the question as it is searched, so that spaces and the question mark don't matter.

    Raises InvalidQuestion.
    """
    if len(question) > MAX_QUESTION:
        raise InvalidQuestion(f"The question has {len(question):,} characters; at most {MAX_QUESTION:,} are read.")
    tidy = " ".join(question.encode(errors="replace").decode().replace("\0", " ").split())
    if not any(character.isalnum() for character in tidy):
        raise InvalidQuestion("The question is empty: ask something, such as: When does the withdrawal finish?")
    return f"{tidy.rstrip(' ?？؟')}?"
