"""The models of requests and responses, which also describe them in OpenAPI."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from flask_openapi3 import FileStorage
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from corpus.article import (
    ID_LENGTH,
    MAX_LINE,
    MAX_TAGS,
    MetadataValue,
    is_article_reference,
    parse_published,
    split_tags,
)
from corpus.citations import CitationFormat
from corpus.documents import DEFAULT_LIMITS
from corpus.errors import InvalidArticle
from corpus.feeds.repository import MIN_INTERVAL
from corpus.store.change_log import CURSOR
from corpus.store.filters import ArticleFilter, FilterName
from corpus.store.listing import ArticleListing, ArticleState, SortKey
from corpus.store.saved_replies import SavedReply
from corpus.text.unicode import find_surrogate
from corpus.web_address import MAX_URL, is_web_address
from qa.annotators import MAX_COPIES
from qa.batch.questions import MAX_QUESTIONS
from qa.conversation.history import MAX_ANSWER, MAX_ID, MAX_TURNS, Conversation, Turn
from qa.dates.calendar_units import Grain
from qa.pipeline import MAX_CANDIDATES
from qa.query.conditions import ConditionKind
from qa.query.parser import MAX_QUESTION
from qa.service import MAX_SENTENCES
from qa.suggestions.service import MAX_NEXT, MAX_SUGGESTIONS, MAX_TYPED
from qa.verification.alignment import DifferenceKind
from qa.verification.quotations import ExcerptKind
from qa.verification.verifier import MAX_EXCERPTS, MAX_TEXT, Verdict
from web.access.store import MAX_AUDIT_ENTRIES

JSON = dict[str, Any]


def _normalize_date(value: str) -> str:
    try:
        return parse_published(value).text
    except InvalidArticle as error:
        raise ValueError(str(error)) from error


def _check_surrogates(value: str) -> str:
    if (place := find_surrogate(value)) is not None:
        raise ValueError(f"holds half a character (a lone surrogate) at {place}")
    return value


def _as_tuple(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _check_filter(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "The value is blank.")
    return value


def _check_title(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _check_url(value: str) -> str:
    if value.strip() and not is_web_address(value.strip()):
        raise ValueError(f"{value[:100]!r} is not a web address (http or https)")
    return value


def _check_reference(value: str) -> str:
    if value.strip() and not is_article_reference(value.strip()):
        raise ValueError(f"{value[:100]!r} is neither the id of an article nor a web address")
    return value


def _described(**schema: str | int) -> Any:
    """Describe in OpenAPI what is enforced elsewhere, with a message of its own."""
    return Field(json_schema_extra=dict[str, Any](schema))


def _as_integer(value: object) -> object:
    """Return 3 for 3.0, which is an integer in JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_INTEGER = BeforeValidator(_as_integer)
_TIME = r"\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?"
_ISO_8601 = rf"\d{{4}}-?(W\d\d(-?[1-7])?|[01]\d-?[0-3]\d)(.{_TIME}(Z|[+-]{_TIME})?)?"
_WEB_ADDRESS = r"[Hh][Tt][Tt][Pp][Ss]?:[/\\]{2}[^/\\]"
_BLANK = r"^\s*$"

Text = Annotated[str, AfterValidator(_check_surrogates)]
QuestionText = Annotated[Text, _described(minLength=1, maxLength=MAX_QUESTION, pattern=r"\S")]
ArticleText = Annotated[Text, Field(max_length=DEFAULT_LIMITS.max_text), _described(minLength=1, pattern=r"\S")]
Date = Annotated[
    Text,
    AfterValidator(_normalize_date),
    Field(description="an ISO 8601 date or date-time, such as 2022-01-13"),
    _described(pattern=rf"^\s*{_ISO_8601}\s*$"),
]
FilterValue = Annotated[Text, AfterValidator(_check_filter), _described(pattern=r"\S")]
SourceName = Annotated[FilterValue, Field(min_length=1, max_length=500)]
ArticleName = Annotated[FilterValue, Field(min_length=1, max_length=100)]
FormDate = Annotated[
    Text,
    AfterValidator(lambda value: _normalize_date(value) if value.strip() else ""),
    _described(pattern=rf"{_BLANK}|^\s*{_ISO_8601}\s*$"),
]
Tags = Annotated[list[Annotated[Text, Field(max_length=MAX_LINE)]], Field(max_length=MAX_TAGS)]
WebAddress = Annotated[Text, Field(max_length=MAX_URL), _described(pattern=rf"^\s*{_WEB_ADDRESS}")]
Url = Annotated[
    Text,
    Field(max_length=MAX_URL),
    AfterValidator(_check_url),
    _described(pattern=rf"{_BLANK}|^\s*{_WEB_ADDRESS}"),
]
Reference = Annotated[
    Text,
    Field(max_length=MAX_URL, description="the id or url of an article that this one makes outdated"),
    AfterValidator(_check_reference),
    _described(pattern=rf"{_BLANK}|^\s*([0-9a-f]{{{ID_LENGTH}}}\s*$|{_WEB_ADDRESS})"),
]
Title = Annotated[Text, Field(max_length=500), AfterValidator(_check_title), _described(minLength=1, pattern=r"\S")]
Source = Annotated[Text, Field(max_length=200)]
Language = Annotated[Text, Field(max_length=35, description="a BCP 47 tag, such as en")]
Offset = Annotated[
    int,
    Field(ge=0, description="place in the article's text, in code points unless asked otherwise"),
    _INTEGER,
]


class TurnIn(BaseModel):
    """A former question and its answer."""

    model_config = ConfigDict(strict=True, extra="forbid")

    question: Text = Field(max_length=MAX_QUESTION)
    answer: Annotated[Text, Field(max_length=MAX_ANSWER)] | None = Field(
        default=None, description="the words that answered; null where there was no answer"
    )


class FilterFields(BaseModel):
    """Filters of the articles that may answer."""

    model_config = ConfigDict(strict=False, extra="forbid")

    published_from: Date | None = None
    published_to: Date | None = None
    as_of: Date | None = Field(default=None, description="answer from what had been published by then")
    source: SourceName | Annotated[list[SourceName], Field(min_length=1, max_length=50)] | None = Field(
        default=None,
        description="only articles of this source, or of several: names in any case, or parts of names",
    )
    language: Annotated[FilterValue, Field(min_length=1, max_length=35)] | None = Field(
        default=None, description="only articles in this language: a BCP 47 tag; en takes en-GB as well"
    )
    article: ArticleName | Annotated[list[ArticleName], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="only this article, or these: ids"
    )
    undated: Literal["include", "exclude"] = Field(
        default="exclude",
        description="whether articles without a date pass bounds of dates; as_of, where they had been added by then",
    )

    @property
    def filters(self) -> ArticleFilter:
        """The filters of the request."""
        return ArticleFilter(
            published_from=self.published_from,
            published_to=self.published_to,
            as_of=self.as_of,
            sources=_as_tuple(self.source),
            language=self.language,
            articles=_as_tuple(self.article),
            undated=self.undated == "include",
        )


class SpanFields(BaseModel):
    """How places in texts are written in the reply."""

    offsets: Literal["code-points", "utf-16"] = Field(
        default="code-points",
        description="what `start` and `end` count: code points, or UTF-16 code units, as JavaScript does; those in "
        "selectors are code points",
    )
    selectors: bool = Field(
        default=False, description="whether to give `selectors` of the Web Annotation Data Model (W3C)"
    )


class FilteredQuestion(FilterFields):
    """A question, and filters of the articles that may answer it."""

    question: QuestionText = Field(description="for example: when does the withdrawal finish?")


class SearchBody(FilteredQuestion, SpanFields):
    """A question, or words, whose closest sentences are wanted, and filters of the articles."""

    model_config = ConfigDict(strict=True, extra="forbid")

    top_k: Annotated[int, Field(ge=1, le=MAX_SENTENCES), _INTEGER] = Field(
        default=10, description="maximum number of sentences"
    )


class AskOptions(FilterFields, SpanFields):
    """How questions are to be answered, and filters of the articles that may answer them."""

    top_k: Annotated[int, Field(ge=1, le=MAX_CANDIDATES), _INTEGER] | None = Field(
        default=None, description="maximum number of answers; 3 by default, 5 of news"
    )
    now: Date | None = Field(
        default=None,
        description="the day it is asked on, so that last week is the one before; by default as_of, or the local day",
    )
    timeline: bool = Field(default=False, description="whether to tell how the answer has changed, in `timeline`")
    ignore: Annotated[list[Annotated[Text, Field(max_length=200)]], Field(max_length=20)] = Field(
        default_factory=list,
        description="words of the question or the conversation that are not to be used: the text of one of "
        "understood.from_question, or one of understood.kept_from_conversation",
    )

    @property
    def today(self) -> date | None:
        """The day that `now` names in its own time zone, None for the present."""
        return None if self.now is None else parse_published(self.now).day


class AskQuery(AskOptions, FilteredQuestion):
    """A question, and filters of the articles that may answer it, in a query string, where numbers are text."""

    conversation_id: Annotated[Text, Field(min_length=1, max_length=MAX_ID)] | None = Field(
        default=None,
        description="a name for the conversation that nobody else can guess, such as a UUID: the service keeps its "
        "last turns in memory for an hour and understands the question by them; an unknown one begins a conversation",
    )

    @property
    def in_conversation(self) -> Conversation:
        """The conversation that the question belongs to."""
        return Conversation((), self.conversation_id)


class BatchQuery(AskOptions):
    """The options of a batch of questions in the query string, where numbers are text."""


class BatchBody(AskOptions):
    """Questions to answer one by one, each by itself, with the options and filters of all."""

    model_config = ConfigDict(strict=True, extra="forbid")

    questions: Annotated[list[Text], Field(min_length=1, max_length=MAX_QUESTIONS)]


class AskBody(AskQuery):
    """A question, the conversation that it belongs to, and filters of the articles that may answer it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    conversation: Annotated[list[TurnIn], Field(max_length=MAX_TURNS)] = Field(
        default=[],
        description="the conversation so far, oldest turn first; where it is given, the kept turns of conversation_id "
        "are not used",
    )

    @property
    def in_conversation(self) -> Conversation:
        """The conversation that the question belongs to."""
        turns = tuple(Turn(one.question, one.answer) for one in self.conversation)
        return Conversation(turns, self.conversation_id)


class SavedAskBody(AskBody):
    """A question whose reply gets an address; its page counts code points."""

    offsets: Literal["code-points"] = "code-points"


class VerifyBody(SpanFields):
    """A draft whose quotations are to be found in the articles."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: Text = Field(max_length=MAX_TEXT)
    claims: bool = Field(
        default=False, description="whether to verify each sentence with a number, a date or a name, too"
    )


class SuggestQuery(BaseModel):
    """What was typed so far, and how many suggestions of each kind to give at most."""

    model_config = ConfigDict(extra="forbid")

    q: Text = Field(
        default="", max_length=MAX_TYPED, description="what was typed; nothing gives questions to start with"
    )
    limit: int = Field(default=8, ge=1, le=MAX_SUGGESTIONS)


class SuggestionsOut(BaseModel):
    """Questions that have a confident answer, and names in the articles; the best first."""

    questions: list[str]
    names: list[str]


class NextQuestionsOut(BaseModel):
    """Questions to ask next, each with a confident answer."""

    questions: list[str] = Field(max_length=MAX_NEXT)


class TextQuoteSelector(BaseModel):
    """A quotation with the words around it (https://www.w3.org/TR/annotation-model/#text-quote-selector)."""

    type: Literal["TextQuoteSelector"] = "TextQuoteSelector"
    exact: str
    prefix: str = Field(description="what stands right before it, 32 characters at most")
    suffix: str = Field(description="what stands right after it, 32 characters at most")


class TextPositionSelector(BaseModel):
    """The place of a quotation (https://www.w3.org/TR/annotation-model/#text-position-selector)."""

    type: Literal["TextPositionSelector"] = "TextPositionSelector"
    start: int = Field(ge=0, description="in code points, whatever `offsets` of the request says")
    end: int = Field(ge=0)


Selectors = Annotated[
    list[TextQuoteSelector | TextPositionSelector] | None,
    Field(description="the place by the Web Annotation Data Model; null unless the request says `selectors`"),
]


class SpanOut(BaseModel):
    """A span of an article's text."""

    text: str = Field(description="the exact words: the article's text from start to end")
    start: Offset
    end: Offset


class ArticleRef(BaseModel):
    """What identifies an article to people."""

    id: str
    title: str
    url: str | None
    published: str | None
    published_is_guess: bool = Field(description="the document has that date, but doesn't call it that of publication")
    source: str | None


class PlaceOut(BaseModel):
    """Where an answer stands in its document."""

    page: int | None = Field(description="of a PDF, from 1")
    heading: str | None = Field(description="the nearest heading above it; null where that is the title")


class FoundSentenceOut(SpanOut):
    """A sentence that is close to a question."""

    score: float = Field(description="higher is closer; comparable within one reply only")
    context: SpanOut = Field(description="the sentences around it, for people to read")
    article: ArticleRef
    place: PlaceOut | None
    link: str | None = Field(description="as that of an answer")
    selectors: Selectors = None


class SearchOut(BaseModel):
    """The sentences closest to a question, best first; a sentence of several copies of an article comes once."""

    question: str = Field(description="as it was asked")
    sentences: list[FoundSentenceOut]
    generation: int = Field(description="number of the state of the index that was searched")
    took_ms: float


class DifferenceOut(BaseModel):
    """A piece of a quotation in the draft beside that of the article."""

    kind: DifferenceKind
    draft: str
    source: str = Field(description="the words of the article; of a long omission the beginning")
    marked: bool = Field(description="whether brackets or dots in the draft tell of the alteration: [he], [...]")


class MatchOut(SpanOut):
    """Where the words of a quotation stand in an article."""

    article: ArticleRef
    place: PlaceOut | None
    link: str | None
    selectors: Selectors = None


class ExcerptOut(BaseModel):
    """A quotation or claim of a draft, and whether the articles have it."""

    text: str
    start: int = Field(ge=0, description="place in the draft, in code points unless asked otherwise")
    end: int = Field(ge=0, description="place in the draft, in code points unless asked otherwise")
    kind: ExcerptKind
    verdict: Verdict
    marked: bool = Field(description="of an altered one: whether the draft marks all of the alterations")
    matches: list[MatchOut] = Field(description="the places in articles; several for parts, and for an exact quotation")
    differences: list[DifferenceOut] = Field(
        description="of an altered one: its pieces in order, those that are the same too; empty otherwise"
    )


class VerifyOut(BaseModel):
    """The quotations and claims of a draft in the order of the text."""

    excerpts: list[ExcerptOut] = Field(max_length=MAX_EXCERPTS)


class AnswerPartOut(SpanOut):
    """One of the spans that answer together: an item of a list, or the answer to one of the questions asked at once."""

    question: str | None = Field(description="the question that it answers, of several asked at once; null for an item")
    sentence: SpanOut
    article: ArticleRef
    via: list["ViaOut"] = Field(description="as `via` of the answer, for this part; empty for an item")
    place: PlaceOut | None


class ViaOut(SpanOut):
    """A pronoun or description that answers, such as "She" or "The firm", and the sentence that it is in."""

    sentence: SpanOut
    article: ArticleRef
    place: PlaceOut | None


class TableOut(BaseModel):
    """Where an answer stands in a table."""

    header: SpanOut = Field(description="the row of the names of the columns, which is the first one")
    column: SpanOut | None = Field(description="the name of the answer's column")
    row: SpanOut | None = Field(description="the name of the answer's row, its first cell; null for that cell itself")


class EvidenceOut(BaseModel):
    """Something that the question states, and whether the article says it."""

    text: str = Field(description="the words of the question")
    kind: ConditionKind
    met: bool | None = Field(
        description="true where the sentence or the title says it, or a neighbouring sentence that it may refer to; "
        "false where the whole context lacks it; null where the context has it, but perhaps of something else"
    )


class DateOut(SpanOut):
    """What an answer or its sentence says of time, and what that stands for, as TIMEX3 writes it."""

    value: str | None = Field(
        description="such as 2022-01-19, 2022-01, 2022-W03, 2022-Q1, P2D, PAST_REF; null where it can't be known"
    )
    end_value: str | None = Field(description='where a range ends: "from 3 to 5 May"; otherwise null')
    grain: Grain | None = Field(description="how long it is; null for a vague time, such as PAST_REF")
    guess: bool = Field(description="whether a rule has chosen between several readings, such as the year")


class AnswerOut(SpanOut):
    """The exact words that answer, the sentence that they are in, and its context.

    The words are a name, a date or a clause. They are the whole sentence for yes/no questions, for topics and with
    the reader set to "sentences".
    """

    confidence: float = Field(
        ge=0, le=1, description="the probability that the answer is right; at least the threshold that is set"
    )
    sentence: SpanOut = Field(description="the sentence that holds the answer")
    context: SpanOut = Field(description="the sentences around it, for people to read")
    article: ArticleRef
    also: list[ArticleRef] = Field(
        description="near-duplicates of the article, such as a wire story on other sites, with the same answer in "
        f"nearly the same sentence, {MAX_COPIES} at most; the answer is quoted from the oldest one"
    )
    parts: list[AnswerPartOut] = Field(
        description="all items of a list, an item a line, or the answers to each of several questions asked at once "
        '("When and where was she born?"), in order; empty where one span answers'
    )
    attribution: SpanOut | None = Field(
        description="the words of the sentence that say whose report the answer is, such as: the council said; null "
        "where the article itself says it"
    )
    missing: list[str] = Field(description="which of several questions asked at once the articles don't answer")
    via: list[ViaOut] = Field(
        description="the sentence that answers, where it has only a pronoun or a description for the name that is the "
        "answer; the answer's own sentence gives that name"
    )
    table: TableOut | None = Field(description="for an answer from a table, whose row is the sentence")
    evidence: list[EvidenceOut] = Field(description="what the question states: names, years, the noun that is counted")
    place: PlaceOut | None = Field(description="null where neither a page nor a heading is known")
    dates: list[DateOut] = Field(
        description="the time expressions of the answer and its sentences, resolved against the date of its article"
    )
    link: str | None = Field(
        description="the article's url with a fragment that leads to the sentence, or to the page of a PDF"
    )
    selectors: Selectors = None
    support: "SupportOut | None"
    supersedes: list["OtherValueOut"] = Field(description="what older reports say, the newest of them first")
    differs: list["OtherValueOut"] = Field(description="what other reports of the same time say")


class OtherValueOut(SpanOut):
    """Another value for the same, which another report gives."""

    confidence: float
    sentence: SpanOut
    article: ArticleRef


class SupportOut(BaseModel):
    """Which of the retrieved articles give an answer."""

    sources: int = Field(description="how many sources they have; an article without one counts as its own")
    clusters: int = Field(description="how many reports they are; near-duplicates count once")
    newest: str | None = Field(description="the latest date of publication")
    articles: list[ArticleRef] = Field(description="the answer's own article first")


class ClosestOut(SpanOut):
    """One of the sentences closest to the question, whether it answers or not."""

    context: SpanOut
    article: ArticleRef
    evidence: list[EvidenceOut]


class FilterOut(BaseModel):
    """A filter that was applied, by the name that it has in a request."""

    name: FilterName
    value: str


class FromQuestionOut(BaseModel):
    """Words of the question that were read as the time or the source that it asks about."""

    kind: Literal["period", "source"]
    text: str = Field(description="the words; in `ignore` they are not used")
    published_from: str | None = Field(description="the first day of the time; null where it has none, as in: at first")
    published_to: str | None = Field(description="the last day of the time, or null")
    source: str | None = Field(description="the source, or several, with commas; null for a time")


class UnderstoodOut(BaseModel):
    """How a question was read."""

    question: str = Field(
        description="the question as it was searched: without greetings, with corrected spelling, and with what it "
        "leaves to the conversation"
    )
    filters: list[FilterOut]
    from_question: list[FromQuestionOut] = Field(
        description="what the question itself says of time and source, and asks for the latest"
    )
    kept_from_conversation: list[str] = Field(
        description="names and phrases of it that come from the conversation; `ignore` takes one away"
    )
    overview: Literal["news", "statements", "summary"] | None = Field(
        description="what the answers are together: news or what somebody said, newest first, or sentences that sum up "
        "an article, in its order; null where each answers by itself"
    )


class TimelineEntryOut(BaseModel):
    """A value that the answer has had."""

    answer: OtherValueOut = Field(description="as its first report tells it")
    first: str = Field(description="date of publication of its first report")
    last: str = Field(description="date of publication of its last report")


class LibraryItemOut(BaseModel):
    """A source or a topic."""

    text: str
    articles: int = Field(description="how many articles are from it, or name it in their beginning")


class LibraryOut(BaseModel):
    """The reply to a question about the library itself."""

    kind: Literal["count", "sources", "topics", "newest", "oldest"]
    text: str = Field(description="the reply in words")
    count: int = Field(description="how many articles are meant; of `sources`, how many sources they have")
    items: list[LibraryItemOut] = Field(description="sources or topics, the most frequent first; at most 10")
    articles: list[ArticleRef] = Field(description="the newest ones, or the one that is asked for")


class ReplyOut(BaseModel):
    """Answers, the best one first; none where the articles don't say."""

    question: str = Field(description="as it was asked")
    answered: bool = Field(description="whether there are answers")
    answers: list[AnswerOut] = Field(
        description="the best one first, then the others by confidence, which may be higher than that of the first; "
        "each from another sentence, none below the threshold"
    )
    closest: list[ClosestOut] = Field(description="the closest sentences, answered or not; none beside a lone hint")
    generation: int = Field(description="number of the state of the index that answered")
    took_ms: float
    understood: UnderstoodOut
    undated_left_out: int = Field(description="articles without a date, which bounds of dates have left out")
    timeline: list[TimelineEntryOut] = Field(
        description="the values that the first answer has had, in order of their first reports; empty unless the "
        "request says `timeline`, and where there is one value"
    )
    may_have_history: bool = Field(
        description="whether a request with `timeline` may tell several values: an older one is known, or a former "
        "version of the first answer's article lacks its words"
    )
    hint: str | None = Field(
        default=None,
        description="what to show instead of an answer: a reply to small talk, such as hello or thanks, that there "
        "are no articles, what the closest passage doesn't mention, or the text of `library`",
    )
    library: LibraryOut | None = Field(
        default=None,
        description="the reply to a question about the library itself, such as how many articles there are; nothing "
        "is quoted then, so there are no answers",
    )


class ReplyPath(BaseModel):
    """The id of a saved reply in the path."""

    reply_id: str


class SavedReplyOut(BaseModel):
    """A reply that has an address: `/a/<id>` shows it to people."""

    id: str
    url: str = Field(description="the path of its page")
    asked_at: str = Field(description="ISO 8601, UTC")
    request: JSON = Field(description="the body of the POST /ask that it answers, without its conversation_id")
    reply: ReplyOut

    @classmethod
    def of(cls, saved: SavedReply) -> Self:
        """Return a saved reply for the interface."""
        reply = ReplyOut.model_validate(saved.reply)
        return cls(id=saved.id, url=f"/a/{saved.id}", asked_at=saved.asked_at, request=saved.request, reply=reply)


class BatchLineOut(BaseModel):
    """The reply to one question of a batch, or the problem with it."""

    number: int = Field(ge=1, description="of the question in the batch, from 1")
    question: str
    reply: ReplyOut | None = Field(description="as POST /ask gives it; null where the question failed")
    problem: str | None = Field(description="why it failed; otherwise null")


class NewArticle(BaseModel):
    """An article's text and its metadata, or the url of a page to fetch."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: ArticleText | None = None
    title: Annotated[Text, Field(max_length=500)] | None = None
    url: WebAddress | None = Field(default=None, description="http or https; alone, the page is fetched")
    published: Date | None = None
    source: Source | None = None
    language: Language | None = None
    updated: Date | None = None
    effective: Date | None = None
    replaces: Reference | None = None
    tags: Tags | None = None

    @model_validator(mode="after")
    def _check_content(self) -> Self:
        if self.text is None and self.url is None:
            raise ValueError("Give the text of the article, or the url of a page to fetch.")
        others = self.model_dump(exclude={"text", "url"})
        if self.text is None and any(others.values()):
            raise ValueError("Without a text, give the url alone: its title, date and source are read from the page.")
        return self


class ArticleEdit(BaseModel):
    """What changes of an article, as a JSON Merge Patch (RFC 7396): null clears a field, one that is missing stays."""

    model_config = ConfigDict(strict=True, extra="forbid")

    title: Title = Field(default_factory=str, description="can't be cleared")
    url: Url | None = None
    published: Date | None = None
    updated: Date | None = None
    effective: Date | None = None
    source: Source | None = None
    language: Language | None = None
    replaces: Reference | None = None
    tags: Tags | None = None

    def given(self) -> dict[str, MetadataValue]:
        """Return the fields that were given."""
        return self.model_dump(include=self.model_fields_set)


class Upload(BaseModel):
    """A document of any format that is read."""

    model_config = ConfigDict(extra="forbid")

    file: FileStorage

    @field_validator("file")
    @classmethod
    def _check_file(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError("send it as a file, with a file name")
        return value


class DocumentUpload(Upload):
    """A document, and metadata that goes before its own; an empty field is none."""

    title: Text = Field(default="", max_length=500)
    url: Url = ""
    published: FormDate = ""
    updated: FormDate = ""
    effective: FormDate = ""
    source: Source = ""
    language: Language = ""
    replaces: Reference = ""
    tags: Text = Field(default="", max_length=MAX_LINE * MAX_TAGS, description="with commas between them")

    def given(self) -> dict[str, MetadataValue]:
        """Return the fields that hold something."""
        fields = self.model_dump(exclude={"file", "tags"})
        values: dict[str, MetadataValue] = {name: value for name, value in fields.items() if value.strip()}
        return values | ({"tags": tags} if (tags := split_tags(self.tags)) else {})


class WaitQuery(BaseModel):
    """Whether to return only when the article is indexed."""

    model_config = ConfigDict(extra="forbid")

    wait: bool = Field(default=False, description="return only when the article is indexed")


class PageQuery(BaseModel):
    """A page of the list of articles."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(default=1, ge=1, le=1_000_000)
    per_page: int = Field(default=20, ge=1, le=200)
    q: Text = Field(
        default="",
        max_length=200,
        description="only articles whose title and source hold all of these words, or parts of words, in any case",
    )


class ArticlesQuery(PageQuery):
    """Which articles are listed, and in which order."""

    text: bool = Field(default=False, description="look for the words of `q` in the texts as well")
    source: SourceName | None = Field(default=None, description="only articles of this source, as in POST /ask")
    tag: Annotated[Text, Field(min_length=1, max_length=MAX_LINE)] | None = Field(
        default=None, description="only articles with this tag"
    )
    published_from: Date | None = None
    published_to: Date | None = None
    state: ArticleState | None = Field(
        default=None,
        description="only articles that are ready to answer, are being indexed, or have a problem: their file or page "
        "can't be read now",
    )
    sort: SortKey = Field(default="added", description="articles without a value to sort by come last")
    order: Literal["ascending", "descending"] | None = Field(
        default=None, description="by default dates descend, and titles and sources ascend"
    )

    def listing(self, indexed: int) -> ArticleListing:
        """Return the list that is asked for; `indexed` is the highest number of an article that answers."""
        sources = () if self.source is None else (self.source,)
        filters = ArticleFilter(self.published_from, self.published_to, sources=sources)
        is_descending = self.sort in {"added", "published"} if self.order is None else self.order == "descending"
        return ArticleListing(
            self.q, self.text, filters, self.tag, self.state, indexed, self.sort, descending=is_descending
        )


class ChangesQuery(BaseModel):
    """From where on changes are wanted, and how many at most."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[Text, Field(min_length=1, max_length=60), _described(pattern=rf"^(now|{CURSOR})$")] | None = Field(
        default=None,
        description="the cursor of the former reply; by default all articles come first; `now` gives the cursor after "
        "the last change",
    )
    limit: int = Field(default=100, ge=1, le=1000)


class ArticlesOfSource(BaseModel):
    """A source, and how many articles it has."""

    name: str
    articles: int


class SourcesOut(BaseModel):
    """The sources of all articles, the one with the most articles first."""

    sources: list[ArticlesOfSource]


class ArticlePath(BaseModel):
    """The id of an article in the path."""

    article_id: str


class PagePath(ArticlePath):
    """The number of a page of an article's PDF in the path, from 1."""

    page: int = Field(ge=1, le=1_000_000)


class SpanQuery(BaseModel):
    """The spans of an article's text whose words are marked; none by default."""

    model_config = ConfigDict(extra="forbid")

    start: Offset = 0
    end: Offset = 0
    also: str = Field(
        default="",
        max_length=2000,
        pattern=r"^(\d{1,9}-\d{1,9}(,\d{1,9}-\d{1,9})*)?$",
        description="more spans, such as 80-91,92-103",
    )

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The first span and the others."""
        others = (span.partition("-") for span in self.also.split(",") if span)
        return [(self.start, self.end), *((int(start), int(end)) for start, _, end in others)]


class CitationQuery(SpanQuery):
    """How to cite an article, and the spans of it that are quoted."""

    format: CitationFormat = CitationFormat.MARKDOWN


class ArticleListed(ArticleRef):
    """An article without its text."""

    story: str = Field(description="its near-duplicate cluster: the id of the first article of it, or its own")
    language: str | None
    updated: str | None = Field(description="when its text was last changed, where that is known")
    effective: str | None = Field(description="from when on what it says holds")
    replaces: str | None = Field(description="the id or url of an article that this one makes outdated")
    tags: list[str]
    added_at: str | None
    characters: int


class ArticleInList(ArticleListed):
    """An article as a list of articles has it."""

    state: ArticleState = Field(description="`ready` where it answers, `indexing` where it is about to, or `problem`")
    problem: str | None = Field(description="why its file or page can't be read now; it answers as it was read before")


class ArticleWhole(ArticleListed):
    """An article with its text."""

    text: str
    replaced_by: str | None = Field(
        description="for a former version, which answers only as of its time: the id of what has replaced it"
    )


class ArticleAdded(ArticleWhole):
    """An article that was added or was there already; `indexed` where questions are answered from it by now."""

    indexed: bool
    notes: list[str] = Field(description="which parts of the document are not in the article, such as scanned pages")


class ArticlesOut(BaseModel):
    """A page of the list of articles; `total` counts the articles on all pages."""

    articles: list[ArticleInList]
    page: int
    per_page: int
    total: int


class ChangeOut(BaseModel):
    """What happened to an article."""

    kind: Literal["added", "changed", "deleted"]
    id: str
    article: ArticleListed | None = Field(description="as it is now; null where it has been deleted since")
    replaced_by: str | None = Field(description="of a deleted article: the id of what has replaced it, or null")


class ChangesOut(BaseModel):
    """The next changes, the first one first."""

    changes: list[ChangeOut]
    cursor: str = Field(description="`since` of the next request, which goes on after these changes")
    more: bool = Field(description="whether there are more changes already")


class JobOut(BaseModel):
    """A build of the index."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: Literal["update", "rebuild"]
    state: Literal["running", "done", "failed"]
    stage: str
    done: int
    total: int
    error: str | None
    started_at: str
    finished_at: str | None


class FileProblem(BaseModel):
    """A file of the articles folder that could not be read, and why."""

    name: str
    problem: str


class FailureOut(FileProblem):
    """A file, feed or entry that failed: why, what to do, and when it is tried again, if it is."""

    kind: Literal["folder", "file", "feed", "entry"]
    advice: str
    again_at: str | None
    link: str | None = Field(description="the address of a feed or of an entry's page")
    feed: str | None = Field(description="the feed of an entry")


class SourceOut(BaseModel):
    """A source of articles; an article that came from two counts in both."""

    kind: Literal["folder", "files", "feeds", "pages", "texts"]
    name: str
    articles: int
    pending: int = Field(description="articles that wait to be indexed")
    waiting: int = Field(description="entries of feeds that wait for their first fetch")
    running: bool = Field(description="whether it is fetching now")
    failed: int = Field(description="files, feeds and entries that failed, whether they are tried again or not")
    failures: list[FailureOut] = Field(description="20 of each kind at most")
    ignored: dict[str, int] = Field(
        description="files of the articles folder of an unsupported format, counted by the ends of their names"
    )


class IndexOut(BaseModel):
    """The state of the index."""

    generation: int | None
    articles: int
    sentences: int
    model: str
    built_at: str | None
    pending: int
    job: JobOut | None
    problem: str | None
    files: list[FileProblem]
    sources: list[SourceOut] = Field(description="where articles come from; counts may be some seconds old")


class NewFeed(BaseModel):
    """A feed to follow."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: WebAddress = Field(description="the address of an RSS, Atom or JSON feed, http or https")
    interval: float | None = Field(
        default=None,
        ge=MIN_INTERVAL,
        le=31_536_000,
        description="seconds between two polls; by default the setting feed_interval",
    )


class FeedPath(BaseModel):
    """The id of a feed in the path."""

    feed_id: str


class EntryProblem(BaseModel):
    """An entry of a feed that failed, and why."""

    name: str
    problem: str


class FeedOut(BaseModel):
    """A feed and its state. Times are ISO 8601, UTC."""

    id: str
    url: str
    title: str | None
    interval: float = Field(description="seconds between two polls; more after failures")
    added_at: str
    polled_at: str | None
    succeeded_at: str | None
    next_at: str
    entries: int = Field(description="number of entries seen")
    pending: int = Field(description="entries to be fetched or tried again")
    waiting: int = Field(description="entries that wait for their first fetch")
    running: bool = Field(description="whether it is due, is being polled, or has entries to fetch")
    failed: int = Field(description="entries that failed for good")
    articles: int = Field(description="articles that came from its entries and are stored")
    failing_since: str | None
    problem: str | None = Field(description="why the last poll failed")
    problems: list[EntryProblem] = Field(description="the latest entries that failed")


class FeedsOut(BaseModel):
    """All feeds that are followed."""

    feeds: list[FeedOut]


class OpmlUpload(BaseModel):
    """A list of feeds in OPML, as feed readers export it."""

    file: FileStorage


class RowsOut(BaseModel):
    """The result of importing a table of articles."""

    added: int
    unchanged: int = Field(description="articles that were there already")
    failed: int
    problems: list[str] = Field(description="why rows could not be added, of the first 20 of them")


class BulkLineOut(BaseModel):
    """What became of one line of POST /articles/bulk."""

    line: int = Field(description="its number, from 1")
    state: Literal["added", "unchanged", "failed"]
    id: str | None = Field(description="that of the article; null where it failed")
    problem: str | None = Field(description="why it failed; otherwise null")


class ImportOut(BaseModel):
    """The result of importing a list of feeds."""

    added: int
    unchanged: int = Field(description="feeds that were followed already")
    problems: list[str] = Field(description="why the others can't be followed")


class SignIn(BaseModel):
    """A token to sign in with."""

    model_config = ConfigDict(strict=True, extra="forbid")

    token: str = Field(min_length=1, max_length=1_000, description="a token of this service")


class SignedIn(BaseModel):
    """Whose token it is, and what it allows."""

    name: str
    right: str = Field(description="ask, read, write or admin, each of which includes those before")


class AuditQuery(BaseModel):
    """Which entries of the audit log."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MAX_AUDIT_ENTRIES)
    before: Annotated[int, Field(ge=1, le=2**53)] | None = Field(
        default=None, description="only entries with lower numbers: the next page"
    )


class AuditEntryOut(BaseModel):
    """A change, of articles, feeds or tokens."""

    number: int
    at: str = Field(description="when, ISO 8601, UTC")
    who: str = Field(description="the name of a token, CITELINE_TOKEN, or local: a command, or this machine")
    action: str
    target: str | None = Field(description="the id or name of what was changed, or how many")


class AuditOut(BaseModel):
    """Changes, newest first."""

    entries: list[AuditEntryOut]


class Health(BaseModel):
    """The service is alive, or ready to answer."""

    status: Literal["ok"]


class InvalidField(BaseModel):
    """A field of a request that can't be used, and why."""

    detail: str
    pointer: str | None = Field(
        default=None,
        description="where it is in the body: a JSON pointer as a fragment, such as #/conversation/0/answer",
    )
    parameter: str | None = Field(default=None, description="its name, where it is in the address")


class Problem(BaseModel):
    """An error as RFC 9457 problem details."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "about:blank", "status": 404}]})

    type: str
    title: str
    status: int
    detail: str
    errors: list[InvalidField] | None = Field(default=None, description="the fields that can't be used, of a 422")
