import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import MakeApp
from web.access.authentication import Authenticator
from web.access.store import AccessStore
from web.security import Guard, is_local, register

TOKEN = "correct horse battery"
Ask = Callable[..., TestResponse]


def guarded(host: str, further_hosts: tuple[str, ...], token: str | None) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    authenticator = Authenticator(AccessStore(Path("no-such-file")), token, is_local(host), protects_reading=False)
    register(app, Guard.of(host, further_hosts, authenticator))
    for path in ("/", "/ask", "/next-questions", "/articles"):
        app.add_url_rule(path, path, lambda: "served", methods=["GET", "POST", "DELETE", "PUT"])
    app.add_url_rule("/index/rebuild", "rebuild", lambda: "served", methods=["POST"])
    return app.test_client()


@pytest.fixture
def local() -> FlaskClient:
    return guarded("127.0.0.1", ("Notes.Example.org",), None)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:8000", "LOCALHOST:8000", "localhost.", "localhost.:8000", "127.0.0.1"),
        *("127.0.0.1:8000", "[::1]", "[::1]:8000", "[0:0:0:0:0:0:0:1]:8000"),
        *("notes.example.org", "notes.example.org:8443"),
    ],
)
def test_allowed_host_names_are_served(local: FlaskClient, host: str) -> None:
    assert 200 == local.get("/", headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "evil-localhost", "127.0.0.1.evil.example", "192.168.0.9"),
        *("[fe80::1]:8000", "user@localhost", "localhost:8000@evil.example", "evil.example#localhost"),
        *("evil.example/localhost", "localhost:99999999", "localhost:x", "[::1", "a b", "", ":8000", "localhost.."),
    ],
)
def test_other_host_names_are_refused(local: FlaskClient, host: str) -> None:
    assert 403 == local.get("/", headers={"Host": host}).status_code


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.9"])
def test_a_public_service_allows_every_address_but_no_unknown_name(host: str) -> None:
    client = guarded(host, (), TOKEN)
    for name in ("192.168.0.9:8000", "[fd00::7]:8000", "localhost"):
        assert 200 == client.get("/", headers={"Host": name}).status_code
    assert 403 == client.get("/", headers={"Host": "evil.example"}).status_code


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("LocalHost:8000", "http://localhost:8000"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("notes.example.org", "https://notes.example.org"),
        ("notes.example.org:443", "https://notes.example.org"),
    ],
)
def test_requests_of_the_same_origin_are_served(local: FlaskClient, host: str, origin: str) -> None:
    headers = {"Host": host, "Origin": origin, "Sec-Fetch-Site": "same-origin"}
    assert 200 == local.post("/ask", json={}, headers=headers).status_code


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "http://evil.example", "http://localhost:3000", "http://localhost", "http://127.0.0.1:8000"),
        *("http://localhost:8000.evil.example", "http://evil.example/http://localhost:8000"),
        *("http://x@localhost:8000", "file://localhost:8000", "chrome-extension://localhost:8000", "localhost:8000"),
        "http://localhost:8000, http://evil.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_pages_of_other_origins_are_refused(local: FlaskClient, origin: str, method: str) -> None:
    headers = {"Host": "localhost:8000", "Origin": origin}
    assert 403 == local.open("/articles", method=method, json={}, headers=headers).status_code


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
@pytest.mark.parametrize(
    "dest", ["empty", "script", "image", "iframe", "frame", "object", "embed", "style", "worker", ""]
)
def test_nothing_is_loaded_into_pages_of_other_sites(local: FlaskClient, site: str, dest: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": dest, "Sec-Fetch-Mode": "navigate"}
    assert 403 == local.get("/ask?question=x", headers=headers).status_code


def test_a_link_from_another_site_opens_a_page_but_sends_no_form(local: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    assert 200 == local.get("/", headers=headers).status_code
    assert 403 == local.post("/ask", json={}, headers=headers).status_code


@pytest.mark.parametrize("site", ["none", "same-origin", None])
def test_requests_without_a_page_behind_them_are_served(local: FlaskClient, site: str | None) -> None:
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    assert 200 == local.get("/", headers=headers).status_code
    assert 200 == local.post("/ask", json={}, headers=headers).status_code


@pytest.mark.parametrize("path", ["/ask", "/articles"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "text/json-not"])
def test_bodies_that_need_no_preflight_are_refused(local: FlaskClient, path: str, content_type: str) -> None:
    assert 415 == local.post(path, data=b'{"question": "x"}', content_type=content_type).status_code


def test_a_form_is_taken_by_articles_only(local: FlaskClient) -> None:
    form = {"file": (io.BytesIO(b"A text."), "a.txt")}
    assert 415 == local.post("/ask", data=form, content_type="multipart/form-data").status_code


@pytest.mark.parametrize(
    "given",
    [
        *(None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"),
        *("Bearer é", "Bearer \x80"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/articles"), ("DELETE", "/articles"), ("POST", "/index/rebuild"), ("PUT", "/")]
)
def test_a_change_without_the_token_is_refused(method: str, path: str, given: str | None) -> None:
    client = guarded("0.0.0.0", (), TOKEN)
    headers = {} if given is None else {"Authorization": given}
    assert 401 == client.open(path, method=method, json={}, headers=headers).status_code


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_the_token_opens_changes(kind: str) -> None:
    client = guarded("0.0.0.0", (), TOKEN)
    headers = {"Authorization": f"{kind} {TOKEN}"}
    assert 200 == client.post("/articles", json={}, headers=headers).status_code
    assert 200 == client.post("/index/rebuild", headers=headers).status_code


def test_reading_needs_no_token() -> None:
    client = guarded("0.0.0.0", (), TOKEN)
    assert 200 == client.get("/articles").status_code
    for path in ("/ask", "/next-questions"):
        assert 200 == client.post(path, json={}).status_code


def test_a_token_does_not_let_another_site_in() -> None:
    client = guarded("0.0.0.0", (), TOKEN)
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}
    assert 403 == client.post("/articles", json={}, headers=headers).status_code


def test_only_loopback_addresses_are_local() -> None:
    for host in ("127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1", "[::1]"):
        assert is_local(host), host
    for host in ("0.0.0.0", "::", "192.168.0.9", "example.org", "localhost.example.org", ""):
        assert not is_local(host), host


PATHS = [
    *("/", "/ask?question=ferry", "/ask", "/articles", "/articles/none", "/read/none", "/nowhere", "/index"),
    *(
        "/healthz",
        "/docs",
        "/openapi.json",
        "/static/favicon.svg",
        "/static/none",
        "/docs/static/js/swagger-ui-bundle.js",
    ),
]


@pytest.mark.parametrize("accept", ["*/*", "text/html,*/*;q=0.8"])
def test_every_response_has_security_headers(make_app: MakeApp, accept: str) -> None:
    client = make_app().test_client()
    for path in PATHS:
        with client.get(path, headers={"Accept": accept}) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "script-src 'self';" in policy
            assert path.startswith("/docs") == ("'unsafe-inline'" in policy)
            assert "nosniff" == response.headers["X-Content-Type-Options"]
            assert "same-origin" == response.headers["Cross-Origin-Resource-Policy"]
            assert "no-referrer" == response.headers["Referrer-Policy"]
            assert "Access-Control-Allow-Origin" not in response.headers
            if response.headers.get("Cache-Control") == "private, no-cache":  # kept, but asked about each time
                assert response.headers["ETag"]
                continue
            cached = "/static" in path
            assert (path, cached) == (path, "no-store" != response.headers.get("Cache-Control"))


def test_refusals_are_problems_with_headers(make_app: MakeApp) -> None:
    client = make_app(token=TOKEN).test_client()
    refused = [
        client.get("/", headers={"Host": "evil.example"}),
        client.get("/", headers={"Origin": "null"}),
        client.post("/articles", json={"text": "A text."}),
        client.delete("/articles/none"),
        client.post("/index/rebuild"),
    ]
    assert [403, 403, 401, 401, 401] == [response.status_code for response in refused]
    for response in refused:
        assert "application/problem+json" == response.mimetype
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert ["Bearer"] * 3 == [response.headers["WWW-Authenticate"] for response in refused[2:]]
    assert 2 == client.get("/articles").json["total"]
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert 201 == client.post("/articles", json={"text": "A text."}, headers=headers).status_code


def test_the_token_is_shown_nowhere(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    app = make_app(token=TOKEN)
    client = app.test_client()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    shown = [client.get(path, headers=headers).text for path in ("/", "/openapi.json", "/index", "/nowhere")]
    shown += [client.post("/articles", json={}, headers=headers).text, client.post("/articles").text]
    shown += [repr(app.extensions["citeline.runtime"].settings), caplog.text]
    assert all(TOKEN not in text for text in shown)
