"""Joins the answers to the questions that one question joins: "When and where was she born?"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.query.parser import Question
from qa.query.phrases import normalized_words
from qa.query.question_types import QuestionType
from qa.types import AnswerPart, Candidate, Quote, ScoredCandidate

_MAX_GAP = 40  # code points between two answers that are shown as one span
_MAX_LOSS = 0.1  # of confidence, for an answer in the same sentence as the first
_NAMING = (QuestionType.WHO, QuestionType.WHERE, QuestionType.WHICH)
_NEXT_WORD = re.compile(r" ([\w-]+)")


@dataclass(frozen=True, slots=True)
class Answers:
    """The candidates that may answer one of several questions, with their confidence, best first."""

    question: Question
    scored: Sequence[ScoredCandidate]


def join_answers(parts: Sequence[Answers], threshold: float) -> ScoredCandidate | None:
    """Return a candidate that answers all of several questions, as far as candidates reach the threshold.

    Its span holds all answers that stand close together in a sentence, or else the first. Where all questions have an
    answer, its confidence is the lowest of theirs, otherwise the mean of the best of each. None without candidates.
    """
    found: list[tuple[Question, ScoredCandidate]] = []
    missing: list[str] = []
    confidences: list[float] = []
    for part in parts:
        answer = _best(part, [(question.type, one) for question, (one, _) in found], threshold)
        if answer is None:
            missing.append(part.question.text)
            confidences.append(min(threshold, part.scored[0][1] if part.scored else 0.0))
        else:
            found.append((part.question, answer))
            confidences.append(answer[1])
    if not found:
        return max((one for part in parts for one in part.scored[:1]), key=lambda one: one[1], default=None)
    confidence = sum(confidences) / len(confidences) if missing else min(confidences)
    first = found[0][1][0]
    quotes = tuple(AnswerPart(one.span, one.sentence, question.text, one.via) for question, (one, _) in found)
    # A name that another sentence answers with is quoted alone: its own sentence says something else.
    joinable = [part for part in quotes[1:] if part.via is None and part.sentence == first.sentence]
    span = first.span if first.via is not None else _span_of([quotes[0], *joinable])
    return replace(first, span=span, parts=quotes, missing=tuple(missing)), confidence


def _best(part: Answers, earlier: Sequence[tuple[QuestionType, Candidate]], threshold: float) -> ScoredCandidate | None:
    """Return the best candidate that answers, preferably in the first answer's sentence.

    An earlier answer may answer again where both questions ask for a name: "Who founded the firm and who owns it?"
    """
    asked = part.question.type
    used = [one.span for other, one in earlier if other is not asked or asked not in _NAMING]
    able = [(one, confidence) for one, confidence in part.scored if confidence >= threshold and one.span not in used]
    if not able:
        return None
    near = (one for one in able if earlier and one[0].answering_sentence == earlier[0][1].answering_sentence)
    return next((one for one in near if one[1] >= able[0][1] - _MAX_LOSS), able[0])


def _span_of(parts: Sequence[AnswerPart]) -> Quote:
    """Return the span over the parts of a sentence that stand close to the first, with the noun after a number."""
    span, last = parts[0].span, parts[0]
    for part in parts[1:]:
        if part.span.start - span.end <= _MAX_GAP and span.start - part.span.end <= _MAX_GAP:
            last = part if part.span.end > span.end else last
            span = Quote(span.article, min(span.start, part.span.start), max(span.end, part.span.end))
    if span == parts[0].span or not span.text[-1].isdigit():
        return span
    asked, end = set(normalized_words(last.question or "")), span.end
    while (word := _NEXT_WORD.match(span.article.text, end, last.sentence.end)) and word[1].lower() in asked:
        end = word.end()
    return Quote(span.article, span.start, end)
