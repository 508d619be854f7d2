import logging
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from corpus import errors
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
