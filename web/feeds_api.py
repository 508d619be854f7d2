"""The feeds in the JSON interface."""

from flask import Response, make_response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field

from corpus.poll import Poller
from corpus.subscriptions import LEAST_INTERVAL, Subscription, Subscriptions
from web.api import CHANGES, problems
from web.index_state import moment
from web.schemas import JSON, Text
from web.services import services


class NewFeed(BaseModel):
    """A feed to follow."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: Text = Field(max_length=2000, description="the address of an RSS or Atom feed, http or https")
    interval: float | None = Field(
        default=None, ge=LEAST_INTERVAL, le=31_536_000, description="seconds between two polls; else as is set"
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
    failed: int = Field(description="how many of them were given up")
    articles: int = Field(description="how many articles came of them, and are there")
    failing_since: str | None
    problem: str | None = Field(description="why the last poll failed")
    problems: list[EntryProblem] = Field(description="the latest entries that gave no article")


class FeedsOut(BaseModel):
    """All feeds that are followed."""

    feeds: list[FeedOut]


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

    return blueprint


def feeds_json(subscriptions: Subscriptions, poller: Poller) -> JSON:
    """Return all feeds as GET /feeds gives them."""
    return {"feeds": [feed_json(feed, subscriptions, poller) for feed in subscriptions.list()]}


def feed_json(feed: Subscription, subscriptions: Subscriptions, poller: Poller) -> JSON:
    """Return a feed as GET /feeds gives it."""
    refused = [
        EntryProblem(name=each.link or each.title or each.key, problem=str(each.problem))
        for each in subscriptions.failures(feed.id)
    ]
    same = {name: getattr(feed, name) for name in ("id", "url", "title", "entries", "pending", "failed", "articles")}
    return FeedOut(
        **same,
        interval=poller.interval if feed.interval is None else feed.interval,
        added_at=moment(feed.added_at),
        polled_at=None if feed.polled_at is None else moment(feed.polled_at),
        succeeded_at=None if feed.succeeded_at is None else moment(feed.succeeded_at),
        next_at=moment(feed.next_at),
        failing_since=None if feed.failing_since is None else moment(feed.failing_since),
        problem=feed.problem,
        problems=refused,
    ).model_dump()
