"""A user's own questions, asked of the user's own index."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableDocument
from eval.data import read_lines
from eval.metrics import ranking
from qa.service import QAService
from qa.types import Quote, Reply

DEPTH = 20


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question, the words that answer it (any of them; none: nothing answers it), and the article, if it matters.

    `article` is an id, a url or a title. `context` is a text that the answering sentence must be in.
    """

    question: str
    expected: tuple[str, ...]
    article: str | None = None
    context: str | None = None


def read_own(path: Path) -> list[OwnQuestion]:
    """Read SQuAD's JSON, or JSON Lines of `{"question", "expected", "article"}`; `expected` null: nothing answers.

    Raises UnreadableDocument naming the file and what is wrong with it.
    """
    try:
        if path.suffix == ".json":
            return list(_squad(json.loads(path.read_text(encoding="utf-8"))))
        return [_own(row) for row in read_lines(path)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableDocument(f"{path} is no question set: {type(error).__name__} {error}.") from error


def measure_own(qa: QAService, questions: Sequence[OwnQuestion]) -> dict[str, Any]:
    """Ask every question; return figures of the sentences found, of what was answered and refused, and every miss.

    `qa` answers with a threshold; sentences are ranked before it, so that a refusal can't hide a good search.
    """
    ranks: list[int | None] = []
    answered = refused = right = exact = 0
    misses = []
    for question in questions:
        reply = qa.ask(question.question, top_k=1)
        if question.expected:
            rank = _rank(qa.search(question.question, DEPTH), question)
            ranks.append(rank)
            good = reply.answered and _holds(reply.answers[0].sentence, question)
            answered += reply.answered
            right += good
            exact += good and reply.answers[0].span.text in question.expected
        else:
            good = not reply.answered
            refused += good
        if not good:
            misses.append(_miss(question, reply))
    unanswerable = len(questions) - len(ranks)
    found = {name: value for name, value in ranking(ranks).items() if ranks}
    return {
        "questions": len(ranks),
        **found,
        "first": sum(rank == 1 for rank in ranks),
        "answered": answered,
        "answered right": right,
        "exact words": exact,
        "unanswerable": unanswerable,
        "refused": refused,
        "misses": misses,
    }


def _squad(data: dict[str, Any]) -> Iterator[OwnQuestion]:
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            for one in paragraph["qas"]:
                words = tuple(answer["text"] for answer in one["answers"] if not one.get("is_impossible"))
                yield OwnQuestion(one["question"], words, context=paragraph["context"])


def _own(row: dict[str, Any]) -> OwnQuestion:
    expected = row["expected"]
    words = () if expected is None else (expected,) if isinstance(expected, str) else tuple(expected)
    return OwnQuestion(str(row["question"]), words, row.get("article"))


def _rank(sentences: Sequence[Quote], question: OwnQuestion) -> int | None:
    return next((rank for rank, one in enumerate(sentences, start=1) if _holds(one, question)), None)


def _holds(sentence: Quote, question: OwnQuestion) -> bool:
    article = sentence.article
    text = _tidy(sentence.text)
    return (
        any(_tidy(words) in text for words in question.expected)
        and question.article in {None, article.id, article.url, article.title}
        and (question.context is None or text in _tidy(question.context))
    )


def _tidy(text: str) -> str:
    return " ".join(text.split()).casefold()


def _miss(question: OwnQuestion, reply: Reply) -> dict[str, Any]:
    best = reply.answers[0].sentence.text if reply.answered else None
    return {"question": question.question, "expected": list(question.expected), "answered": best}
