"""A test client that checks every response against the OpenAPI document."""

from typing import Any

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse


class CheckedClient(FlaskClient):
    """Fails where a response has a status or a body that the OpenAPI document does not describe."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        check_described(self.application.api_doc, self._operation(response), response)  # type: ignore[attr-defined]
        return response

    def _operation(self, response: TestResponse) -> tuple[str, str] | None:
        request = response.request
        adapter = self.application.url_map.bind("localhost")
        try:
            rule, _ = adapter.match(request.path, method=request.method, return_rule=True)
        except HTTPException:
            return None
        return str(rule.rule).replace("<", "{").replace(">", "}"), request.method.lower()


def check_described(document: dict[str, Any], operation: tuple[str, str] | None, response: TestResponse) -> None:
    if operation is None or operation[0] not in document["paths"] or operation[1] in {"head", "options"}:
        return
    described = document["paths"][operation[0]][operation[1]]["responses"]
    assert str(response.status_code) in described, f"{operation} does not describe {response.status_code}"
    content = described[str(response.status_code)].get("content", {})
    if response.status_code in {204, 301}:
        assert not response.data or response.status_code == 301
    elif "*/*" in content:  # a file that came from anyone
        assert response.headers["Content-Disposition"].startswith("attachment")
    elif response.mimetype == "text/html":
        assert response.status_code >= 400 or "text/html" in content  # a page for a browser
    elif content and not response.is_json:
        assert response.mimetype in content
        assert response.mimetype.startswith("image/") or isinstance(response.text, str)
    elif content or response.data:
        check_schema(document, content[response.mimetype]["schema"], response.json)


def check_schema(document: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)
