"""What the HTTP interface takes and gives: validates requests, makes replies, and describes both in OpenAPI."""

from typing import Annotated, Any, Literal, Self

from flask_openapi3 import FileStorage
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from corpus.article import parse_published
from corpus.documents import DEFAULT_LIMITS
from corpus.errors import InvalidArticle
from corpus.text.unicode import find_surrogate
from qa.retriever import MOST_COPIES
from qa.service import MAX_ANSWERS

JSON = dict[str, Any]


def _date(value: str) -> str:
    try:
        return parse_published(value).text
    except InvalidArticle as error:
        raise ValueError(str(error)) from error


def _whole(value: str) -> str:
    if (place := find_surrogate(value)) is not None:
        raise ValueError(f"holds half a character (a lone surrogate) at {place}")
    return value


Text = Annotated[str, AfterValidator(_whole)]
Date = Annotated[Text, AfterValidator(_date), Field(description="an ISO 8601 date or date-time, such as 2022-01-13")]
Offset = Annotated[int, Field(ge=0, description="code points into the article's text")]


class AskBody(BaseModel):
    """A question, and which articles may answer it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    question: Text = Field(description="for example: when does the withdrawal finish?")
    top_k: int = Field(default=3, ge=1, le=MAX_ANSWERS, description="how many answers at most")
    published_from: Date | None = None
    published_to: Date | None = None
    source: Text | None = Field(default=None, description="only articles of this source")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, last = self.published_from, self.published_to
        if first is not None and last is not None and parse_published(first).first > parse_published(last).last:
            raise ValueError(f"published_from ({first}) is later than published_to ({last})")
        return self


class AskQuery(AskBody):
    """The same in a query string, where numbers come as text."""

    model_config = ConfigDict(strict=False, extra="forbid")


class SpanOut(BaseModel):
    """A span of an article: its words are the article's own."""

    text: str = Field(description="the exact words: the article's text from start to end")
    start: Offset
    end: Offset


class ArticleRef(BaseModel):
    """Which article."""

    id: str
    title: str
    url: str | None
    published: str | None
    source: str | None


class AnswerOut(SpanOut):
    """The exact words that answer, within one sentence, and that in its context.

    They are as few as will do: a name, a date, a clause for why and how. Where a sentence as a whole answers, as it
    does for yes or no, a bare topic, or with the reader set to "sentences", they are that sentence.
    """

    confidence: float = Field(
        ge=0, le=1, description="the probability that the answer is right; at least the threshold that is set"
    )
    sentence: SpanOut = Field(description="the sentence that the answer stands in")
    context: SpanOut = Field(description="the sentences around it, for people to read")
    article: ArticleRef
    also: list[ArticleRef] = Field(
        description=f"copies of the article that give the same answer in the same sentence, give or take an editor, "
        f"such as a wire story on other sites; the oldest of all answers, the others follow, {MOST_COPIES} at most"
    )


class ClosestOut(SpanOut):
    """One of the best sentences, whether it answers or not."""

    context: SpanOut
    article: ArticleRef


class ReplyOut(BaseModel):
    """Answers, the best one first; none is an honest "the articles don't say"."""

    question: str = Field(description="as it was asked")
    answered: bool = Field(description="whether there are answers")
    answers: list[AnswerOut] = Field(
        description="the one that reads best first, then the others by confidence; one of them may be surer than the "
        "first; each from another sentence, none below the threshold"
    )
    closest: list[ClosestOut] = Field(description="the best sentences, answered or not; none where hint says why")
    generation: int = Field(description="number of the state of the index that answered")
    took_ms: float
    hint: str | None = Field(
        default=None,
        description="what to tell the person who asks instead: a word back to small talk, such as hello or thanks, or "
        "that there is no article to answer from",
    )


class NewArticle(BaseModel):
    """An article's text and what is known of it, or the url of a page to fetch."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: Text | None = Field(default=None, max_length=DEFAULT_LIMITS.max_text)
    title: Text | None = Field(default=None, max_length=500)
    url: Text | None = Field(default=None, max_length=2000, description="http or https; alone, the page is fetched")
    published: Date | None = None
    source: Text | None = Field(default=None, max_length=200)
    language: Text | None = Field(default=None, max_length=35, description="a BCP 47 tag, such as en")

    @model_validator(mode="after")
    def _something_to_add(self) -> Self:
        if self.text is None and self.url is None:
            raise ValueError("Give the text of the article, or the url of a page to fetch.")
        if self.text is None and any((self.title, self.published, self.source, self.language)):
            raise ValueError("Without a text, give the url alone: the page itself tells its title, date and source.")
        return self


class Upload(BaseModel):
    """A document: text, Markdown, HTML, PDF or DOCX."""

    model_config = ConfigDict(extra="forbid")

    file: FileStorage

    @field_validator("file")
    @classmethod
    def _is_file(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError("send it as a file, with a file name")
        return value


class WaitQuery(BaseModel):
    """Whether to return only when the article can be answered from."""

    model_config = ConfigDict(extra="forbid")

    wait: bool = Field(default=False, description="return only when the article can be answered from")


class PageQuery(BaseModel):
    """Which page of which list."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(default=1, ge=1, le=1_000_000)
    per_page: int = Field(default=20, ge=1, le=200)
    q: Text = Field(
        default="",
        max_length=200,
        description="only articles whose title and source hold all of these words, or parts of words, in any case",
    )


class ArticlePath(BaseModel):
    """Which article, in the path."""

    article_id: str


class ArticleListed(ArticleRef):
    """An article without its text."""

    story: str = Field(description="what it shares with its copies: the id of the first of them, or its own")
    language: str | None
    added_at: str | None
    characters: int


class ArticleWhole(ArticleListed):
    """An article with its text."""

    text: str


class ArticleAdded(ArticleWhole):
    """An article that was added, or was there; `indexed` tells whether it can be answered from already."""

    indexed: bool


class ArticlesOut(BaseModel):
    """A page of the articles, newest first; `total` counts all pages."""

    articles: list[ArticleListed]
    page: int
    per_page: int
    total: int


class Health(BaseModel):
    """Alive, or ready to answer."""

    status: Literal["ok"]


class Problem(BaseModel):
    """What went wrong, as RFC 9457 problem details."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "about:blank", "status": 404}]})

    type: str
    title: str
    status: int
    detail: str
