"""The audit log of the HTTP interface: who has changed what."""

import logging

from flask import Flask, Response, g, request

from corpus.errors import StorageProblem
from web.access.rights import SAFE_METHODS, Right, needed_right
from web.services import services

log = logging.getLogger(__name__)
_ACTIONS = {  # by method and route; another one is recorded under both
    ("POST", "/articles"): "add",
    ("POST", "/articles/import"): "import",
    ("POST", "/articles/bulk"): "import",
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


def register(app: Flask) -> None:
    """Make an app record every change that succeeded, of all routes that need the right to write."""

    @app.after_request
    def record(response: Response) -> Response:
        is_change = request.method not in SAFE_METHODS and needed_right(request.method, request.path) >= Right.WRITE
        if not is_change or response.status_code >= 400 or "identity" not in g:
            return response
        rule = str(request.url_rule)
        action = _ACTIONS.get((request.method, rule), f"{request.method} {rule}")
        try:
            services().access.record(g.identity.name, action, _target(response))
        except StorageProblem as error:  # the change is made: an error would say the contrary
            log.error("A change is missing in the audit log: %s %s. %s", action, g.identity.name, error)
        return response


def _target(response: Response) -> str | None:
    """Return what was changed: as the route says, or the id in the path, or else those in the response."""
    if "audited" in g:
        return str(g.audited)
    if request.view_args:
        return str(next(iter(request.view_args.values())))
    body = response.get_json(silent=True) if response.is_json else None
    body = body if isinstance(body, dict) else {}
    ids = [body.get("id"), *body.get("ids", [])]
    return " ".join(one for one in ids if isinstance(one, str)) or None
