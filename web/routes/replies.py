"""Replies with an address of their own: saved on request, and shown as they were."""

from flask_openapi3 import APIBlueprint

from web.api import ASK, answer, new_blueprint, problem_responses
from web.schemas import JSON, ReplyPath, SavedAskBody, SavedReplyOut
from web.services import services


def replies_blueprint() -> APIBlueprint:
    """Return the blueprint of `/replies`."""
    blueprint = new_blueprint("replies", ASK)

    @blueprint.post(
        "/replies",
        summary="Ask a question, and give the reply an address",
        responses={201: SavedReplyOut, **problem_responses(400, 413, 415, 422, 503)},
    )
    def save_reply(body: SavedAskBody) -> tuple[JSON, int, dict[str, str]]:
        saved = services().replies.save(body.model_dump(mode="json", exclude_unset=True), answer(body))
        return SavedReplyOut.of(saved).model_dump(mode="json"), 201, {"Location": f"/replies/{saved.id}"}

    @blueprint.get(
        "/replies/<reply_id>",
        summary="Get a saved reply as it was given",
        responses={200: SavedReplyOut, **problem_responses(404)},
    )
    def get_reply(path: ReplyPath) -> JSON:
        return SavedReplyOut.of(services().replies.get(path.reply_id)).model_dump(mode="json")

    return blueprint
