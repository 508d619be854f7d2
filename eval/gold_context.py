"""Questions asked of their own paragraph: what the reader does alone, without retrieval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from corpus.article import Article, Draft
from corpus.store.article_store import ArticleStore
from eval.benchmark_corpus import CachedEmbedder, index_articles, map_in_threads, replace_forbidden_characters
from eval.datasets import LabelledQuestion
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.confidence import Confidence
from qa.pipeline import Pipeline
from qa.query.parser import parse_question
from qa.reader.base import Reader
from qa.retriever import HybridRetriever
from qa.types import Hit, Quote

Asked = tuple[str, str]  # a question and its paragraph


@dataclass(frozen=True, slots=True)
class FromParagraph:
    """The best answer's words, the highest `no_answer_margin` and `answerability` of a candidate, and its confidence.

    -inf where there is no candidate.
    """

    words: str | None
    no_answer_margin: float
    answerability: float
    confidence: float


def ask_paragraphs(
    questions: Sequence[LabelledQuestion],
    embedder: CachedEmbedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    cache: Path,
    report: Callable[[Progress], None],
) -> dict[Asked, FromParagraph]:
    """Ask every question of its paragraph; what is there twice is asked once. Vectors are kept in `cache`.

    Every paragraph is an article of its own, cut by the splitter and the retriever as a user's would be; all of its
    sentences are read, as hits of equal score.
    """
    articles = {context: _article(one) for context, one in {one.context: one for one in questions}.items()}
    distinct = {(one.question, one.context): one for one in questions}
    with index_articles(list(articles.values()), embedder, report, folder=cache) as (store, generation):
        pipeline = Pipeline(HybridRetriever(embedder, store), reader, confidence, threshold)
        rows = _rows(store, generation)
        work = partial(_ask, embedder, pipeline, generation, articles, rows)
        return dict(
            zip(distinct, map_in_threads(work, list(distinct.values()), "paragraph given", report), strict=True)
        )


def _article(question: LabelledQuestion) -> Article:
    return Article.from_draft(Draft(replace_forbidden_characters(question.context), title=question.title))


def _rows(store: ArticleStore, generation: Generation) -> dict[str, range]:
    """Return the rows of every article by its id."""
    articles = store.by_number(store.numbers())
    first, last = (np.searchsorted(generation.articles, list(articles), side) for side in ("left", "right"))
    return {
        article.id: range(int(start), int(end))
        for article, start, end in zip(articles.values(), first, last, strict=True)
    }


def _ask(
    embedder: CachedEmbedder,
    pipeline: Pipeline,
    generation: Generation,
    articles: dict[str, Article],
    rows: dict[str, range],
    question: LabelledQuestion,
) -> FromParagraph:
    article = articles[question.context]
    parsed = parse_question(question.question)
    vector = embedder.embed_question(parsed.text)
    here = rows[article.id]
    similarities = generation.similarities(vector, np.array(here, np.int64))
    hits = [
        Hit(_sentence(generation, row, article), row, 0.0, float(similarity), 0.0)
        for row, similarity in zip(here, similarities, strict=True)
    ]
    found = pipeline.answer(parsed, hits, pipeline.retriever.passages(generation, hits))
    margin = max((one.no_answer_margin for one in found.reading.candidates), default=-np.inf)
    answerability = max((one.answerability for one in found.reading.candidates), default=-np.inf)
    words = None if found.best is None else found.best.span.text
    return FromParagraph(words, margin, answerability, found.confidence)


def _sentence(generation: Generation, row: int, article: Article) -> Quote:
    return Quote(article, int(generation.spans["start"][row]), int(generation.spans["end"][row]))
