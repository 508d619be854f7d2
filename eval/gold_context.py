"""Questions asked of their own paragraph: what the reader does alone, without retrieval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from corpus.article import Article, Draft
from corpus.store.article_store import ArticleStore
from eval.asking import Asker
from eval.benchmark_corpus import Prepared, indexed, mapped, without_odd_characters
from eval.datasets import Question
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.confidence import Confidence
from qa.query.parser import understand
from qa.reader.base import Reader
from qa.retriever import HybridRetriever
from qa.types import Hit, Quote

Asked = tuple[str, str]  # a question and its paragraph


@dataclass(frozen=True, slots=True)
class FromParagraph:
    """The best answer's words, the highest `reading` and `odds` of a candidate, and how sure the best is.

    -inf where there is no candidate.
    """

    words: str | None
    reading: float
    odds: float
    confidence: float


def ask_paragraphs(
    questions: Sequence[Question],
    embedder: Prepared,
    reader: Reader,
    confidence: Confidence,
    cache: Path,
    report: Callable[[Progress], None],
) -> dict[Asked, FromParagraph]:
    """Ask every question of its paragraph; what is there twice is asked once. Vectors are kept in `cache`.

    Every paragraph is an article of its own, cut by the splitter and the retriever as a user's would be; all of its
    sentences are read, as hits of equal score.
    """
    articles = {context: _article(one) for context, one in {one.context: one for one in questions}.items()}
    distinct = {(one.question, one.context): one for one in questions}
    with indexed(list(articles.values()), embedder, report, folder=cache) as (store, generation):
        asker = Asker(HybridRetriever(embedder, store), reader, confidence)
        rows = _rows(store, generation)
        work = partial(_ask, embedder, asker, generation, articles, rows)
        return dict(zip(distinct, mapped(work, list(distinct.values()), "paragraph given", report), strict=True))


def _article(question: Question) -> Article:
    return Article.from_draft(Draft(without_odd_characters(question.context), title=question.title))


def _rows(store: ArticleStore, generation: Generation) -> dict[str, range]:
    """Return the rows of every article by its id."""
    articles = store.by_number(store.numbers())
    first, last = (np.searchsorted(generation.articles, list(articles), side) for side in ("left", "right"))
    return {
        article.id: range(int(start), int(end))
        for article, start, end in zip(articles.values(), first, last, strict=True)
    }


def _ask(
    embedder: Prepared,
    asker: Asker,
    generation: Generation,
    articles: dict[str, Article],
    rows: dict[str, range],
    question: Question,
) -> FromParagraph:
    article = articles[question.context]
    vector = embedder.embed_question(understand(question.question).text)
    here = rows[article.id]
    similarities = generation.similarities(vector, np.array(here, np.int64))
    hits = [
        Hit(_sentence(generation, row, article), row, 0.0, float(similarity), 0.0)
        for row, similarity in zip(here, similarities, strict=True)
    ]
    found = asker.read(generation, question.question, hits)
    reading = max((one.reading for one in found.reading.candidates), default=-np.inf)
    odds = max((one.odds for one in found.reading.candidates), default=-np.inf)
    return FromParagraph(found.words, reading, odds, found.confidence)


def _sentence(generation: Generation, row: int, article: Article) -> Quote:
    return Quote(article, int(generation.spans["start"][row]), int(generation.spans["end"][row]))
