"""Articles, hits and candidates that confidence and its features are tested with."""

from corpus.article import Article, Draft
from qa.types import Candidate, Hit, Passage, Quote, Reading
from tests.indexing import split_lines

ARTICLE = Article.from_draft(
    Draft("The ferry leaves at noon.\nIt carries bicycles.\nDogs travel free.", title="Harbour news")
)
OTHER = Article.from_draft(Draft("A goat ate the timetable.", title="Village"))


def hit(article: Article, line: int, score: float, similarity: float | None = None) -> Hit:
    span = split_lines(article.text)[line]
    return Hit(Quote(article, *span), line, score, score if similarity is None else similarity, 0.0)


def whole(article: Article, *hits: Hit) -> Passage:
    return Passage(Quote(article, 0, len(article.text)), hits)


def reading(*candidates: Candidate) -> Reading:
    return Reading(candidates, no_answer=0.0)


def candidate(of: Hit) -> Candidate:
    return Candidate(of.sentence, of.sentence, of.score)
