import pytest

from tests.conftest import MakeApp
from web.access import rate_limit
from web.access.authentication import MAX_GUESSES
from web.access.rights import Right


def test_each_client_has_its_own_limit(make_app: MakeApp) -> None:
    app = make_app(rate_limit=3)
    client, other = app.test_client(), {"REMOTE_ADDR": "192.0.2.9"}
    assert [200] * 3 + [429] == [client.get("/articles").status_code for _ in range(4)]
    refused = client.get("/ask?question=ferry")
    assert 429 == refused.status_code
    assert "application/problem+json" == refused.mimetype
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "CITELINE_RATE_LIMIT" in refused.json["detail"]
    assert 200 == client.get("/articles", environ_overrides=other).status_code
    for path in ("/healthz", "/readyz", "/static/css/base.css"):
        with client.get(path) as response:
            assert 200 == response.status_code
    token = app.extensions["citeline"].access.add_token("bot", Right.READ)
    assert 200 == client.get("/articles", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_preflight_does_not_count(make_app: MakeApp) -> None:
    page = "https://www.example.org"
    client = make_app(rate_limit=2, widget_origins=(page,)).test_client()
    for status in (200, 200, 429):
        assert 200 == client.options("/ask", headers={"Origin": page}).status_code
        asked = client.post("/ask", json={"question": "When does the ferry leave?"}, headers={"Origin": page})
        assert status == asked.status_code


def test_by_default_there_is_no_limit(make_app: MakeApp) -> None:
    client = make_app().test_client()
    assert {200} == {client.get("/healthz").status_code for _ in range(50)} | {client.get("/sources").status_code}


TOKEN = "correct horse battery"


def behind_a_proxy(client: str) -> dict[str, str]:
    return {"X-Forwarded-For": client, "X-Forwarded-Host": "notes.example"}


def test_behind_a_trusted_proxy_each_client_has_its_own_limits(make_app: MakeApp) -> None:
    app = make_app(rate_limit=3, token=TOKEN, hosts=("notes.example",), trusted_proxies="127.0.0.1")
    client = app.test_client()
    one, other = behind_a_proxy("203.0.113.7"), behind_a_proxy("203.0.113.8")
    assert [200] * 3 + [429] == [client.get("/articles", headers=one).status_code for _ in range(4)]
    assert 200 == client.get("/articles", headers=other).status_code
    forged = behind_a_proxy("203.0.113.9, 203.0.113.7")  # what a client writes comes before what its proxy adds
    assert 429 == client.get("/articles", headers=forged).status_code


def test_behind_a_trusted_proxy_guesses_of_one_client_do_not_stop_others(make_app: MakeApp) -> None:
    client = make_app(token=TOKEN, hosts=("notes.example",), trusted_proxies="127.0.0.1").test_client()
    one, other = behind_a_proxy("203.0.113.7"), behind_a_proxy("203.0.113.8")
    for number in range(MAX_GUESSES):
        guess = {"Authorization": f"Bearer guess {number}"}
        assert 401 == client.get("/articles", headers=one | guess).status_code
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert 429 == client.get("/articles", headers=one | right).status_code
    assert 200 == client.get("/articles", headers=other | right).status_code


def test_a_client_saves_only_so_many_replies_a_day(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "SAVED_A_DAY", 2)
    client = make_app(token=TOKEN).test_client()
    asked = {"question": "When does the ferry leave?"}
    assert [201, 201, 429] == [client.post("/replies", json=asked).status_code for _ in range(3)]
    assert 429 == client.post("/feedback", json={}).status_code
    assert 200 == client.post("/ask", json=asked).status_code
    assert 201 == client.post("/replies", json=asked, headers={"Authorization": f"Bearer {TOKEN}"}).status_code


def test_this_machine_alone_saves_as_many_as_it_likes(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "SAVED_A_DAY", 1)
    client = make_app().test_client()
    assert [201] * 2 == [client.post("/replies", json={"question": "Which ferry?"}).status_code for _ in range(2)]
