"""A Reader of extractive models, which score spans of a passage as answers to a question."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise
from typing import Self

from corpus.text.sentences import is_closed
from qa.query.answer_types import answer_type_match
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from qa.reader.decoding import Span, SpanScores
from qa.reader.span_model import Logits, SpanModel
from qa.types import Candidate, Passage, Quote, Reading

SPANS_PER_PASSAGE = 5
_ARTICLES = frozenset({"a", "an", "the"})
_PUNCTUATION = ",;:.!?…\"'“”‘’«»„()[]{}"


class AnswerUnit(Enum):
    """The unit of an answer: a span of words, a whole sentence for a yes/no question, or sentences on a topic."""

    SPAN = auto()
    SENTENCE = auto()
    TOPIC = auto()

    @classmethod
    def of(cls, question: Question) -> "AnswerUnit":
        """Return the unit of the answers to a question."""
        by_type = {QuestionType.YES_NO: cls.SENTENCE, QuestionType.TOPIC: cls.TOPIC}
        return by_type.get(question.type, cls.SPAN)


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """The weights of a span's no-answer margin and of its sentence's retrieval score in the score of a candidate."""

    reading: float
    retrieval: float

    def score(self, span: Span, retrieval_score: float) -> float:
        """Return the score of a span."""
        return self.reading * span.no_answer_margin + self.retrieval * retrieval_score


@dataclass(frozen=True, slots=True)
class ReadingBudget:
    """Which passages are read: at most `max_passages`, their best hit at most `max_gap` below the best of all.

    Passages are read in order. Reading ends where the next one could hold the best candidate only with a no-answer
    margin above `max_no_answer_margin`.
    """

    max_passages: int
    max_gap: float
    max_no_answer_margin: float = math.inf

    def select(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return the passages within the budget, in order."""
        best = [max((hit.score for hit in passage.hits), default=0.0) for passage in passages[: self.max_passages]]
        min_score = max(best, default=0.0) - self.max_gap
        return [passage for passage, score in zip(passages, best, strict=False) if score >= min_score]


@dataclass(frozen=True, slots=True)
class CascadePolicy:
    """When the larger model is used, and for which passages.

    It is used where the small one finds an answer, and does not know which: the no-answer margin of the best candidate
    is at least `min_no_answer_margin`, and its score less than `max_margin` above that of the next span apart from it,
    in the same sentence or another. It reads at most `max_passages`, those whose best score is at most `max_gap` below
    the best of all.
    """

    max_margin: float
    min_no_answer_margin: float
    max_passages: int
    max_gap: float


# The numbers fit the shipped reader: docs/decisions.md.
QUESTION_BUDGET = ReadingBudget(max_passages=6, max_gap=0.35, max_no_answer_margin=4.0)
PASSAGES_AT_ONCE = 2  # of a question
QUESTION_WEIGHTS = ScoreWeights(reading=1.0, retrieval=6.0)
CASCADE_POLICY = CascadePolicy(max_margin=3.0, min_no_answer_margin=0.0, max_passages=2, max_gap=2.0)
_NO_ANSWERS = frozenset({"this", "that", "these", "those", "such"})  # "Listen on this port instead of 7420."
_MAX_HEADING = 80  # characters
TYPE_PENALTY = 8.0  # off the no-answer margin of a span that can hardly be of the type that is asked for
MIXING_WEIGHT = 0.5  # of the larger model's logits
# The models are trained on questions, so that their scores mean little for a topic.
TOPIC_BUDGET = ReadingBudget(max_passages=5, max_gap=0.4)
TOPIC_WEIGHTS = ScoreWeights(reading=0.02, retrieval=1.0)


@dataclass(frozen=True, slots=True)
class _ReadPassage:
    """A passage that was read: its logits, candidate spans, sentences, and the log-odds that it answers."""

    passage: Passage
    logits: Logits
    spans: list[Span]
    sentences: list[Span]
    answerability: float

    @classmethod
    def of(cls, question: Question, passage: Passage, logits: Logits) -> Self:
        """Decode the logits of a passage; spans that can hardly be of the type that is asked for lose TYPE_PENALTY."""
        scores = SpanScores(passage, logits)
        sentences = scores.sentences()
        spans = sentences
        if AnswerUnit.of(question) is AnswerUnit.SPAN:
            trimmed = (span.trimmed() for span in scores.best(SPANS_PER_PASSAGE))
            spans = [
                replace(span, no_answer_margin=span.no_answer_margin - TYPE_PENALTY)
                if answer_type_match(question, span.quote.text) < 0
                else span
                for span in trimmed
                if span is not None and span.quote.text.casefold() not in _NO_ANSWERS
            ]
        return cls(passage, logits, spans, sentences, logits.answerability())

    def excerpt(self, contenders: Sequence[Span]) -> Passage:
        """Return the part of the passage that holds spans, with the sentence before them."""
        sentences = self.passage.sentences
        inside = [at for at, one in enumerate(sentences) if any(span.sentence == one for span in contenders)]
        part = sentences[max(0, inside[0] - 1) : inside[-1] + 1]
        quote = replace(self.passage.quote, start=part[0].start, end=part[-1].end)
        return Passage(quote, tuple(hit for hit in self.passage.hits if quote.covers(hit.sentence)), part)

    def mixed(self, question: Question, excerpt: Passage, larger: Logits) -> Self:
        """Return the passage with the spans of an excerpt scored by the mean with another model's logits of it."""
        own = self.logits.part(larger.tokens, excerpt.quote.start - self.passage.quote.start)
        if own is None:
            return self
        new = type(self).of(question, excerpt, own.mixed(larger, MIXING_WEIGHT))
        spans = [one for one in self.spans if not excerpt.quote.covers(one.quote)]
        sentences = [one for one in self.sentences if not excerpt.quote.covers(one.quote)]
        return replace(self, spans=[*spans, *new.spans], sentences=[*sentences, *new.sentences])


class SpanReader:
    """A Reader over the best passages, by a model that scores spans.

    Yes/no questions and topics are answered by a whole sentence, with the score of its best span.

    Args:
        model: reads the passages.
        budget: of the passages that a question reads.
        weights: of the score of a candidate. "No answer" scores as a span with a no-answer margin of 0 in the sentence
            that was retrieved best.
        topic_weights: the same for topics.
        larger: a model with the same tokenizer, used as CASCADE_POLICY says; its logits and the model's are averaged
            by MIXING_WEIGHT, but for "no answer", which it has no say in. None: no cascade.
    """

    def __init__(
        self,
        model: SpanModel,
        budget: ReadingBudget = QUESTION_BUDGET,
        weights: ScoreWeights = QUESTION_WEIGHTS,
        topic_weights: ScoreWeights = TOPIC_WEIGHTS,
        larger: SpanModel | None = None,
    ) -> None:
        self._model = model
        self._budget = budget
        self._weights = weights
        self._topic_weights = topic_weights
        self._larger = larger

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        """Return candidates and sentences, best first, and the score of "no answer"."""
        unit = AnswerUnit.of(question)
        weights = self._topic_weights if unit is AnswerUnit.TOPIC else self._weights
        retrieval_scores = {hit.sentence: hit.score for passage in passages for hit in passage.hits}
        lowest = min(retrieval_scores.values(), default=0.0)

        def score(span: Span) -> float:
            return weights.score(span, retrieval_scores.get(span.sentence, lowest))

        budget = TOPIC_BUDGET if unit is AnswerUnit.TOPIC else self._budget
        selected = budget.select(passages)
        read: list[_ReadPassage] = []
        best = -math.inf
        for start in range(0, len(selected), PASSAGES_AT_ONCE):
            batch = selected[start : start + PASSAGES_AT_ONCE]
            retrieval_score = max(hit.score for passage in batch for hit in passage.hits)
            if best >= weights.reading * budget.max_no_answer_margin + weights.retrieval * retrieval_score:
                break
            logits = _logits(self._model, question, batch)
            read += [_ReadPassage.of(question, passage, one) for passage, one in zip(batch, logits, strict=True)]
            best = max((score(span) for one in read for span in one.spans), default=-math.inf)
        if unit is not AnswerUnit.TOPIC:
            read = self._cascade(question, read, score)
        candidates = [
            Candidate(span.quote, span.sentence, score(span), span.no_answer_margin, one.answerability)
            for one in read
            for span in one.spans
        ]
        sentences = sorted((span for one in read for span in one.sentences), key=score, reverse=True)
        return Reading(
            tuple(_distinct(sorted(candidates, key=lambda candidate: -candidate.score))),
            weights.retrieval * max(retrieval_scores.values(), default=0.0),
            tuple(span.sentence for span in sentences),
        )

    def _cascade(
        self, question: Question, read: list[_ReadPassage], score: Callable[[Span], float]
    ) -> list[_ReadPassage]:
        """Return the passages, with mixed logits for those that the larger model reads where the first is uncertain."""
        spans = sorted((span for one in read for span in one.spans), key=score, reverse=True)
        if self._larger is None or not spans:
            return read
        first, policy = spans[0], CASCADE_POLICY
        others = (
            score(span)
            for span in spans
            if span.sentence != first.sentence or span.end <= first.start or first.end <= span.start
        )
        margin = score(first) - next(others, -math.inf)
        if margin >= policy.max_margin or first.no_answer_margin < policy.min_no_answer_margin:
            return read
        best = {index: max(map(score, one.spans)) for index, one in enumerate(read) if one.spans}
        min_score = score(first) - policy.max_gap
        close = sorted((index for index, value in best.items() if value >= min_score), key=lambda index: -best[index])
        selected = close[: policy.max_passages]
        excerpts = [
            read[index].excerpt([one for one in read[index].spans if score(one) >= min_score]) for index in selected
        ]
        logits = _logits(self._larger, question, excerpts)
        result = list(read)
        for index, excerpt, larger in zip(selected, excerpts, logits, strict=True):
            result[index] = read[index].mixed(question, excerpt, larger)
        return result


def _logits(model: SpanModel, question: Question, passages: Sequence[Passage]) -> list[Logits]:
    texts = [(passage.quote.article.title, _with_marks(passage)) for passage in passages]
    return model.read(question.text, texts) if texts else []


def _with_marks(passage: Passage) -> str:
    """Return the text of a passage with a mark for the line break behind each sentence that ends without one.

    Models see no line breaks: in a list of lines they take the next line's year, price or name for that of this line,
    unless there is a full stop. What seems to be a heading gets a colon: "Languages: English and Igbo".
    """
    text, whole, start = list(passage.quote.text), passage.quote.article.text, passage.quote.start
    for sentence, following in pairwise(passage.sentences):
        gap = whole[sentence.end : following.start]
        if "\n" in gap and not is_closed(sentence.text):
            text[sentence.end - start] = ":" if "\n\n" in gap and len(sentence.text) <= _MAX_HEADING else "."
    return "".join(text)


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates whose answer and whose sentence no earlier candidate has."""
    answers: set[str] = set()
    sentences: set[Quote] = set()
    distinct = []
    for candidate in candidates:
        text = candidate.span.text.casefold()
        words = (word.strip(_PUNCTUATION) for word in text.split())
        answer = " ".join(word for word in words if word and word not in _ARTICLES) or text
        if answer not in answers and candidate.sentence not in sentences:
            distinct.append(candidate)
            answers.add(answer)
            sentences.add(candidate.sentence)
    return distinct
