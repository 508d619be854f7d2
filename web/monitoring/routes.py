"""GET /metrics, for a monitoring system, and counting the responses that tell of a problem."""

from http import HTTPStatus

from flask import Flask, Response, current_app, request
from flask_openapi3 import APIBlueprint
from werkzeug.exceptions import Forbidden, Unauthorized

from web.access.authentication import bearer_of
from web.api import HEALTH, new_blueprint, problem_responses
from web.monitoring.metrics import MEDIA_TYPE, Metrics
from web.security import guard_of

_OFF = "The metrics are off, since others than this machine are served. CITELINE_METRICS_TOKEN sets who may read them."
_TEXT = {"description": "the figures", "content": {"text/plain": {"schema": {"type": "string"}}}}


def register(app: Flask, metrics: Metrics) -> None:
    """Make an app count its problems; `metrics_of` returns where."""
    app.extensions["citeline.metrics"] = metrics

    @app.after_request
    def count(response: Response) -> Response:
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            metrics.count_error(response.status_code)
        return response


def metrics_of(app: Flask) -> Metrics:
    """Return the metrics that an app was registered with."""
    metrics: Metrics = app.extensions["citeline.metrics"]
    return metrics


def metrics_blueprint(metrics: Metrics, token: str | None, is_local: bool) -> APIBlueprint:
    """Return the blueprint of the metrics.

    They are shown to who sends the token; where none is set, to this machine if nobody else is served, else to nobody.
    """
    blueprint = new_blueprint("metrics", HEALTH)

    @blueprint.get(
        "/metrics",
        summary="Get the figures of the service in the format of Prometheus",
        responses={200: _TEXT, **problem_responses(401, 429)},
    )
    def get_metrics() -> Response:
        if token is None and not is_local:
            raise Forbidden(_OFF)
        authenticator = guard_of(current_app).authenticator
        if token is not None and not authenticator.matches(bearer_of(request), token, request.remote_addr):
            raise Unauthorized("The metrics need their token: Authorization: Bearer <CITELINE_METRICS_TOKEN>.")
        return Response(metrics.text(), content_type=MEDIA_TYPE)

    return blueprint
