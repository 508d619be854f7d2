"""The JSON interface to feeds."""

from functools import partial

from flask import Response, make_response
from flask_openapi3 import APIBlueprint

from corpus.feeds.opml import MAX_BYTES, read_opml, write_opml
from web.access.audit import note_unchanged
from web.access.privacy import visible_feeds
from web.api import FEEDS, NEEDS_TOKEN, new_blueprint, problem_responses
from web.schemas import JSON, FeedOut, FeedPath, FeedsOut, ImportOut, NewFeed, OpmlUpload
from web.serialization import feed_json, feeds_json
from web.services import services

_OPML_TYPE = "text/x-opml"
_OPML_RESPONSE = {"description": "OPML 2.0", "content": {_OPML_TYPE: {"schema": {"type": "string"}}}}


def feeds_blueprint() -> APIBlueprint:
    """Return the blueprint of the feeds."""
    blueprint = new_blueprint("feeds", FEEDS)

    @blueprint.post(
        "/feeds",
        summary="Follow an RSS, Atom or JSON feed",
        responses={200: FeedOut, 201: FeedOut, **problem_responses(400, 401, 413, 415, 422)},
        security=NEEDS_TOKEN,
    )
    def add_feed(body: NewFeed) -> Response:
        feed, is_new = services().subscriptions.add(body.url, body.interval)
        if not is_new and body.interval is None:
            note_unchanged()
        return make_response(feed_json(feed, services().subscriptions, services().poller), 201 if is_new else 200)

    @blueprint.get("/feeds", summary="List the feeds that are followed", responses={200: FeedsOut})
    def list_feeds() -> JSON:
        return visible_feeds(feeds_json(services().subscriptions, services().poller))

    @blueprint.delete(
        "/feeds/<feed_id>",
        summary="Stop following a feed; its articles stay",
        responses={204: None, **problem_responses(401, 404)},
        security=NEEDS_TOKEN,
    )
    def remove_feed(path: FeedPath) -> tuple[str, int]:
        services().subscriptions.remove(path.feed_id)
        return "", 204

    @blueprint.post(
        "/feeds/<feed_id>/poll",
        summary="Poll a feed as soon as possible",
        responses={202: FeedOut, **problem_responses(401, 404)},
        security=NEEDS_TOKEN,
    )
    def poll_feed(path: FeedPath) -> tuple[JSON, int]:
        feed = services().subscriptions.poll(path.feed_id)
        return feed_json(feed, services().subscriptions, services().poller), 202

    @blueprint.post(
        "/feeds/poll",
        summary="Poll all feeds as soon as possible",
        responses={202: FeedsOut, **problem_responses(401)},
        security=NEEDS_TOKEN,
    )
    def poll_feeds() -> tuple[JSON, int]:
        services().subscriptions.make_all_due()
        return feeds_json(services().subscriptions, services().poller), 202

    @blueprint.post(
        "/feeds/import",
        summary="Follow the feeds of an OPML file",
        responses={200: ImportOut, **problem_responses(400, 401, 413, 415, 422)},
        security=NEEDS_TOKEN,
    )
    def import_feeds(form: OpmlUpload) -> JSON:
        name = form.file.filename or "The list"
        urls = services().worker.run(partial(read_opml, name=name), form.file.read(MAX_BYTES + 1), name)
        added, unchanged, problems = services().subscriptions.add_all(urls)
        return ImportOut(added=added, unchanged=unchanged, problems=list(problems)).model_dump()

    @blueprint.get(
        "/feeds.opml",
        summary="Get the feeds as OPML, for a feed reader",
        responses={200: _OPML_RESPONSE, **problem_responses(401)},
        security=NEEDS_TOKEN,
    )
    def export_feeds() -> Response:
        opml = write_opml((feed.url, feed.title) for feed in services().subscriptions.list())
        headers = {"Content-Disposition": "attachment; filename=feeds.opml"}
        return Response(opml, mimetype=_OPML_TYPE, headers=headers)

    return blueprint
