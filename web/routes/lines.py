"""Responses of JSON Lines (NDJSON), which are sent line by line while they are made."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from flask import Response, stream_with_context
from flask_openapi3 import Schema
from flask_openapi3.utils import get_model_schema
from pydantic import BaseModel

from web.request_body import JSON_LINES
from web.schemas import JSON

_REFERENCE = "#/components/schemas/"


def lines_response(lines: Iterator[JSON]) -> Response:
    """Return the response that sends each line once it is made; `lines` is closed where the client hangs up."""
    return Response(stream_with_context(_encoded(lines)), mimetype=JSON_LINES)


def describe_lines(model: type[BaseModel]) -> dict[str, Any]:
    """Return the description in OpenAPI of a response whose lines are of a model."""
    schema = {"$ref": f"{_REFERENCE}{model.__name__}"}
    return {"description": "a JSON object a line", "content": {JSON_LINES: {"schema": schema}}}


def component_schemas(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """Return the schemas of models by name, with those that they refer to."""
    found: dict[str, Schema] = {}
    for model in models:
        schema = get_model_schema(model)
        definitions = schema.pop("$defs", {})
        found |= {name: Schema(**one) for name, one in {**definitions, model.__name__: schema}.items()}
    return found


def _encoded(lines: Iterator[JSON]) -> Iterator[bytes]:
    with closing(lines):  # type: ignore[type-var]  # a generator
        for line in lines:
            yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
