"""Measure the answers to a user's questions about the user's own articles."""

import csv
import io
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cli.terminal import CONFIDENCE_LEVELS
from corpus.errors import UnreadableDocument
from eval.datasets import ROW_ERRORS, Row, describe_error, read_rows, read_text
from eval.metrics import by_level, exact_match, has_words, normalize_loosely, ranking
from index.generations.builder import Progress
from qa.query.parser import normalize_question
from qa.service import QAService
from qa.types import Quote, Reply

DEPTH = 20
# The figures of measure_user_questions, in order, each with its explanation.
MEANINGS = {
    "questions": "in the file",
    "answerable": "of them have an answer",
    "found first": "answerable: the best sentence holds the answer, whatever its confidence",
    "P@1": "the same as a share",
    "R@5": "share of the answerable with the answer in one of the best 5 sentences",
    "R@10": "... of the best 10",
    "MRR": f"mean of 1 / rank of the sentence with the answer, 0 beyond {DEPTH}",
    "answered": "answerable: confident enough to answer",
    "answered right": "of these: the answer's sentence, or the one that it is given by, holds the expected words",
    "exact words": "of these: the answer is the expected words and no more, as SQuAD compares them",
    "words and place": "answerable: the answer itself holds the expected words, in the expected file, page and heading",
    "unanswerable": "have no answer",
    "refused": "of these: rightly refused",
}


@dataclass(frozen=True, slots=True)
class UserQuestion:
    """A question and the texts that count as its answer; without any, the question is unanswerable.

    The answering sentence must be in `article`, an id, url or title, and in the text `context`, where they are given.
    Figures are given for each `kind`. The answer's place is right if it is in the file of this name, on `page` and
    under one of `headings`, where they are given.
    """

    question: str
    expected: tuple[str, ...]
    article: str | None = None
    context: str | None = None
    kind: str | None = None
    file: str | None = None
    page: int | None = None
    headings: tuple[str, ...] = ()


def read_user_questions(path: Path) -> list[UserQuestion]:
    """Read questions from SQuAD's JSON (.json), a table (.csv, .tsv), or JSON Lines (any other name, or .gz).

    A table has the columns, and a JSON object the fields, `question`, `expected` and optionally `article`, `kind`,
    `file`, `page` and `heading`. `expected` is a text, in JSON also a list of them; empty or null for an unanswerable
    question. Raises UnreadableDocument, which names the file, the place and the problem.
    """
    readers = {".json": _read_json, ".csv": _read_table, ".tsv": _read_table}
    return readers.get(path.suffix.lower(), lambda file: read_rows(file, _user_question))(path)


def measure_user_questions(
    qa: QAService,
    questions: Sequence[UserQuestion],
    report: Callable[[Progress], None],
    files_of: Callable[[str], Collection[str]] = lambda article_id: (),
) -> dict[str, Any]:
    """Ask every question; return the figures that MEANINGS explains, the misses, and the answers in other words.

    files_of: returns the names of the files that an article was read from, as far as they are known. Sentences are
    ranked whatever their confidence, so that retrieval is measured also where no answer is given.
    """
    results = []
    for done, question in enumerate(questions):
        report(Progress("user questions", done, len(questions)))
        sentences = qa.search(question.question, DEPTH).sentences if question.expected else []
        rank = next((rank for rank, one in enumerate(sentences, start=1) if _holds(one, question)), None)
        reply = qa.ask(question.question, top_k=1)
        files = files_of(reply.answers[0].span.article.id) if reply.answered and question.file is not None else ()
        results.append(UserQuestionResult(question, reply, rank, frozenset(files)))
    answerable = [one for one in results if one.question.expected]
    unanswerable = [one for one in results if not one.question.expected]
    return {
        "questions": len(results),
        "answerable": len(answerable),
        "found first": sum(one.rank == 1 for one in answerable),
        **ranking([one.rank for one in answerable]),
        "answered": sum(one.reply.answered for one in answerable),
        "answered right": sum(one.correct for one in answerable),
        "exact words": sum(one.exact for one in answerable),
        "words and place": sum(one.in_place for one in answerable),
        "unanswerable": len(unanswerable),
        "refused": sum(one.correct for one in unanswerable),
        "kinds": _by_kind(results),
        "confidence": _by_confidence(results),
        "misses": [one.miss() for one in results if not one.correct],
        "elsewhere": [one.elsewhere() for one in answerable if one.misses_place],
        "other words": [one.other_words() for one in answerable if one.correct and not one.exact],
    }


def _by_kind(results: Sequence["UserQuestionResult"]) -> dict[str, dict[str, int]]:
    """Return for each kind, answerable ones first, how many questions have it and are rightly answered or refused."""
    kinds: dict[str, dict[str, int]] = {}
    for one in sorted(results, key=lambda one: (not one.question.expected, one.question.kind or "")):
        if one.question.kind is not None:
            name = one.question.kind if one.question.expected else f"{one.question.kind}, no answer"
            counts = kinds.setdefault(name, {"questions": 0, "right": 0})
            counts["questions"] += 1
            counts["right"] += one.correct
    return kinds


def _by_confidence(results: Sequence["UserQuestionResult"]) -> dict[str, dict[str, float]]:
    """Return for each level of confidence the number of answers, their mean confidence and the share that is right."""
    answered = [one for one in results if one.reply.answered]
    confidences = np.array([one.reply.answers[0].confidence for one in answered], np.float64)
    return by_level(confidences, np.array([one.correct for one in answered], np.bool_), CONFIDENCE_LEVELS)


@dataclass(frozen=True, slots=True)
class UserQuestionResult:
    """A question, its reply, the rank of the first sentence that holds the answer, and the files of the answer."""

    question: UserQuestion
    reply: Reply
    rank: int | None
    files: Collection[str] = ()

    @property
    def correct(self) -> bool:
        """Whether the question was rightly answered or rightly refused."""
        if not self.question.expected:
            return not self.reply.answered
        return self.reply.answered and any(_holds(one, self.question) for one in self.reply.answers[0].sentences)

    @property
    def exact(self) -> bool:
        """Whether the answer is one of the expected texts and no more."""
        expected = map(normalize_loosely, self.question.expected)
        return self.correct and exact_match(normalize_loosely(self.reply.answers[0].span.text), expected)

    @property
    def in_place(self) -> bool:
        """Whether the answer itself holds the expected words, at the expected place."""
        if not (self.correct and self.question.expected):
            return False
        answer, question = self.reply.answers[0], self.question
        spans = [answer.span, *(part.span for part in answer.parts)]
        texts = [normalize_loosely(span.text) for span in spans]
        page, heading = (None, None) if answer.place is None else (answer.place.page, answer.place.heading)
        return (
            any(has_words(text, normalize_loosely(words)) for text in texts for words in question.expected)
            and question.file in {None, *self.files}
            and question.page in {None, page}
            and (not question.headings or heading in question.headings)
        )

    @property
    def misses_place(self) -> bool:
        """Whether the sentence is right, but the answer is not the expected words at the place that is asked for."""
        question = self.question
        asks_place = question.file is not None or question.page is not None or bool(question.headings)
        return asks_place and self.correct and not self.in_place

    def miss(self) -> dict[str, Any]:
        """Return an entry of the list of misses."""
        best = self.reply.answers[0].sentence.text if self.reply.answered else None
        question = self.question
        return {"question": question.question, "expected": [*question.expected], "answered": best, "rank": self.rank}

    def elsewhere(self) -> dict[str, Any]:
        """Return an entry of the list of right sentences whose answer is not the expected words at their place."""
        place = self.reply.answers[0].place
        page, heading = (None, None) if place is None else (place.page, place.heading)
        parts = [*sorted(self.files), page, heading]
        return {**self.other_words(), "place": [part for part in parts if part is not None]}

    def other_words(self) -> dict[str, Any]:
        """Return an entry of the list of right answers in other words."""
        words = self.reply.answers[0].span.text
        return {"question": self.question.question, "expected": [*self.question.expected], "answered": words}


def _read_json(path: Path) -> list[UserQuestion]:
    try:
        data = json.loads(read_text(path))
        rows = data
        if not isinstance(data, list):
            rows = [
                {
                    "question": one["question"],
                    "expected": [answer["text"] for answer in one["answers"]] if not one.get("is_impossible") else None,
                    "context": paragraph["context"],
                }
                for article in data["data"]
                for paragraph in article["paragraphs"]
                for one in paragraph["qas"]
            ]
    except ROW_ERRORS as error:
        raise UnreadableDocument(f"{path} is no question set in SQuAD's format: {describe_error(error)}") from error
    return _read_all(path, "question", enumerate(rows, start=1))


def _read_table(path: Path) -> list[UserQuestion]:
    text = read_text(path)
    heading = text.partition("\n")[0]
    table = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=heading.count))
    table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
    try:
        return _read_all(path, "line", ((table.line_num, row) for row in table))
    except csv.Error as error:
        raise UnreadableDocument(f"{path}, line {table.line_num}: {error}") from error


def _read_all(path: Path, place: str, rows: Iterator[tuple[int, Row]]) -> list[UserQuestion]:
    questions = []
    for number, row in rows:
        try:
            questions.append(_user_question(row))
        except ROW_ERRORS as error:
            raise UnreadableDocument(f"{path}, {place} {number}: {describe_error(error)}") from error
    if not questions:
        raise UnreadableDocument(f"{path} holds no question.")
    return questions


def _user_question(row: Row) -> UserQuestion:
    normalize_question(row["question"])
    headings = row.get("heading") or ()
    expected = row["expected"]
    values = expected if isinstance(expected, list) else [expected]
    if any(not isinstance(one, str | int | float | None) for one in values):
        raise ValueError("'expected' must be a text, a list of texts, or null.")
    texts = (str(one).strip() for one in values if one is not None)
    return UserQuestion(
        row["question"],
        tuple(filter(None, texts)),
        row.get("article") or None,
        row.get("context"),
        None if row.get("kind") is None else str(row["kind"]),
        row.get("file") or None,
        int(row["page"]) if row.get("page") else None,
        (headings,) if isinstance(headings, str) else tuple(headings),
    )


def _holds(sentence: Quote, question: UserQuestion) -> bool:
    article = sentence.article
    text = normalize_loosely(sentence.text)
    return (
        any(has_words(text, normalize_loosely(words)) for words in question.expected)
        and question.article in {None, article.id, article.url, article.title}
        and (question.context is None or text in normalize_loosely(question.context))
    )
