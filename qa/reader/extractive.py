"""A Reader that names the exact words, by a model that reads question and passage together."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

from qa.query.parser import wanted_kind
from qa.query.question_types import Kind
from qa.reader.decoding import Span, SpanScores
from qa.reader.span_model import Logits, SpanModel
from qa.types import Candidate, Passage, Quote, Reading

SPANS = 5  # of each passage that are considered
_ARTICLES = frozenset({"a", "an", "the"})
_AROUND = ",;:.!?…\"'“”‘’«»„()[]{}"


class Wanted(Enum):
    """What answers a question: the exact words, the whole sentence that decides, or sentences on a topic."""

    WORDS = auto()
    SENTENCE = auto()
    TOPIC = auto()


_WANTED = {Kind.YES_NO: Wanted.SENTENCE, Kind.TOPIC: Wanted.TOPIC}


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a span's reading and its sentence's retrieval score count."""

    reading: float
    retrieval: float

    def score(self, span: Span, retrieved: float) -> float:
        """Return a span's score."""
        return self.reading * span.reading + self.retrieval * retrieved


@dataclass(frozen=True, slots=True)
class Look:
    """Which passages are read: at most so many, and how far the best hit of one may be behind the best of all."""

    passages: int
    behind: float

    def near(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return the passages that are read, in their order."""
        best = [max((hit.score for hit in passage.hits), default=0.0) for passage in passages[: self.passages]]
        least = max(best, default=0.0) - self.behind
        return [passage for passage, score in zip(passages, best, strict=False) if score >= least]


# Nearly always the answer is near, and every passage that is not read saves time; where what is near does not seem to
# answer, it pays to read on. These numbers were chosen with the reader that comes along, whose logits they are in:
# docs/decisions.md has the figures.
FIRST, SECOND = Look(passages=5, behind=0.35), Look(passages=10, behind=0.6)
SURE = 2.0  # the least reading of a best candidate after which nothing more is read
QUESTION_WEIGHTS = Weights(reading=1.0, retrieval=6.0)


@dataclass(frozen=True, slots=True)
class Doubt:
    """When the larger model is asked, and of what.

    It is asked where the best candidate's score is less than `lead` above that of the next sentence, or its reading
    less than `least`; of at most so many passages, whose best score is at most `behind` the best of all.
    """

    lead: float
    least: float
    passages: int
    behind: float


DOUBT = Doubt(lead=2.0, least=SURE, passages=4, behind=4.0)
SHARE = 0.5  # of the larger model in the logits of what it has read, too
# The model was made for questions: of a name or a topic alone it has little to say, so there is no second look.
TOPICS = Look(passages=5, behind=0.4)
TOPIC_WEIGHTS = Weights(reading=0.02, retrieval=1.0)


def wants(question: str) -> Wanted:
    """Tell what answers a question."""
    return _WANTED.get(wanted_kind(question), Wanted.WORDS)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said of a passage: spans that may answer, every sentence, and the log-odds that it answers."""

    passage: Passage
    logits: Logits
    spans: list[Span]
    sentences: list[Span]
    odds: float

    @classmethod
    def of(cls, passage: Passage, logits: Logits, wanted: Wanted) -> Self:
        """Return what the logits of a passage say."""
        scores = SpanScores(passage, logits)
        sentences = scores.sentences()
        spans = (one.trimmed() for one in scores.best(SPANS)) if wanted is Wanted.WORDS else sentences
        return cls(passage, logits, [span for span in spans if span is not None], sentences, logits.odds())


class SpanReader:
    """A Reader over the best passages, by a model that scores spans.

    Where words alone would not answer (yes/no questions, topics, commands), a whole sentence does, with the score of
    the best span in it.

    Args:
        model: reads the passages.
        first: which passages are read for a question.
        second: which are read besides where the best candidate of those has a reading of less than SURE.
        weights: what makes the score of an answer; "no answer" scores as a span that the model finds just as likely, in
            the sentence that was retrieved best.
        topic_weights: the same for topics and commands.
        larger: a model that is asked, after the second look, where the other one is in doubt; what both say is
            averaged. It must read the same tokens. None: nobody is asked again.
        doubt: when it is asked.
    """

    def __init__(
        self,
        model: SpanModel,
        first: Look = FIRST,
        second: Look = SECOND,
        weights: Weights = QUESTION_WEIGHTS,
        topic_weights: Weights = TOPIC_WEIGHTS,
        larger: SpanModel | None = None,
        doubt: Doubt = DOUBT,
    ) -> None:
        self._model = model
        self._first = first
        self._second = second
        self._weights = weights
        self._topic_weights = topic_weights
        self._larger = larger
        self._doubt = doubt

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """Return candidates and sentences, best first, and the score of "no answer"."""
        wanted = wants(question)
        weights = self._topic_weights if wanted is Wanted.TOPIC else self._weights
        retrieved = {hit.sentence: hit.score for passage in passages for hit in passage.hits}
        worst = min(retrieved.values(), default=0.0)

        def score(span: Span) -> float:
            return weights.score(span, retrieved.get(span.sentence, worst))

        near = (TOPICS if wanted is Wanted.TOPIC else self._first).near(passages)
        told = self._told(question, near, wanted)
        if wanted is not Wanted.TOPIC:
            best = max((span for one in told for span in one.spans), key=score, default=None)
            if best is None or best.reading < SURE:
                told += self._told(question, [one for one in self._second.near(passages) if one not in near], wanted)
            told = self._asked_again(question, told, wanted, score)
        candidates = [
            Candidate(span.quote, span.sentence, score(span), span.reading, one.odds)
            for one in told
            for span in one.spans
        ]
        sentences = sorted((span for one in told for span in one.sentences), key=score, reverse=True)
        return Reading(
            tuple(_merged(sorted(candidates, key=lambda candidate: -candidate.score))),
            weights.retrieval * max(retrieved.values(), default=0.0),
            tuple(span.sentence for span in sentences),
        )

    def _told(self, question: str, passages: Sequence[Passage], wanted: Wanted) -> list[_Told]:
        read = _read(self._model, question, passages)
        return [_Told.of(passage, logits, wanted) for passage, logits in zip(passages, read, strict=True)]

    def _asked_again(
        self, question: str, told: list[_Told], wanted: Wanted, score: Callable[[Span], float]
    ) -> list[_Told]:
        """Return what is said of the passages when the larger model was asked, too, where that is needed."""
        if self._larger is None:
            return told
        best = {at: max(map(score, one.spans)) for at, one in enumerate(told) if one.spans}
        spans = sorted((span for one in told for span in one.spans), key=score, reverse=True)
        if not spans or not self._in_doubt(spans, score):
            return told
        least = score(spans[0]) - self._doubt.behind
        near = sorted((at for at, one in best.items() if one >= least), key=lambda at: -best[at])
        again = near[: self._doubt.passages]
        read = _read(self._larger, question, [told[at].passage for at in again])
        found = list(told)
        for at, logits in zip(again, read, strict=True):
            found[at] = _Told.of(told[at].passage, told[at].logits.mixed(logits, SHARE), wanted)
        return found

    def _in_doubt(self, spans: Sequence[Span], score: Callable[[Span], float]) -> bool:
        best = spans[0]
        others = (score(span) for span in spans if span.sentence != best.sentence)
        lead = score(best) - next(others, -math.inf)
        return lead < self._doubt.lead or best.reading < self._doubt.least


def _read(model: SpanModel, question: str, passages: Sequence[Passage]) -> list[Logits]:
    texts = [(passage.quote.article.title, passage.quote.text) for passage in passages]
    return model.read(question, texts) if texts else []


def _merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the first of all candidates that say the same or stand in the same sentence."""
    words: set[str] = set()
    sentences: set[Quote] = set()
    merged = []
    for candidate in candidates:
        key = _key(candidate.span.text)
        if key not in words and candidate.sentence not in sentences:
            merged.append(candidate)
            words.add(key)
            sentences.add(candidate.sentence)
    return merged


def _key(text: str) -> str:
    """Return what is alike in equal answers: the words in lower case, without articles and punctuation around them."""
    words = [word.strip(_AROUND) for word in text.casefold().split()]
    return " ".join(word for word in words if word and word not in _ARTICLES) or text.casefold()
