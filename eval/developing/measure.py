"""Measure answers about developing stories: is the newest value given, and what differs shown beside it?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.store.filters import ArticleFilter
from eval.datasets import Row, read_rows
from eval.metrics import has_words, normalize_loosely
from index.generations.builder import Progress
from qa.query.parser import normalize_question
from qa.service import QAService
from qa.types import Answer, Reply

QUESTIONS, AGREEING = "questions.jsonl", "agree.jsonl"
# The figures of measure_developing_stories, in order, each with its explanation.
MEANINGS = {
    "current": "questions about the present state",
    "answered": "of these",
    "right": "of these: the first answer holds the newest value",
    "outdated": "of the answered: the first answer is an older value",
    "precision": "share right of those answered",
    "superseded shown": "of the right ones with older values: an older one is shown as superseded",
    "past": "questions about a former state",
    "past right": "of these: the first answer holds the value of that time",
    "differs": "questions on which sources of one time differ",
    "both named": "of these: both values are given, one as the answer and one as differing, or as two answers",
    "marked": "of these: one is marked as differing",
    "relative": "questions answered by a relative time",
    "words right": "of these: the first answer holds the words",
    "date right": "of these: and they are resolved to the right day",
    "news": "news questions",
    "news right": "of these: one of the first three answers is one of the sentences that tell most",
    "agreeing": "questions on which sources agree in other words",
    "false differs": "of these: another value is marked as differing",
}


@dataclass(frozen=True, slots=True)
class DevelopingQuestion:
    """A question asked on a day. outdated: values of older reports. also: the other value, where sources differ."""

    question: str
    kind: str
    expected: tuple[str, ...]
    now: str
    outdated: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    date: str | None = None


def read_developing_questions(folder: Path) -> list[DevelopingQuestion]:
    """Read the questions of a folder of developing stories; raises UnreadableDocument."""
    return [*read_rows(folder / QUESTIONS, _question), *read_rows(folder / AGREEING, _question)]


def measure_developing_stories(
    qa: QAService, questions: Sequence[DevelopingQuestion], report: Callable[[Progress], None]
) -> dict[str, Any]:
    """Ask each question as of its day; return the figures that MEANINGS explains, and the misses."""
    asked: list[tuple[DevelopingQuestion, Reply]] = []
    for done, one in enumerate(questions):
        report(Progress("questions on developing stories", done, len(questions)))
        asked.append((one, qa.ask(one.question, filters=ArticleFilter(as_of=one.now))))
    of_kind = {
        kind: [each for each in asked if each[0].kind == kind] for kind in dict.fromkeys(q.kind for q in questions)
    }
    current = of_kind.get("current", [])
    answered = [each for each in current if each[1].answered]
    right = [each for each in answered if gives(each[1].answers[0], each[0].expected)]
    outdated = [each for each in answered if each not in right and gives(each[1].answers[0], each[0].outdated)]
    with_older = [each for each in right if each[0].outdated]
    past, differs, relative = (of_kind.get(kind, []) for kind in ("past", "differs", "relative"))
    news, agreeing = of_kind.get("news", []), of_kind.get("agree", [])
    past_right = [each for each in past if _first_gives(each)]
    both = [each for each in differs if _names_both(each)]
    words_right = [each for each in relative if _first_gives(each)]
    dated = [each for each in words_right if each[0].date in _dates(each[1].answers[0])]
    told = [each for each in news if any(_sentence_gives(one, each[0].expected) for one in each[1].answers[:3])]
    false = [each for each in agreeing if any(one.differs for one in each[1].answers)]
    good = [*right, *past_right, *both, *dated, *told, *(each for each in agreeing if each not in false)]
    return {
        "current": len(current),
        "answered": len(answered),
        "right": len(right),
        "outdated": len(outdated),
        "precision": round(len(right) / len(answered), 3) if answered else 0.0,
        "superseded shown": sum(
            any(gives(old, one.outdated) for old in reply.answers[0].supersedes) for one, reply in with_older
        ),
        "past": len(past),
        "past right": len(past_right),
        "differs": len(differs),
        "both named": len(both),
        "marked": sum(any(one.differs for one in reply.answers) for _, reply in differs),
        "relative": len(relative),
        "words right": len(words_right),
        "date right": len(dated),
        "news": len(news),
        "news right": len(told),
        "agreeing": len(agreeing),
        "false differs": len(false),
        "misses": [_miss(*each) for each in asked if each not in good],
    }


def _question(row: Row) -> DevelopingQuestion:
    normalize_question(row["question"])
    lists = {name: tuple(map(str, row.get(name) or ())) for name in ("expected", "outdated", "also")}
    return DevelopingQuestion(row["question"], row["kind"], now=row["now"], date=row.get("date"), **lists)


def _first_gives(each: tuple[DevelopingQuestion, Reply]) -> bool:
    return each[1].answered and gives(each[1].answers[0], each[0].expected)


def _names_both(each: tuple[DevelopingQuestion, Reply]) -> bool:
    """Return whether both values are given, each in its own answer or as one that differs."""
    given = [one for answer in each[1].answers for one in (answer, *answer.differs)]
    return all(any(gives(one, values) for one in given) for values in (each[0].expected, each[0].also))


def gives(answer: Answer, values: Sequence[str]) -> bool:
    """Return whether an answer's words, or those of its parts, hold one of the values, or are among its words."""
    spans = [answer.span, *(part.span for part in answer.parts)]
    words = [normalize_loosely(span.text) for span in spans]
    wanted = [normalize_loosely(value) for value in values]
    return any(has_words(one, value) or has_words(value, one) for one in words for value in wanted)


def _sentence_gives(answer: Answer, values: Sequence[str]) -> bool:
    text = normalize_loosely(answer.sentence.text)
    return any(
        has_words(text, normalize_loosely(value)) or has_words(normalize_loosely(value), text) for value in values
    )


def _dates(answer: Answer) -> list[str | None]:
    """Return the values of the time expressions of an answer's own words."""
    return [one.value for one in answer.dates if one.start < answer.span.end and answer.span.start < one.end]


def _miss(question: DevelopingQuestion, reply: Reply) -> dict[str, Any]:
    first = reply.answers[0] if reply.answered else None
    return {
        "kind": question.kind,
        "question": question.question,
        "expected": [*question.expected, *question.also, *([question.date] if question.date else [])],
        "answered": None if first is None else f"{first.span.text} ({first.confidence:.2f})",
        "supersedes": [] if first is None else [one.span.text for one in first.supersedes],
        "differs": [] if first is None else [one.span.text for one in first.differs],
    }
