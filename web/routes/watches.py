"""Watched questions: who is told when an article answers them, or changes the answer."""

from typing import Annotated
from urllib.parse import urlsplit

from flask import Response, request, url_for
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from corpus.feeds.atom import AtomEntry, write_atom
from corpus.questions.watches import Watch, WatchEvent
from qa.questions.asking import read_options
from web.access.privacy import may_write
from web.api import NEEDS_TOKEN, QUESTIONS, new_blueprint, problem_responses
from web.schemas import JSON, FilteredQuestion, FilterOut, Text, Url
from web.services import services

ATOM = "application/atom+xml"
_MAX_ENTRIES = 50
_HIDDEN = "A message was not delivered; the log of the service says why."
_ATOM_RESPONSE = {"description": "the feed (Atom)", "content": {ATOM: {"schema": {"type": "string"}}}}


class WatchBody(FilteredQuestion):
    """A question to watch, with filters of the articles that may answer it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    ignore: Annotated[list[Annotated[Text, Field(max_length=200)]], Field(max_length=20)] = Field(
        default_factory=list, description="as that of POST /ask"
    )
    webhook: Url | None = Field(default=None, description="the address that messages are sent to (POST), if any")


class WatchPath(BaseModel):
    """The id of a watch in the path."""

    watch_id: str


class WatchOut(BaseModel):
    """A question that is watched."""

    id: str
    question: str
    filters: list[FilterOut]
    created_at: str = Field(description="ISO 8601, UTC")
    answer: str | None = Field(description="the words that answer now; null for none")
    webhook: str | None = Field(description="where messages are sent to; only its host for those who may not write")
    problem: str | None = Field(description="why the last message was not delivered, or null")


class WatchAdded(WatchOut):
    """A question that is watched from now on."""

    secret: str | None = Field(description="the key by which messages are signed, shown this once; null: no webhook")


class WatchesOut(BaseModel):
    """The questions that are watched, newest first."""

    watches: list[WatchOut]


def watches_blueprint() -> APIBlueprint:
    """Return the blueprint of `/watches`."""
    blueprint = new_blueprint("watches", QUESTIONS)

    @blueprint.post(
        "/watches",
        summary="Watch a question: tell when its answer comes or changes",
        responses={201: WatchAdded, **problem_responses(400, 401, 409, 413, 415, 422, 503)},
        security=NEEDS_TOKEN,
    )
    def add_watch(body: WatchBody) -> tuple[JSON, int]:
        webhook = (body.webhook or "").strip() or None
        watch = services().watcher.add(body.question, body.filters, body.ignore, webhook)
        return WatchAdded(**_watch(watch).model_dump(), secret=watch.secret).model_dump(), 201

    @blueprint.get("/watches", summary="List the watched questions", responses={200: WatchesOut})
    def list_watches() -> JSON:
        return WatchesOut(watches=[_watch(one) for one in services().watcher.all()]).model_dump()

    @blueprint.delete(
        "/watches/<watch_id>",
        summary="Stop watching a question",
        responses={204: None, **problem_responses(401, 404)},
        security=NEEDS_TOKEN,
    )
    def remove_watch(path: WatchPath) -> tuple[str, int]:
        services().watcher.remove(path.watch_id)
        return "", 204

    @blueprint.get(
        "/watches.atom",
        summary="Follow the answers of the watched questions in a feed",
        responses={200: _ATOM_RESPONSE},
    )
    def follow_watches() -> Response:
        events = services().watcher.events(_MAX_ENTRIES)
        return Response(_feed(events), mimetype=ATOM)

    return blueprint


def _watch(watch: Watch) -> WatchOut:
    filters, _ = read_options(watch.options)
    is_shown, webhook, problem = may_write(), watch.webhook, watch.problem
    if webhook is not None and not is_shown:  # the rest of it may hold a key
        webhook = f"{urlsplit(webhook).scheme}://{urlsplit(webhook).netloc}/"
    return WatchOut(
        id=watch.id,
        question=watch.question,
        filters=[FilterOut(name=name, value=value) for name, value in filters.values()],
        created_at=watch.created_at,
        answer=None if watch.answer is None or watch.is_stale else watch.answer.text,
        webhook=webhook,
        problem=problem if problem is None or is_shown else _HIDDEN,
    )


def _feed(events: list[WatchEvent]) -> bytes:
    address = request.base_url
    updated = events[0].at if events else "1970-01-01T00:00:00+00:00"
    entries = (_entry(event) for event in events)
    return write_atom(address, "Watched questions", address, updated, entries)


def _entry(event: WatchEvent) -> AtomEntry:
    data = event.payload["data"]
    first = data["answers"][0]
    article = first["article"]
    span = {"start": first["start"], "end": first["end"]}
    sentence = {"from": first["sentence"]["start"], "to": first["sentence"]["end"]}
    link = url_for("pages.read", article_id=article["id"], _external=True, **span, **sentence)
    words = "; ".join(answer["text"] for answer in data["answers"])
    before = "" if data["previous"] is None else f"\n\nBefore: {data['previous']}"
    text = f"{words}\n\n{first['sentence']['text']}\n\n{article['title']}{before}"
    return AtomEntry(f"urn:uuid:{event.id}", data["question"], event.at, text, link)
