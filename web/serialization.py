"""Replies, articles, feeds and the state of the index as the JSON of the HTTP interface."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel

from corpus.article import Article
from corpus.feeds.poller import Poller
from corpus.feeds.repository import Subscription, SubscriptionRepository
from corpus.ingest.bulk import RowOutcome
from corpus.ingest.sources import Failure, SourceKind
from corpus.store.article_store import ArticleChange, ArticleSummary, ListedArticle
from qa.batch.asking import BatchedReply
from qa.dates.finder import DateExpression
from qa.types import (
    Anaphor,
    Answer,
    Evidence,
    LibraryReply,
    Place,
    Quote,
    Reply,
    SearchResult,
    Support,
    TablePlace,
    Understood,
)
from qa.verification.verifier import VerifiedExcerpt
from web.access.privacy import hide_paths, may_write
from web.schemas import (
    JSON,
    AnswerOut,
    AnswerPartOut,
    ArticleInList,
    ArticleListed,
    ArticleRef,
    ArticlesOut,
    ArticleWhole,
    BulkLineOut,
    ChangeOut,
    ChangesOut,
    ClosestOut,
    DateOut,
    DifferenceOut,
    EntryProblem,
    EvidenceOut,
    ExcerptOut,
    FailureOut,
    FeedOut,
    FileProblem,
    FilterOut,
    FoundSentenceOut,
    FromQuestionOut,
    IndexOut,
    JobOut,
    LibraryItemOut,
    LibraryOut,
    MatchOut,
    OtherValueOut,
    PlaceOut,
    ReplyOut,
    RowsOut,
    SearchOut,
    SourceOut,
    SpanOut,
    SupportOut,
    TableOut,
    TextPositionSelector,
    TextQuoteSelector,
    TimelineEntryOut,
    UnderstoodOut,
    VerifyOut,
    ViaOut,
)
from web.services import Services
from web.text_fragments import quotation_link

_SELECTOR_CONTEXT = 32  # code points before and after a quotation, as in the clients of Hypothesis
_MAX_PROBLEMS = 20  # rows of a table
_SOURCE_NAMES: dict[SourceKind, str] = {
    "folder": "Articles folder",
    "files": "Other files",
    "feeds": "Feeds",
    "pages": "Web addresses",
    "texts": "Texts and uploads",
}


@dataclass(frozen=True, slots=True)
class SpanFormat:
    """How spans of texts are written: offsets in UTF-16 code units, and W3C selectors beside them."""

    utf16: bool = False
    selectors: bool = False


PLAIN_SPANS = SpanFormat()
# Everything below an entry function writes spans alike, so they need not hand it down.
_span_format: ContextVar[SpanFormat] = ContextVar("span_format", default=PLAIN_SPANS)


@contextmanager
def _spans_as(spans: SpanFormat) -> Iterator[None]:
    token = _span_format.set(spans)
    try:
        yield
    finally:
        _span_format.reset(token)


def reply_json(reply: Reply, spans: SpanFormat = PLAIN_SPANS) -> JSON:
    """Return a reply as /ask gives it."""
    with _spans_as(spans):
        return _reply(reply).model_dump(mode="json")


def _reply(reply: Reply) -> ReplyOut:
    return ReplyOut(
        question=reply.question,
        answered=reply.answered,
        answers=[
            AnswerOut(
                **_span(answer.span),
                selectors=_selectors(answer.span),
                confidence=round(answer.confidence, 4),
                sentence=SpanOut(**_span(answer.sentence)),
                context=SpanOut(**_span(answer.context)),
                article=_article_ref(answer.span.article),
                also=[_article_ref(article) for article in answer.also],
                parts=[
                    AnswerPartOut(
                        **_span(part.span),
                        question=part.question,
                        sentence=SpanOut(**_span(part.sentence)),
                        article=_article_ref(part.span.article),
                        via=[] if part.via is None else [_via(part.via)],
                        place=_place(part.place),
                    )
                    for part in answer.parts
                ],
                attribution=None if answer.attribution is None else SpanOut(**_span(answer.attribution)),
                missing=list(answer.missing),
                via=[] if answer.via is None else [_via(answer.via)],
                table=None if answer.table is None else _table(answer.table),
                evidence=_evidence(answer.evidence),
                place=_place(answer.place),
                dates=[_date(answer.span.article, date) for date in answer.dates],
                link=_link(answer),
                support=None if answer.support is None else _support(answer.support),
                supersedes=[_other_value(one) for one in answer.supersedes],
                differs=[_other_value(one) for one in answer.differs],
            )
            for answer in reply.answers
        ],
        closest=[
            ClosestOut(
                **_span(closest.sentence),
                context=SpanOut(**_span(closest.context)),
                article=_article_ref(closest.sentence.article),
                evidence=_evidence(closest.evidence),
            )
            for closest in reply.closest
        ],
        generation=reply.generation,
        took_ms=round(reply.took_ms, 1),
        understood=_understood(reply.understood),
        undated_left_out=reply.undated_left_out,
        timeline=[
            TimelineEntryOut(answer=_other_value(one.answer), first=one.first, last=one.last) for one in reply.timeline
        ],
        may_have_history=reply.may_have_history,
        hint=reply.hint,
        library=None if reply.library is None else _library(reply.library),
    )


def search_json(result: SearchResult, spans: SpanFormat = PLAIN_SPANS) -> JSON:
    """Return the result of a search as /search gives it."""
    with _spans_as(spans):
        return _search(result).model_dump()


def _search(result: SearchResult) -> SearchOut:
    return SearchOut(
        question=result.question,
        sentences=[
            FoundSentenceOut(
                **_span(one.sentence),
                selectors=_selectors(one.sentence),
                score=round(one.score, 4),
                context=SpanOut(**_span(one.context)),
                article=_article_ref(one.sentence.article),
                place=_place(one.place),
                link=_quotation_link(one.sentence, one.sentence, one.place),
            )
            for one in result.found
        ],
        generation=result.generation,
        took_ms=round(result.took_ms, 1),
    )


def batch_line_json(batched: BatchedReply, spans: SpanFormat = PLAIN_SPANS) -> JSON:
    """Return the reply to a question of a batch as a line of /ask/batch."""
    reply = None if batched.reply is None else reply_json(batched.reply, spans)
    return {"number": batched.number, "question": batched.question, "reply": reply, "problem": batched.problem}


def verify_json(text: str, found: Iterable[VerifiedExcerpt], spans: SpanFormat = PLAIN_SPANS) -> JSON:
    """Return the verdicts on the quotations and claims of a draft as /verify gives them."""
    with _spans_as(spans):
        return _verified(text, found).model_dump()


def _verified(text: str, found: Iterable[VerifiedExcerpt]) -> VerifyOut:
    return VerifyOut(
        excerpts=[
            ExcerptOut(
                text=text[one.excerpt.start : one.excerpt.end],
                **_offsets(text, one.excerpt.start, one.excerpt.end),
                kind=one.excerpt.kind,
                verdict=one.verdict,
                marked=one.is_marked,
                matches=[
                    MatchOut(
                        **_span(match.quote),
                        selectors=_selectors(match.quote),
                        article=_article_ref(match.quote.article),
                        place=_place(match.place),
                        link=_quotation_link(match.quote, match.quote, match.place),
                    )
                    for match in one.matches
                ],
                differences=[
                    DifferenceOut(kind=each.kind, draft=each.draft, source=each.source, marked=each.marked)
                    for each in one.differences
                ],
            )
            for one in found
        ]
    )


def _understood(understood: Understood) -> UnderstoodOut:
    filters = [FilterOut(name=name, value=value) for name, value in understood.filters.values()]
    read = [
        FromQuestionOut(
            kind=one.kind,
            text=one.text,
            published_from=None if one.first is None else one.first.isoformat(),
            published_to=None if one.last is None else one.last.isoformat(),
            source=one.source,
        )
        for one in understood.from_question
    ]
    kept = list(understood.kept_from_conversation)
    overview = None if understood.overview is None else understood.overview.value
    fields = {"question": understood.question, "filters": filters, "from_question": read}
    return UnderstoodOut.model_validate({**fields, "kept_from_conversation": kept, "overview": overview})


def _evidence(evidence: Sequence[Evidence]) -> list[EvidenceOut]:
    return [EvidenceOut(text=one.text, kind=one.kind, met=one.met) for one in evidence]


def article_json(article: Article, replaced_by: str | None = None) -> JSON:
    """Return an article as GET /articles/<id> gives it; a former version with the id of what has replaced it."""
    given = {"story": article.cluster, "characters": len(article.text), "replaced_by": replaced_by}
    fields = _common_fields(ArticleWhole, article, **given)
    return ArticleWhole(**fields).model_dump()


def article_listed(article: ArticleSummary) -> ArticleListed:
    """Return an article as GET /articles lists it."""
    return ArticleListed(**_common_fields(ArticleListed, article, story=article.cluster))


def articles_json(found: Iterable[ListedArticle], indexed: int, **page: int) -> JSON:
    """Return a page of a list as GET /articles gives it; `indexed` is the highest number of an article that answers."""
    listed = []
    for one in found:
        state = "ready" if one.number <= indexed else "indexing"
        problem = one.problem if one.problem is None or may_write() else hide_paths(one.problem)
        others = {"story": one.summary.cluster, "state": state if problem is None else "problem", "problem": problem}
        listed.append(ArticleInList(**_common_fields(ArticleInList, one.summary, **others)))
    return ArticlesOut(articles=listed, **page).model_dump()


def changes_json(changes: Iterable[ArticleChange], cursor: str, more: bool) -> JSON:
    """Return changes as GET /changes gives them."""
    listed = [
        ChangeOut(
            kind=change.kind,
            id=change.id,
            article=None if change.article is None else article_listed(change.article),
            replaced_by=change.replaced_by,
        )
        for change in changes
    ]
    return ChangesOut(changes=listed, cursor=cursor, more=more).model_dump()


def rows_json(outcomes: Iterable[RowOutcome]) -> JSON:
    """Return what became of the rows of a table."""
    states: Counter[str] = Counter()
    problems: list[str] = []
    for outcome in outcomes:
        states[outcome.state] += 1
        if outcome.problem is not None and len(problems) < _MAX_PROBLEMS:
            problems.append(f"Line {outcome.line:,}: {outcome.problem}")
    counts = {state: states[state] for state in ("added", "unchanged", "failed")}
    return RowsOut(**counts, problems=problems).model_dump()


def bulk_line_json(outcome: RowOutcome) -> JSON:
    """Return what became of a row as a line of POST /articles/bulk."""
    line = BulkLineOut(line=outcome.line, state=outcome.state, id=outcome.article_id, problem=outcome.problem)
    return line.model_dump()


def index_json(services: Services) -> JSON:
    """Return the state of the index as GET /index gives it."""
    indexer, job, current = services.indexer, services.indexer.job, services.indexer.current
    manifest = None if current is None else current.manifest
    report = services.sources.report(indexer.max_number)
    polling = services.poller.active_feed is not None
    names = ("kind", "articles", "pending", "waiting", "failed", "ignored")
    return IndexOut(
        generation=None if manifest is None else manifest.generation,
        articles=0 if manifest is None else manifest.articles,
        sentences=0 if manifest is None else manifest.sentences,
        model=indexer.model_id if manifest is None else manifest.model,
        built_at=None if manifest is None else manifest.built_at,
        pending=indexer.pending(),
        job=None if job is None else JobOut.model_validate(job),
        problem=indexer.problem,
        files=[FileProblem(name=file.name, problem=file.problem) for file in report.files],
        sources=[
            SourceOut(
                **{name: getattr(source, name) for name in names},
                name=_SOURCE_NAMES[source.kind],
                running=polling and source.kind == "feeds",
                failures=[_failure(failure) for failure in source.failures],
            )
            for source in report.sources
        ],
    ).model_dump()


def feeds_json(subscriptions: SubscriptionRepository, poller: Poller) -> JSON:
    """Return all feeds as GET /feeds gives them."""
    return {"feeds": [feed_json(feed, subscriptions, poller) for feed in subscriptions.list()]}


def feed_json(feed: Subscription, subscriptions: SubscriptionRepository, poller: Poller) -> JSON:
    """Return a feed as GET /feeds gives it."""
    problems = [
        EntryProblem(name=entry.link or entry.title or entry.key, problem=str(entry.problem))
        for entry in subscriptions.failures(feed.id)
    ]
    names = ("id", "url", "title", "entries", "pending", "waiting", "failed", "articles", "problem")
    return FeedOut(
        **{name: getattr(feed, name) for name in names},
        running=feed.id == poller.active_feed or feed.waiting > 0 or feed.next_at <= time.time(),
        interval=poller.interval if feed.interval is None else feed.interval,
        added_at=iso_time(feed.added_at),
        polled_at=None if feed.polled_at is None else iso_time(feed.polled_at),
        succeeded_at=None if feed.succeeded_at is None else iso_time(feed.succeeded_at),
        next_at=iso_time(feed.next_at),
        failing_since=None if feed.failing_since is None else iso_time(feed.failing_since),
        problems=problems,
    ).model_dump()


def iso_time(seconds: float) -> str:
    """Return seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _span(quote: Quote) -> JSON:
    return {"text": quote.text, **_offsets(quote.article.text, quote.start, quote.end)}


def _offsets(text: str, start: int, end: int) -> dict[str, int]:
    """Return the offsets of a span, given in code points, as the request wants them."""
    if not _span_format.get().utf16:
        return {"start": start, "end": end}
    first = _utf16_length(text[:start])
    return {"start": first, "end": first + _utf16_length(text[start:end])}


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _selectors(quote: Quote) -> list[TextQuoteSelector | TextPositionSelector] | None:
    """Return the selectors of a quotation by the Web Annotation Data Model, None where they are not wanted."""
    if not _span_format.get().selectors:
        return None
    text, start, end = quote.article.text, quote.start, quote.end
    prefix, suffix = text[max(0, start - _SELECTOR_CONTEXT) : start], text[end : end + _SELECTOR_CONTEXT]
    return [
        TextQuoteSelector(exact=quote.text, prefix=prefix, suffix=suffix),
        TextPositionSelector(start=start, end=end),
    ]


def _via(via: Anaphor) -> ViaOut:
    article = _article_ref(via.sentence.article)
    sentence = SpanOut(**_span(via.sentence))
    return ViaOut(**_span(via.span), sentence=sentence, article=article, place=_place(via.place))


def _date(article: Article, date: DateExpression) -> DateOut:
    words = _span(Quote(article, date.start, date.end))
    return DateOut(**words, value=date.value, end_value=date.end_value, grain=date.grain, guess=date.guess)


def _other_value(answer: Answer) -> OtherValueOut:
    sentence = SpanOut(**_span(answer.sentence))
    confidence = round(answer.confidence, 4)
    article = _article_ref(answer.span.article)
    return OtherValueOut(**_span(answer.span), confidence=confidence, sentence=sentence, article=article)


def _support(support: Support) -> SupportOut:
    articles = [_article_ref(article) for article in support.articles]
    names = ("sources", "clusters", "newest")
    return SupportOut(**{name: getattr(support, name) for name in names}, articles=articles)


def _library(library: LibraryReply) -> LibraryOut:
    items = [LibraryItemOut(text=one.text, articles=one.articles) for one in library.items]
    articles = [_article_ref(article) for article in library.articles]
    kind = library.kind.value
    return LibraryOut.model_validate(
        {"kind": kind, "text": library.text, "count": library.count, "items": items, "articles": articles}
    )


def _link(answer: Answer) -> str | None:
    items = (part.span for part in answer.parts if part.question is None)
    more = [item.text for item in items if not answer.sentence.covers(item)]
    return _quotation_link(answer.sentence, answer.span, answer.place, more)


def _quotation_link(sentence: Quote, words: Quote, place: Place | None, more: Sequence[str] = ()) -> str | None:
    url = words.article.url
    return (
        None
        if url is None
        else quotation_link(url, sentence.text, words.text, None if place is None else place.page, more)
    )


def _place(place: Place | None) -> PlaceOut | None:
    return None if place is None else PlaceOut(page=place.page, heading=place.heading)


def _table(place: TablePlace) -> TableOut:
    named = {"column": place.column, "row": place.row}
    spans = {name: None if quote is None else SpanOut(**_span(quote)) for name, quote in named.items()}
    return TableOut(header=SpanOut(**_span(place.header)), **spans)


def _article_ref(article: Article) -> ArticleRef:
    return ArticleRef(**_common_fields(ArticleRef, article))


def _common_fields(model: type[BaseModel], article: Article | ArticleSummary, **others: object) -> JSON:
    """Return the values of a model's fields: those in `others`, and the article's attributes of the same name."""
    return {name: others[name] if name in others else getattr(article, name) for name in model.model_fields}


def _failure(failure: Failure) -> FailureOut:
    names = ("name", "problem", "kind", "advice", "link", "feed")
    retry = None if failure.again_at is None else iso_time(failure.again_at)
    return FailureOut(**{name: getattr(failure, name) for name in names}, again_at=retry)
