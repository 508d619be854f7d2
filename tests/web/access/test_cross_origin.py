"""What a page of another origin may do."""

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.conftest import MakeApp
from web.access.authentication import COOKIE
from web.access.rights import Right
from web.schemas import AskBody

PAGE = "https://www.example.org"
OTHER = "https://evil.example"
ASKED = {"question": "When does the ferry leave?"}
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
TOKEN = "correct horse battery"


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app(widget_origins=(PAGE,)).test_client()


def of(origin: str) -> dict[str, str]:
    return FOREIGN | {"Origin": origin}


def cors(headers: object) -> set[str]:
    return {name for name, _ in headers.items() if name.startswith("Access-Control")}  # type: ignore[attr-defined]


def test_a_listed_origin_asks_without_credentials(client: FlaskClient) -> None:
    response = client.post("/ask", json=ASKED, headers=of(PAGE))
    assert 200 == response.status_code
    assert response.json["answered"]
    assert (PAGE, "Origin") == (response.headers["Access-Control-Allow-Origin"], response.headers["Vary"])
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_the_preflight_of_a_question_is_answered(client: FlaskClient) -> None:
    response = client.options("/ask", headers=of(PAGE) | PREFLIGHT)
    assert 200 == response.status_code
    assert PAGE == response.headers["Access-Control-Allow-Origin"]
    assert "POST" == response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type, Authorization" == response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "origin",
    [OTHER, "null", "http://www.example.org", f"{PAGE}:8443", f"{PAGE}.evil.example", f"{PAGE}, {OTHER}", PAGE.upper()],
)
def test_other_origins_get_no_cors_headers(client: FlaskClient, origin: str) -> None:
    asked = client.post("/ask", json=ASKED, headers=of(origin))
    prepared = client.options("/ask", headers=of(origin) | PREFLIGHT)
    script = client.get("/widget.js", headers=of(origin))
    assert [403, 403, 403] == [asked.status_code, prepared.status_code, script.status_code]
    assert set() == cors(asked.headers) | cors(prepared.headers) | cors(script.headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/ask?question=ferry"), ("GET", "/articles"), ("POST", "/articles"), ("POST", "/search")),
        *(("OPTIONS", "/articles"), ("DELETE", "/articles/none"), ("POST", "/sign-in"), ("POST", "/ask/batch")),
    ],
)
def test_a_listed_origin_may_do_nothing_else(client: FlaskClient, method: str, path: str) -> None:
    response = client.open(path, method=method, json=None if method == "GET" else {}, headers=of(PAGE))
    assert 403 == response.status_code
    assert set() == cors(response.headers)


def test_pages_load_the_script_where_origins_are_listed(client: FlaskClient, make_app: MakeApp) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"}
    with client.get("/widget.js", headers=foreign) as response:
        assert (200, "text/javascript") == (response.status_code, response.mimetype)
        assert "cross-origin" == response.headers["Cross-Origin-Resource-Policy"]
        assert len(response.data) < 30_000
    with client.get("/widget.js", headers=of(PAGE)) as response:
        assert (200, PAGE) == (response.status_code, response.headers["Access-Control-Allow-Origin"])
    assert 403 == client.get("/widget.js", headers=foreign | {"Sec-Fetch-Dest": "image"}).status_code
    assert 403 == client.get("/static/widget.js", headers=foreign).status_code


def test_without_listed_origins_no_other_page_loads_it_or_asks(make_app: MakeApp) -> None:
    client = make_app().test_client()
    script = client.get("/widget.js", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"})
    asked = client.post("/ask", json=ASKED, headers=of(PAGE))
    assert [403, 403] == [script.status_code, asked.status_code]
    assert "Vary" not in asked.headers


def test_errors_can_be_read_by_the_page(make_app: MakeApp) -> None:
    client = make_app(widget_origins=(PAGE,), rate_limit=1).test_client()
    statuses = [client.post("/ask", json={}, headers=of(PAGE)) for _ in range(2)]
    assert [422, 429] == [response.status_code for response in statuses]
    assert [PAGE] * 2 == [response.headers["Access-Control-Allow-Origin"] for response in statuses]
    assert "Retry-After" == statuses[1].headers["Access-Control-Expose-Headers"]


def test_a_page_asks_by_a_token_and_never_by_a_cookie(make_app: MakeApp) -> None:
    app = make_app(widget_origins=(PAGE,), token=TOKEN, read="token")
    token = app.extensions["citeline"].access.add_token("website", Right.ASK)
    client = app.test_client()
    client.set_cookie(COOKIE, TOKEN)
    assert 200 == client.post("/ask", json=ASKED, headers={"Origin": "http://localhost"}).status_code
    assert 200 == client.options("/ask", headers=of(PAGE) | PREFLIGHT).status_code
    refused = client.post("/ask", json=ASKED, headers=of(PAGE))
    assert (401, PAGE) == (refused.status_code, refused.headers["Access-Control-Allow-Origin"])
    bearer = of(PAGE) | {"Authorization": f"Bearer {token}"}
    assert 200 == client.post("/ask", json=ASKED, headers=bearer).status_code


def test_the_filters_of_the_widget_are_fields_of_a_question(client: FlaskClient) -> None:
    with client.get("/widget.js", headers=of(PAGE)) as response:
        found = re.search(r"FILTERS = (\[.*?\]);", response.text)
    assert found is not None
    names = {name.replace("-", "_") for name in json.loads(found[1])}
    assert set() == names - AskBody.model_fields.keys()
