"""A Reader that names the exact words, by a model that reads question and passage together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from qa.kinds import Kind
from qa.question import wanted_kind
from qa.span_model import SpanModel
from qa.span_search import Span, SpanScores
from qa.types import Candidate, Passage, Quote, Reading

READ = 5  # passages
# How far the best hit of a passage may be behind the best of all. Nearly always the answer is nearer, and every passage
# that is not read saves time: docs/design.md has the figures.
BEHIND = 0.4
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


QUESTION_WEIGHTS = Weights(reading=1.0, retrieval=6.0)  # python -m training.weigh
# The model was made for questions: of a name or a topic alone it has little to say.
TOPIC_WEIGHTS = Weights(reading=0.02, retrieval=1.0)


def wants(question: str) -> Wanted:
    """Tell what answers a question."""
    return _WANTED.get(wanted_kind(question), Wanted.WORDS)


class SpanReader:
    """A Reader over the best passages, by a model that scores spans.

    Where words alone would not answer (yes/no questions, topics, commands), a whole sentence does, with the score of
    the best span in it.

    Args:
        model: reads the passages.
        passages: how many are read, at most.
        behind: how far the retrieval score of a passage that is read may be behind the best one's.
        weights: what makes the score of an answer; "no answer" scores as a span that the model finds just as likely, in
            the sentence that was retrieved best.
        topic_weights: the same for topics and commands.
    """

    def __init__(
        self,
        model: SpanModel,
        passages: int = READ,
        behind: float = BEHIND,
        weights: Weights = QUESTION_WEIGHTS,
        topic_weights: Weights = TOPIC_WEIGHTS,
    ) -> None:
        self._model = model
        self._passages = passages
        self._behind = behind
        self._weights = weights
        self._topic_weights = topic_weights

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """Return candidates, best first, and the score of "no answer"."""
        wanted = wants(question)
        weights = self._topic_weights if wanted is Wanted.TOPIC else self._weights
        retrieved = {hit.sentence: hit.score for passage in passages for hit in passage.hits}
        worst = min(retrieved.values(), default=0.0)
        candidates = [
            Candidate(span.quote, span.sentence, weights.score(span, retrieved.get(span.sentence, worst)), span.reading)
            for span in self._spans(question, self._near(passages), wanted)
        ]
        candidates.sort(key=lambda candidate: -candidate.score)
        return Reading(tuple(_merged(candidates)), weights.retrieval * max(retrieved.values(), default=0.0))

    def _near(self, passages: Sequence[Passage]) -> list[Passage]:
        best = [max((hit.score for hit in passage.hits), default=0.0) for passage in passages[: self._passages]]
        least = max(best, default=0.0) - self._behind
        return [passage for passage, score in zip(passages, best, strict=False) if score >= least]

    def _spans(self, question: str, passages: Sequence[Passage], wanted: Wanted) -> Iterator[Span]:
        texts = [(passage.quote.article.title, passage.quote.text) for passage in passages]
        for passage, logits in zip(passages, self._model.read(question, texts), strict=True):
            scores = SpanScores(passage, logits)
            if wanted is Wanted.WORDS:
                yield from (span for one in scores.best(SPANS) if (span := one.trimmed()) is not None)
            else:
                yield from scores.sentences()


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
