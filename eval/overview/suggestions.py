"""Measure suggested questions: how many articles give, and whether each is answered by the sentence it came from."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from corpus.article import Article, Draft
from corpus.text.sentences import split
from eval.benchmark_corpus import FixedGeneration, index_articles, replace_forbidden_characters
from eval.datasets import Row, read_rows
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from qa.confidence import Confidence
from qa.pipeline import Pipeline
from qa.reader.base import Reader
from qa.retriever import HybridRetriever
from qa.service import QAService
from qa.suggestions.repository import StoredQuestion, SuggestionRepository
from qa.suggestions.service import SuggestionService

# Each set with its file and the field of its texts.
SETS = {
    "MEANTIME": (Path("dev") / "meantime_dates.jsonl.gz", "text"),
    "SQuAD": (Path("dev") / "squad_dev_v1.1.jsonl.gz", "context"),
    "Abg-CoQA": (Path("dev") / "abgcoqa.jsonl.gz", "context"),
}
LISTED = "suggestions.tsv"
# The figures of measure_suggestions, in order, each with its explanation.
MEANINGS = {
    "articles": "texts of a set",
    "sentences": "of these",
    "questions": "written for 100 sentences",
    "confident": "share of these with a confident answer from their own sentence: what is suggested",
    "suggested": "for 100 sentences",
}


def measure_suggestions(
    data: Path,
    embedder: Embedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    out: Path,
    report: Callable[[Progress], None],
    every: int,
) -> dict[str, dict[str, float]]:
    """Ask all questions that every n-th text of each set gives; return the figures that MEANINGS explains.

    Lists the questions in `out`, for a person to read. Raises UnreadableDocument where a file is missing or broken,
    StorageProblem.
    """
    figures, lines = {}, ["set\tsuggested\tquestion\tanswer\tsentence\n"]
    for name, (file, field) in SETS.items():
        texts = dict.fromkeys(read_rows(data / file, partial(_text, field=field)))
        articles = [_article(text) for text in list(texts)[::every]]
        with index_articles(articles, embedder, report, folder=out) as (store, generation):
            qa = QAService(
                FixedGeneration(generation), Pipeline(HybridRetriever(embedder, store), reader, confidence, threshold)
            )
            repository = SuggestionRepository(out / "suggestions.sqlite", store.store_id)
            service = SuggestionService(repository, store, FixedGeneration(generation), qa)
            try:
                checked = list(service.check_all(report))
            finally:
                service.stop()
            by_number = store.by_number(list({one.article for one, _ in checked}))
        sentences = sum(len(split(one.text)) for one in articles)
        figures[name] = _figures(len(articles), sentences, [confident for _, confident in checked])
        lines += [_line(name, one, confident, by_number[one.article].text) for one, confident in checked]
    (out / LISTED).write_text("".join(lines), encoding="utf-8")
    return figures


def _text(row: Row, field: str) -> str:
    return str(row[field])


def _article(text: str) -> Article:
    return Article.from_draft(Draft(replace_forbidden_characters(text), "Document"))


def _figures(articles: int, sentences: int, confident: Iterable[bool]) -> dict[str, float]:
    flags = list(confident)
    return {
        "articles": float(articles),
        "sentences": float(sentences),
        "questions": 100 * len(flags) / sentences,
        "confident": sum(flags) / max(1, len(flags)),
        "suggested": 100 * sum(flags) / sentences,
    }


def _line(name: str, question: StoredQuestion, confident: bool, text: str) -> str:
    sentence = " ".join(text[question.start : question.end].split())
    return f"{name}\t{'yes' if confident else 'no'}\t{question.text}\t{question.answer}\t{sentence}\n"
