"""The replies of the service; docs/http-api.md describes their fields. Times are ISO 8601, offsets as asked for."""

from dataclasses import dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True)
class Span:
    """Words of an article's text and their place in it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Selector:
    """A TextQuoteSelector or TextPositionSelector of the Web Annotation Data Model."""

    type: str
    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class ArticleRef:
    """What identifies an article to people."""

    id: str
    title: str
    url: str | None
    published: str | None
    published_is_guess: bool
    source: str | None


@dataclass(frozen=True)
class ListedArticle(ArticleRef):
    """An article without its text."""

    story: str
    language: str | None
    updated: str | None
    effective: str | None
    replaces: str | None
    tags: list[str]
    added_at: str | None
    characters: int


@dataclass(frozen=True)
class Article(ListedArticle):
    """An article with its text."""

    text: str
    replaced_by: str | None


@dataclass(frozen=True)
class AddedArticle(Article):
    """An article that was added, or was there already."""

    indexed: bool
    notes: list[str]


@dataclass(frozen=True)
class ArticlePage:
    """A page of the list of articles."""

    articles: list[ListedArticle]
    page: int
    per_page: int
    total: int


@dataclass(frozen=True)
class Place:
    """Where words stand in their document."""

    page: int | None
    heading: str | None


@dataclass(frozen=True)
class Evidence:
    """Something that the question states, and whether the article says it."""

    text: str
    kind: str
    met: bool | None


@dataclass(frozen=True)
class DateExpression(Span):
    """What an answer or its sentence says of time, and what that stands for."""

    value: str | None
    end_value: str | None
    grain: str | None
    guess: bool


@dataclass(frozen=True)
class AnswerPart(Span):
    """An item of a list, or the answer to one of several questions."""

    question: str | None
    sentence: Span
    article: ArticleRef
    place: Place | None


@dataclass(frozen=True)
class OtherValue(Span):
    """Another value for the same, which another report gives."""

    confidence: float
    sentence: Span
    article: ArticleRef


@dataclass(frozen=True)
class Support:
    """Which of the retrieved articles give an answer."""

    sources: int
    clusters: int
    newest: str | None
    articles: list[ArticleRef]


@dataclass(frozen=True)
class Answer(Span):
    """The exact words that answer, their sentence and their article."""

    confidence: float
    sentence: Span
    context: Span
    article: ArticleRef
    also: list[ArticleRef]
    parts: list[AnswerPart]
    attribution: Span | None
    missing: list[str]
    evidence: list[Evidence]
    place: Place | None
    dates: list[DateExpression]
    link: str | None
    support: Support | None
    supersedes: list[OtherValue]
    differs: list[OtherValue]
    selectors: list[Selector] | None = None


@dataclass(frozen=True)
class Closest(Span):
    """One of the sentences closest to the question."""

    context: Span
    article: ArticleRef
    evidence: list[Evidence]


@dataclass(frozen=True)
class Understood:
    """How a question was read."""

    question: str
    kept_from_conversation: list[str]
    overview: str | None


@dataclass(frozen=True)
class TimelineEntry:
    """A value that the answer has had, with the dates of its first and its last report."""

    answer: OtherValue
    first: str
    last: str


@dataclass(frozen=True)
class Reply:
    """Answers, the best one first; none where the articles don't say."""

    question: str
    answered: bool
    answers: list[Answer]
    closest: list[Closest]
    generation: int
    took_ms: float
    understood: Understood
    undated_left_out: int
    timeline: list[TimelineEntry]
    may_have_history: bool
    hint: str | None


@dataclass(frozen=True)
class BatchLine:
    """The reply to one question of a batch, or the problem with it."""

    number: int
    question: str
    reply: Reply | None
    problem: str | None


@dataclass(frozen=True)
class FoundSentence(Span):
    """A sentence that is close to a question."""

    score: float
    context: Span
    article: ArticleRef
    place: Place | None
    link: str | None
    selectors: list[Selector] | None = None


@dataclass(frozen=True)
class SearchResult:
    """The sentences closest to a question, best first."""

    question: str
    sentences: list[FoundSentence]
    generation: int
    took_ms: float


@dataclass(frozen=True)
class Difference:
    """A piece of a quotation in the draft beside that of the article."""

    kind: str
    draft: str
    source: str
    marked: bool


@dataclass(frozen=True)
class Match(Span):
    """Where the words of a quotation stand in an article."""

    article: ArticleRef
    place: Place | None
    link: str | None
    selectors: list[Selector] | None = None


@dataclass(frozen=True)
class Excerpt(Span):
    """A quotation or claim of a draft, and whether the articles have it."""

    kind: str
    verdict: str
    marked: bool
    matches: list[Match]
    differences: list[Difference]


@dataclass(frozen=True)
class VerifiedDraft:
    """The quotations and claims of a draft in the order of the text."""

    excerpts: list[Excerpt]


@dataclass(frozen=True)
class BulkLine:
    """What became of one of many articles: added, unchanged or failed."""

    line: int
    state: str
    id: str | None
    problem: str | None


@dataclass(frozen=True)
class Change:
    """What happened to an article: added, changed or deleted."""

    kind: str
    id: str
    article: ListedArticle | None
    replaced_by: str | None


@dataclass(frozen=True)
class Changes:
    """The next changes, and the cursor to ask for those after them."""

    changes: list[Change]
    cursor: str
    more: bool


@dataclass(frozen=True)
class InvalidField:
    """A field of a request that can't be used."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


def read(kind: type[T], value: Any) -> T:
    """Return JSON as an object of a type; fields that the type does not have are left out."""
    return _read(kind, value)  # type: ignore[no-any-return]


def _read(kind: Any, value: Any) -> Any:
    if get_origin(kind) is UnionType:
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
        return None if value is None else _read(kind, value)
    if get_origin(kind) is list:
        return [_read(get_args(kind)[0], one) for one in value]
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{one.name: _read(hints[one.name], value[one.name]) for one in fields(kind) if one.name in value})
    return value
