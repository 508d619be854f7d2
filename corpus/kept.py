"""What an article store tells and is asked, besides the articles themselves."""

from dataclasses import dataclass

from corpus.article import Article


@dataclass(frozen=True, slots=True)
class Stored:
    """What `put` did: the article as it is kept, whether it is a new one, and whether it changed what was there."""

    article: Article
    created: bool
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as a list shows it: all but its text."""

    id: str
    story: str
    title: str
    url: str | None
    published: str | None
    source: str | None
    language: str | None
    added_at: str
    characters: int


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles may answer: bounds are ISO 8601 dates or date-times, both included; None is no bound.

    An article without a date is outside of any bound.
    """

    published_from: str | None = None
    published_to: str | None = None
    source: str | None = None

    def __bool__(self) -> bool:
        return any(bound is not None for bound in (self.published_from, self.published_to, self.source))
