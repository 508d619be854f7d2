"""The audit log of the HTTP interface: who has changed what."""

import logging

from flask import Flask, Response, g, request

from corpus.errors import StorageProblem
from web.access.authentication import Identity
from web.access.rights import SAFE_METHODS, Right, needed_right
from web.schemas import JSON
from web.services import services

log = logging.getLogger(__name__)
ACTIONS = {  # by method and route; another one is recorded under both
    ("POST", "/articles"): "add",
    ("POST", "/articles/import"): "import",
    ("PATCH", "/articles/<article_id>"): "edit",
    ("DELETE", "/articles/<article_id>"): "delete",
    ("POST", "/articles/delete"): "delete",
    ("POST", "/articles/restore"): "restore",
    ("PATCH", "/settings.json"): "settings",
    ("DELETE", "/questions"): "questions clear",
    ("DELETE", "/questions/<question_id>"): "question delete",
    ("POST", "/watches"): "watch add",
    ("DELETE", "/watches/<watch_id>"): "watch remove",
    ("POST", "/index/rebuild"): "rebuild",
    ("POST", "/feeds"): "feed add",
    ("DELETE", "/feeds/<feed_id>"): "feed remove",
    ("POST", "/feeds/<feed_id>/poll"): "feed poll",
    ("POST", "/feeds/poll"): "feed poll",
    ("POST", "/feeds/import"): "feed import",
}
_RECORDING = {("POST", "/articles/bulk")}  # routes that know only later what they change, and record it themselves


def register(app: Flask) -> None:
    """Make an app record every change that succeeded, of all routes that need the right to write.

    What was there already, and an import of nothing, is no change.
    """

    @app.after_request
    def record(response: Response) -> Response:
        is_change = request.method not in SAFE_METHODS and needed_right(request.method, request.path) >= Right.WRITE
        if not is_change or response.status_code >= 400 or "identity" not in g:
            return response
        route = request.method, str(request.url_rule)
        if route in _RECORDING or "unchanged" in g:
            return response
        body = response.get_json(silent=True) if response.is_json else None
        body = body if isinstance(body, dict) else {}
        if not all(body.get(counted, True) for counted in ("added", "ids")):  # an import, deleting and restoring many
            return response
        record_change(g.identity, ACTIONS.get(route, " ".join(route)), _target(body))
        return response


def note_unchanged() -> None:
    """Note that the request that is handled changes nothing, so that the audit log doesn't tell of it."""
    g.unchanged = True


def record_early(target: str) -> None:
    """Record what the request that is handled has changed already, though it may end with an error, as while waiting.

    `target` is what was changed. Such a request is not recorded once more at its end.
    """
    route = request.method, str(request.url_rule)
    record_change(g.identity, ACTIONS.get(route, " ".join(route)), target)
    g.unchanged = True


def record_change(who: Identity, action: str, target: str | None) -> None:
    """Record a change that was made; where that fails, the log tells of it: an error would say that nothing was."""
    try:
        services().access.record(str(who.name), action, target)
    except StorageProblem as error:
        log.error("A change is missing in the audit log: %s %s. %s", action, who.name, error)


def _target(body: JSON) -> str | None:
    """Return what was changed: as the route says, or the ids in path or response, or how many were added."""
    if "audited" in g:
        return str(g.audited)
    if request.view_args:
        return str(next(iter(request.view_args.values())))
    ids = [body.get("id"), *body.get("ids", [])]
    named = " ".join(one for one in ids if isinstance(one, str))
    return named or (f"{body['added']} added" if "added" in body else None)
