"""Questions that the start page proposes: about the newest articles, and about none that is not there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from corpus.ingest.library import Library
from corpus.store.article_store import ArticleSummary

MOST = 3
_LOOKED_AT = 20
_LONGEST_TITLE = 80  # characters that are still easy to read on a button

Examples = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, and the id of the article that it is about."""

    question: str
    article: str


def suggestions(library: Library, examples: Examples) -> list[Suggestion]:
    """Return a few questions about the newest articles: their titles, or the `examples` for an id."""
    return list(islice(_found(library.page(1, _LOOKED_AT), examples), MOST))


def _found(newest: Sequence[ArticleSummary], examples: Examples) -> Iterator[Suggestion]:
    clusters = set[str]()
    for article in newest:
        if article.id in examples:
            yield from (Suggestion(question, article.id) for question in examples[article.id])
        elif article.cluster not in clusters and len(article.title) <= _LONGEST_TITLE:
            yield Suggestion(f"Tell me about “{article.title}”", article.id)
        clusters.add(article.cluster)
