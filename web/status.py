"""The state of the index and of where its articles come from, as GET /index and `app.py status` give it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from corpus.ingest.sources import Failure, SourceKind, SourceStatus
from web.schemas import JSON
from web.services import Services

_NAMES: dict[SourceKind, str] = {
    "folder": "Articles folder",
    "files": "Other files",
    "feeds": "Feeds",
    "pages": "Web addresses",
    "texts": "Texts and uploads",
}


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
    """A file of the articles folder that gives no article, and why."""

    name: str
    problem: str


class FailureOut(FileProblem):
    """What gave no article, or not yet: why, what to do, and when it is tried again by itself, if it is."""

    kind: Literal["folder", "file", "feed", "entry"]
    advice: str
    again_at: str | None
    link: str | None = Field(description="the address of a feed or of an entry's page")
    feed: str | None = Field(description="the feed of an entry")


class SourceOut(BaseModel):
    """One of the ways in which articles come; an article that came in two ways counts in both."""

    kind: Literal["folder", "files", "feeds", "pages", "texts"]
    name: str
    articles: int
    pending: int = Field(description="how many of its articles wait to be indexed")
    waiting: int = Field(description="how many entries of feeds wait to be fetched for the first time")
    running: bool = Field(description="whether something of it is being fetched now")
    failed: int = Field(description="how many files, feeds and entries gave no article, for now or for good")
    failures: list[FailureOut] = Field(description="20 of each kind at most")
    ignored: dict[str, int] = Field(
        description="how many files of the articles folder are of no kind that is read, by the ends of their names"
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
    sources: list[SourceOut] = Field(description="where articles come from; at many articles seconds old")


def index_json(parts: Services) -> JSON:
    """Return the state of the index as /index gives it."""
    indexer, job, current = parts.indexer, parts.indexer.job, parts.indexer.current
    manifest, report = None if current is None else current.manifest, parts.sources.report(indexer.newest)
    return IndexOut(
        generation=None if manifest is None else manifest.generation,
        articles=0 if manifest is None else manifest.articles,
        sentences=0 if manifest is None else manifest.sentences,
        model=indexer.model_id if manifest is None else manifest.model,
        built_at=None if manifest is None else manifest.built_at,
        pending=indexer.pending(),
        job=None if job is None else JobOut.model_validate(job),
        problem=indexer.problem,
        files=[FileProblem(name=each.name, problem=each.problem) for each in report.files],
        sources=_sources(report.sources, parts.poller.active_feed is not None),
    ).model_dump()


def _sources(sources: Sequence[SourceStatus], polling: bool) -> list[SourceOut]:
    return [
        SourceOut(
            name=_NAMES[each.kind],
            running=polling and each.kind == "feeds",
            failures=[_failure(failure) for failure in each.failures],
            **{name: getattr(each, name) for name in ("kind", "articles", "pending", "waiting", "failed", "ignored")},
        )
        for each in sources
    ]


def _failure(failure: Failure) -> FailureOut:
    again = None if failure.again_at is None else moment(failure.again_at)
    same = {name: getattr(failure, name) for name in ("name", "problem", "kind", "advice", "link", "feed")}
    return FailureOut(again_at=again, **same)


def moment(seconds: float) -> str:
    """Return seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
