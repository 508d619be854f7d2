"""The feeds in the JSON interface."""

import time

from flask import Response, make_response
from flask_openapi3 import APIBlueprint, FileStorage, Tag
from pydantic import BaseModel, ConfigDict, Field

from corpus.feeds.opml import MAX_BYTES, read_opml, write_opml
from corpus.feeds.poller import Poller
from corpus.feeds.repository import MIN_INTERVAL, Subscription, SubscriptionRepository
from web.api import CHANGES, problems
from web.schemas import JSON, Text
from web.services import services
from web.status import moment


class NewFeed(BaseModel):
    """A feed to follow."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: Text = Field(max_length=2000, description="the address of an RSS or Atom feed, http or https")
    interval: float | None = Field(
        default=None, ge=MIN_INTERVAL, le=31_536_000, description="seconds between two polls; else as is set"
    )


class FeedPath(BaseModel):
    """Which feed, in the path."""

    feed_id: str


class EntryProblem(BaseModel):
    """An entry that gave no article, or not yet, and why."""

    name: str
    problem: str


class FeedOut(BaseModel):
    """A feed, and how it goes. Times are ISO 8601, UTC."""

    id: str
    url: str
    title: str | None
    interval: float = Field(description="seconds between two polls, without what failures add")
    added_at: str
    polled_at: str | None
    succeeded_at: str | None
    next_at: str
    entries: int = Field(description="how many were seen")
    pending: int = Field(description="how many of them are to be fetched, or to be tried again")
    waiting: int = Field(description="how many of those wait for their first try")
    running: bool = Field(description="whether it is due, or is being polled, or an entry of it is being fetched")
    failed: int = Field(description="how many of them were given up")
    articles: int = Field(description="how many articles came of them, and are there")
    failing_since: str | None
    problem: str | None = Field(description="why the last poll failed")
    problems: list[EntryProblem] = Field(description="the latest entries that gave no article")


class FeedsOut(BaseModel):
    """All feeds that are followed."""

    feeds: list[FeedOut]


class OpmlUpload(BaseModel):
    """A list of feeds, as feed readers export it: OPML."""

    file: FileStorage


class ImportOut(BaseModel):
    """What came of a list of feeds."""

    added: int
    unchanged: int = Field(description="how many were followed already")
    problems: list[str] = Field(description="why others can't be followed")


_OPML_TYPE = "text/x-opml"
_OPML = {"description": "OPML 2.0", "content": {_OPML_TYPE: {"schema": {"type": "string"}}}}


def feeds_api() -> APIBlueprint:
    """Return the blueprint of the feeds."""
    blueprint = APIBlueprint("feeds", __name__, abp_tags=[Tag(name="Citeline")], abp_responses=problems(403, 500, 507))

    @blueprint.post(
        "/feeds",
        summary="Follow an RSS or Atom feed",
        responses={200: FeedOut, 201: FeedOut, **problems(400, 401, 413, 415, 422)},
        security=CHANGES,
    )
    def add_feed(body: NewFeed) -> Response:
        feed, new = services().subscriptions.add(body.url, body.interval)
        return make_response(feed_json(feed, services().subscriptions, services().poller), 201 if new else 200)

    @blueprint.get("/feeds", summary="List the feeds that are followed", responses={200: FeedsOut})
    def list_feeds() -> JSON:
        return feeds_json(services().subscriptions, services().poller)

    @blueprint.delete(
        "/feeds/<feed_id>",
        summary="Follow a feed no longer; its articles stay",
        responses={204: None, **problems(401, 404)},
        security=CHANGES,
    )
    def remove_feed(path: FeedPath) -> tuple[str, int]:
        services().subscriptions.remove(path.feed_id)
        return "", 204

    _polls(blueprint)
    _lists(blueprint)
    return blueprint


def _polls(blueprint: APIBlueprint) -> None:
    @blueprint.post(
        "/feeds/<feed_id>/poll",
        summary="Poll a feed as soon as possible",
        responses={202: FeedOut, **problems(401, 404)},
        security=CHANGES,
    )
    def poll_feed(path: FeedPath) -> tuple[JSON, int]:
        feed = services().subscriptions.poll(path.feed_id)
        return feed_json(feed, services().subscriptions, services().poller), 202

    @blueprint.post(
        "/feeds/poll",
        summary="Poll all feeds as soon as possible",
        responses={202: FeedsOut, **problems(401)},
        security=CHANGES,
    )
    def poll_feeds() -> tuple[JSON, int]:
        services().subscriptions.make_all_due()
        return feeds_json(services().subscriptions, services().poller), 202


def _lists(blueprint: APIBlueprint) -> None:
    @blueprint.post(
        "/feeds/import",
        summary="Follow the feeds of an OPML file",
        responses={200: ImportOut, **problems(400, 401, 413, 415, 422)},
        security=CHANGES,
    )
    def import_feeds(form: OpmlUpload) -> JSON:
        name = form.file.filename or "The list"
        added, known, wrong = services().subscriptions.add_all(read_opml(form.file.read(MAX_BYTES + 1), name))
        return ImportOut(added=added, unchanged=known, problems=list(wrong)).model_dump()

    @blueprint.get("/feeds.opml", summary="Get the feeds as OPML, for a feed reader", responses={200: _OPML})
    def export_feeds() -> Response:
        found = write_opml((feed.url, feed.title) for feed in services().subscriptions.list())
        headers = {"Content-Disposition": "attachment; filename=feeds.opml"}
        return Response(found, mimetype=_OPML_TYPE, headers=headers)


def feeds_json(subscriptions: SubscriptionRepository, poller: Poller) -> JSON:
    """Return all feeds as GET /feeds gives them."""
    return {"feeds": [feed_json(feed, subscriptions, poller) for feed in subscriptions.list()]}


def feed_json(feed: Subscription, subscriptions: SubscriptionRepository, poller: Poller) -> JSON:
    """Return a feed as GET /feeds gives it."""
    refused = [
        EntryProblem(name=each.link or each.title or each.key, problem=str(each.problem))
        for each in subscriptions.failures(feed.id)
    ]
    names = ("id", "url", "title", "entries", "pending", "waiting", "failed", "articles")
    same = {name: getattr(feed, name) for name in names}
    return FeedOut(
        **same,
        running=feed.id == poller.active_feed or feed.waiting > 0 or feed.next_at <= time.time(),
        interval=poller.interval if feed.interval is None else feed.interval,
        added_at=moment(feed.added_at),
        polled_at=None if feed.polled_at is None else moment(feed.polled_at),
        succeeded_at=None if feed.succeeded_at is None else moment(feed.succeeded_at),
        next_at=moment(feed.next_at),
        failing_since=None if feed.failing_since is None else moment(feed.failing_since),
        problem=feed.problem,
        problems=refused,
    ).model_dump()
