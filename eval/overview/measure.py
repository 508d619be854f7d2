"""Measure news, what somebody said, summaries, and questions about the library itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from corpus.text.sentences import split
from eval.datasets import Row, read_rows
from eval.metrics import has_words, normalize_loosely
from index.generations.builder import Progress
from qa.content_sentences import is_content_sentence
from qa.service import QAService
from qa.types import Quote, Reply

QUESTIONS, SUMMARIES = "questions.jsonl", "summaries.jsonl"
KINDS = ("news", "none", "library", "plain", "summary")
LENGTH = 3  # sentences of a summary
# The figures of measure_overviews, in order, each with its explanation.
MEANINGS = {
    "news": "questions for news and for what somebody said",
    "news right": "of these: the first answer is from the newest article, and one of the first three tells it",
    "none": "questions for news that no article has",
    "none refused": "of these: there is no answer",
    "library": "questions about the library",
    "library right": "of these: the reply has the right kind and says what is expected",
    "plain": "questions about what articles say, in words like those",
    "plain kept": "of these: the reply is not about the library, and the expected words answer where there are some",
    "summary": "requests for the summary of an article",
    "summary right": "of these: all answers are from the right article",
    "summaries": "articles whose essential sentences are marked",
    "essential": "share of the essential sentences, at most three of an article, in summaries of three sentences",
    "lead essential": "share in the first three content sentences",
}


@dataclass(frozen=True, slots=True)
class OverviewQuestion:
    """A question asked on a day. half: "choose" or "judge". The other fields are as in the README of eval/overview."""

    question: str
    kind: str
    half: str
    now: str
    expected: tuple[str, ...] = ()
    newest: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    library: str | None = None
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """The title of an article, and the beginnings of its essential sentences."""

    title: str
    sentences: tuple[str, ...]


def read_overview_questions(folder: Path) -> tuple[list[OverviewQuestion], list[MarkedArticle]]:
    """Read the questions and the marked articles of a folder; raises UnreadableDocument."""
    return [*read_rows(folder / QUESTIONS, _question)], [*read_rows(folder / SUMMARIES, _marked)]


def measure_overviews(
    qa: QAService,
    questions: Sequence[OverviewQuestion],
    marked: Sequence[MarkedArticle],
    report: Callable[[Progress], None],
) -> dict[str, dict[str, Any]]:
    """Ask each question on its day; return the figures that MEANINGS explains, by half, and the misses of "choose"."""
    asked: list[tuple[OverviewQuestion, Reply]] = []
    for done, one in enumerate(questions):
        report(Progress("overview questions", done, len(questions)))
        asked.append((one, qa.ask(one.question, today=date.fromisoformat(one.now))))
    figures: dict[str, dict[str, Any]] = {}
    for at, half in enumerate(("choose", "judge")):
        of_half = [each for each in asked if each[0].half == half]
        good = [each for each in of_half if _is_right(*each)]
        counts = {
            kind: sum(one.kind == kind for one, _ in of_half)
            for kind in ("news", "none", "library", "plain", "summary")
        }
        right = {kind: sum(one.kind == kind for one, _ in good) for kind in counts}
        figures[half] = {
            "news": counts["news"],
            "news right": right["news"],
            "none": counts["none"],
            "none refused": right["none"],
            "library": counts["library"],
            "library right": right["library"],
            "plain": counts["plain"],
            "plain kept": right["plain"],
            "summary": counts["summary"],
            "summary right": right["summary"],
            **_summaries(qa, marked[at::2]),
            "misses": [_miss(*each) for each in of_half if each not in good] if half == "choose" else [],
        }
    return figures


def _summaries(qa: QAService, marked: Sequence[MarkedArticle]) -> dict[str, Any]:
    found = lead = total = measured = 0
    for one in marked:
        reply = qa.ask(f"Summarise the article {one.title}", LENGTH)
        if not reply.answered:
            continue
        article = reply.answers[0].span.article
        sentences = [Quote(article, start, end) for start, end in split(article.text)]
        content = [quote.text for quote in sentences if is_content_sentence(quote)]
        told = [answer.sentence.text for answer in reply.answers]
        found += _count(told, one.sentences)
        lead += _count(content[:LENGTH], one.sentences)
        total += min(LENGTH, len(one.sentences))
        measured += 1
    shares = {"essential": (found, total), "lead essential": (lead, total)}
    return {
        "summaries": measured,
        **{name: round(part / whole, 3) if whole else 0.0 for name, (part, whole) in shares.items()},
    }


def _count(sentences: Sequence[str], essential: Sequence[str]) -> int:
    return sum(any(beginning in sentence for beginning in essential) for sentence in sentences)


def _is_right(question: OverviewQuestion, reply: Reply) -> bool:
    library = reply.library
    if question.kind == "library":
        return (
            library is not None
            and library.kind.value == question.library
            and all(has_words(normalize_loosely(library.text), normalize_loosely(text)) for text in question.text)
        )
    if library is not None:
        return False
    if question.kind == "none":
        return not reply.answered
    if question.kind == "summary":
        return reply.answered and all(one.span.article.title in question.articles for one in reply.answers)
    if question.kind == "plain":
        return not question.expected or (reply.answered and _tells(reply.answers[0].span.text, question.expected))
    is_newest = reply.answered and reply.answers[0].span.article.title in question.newest
    return is_newest and any(_tells(one.sentence.text, question.expected) for one in reply.answers[:LENGTH])


def _tells(text: str, expected: Sequence[str]) -> bool:
    given = normalize_loosely(text)
    return any(has_words(given, normalize_loosely(one)) for one in expected)


def _miss(question: OverviewQuestion, reply: Reply) -> dict[str, Any]:
    told = [f"{one.span.text} ({one.span.article.title})" for one in reply.answers]
    return {
        "kind": question.kind,
        "question": question.question,
        "answered": told if reply.library is None else [reply.library.text],
    }


def _question(row: Row) -> OverviewQuestion:
    lists = {name: tuple(map(str, row.get(name) or ())) for name in ("expected", "newest", "articles", "text")}
    return OverviewQuestion(
        row["question"], row["kind"], row["half"], now=row["now"], library=row.get("library"), **lists
    )


def _marked(row: Row) -> MarkedArticle:
    return MarkedArticle(row["article"], tuple(map(str, row["sentences"])))
