"""Measures answers where sources differ, on RAMDocs: are all right values named, and none of the wrong ones?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.article import Article, Draft
from corpus.store.filters import ArticleFilter
from eval.benchmark_corpus import FixedGeneration, index_articles, replace_forbidden_characters
from eval.datasets import Row, read_rows
from eval.metrics import has_words, normalize_loosely
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from qa.confidence import Confidence
from qa.pipeline import MAX_CANDIDATES, Pipeline
from qa.reader.base import Reader
from qa.retriever import HybridRetriever
from qa.service import QAService
from qa.types import Answer

FILE = Path("dev") / "ramdocs_half.jsonl.gz"
TOP_K = 3  # answers that are shown by default
# The figures of measure_conflicts, in order, each with its explanation.
MEANINGS = {
    "questions": "on documents that conflict, asked of their own documents, which have no dates",
    "answered": "share of these",
    "all right values": f"share whose first {TOP_K} answers, with what they differ from, name all right values",
    "all right values, any depth": f"... whose first {MAX_CANDIDATES} answers do",
    "right values": f"mean share of the right values that the first {TOP_K} answers name",
    "only right values": f"share whose first {TOP_K} answers name all right values and none of the wrong ones",
    "one right value": "questions that have just one right value",
    "one right value, named": f"share of these whose first {TOP_K} answers name it",
    "a wrong value": f"share of the questions with wrong values whose first {TOP_K} answers name one",
}


@dataclass(frozen=True, slots=True)
class _Document:
    """A document of a question, by the number of that, and the question's right and wrong values."""

    question: str
    number: str
    article: Article
    right: tuple[str, ...]
    wrong: tuple[str, ...]


def measure_conflicts(
    data: Path,
    embedder: Embedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Callable[[Progress], None],
    every: int,
) -> dict[str, float]:
    """Ask every n-th question of its documents; return the figures that MEANINGS explains.

    Raises UnreadableDocument where the file is missing or broken, StorageProblem.
    """
    by_question: dict[str, list[_Document]] = {}
    for one in read_rows(data / FILE, _document):
        if one.right:
            by_question.setdefault(one.number, []).append(one)
    asked = list(by_question.values())[::every]
    articles = list({one.article.id: one.article for documents in asked for one in documents}.values())
    found: list[tuple[_Document, Sequence[Answer]]] = []
    with index_articles(articles, embedder, report, folder=cache) as (store, generation):
        pipeline = Pipeline(HybridRetriever(embedder, store), reader, confidence, threshold)
        service = QAService(FixedGeneration(generation), pipeline)
        for done, documents in enumerate(asked):
            report(Progress("questions on conflicting documents", done, len(asked)))
            filters = ArticleFilter(articles=tuple(one.article.id for one in documents))
            found.append((documents[0], service.ask(documents[0].question, MAX_CANDIDATES, filters).answers))
    shown = [(one, answers[:TOP_K]) for one, answers in found]
    single = [each for each in shown if len(each[0].right) == 1]
    with_wrong = [each for each in shown if each[0].wrong]
    return {
        "questions": float(len(found)),
        "answered": _share(len(answers) > 0 for _, answers in found),
        "all right values": _share(_named(answers, one.right) == len(one.right) for one, answers in shown),
        "all right values, any depth": _share(_named(answers, one.right) == len(one.right) for one, answers in found),
        "right values": sum(_named(answers, one.right) / len(one.right) for one, answers in shown) / len(shown),
        "only right values": _share(
            _named(answers, one.right) == len(one.right) and not _named(answers, one.wrong) for one, answers in shown
        ),
        "one right value": float(len(single)),
        "one right value, named": _share(_named(answers, one.right) == 1 for one, answers in single),
        "a wrong value": _share(_named(answers, one.wrong) > 0 for one, answers in with_wrong),
    }


def _document(row: Row) -> _Document:
    text = replace_forbidden_characters(row["context"])
    right, wrong = (tuple(map(str, row.get(name) or ())) for name in ("gold", "wrong"))
    article = Article.from_draft(Draft(text, "Document"))
    return _Document(row["question"], row["id"].rpartition("-")[0], article, right, wrong)


def _named(answers: Sequence[Answer], values: Sequence[str]) -> int:
    """Return how many values are named by answers, or by those that differ from them."""
    spans = [
        span
        for answer in answers
        for one in (answer, *answer.differs)
        for span in (one.span, *(part.span for part in one.parts))
    ]
    words = [normalize_loosely(span.text) for span in spans]
    wanted = [normalize_loosely(value) for value in values]
    return sum(any(has_words(one, value) or has_words(value, one) for one in words) for value in wanted)


def _share(those: Iterable[bool]) -> float:
    flags = list(those)
    return sum(flags) / len(flags) if flags else 0.0
