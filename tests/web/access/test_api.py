"""Tokens over HTTP, with the server that serves."""

import http.client
import json
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app import cli
from corpus.errors import InvalidInput
from corpus.feeds.repository import SubscriptionRepository
from qa.reader.loader import SENTENCES
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.processes import running_server
from web.access.rights import Right
from web.access.store import AccessStore

TOKEN = "correct horse battery"


class Http:
    """Sends requests to a server, with or without a token or the cookies of a page."""

    def __init__(self, address: str) -> None:
        self.host = address.removeprefix("http://")

    def send(
        self, method: str, path: str, token: str | None = None, body: object = None, **headers: str
    ) -> tuple[int, HTTPMessage, Any]:
        given = {name.replace("_", "-").title(): value for name, value in headers.items()}
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        if body is not None:
            given["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), given)
            response = connection.getresponse()
            data = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, response.headers, json.loads(data) if is_json else data.decode()
        finally:
            connection.close()


def app(*arguments: str) -> str:
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert 0 == done.exit_code
    return done.stdout.strip()


def test_tokens_are_made_used_and_withdrawn_while_the_service_runs(tmp_path: Path, articles: Path) -> None:
    state = tmp_path / "state"
    admin = app("tokens", "add", "chief", "--rights", "admin", "--state", str(state))
    flags = ("--articles", str(articles), "--reader", SENTENCES, "--read", "token")
    with running_server(state, *flags) as address:
        service = Http(address)
        assert 200 == service.send("GET", "/healthz")[0]
        assert 200 == service.send("GET", "/static/css/base.css")[0]
        for path in ("/articles", "/ask?question=ferry", "/openapi.json", "/index", "/feeds"):
            status, headers, problem = service.send("GET", path)
            assert (401, "Bearer") == (status, headers["WWW-Authenticate"]), path
            assert 401 == problem["status"]
            assert 200 == service.send("GET", path, admin)[0]
        bot = app("tokens", "add", "bot", "--rights", "ask", "--state", str(state))
        assert 200 == service.send("POST", "/ask", bot, {"question": "When does the ferry leave?"})[0]
        assert 403 == service.send("GET", "/articles", bot)[0]
        assert 403 == service.send("POST", "/articles", bot, {"text": "A text."})[0]
        app("tokens", "remove", "bot", "--state", str(state))
        assert 401 == service.send("GET", "/ask?question=ferry", bot)[0]
        added = service.send("POST", "/articles", admin, {"text": "The mill grinds oats."})[2]["id"]
        assert 204 == service.send("DELETE", f"/articles/{added}", admin)[0]
        entries = service.send("GET", "/audit?limit=2", admin)[2]["entries"]
        assert [("delete", added), ("add", added)] == [(one["action"], one["target"]) for one in entries]
        assert {"chief"} == {one["who"] for one in entries}
    lines = app("audit", "--state", str(state)).splitlines()
    assert 5 == len(lines)
    assert lines[-1].split()[1:] == ["local", "token", "add", "chief"]
    assert "chief" in app("tokens", "list", "--state", str(state))
    assert admin not in app("tokens", "list", "--json", "--state", str(state))


def test_guesses_are_slowed_down_before_a_body_is_taken(tmp_path: Path, articles: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("CITELINE_TOKEN", TOKEN)
    with running_server(tmp_path / "state", "--articles", str(articles), "--reader", SENTENCES) as address:
        service = Http(address)
        guesses = [service.send("POST", "/articles", f"guess {n}", {"text": "x"})[0] for n in range(12)]
        assert [401] * 10 + [429] * 2 == guesses
        status, headers, problem = service.send("POST", "/articles", TOKEN, {"text": "x"})
        assert (429, "60") == (status, headers["Retry-After"])
        assert "Too many wrong tokens" in problem["detail"]
        assert 429 == service.send("POST", "/sign-in", None, {"token": "guess 13"})[0]
        assert 200 == service.send("GET", "/ask?question=ferry")[0]


def cookie_of(headers: Any) -> str:
    return str(headers["Set-Cookie"]).partition(";")[0]


def test_a_page_signs_in_with_a_cookie_and_signs_out(make_app: MakeApp) -> None:
    client = make_app(token=TOKEN, read="token").test_client()
    page = client.get("/", headers={"Accept": "text/html"})
    assert 401 == page.status_code
    assert '<form id="sign-in"' in page.text
    assert 401 == client.post("/sign-in", json={"token": "wrong"}).status_code
    assert 422 == client.post("/sign-in", json={"token": ""}).status_code
    origin = {"Origin": "http://localhost"}
    signed = client.post("/sign-in", json={"token": TOKEN}, headers=origin)
    assert {"name": "CITELINE_TOKEN", "right": "admin"} == signed.json
    flags = signed.headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=Strict" in flags
    assert "Secure" not in flags
    assert 'id="sign-out" hidden' not in client.get("/").text
    assert 201 == client.post("/articles", json={"text": "A text."}, headers=origin).status_code
    assert 401 == client.post("/articles", json={"text": "A text."}).status_code  # as an old browser sends it
    assert 403 == client.post("/articles", json={}, headers={"Origin": "http://evil.example"}).status_code
    assert 204 == client.post("/sign-out", headers=origin).status_code
    assert 401 == client.get("/").status_code


def test_a_page_beyond_the_right_of_its_token_offers_to_sign_out_and_in_again(make_app: MakeApp) -> None:
    app = make_app(token=TOKEN, read="token")
    token = app.extensions["citeline"].access.add_token("asker", Right.ASK)
    client = app.test_client()
    client.post("/sign-in", json={"token": token}, headers={"Origin": "http://localhost"})
    for path in ("/", "/library", "/settings"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert 403 == page.status_code
        assert 'id="sign-out" hidden' not in page.text
        assert '<form id="sign-in"' in page.text
        assert "Back to Citeline" not in page.text  # which is refused, too
    missing = client.get("/a/0000000000000000", headers={"Accept": "text/html"}).text
    assert 'id="sign-out" hidden' not in missing
    assert '<form id="sign-in"' not in missing
    foreign = client.get("/", headers={"Accept": "text/html", "Origin": "http://evil.example"}).text
    assert 'id="sign-out" hidden' in foreign
    assert '<form id="sign-in"' not in foreign


def test_the_cookie_is_for_https_where_the_page_is(make_app: MakeApp) -> None:
    client = make_app(token=TOKEN).test_client()
    signed = client.post("/sign-in", json={"token": TOKEN}, headers={"Origin": "https://localhost"})
    assert "Secure" in signed.headers["Set-Cookie"]


def test_only_writers_see_addresses_of_feeds_file_names_and_paths(make_app: MakeApp, articles: Path) -> None:
    (articles / "secret-plan.pdf").write_bytes(b"no PDF")
    app = make_app(token=TOKEN, allow_private_urls=True)
    subscriptions: SubscriptionRepository = app.extensions["citeline"].subscriptions
    subscriptions.add("http://127.0.0.1:9/private/k3y?key=k3y", None)
    client = app.test_client()
    admin = {"Authorization": f"Bearer {TOKEN}"}
    store: AccessStore = app.extensions["citeline"].access
    reader = {"Authorization": f"Bearer {store.add_token('reader', Right.READ)}"}
    for headers in ({}, reader):
        shown = client.get("/index", headers=headers).text + client.get("/feeds", headers=headers).text
        assert "secret-plan" not in shown
        assert "k3y" not in shown
        assert str(articles) not in shown
        assert client.get("/feeds.opml", headers=headers).status_code in {401, 403}
        assert "http://127.0.0.1:9/" == client.get("/feeds", headers=headers).json["feeds"][0]["url"]
    shown = client.get("/index", headers=admin).text + client.get("/feeds", headers=admin).text
    assert "secret-plan" in shown
    assert "k3y" in shown
    assert "k3y" in client.get("/feeds.opml", headers=admin).text


def test_the_name_of_an_original_is_for_writers(make_app: MakeApp, articles: Path) -> None:
    (articles / "secret-plan.md").write_text("# Tides\n\nHigh tide is at six.")
    client = make_app(token=TOKEN).test_client()
    article = next(one for one in client.get("/articles").json["articles"] if one["title"] == "Tides")
    path = f"/articles/{article['id']}/original"
    assert f"{article['id']}.md" in client.get(path).headers["Content-Disposition"]
    named = client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert "secret-plan.md" in named.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [(("--host", "0.0.0.0"), "lets other machines in"), (("--read", "token"), "nobody can read without a token")],
)
def test_serving_that_needs_a_token_says_how_to_make_one(tmp_path: Path, flags: tuple[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=f"{words}.*app.py tokens add"):
        CliRunner().invoke(cli, ["serve", "--state", str(tmp_path), *flags], catch_exceptions=False)


def test_the_audit_log_refuses_a_number_beyond_its_own(client: CheckedClient) -> None:
    assert 422 == client.get(f"/audit?before={2**63}").status_code
    assert 200 == client.get(f"/audit?before={2**53}").status_code
