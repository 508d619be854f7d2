"""A question in, a reply out."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from corpus.store.article_store import ArticleFilter
from index.generations.generation import Generation
from qa.confidence import Confidence
from qa.content_sentences import about
from qa.near_duplicates import same_sentence, without_copies
from qa.query.parser import Question, understand, wanted_kind
from qa.query.phrases import words_of
from qa.query.question_types import Kind
from qa.reader.base import Reader
from qa.retriever import Retriever
from qa.types import Answer, Closest, Passage, Quote, Reading, Reply, passage_around

MAX_ANSWERS = 20
HITS = 20  # sentences that are looked at, however many answers are asked for: the first answer stays the same
CLOSEST = 3
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

    def ask(self, question: str, top_k: int = 3, filters: ArticleFilter = _EVERYTHING) -> Reply:
        """Return at most top_k answers whose confidence reaches the threshold.

        The first is the one that the reader likes best, the others follow by confidence, each from another sentence. Of
        copies of a story, the oldest answers. A smaller top_k gives the first of the same answers, not others. Small
        talk gets a hint, no answers.

        Raises InvalidQuestion for a question that is empty or longer than MAX_QUESTION, InvalidArticle for a bad date
        in the filter, NotReady and IndexProblem where there is no index to answer from.
        """
        begun = time.perf_counter()
        understood = understand(question)
        asked = understood.text
        generation = self._generations.generation()
        if understood.hint is not None:
            return Reply(question, (), (), generation.number, _ms_since(begun), understood.hint)
        hits = self._retriever.search(generation, asked, HITS, filters)
        passages = self._retriever.passages(generation, hits)
        # Copies go before confidence is judged: that another one says the same is no doubt.
        told = _told(understood, passages)
        reading = without_copies(self._reader.read(told, passages))
        answers = self._answers(generation, told, reading.best(MAX_ANSWERS), passages, top_k, filters)
        closest = [Closest(one, passage_around(passages, one)) for one in _distinct(reading.in_order(hits), CLOSEST)]
        hint = None if hits else _NOTHING_FITS if filters else _NOTHING_THERE
        return Reply(question, tuple(answers), tuple(closest), generation.number, _ms_since(begun), hint)

    def search(self, question: str, k: int, filters: ArticleFilter = _EVERYTHING) -> list[Quote]:
        """Return the k best sentences, whatever their confidence; raises what ask raises."""
        asked = understand(question).text
        return [hit.sentence for hit in self._retriever.search(self._generations.generation(), asked, k, filters)]

    def _answers(
        self,
        generation: Generation,
        question: str,
        reading: Reading,
        passages: Sequence[Passage],
        top_k: int,
        filters: ArticleFilter,
    ) -> list[Answer]:
        told: dict[Quote, Answer] = {}
        for answer in self._sure(question, reading, passages):
            if len(told) >= top_k:
                break
            oldest, *others = self._retriever.copies(generation, answer, filters)
            told.setdefault(oldest.sentence, replace(oldest, also=tuple(other.span.article for other in others)))
        return list(told.values())

    def _sure(self, question: str, reading: Reading, passages: Sequence[Passage]) -> list[Answer]:
        """Return the answers that reach the threshold, the reader's first one first, the others by confidence."""
        probabilities = self._confidence.estimate(question, reading, passages)
        judged = list(zip(reading.candidates, probabilities, strict=True))
        if wanted_kind(question) is Kind.TOPIC:
            judged = about(question, judged, passages, self._threshold)
        # Other answers may be surer than the reader's first; to tell them first made the words of the first worse.
        in_order = [*judged[:1], *sorted(judged[1:], key=lambda one: -one[1])]
        return [
            Answer(one.span, one.sentence, passage_around(passages, one.sentence), probability)
            for one, probability in in_order
            if probability >= self._threshold
        ]


def _told(asked: Question, passages: Sequence[Passage]) -> str:
    """Return a question for those who answer: an article's very title asks what there is below it."""
    if asked.kind in (Kind.TOPIC, Kind.OTHER):
        words = _plain(asked.text)
        if any(_plain(title) == words for title in {one.quote.article.title for one in passages}):
            return replace(asked, kind=Kind.COMMAND).told
    return asked.told


def _plain(text: str) -> list[str]:
    return [word.plain for word in words_of(text)]


def _distinct(sentences: Iterable[Quote], count: int) -> list[Quote]:
    """Return the first sentences, so many at most, of which none says what another says."""
    found: list[Quote] = []
    for sentence in sentences:
        if len(found) == count:
            break
        if not any(one.text == sentence.text or same_sentence(one, sentence) for one in found):
            found.append(sentence)
    return found


def _ms_since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
