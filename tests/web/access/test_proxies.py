import json
from typing import Any

import pytest
from flask import Flask, request

from tests.conftest import MakeApp
from tests.web.test_server import Serve, exchange, serve
from tests.web.test_server import request as http_request
from web.access.proxies import TrustedProxies
from web.settings import Settings

__all__ = ["serve"]
TOKEN = "a token of sixteen"
PROXIES = Settings.load(trusted_proxies="127.0.0.1,10.0.0.0/8,fd00::/8", token=TOKEN).trusted_proxies
HOST = "X-Forwarded-Host: notes.example"


def applied(peer: str, **told: str) -> tuple[str, str, str]:
    environ: dict[str, Any] = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "localhost:8000"}
    environ |= {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in told.items()}
    TrustedProxies(PROXIES, {"localhost:8000", "notes.example"}.__contains__).apply(environ)
    assert not [name for name in environ if "FORWARDED" in name]
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]


def test_a_trusted_proxy_tells_client_scheme_and_host() -> None:
    told = applied("127.0.0.1", **{"for": "203.0.113.7", "proto": "https", "host": "notes.example"})
    assert ("203.0.113.7", "https", "notes.example") == told


@pytest.mark.parametrize("peer", ["203.0.113.9", "128.0.0.1", "::1", "", "localhost"])
def test_what_others_tell_changes_nothing(peer: str) -> None:
    forged = {"for": "127.0.0.1", "proto": "https", "host": "notes.example", "port": "1", "prefix": "/x"}
    assert (peer, "http", "localhost:8000") == applied(peer, **forged)


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7", "203.0.113.7"),  # the first was written by the client
        ("127.0.0.1, 203.0.113.7, 10.2.3.4", "203.0.113.7"),
        ("10.2.3.4", "10.2.3.4"),
        ("2001:db8::7, fd00::1", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, nonsense", "127.0.0.1"),
        ("203.0.113.7, nonsense, 10.2.3.4", "10.2.3.4"),
        (" , ", "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(chain: str, client: str) -> None:
    assert client == applied("127.0.0.1", **{"for": chain})[0]


@pytest.mark.parametrize(("scheme", "expected"), [("HTTPS", "https"), ("http, https", "https"), ("javascript", "http")])
def test_the_scheme_is_http_or_https(scheme: str, expected: str) -> None:
    assert expected == applied("127.0.0.1", proto=scheme)[1]


def test_a_forwarded_host_does_not_hide_a_wrong_one() -> None:
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "evil.example", "HTTP_X_FORWARDED_HOST": "notes.example"}
    TrustedProxies(PROXIES, {"notes.example"}.__contains__).apply(environ)
    assert "evil.example" == environ["HTTP_HOST"]


def seen(app: Flask) -> Flask:
    app.view_functions["pages.chat"] = lambda: {"client": request.remote_addr, "url": request.url}
    return app


@pytest.mark.parametrize("trusted", [True, False])
def test_the_service_sees_the_client_behind_its_proxy(make_app: MakeApp, serve: Serve, trusted: bool) -> None:
    proxies = PROXIES if trusted else ()
    app = seen(make_app(token=TOKEN, hosts=("notes.example",), trusted_proxies=proxies))
    told = ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", HOST)
    expected = {"client": "203.0.113.7", "url": "https://notes.example/"}
    if not trusted:
        expected = {"client": "127.0.0.1", "url": "http://localhost/"}
    assert expected == json.loads(exchange(serve(app), http_request("GET /", *told))[2])


@pytest.mark.parametrize(("trusted", "status"), [(True, 403), (False, 401)])
def test_the_head_of_a_request_with_a_body_is_checked_as_its_proxy_tells(
    make_app: MakeApp, serve: Serve, trusted: bool, status: int
) -> None:
    port = serve(make_app(token=TOKEN, trusted_proxies=PROXIES if trusted else ()))
    head = http_request("POST /articles", "Content-Length: 9", HOST)
    assert status == exchange(port, head)[0]  # 403: notes.example is no name of this service


def test_an_https_page_behind_a_proxy_may_ask(make_app: MakeApp, serve: Serve) -> None:
    port = serve(make_app(token=TOKEN, hosts=("notes.example",), trusted_proxies=PROXIES))
    body = b'{"question": "When does the ferry leave?"}'
    headers = ("Content-Type: application/json", "Origin: https://notes.example", f"Content-Length: {len(body)}")
    assert 403 == exchange(port, http_request("POST /ask", *headers) + body)[0]
    assert 200 == exchange(port, http_request("POST /ask", *headers, HOST) + body)[0]
