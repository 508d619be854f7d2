"""The interface's own description at /openapi.json, and a page to try it on at /docs."""

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template


def docs() -> Blueprint:
    """Return the blueprint with `/openapi.json` and `/docs`; Swagger UI's files come from a package, not a network."""
    blueprint = Blueprint("docs", __name__, static_folder=_swagger_files(), static_url_path="/docs/static")

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(current_app.api_doc)  # type: ignore[attr-defined]

    @blueprint.get("/docs")
    def page() -> str:
        return render_template("docs.html")

    return blueprint


def _swagger_files() -> Path:
    spec = find_spec("flask_openapi3_swagger")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("flask_openapi3_swagger is not installed: pip install -r requirements.txt")
    return Path(spec.origin).parent / "templates" / "swagger"
