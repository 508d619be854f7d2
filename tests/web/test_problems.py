import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from corpus import errors
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from web.problems import details, register


def raising(error: Exception) -> FlaskClient:
    app = Flask(__name__)
    register(app)

    def view() -> str:
        raise error

    app.add_url_rule("/", "view", view)
    return app.test_client()


STATUSES = {
    errors.NotFound: 404,
    errors.CursorExpired: 410,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.AboveUploadLimit: 413,
    errors.UnknownFilterValue: 422,
    errors.UnsupportedFormat: 415,
    errors.ReaderFailed: 500,
    **dict.fromkeys((errors.InvalidInput, errors.InvalidQuestion, errors.InvalidArticle, errors.NotAFeed), 422),
    **dict.fromkeys((errors.UnreadableDocument, errors.FetchFailed, errors.ForbiddenAddress), 422),
    **dict.fromkeys((errors.CitelineError, errors.NotReady, errors.WorkerProblem, errors.WorkerBusy), 503),
    **dict.fromkeys((errors.IndexProblem, errors.CorruptIndex), 503),
    **dict.fromkeys((errors.OtherVersion, errors.ModelMismatch, errors.ModelProblem), 503),
    **dict.fromkeys((errors.StorageProblem, errors.DamagedFile), 507),
}


@pytest.mark.parametrize(("error", "status"), STATUSES.items())
def test_a_citeline_error_is_a_problem_with_its_message(error: type[errors.CitelineError], status: int) -> None:
    response = raising(error("It went like this.")).get("/")
    assert (status, "application/problem+json") == (response.status_code, response.mimetype)
    assert (status, "about:blank", "It went like this.") == tuple(
        response.json[key] for key in ("status", "type", "detail")
    )
    assert response.json["title"] != ""


def test_every_citeline_error_is_tested_above() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert kinds == {*STATUSES, errors.ArticleReplaced}  # which redirects


@pytest.mark.parametrize(
    "error", [ValueError("secret words"), OSError(28, "No space"), KeyError("x"), RecursionError()]
)
def test_unexpected_errors_are_logged_and_not_shown(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    response = raising(error).get("/")
    assert (500, "application/problem+json") == (response.status_code, response.mimetype)
    assert "Something went wrong; the server's log says what." == response.json["detail"]
    assert "A request failed: GET '/'" in caplog.text


def test_not_ready_has_a_retry_after_header() -> None:
    assert "2" == raising(errors.NotReady("Soon.")).get("/").headers["Retry-After"]


def test_surrogates_do_not_break_a_problem() -> None:
    assert "The name '?' is odd." == details(HTTPStatus.NOT_FOUND, "The name '\ud800' is odd.")["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/nowhere", 404), ("POST", "/nowhere", 404), ("PUT", "/ask", 405)),
        *(("DELETE", "/", 405), ("GET", "/index/rebuild", 405), ("BREW", "/", 405)),
    ],
)
def test_unknown_addresses_and_methods_are_problems(make_app: MakeApp, method: str, path: str, status: int) -> None:
    client = make_app().test_client()
    response = client.open(path, method=method)
    assert (status, "application/problem+json") == (response.status_code, response.mimetype)
    assert (status == 405) == ("Allow" in response.headers)


def test_a_browser_gets_a_page(make_app: MakeApp) -> None:
    client = make_app().test_client()
    accept = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path, status in [("/nowhere", 404), ("/read/none", 404), ("/ask?question=", 422), ("/index/rebuild", 405)]:
        response = client.get(path, headers=accept)
        assert (path, status, "text/html") == (path, response.status_code, response.mimetype)
        assert "Back to Citeline" in response.text


def test_the_error_page_escapes_the_request(make_app: MakeApp) -> None:
    client = make_app().test_client()
    response = client.get("/read/%3Cscript%3Ealert(1)", headers={"Accept": "text/html"})
    assert (404, True) == (response.status_code, "&lt;script&gt;alert(1)" in response.text)
    assert "<script>alert" not in response.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "", "application/problem+json", "image/png"])
def test_programs_get_problem_details(make_app: MakeApp, accept: str) -> None:
    response = make_app().test_client().get("/nowhere", headers={"Accept": accept})
    assert "application/problem+json" == response.mimetype


HOSTILE = [str(2**63), f"1{'0' * 30}", "9" * 5000, "-1", "\0"]


def operations(app: Flask, client: FlaskClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, path and description of each operation, with the id of an article in its path."""
    article = client.get("/articles").json["articles"][0]["id"]
    for path, item in app.api_doc["paths"].items():  # type: ignore[attr-defined]
        for method, operation in item.items():
            yield method.upper(), path.replace("{article_id}", article), operation


def bodies(app: Flask, client: FlaskClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, path and schema of each operation that takes JSON."""
    for method, path, operation in operations(app, client):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            yield method, path, app.api_doc["components"]["schemas"][name]  # type: ignore[attr-defined]


def test_no_parameter_of_an_address_makes_the_service_fail(app: Flask, client: CheckedClient) -> None:
    sent = 0
    for method, path, operation in operations(app, client):
        parameters = operation.get("parameters", ())
        required = {one["name"]: "1" for one in parameters if one.get("required")}
        for parameter in parameters:
            for value in HOSTILE:
                values = required | {parameter["name"]: value}
                filled = path.format(**{name: quote(one, safe="") for name, one in values.items()})
                query = values if parameter["in"] == "query" else {}
                if method == "GET" or parameter["in"] == "path":
                    response = client.open(filled, method=method, query_string=query)
                    assert response.status_code < 500, (method, path, parameter["name"], value[:40], response.text)
                    sent += 1
    assert sent > 150


def test_an_unknown_field_is_refused_by_name_on_every_route(app: Flask, client: CheckedClient) -> None:
    refused = set()
    for method, path, schema in bodies(app, client):
        response = client.open(path, method=method, json=dict.fromkeys(schema.get("required", ()), "x") | {"zz": 1})
        assert 422 == response.status_code, path
        assert "zz is not a field of this request" in response.json["detail"], path
        refused.add(path)
    assert {"/ask", "/sign-in", "/articles", "/feeds", "/replies", "/verify", "/search"} <= refused


def test_no_number_in_a_body_makes_the_service_fail(app: Flask, client: CheckedClient) -> None:
    sent = 0
    for method, path, schema in bodies(app, client):
        required = dict.fromkeys(schema.get("required", ()), "https://a.example/")
        for name, field in schema["properties"].items():
            if {"integer", "number"} & {one.get("type") for one in (field, *field.get("anyOf", ()))}:
                for number in (2**63, 10**30, -1, 1e308, float("inf"), True, "1"):
                    response = client.open(path, method=method, json=required | {name: number})
                    assert response.status_code < 500, (path, name, number, response.text)
                    sent += 1
    assert sent > 20
